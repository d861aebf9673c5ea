"""``depx report`` of a training set: read its table of sessions, lay the page out, write it."""

from dataclasses import dataclass
from pathlib import Path

from ...errors import StoreError
from ...extract.sessions import Choice
from ...extract.store.atomic import replacing
from ...extract.store.place import REPORT
from ..dataset import Dataset
from .page import lay_out, many

VECTOR = "interviewer_text"
"""A vector a session, for probes: nothing to show."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A session, as `Choice` tells them apart."""

    id: str


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What a report says, in short."""

    document: dict[str, object]
    """As JSON has it."""
    line: str
    """As a terminal has it."""


def report(place: Path, out: Path | None, choice: Choice) -> Reported:
    """Write the page of a training set.

    Parameters
    ----------
    place : Path
        The training set.
    out : Path or None
        The file; None is ``report.html`` in the set.
    choice : Choice
        The sessions that are wanted.

    Raises
    ------
    StoreError
        If `place` is no finished training set.
    UsageError
        If a named session does not exist, or the options leave none.
    """
    dataset = Dataset.open(place)
    table = dataset.table()
    if VECTOR in table.column_names:
        table = table.drop_columns([VECTOR])
    rows = sorted(table.to_pylist(), key=lambda row: str(row["session"]))
    if not rows:
        raise StoreError(f"{place}: holds no session")
    chosen = {one.id for one in choice.apply([Row(id=row["session"]) for row in rows])}
    rows = [row for row in rows if row["session"] in chosen]
    data = lay_out(dataset, rows).encode()
    path = place / REPORT if out is None else out
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as written:
        written.write_bytes(data)
    left = len(dataset.manifest["exclusions"])
    document: dict[str, object] = {
        "out": str(path),
        "bytes": len(data),
        "sessions": [row["session"] for row in rows],
        "exclusions": dataset.manifest["exclusions"],
        "incomplete": dataset.manifest["incomplete"],
    }
    gone = f", {left} left out" if left else ""
    return Reported(document=document, line=f"{many(len(rows), 'session')}{gone} -> {path}")
