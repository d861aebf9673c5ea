"""The label table of a store that is shared: what may go out of it, under pseudonyms."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import StoreError
from ..labels.base import SPLIT, Cell
from ..store import tables
from ..store.place import SCHEMA
from ..store.reader import Store, StoredSession
from .ids import columns_of_ids, speakers_of
from .labels import labels_that_go, singled_out
from .told import Shared
from .wanted import Sharing

IDS = ("session", "case", "participant")


def labels_of(
    store: Store, sessions: Sequence[StoredSession], sharing: Sharing, shared: Shared
) -> tuple[pa.Table | None, set[str]]:
    """Make the label table of the share, None where there is none; name what only `keep` let in."""
    path = store.labels()
    if path is None or sharing.pseudonyms is None:
        return None, set()
    read = pq.read_table(path, partitioning=None)
    unit = next((name for name in ("session", "case") if name in read.column_names), None)
    if unit is None:
        raise StoreError(f"{path}: expected a column session or case; extract again")
    own = {
        stored.id if unit == "session" else stored.case: stored.participant for stored in sessions
    }
    rows = [row for row in read.to_pylist() if row[unit] in own]
    if not rows:
        return None, set()
    people = [str(row.get("participant") or own[row[unit]]) for row in rows]
    columns = {name: [row[name] for row in rows] for name in read.column_names}
    going = labels_that_go(
        {name: cells for name, cells in columns.items() if name not in IDS},
        people,
        keep=sharing.keep,
        of_ids=_of_ids(store, read.to_pylist(), unit),
    )
    shared.left += going.left
    shared.changed += going.changed
    kept = {name: cells for name, cells in going.columns.items() if name != SPLIT}
    shared.holds += [(name, "label") for name in kept]
    alone = singled_out(kept, people)
    shared.reveals += [] if alone is None else [alone]
    named = {
        name: [None if cell is None else sharing.pseudonyms.of(str(cell)) for cell in columns[name]]
        for name in IDS
        if name in columns
    }
    order = sorted(range(len(rows)), key=lambda row: str(named[unit][row]))
    wanted: dict[str, Sequence[Cell]] = {**going.columns, **named}
    arrays = {
        name: pa.array([wanted[name][row] for row in order], read[name].type)
        for name in read.column_names
        if name in wanted
    }
    about = {
        "schema": SCHEMA,
        "corpus": store.corpus,
        "unit": unit,
        "files": [],
        "notes": [],
        "mended": [],
    }
    said = {tables.META: json.dumps(about, sort_keys=True).encode()}
    return pa.table(arrays, metadata=said), going.let_in


def _of_ids(store: Store, rows: Sequence[Mapping[str, Any]], unit: str) -> list[str]:
    """Name the label columns that hold ids of anybody in the store or in its table."""
    sessions = store.sessions()
    held: dict[str, set[str]] = {}
    for stored in sessions:
        ids = {stored.id, stored.case, stored.participant}
        held.setdefault(stored.id if unit == "session" else stored.case, set()).update(ids)
    own = [
        (*(str(row[name]) for name in IDS if row.get(name)), *sorted(held.get(row[unit], ())))
        for row in rows
    ]
    others = {name for ids in held.values() for name in ids} | speakers_of(sessions)
    names = [name for name in (rows[0] if rows else ()) if name not in (*IDS, SPLIT)]
    return columns_of_ids({name: [row[name] for row in rows] for name in names}, own, others)
