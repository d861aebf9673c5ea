"""The shards as other libraries read them, with one line each: those that docs/folders.md shows."""

import socket
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from depx.align.dataset import Dataset

READERS = {
    "pandas": 'pandas.read_parquet("DATASET/words")',
    "polars": 'polars.read_parquet("DATASET/words/*.parquet")',
    "duckdb": "duckdb.sql(\"SELECT * FROM 'DATASET/words/*.parquet'\")",
    "datasets": 'datasets.load_dataset("parquet", data_files="DATASET/words/*.parquet")["train"]',
    "pyarrow": 'pyarrow.parquet.read_table("DATASET/words")',
}
TORCH = 'torch.from_numpy(Dataset.open(Path("DATASET")).session("300")["face"])'
PLAIN = ("index", "turn", "start_s", "stop_s", "confidence", "masked", "face_n_frames")
TEXTS = ("session", "speaker", "text", "timing")
VECTORS = ("face_mean", "face_std", "covarep_mean", "bert")

Column = Callable[[str], Any]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No connection is opened, and nothing is kept outside of the test's folder."""

    def refuse(*_: object) -> None:
        raise RuntimeError("a reader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "1")
    if find_spec("datasets"):
        import datasets

        monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
        datasets.disable_progress_bars()


def read(name: str, path: Path) -> Any:
    """Run the one line on a training set."""
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed; pip install '.[test]'")
    library = __import__("pyarrow.parquet" if name == "pyarrow" else name)
    return eval(READERS[name].replace("DATASET", str(path)), {name: library})


def column_of(name: str, table: Any) -> Column:
    """Give the columns of what a library returned, by its own means: lists or arrays."""
    if name == "pandas":
        return lambda column: table[column].tolist()
    if name == "polars":
        return lambda column: table[column].to_list()
    if name == "duckdb":
        rows = table.fetchall()
        return lambda column: [row[table.columns.index(column)] for row in rows]
    if name == "datasets":
        return lambda column: list(table[column])
    return lambda column: table[column].to_pylist()


@pytest.mark.parametrize("which", ["made", "half"])
@pytest.mark.parametrize("name", READERS)
def test_one_line_reads_what_a_session_holds(
    request: pytest.FixtureRequest, name: str, which: str
) -> None:
    made = request.getfixturevalue(which)
    column = column_of(name, read(name, made.path))
    dataset = Dataset.open(made.path)
    sessions = [dataset.session(session) for session in dataset.ids()]
    for plain in (*PLAIN, *VECTORS):
        wanted = np.concatenate([arrays[plain] for arrays in sessions])
        got = np.array([np.nan if cell is None else cell for cell in column(plain)])
        np.testing.assert_array_equal(got.astype(wanted.dtype), wanted, err_msg=plain)
        assert np.isnan(wanted).any() == (plain in (*VECTORS, "start_s", "stop_s"))
    for text in TEXTS:
        told = [cell for arrays in sessions for cell in arrays[text].tolist()]
        got = [cell if isinstance(cell, str) else None for cell in column(text)]
        assert got == told, text
    assert None in told


@pytest.mark.parametrize("which", ["made", "half"])
def test_one_line_gives_torch_the_vectors(request: pytest.FixtureRequest, which: str) -> None:
    made = request.getfixturevalue(which)
    names = {"torch": torch, "Dataset": Dataset, "Path": Path}
    tensor = eval(TORCH.replace("DATASET", str(made.path)).replace("300", "c"), names)
    wanted = made.words["c"]["face_mean"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    np.testing.assert_array_equal(tensor.numpy().ravel(), wanted)
    assert tensor.dtype == (torch.float16 if which == "half" else torch.float32)


def test_duckdb_joins_words_with_labels_in_one_line(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_spec("duckdb") is None:
        pytest.skip("duckdb is not installed; pip install '.[test]'")
    import duckdb

    monkeypatch.chdir(made.path)
    query = (
        "SELECT phq8, count(*) FROM 'words/*.parquet' JOIN 'sessions.parquet' USING (session) "
        "WHERE NOT masked GROUP BY session, phq8 ORDER BY session"
    )
    counts = np.diff(Dataset.open(made.path).words(["bert"]).offsets_S1)
    assert [many for _, many in duckdb.sql(query).fetchall()] == counts.tolist()
