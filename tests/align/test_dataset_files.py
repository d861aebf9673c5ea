"""Shards on disk: how they are laid out, and how they are read."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from depx.align.dataset import Dataset
from depx.align.summary import AlignSummary
from depx.errors import (
    DamagedError,
    UsageError,
)
from depx.extract.store.key import sha256_file
from depx.features.columns import FACE_VECTOR, names

Run = Callable[..., tuple[AlignSummary, list[str]]]
Write = Callable[..., Path]


def test_shards_roll_over_with_a_row_group_a_session(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    run(filled, tmp_path / "one")
    run(filled, tmp_path / "many", shard_mb=1e-6)
    one, many = (Dataset.open(tmp_path / d) for d in ("one", "many"))
    assert [len(d.manifest["shards"]["words"]) for d in (one, many)] == [1, 3]
    assert pq.ParquetFile(tmp_path / "one/words/part-00000.parquet").num_row_groups == 3
    for shard in [s for view in many.manifest["shards"].values() for s in view]:
        assert sha256_file(many.path / shard["path"]) == shard["sha256"]
        assert (many.path / shard["path"]).stat().st_size == shard["bytes"]
    left, right = (d.words(["face", "bert"]) for d in (one, many))
    np.testing.assert_array_equal(left.vectors["face"], right.vectors["face"])


def test_shards_explain_themselves(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d")
    for view in ("words", "frames"):
        schema = pq.read_schema(tmp_path / "d" / view / "part-00000.parquet")
        about = json.loads(schema.metadata[b"depx"])
        assert about["schema"] == 1
        assert about["modalities"][0]["names"] == list(names(FACE_VECTOR))
        assert about["timing"] == {"given": 0, "forced": 12, "proportional": 6, "untimed": 0}


def test_floats_are_split_and_only_strings_have_dictionaries(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    run(filled, tmp_path / "d")
    group = pq.ParquetFile(tmp_path / "d/words/part-00000.parquet").metadata.row_group(0)
    for c in range(group.num_columns):
        column = group.column(c)
        is_text = column.physical_type == "BYTE_ARRAY"
        assert ("RLE_DICTIONARY" in column.encodings) == is_text, column.path_in_schema
        assert ("BYTE_STREAM_SPLIT" in column.encodings) == (
            column.physical_type in ("FLOAT", "DOUBLE")
        )
        assert column.compression == "ZSTD"


def test_words_are_read_in_the_order_asked(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d", shard_mb=1e-6)
    dataset = Dataset.open(tmp_path / "d")
    everything = dataset.words(["egemaps", "bert"])
    assert everything.sessions == ("s1", "s2", "s3")
    assert everything.offsets_S1.tolist() == [0, 6, 12, 18]
    some = dataset.words(["bert"], ["s3", "s1"])
    np.testing.assert_array_equal(some.vectors["bert"][:6], everything.vectors["bert"][12:])
    np.testing.assert_array_equal(some.valid["bert"][6:], everything.valid["bert"][:6])
    assert some.vectors["bert"].flags.writeable
    assert dataset.words(["bert"], []).vectors["bert"].shape == (0, 8)


def test_asking_for_what_is_not_there_is_said(run: Run, filled: Path, tmp_path: Path) -> None:
    run(filled, tmp_path / "d")
    dataset = Dataset.open(tmp_path / "d")
    with pytest.raises(UsageError, match="no modality 'covarep', got face, egemaps, bert"):
        dataset.words(["covarep"])
    with pytest.raises(UsageError, match="no session 'zz'"):
        dataset.words(["face"], ["zz"])


@pytest.mark.parametrize("harm", ["missing", "cut short", "of other rows"])
def test_a_shard_that_is_not_what_was_written_is_damage(
    run: Run, filled: Path, tmp_path: Path, harm: str
) -> None:
    run(filled, tmp_path / "d", only=("s1",))
    run(filled, tmp_path / "e", only=("s1",), pauses_s=0.1)
    shard = tmp_path / "d/words/part-00000.parquet"
    if harm == "missing":
        shard.unlink()
    elif harm == "cut short":
        shard.write_bytes(shard.read_bytes()[:-100])
    else:
        shard.write_bytes((tmp_path / "e/words/part-00000.parquet").read_bytes())
    with pytest.raises(DamagedError, match="part-00000"):
        Dataset.open(tmp_path / "d").words(["face"])
