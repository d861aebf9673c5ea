"""The facial tracks of a store as OpenFace 2.2 writes them, a CSV a session, for existing scripts.

Names, units and order of the columns are OpenFace's, the header has no spaces; columns that the
track lacks are left out, as are those of depx that OpenFace does not have.  Numbers are the
shortest that give the same float32 (times: float64) again.  Where the face was lost OpenFace
prints values nonetheless; here they are ``NaN``, with ``success`` 0 and ``confidence`` 0 or what
was given, and the ``face_id`` of the face before, so that it stays a column of whole numbers (at
the start of the face after).  The track is read in batches: its length costs no memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DepxError
from ..features.columns import (
    ACTION_UNITS_C,
    ACTION_UNITS_R,
    EYE_LANDMARKS,
    GAZE,
    LANDMARKS_2D,
    LANDMARKS_3D,
    POSE,
    names,
)
from ..features.types import F32, I64
from .sessions import Choice
from .store.foreign import check_out, deliver
from .store.reader import Store, StoredSession

if TYPE_CHECKING:
    import pyarrow as pa

FACE = "face"
NO_FACE = 0  # OpenFace's face_id of a frame without a face
MEASURED = (
    *names(GAZE),
    *names(EYE_LANDMARKS),
    *names(POSE),
    *names(LANDMARKS_2D),
    *names(LANDMARKS_3D),
    *names(ACTION_UNITS_R),
    *names(ACTION_UNITS_C),
)
"""OpenFace 2.2's columns behind ``frame, face_id, timestamp, confidence, success``, but ``p_*``."""

ROWS = 1024  # formatted at a time: some 8 MB


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What became of one session."""

    session: str
    rows: int = 0
    """Rows of its file; 0 where there is none."""
    kept: bool = False
    """Whether the same file was there already."""
    absent: str | None = None
    """Why there is nothing to write, which is no failure."""
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExportSummary:
    """What became of an export."""

    out: Path
    sessions: tuple[Exported, ...]

    @property
    def exit_code(self) -> int:
        """0 all done; 1 something failed, or nothing was there to write."""
        failed = any(exported.failure for exported in self.sessions)
        return 1 if failed or not any(exported.rows for exported in self.sessions) else 0


def export_openface(
    place: Path,
    out: Path,
    choice: Choice,
    report: Callable[[Exported], None],
    *,
    force: bool = False,
) -> ExportSummary:
    """Write ``ID.csv`` for each session of a store that has a facial track.

    Parameters
    ----------
    place : Path
        The store.
    out : Path
        A folder, which may be there.
    choice : Choice
        The sessions that the user wants.
    report : callable
        Called with what became of each session as it comes.
    force : bool
        Replace files that are there and differ.

    Raises
    ------
    StoreError
        If `place` is no store, or `out` is a file, a place of depx, or inside the store.
    UsageError
        If a named session does not exist.
    """
    store = Store.open(place)
    check_out(out, place)
    sessions = choice.apply(store.sessions())
    out.mkdir(parents=True, exist_ok=True)
    done = []
    for stored in sessions:
        exported = _export(stored, out / f"{stored.id}.csv", force=force)
        report(exported)
        done.append(exported)
    return ExportSummary(out=out, sessions=tuple(done))


def _export(stored: StoredSession, path: Path, *, force: bool) -> Exported:
    failure = stored.manifest["failures"].get(FACE) or stored.manifest["failures"].get("session")
    if failure is not None:
        return Exported(session=stored.id, failure=f"extraction failed: {failure['reason']}")
    if not stored.has(FACE):
        absence = stored.manifest["absent"].get(FACE)
        why = absence["reason"] if absence else "run depx extract --tracks face"
        why = stored.left_out or why
        return Exported(session=stored.id, absent=f"no facial track: {why}")
    try:
        done = deliver(path, lambda written: write_openface(stored, written), force=force)
    except DepxError as error:
        return Exported(session=stored.id, failure=str(error))
    return Exported(session=stored.id, rows=done.rows or 0, kept=done.kept, failure=done.failure)


def write_openface(stored: StoredSession, path: Path) -> int:
    """Write the facial track of a session as OpenFace does; return the number of rows."""
    from pyarrow import csv as arrow_csv

    there = set(names(stored.columns(FACE)))
    head = tuple(name for name in ("face_id", "confidence") if name in there)
    measured = [name for name in MEASURED if name in there]
    plain = arrow_csv.WriteOptions(include_header=False, quoting_style="none")
    rows = 0
    face_id = _first_face_id(stored) if "face_id" in there else NO_FACE
    with path.open("wb") as out:
        for batch in stored.batches(FACE, ("time_s", "valid", *head, *measured), rows=ROWS):
            table, face_id = _formatted(batch, rows + 1, head, measured, face_id)
            if rows == 0:
                out.write((",".join(table.column_names) + "\n").encode())
            arrow_csv.write_csv(table, out, plain)
            rows += batch.num_rows
    return rows


def _first_face_id(stored: StoredSession) -> int:
    """Find the first face of a track; `NO_FACE` if it has none."""
    for batch in stored.batches(FACE, ("face_id",), rows=ROWS):
        value_N = batch.column("face_id").to_numpy(zero_copy_only=False)
        known_N = value_N[np.isfinite(value_N)]
        if known_N.size:
            return int(known_N[0])
    return NO_FACE


def _whole_ids(value_N: F32, before: int) -> I64:
    """Give each row its face's number; where nobody is seen that of the face before."""
    known_N = np.isfinite(value_N)
    latest_N = np.maximum.accumulate(np.where(known_N, np.arange(value_N.size), -1))
    return np.where(latest_N < 0, before, np.where(known_N, value_N, 0)[latest_N]).astype(np.int64)


def _formatted(
    batch: "pa.RecordBatch",
    first: int,
    head: Sequence[str],
    measured: Sequence[str],
    face_id: int,
) -> tuple["pa.Table", int]:
    """Give a batch the columns and the spelling of OpenFace.

    Returns
    -------
    pa.Table
    face_id : int
        The face of its last row; as a parameter, that of the row before it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    def text(name: str, *, lost: str = "NaN") -> pa.Array:
        """Spell numbers; R knows no other spelling of NaN."""
        values = batch.column(name)
        nothing = pc.if_else(batch.column("valid"), "NaN", lost)
        return pc.if_else(pc.is_nan(values), nothing, pc.cast(values, pa.string()))

    def columns() -> Iterator[tuple[str, pa.Array]]:
        yield "frame", pa.array(range(first, first + batch.num_rows))
        if "face_id" in head:
            yield "face_id", pa.array(id_N)
        yield "timestamp", pc.cast(batch.column("time_s"), pa.string())
        if "confidence" in head:
            yield "confidence", text("confidence", lost="0")  # as OpenFace has it for a lost face
        yield "success", pc.cast(batch.column("valid"), pa.int8())
        for name in measured:
            yield name, text(name)

    id_N = np.zeros(0, dtype=np.int64)
    if "face_id" in head:
        id_N = _whole_ids(batch.column("face_id").to_numpy(zero_copy_only=False), face_id)
    return pa.table(dict(columns())), int(id_N[-1]) if id_N.size else face_id
