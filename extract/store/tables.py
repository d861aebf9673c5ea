"""Tables on disk: what an extractor yields, to Parquet and back.

Samples are wide, one named float32 column a feature, for pandas, R, DuckDB and Polars; vectors are
one ``fixed_size_list<float>[d]`` column, as are samples of nameless numbers (see `layout`).  The
schema's metadata explains the table by itself: key, source, names and units.  Compression is zstd;
floats are byte-stream split, which takes a fifth off them (measured on real tables), strings are
dictionary-coded.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import DamagedError
from ...features.columns import names
from ...features.extractor import Table
from ...features.track import LongTrack, Track
from ...features.types import F32, F64, I64
from ...features.words import Kind, Role, Timing, Turn, TurnTable, Word, WordTime, WordVectors
from .layout import (
    arrays_of,
    columns_of,
    described,
    described_each,
    fields_of,
    rows_at_once,
    values_of,
)

META = b"depx"
MENDS = "depx verify says what is damaged, and the same depx extract then mends it"
VECTORS = 1024
"""Word vectors that are decoded at a time."""

WORDS = pa.schema(
    [
        ("index", pa.int32()),
        ("turn", pa.int32()),
        ("speaker", pa.string()),
        ("role", pa.string()),
        ("kind", pa.string()),
        ("text", pa.string()),
        ("raw", pa.string()),
        ("start_s", pa.float64()),
        ("stop_s", pa.float64()),
        ("turn_start_s", pa.float64()),
        ("turn_stop_s", pa.float64()),
    ]
)
WORD_TIMES = pa.schema(
    [
        ("word", pa.int32()),
        ("method", pa.string()),
        ("start_s", pa.float64()),
        ("stop_s", pa.float64()),
        ("confidence", pa.float32()),
    ]
)


def kind_of(table: Table) -> str:
    """Name the kind of a table: ``samples``, ``turns``, ``vectors``, ``words``, ``word_times``.

    Words are never empty (a transcript without a word is an error); word times may be.
    """
    if isinstance(table, Track | LongTrack):
        return "samples"
    if isinstance(table, TurnTable):
        return "turns"
    if isinstance(table, WordVectors):
        return "vectors"
    return "words" if any(isinstance(row, Turn) for row in table) else "word_times"


def write(table: Table, path: Path, meta: Mapping[str, object]) -> int:
    """Write a table to `path` with `meta` in its schema; return the number of rows."""
    facts: dict[str, object] = {**meta, "kind": kind_of(table)}
    if isinstance(table, Track | LongTrack):
        return _write_samples(table, path, facts)
    if isinstance(table, TurnTable):
        arrow = _turn_table(table)
        facts["columns"] = described_each(table.columns)
    elif isinstance(table, WordVectors):
        arrow = _vectors(table)
    elif facts["kind"] == "words":
        arrow = _words([turn for turn in table if isinstance(turn, Turn)])
    else:
        arrow = _word_times([row for row in table if isinstance(row, WordTime)])
    write_parquet(arrow.replace_schema_metadata(_metadata(facts)), path)
    return int(arrow.num_rows)


def _write_samples(track: Track | LongTrack, path: Path, facts: Mapping[str, object]) -> int:
    """Write samples a part at a time, a row group each, so that no more than one is held."""
    fields = [("time_s", pa.float64()), ("valid", pa.bool_()), *fields_of(track.columns)]
    metadata = _metadata({**facts, "rate_hz": track.rate_hz, "columns": described(track.columns)})
    schema = pa.schema(fields, metadata=metadata)
    at_once = rows_at_once(track.columns)
    with pq.ParquetWriter(path, schema, **encoding(schema)) as writer:
        for part in track.parts() if isinstance(track, LongTrack) else (track,):
            for first in range(0, part.rows, at_once):
                rows = slice(first, first + at_once)
                arrays = [pa.array(part.time_s[rows]), pa.array(part.valid_F[rows])]
                arrays += arrays_of(part.value_FC[rows], track.columns)
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return track.rows


def _metadata(facts: Mapping[str, object]) -> dict[bytes, bytes]:
    return {META: json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()}


def write_parquet(arrow: pa.Table, path: Path) -> None:
    """Write an arrow table as every table of depx is written."""
    pq.write_table(arrow, path, **encoding(arrow.schema))


def encoding(schema: pa.Schema) -> dict[str, Any]:
    """Choose how the columns of a schema are encoded: dictionary for strings, split for floats."""
    strings = [field.name for field in schema if pa.types.is_string(field.type)]
    split = {}
    for field in schema:
        is_list = pa.types.is_fixed_size_list(field.type)
        element = field.type.value_type if is_list else field.type
        # DuckDB reads no split halves (float16 is a fixed-length byte array in Parquet).
        if pa.types.is_floating(element) and not pa.types.is_float16(element):
            name = f"{field.name}.list.element" if is_list else field.name
            split[name] = "BYTE_STREAM_SPLIT"
    return {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": strings or False,
        "column_encoding": split or None,
    }


DAMAGE = (OSError, LookupError, ValueError, TypeError, AttributeError, RecursionError)
"""What a flipped byte may come out as; Arrow's errors are among them."""


def read_meta(path: Path) -> dict[str, Any]:
    """Read what a table says about itself.

    Raises
    ------
    DamagedError
        If the file is missing, is no Parquet, or was not written by depx.
    """
    try:
        metadata = pq.read_schema(path).metadata or {}
        meta = json.loads(metadata[META])
        if not isinstance(meta, dict):
            raise TypeError(type(meta).__name__)
    except DAMAGE as error:
        raise _damaged(path, error) from error
    return meta


def _read(path: Path, columns: list[str] | None = None) -> tuple[pa.Table, dict[str, Any]]:
    meta = read_meta(path)
    try:
        return pq.read_table(path, columns=columns, partitioning=None), meta
    except (OSError, pa.ArrowInvalid) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DamagedError:
    return DamagedError(
        f"{path}: expected a table written by depx, got {type(error).__name__}; {MENDS}"
    )


def read_samples(path: Path) -> Track:
    """Read a track of samples back; values, times and columns as they were written."""
    arrow, meta = _read(path)
    columns = columns_of(meta)
    return Track(
        time_s=arrow["time_s"].to_numpy(),
        value_FC=values_of(arrow, columns, names(columns)),
        columns=columns,
        valid_F=np.array(arrow["valid"].to_numpy(zero_copy_only=False), dtype=np.bool_),
        rate_hz=meta["rate_hz"],
    )


def read_times(path: Path) -> F64:
    """Read when the samples of a track were taken, and nothing else of it."""
    arrow, _ = _read(path, ["time_s"])
    time_s_F: F64 = arrow["time_s"].to_numpy()
    return time_s_F


def read_turns(path: Path) -> tuple[Turn, ...]:
    """Read the turns of a transcript back."""
    arrow, _ = _read(path)
    turns: list[Turn] = []
    gathered: list[Word] = []
    rows = arrow.to_pylist()
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        gathered.append(
            Word(
                text=row["text"],
                raw=row["raw"],
                kind=Kind(row["kind"]),
                speaker=row["speaker"],
                role=Role(row["role"]),
                turn=row["turn"],
                start_s=row["start_s"],
                stop_s=row["stop_s"],
            )
        )
        if following is None or following["turn"] != row["turn"]:
            turns.append(
                Turn(
                    index=row["turn"],
                    speaker=row["speaker"],
                    role=Role(row["role"]),
                    start_s=row["turn_start_s"],
                    stop_s=row["turn_stop_s"],
                    words=tuple(gathered),
                )
            )
            gathered = []
    return tuple(turns)


def read_speakers(path: Path) -> set[str]:
    """Read the names of the speakers of a transcript."""
    arrow, _ = _read(path, ["speaker"])
    return {str(name) for name in arrow["speaker"].unique().to_pylist() if name}


def read_word_times(path: Path) -> tuple[WordTime, ...]:
    """Read word times back."""
    arrow, _ = _read(path)
    return tuple(WordTime(**{**row, "method": Timing(row["method"])}) for row in arrow.to_pylist())


def read_vectors(path: Path) -> WordVectors:
    """Read word vectors back, a few at a time: arrow takes six times their size to decode them."""
    read_meta(path)  # says so if the file is damaged
    try:
        with pq.ParquetFile(path) as file:
            width = file.schema_arrow.field("vector").type.list_size
            value_WD = np.empty((file.metadata.num_rows, width), dtype=np.float32)
            valid_W = np.empty(file.metadata.num_rows, dtype=np.bool_)
            first = 0
            for batch in file.iter_batches(VECTORS, columns=["valid", "vector"]):
                rows = slice(first, first + batch.num_rows)
                flat = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
                value_WD[rows] = flat.reshape(-1, width)
                valid_W[rows] = batch.column("valid").to_numpy(zero_copy_only=False)
                first = rows.stop
    except DAMAGE as error:
        raise _damaged(path, error) from error
    return WordVectors(value_WD=value_WD, valid_W=valid_W)


def read_turn_values(path: Path, wanted: Sequence[str]) -> tuple[I64, F32]:
    """Read named numbers a turn back: index of each turn (T,), values (T, C); NaN if absent."""
    arrow, _ = _read(path)
    value_TC = np.full((arrow.num_rows, len(wanted)), np.nan, dtype=np.float32)
    for c, name in enumerate(wanted):
        if name in arrow.column_names:
            value_TC[:, c] = arrow[name].to_numpy()
    return arrow["turn"].to_numpy().astype(np.int64), value_TC


def _vectors(vectors: WordVectors) -> pa.Table:
    count, width = vectors.value_WD.shape
    flat = pa.array(np.ascontiguousarray(vectors.value_WD, dtype=np.float32).reshape(-1))
    return pa.table(
        {
            "word": pa.array(np.arange(count, dtype=np.int32)),
            "valid": pa.array(vectors.valid_W),
            "vector": pa.FixedSizeListArray.from_arrays(flat, width),
        }
    )


def _turn_table(table: TurnTable) -> pa.Table:
    turns = table.turns
    columns = {
        "turn": pa.array([turn.index for turn in turns], pa.int32()),
        "speaker": pa.array([turn.speaker for turn in turns], pa.string()),
        "role": pa.array([str(turn.role) for turn in turns], pa.string()),
        "start_s": pa.array([turn.start_s for turn in turns], pa.float64()),
        "stop_s": pa.array([turn.stop_s for turn in turns], pa.float64()),
        "valid": pa.array(table.valid_T),
    }
    for c, column in enumerate(table.columns):
        columns[column.name] = pa.array(np.ascontiguousarray(table.value_TC[:, c]))
    return pa.table(columns)


def _words(turns: Sequence[Turn]) -> pa.Table:
    rows = [
        {
            "turn": turn.index,
            "speaker": word.speaker,
            "role": str(word.role),
            "kind": str(word.kind),
            "text": word.text,
            "raw": word.raw,
            "start_s": word.start_s,
            "stop_s": word.stop_s,
            "turn_start_s": turn.start_s,
            "turn_stop_s": turn.stop_s,
        }
        for turn in turns
        for word in turn.words
    ]
    return pa.Table.from_pylist([{"index": w, **row} for w, row in enumerate(rows)], schema=WORDS)


def _word_times(times: Sequence[WordTime]) -> pa.Table:
    rows = [
        {
            "word": time.word,
            "method": str(time.method),
            "start_s": time.start_s,
            "stop_s": time.stop_s,
            "confidence": time.confidence,
        }
        for time in times
    ]
    return pa.Table.from_pylist(rows, schema=WORD_TIMES)
