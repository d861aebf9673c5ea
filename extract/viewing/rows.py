"""What is laid over the picture: rows of the facial track by time, and the words with their times.

A long session has a hundred megabytes of landmarks, so a page asks for some seconds at a time, and
only the row groups of the table that hold them are read.
"""

# F = rows of the track, R = rows asked for, C = columns sent

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...features.columns import (
    ACTION_UNITS_R,
    GAZE,
    LANDMARKS_2D,
    POSE,
    Column,
    names,
)
from ...features.types import F64, Seconds
from ...features.words import words_of
from ..report.lanes import best_times
from ..store import tables
from ..store.layout import values_of
from ..store.reader import StoredSession

FACE = "face"
SHOWN = (
    *(Column("confidence", "0..1", "quality"), Column("face_id", "id", "quality")),
    *(*LANDMARKS_2D, *GAZE[:6], *POSE[3:], *ACTION_UNITS_R),
)
"""Columns that are sent, those that the track has."""
LONGEST_S: Seconds = 60.0  # of rows that are sent at a time


@dataclass(frozen=True, eq=False, kw_only=True)
class FaceRows:
    """The facial track of a session, read a stretch at a time."""

    path: Path
    time_s_F: F64
    columns: tuple[Column, ...]
    """Of the table."""
    rate_hz: float | None
    origin: str
    """``computed`` from the video, or ``given`` with it."""

    @property
    def sent(self) -> tuple[str, ...]:
        """Name the columns of what is sent, behind ``time_s`` and ``valid``."""
        have = set(names(self.columns))
        return tuple(name for name in names(SHOWN) if name in have)

    def between(self, start_s: Seconds, stop_s: Seconds) -> bytes:
        """Give the rows from a time up to another, at most `LONGEST_S`.

        Returns
        -------
        bytes
            float64 (R,) times, then float32 (R, 1 + C), little-endian: ``valid`` as 0 or 1, and
            the columns `sent`; NaN where nothing was measured.
        """
        import pyarrow.parquet as pq

        stop_s = min(stop_s, start_s + LONGEST_S)
        first, last = np.searchsorted(self.time_s_F, (start_s, stop_s)).tolist()
        if first >= last:
            return b""
        with pq.ParquetFile(self.path) as table:
            sizes = [table.metadata.row_group(g).num_rows for g in range(table.num_row_groups)]
            begins = np.concatenate([[0], np.cumsum(sizes)])
            groups = [g for g in range(len(sizes)) if begins[g] < last and begins[g + 1] > first]
            rows = table.read_row_groups(groups, columns=["valid", *self.sent])
        here = slice(first - int(begins[groups[0]]), last - int(begins[groups[0]]))
        rows = rows.slice(here.start, here.stop - here.start).combine_chunks()
        valid_R = rows["valid"].to_numpy(zero_copy_only=False).astype("<f4")
        value_RC = values_of(rows, self.columns, self.sent)
        sent = np.column_stack([valid_R, value_RC]).astype("<f4")
        return self.time_s_F[first:last].astype("<f8").tobytes() + sent.tobytes()


def face_rows(session: StoredSession) -> FaceRows | None:
    """Open the facial track of a session; None where it has none that may be read.

    Raises
    ------
    DamagedError
        If it is not the table that is on record.
    """
    if not session.has(FACE):
        return None
    stored = session.open(FACE)
    return FaceRows(
        path=stored.path,
        time_s_F=stored.time_s_F,
        columns=stored.columns,
        rate_hz=stored.rate_hz,
        origin=str(session.manifest["tracks"][FACE]["source"]["origin"]),
    )


def timed_words(session: StoredSession) -> list[tuple[Seconds, Seconds, str, str]]:
    """List the words that have times: start, stop, text, role; sorted by start.

    Raises
    ------
    DamagedError
        If a table is not the one that is on record.
    """
    if not session.has("words"):
        return []
    words = words_of(session.turns())
    times = session.word_times() if session.has("word_times") else ()
    start_s_W, stop_s_W = best_times(len(words), times)
    timed = zip(start_s_W.tolist(), stop_s_W.tolist(), words, strict=True)
    return sorted(
        (start_s, stop_s, word.text, str(word.role))
        for start_s, stop_s, word in timed
        if np.isfinite(start_s)
    )


def last_s(session: StoredSession) -> Seconds | None:
    """Say where the last sample of a session lies; None where it has none."""
    ends = []
    for track in session.tracks():
        if session.kind(track) == "samples":
            time_s_F = tables.read_times(session.folder / f"{track}.parquet")
            ends += [float(time_s_F[-1])] if time_s_F.size else []
    return max(ends, default=None)
