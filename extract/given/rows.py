"""From the rows of a file, several a frame perhaps, to one row a frame: the participant's.

OpenFace's ``FaceLandmarkVidMulti`` writes a row for each face of a frame.  Rows are first laid out
along the frames, then one is chosen for each frame by the rule of the computed track
(`features.face.choosing`).  A frame in which only others are seen, and one that the file leaves
out, stay rows of the track in which nothing was measured.  All that is left out is counted.
"""

# R = rows of the file, K = kept rows, by frame, G = those that show a face, F = frames of the track

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import TrackError
from ...features.face.choosing import Sightings, fill
from ...features.types import F64, I64, Bool
from .boxes import Boxes

SPARSEST = 10  # frames left out for each one there; beyond, frame numbers are taken for damaged
MOST_FRAMES = 2**31 - 1  # a frame number beyond is damage: it is over a year of 60 Hz
ALL_SURE = 1.0  # score of a face that another program tracked; it gives none of the detector


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """What the choice of rows goes by."""

    frame_R: I64
    """Number of the frame."""
    seen_R: Bool
    """Whether the face was tracked."""
    face_R: I64
    """Number of the face, from 0; all equal where the file has none."""

    def faces(self) -> int:
        """Count the faces that were tracked."""
        return int(np.unique(self.face_R[self.seen_R]).size)


@dataclass(frozen=True, eq=False, kw_only=True)
class Layout:
    """Which frames there are, and which rows each has."""

    number_F: I64
    """Numbers of the frames, increasing by the same step; so those left out are among them."""
    row_K: I64
    """Rows of the file, by frame and face; of duplicates the first."""
    frame_K: I64
    """Which of the F frames each belongs to."""
    step: int
    """Between frame numbers: 1, or more in a file of every n-th frame."""
    counts: Mapping[str, int]
    """What was found and left out, by name; zeros too."""

    def first_row(self) -> tuple[I64, I64]:
        """Give the first row of each frame that has any: frames, and their rows."""
        frame_N, first_N = np.unique(self.frame_K, return_index=True)
        return frame_N, self.row_K[first_N]


@dataclass(frozen=True, eq=False, kw_only=True)
class Frames:
    """Which row fills which frame."""

    row_F: I64
    """The row of each frame; -1 where the file has none."""
    valid_F: Bool
    """Whether the row shows the participant."""
    n_faces_F: I64
    """Faces that are seen in the frame."""
    counts: Mapping[str, int]
    """Those of the layout, and what was left out by the choice."""


def frame_numbers(mark: Mapping[str, F64], count: int, name: str) -> I64:
    """Find the frame of each row; without numbers by its time, or as the rows come."""
    if "frame" in mark:
        frame_R = mark["frame"]
        whole = (frame_R >= 0) & (frame_R <= MOST_FRAMES) & (frame_R == np.floor(frame_R))
        if not whole.all():
            row = int(np.argmin(whole)) + 2  # the header is row 1
            raise TrackError(
                f"{name}: 'frame' of row {row} is no whole number from 0; mend or write it anew"
            )
        return frame_R.astype(np.int64)
    if "timestamp" in mark and "face_id" in mark:
        _, rank_R = np.unique(mark["timestamp"], return_inverse=True)
        return np.asarray(rank_R, dtype=np.int64) + 1
    return np.arange(1, count + 1)


def lay_out(rows: Rows, name: str) -> Layout:
    """Find the frames of a file, those that it leaves out too.

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
    row_K = _first_of_each(rows)
    there, of_K = np.unique(rows.frame_R[row_K], return_inverse=True)
    number_F, place, step = _with_left_out(there, name)
    return Layout(
        number_F=number_F,
        row_K=row_K,
        frame_K=place[of_K],
        step=step,
        counts={
            "rows": int(rows.frame_R.size),
            "rows_duplicate": int(rows.frame_R.size - row_K.size),
            "rows_out_of_order": int((np.diff(rows.frame_R) < 0).sum()),
            "frames_left_out": int(number_F.size - there.size),
            "faces": rows.faces(),
        },
    )


def one_row_a_frame(
    rows: Rows, layout: Layout, boxes: Boxes, time_F: F64, choose: str | None
) -> Frames:
    """Choose the row of each frame.

    Parameters
    ----------
    rows : Rows
    layout : Layout
        Of the same rows.
    boxes : Boxes
        Where the faces of the rows lie in the picture.
    time_F : float64 array of shape (F,), seconds
    choose : str or None
        Whose; see `features.face.choosing.fill`.
    """
    seen_K = rows.seen_R[layout.row_K]
    row_G, frame_G = layout.row_K[seen_K], layout.frame_K[seen_K]
    seen = Sightings(
        frame_G=frame_G,
        face_id_G=rows.face_R[row_G],
        middle_G2=boxes.middle_R2[row_G],
        size_G=boxes.size_R[row_G],
        score_G=np.full(row_G.size, ALL_SURE),
        picture_px=boxes.picture_px,
    )
    chosen_F = fill(seen, time_F, choose)
    valid_F = chosen_F >= 0
    row_F = np.full(time_F.size, -1, dtype=np.int64)
    frame_N, first_N = layout.first_row()
    row_F[frame_N] = first_N
    row_F[valid_F] = row_G[chosen_F[valid_F]]
    n_faces_F = np.bincount(frame_G, minlength=time_F.size)
    return Frames(
        row_F=row_F,
        valid_F=valid_F,
        n_faces_F=n_faces_F,
        counts={
            **layout.counts,
            "rows_of_other_faces": int(row_G.size - valid_F.sum()),
            "frames_of_other_faces": int(((n_faces_F > 0) & ~valid_F).sum()),
        },
    )


def _first_of_each(rows: Rows) -> I64:
    """List the rows by frame; of those of the same frame and face the first of the file."""
    order = np.lexsort((rows.face_R, rows.frame_R))  # stable: equals keep the order of the file
    frame, face = rows.frame_R[order], rows.face_R[order]
    new = np.concatenate([[True], (np.diff(frame) != 0) | (np.diff(face) != 0)])
    return np.asarray(order[new], dtype=np.int64)


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
