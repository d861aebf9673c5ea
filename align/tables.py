"""Aligned sessions as Arrow tables: the columns of the views and of ``sessions.parquet``.

Vectors are plain ``fixed_size_list`` columns, which pandas, DuckDB, Polars and HF datasets read;
the schema's metadata explains a shard that has been copied away from its ``dataset.json``.
"""

# R = rows, C = columns

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ..extract.store.tables import META
from ..features.types import F32
from .labels import Known
from .moments import STATISTICS
from .plan import Part, Plan
from .session import Aligned, Vectors
from .settings import FRAMES, SESSIONS, TURNS, WORDS, AlignSettings

HEADS = {
    WORDS: (
        ("session", pa.string()),
        ("index", pa.int32()),
        ("turn", pa.int32()),
        ("speaker", pa.string()),
        ("role", pa.string()),
        ("kind", pa.string()),
        ("text", pa.string()),
        ("start_s", pa.float64()),
        ("stop_s", pa.float64()),
        ("timing", pa.string()),
        ("confidence", pa.float32()),
        ("masked", pa.bool_()),
    ),
    TURNS: (
        ("session", pa.string()),
        ("turn", pa.int32()),
        ("speaker", pa.string()),
        ("role", pa.string()),
        ("start_s", pa.float64()),
        ("stop_s", pa.float64()),
        ("words", pa.int32()),
        ("masked", pa.bool_()),
    ),
    SESSIONS: (("session", pa.string()), ("words", pa.int32())),
    FRAMES: (
        ("session", pa.string()),
        ("time_s", pa.float64()),
        ("valid", pa.bool_()),
        ("role", pa.string()),
    ),
}
"""What stands before the vectors of a view, and before the facial columns of ``frames/``."""


def view_schema(
    view: str, plan: Plan, settings: AlignSettings, about: Mapping[str, Any]
) -> pa.Schema:
    """List the columns of a view."""
    fields = [pa.field(name, kind) for name, kind in HEADS[view]]
    if view == FRAMES:
        fields += [pa.field(column.name, pa.float32()) for column in plan.frame_columns]
        return pa.schema(fields, metadata_of(about))
    element = pa.float16() if settings.dtype == "float16" else pa.float32()
    for part in plan.parts:
        name, vector = part.modality.name, pa.list_(element, part.modality.width)
        fields += [pa.field(column, vector) for column in vector_columns(part, settings)]
        if part.kind == "samples":
            fields.append(pa.field(f"{name}_n_frames", pa.int32()))
        fields.append(pa.field(f"{name}_valid", pa.float32()))
    return pa.schema(fields, metadata_of(about))


def view_table(
    view: str,
    session: str,
    aligned: Aligned,
    schema: pa.Schema,
    *,
    no_text: bool = False,
    speaker: Callable[[str], str] = str,
) -> pa.Table | None:
    """Lay out the rows of a session; None where it has none in this view.

    Parameters
    ----------
    view : str
    session : str
        The id that it goes by.
    aligned : Aligned
    schema : pa.Schema
        See `view_schema`.
    no_text : bool
        Whether ``text`` is null in every row.
    speaker : callable
        Gives the name that a speaker goes by.
    """
    heads = {WORDS: _words, TURNS: _turns, SESSIONS: _session, FRAMES: _frames}[view](aligned)
    rows = len(next(iter(heads.values()), ()))
    if rows == 0:
        return None
    columns = {"session": [session] * rows, **heads}
    if no_text and "text" in columns:
        columns["text"] = [None] * rows
    if "speaker" in columns:
        columns["speaker"] = [speaker(name) for name in columns["speaker"]]
    if view in aligned.views:
        columns |= _vector_arrays(aligned.views[view], schema)
    return _table(columns, schema)


def vector_columns(part: Part, settings: AlignSettings) -> list[str]:
    """Name the columns that hold a modality's vectors."""
    if part.kind != "samples":
        return [part.modality.column]
    return [f"{part.modality.name}_{name}" for name in STATISTICS if name in settings.pool]


def _words(aligned: Aligned) -> dict[str, Any]:
    rows = aligned.rows
    return {
        "index": rows.index_R,
        "turn": [word.turn for word in rows.words],
        "speaker": [word.speaker for word in rows.words],
        "role": [word.role.value for word in rows.words],
        "kind": [word.kind.value for word in rows.words],
        "text": [word.text for word in rows.words],
        "start_s": rows.start_s_R,
        "stop_s": rows.stop_s_R,
        "timing": [None if method is None else method.value for method in rows.timing],
        "confidence": rows.confidence_R,
        "masked": rows.masked_R,
    }


def _turns(aligned: Aligned) -> dict[str, Any]:
    units = aligned.turns
    return {
        "turn": [turn.index for turn in units.turns],
        "speaker": [turn.speaker for turn in units.turns],
        "role": [turn.role.value for turn in units.turns],
        "start_s": units.start_s_U,
        "stop_s": units.stop_s_U,
        "words": units.tokens_U,
        "masked": units.masked_U,
    }


def _session(aligned: Aligned) -> dict[str, Any]:
    return {"words": aligned.session.tokens_U}


def _frames(aligned: Aligned) -> dict[str, Any]:
    steps = aligned.steps
    if steps is None:
        return {}
    heads = {"time_s": steps.time_s_T, "valid": steps.valid_T, "role": list(aligned.step_roles)}
    return heads | {
        column: np.ascontiguousarray(steps.value_TC[:, c]) for c, column in enumerate(steps.columns)
    }


def _vector_arrays(vectors: Vectors, schema: pa.Schema) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: _vectors(value_RC, schema.field(name).type)
        for name, value_RC in vectors.value.items()
    }
    columns |= {f"{name}_n_frames": count_R for name, count_R in vectors.n_frames.items()}
    columns |= {f"{name}_valid": share_R for name, share_R in vectors.valid.items()}
    return columns


def session_row(known: Known, corpus: str, aligned: Aligned) -> dict[str, Any]:
    """Lay out a row of ``sessions.parquet``."""
    row: dict[str, Any] = {
        "session": known.session,
        "case": known.case,
        "participant": known.participant,
        "corpus": corpus,
        "split": known.split,
        **known.labels,
        **aligned.figures,
    }
    if aligned.interviewer_text is not None:
        row["interviewer_text"] = aligned.interviewer_text
    return row


def sessions_table(
    rows: Sequence[Mapping[str, Any]], numbers: frozenset[str], about: Mapping[str, Any]
) -> pa.Table:
    """Lay out ``sessions.parquet``; an empty number is NaN, an empty text is null.

    Parameters
    ----------
    rows : sequence of mapping, at least one
        See `session_row`; all have the same columns.
    numbers : frozenset of str
        Label columns that hold numbers.
    about : mapping
        What the schema says of the table.
    """
    columns: dict[str, Any] = {}
    for name, first in rows[0].items():
        cells = [row[name] for row in rows]
        if isinstance(first, np.ndarray):
            columns[name] = _vectors(np.stack(cells), pa.list_(pa.float32(), first.size))
        elif name in numbers or isinstance(first, float):
            columns[name] = pa.array(
                [np.nan if cell is None else cell for cell in cells], pa.float64()
            )
        elif isinstance(first, int):
            columns[name] = pa.array(cells, pa.int64())
        else:
            columns[name] = pa.array(cells, pa.string())
    return pa.table(columns).replace_schema_metadata(metadata_of(about))


def _table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    arrays = [
        columns[field.name]
        if isinstance(columns[field.name], pa.Array)
        else pa.array(columns[field.name], field.type, from_pandas=False)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _vectors(value_RC: F32, kind: pa.DataType) -> pa.Array:
    flat = np.ascontiguousarray(value_RC).reshape(-1)
    if kind.value_type == pa.float16():
        flat = flat.astype(np.float16)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), type=kind)


def metadata_of(about: Mapping[str, Any]) -> dict[bytes, bytes]:
    """Give what a table says of itself, as its schema holds it."""
    return {META: json.dumps(about, sort_keys=True, ensure_ascii=False).encode()}
