"""A training set as CSV, a file a view, for R, pandas, spreadsheets.

``words.csv``, ``frames.csv``, ``turns.csv`` have every row of their view, masked ones too;
``sessions.csv`` is the label table, ``session_vectors.csv`` the view pooled over sessions.  A
vector is spread to a column an element: ``face_mean.AU12_r``, ``bert.0``.  Numbers are the shortest
that give the same value again; not measured is ``NaN`` (R knows no other spelling), no value is
empty.  Files are written in batches: the length of a session costs no memory.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .arrays import to_numpy
from .dataset import Dataset
from .delivery import FILED_AS, Delivery
from .shards import TABLE

if TYPE_CHECKING:
    import pyarrow as pa


def export_csv(dataset: Dataset, sessions: Sequence[str], delivery: Delivery) -> None:
    """Write each view, and the label table.

    Parameters
    ----------
    dataset : Dataset
    sessions : sequence of str
        Whose rows are wanted, in the order of the files.
    delivery : Delivery
        Takes the files.
    """
    for view in dataset.shards.views():
        batches = _batches(dataset, view, sessions)
        write = partial(_write, dataset, dataset.shards.schema(view), batches)
        delivery.file(f"{FILED_AS.get(view, view)}.csv", write)
    table = dataset.table(sessions)
    write = partial(_write, dataset, table.schema, iter(table.to_batches()))
    delivery.file(f"{FILED_AS[TABLE]}.csv", write)


def _batches(dataset: Dataset, view: str, sessions: Sequence[str]) -> "Iterator[pa.RecordBatch]":
    for session in sessions:
        yield from dataset.shards.batches(view, session)


def _write(
    dataset: Dataset, schema: "pa.Schema", batches: "Iterator[pa.RecordBatch]", path: Path
) -> int:
    """Write the rows of all batches below a head; return how many."""
    import pyarrow.compute as pc

    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(_names(dataset, schema))
    rows = 0
    with path.open("wb") as out:
        out.write(_bytes(head.getvalue()))
        for batch in batches:
            cells = [text for column in batch.columns for text in _texts(column)]
            lines = pc.binary_join_element_wise(
                *cells, ",", null_handling="replace", null_replacement=""
            )
            out.writelines(_bytes(f"{line}\n") for line in lines.to_pylist())
            rows += batch.num_rows
    return rows


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _names(dataset: Dataset, schema: "pa.Schema") -> Iterator[str]:
    """Name the columns of a file; the elements of a vector by what its modality calls them."""
    import pyarrow as pa

    vectors = {c for described in dataset.manifest["modalities"] for c in described["columns"]}
    for field in schema:
        if not pa.types.is_fixed_size_list(field.type):
            yield field.name
        elif field.name in vectors:
            yield from (f"{field.name}.{element}" for element in dataset.elements(field.name))
        else:
            yield from (f"{field.name}.{c}" for c in range(field.type.list_size))


def _texts(column: "pa.Array") -> "Iterator[pa.Array]":
    """Spell the cells of a column, or of each element of a vector column."""
    import pyarrow as pa

    if pa.types.is_fixed_size_list(column.type):
        value_RC = to_numpy(pa.chunked_array([column]))
        for c in range(value_RC.shape[1]):
            yield _numbers(pa.array(np.ascontiguousarray(value_RC[:, c])))
    elif pa.types.is_floating(column.type):
        yield _numbers(column)
    elif pa.types.is_string(column.type):
        yield _quoted(column)
    else:
        yield column.cast(pa.string())


def _numbers(values: "pa.Array") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_float16(values.type):
        values = values.cast(pa.float32())
    return pc.if_else(pc.is_nan(values), "NaN", values.cast(pa.string()))


def _quoted(values: "pa.Array") -> "pa.Array":
    """Quote what a reader would take apart, and the empty text, which is not the lack of one."""
    import pyarrow.compute as pc

    inner = pc.replace_substring(values, '"', '""')
    whole = pc.binary_join_element_wise('"', inner, '"', "")
    return pc.if_else(pc.match_substring_regex(values, '^$|[",\r\n]'), whole, values)
