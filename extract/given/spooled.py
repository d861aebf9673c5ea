"""The chosen rows of a feature file as a track that is too long to be held.

Rows go to a nameless file in the order in which they are read, and come back by frame, a part at a
time.  What may not be told of a frame that shows nobody is made NaN on the way back.
"""

# R = rows of a block, F = frames, C = columns

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np

from ...features.columns import Column
from ...features.spool import Spool
from ...features.track import LongTrack, Track
from ...features.types import F32, F64, I64, Bool
from .clock import Times
from .rows import Frames

PART = 4096  # frames of a part: 6 MB of OpenFace's columns


@dataclass(frozen=True, eq=False, kw_only=True)
class Shelf:
    """Where the row of each frame lies."""

    spool: Spool
    slot_F: I64
    """Row of the spool; -1 where the file has none for the frame."""

    def read(self, part: slice) -> F32:
        """Read frames back, stretches that lie together at once; NaN where there is no row."""
        slot = self.slot_F[part]
        value_FC = np.full((slot.size, self.spool.width), np.nan, dtype=np.float32)
        there = np.flatnonzero(slot >= 0)
        apart = (np.diff(there) != 1) | (np.diff(slot[there]) != 1)
        for together in np.split(there, np.flatnonzero(apart) + 1):
            if together.size:
                first = int(slot[together[0]])
                value_FC[together] = self.spool.read(first, first + together.size)
        return value_FC


def long_track(
    blocks: Iterable[tuple[int, F64]],
    columns: tuple[Column, ...],
    kept: frozenset[str],
    frames: Frames,
    times: Times,
    scratch: Callable[[], IO[bytes]],
) -> LongTrack:
    """Spool the rows of the frames and offer them as a track.

    Parameters
    ----------
    blocks : iterable of (number of the first row, float64 array of shape (R, C))
        All rows of the file, once.
    columns : tuple of Column
        What the C numbers are.
    kept : set of str
        Columns that stay where the frame is not valid.
    frames : Frames
    times : Times
    scratch : callable
        Opens a nameless file.
    """
    lost_C = np.array([column.name not in kept for column in columns])
    shelf = _fill(blocks, frames, Spool(scratch(), len(columns)))

    def parts() -> Iterator[Track]:
        for first in range(0, frames.row_F.size, PART):
            part = slice(first, first + PART)
            value_FC, valid_F = shelf.read(part), frames.valid_F[part]
            value_FC[np.ix_(~valid_F, lost_C)] = np.nan
            yield Track(
                time_s=times.time_s[part],
                value_FC=value_FC,
                columns=columns,
                valid_F=valid_F,
                rate_hz=times.rate_hz,
            )

    return LongTrack(rows=frames.row_F.size, columns=columns, rate_hz=times.rate_hz, parts=parts)


def _fill(blocks: Iterable[tuple[int, F64]], frames: Frames, spool: Spool) -> Shelf:
    frame_R = np.full(frames.counts["rows"], -1, dtype=np.int64)
    there = np.flatnonzero(frames.row_F >= 0)
    frame_R[frames.row_F[there]] = there
    slot_F = np.full(frames.row_F.size, -1, dtype=np.int64)
    for first, value_RC in blocks:
        frame = frame_R[first : first + len(value_RC)]
        chosen = np.flatnonzero(frame >= 0)
        slot_F[frame[chosen]] = spool.rows + np.arange(chosen.size)
        spool.append(value_RC[chosen].astype(np.float32))
    return Shelf(spool=spool, slot_F=slot_F)


def shelved(
    shelves: Sequence[tuple[Sequence[str], Shelf]],
    columns: tuple[Column, ...],
    valid_F: Bool,
    times: Times,
    kept: Mapping[str, F64],
) -> LongTrack:
    """Offer the rows of several shelves, side by side, as a track.

    Parameters
    ----------
    shelves : sequence of (names of the columns, Shelf)
    columns : tuple of Column
        Of the track; NaN where neither a shelf nor `kept` has it.
    valid_F : bool array of shape (F,)
        Whether the frame shows the person; what shelves hold of another is made NaN.
    times : Times
    kept : mapping of str to float array of shape (F,)
        Columns that stay where the frame is not valid.
    """
    place = {column.name: c for c, column in enumerate(columns)}
    wanted = [[place[name] for name in called] for called, _ in shelves]

    def parts() -> Iterator[Track]:
        for first in range(0, valid_F.size, PART):
            part = slice(first, min(first + PART, valid_F.size))
            value_FC = np.full((part.stop - first, len(columns)), np.nan, dtype=np.float32)
            for place_C, (_, shelf) in zip(wanted, shelves, strict=True):
                value_FC[:, place_C] = shelf.read(part)
            value_FC[~valid_F[part]] = np.nan
            for name, value_F in kept.items():
                value_FC[:, place[name]] = value_F[part]
            yield Track(
                time_s=times.time_s[part],
                value_FC=value_FC,
                columns=columns,
                valid_F=valid_F[part],
                rate_hz=times.rate_hz,
            )

    return LongTrack(rows=valid_F.size, columns=columns, rate_hz=times.rate_hz, parts=parts)
