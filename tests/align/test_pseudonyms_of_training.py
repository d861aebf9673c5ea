"""``depx align --pseudonyms``: who is in a training set is told by a key, and by nothing else."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Dataset
from depx.align.run import align
from depx.align.settings import AlignSettings
from depx.align.status import status
from depx.align.summary import AlignSummary
from depx.cli import main
from depx.extract.sharing.pseudonyms import Pseudonyms

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]
Everything = Callable[[Path], str]
KEY, OTHER = Pseudonyms(b"k" * 32), Pseudonyms(b"o" * 32)


@pytest.fixture
def named(shelf: Any, labels: Write) -> tuple[Path, Path]:
    """A store that tells names wherever one can stand, and labels that do."""
    store, table = shelf, "session,case,participant,split,phq8,record,site\n"
    for seed, (name, split) in enumerate(
        [("zorander", "train"), ("quillfeather", "train"), ("mothwing", "dev"), ("brakk", "test")]
    ):
        store.session(
            name, store.whole(seed=seed), failures=["covarep"], participant=f"{name}son",
            recording="ab" * 32 if name == "zorander" else "",
        )  # fmt: skip
        table += f"{name},{name},{name}son,{split},{3 * seed},REC-{name},a\n"
    store.session("untimedson", store.dialogue(timed=False))
    return store.path, labels(table)


def under(key: Pseudonyms, named: tuple[Path, Path], out: Path, **options: Any) -> list[str]:
    lines: list[str] = []
    settings = AlignSettings(labels=named[1], **options)
    align([named[0]], out, settings, lines.append, key)
    return lines


NAMES = ("zorander", "quillfeather", "mothwing", "brakk", "untimedson", "ellie", "eve smith")


def test_no_byte_names_anybody(
    named: tuple[Path, Path], run: Run, tmp_path: Path, everything: Everything
) -> None:
    run(named[0], tmp_path / "plain", labels=named[1])
    plain = everything(tmp_path / "plain").casefold()
    assert all(name in plain for name in NAMES[:-1])
    lines = under(KEY, named, tmp_path / "d")
    said = everything(tmp_path / "d").casefold()
    for name in (*NAMES, str(tmp_path).casefold(), "ab" * 32, "secret", KEY.key.hex()):
        assert name not in said, name
    assert KEY.fingerprint in said
    assert "label columns that hold ids are left out: record" in lines
    assert any(line.startswith("untimedson: left out") for line in lines)  # who runs it may know


def test_columns_with_ids_of_others_or_numbers_of_own_ids_are_left_out(
    shelf: Any, labels: Write, tmp_path: Path, everything: Everything
) -> None:
    table = (
        "session,participant,split,phq8,family,matched,relative,pid,sleep,gender\n"
        "s01,p01,train,1,p02,,,1,2,m\n"
        "s02,p02,train,2, P01,zorander-09,,02,2,f\n"
        "s03,p03,dev,3,,,,3,2,m\n"
        "s04,p04,test,4,,,P03,4,3,f\n"
        "zorander-09,elsewhere,test,4,,,,,,\n"
    )
    for n in range(1, 5):
        shelf.session(f"s0{n}", shelf.whole(seed=n), participant=f"p0{n}")
    lines = under(KEY, (shelf.path, labels(table)), tmp_path / "d", exclude=("s03",))
    assert "label columns that hold ids are left out: family, matched, relative, pid" in lines
    kept = Dataset.open(tmp_path / "d").sessions()
    assert not {"family", "matched", "relative", "pid"} & set(kept.columns)
    assert sorted(kept.phq8) == [1, 2, 4]  # what is learned stays, though it is the number
    assert sorted(kept.sleep) == [2, 2, 3]
    assert sorted(kept.gender) == ["f", "f", "m"]
    said = everything(tmp_path / "d").casefold()
    assert "zorander" not in said
    assert "p03" not in said


def test_an_earlier_log_that_names_places_goes(
    named: tuple[Path, Path], run: Run, tmp_path: Path, everything: Everything
) -> None:
    run(named[0], tmp_path / "d", labels=named[1])
    under(KEY, named, tmp_path / "d")
    assert str(tmp_path) not in everything(tmp_path / "d")
    assert "under pseudonyms" in status(tmp_path / "d").lines[0]


def test_sessions_keep_their_rows_and_labels_and_lose_their_order(
    named: tuple[Path, Path], run: Run, tmp_path: Path
) -> None:
    run(named[0], tmp_path / "plain", labels=named[1])
    under(KEY, named, tmp_path / "d")
    plain, renamed = Dataset.open(tmp_path / "plain"), Dataset.open(tmp_path / "d")
    assert list(renamed.ids()) == sorted(KEY.of(name) for name in plain.ids())
    assert [KEY.of(name) for name in plain.ids()] != list(renamed.ids())
    before = plain.sessions().set_index("session")
    after = renamed.sessions().set_index("session")
    assert list(after.index) == list(renamed.ids())
    for name in plain.ids():
        row, now = before.loc[name], after.loc[KEY.of(name)]
        assert (now.case, now.participant) == (KEY.of(row.case), KEY.of(row.participant))
        assert (now.phq8, now.split, now.words, now.site) == (
            row.phq8, row.split, row.words, row.site
        )  # fmt: skip
        one = plain.session(name, ["face", "start_s", "text"])
        other = renamed.session(KEY.of(name), ["face", "start_s", "text"])
        np.testing.assert_array_equal(one["face"], other["face"])
        assert list(one["text"]) == list(other["text"])
    splits = plain.manifest["splits"]["cases"]
    assert renamed.manifest["splits"]["cases"].keys() == splits.keys()
    for split, cases in splits.items():
        of = renamed.manifest["splits"]["cases"][split]
        assert sorted(of) == sorted(KEY.of(case) for case in cases)


def test_the_same_key_makes_the_same_bytes_and_another_one_others(
    named: tuple[Path, Path], tmp_path: Path
) -> None:
    for name, key in (("a", KEY), ("b", KEY), ("c", OTHER)):
        under(key, named, tmp_path / name)
    read = [
        {p.relative_to(tmp_path / name): p.read_bytes() for p in files(tmp_path / name)}
        for name in "abc"
    ]
    assert read[0] == read[1]
    ids = [set(Dataset.open(tmp_path / name).ids()) for name in "abc"]
    assert not ids[0] & ids[2]


def files(place: Path) -> list[Path]:
    return sorted(p for p in place.rglob("*") if p.is_file() and p.name != "log.jsonl")


def test_what_is_up_to_date_is_left_alone_and_damage_is_mended(
    named: tuple[Path, Path], tmp_path: Path
) -> None:
    under(KEY, named, tmp_path / "d")
    shard = tmp_path / "d" / "words" / "part-00000.parquet"
    was = shard.read_bytes()
    shard.write_bytes(was[:-9] + b"x" + was[-8:])
    align([named[0]], tmp_path / "d", AlignSettings(labels=named[1]), lambda _line: None, KEY)
    assert shard.read_bytes() == was
    again = align(
        [named[0]], tmp_path / "d", AlignSettings(labels=named[1]), lambda _line: None, KEY
    )
    assert again.up_to_date


def test_speakers_are_told_apart_and_not_named(named: tuple[Path, Path], tmp_path: Path) -> None:
    under(KEY, named, tmp_path / "d")
    words = pd.read_parquet(tmp_path / "d" / "words")
    assert set(words.speaker) == {KEY.speaker("Ellie"), KEY.speaker("P")}
    assert KEY.speaker("P") != KEY.of("P")
    assert set(words.role) == {"participant", "interviewer"}


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_a_key_is_made_for_its_owner_only_and_taken_again(
    named: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    order = ("align", named[0], "--labels", named[1], "--pseudonyms", key)
    assert depx(*order, "-o", tmp_path / "a", "--dry-run") == 2
    assert "without --dry-run it is made" in capsys.readouterr().err
    assert not key.exists()
    assert depx(*order, "-o", tmp_path / "a") == 1  # a session has no times
    said = capsys.readouterr().err
    assert "was not there; made a new key" in said
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_text().split()[1] not in said
    assert depx(*order, "-o", tmp_path / "b") == 1
    assert "made a new key" not in capsys.readouterr().err
    marker = [json.loads((tmp_path / name / "dataset.json").read_text()) for name in "ab"]
    assert marker[0] == marker[1]


def test_a_key_that_is_none_or_that_others_see_is_refused(
    named: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    order = ("align", named[0], "-o", tmp_path / "d", "--pseudonyms")
    key.write_text("depx-pseudonyms-1 " + "0" * 63 + "\n")
    key.chmod(0o600)
    assert depx(*order, key) == 2
    assert "64 hexadecimal digits" in capsys.readouterr().err
    key.write_text("depx-pseudonyms-1 " + "0" * 64 + "\n")
    key.chmod(0o644)
    assert depx(*order, key) == 2
    assert "others may read this key; chmod 600" in capsys.readouterr().err
    assert depx(*order, tmp_path / "d" / "key") == 2
    assert "keep it apart from the data" in capsys.readouterr().err
    assert depx(*order, tmp_path) == 2
    assert "got a folder" in capsys.readouterr().err
    assert depx(*order, tmp_path / "nowhere" / "key") == 2
    assert "no key can be made there" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_a_key_is_in_no_text_of_the_object() -> None:
    assert "kkkk" not in repr(KEY)
    assert KEY.key.hex() not in repr(KEY)
