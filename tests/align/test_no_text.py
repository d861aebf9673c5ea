"""``depx align --no-text``: vectors and times as they are otherwise, and no word anywhere."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Dataset
from depx.align.export import export_dataset
from depx.align.run import align
from depx.align.settings import AlignSettings
from depx.align.status import status
from depx.align.summary import AlignSummary
from depx.align.told import last_told
from depx.errors import UsageError
from depx.extract.sessions import Choice
from depx.extract.sharing.pseudonyms import Pseudonyms
from depx.features.words import Turn

Run = Callable[..., tuple[AlignSummary, list[str]]]
Everything = Callable[[Path], str]
PLANTED = re.compile(r"xylocarp\d+")


def planted(shelf: Any, *names: str) -> Path:
    """Fill a store whose every word is rare enough to be found again."""
    for seed, name in enumerate(names):
        made = shelf.whole(seed=seed)
        made["words"] = tuple(
            replace(
                turn,
                words=tuple(
                    replace(word, text=f"xylocarp{k}", raw=f"Xylocarp{k}!")
                    for k, word in enumerate(turn.words)
                ),
            )
            for turn in made["words"]
            if isinstance(turn, Turn)
        )
        shelf.session(name, made)
    return Path(shelf.path)


def test_no_byte_holds_a_word_and_the_words_are_found_where_there_are_some(
    shelf: Any, run: Run, tmp_path: Path, everything: Everything
) -> None:
    store = planted(shelf, "s1", "s2")
    run(store, tmp_path / "with")
    run(store, tmp_path / "without", no_text=True, views=("words", "frames", "turns", "sessions"))
    assert PLANTED.search(everything(tmp_path / "with"))
    assert not PLANTED.search(everything(tmp_path / "without").casefold())


def test_all_but_the_text_is_as_it_is_otherwise(shelf: Any, run: Run, tmp_path: Path) -> None:
    store = planted(shelf, "s1", "s2")
    run(store, tmp_path / "with")
    run(store, tmp_path / "without", no_text=True)
    folders = [tmp_path / name / "words" for name in ("with", "without")]
    with_text, without = map(pd.read_parquet, folders)
    assert list(with_text.columns) == list(without.columns)
    assert without.text.isna().all()
    assert with_text.text.notna().all()
    for column in with_text.columns.drop("text"):
        left, right = with_text[column], without[column]
        if isinstance(left.iloc[0], np.ndarray):
            np.testing.assert_array_equal(np.stack(list(left)), np.stack(list(right)))
        else:
            pd.testing.assert_series_equal(left, right)


def test_it_is_recorded_and_a_set_with_text_is_stale_against_it(
    shelf: Any, run: Run, tmp_path: Path
) -> None:
    store = planted(shelf, "s1")
    first, _ = run(store, tmp_path / "d")
    second, _ = run(store, tmp_path / "d", no_text=True)
    assert first.key != second.key
    assert Dataset.open(tmp_path / "d").manifest["settings"]["no_text"] is True
    found = status(tmp_path / "d")
    assert found.document["state"] == "up to date"
    told = last_told(tmp_path / "d")
    assert told is not None
    assert told.command.endswith("--no-text")


@pytest.mark.parametrize("form", ["csv", "hf"])
def test_other_programs_get_an_empty_text(
    shelf: Any, run: Run, tmp_path: Path, everything: Everything, form: str
) -> None:
    run(planted(shelf, "s1", "s2"), tmp_path / "d", no_text=True)
    made = export_dataset(
        tmp_path / "d", tmp_path / "out", form, Choice(), {},
        tell=lambda *_: None, note=lambda _line: None,
    )  # fmt: skip
    assert made.exit_code == 0
    assert not PLANTED.search(everything(tmp_path / "out").casefold())
    if form == "csv":
        assert pd.read_csv(tmp_path / "out" / "words.csv").text.isna().all()


def test_mmsa_is_told_that_there_is_no_text(
    shelf: Any, run: Run, labels: Callable[..., Path], tmp_path: Path
) -> None:
    table = labels("session,phq8,split\ns1,3,train\ns2,12,dev\ns3,4,test\n")
    run(planted(shelf, "s1", "s2", "s3"), tmp_path / "d", no_text=True, labels=table)
    notes: list[str] = []
    made = export_dataset(
        tmp_path / "d", tmp_path / "out", "mmsa", Choice(), {},
        tell=lambda *_: None, note=notes.append,
    )  # fmt: skip
    assert made.exit_code == 0
    assert "raw_text is empty and text_bert has no word: the training set holds no text" in notes


def test_what_protects_a_training_set_is_not_undone_by_an_option_that_was_forgotten(
    shelf: Any, tmp_path: Path
) -> None:
    store, said = planted(shelf, "s1"), list[str]()

    def made(out: str, key: Pseudonyms | None = None, **options: Any) -> Path:
        align([store], tmp_path / out, AlignSettings(**options), said.append, key)
        return tmp_path / out

    out = made("d", no_text=True)
    before = (out / "dataset.json").read_bytes()
    with pytest.raises(UsageError, match="was made with --no-text, and this would write"):
        made("d")
    assert (out / "dataset.json").read_bytes() == before
    made("d", force=True)
    key, other = Pseudonyms(b"k" * 32), Pseudonyms(b"o" * 32)
    report = made("p", key) / "report.html"
    report.write_text("of who was there")
    for asked in (None, other):
        with pytest.raises(UsageError, match=f"fingerprint {key.fingerprint}, got"):
            made("p", asked)
    made("p", key)
    assert report.exists()  # nothing was written anew
    made("p", key, pool=("mean", "std"))
    assert not report.exists()
