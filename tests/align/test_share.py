"""``depx export --as share`` of a training set: what goes out, what does not, and that it works."""

import errno
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Dataset
from depx.align.run import align
from depx.align.settings import AlignSettings
from depx.align.share import share_dataset
from depx.align.status import status
from depx.align.summary import AlignSummary
from depx.align.verify import verify
from depx.cli import main
from depx.errors import StoreError, UsageError
from depx.extract.sessions import Choice
from depx.extract.sharing.ids import WHY as OF_IDS
from depx.extract.sharing.pseudonyms import Pseudonyms
from depx.extract.sharing.told import Shared
from depx.extract.sharing.wanted import Sharing
from depx.features.columns import FACE, FACE_VECTOR
from depx.features.track import Track
from depx.features.words import Turn

Run = Callable[..., tuple[AlignSummary, list[str]]]
Everything = Callable[[Path], str]
KEY, OTHER = Pseudonyms(b"k" * 32), Pseudonyms(b"o" * 32)
WHO = ("zorander", "quillfeather", "mothwing", "brakk")
SPLITS = ("train", "train", "dev", "test")


def planted(shelf: Any, name: str, seed: int) -> dict[str, Any]:
    """All tracks of a session with landmarks and words that are found again."""
    made = shelf.whole(seed=seed)
    rows = made["face"].rows
    values = np.random.default_rng(seed).normal(size=(rows, len(FACE))).astype(np.float32)
    made["face"] = Track(
        time_s=made["face"].time_s, value_FC=values, columns=FACE,
        valid_F=np.ones(rows, dtype=np.bool_), rate_hz=30.0,
    )  # fmt: skip
    made["hog"] = shelf.sound(seed=seed)
    made["egemaps_turns"] = shelf.functionals()
    made["words"] = tuple(
        replace(
            turn,
            speaker=f"Dr. {name}",
            words=tuple(
                replace(word, text=f"xylocarp{k}", raw=f"Xylocarp{k}!", speaker=f"Dr. {name}")
                for k, word in enumerate(turn.words)
            ),
        )
        for turn in made["words"]
        if isinstance(turn, Turn)
    )
    return dict(made)


@pytest.fixture
def dataset(shelf: Any, labels: Callable[..., Path], tmp_path: Path) -> Path:
    """A training set with everything that a share leaves out."""
    table = "session,participant,split,phq8,gender,age,birth_year,zip,comment,sleep\n"
    for seed, (name, split) in enumerate(zip(WHO, SPLITS, strict=True)):
        shelf.session(
            name, planted(shelf, name, seed), participant=f"{name}son", recording="ab" * 32
        )
        table += f"{name},{name}son,{split},{4 * seed},{'mf'[seed % 2]},{88 + seed},1930,"
        table += f"A9021{seed},said {name},{seed}\n"
    settings = AlignSettings(labels=labels(table), views=("words", "frames", "turns", "sessions"))
    align([shelf.path], tmp_path / "d", settings, lambda _line: None)
    return tmp_path / "d"


def share(place: Path, out: Path, *keep: str, **options: Any) -> Shared:
    asked = {"pseudonyms": KEY, "permitted": False, "force": False, "choice": Choice(), **options}
    return share_dataset(place, out, Sharing(keep=keep, **asked), lambda _line: None)


def test_no_byte_holds_what_was_left_out(
    dataset: Path, tmp_path: Path, everything: Everything
) -> None:
    share(dataset, tmp_path / "s")
    before, after = everything(dataset).casefold(), everything(tmp_path / "s").casefold()
    for planted_word in (*WHO, "xylocarp", "dr. ", "a9021", "ab" * 32):
        assert planted_word in before, planted_word
        assert planted_word not in after, planted_word
    assert str(tmp_path).casefold() not in after
    assert KEY.key.hex() not in after
    for stored in Dataset.open(dataset).manifest["provenance"]["tracks"].values():
        assert not any(made["key"] in after for made in stored.values())
    assert Dataset.open(dataset).key not in after


def test_what_goes_out_is_as_it_was(dataset: Path, tmp_path: Path) -> None:
    share(dataset, tmp_path / "s")
    assert verify(tmp_path / "s").exit_code == 0
    assert not verify(tmp_path / "s").foreign
    before, after = Dataset.open(dataset), Dataset.open(tmp_path / "s")
    assert list(after.ids()) == sorted(KEY.of(name) for name in WHO)
    assert set(after.modalities) == {"face", "egemaps", "egemaps_turns"}
    was, now = (one.sessions().set_index("session") for one in (before, after))
    for name in WHO:
        row = now.loc[KEY.of(name)]
        assert row.participant == KEY.of(f"{name}son")
        for column in ("phq8", "split", "gender", "sleep", "words", "duration_s", "face_origin"):
            assert row[column] == was.loc[name, column]
        for view, columns in (
            ("words", ("face_mean", "egemaps_mean", "start_s", "masked", "face_valid")),
            ("turns", ("egemaps_mean", "words", "start_s")),
            ("sessions", ("face_mean", "words")),
            ("frames", ("AU12_r", "pose_Rx", "time_s", "valid")),
        ):
            one = before.session(name, columns, view=view)
            other = after.session(KEY.of(name), columns, view=view)
            for column in columns:
                np.testing.assert_array_equal(one[column], other[column])
    assert pd.read_parquet(tmp_path / "s" / "words").text.isna().all()
    assert after.manifest["splits"]["cases"].keys() == {"train", "dev", "test"}
    assert after.manifest["counts"] == before.manifest["counts"]


def test_status_and_verify_know_a_share(dataset: Path, tmp_path: Path) -> None:
    share(dataset, tmp_path / "s")
    found = status(tmp_path / "s")
    assert found.lines[0].startswith("it is a share: SHARED.md says what it holds")
    shard = tmp_path / "s" / "words" / "part-00000.parquet"
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    (damage,) = verify(tmp_path / "s").damaged
    assert "run the same depx export --as share again" in damage.remedy


def test_columns_are_those_of_an_allow_list(dataset: Path, tmp_path: Path) -> None:
    share(dataset, tmp_path / "s")
    frames = set(pd.read_parquet(tmp_path / "s" / "frames").columns)
    sides = {name for name in frames if name.startswith("AU") and name.endswith(("right", "left"))}
    named = {column.name for column in FACE_VECTOR} | {"session", "time_s", "valid", "role"}
    assert frames - sides == named | {"confidence"}
    table = set(Dataset.open(tmp_path / "s").sessions().columns)
    assert not table & {"birth_year", "zip", "comment", "interviewer_text", "hog_origin"}
    assert table >= {"phq8", "gender", "age", "sleep", "face_share_valid"}


def test_ages_above_89_become_90(dataset: Path, tmp_path: Path) -> None:
    told = share(dataset, tmp_path / "s")
    ages = Dataset.open(tmp_path / "s").sessions().set_index("session").age
    assert [ages[KEY.of(name)] for name in WHO] == [88, 89, 90, 90]
    assert told.changed == ["age: 90 stands for 90 and more (1 cell)"]


def test_each_thing_left_out_is_named_with_its_reason(dataset: Path, tmp_path: Path) -> None:
    told = share(dataset, tmp_path / "s")
    left = {one.what: one for one in told.left}
    assert left.keys() == {
        *("bert", "hog", "text", "birth_year", "zip", "comment", "interviewer_text"),
        *("frames/: landmarks", "frames/: landmarks_3d", "frames/: quality"),
    }
    assert left["frames/: landmarks"].count == "136 columns"
    assert left["text"].count == "of 48 rows"
    page = (tmp_path / "s" / "SHARED.md").read_text()
    document = json.loads((tmp_path / "s" / "SHARED.json").read_text())
    assert all(one.what in page and one.why in page for one in told.left)
    assert [one["what"] for one in document["left"]] == [one.what for one in told.left]
    assert any("4 of 4 participants are the only one with theirs" in line for line in told.reveals)


def test_columns_that_hold_ids_are_left_out(
    shelf: Any, labels: Callable[..., Path], tmp_path: Path
) -> None:
    table = "session,split,phq8,family,running,told_to,sleep\n"
    for seed, split in enumerate(SPLITS, start=1):
        shelf.session(f"demo-0{seed}", planted(shelf, "loomis", seed))
        other = "DEMO-01" if seed > 2 else "none"
        heard = "dr. loomis" if seed > 2 else "none"
        table += f"demo-0{seed},{split},{seed},{other},{seed},{heard},{seed % 2}\n"
    settings = AlignSettings(labels=labels(table))
    align([shelf.path], tmp_path / "d", settings, lambda _line: None)
    only = Choice(only=("demo-03", "demo-04"))  # judged by the whole set, not by what goes out
    for name, choice in (("s", Choice()), ("t", only)):
        told = share(tmp_path / "d", tmp_path / name, choice=choice)
        why = {one.what: one.why for one in told.left}
        for column in ("family", "running", "told_to"):
            assert why[column] == OF_IDS
        kept = set(Dataset.open(tmp_path / name).sessions().columns)
        assert kept >= {"phq8", "sleep"}
        assert not kept & {"family", "told_to", "running"}


def test_what_is_kept_goes_out_and_is_said_to_reveal_more(dataset: Path, tmp_path: Path) -> None:
    told = share(dataset, tmp_path / "s", "landmarks", "bert", "text", "zip")
    frames = set(pd.read_parquet(tmp_path / "s" / "frames").columns)
    assert {"x_0", "y_67"} <= frames
    assert "X_0" not in frames
    kept = Dataset.open(tmp_path / "s")
    assert "bert" in kept.modalities
    assert "interviewer_text" in kept.sessions()
    assert kept.sessions().zip.notna().all()
    assert pd.read_parquet(tmp_path / "s" / "words").text.str.startswith("xylocarp").all()
    usual = share(dataset, tmp_path / "t").reveals
    assert {line.split(":")[0] for line in told.reveals if line not in usual} == {
        "the shape of the face, to be compared with any photograph", "word vectors",
        "gender, age, zip", "all that was said, names and places that were spoken included",
    }  # fmt: skip


def test_a_name_that_lets_nothing_in_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--keep zipp: expected one of bert, birth_year, comment"):
        share(dataset, tmp_path / "s", "zipp")
    with pytest.raises(UsageError, match="--keep face"):
        share(dataset, tmp_path / "s", "face")
    assert not (tmp_path / "s").exists()


def test_without_a_key_nothing_goes_out(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has its own ids; give --pseudonyms KEYFILE"):
        share(dataset, tmp_path / "s", pseudonyms=None)


def test_a_set_under_pseudonyms_keeps_them(shelf: Any, run: Run, tmp_path: Path) -> None:
    shelf.session("zorander", planted(shelf, "zorander", 0))
    align([shelf.path], tmp_path / "d", AlignSettings(), lambda _line: None, KEY)
    share(tmp_path / "d", tmp_path / "s", pseudonyms=None)
    assert Dataset.open(tmp_path / "s").ids() == (KEY.of("zorander"),)
    share(tmp_path / "d", tmp_path / "t", pseudonyms=KEY)
    assert Dataset.open(tmp_path / "t").ids() == (KEY.of("zorander"),)
    with pytest.raises(UsageError, match=r"under pseudonyms of key .* already, got key"):
        share(tmp_path / "d", tmp_path / "u", pseudonyms=OTHER)


def test_the_same_again_is_the_same_bytes_and_asks_for_force(dataset: Path, tmp_path: Path) -> None:
    share(dataset, tmp_path / "s")
    share(dataset, tmp_path / "t")
    files = sorted(path.relative_to(tmp_path / "s") for path in (tmp_path / "s").rglob("*.*"))
    assert len(files) == 10
    for name in files:
        assert (tmp_path / "s" / name).read_bytes() == (tmp_path / "t" / name).read_bytes()
    with pytest.raises(StoreError, match="holds a share already; --force"):
        share(dataset, tmp_path / "s")
    share(dataset, tmp_path / "s", force=True, choice=Choice(only=("brakk",)))
    assert Dataset.open(tmp_path / "s").ids() == (KEY.of("brakk"),)
    assert verify(tmp_path / "s").exit_code == 0
    (tmp_path / "s" / "dataset.json").unlink()  # killed before the end: it goes on, unasked
    share(dataset, tmp_path / "s")
    assert Dataset.open(tmp_path / "s").key == Dataset.open(tmp_path / "t").key
    with pytest.raises(StoreError):
        share(dataset, dataset / "s")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("x")
    with pytest.raises(StoreError, match="neither empty nor a training set"):
        share(dataset, tmp_path / "mine")


def test_a_corpus_under_licence_is_refused_unless_it_is_said_to_be_permitted(
    shelves: Callable[[str], Any], tmp_path: Path
) -> None:
    shelf = shelves("daic-woz")
    shelf.session("300", planted(shelf, "x", 0))
    align([shelf.path], tmp_path / "d", AlignSettings(), lambda _line: None)
    with pytest.raises(UsageError, match="the end-user licence of DAIC-WOZ does not let you pass"):
        share(tmp_path / "d", tmp_path / "s")
    told = share(tmp_path / "d", tmp_path / "s", permitted=True)
    assert told.permitted == ["the end-user licence of DAIC-WOZ"]
    assert "DAIC-WOZ: forbids to pass it on" in (tmp_path / "s" / "SHARED.md").read_text()


def test_a_full_disk_leaves_no_page_of_a_share_without_its_marker(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(dataset, tmp_path / "earlier")
    written = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "dataset.json" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return written(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    for out, options in (("s", {}), ("earlier", {"force": True})):
        with pytest.raises(OSError, match="No space left"):
            share(dataset, tmp_path / out, **options)
        assert {path.name for path in (tmp_path / out).iterdir() if path.name[0] != "."} == {
            "words", "frames", "turns", "sessions", "sessions.parquet",
        }  # fmt: skip
    monkeypatch.undo()
    share(dataset, tmp_path / "s")
    assert verify(tmp_path / "s").exit_code == 0


def test_a_share_of_a_share_tells_what_both_left_out(dataset: Path, tmp_path: Path) -> None:
    first = share(dataset, tmp_path / "s", "landmarks")
    second = share(tmp_path / "s", tmp_path / "t", pseudonyms=None)
    assert [one.what for one in second.left] == ["frames/: landmarks"]
    assert second.before == [replace(one, keep=None) for one in first.left]
    assert second.changed == first.changed
    third = share(tmp_path / "t", tmp_path / "u", pseudonyms=None)
    assert third.left == []
    assert [one.what for one in third.before] == [
        one.what for one in (*first.left, *second.left)
    ]  # fmt: skip
    page = (tmp_path / "u" / "SHARED.md").read_text()
    assert "## Left out by an earlier share" in page
    assert Dataset.open(tmp_path / "u").manifest["shared"]["left_out"] == [
        one.what for one in third.before
    ]  # fmt: skip
    (tmp_path / "s" / "SHARED.json").write_text("{}")
    with pytest.raises(StoreError, match=r"SHARED\.json: expected what this share left out"):
        share(tmp_path / "s", tmp_path / "v", pseudonyms=None)


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_the_command_shares_and_says_what_it_left(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ("export", dataset, "-o", tmp_path / "s", "--as", "share", "--pseudonyms")
    assert depx(*order, tmp_path / "key") == 0
    said = capsys.readouterr()
    assert "left out: bert (1 modality): word vectors are turned back into words" in said.err
    assert "sessions: 4, of 4 participants; 10 things left out" in said.out
    assert depx("export", tmp_path / "s", "-o", tmp_path / "csv", "--as", "csv", "-q") == 0
    assert "text" in pd.read_csv(tmp_path / "csv" / "words.csv").columns
    again = ("export", tmp_path / "s", "-o", tmp_path / "again", "--as", "share")
    assert depx(*again) == 0
    assert "participants; 0 things left out, 10 before, see SHARED.md" in capsys.readouterr().out
    assert depx("export", dataset, "-o", tmp_path / "t", "--as", "csv", "--keep", "bert") == 2
    assert "--keep: is for --as share, got --as csv" in capsys.readouterr().err
