"""``labels.parquet`` of a store: the sheet of a corpus, merged with what earlier runs left there.

Rows of this run take the place of rows of the same ids, all others stay; columns and rows have an
order of their own, so the bytes do not depend on which run came first.  The schema's metadata names
the files that the labels are from, and what was remarked on them.
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
from .lock import waited_for
from .place import SCHEMA
from .reader import LABELS
from .tables import META, write_parquet

Rows = dict[str, dict[str, Cell]]


def write_labels(store: Path, sheet: LabelSheet) -> list[str]:
    """Merge a sheet into the label table of a store.

    Parameters
    ----------
    store : Path
        The folder of the store, which exists.
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
    DamagedError
        If it cannot be read.
    LockedError
        If another run holds the store for longer than that takes.
    """
    path = store / LABELS
    with waited_for(store):  # two that add to one table at a time would lose rows of one of them
        rows, about = _there(path, sheet)
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
    return [_told(sheet), *sheet.notes]


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
        raise DamagedError(
            f"{path}: is not the label table that depx extract writes; move it away (depx align "
            "takes it as --labels), then extract again"
        ) from error


_TYPES: Mapping[Kind, pa.DataType] = {"text": pa.string(), "number": pa.float64()}


def _there(path: Path, sheet: LabelSheet) -> tuple[Rows, dict[str, Any]]:
    """Unite the rows that are there with the sheet's, and describe the whole."""
    files = {file.name: asdict(file) for file in sheet.files}
    notes = set(sheet.notes)
    mended = [dict(one) for one in sheet.mended]
    rows: Rows = {}
    if path.is_file():
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
