"""How the samples of a track lie in its table: a column a feature, or all of them as one vector.

Features with names of their own are a float32 column each, and so are a few that are only numbered.
`FEWEST` and more of these (``hog_0`` to ``hog_4463``) are one column `VECTOR`, a
``fixed_size_list<float>``, and are described in one line instead of thousands.  Either way they are
read back as the same named columns.
"""

# R = rows, C = columns

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ...features.columns import Column, numbered
from ...features.types import F32

VECTOR = "vector"
FIELDS = ("name", "unit", "group", "tier", "offset_s", "absent")
"""What is said of a column."""
ROW_GROUP = 4096
"""Rows that are written, and may be read, at a time: 7 MB of the facial track."""
FEWEST = 100
"""Numbered columns that are a vector; fewer are handier one by one."""
VECTOR_BYTES = 1 << 23  # of vectors that are written at a time, where those rows would be more


def described(columns: Sequence[Column]) -> list[dict[str, object]] | dict[str, object]:
    """Describe columns as the schema's metadata has them."""
    if is_vector(columns):
        first = columns[0]
        return {"numbered": first.group, "count": len(columns), "unit": first.unit}
    return described_each(columns)


def described_each(columns: Sequence[Column]) -> list[dict[str, object]]:
    """Describe columns one by one."""
    return [{field: getattr(column, field) for field in FIELDS} for column in columns]


def columns_of(meta: Mapping[str, Any]) -> tuple[Column, ...]:
    """List the columns that a table's metadata describes."""
    said = meta["columns"]
    if isinstance(said, dict):
        return numbered(said["numbered"], said["count"], said["unit"])
    return tuple(Column(**column) for column in said)


def is_vector(columns: Sequence[Column]) -> bool:
    """Say whether columns are only numbered, and so lie in one vector."""
    if len(columns) < FEWEST or not columns[0].group:
        return False
    return tuple(columns) == numbered(columns[0].group, len(columns), columns[0].unit)


def fields_of(columns: Sequence[Column]) -> list[tuple[str, pa.DataType]]:
    """List the fields of the table, behind ``time_s`` and ``valid``."""
    if is_vector(columns):
        return [(VECTOR, pa.list_(pa.float32(), len(columns)))]
    return [(column.name, pa.float32()) for column in columns]


def rows_at_once(columns: Sequence[Column]) -> int:
    """Say how many rows a row group holds."""
    if not is_vector(columns):
        return ROW_GROUP
    return max(1, min(ROW_GROUP, VECTOR_BYTES // (np.dtype(np.float32).itemsize * len(columns))))


def arrays_of(value_RC: F32, columns: Sequence[Column]) -> list[pa.Array]:
    """Lay values out as the fields of the table."""
    if is_vector(columns):
        flat = np.ascontiguousarray(value_RC, dtype=np.float32).reshape(-1)
        return [pa.FixedSizeListArray.from_arrays(pa.array(flat), len(columns))]
    return [pa.array(np.ascontiguousarray(value_RC[:, c])) for c in range(len(columns))]


def fields_read(columns: Sequence[Column], wanted: Sequence[str]) -> list[str]:
    """Name the fields that hold some of the columns."""
    return [VECTOR] if wanted and is_vector(columns) else list(wanted)


def values_of(
    rows: pa.RecordBatch | pa.Table, columns: Sequence[Column], wanted: Sequence[str]
) -> F32:
    """Take columns out of rows that were read: (R, C), in the order of `wanted`."""
    if wanted and is_vector(columns):
        vectors = rows.column(VECTOR)
        if isinstance(vectors, pa.ChunkedArray):
            vectors = vectors.combine_chunks()
        value_RC: F32 = vectors.flatten().to_numpy(zero_copy_only=False).reshape(-1, len(columns))
        place = {column.name: c for c, column in enumerate(columns)}
        place_C = np.array([place[name] for name in wanted])
        is_all = place_C.size == len(columns) and (np.diff(place_C) == 1).all()
        return value_RC if is_all else value_RC[:, place_C]
    value_RC = np.empty((rows.num_rows, len(wanted)), dtype=np.float32)
    for c, name in enumerate(wanted):
        value_RC[:, c] = rows.column(name).to_numpy()
    return value_RC
