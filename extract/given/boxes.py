"""Where the faces of a feature file lie in the picture, to choose among them.

From the landmarks in px where the file has some, else from where the pose puts the head, seen
through the camera that OpenFace assumes.  Read only where a file has several faces.
"""

# R = rows of the file, P = landmarks

from dataclasses import dataclass

import numpy as np

from ...errors import TrackError
from ...features.columns import LANDMARKS
from ...features.face.choosing import in_shares, point_of
from ...features.face.head.pose import camera_of
from ...features.types import F64
from ..picture import Film
from .table import NumberTable

HEAD = ("pose_Tx", "pose_Ty", "pose_Tz")
NEAREST_MM = 1.0  # a head that is nearer, or behind the camera, is damage
UNKNOWN_PX = (0, 0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Boxes:
    """The faces of all rows in the picture, in one unit: px where they can be told."""

    middle_R2: F64
    """NaN is unknown."""
    size_R: F64
    """NaN is unknown."""
    picture_px: tuple[int, int]
    """Width and height; `UNKNOWN_PX` if nothing tells them."""


def no_boxes(count: int) -> Boxes:
    """Give the boxes of so many rows that need none: all faces are one."""
    return Boxes(middle_R2=np.zeros((count, 2)), size_R=np.ones(count), picture_px=UNKNOWN_PX)


def boxes_of(table: NumberTable, count: int, film: Film | None, choose: str | None) -> Boxes:
    """Measure the boxes of all rows.

    Parameters
    ----------
    table : NumberTable
    count : int
        Rows of the file.
    film : Film or None
        The video, which tells the size of the picture.
    choose : str or None
        Who is wanted.

    Raises
    ------
    TrackError
        If the file cannot tell who is wanted.
    """
    picture_px = UNKNOWN_PX if film is None else film.size_px
    points = [p for p in range(LANDMARKS) if f"x_{p}" in table.header and f"y_{p}" in table.header]
    needed = {"pose_Tz"} if choose == "largest" else set(HEAD)
    if choose is not None and not points and not needed <= set(table.header):
        raise TrackError(
            f"{table.path.name}: has several faces, but neither landmarks nor "
            f"{', '.join(sorted(needed))} to tell face.choose={choose} by; leave face.choose out"
        )
    placed = picture_px != UNKNOWN_PX or (bool(points) and not in_shares(choose))
    if point_of(choose) is not None and not placed:
        raise TrackError(
            f"{table.path.name}: face.choose={choose} needs the size of the picture, which the "
            "table does not tell; put the video beside it, or choose left, right or largest"
        )
    if points:
        return _of_landmarks(table, points, count, picture_px)
    if "pose_Tz" in table.header:
        return _of_heads(table, count, picture_px)
    return no_boxes(count)


def _of_landmarks(
    table: NumberTable, points: list[int], count: int, picture_px: tuple[int, int]
) -> Boxes:
    """Draw the box around the landmarks; unknown where one of them is."""
    middle_R2, size_R = np.empty((count, 2)), np.empty(count)
    columns = [f"{axis}_{p}" for axis in "xy" for p in points]
    for first, value_RC in table.blocks(columns):
        rows = slice(first, first + len(value_RC))
        point_R2P = value_RC.reshape(-1, 2, len(points))
        low_R2, high_R2 = point_R2P.min(axis=2), point_R2P.max(axis=2)
        middle_R2[rows] = (low_R2 + high_R2) / 2
        size_R[rows] = (high_R2 - low_R2).max(axis=1)
    return Boxes(middle_R2=middle_R2, size_R=size_R, picture_px=picture_px)


def _of_heads(table: NumberTable, count: int, picture_px: tuple[int, int]) -> Boxes:
    """Place the heads in the picture; a picture of unknown size counts as one of focal length 1."""
    value_RA = np.full((count, 3), np.nan)
    there = [a for a, name in enumerate(HEAD) if name in table.header]
    for first, value_RC in table.blocks([HEAD[a] for a in there]):
        value_RA[first : first + len(value_RC), there] = value_RC
    depth_R = np.maximum(value_RA[:, 2], NEAREST_MM)
    focal_px = 1.0 if picture_px == UNKNOWN_PX else camera_of(*picture_px, None).focal_px
    middle_2 = np.array(picture_px) / 2
    return Boxes(
        middle_R2=middle_2 + focal_px * value_RA[:, :2] / depth_R[:, None],
        size_R=focal_px / depth_R,
        picture_px=picture_px,
    )
