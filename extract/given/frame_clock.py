"""Times of frames that a file does not tell itself: those that the facial table beside it tells.

HOG and activations of networks come a row a frame, and no more.  Their rows are the frames of the
table from the first on, so they take its times by the frame number; a video goes before it, as
everywhere (see `clock`).  Nothing is placed by a rate alone but what lies before the table's first
frame, or goes on behind its last.
"""

# R = rows of the table, F = frames

from dataclasses import replace

import numpy as np

from ...errors import TrackError
from ...features.types import F64
from .base import Beside
from .clock import Times, times
from .table import NumberTable


def frame_times(count: int, beside: Beside, name: str, *, may_differ: bool) -> tuple[Times, int]:
    """Place the frames of a file.

    Parameters
    ----------
    count : int > 0
        Frames of the file; the first is the first of the table.
    beside : Beside
        Its `more` begins with the table.
    name : str
        Of the file, for messages.
    may_differ : bool
        Whether table and file may have different numbers of frames: both were written frame by
        frame, and one broke off.

    Returns
    -------
    Times
    beyond : int
        Frames behind the end of the table; they go on at its median step.

    Raises
    ------
    TrackError
        If nothing tells the times, or the numbers differ and may not.
    """
    if not beside.more:
        number_F = np.arange(1, count + 1)
        if beside.film is None:
            raise TrackError(
                f"{name}: has no times, and nothing beside it tells them; put the table of the "
                "face (OpenFace's, CLNF's), or the video, into the folder"
            )
        return times(number_F, None, beside.film, name), 0
    table = beside.more[0].name
    frame_N, stamp_N = _listed(beside)
    base = min(int(frame_N[0]), 1)
    listed = int(frame_N[-1]) - base + 1
    if listed != count and not may_differ:
        raise TrackError(
            f"{name}: has {count} rows, but {table} {listed} frames; expected a row a frame; "
            "replace whichever is damaged"
        )
    number_F = np.arange(base, base + count)
    stamp_F = np.interp(number_F, frame_N, stamp_N)
    before_F, after_F = number_F < frame_N[0], number_F > frame_N[-1]
    if frame_N.size > 1:
        step_s = float(np.median(np.diff(stamp_N) / np.diff(frame_N)))
        stamp_F[before_F] = stamp_N[0] + (number_F[before_F] - frame_N[0]) * step_s
        stamp_F[after_F] = stamp_N[-1] + (number_F[after_F] - frame_N[-1]) * step_s
    placed = times(number_F, stamp_F, beside.film, name)
    if listed != count:
        line = (
            f"{name} has {count} frames, but {table} {listed}; times go by the number of the "
            "frame; check that they belong together"
        )
        placed = replace(placed, warnings=(*placed.warnings, line))
    return placed, int(after_F.sum())


def _listed(beside: Beside) -> tuple[F64, F64]:
    """Read which frames the table lists, and their times; of several rows a frame the first."""
    table = NumberTable.open(beside.more[0])
    lacking = {"frame", "timestamp"} - set(table.header)
    if lacking:
        raise TrackError(
            f"{table.path.name}: has no column {' and no '.join(sorted(lacking))}, so it tells no "
            "times of frames; put a table beside it that does"
        )
    value_R2 = np.concatenate(
        [np.empty((0, 2)), *(b for _, b in table.blocks(("frame", "timestamp")))]
    )
    value_R2 = value_R2[np.isfinite(value_R2).all(axis=1)]
    if not len(value_R2):
        raise TrackError(f"{table.path.name}: holds no time of a frame; write it anew")
    frame_N, first_N = np.unique(value_R2[:, 0], return_index=True)
    return frame_N, value_R2[first_N, 1]
