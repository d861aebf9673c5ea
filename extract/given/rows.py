"""From the rows of a file, several a frame perhaps, to one row a frame: the participant's.

OpenFace's ``FaceLandmarkVidMulti`` writes a row for each face of a frame.  A lone face fills its
frame whatever its number; where several faces share a frame the participant is the longest x
largest of all.  A frame in which only others are seen, and one that the file leaves out, stay rows
of the track in which nothing was measured.  All that is left out is counted.
"""

# R = rows of the file, G = frames of the file, F = frames of the track

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import TrackError
from ...features.types import F64, I64, Bool

SPARSEST = 10  # frames left out for each one there; beyond, frame numbers are taken for damaged


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """What the choice of rows goes by."""

    frame_R: I64
    """Number of the frame."""
    seen_R: Bool
    """Whether the face was tracked."""
    face_R: I64
    """Number of the face; all equal where the file has none."""
    size_R: F64
    """Size of the face, in a unit that is the same for all rows; NaN is unknown."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Frames:
    """Which row fills which frame."""

    number_F: I64
    """Numbers of the frames, increasing by the same step; so those left out are among them."""
    row_F: I64
    """The row of each frame; -1 where the file has none."""
    valid_F: Bool
    """Whether the row shows the participant."""
    step: int
    """Between frame numbers: 1, or more in a file of every n-th frame."""
    counts: Mapping[str, int]
    """What was found and left out, by name; zeros too."""


def one_row_a_frame(rows: Rows, name: str) -> Frames:
    """Choose the row of each frame.

    Parameters
    ----------
    rows : Rows
        At least one, in the order of the file.
    name : str
        Of the file, for the message.

    Raises
    ------
    TrackError
        If the frame numbers leave out more than `SPARSEST` frames for each one there.
    """
    kept = _first_of_each(rows)
    frame_G, first, of = np.unique(rows.frame_R[kept], return_index=True, return_inverse=True)
    row_G, valid_G, others = _participant(rows, kept, kept[first], of)
    number_F, place_G, step = _with_left_out(frame_G, name)
    row_F = np.full(number_F.size, -1, dtype=np.int64)
    valid_F = np.zeros(number_F.size, dtype=np.bool_)
    row_F[place_G], valid_F[place_G] = row_G, valid_G
    seen = rows.seen_R[kept]
    return Frames(
        number_F=number_F,
        row_F=row_F,
        valid_F=valid_F,
        step=step,
        counts={
            "rows": int(rows.frame_R.size),
            "rows_duplicate": int(rows.frame_R.size - kept.size),
            "rows_out_of_order": int((np.diff(rows.frame_R) < 0).sum()),
            "frames_left_out": int(number_F.size - frame_G.size),
            "faces": int(np.unique(rows.face_R[kept][seen]).size),
            "rows_of_other_faces": int(seen.sum() - valid_G.sum()),
            "frames_of_other_faces": others,
        },
    )


def _first_of_each(rows: Rows) -> I64:
    """List the rows by frame; of those of the same frame and face the first of the file."""
    order = np.lexsort((rows.face_R, rows.frame_R))  # stable: equals keep the order of the file
    frame, face = rows.frame_R[order], rows.face_R[order]
    new = np.concatenate([[True], (np.diff(frame) != 0) | (np.diff(face) != 0)])
    return np.asarray(order[new], dtype=np.int64)


def _participant(rows: Rows, kept: I64, row_G: I64, of: I64) -> tuple[I64, Bool, int]:
    """Take the participant's row of each frame, where there is one.

    Parameters
    ----------
    rows : Rows
    kept : int64 array
        Rows to choose among, by frame.
    row_G : int64 array of shape (G,)
        A row of each frame.
    of : int64 array, as `kept`
        Which frame each belongs to.

    Returns
    -------
    row_G, valid_G : arrays of shape (G,)
    others : int
        Frames with several faces, none of them the participant's.
    """
    row_G = row_G.copy()
    seen = rows.seen_R[kept]
    count_G = np.bincount(of[seen], minlength=row_G.size)
    its_own = seen & (rows.face_R[kept] == _longest_largest(rows, kept[seen]))
    lone = seen & (count_G[of] == 1)
    valid_G = np.zeros(row_G.size, dtype=np.bool_)
    for chosen in (its_own, lone):
        row_G[of[chosen]], valid_G[of[chosen]] = kept[chosen], True
    return row_G, valid_G, int(((count_G > 1) & ~valid_G).sum())


def _longest_largest(rows: Rows, seen: I64) -> int:
    """Find the face with the largest product of rows seen and median size."""
    best, largest = 0, -1.0
    for face in np.unique(rows.face_R[seen]):
        its = seen[rows.face_R[seen] == face]
        size = rows.size_R[its]
        known = size[np.isfinite(size)]
        product = its.size * (float(np.median(known)) if known.size else 0.0)
        if product > largest:
            best, largest = int(face), product
    return best


def _with_left_out(frame_G: I64, name: str) -> tuple[I64, I64, int]:
    """Add the frames that the file leaves out between its first and its last.

    Returns
    -------
    number_F : int64 array of shape (F,)
    place_G : int64 array of shape (G,)
        Where the frames of the file stand among them.
    step : int
        The most frequent distance between frames of the file.
    """
    gap = np.diff(frame_G)
    if gap.size == 0:
        return frame_G, np.zeros(1, dtype=np.int64), 1
    distances, times = np.unique(gap, return_counts=True)
    step = int(distances[times.argmax()])
    steps = np.maximum(gap // step, 1)
    place_G = np.concatenate([[0], np.cumsum(steps)])
    count = int(place_G[-1]) + 1
    if count > (SPARSEST + 1) * frame_G.size:
        raise TrackError(
            f"{name}: frame numbers run from {frame_G[0]} to {frame_G[-1]} for {frame_G.size} "
            "frames; expected one after the other"
        )
    within = np.arange(count) - np.repeat(place_G, np.append(steps, 1))
    number_F = np.repeat(frame_G, np.append(steps, 1)) + within * step
    return number_F, place_G, step
