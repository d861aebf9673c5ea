"""Samples of nameless numbers lie in one vector a row, and are read back as named columns."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from depx.extract.store import layout, tables
from depx.features.columns import Column, numbered
from depx.features.track import LongTrack, Track


def track(width: int, rows: int = 50) -> Track:
    value_FC = np.random.default_rng(0).normal(size=(rows, width)).astype(np.float32)
    value_FC[3] = np.nan
    value_FC[5, 2] = np.nan
    valid_F = np.ones(rows, dtype=np.bool_)
    valid_F[3] = False
    return Track(
        time_s=np.arange(rows) / 30,
        value_FC=value_FC,
        columns=numbered("hog", width, "1"),
        valid_F=valid_F,
        rate_hz=30.0,
    )


@pytest.mark.parametrize("width", [100, 101, 4464])
def test_nameless_numbers_are_one_column_and_come_back_as_they_were(
    tmp_path: Path, width: int
) -> None:
    path = tmp_path / "hog.parquet"
    assert tables.write(track(width), path, {"track": "hog"}) == 50
    assert pq.read_schema(path).names == ["time_s", "valid", "vector"]
    assert pq.read_schema(path).field("vector").type.list_size == width
    back = tables.read_samples(path)
    assert back.columns == track(width).columns
    np.testing.assert_array_equal(back.value_FC, track(width).value_FC)
    np.testing.assert_array_equal(back.valid_F, track(width).valid_F)
    np.testing.assert_array_equal(back.time_s, track(width).time_s)


def test_their_description_is_a_line_and_not_a_line_each(tmp_path: Path) -> None:
    tables.write(track(4464), tmp_path / "hog.parquet", {})
    said = tables.read_meta(tmp_path / "hog.parquet")["columns"]
    assert said == {"numbered": "hog", "count": 4464, "unit": "1"}


def test_numpy_reads_the_vectors_of_the_file_itself(tmp_path: Path) -> None:
    tables.write(track(107), tmp_path / "hog.parquet", {})
    vectors = pq.read_table(tmp_path / "hog.parquet")["vector"].to_pylist()
    np.testing.assert_array_equal(np.array(vectors, dtype=np.float32), track(107).value_FC)


def test_a_row_group_holds_no_more_than_8_mb_of_vectors(tmp_path: Path) -> None:
    whole = track(4464, 1000)
    long = LongTrack(rows=1000, columns=whole.columns, rate_hz=30.0, parts=lambda: iter((whole,)))
    tables.write(long, tmp_path / "hog.parquet", {})
    with pq.ParquetFile(tmp_path / "hog.parquet") as file:
        groups = [file.metadata.row_group(g).num_rows for g in range(file.metadata.num_row_groups)]
    assert sum(groups) == 1000
    assert max(groups) * 4464 * 4 <= 8 * 2**20
    assert layout.rows_at_once((Column("a", "1"),)) == 4096


@pytest.mark.parametrize(
    "columns",
    [
        (),
        numbered("hog", 99, "1"),  # few: handier one by one
        tuple(Column(f"hog_{i}", "1") for i in range(100)),  # no group to number by
        (*numbered("hog", 100, "1")[1:], Column("hog_100", "1", "hog")),
        (*numbered("hog", 99, "1"), Column("hog_99", "mm", "hog")),
        (Column("F1", "Hz", "formant"), Column("F2", "Hz", "formant")),
    ],
)
def test_columns_with_names_or_units_of_their_own_are_no_vector(
    columns: tuple[Column, ...],
) -> None:
    assert not layout.is_vector(columns)
    assert layout.columns_of({"columns": layout.described(columns)}) == columns


def test_a_vector_is_read_in_the_order_that_is_asked_for_and_keeps_its_unit() -> None:
    columns = numbered("x", 100, "Hz")
    value_RC = np.arange(300, dtype=np.float32).reshape(3, 100)
    rows = pa.table(layout.arrays_of(value_RC, columns), names=[layout.VECTOR])
    turned = [column.name for column in reversed(columns)]
    np.testing.assert_array_equal(layout.values_of(rows, columns, turned), value_RC[:, ::-1])
    assert layout.columns_of({"columns": layout.described(columns)}) == columns
