"""A training set as CSV and as a Hugging Face folder: what other programs read is what it holds."""

import csv
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from depx.align.dataset import Dataset
from depx.align.delivery import Delivery
from depx.align.export import export_dataset
from depx.align.shards import Shards
from depx.errors import DamagedError, LabelError
from depx.extract.sessions import Choice


def export(place: Path, out: Path, form: str, *, force: bool = False, **choice: Any) -> Delivery:
    return export_dataset(
        place, out, form, Choice(**choice), {}, tell=lambda *_: None, note=lambda _: None,
        force=force,
    )  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def expanded(dataset: Dataset, view: str, session: str) -> dict[str, Any]:
    """The columns of a session, vectors spread to the names that the CSV should have."""
    arrays = dataset.session(session, view=view)
    columns: dict[str, Any] = {}
    for name in arrays:
        if arrays[name].ndim == 1:
            columns[name] = arrays[name]
            continue
        for c in range(arrays[name].shape[1]):
            modality = name.removesuffix("_mean").removesuffix("_std")
            names = dataset.modalities[modality].names
            columns[f"{name}.{names[c] if names else c}"] = arrays[name][:, c]
    return columns


@pytest.mark.parametrize("which", ["made", "half"])
@pytest.mark.parametrize(
    ("view", "file"),
    [
        ("words", "words"),
        ("frames", "frames"),
        ("turns", "turns"),
        ("sessions", "session_vectors"),
    ],
)
def test_a_csv_gives_back_every_cell(
    request: pytest.FixtureRequest, tmp_path: Path, which: str, view: str, file: str
) -> None:
    made = request.getfixturevalue(which)
    export(made.path, tmp_path / "O", "csv")
    with (tmp_path / "O" / f"{file}.csv").open(encoding="utf-8", newline="") as stream:
        head, *rows = list(csv.reader(stream))
    dataset = Dataset.open(made.path)
    read = [expanded(dataset, view, session) for session in dataset.ids()]
    assert head == list(read[0])
    assert len(rows) == sum(len(columns["session"]) for columns in read) > 0
    for c, name in enumerate(head):
        wanted = np.concatenate([columns[name] for columns in read])
        cells = [row[c] for row in rows]
        if wanted.dtype == object:
            assert cells == ["" if cell is None else cell for cell in wanted]
        elif wanted.dtype == np.bool_:
            assert cells == [str(cell).lower() for cell in wanted.tolist()]
        else:
            np.testing.assert_array_equal(np.array(cells, dtype=wanted.dtype), wanted)
            assert {cell for cell in cells if cell.lower() == "nan"} <= {"NaN"}


def test_pandas_reads_the_types_of_a_csv(made: Any, tmp_path: Path) -> None:
    export(made.path, tmp_path / "O", "csv")
    words = pd.read_csv(tmp_path / "O" / "words.csv", keep_default_na=False, na_values=["NaN"])
    assert words["masked"].dtype == np.bool_
    assert words["index"].dtype == np.int64
    assert words["face_mean.AU12_r"].dtype == np.float64
    assert {"null", "NA", 'so-called "fine"', "two\nlines", "mañana"} <= set(words["text"])
    labels = pd.read_csv(tmp_path / "O" / "sessions.csv")
    np.testing.assert_array_equal(labels["phq8"], Dataset.open(made.path).sessions()["phq8"])
    assert "interviewer_text.5" in labels.columns


def test_a_csv_is_written_in_batches(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(made.path, tmp_path / "O", "csv")
    monkeypatch.setattr(Shards, "read", None)  # which would hold a session whole
    monkeypatch.setattr(Shards.batches, "__kwdefaults__", {"rows": 2})
    export(made.path, tmp_path / "P", "csv")
    assert contents(tmp_path / "P") == contents(tmp_path / "O")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """HF datasets, without a network."""
    if find_spec("datasets") is None:
        pytest.skip("datasets is not installed; pip install '.[test]'")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setattr(socket.socket, "connect", None)
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
    return datasets


def test_hugging_face_opens_each_view_by_its_name_and_split(
    made: Any, tmp_path: Path, offline: Any
) -> None:
    export(made.path, tmp_path / "O", "hf")
    splits = {
        "train": ["a1", "a2", "b"],
        "validation": ["c", "e"],
        "test": ["d"],
        "unassigned": ["f"],
    }
    for config, tables in (
        ("words", made.words),
        ("frames", made.frames),
        ("turns", made.turns),
        ("session_vectors", made.pooled),
    ):
        read = offline.load_dataset(str(tmp_path / "O"), config)
        assert set(read) == set(splits)
        for split, members in splits.items():
            rows = [row for s in members if s in tables for row in tables[s].to_pylist()]
            got = read[split].to_list()
            assert len(got) == len(rows)
            for left, right in zip(got, rows, strict=True):
                np.testing.assert_equal(left, right)
    labels = offline.load_dataset(str(tmp_path / "O"), "sessions")
    assert labels["validation"]["session"][:] == ["c", "e"]
    assert offline.load_dataset(str(tmp_path / "O"))["test"].num_rows == made.words["d"].num_rows


def test_hugging_face_files_keep_a_row_group_a_session(made: Any, tmp_path: Path) -> None:
    export(made.path, tmp_path / "O", "hf")
    file = pq.ParquetFile(tmp_path / "O" / "words" / "train.parquet")
    groups = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
    assert groups == [made.words[session].num_rows for session in ("a1", "a2", "b")]
    assert file.schema_arrow.equals(Dataset.open(made.path).shards.schema("words"))


def test_without_splits_all_is_train_and_said(make: Any, tmp_path: Path) -> None:
    make(tmp_path / "D", splits={})
    done = export(tmp_path / "D", tmp_path / "O", "hf")
    assert done.notes == ["no session has a split: all are in 'train'"]
    assert set(done.files) >= {"words/train.parquet", "sessions/train.parquet", "README.md"}
    assert {name.partition("/")[2] for name in done.files} == {"train.parquet", ""}


@pytest.mark.parametrize("form", ["hf", "mmsa"])
def test_a_participant_in_two_splits_is_refused(make: Any, tmp_path: Path, form: str) -> None:
    make(tmp_path / "D", splits={"a1": "train", "a2": "test", "b": "train"})
    with pytest.raises(LabelError, match="participant A is in train and in test"):
        export(tmp_path / "D", tmp_path / "O", form)


@pytest.mark.parametrize("form", ["csv", "hf", "mmsa"])
def test_the_same_export_gives_the_same_bytes_and_is_there_already(
    made: Any, tmp_path: Path, form: str
) -> None:
    first = export(made.path, tmp_path / "O", form)
    before = contents(tmp_path / "O")
    stamps = {name: (tmp_path / "O" / name).stat().st_mtime_ns for name in before}
    again = export(made.path, tmp_path / "O", form)
    assert set(before) == set(first.files) == set(again.files)
    assert not any(done.kept for done in first.files.values())
    assert all(done.kept and done.failure is None for done in again.files.values())
    assert stamps == {name: (tmp_path / "O" / name).stat().st_mtime_ns for name in before}
    export(made.path, tmp_path / "P", form)
    assert contents(tmp_path / "P") == before


@pytest.mark.parametrize("form", ["csv", "hf", "mmsa"])
def test_a_file_that_differs_is_left_unless_forced(made: Any, tmp_path: Path, form: str) -> None:
    first = export(made.path, tmp_path / "O", form)
    before = contents(tmp_path / "O")
    name = next(iter(first.files))
    (tmp_path / "O" / name).write_text("mine")
    done = export(made.path, tmp_path / "O", form)
    assert done.exit_code == 1
    assert "is there and differs; --force replaces it" in str(done.files[name].failure)
    assert (tmp_path / "O" / name).read_text() == "mine"
    assert export(made.path, tmp_path / "O", form, force=True).exit_code == 0
    assert contents(tmp_path / "O") == before


@pytest.mark.parametrize("form", ["csv", "hf", "mmsa"])
def test_damage_ends_an_export_and_leaves_no_half_file(
    make: Any, tmp_path: Path, form: str
) -> None:
    made = make(tmp_path / "D")
    shard = tmp_path / "D" / Dataset.open(made.path).shards.groups("words")["d"].path
    shard.write_bytes(shard.read_bytes()[:-9])
    with pytest.raises(DamagedError, match="is not the file that dataset"):
        export(made.path, tmp_path / "O", form)
    assert not [path for path in (tmp_path / "O").rglob("*") if path.suffix == ".tmp"]


def test_only_the_chosen_sessions_are_exported(made: Any, tmp_path: Path) -> None:
    export(made.path, tmp_path / "O", "csv", only=("d", "a1"))
    for file in ("words", "frames", "sessions"):
        table = pd.read_csv(tmp_path / "O" / f"{file}.csv")
        assert list(dict.fromkeys(table["session"])) == ["a1", "d"]
