"""``labels.parquet`` of a store: the sheet of a corpus, merged with what earlier runs left there.

Rows of this run take the place of rows of the same ids, all others stay; columns and rows have an
order of their own, so the bytes do not depend on which run came first.  The schema's metadata names
the files that the labels are from, and what was remarked on them.  Its size and sha256 stand in the
marker of the store: they go before the table is replaced, and come back after.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import DamagedError, LabelError
from ..labels.base import AGE, TEXTS, Cell, Kind, LabelSheet
from ..labels.registry import FAMILIES
from .atomic import replacing
from .key import sha256_file
from .lock import waited_for
from .place import SCHEMA, amend_store, open_marker
from .reader import LABELS
from .tables import META, write_parquet

LABELED = "labels"
"""Key of the table's record in the marker."""
LOST = (
    "{path}: was damaged or lost, and is made anew of the labels of this run; if other extracts "
    "brought labels too, run them again"
)
DAMAGED = "{path}: is damaged; run the extract again that brought the labels"
Rows = dict[str, dict[str, Cell]]


def write_labels(store: Path, sheet: LabelSheet) -> list[str]:
    """Merge a sheet into the label table of a store.

    Parameters
    ----------
    store : Path
    sheet : LabelSheet
        Corrected, if it is to be.

    Returns
    -------
    list of str
        Lines for the user: how many rows with which splits, and the sheet's notes.

    Raises
    ------
    LabelError
        If the store's table is of another corpus.
    StoreError
        If `store` is none.
    DamagedError
        If its table is none that depx wrote.
    LockedError
        If another run holds the store for longer than that takes.
    """
    path, lines = store / LABELS, [_told(sheet)]
    with waited_for(store):  # two that add to one table at a time would lose rows of one of them
        known = open_marker(store, "store").get(LABELED)
        damaged = known is not None and record_of(path) != known
        if damaged and path.is_file() and _is_foreign(path, known or {}):
            raise _foreign(path)
        if damaged:
            lines.append(LOST.format(path=path))
        rows, about = _there(path, sheet, damaged=damaged)
        columns = _columns(sheet, rows)
        rows = {one: rows[one] for one in sorted(rows)}
        table = pa.table(
            {
                sheet.unit: pa.array(list(rows), pa.string()),
                **{
                    column: pa.array([row.get(column) for row in rows.values()], _TYPES[kind])
                    for column, kind in columns.items()
                },
            },
            metadata={META: json.dumps(about, sort_keys=True, ensure_ascii=False).encode()},
        )
        with replacing(path) as written:
            write_parquet(table, written)
            if record_of(written) != known:
                amend_store(store, {LABELED: None})
        amend_store(store, {LABELED: record_of(path)})
    return [*lines, *sheet.notes]


def keep_labels(store: Path) -> list[str]:
    """Hold the label table against its record where this run brings no labels.

    Returns
    -------
    list of str
        A line for the user where it is damaged: the run that brought the labels mends it.
    """
    path = store / LABELS
    known = open_marker(store, "store").get(LABELED)
    there = record_of(path)
    if known is None and there is not None:  # the marker was lost, and is new
        read_about(path)
        with waited_for(
            store
        ):  # two that add to one table at a time would lose rows of one of them
            amend_store(store, {LABELED: there})
    return [DAMAGED.format(path=path)] if known not in (None, there) else []


def would_change(store: Path, sheet: LabelSheet) -> bool:
    """Say whether `write_labels` would change a label table that is as recorded."""
    path = store / LABELS
    if not path.is_file():
        return True
    rows, about = _there(path, sheet, damaged=False)
    before = {
        record[sheet.unit]: record for record in pq.read_table(path, partitioning=None).to_pylist()
    }
    columns = {column for row in rows.values() for column in row}
    return about != read_about(path) or any(
        row.get(column) != before.get(one, {}).get(column)
        for one, row in rows.items()
        for column in columns
    )


def record_of(path: Path) -> dict[str, object] | None:
    """Describe a label table as the marker of the store does; None where there is none."""
    if not path.is_file():
        return None
    return {"bytes": path.stat().st_size, "sha256": sha256_file(path)}


def read_about(path: Path) -> dict[str, Any]:
    """Read what ``labels.parquet`` says of itself: corpus, unit, files, notes, mended cells.

    Raises
    ------
    DamagedError
        If the file cannot be read, or is none that depx wrote.
    """
    try:
        about: dict[str, Any] = json.loads((pq.read_schema(path).metadata or {})[META])
        return about
    except (OSError, pa.ArrowInvalid, KeyError, ValueError) as error:
        raise _foreign(path) from error


def _is_foreign(path: Path, known: Mapping[str, object]) -> bool:
    """Say whether a table is somebody's own, and not ours with a changed byte."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return False
    return META not in metadata and path.stat().st_size != known["bytes"]


def _foreign(path: Path) -> DamagedError:
    return DamagedError(
        f"{path}: is not the label table that depx extract writes; move it away (depx align takes "
        "it as --labels), then extract again"
    )


_TYPES: Mapping[Kind, pa.DataType] = {"text": pa.string(), "number": pa.float64()}


def _there(path: Path, sheet: LabelSheet, *, damaged: bool) -> tuple[Rows, dict[str, Any]]:
    """Unite the rows that are there with the sheet's, and describe the whole."""
    files = {file.name: asdict(file) for file in sheet.files}
    notes = set(sheet.notes)
    mended = [dict(one) for one in sheet.mended]
    rows: Rows = {}
    if path.is_file() and not damaged:
        before = read_about(path)
        if (before["corpus"], before["unit"]) != (sheet.corpus, sheet.unit):
            raise LabelError(
                f"{path}: has labels of {before['corpus']}, got {sheet.corpus}; choose another -o"
            )
        for record in pq.read_table(path, partitioning=None).to_pylist():
            rows[record.pop(sheet.unit)] = record
        if not set(rows) <= set(sheet.rows):  # else nothing is left of what it was made from
            files = {file["name"]: file for file in before["files"]} | files
            notes |= set(before["notes"])
            mended += [one for one in before["mended"] if one["row"] not in sheet.rows]
    rows |= sheet.rows
    about = {
        "schema": SCHEMA,
        "corpus": sheet.corpus,
        "unit": sheet.unit,
        "files": [files[name] for name in sorted(files)],
        "notes": sorted(notes),
        "mended": sorted(mended, key=lambda one: (one["row"], one["column"])),
    }
    return rows, about


def _columns(sheet: LabelSheet, rows: Rows) -> dict[str, Kind]:
    """Order the columns as the corpus does, those that it does not know by name behind them."""
    there = {column for row in rows.values() for column in row} | set(sheet.columns)
    family = FAMILIES.get(sheet.corpus)
    known = [*TEXTS, AGE, *(() if family is None else family.columns)]
    order = [column for column in known if column in there]
    order += sorted(there - set(order))
    text = {
        column
        for column in there
        if column in TEXTS or any(isinstance(row.get(column), str) for row in rows.values())
    }
    return {column: "text" if column in text else "number" for column in order}


def _told(sheet: LabelSheet) -> str:
    splits = Counter(str(row.get("split") or "no split") for row in sheet.rows.values())
    listed = ", ".join(f"{count} {split}" for split, count in sorted(splits.items()))
    return f"labels of {len(sheet.rows)} {sheet.unit}s from {len(sheet.files)} files ({listed})"
