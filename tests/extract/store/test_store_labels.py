"""``labels.parquet``: rows of several runs in one table, in an order that no run decides."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from depx.align.labels import read_labels as read_table
from depx.errors import DamagedError, LabelError, LockedError
from depx.extract.labels.base import LabelSheet
from depx.extract.labels.registry import read_labels
from depx.extract.store.labels import read_about, write_labels
from depx.extract.store.lock import locked
from depx.extract.store.place import found_store, open_marker

HEADER = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender"
NAMES = {"train": "train_split_Depression_AVEC2017.csv", "dev": "dev_split_Depression_AVEC2017.csv"}

Make = Callable[..., LabelSheet]


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> None:
    found_store(tmp_path, corpus="daic-woz")


def sheet(split: str, **scores: int) -> LabelSheet:
    rows = "".join(f"{one[1:]},0,{score},1\n" for one, score in scores.items())
    return read_labels("daic-woz", [(NAMES[split], f"{HEADER}\n{rows}".encode())])


def test_the_table_is_typed_sorted_and_says_what_it_is_made_of(tmp_path: Path) -> None:
    lines = write_labels(tmp_path, sheet("train", _902=7, _901=3))
    table = pq.read_table(tmp_path / "labels.parquet")
    assert table.column_names == [
        "session", "participant", "split", "gender", "phq8", "phq8_binary",
    ]  # fmt: skip
    assert [str(kind) for kind in table.schema.types] == ["string"] * 4 + ["double"] * 2
    assert table["session"].to_pylist() == ["901", "902"]
    about = read_about(tmp_path / "labels.parquet")
    assert (about["corpus"], about["unit"]) == ("daic-woz", "session")
    assert [file["name"] for file in about["files"]] == [NAMES["train"]]
    assert lines == ["labels of 2 sessions from 1 files (2 train)"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["depx.json", "labels.parquet"]


def test_any_order_of_runs_makes_the_same_bytes(tmp_path: Path) -> None:
    sheets = [sheet("train", _901=3), sheet("dev", _902=4), sheet("train", _903=24)]
    made = set()
    for n, order in enumerate(itertools.permutations(sheets)):
        store = tmp_path / str(n)
        found_store(store, corpus="daic-woz")
        for one in order:
            write_labels(store, one)
        made.add((store / "labels.parquet").read_bytes())
    # two sheets are of the same file name: the last one's hash stands, all else is one
    assert len(made) == 2
    for first, second in (sheets[:2], sheets[1::-1]):
        found_store(tmp_path / "ab", corpus="daic-woz")
        write_labels(tmp_path / "ab", first)
        write_labels(tmp_path / "ab", second)
        made.add((tmp_path / "ab" / "labels.parquet").read_bytes())
        (tmp_path / "ab" / "labels.parquet").unlink()
    assert len(made) == 3


def test_rows_of_this_run_replace_their_like_and_others_stay(tmp_path: Path) -> None:
    write_labels(tmp_path, sheet("train", _901=3, _902=4))
    write_labels(tmp_path, sheet("train", _902=9, _903=1))
    frame = pd.read_parquet(tmp_path / "labels.parquet").set_index("session")
    assert frame["phq8"].to_dict() == {"901": 3.0, "902": 9.0, "903": 1.0}


def test_a_sheet_that_covers_all_leaves_no_note_of_before(tmp_path: Path) -> None:
    torn = sheet("train", _901=99)
    write_labels(tmp_path, torn)
    assert read_about(tmp_path / "labels.parquet")["notes"] == list(torn.notes)
    write_labels(tmp_path, sheet("train", _901=9))
    assert read_about(tmp_path / "labels.parquet")["notes"] == []


def test_corrected_cells_are_written_and_align_reads_the_table(tmp_path: Path) -> None:
    made = sheet("train", _901=10, _902=4)
    made.rows["901"]["phq8_binary"] = 1.0
    write_labels(tmp_path, made)
    table = read_table(tmp_path / "labels.parquet")
    assert table.unit == "session"
    assert table.rows["901"] == {
        "participant": "daic-901", "split": "train", "gender": "male", "phq8": 10.0,
        "phq8_binary": 1.0,
    }  # fmt: skip
    assert table.columns["phq8"] == "number"


def test_another_corpus_or_a_foreign_file_is_refused(tmp_path: Path) -> None:
    write_labels(tmp_path, sheet("train", _901=3))
    with pytest.raises(LabelError, match="has labels of daic-woz, got d-vlog"):
        write_labels(
            tmp_path, read_labels("d-vlog", [("labels.csv", b"index,label,fold\n0,normal,test\n")])
        )
    pq.write_table(pa.table({"session": ["901"]}), tmp_path / "labels.parquet")
    with pytest.raises(DamagedError, match="move it away"):
        write_labels(tmp_path, sheet("train", _901=3))
    assert pq.read_table(tmp_path / "labels.parquet").column_names == ["session"]


@pytest.mark.parametrize("harm", ["cut", "changed", "lost"])
def test_a_damaged_table_is_made_anew_of_what_the_run_brings(tmp_path: Path, harm: str) -> None:
    write_labels(tmp_path, sheet("train", _901=3))
    path = tmp_path / "labels.parquet"
    whole, marker = path.read_bytes(), open_marker(tmp_path, "store")
    harmed = {"cut": whole[:40], "changed": whole[:90] + b"?" + whole[91:], "lost": b""}[harm]
    path.write_bytes(harmed) if harmed else path.unlink()
    lines = write_labels(tmp_path, sheet("train", _901=3))
    assert any("was damaged or lost" in line for line in lines)
    assert path.read_bytes() == whole
    assert open_marker(tmp_path, "store") == marker


def test_the_same_labels_again_leave_the_table_and_the_marker_alone(tmp_path: Path) -> None:
    write_labels(tmp_path, sheet("train", _901=3))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    write_labels(tmp_path, sheet("train", _901=3))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_run_waits_for_another_that_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depx.extract.store.lock.WAIT_S", 0.2)

    with locked(tmp_path), pytest.raises(LockedError):
        write_labels(tmp_path, sheet("train", _901=3))
    assert not (tmp_path / "labels.parquet").exists()
    write_labels(tmp_path, sheet("train", _901=3))
    assert json.loads(pq.read_schema(tmp_path / "labels.parquet").metadata[b"depx"])["schema"] == 1
