"""``depx report`` of a store: judge its sessions, lay the page out, write it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import DamagedError, StoreError
from ..checks.labels import label_problems
from ..checks.run import Thresholds, checks_with
from ..sessions import Choice
from ..store.atomic import replacing
from ..store.place import REPORT
from ..store.reader import Store
from .judged import Judged, judged
from .limits import Limit, Missed, held_against
from .page import Asked, lay_out


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What a report says, in short."""

    out: Path
    bytes: int
    sessions: tuple[Judged, ...]
    missed: tuple[Missed, ...]
    timelines: int
    left: tuple[str, ...]
    """Sessions for whose timeline the page had no room."""
    alarms: tuple[str, ...]
    """What is wrong with the store as a whole."""

    @property
    def exit_code(self) -> int:
        """1 if a limit is missed; 0 else."""
        return int(any(one.failed for one in self.missed))


def report(
    place: Path,
    out: Path | None,
    choice: Choice,
    asked: Asked,
    limits: Sequence[Limit] = (),
    thresholds: Thresholds | None = None,
) -> Reported:
    """Write the page of a store.

    Parameters
    ----------
    place : Path
        The store.
    out : Path or None
        The file; None is ``report.html`` in the store.
    choice : Choice
        The sessions that are wanted.
    asked : Asked
    limits : sequence of Limit
    thresholds : mapping, optional
        Where a check begins to be doubtful and bad, if not where it says itself.

    Raises
    ------
    StoreError
        If `place` is no store, or holds no session.
    UsageError
        If a named session does not exist, the options leave none, or a threshold is of no check
        or turned round.
    """
    store = Store.open(place)
    there = store.sessions()
    if not there:
        raise StoreError(f"{place}: holds no session; run depx extract first")
    chosen = choice.apply(there)
    checks = checks_with(thresholds or {})
    sessions = [judged(stored, thresholds or {}) for stored in chosen]
    rows, alarms = _labels(store)
    laid = lay_out(sessions, rows, alarms, asked, checks, corpus=store.corpus)
    path = place / REPORT if out is None else out
    path.parent.mkdir(parents=True, exist_ok=True)
    data = laid.html.encode()
    with replacing(path) as written:
        written.write_bytes(data)
    return Reported(
        out=path,
        bytes=len(data),
        sessions=tuple(sessions),
        missed=held_against(sessions, limits),
        timelines=laid.timelines,
        left=laid.left,
        alarms=tuple(alarms),
    )


def _labels(store: Store) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Read the store's labels, and what is odd about them; a damaged table has no rows to show."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    odd = [line.replace(f"{store.path}/", "") for line in label_problems(store)]
    try:
        path = store.labels()
        return ([] if path is None else pq.read_table(path, partitioning=None).to_pylist()), odd
    except (DamagedError, OSError, pa.ArrowInvalid):
        return [], odd
