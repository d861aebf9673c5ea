"""The 56 eye landmarks of OpenFace 2.2 (``eye_lmk``), as far as the face mesh shows them.

Each eye has 28, first the eye on the image's left: 0-7 the rim of the iris, clockwise in the
picture from its left; 8-13 the upper lid from the left corner, 14-19 the lower lid from the right
corner back; 20-27 the rim of the pupil, counter-clockwise from its lower left.  The order is read
off a file that OpenFace 2.2 wrote.  The mesh does not see the pupil: its 16 points are NaN.

OpenFace places its eyes in space apart from the head, some centimetres off; here they sit in it.
"""

# F = frames, V = 478 mesh vertices, P = 56 points

import numpy as np

from ...types import F64
from .gaze import EYES, LIDS
from .landmarks import by_axis
from .pose import Camera, Heads

# The upper lid from the left corner to the right, then the lower one back: each point lies in the
# middle between two vertices, which puts it where OpenFace's lies along the lid.
# fmt: off
LID_LINES = (
    ((33, 33), (161, 161), (160, 159), (159, 158), (158, 157), (157, 173),
     (133, 133), (154, 155), (153, 153), (145, 145), (144, 144), (7, 163)),
    ((362, 362), (398, 384), (384, 385), (385, 386), (386, 387), (388, 388),
     (263, 263), (390, 249), (373, 373), (374, 374), (380, 380), (382, 381)),
)
# fmt: on
IRIS, LID, PUPIL = 8, 12, 8  # points an eye
SLANT = np.sqrt(0.5)
# Share of the half axes to the right and down, for each point of the rim.
RIM_82 = np.array(
    [(-1, 0), (-SLANT, -SLANT), (0, -1), (SLANT, -SLANT), (1, 0), (SLANT, SLANT), (0, 1),
     (-SLANT, SLANT)]
)  # fmt: skip


def eye_landmark_columns(mesh_FV3: F64, faces: Heads, camera: Camera) -> F64:
    """Lay out the eye landmarks in OpenFace's order.

    Parameters
    ----------
    mesh_FV3 : float64 array of shape (F, V, 3), px
    faces : Heads
        The same faces in millimetres.
    camera : Camera

    Returns
    -------
    float64 array of shape (F, 280)
        All x, all y (px), all X, all Y, all Z (mm, camera frame).  The iris lies as deep as the
        middle of the lids, which touch the ball there.  NaN for the pupils.
    """
    picture: list[F64] = []
    space: list[F64] = []
    for (iris, _, _), lids, line in zip(EYES, LIDS, LID_LINES, strict=True):
        rim_F82 = _rim(mesh_FV3[:, iris : iris + 5, :2])
        depth_F = faces.point_FV3[:, list(lids), 2].mean(axis=1)
        pupil = np.full((len(mesh_FV3), PUPIL, 3), np.nan)
        picture += [rim_F82, _middles(mesh_FV3[..., :2], line), pupil[..., :2]]
        space += [
            camera.ray_of(rim_F82) * depth_F[:, None, None],
            _middles(faces.point_FV3, line),
            pupil,
        ]
    return np.concatenate(
        [by_axis(np.concatenate(points, axis=1)) for points in (picture, space)], axis=1
    )


def _rim(iris_F52: F64) -> F64:
    """Draw the ellipse (F, 8, 2) through the right, top, left and bottom of an iris."""
    right, top, left, bottom = np.moveaxis(iris_F52[:, 1:], 1, 0)
    centre_F2 = iris_F52.mean(axis=1)
    axes_F22 = np.stack([right - left, bottom - top], axis=1) / 2
    rim_F82: F64 = centre_F2[:, None] + np.einsum("pa,fad->fpd", RIM_82, axes_F22)
    return rim_F82


def _middles(point_FVD: F64, pairs: tuple[tuple[int, int], ...]) -> F64:
    pair_P2 = np.array(pairs)
    middle_FPD: F64 = (point_FVD[:, pair_P2[:, 0]] + point_FVD[:, pair_P2[:, 1]]) / 2
    return middle_FPD
