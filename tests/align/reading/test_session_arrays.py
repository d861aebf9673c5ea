"""A session of a training set as arrays: what they hold, and whose memory it is."""

import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from depx.align.arrays import to_numpy
from depx.align.dataset import Dataset
from depx.align.shards import Shards
from depx.errors import DamagedError, UsageError
from depx.extract.store.atomic import read_sealed, write_sealed


def addresses(column: pa.ChunkedArray) -> range:
    """Where the numbers of a column that was read lie in memory."""
    chunk = column.chunk(0)
    buffer = (chunk.flatten() if pa.types.is_fixed_size_list(chunk.type) else chunk).buffers()[1]
    return range(buffer.address, buffer.address + buffer.size)


@pytest.mark.parametrize("which", ["made", "half"])
def test_numbers_and_vectors_share_the_memory_of_what_was_read(
    request: pytest.FixtureRequest, which: str
) -> None:
    made = request.getfixturevalue(which)
    shards = Dataset.open(made.path).shards
    for view in ("words", "frames", "turns", "sessions"):
        table = shards.read(view, "c")
        shared = 0
        for name in table.schema.names:
            kind = table.schema.field(name).type
            if pa.types.is_string(kind) or pa.types.is_boolean(kind):
                continue
            array = to_numpy(table[name])
            assert array.__array_interface__["data"][0] in addresses(table[name])
            assert torch.from_numpy(array).data_ptr() in addresses(table[name])
            element = kind.value_type if pa.types.is_fixed_size_list(kind) else kind
            assert array.dtype == element.to_pandas_dtype()
            shared += 1
        assert shared >= 7


@pytest.mark.parametrize("which", ["made", "half"])
def test_a_session_holds_what_was_written_column_by_column(
    request: pytest.FixtureRequest, which: str
) -> None:
    made = request.getfixturevalue(which)
    dataset = Dataset.open(made.path)
    for view, tables in (
        ("words", made.words),
        ("frames", made.frames),
        ("turns", made.turns),
        ("sessions", made.pooled),
    ):
        for session, table in tables.items():
            arrays = dataset.session(session, view=view)
            assert (arrays.session, arrays.rows) == (session, table.num_rows)
            assert list(arrays) == table.schema.names
            for name in arrays:
                rows = table[name].to_pylist()
                wanted = np.array(rows, dtype=object if rows[0] is None else None)
                if arrays[name].dtype != object:
                    np.testing.assert_array_equal(arrays[name], wanted)
                else:
                    assert arrays[name].tolist() == rows


def test_a_modality_means_the_vector_that_models_read(made: Any) -> None:
    dataset = Dataset.open(made.path)
    arrays = dataset.session("c", ["face", "bert", "face_std", "start_s"])
    assert list(arrays) == ["face_mean", "bert", "face_std", "start_s"]
    np.testing.assert_array_equal(arrays["face"], arrays["face_mean"])
    assert arrays["bert"].shape == (made.words["c"].num_rows, 6)
    assert dataset.elements("face_std") == dataset.modalities["face"].names
    assert dataset.elements("bert") == ("0", "1", "2", "3", "4", "5")
    with pytest.raises(UsageError, match="no vector column 'start_s'"):
        dataset.elements("start_s")


def test_a_session_without_a_face_has_no_frames_and_keeps_its_columns(made: Any) -> None:
    arrays = Dataset.open(made.path).session("b", ["time_s", "AU12_r", "role"], view="frames")
    assert arrays.rows == 0
    assert arrays["time_s"].shape == arrays["AU12_r"].shape == (0,)
    assert arrays["AU12_r"].dtype == np.float32


def test_numbers_with_gaps_become_float64_with_nan() -> None:
    gaps = to_numpy(pa.chunked_array([pa.array([1, None, 3], pa.int32())]))
    np.testing.assert_array_equal(gaps, [1.0, np.nan, 3.0])
    parts = to_numpy(pa.chunked_array([pa.array([1.5]), pa.array([2.5])]))
    np.testing.assert_array_equal(parts, [1.5, 2.5])
    sliced = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(8.0)), 2).slice(1, 2)
    np.testing.assert_array_equal(to_numpy(pa.chunked_array([sliced])), [[2, 3], [4, 5]])


def test_words_leave_out_the_rows_of_speakers_who_were_not_chosen(made: Any, half: Any) -> None:
    for one in (made, half):
        dataset = Dataset.open(one.path)
        order = ["d", "a1", "b"]
        words = dataset.words(["bert", "face"], order)
        counts = []
        for s, session in enumerate(order):
            arrays = dataset.session(session)
            kept = ~arrays["masked"]
            to = slice(words.offsets_S1[s], words.offsets_S1[s + 1])
            np.testing.assert_array_equal(words.vectors["bert"][to], arrays["bert"][kept])
            np.testing.assert_array_equal(words.vectors["face"][to], arrays["face"][kept])
            np.testing.assert_array_equal(words.valid["face"][to], arrays["face_valid"][kept])
            assert words.vectors["bert"].dtype == np.float32
            counts.append(kept.sum())
        assert np.diff(words.offsets_S1).tolist() == counts
        assert words.vectors["bert"].shape[0] == sum(counts)
    everything = Dataset.open(made.path).words(["bert"])
    masked = sum(int(np.sum(table["masked"].to_pylist())) for table in made.words.values())
    rows = sum(table.num_rows for table in made.words.values())
    assert len(everything.vectors["bert"]) == rows - masked < rows


def test_words_bring_other_vector_columns_on_request(made: Any) -> None:
    dataset = Dataset.open(made.path)
    words = dataset.words(["bert"], ["d", "a1"], more=["face_std", "bert"])
    assert set(words.vectors) == set(words.valid) == {"bert"}
    for s, session in enumerate(["d", "a1"]):
        arrays = dataset.session(session, ["face_std", "bert", "masked"])
        to = slice(words.offsets_S1[s], words.offsets_S1[s + 1])
        for column in ("face_std", "bert"):
            np.testing.assert_array_equal(words.more[column][to], arrays[column][~arrays["masked"]])
    with pytest.raises(UsageError, match="no vector column 'bert_std', got face_mean, face_std"):
        dataset.words(["bert"], more=["bert_std"])


def test_a_shard_is_hashed_once_and_only_when_it_is_read(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def counting(path: Path) -> str:
        hashed.append(path.relative_to(made.path).as_posix())
        return sha256(path)

    from depx.align import shards

    sha256 = shards.sha256_file
    monkeypatch.setattr(shards, "sha256_file", counting)
    dataset = Dataset.open(made.path)
    assert hashed == []
    for _ in range(2):
        dataset.session("a1", ["bert"])
    first = dataset.shards.groups("words")["a1"].path
    assert hashed == [first]
    for _ in range(2):
        dataset.words(["bert"])
        dataset.sessions()
    written = {where.path for where in dataset.shards.groups("words").values()}
    assert len(written) > 1
    assert sorted(hashed) == sorted([*written, "sessions.parquet"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("c", ["fase"]), r"words: no column 'fase', got face, covarep, bert, session, index"),
        (("c", ["phq8"]), "no column 'phq8'"),
        (("zz", None), "no session 'zz', got a1, a2, b, c"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(made: Any, asked: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said) as told:
        Dataset.open(made.path).session(*asked)
    assert "\n" not in str(told.value)


def test_a_column_that_was_not_asked_for_is_not_there(made: Any) -> None:
    arrays = Dataset.open(made.path).session("c", ["bert"])
    with pytest.raises(UsageError, match="no column 'start_s', got bert"):
        arrays["start_s"]
    assert "start_s" not in arrays
    assert "bert" in arrays
    assert list(arrays) == ["bert"]


def test_a_view_that_was_not_made_is_named(made: Any) -> None:
    with pytest.raises(UsageError, match="no view 'hours', got words, frames, sessions, turns"):
        Dataset.open(made.path).session("c", view="hours")


@pytest.mark.parametrize("harm", ["missing", "cut", "changed"])
def test_a_shard_that_is_not_as_recorded_is_damage(made: Any, tmp_path: Path, harm: str) -> None:
    shutil.copytree(made.path, tmp_path / "D")
    dataset = Dataset.open(tmp_path / "D")
    shard = tmp_path / "D" / dataset.shards.groups("words")["c"].path
    content = shard.read_bytes()
    if harm == "missing":
        shard.unlink()
        with pytest.raises(DamagedError, match="is missing; the same depx align mends it"):
            Dataset.open(tmp_path / "D")
    else:
        shard.write_bytes(content[:-9] if harm == "cut" else content[:99] + b"!" + content[100:])
    with pytest.raises(DamagedError, match="is not the file that dataset"):
        dataset.session("c")
    assert dataset.session("a1", view="frames").rows == 12


def test_a_training_set_of_an_earlier_version_is_refused(made: Any, tmp_path: Path) -> None:
    shutil.copytree(made.path, tmp_path / "D")
    marker = tmp_path / "D" / "dataset.json"
    manifest = read_sealed(marker)
    manifest["shards"]["tabel"] = manifest["shards"].pop("table")
    write_sealed(marker, manifest)
    with pytest.raises(DamagedError, match=r"not as depx align writes it .*align again"):
        Dataset.open(tmp_path / "D")


def test_opening_reads_no_shard_and_takes_less_than_50_ms(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The marker is as large as that of a corpus of 200 sessions with eight tracks each."""
    shutil.copytree(made.path, tmp_path / "D")
    marker = tmp_path / "D" / "dataset.json"
    manifest = read_sealed(marker)
    many = [[f"s{s}", 1500] for s in range(200)]
    for view in ("words", "frames"):
        manifest["shards"][view][0]["sessions"] = many
    track = {f"track{t}": {"key": "0" * 64, "source": "0" * 12} for t in range(8)}
    manifest["provenance"] = {session: track for session, _ in many}
    write_sealed(marker, manifest)
    monkeypatch.setattr(Shards, "open", None)
    taken_s = []
    for _ in range(10):
        began = time.perf_counter()
        dataset = Dataset.open(tmp_path / "D")
        taken_s.append(time.perf_counter() - began)
    assert len(dataset.ids()) == 200 + len(made.words) - 1
    assert min(taken_s) < 0.05
