"""The 68 landmarks of the iBUG scheme, taken from the face mesh.

Points 0-16 run along the jaw from the image's left, 17-26 brows, 27-35 nose, 36-47 eyes, 48-59
outer and 60-67 inner lips (Sagonas et al., "300 Faces in-the-Wild", ICCV-W 2013).  The mesh's own
contour lies inside the outline that iBUG annotates, so the jaw differs by definition.  Where
several vertices could stand for a point of jaw or lips, the one nearest to OpenFace's landmark on
eight clips was taken.
"""

# F = frames, V = 478 mesh vertices, L = 68 landmarks

import numpy as np

from ..types import F64

# fmt: off
JAW = (127, 234, 93, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 323, 454, 356)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
NOSE = (168, 197, 5, 4, 75, 97, 2, 326, 305)
EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
OUTER_LIPS = (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91)
INNER_LIPS = (78, 81, 13, 311, 308, 317, 14, 87)
# fmt: on

MESH_OF_68 = JAW + BROWS + NOSE + EYES + OUTER_LIPS + INNER_LIPS
"""Mesh vertex of each landmark."""


def landmark_columns(point_FVD: F64) -> F64:
    """Lay out the 68 landmarks as columns: all x, then all y, then all z where there is one.

    Parameters
    ----------
    point_FVD : float array of shape (F, V, D), D = 2 (px) or 3 (mm)

    Returns
    -------
    float64 array of shape (F, D * L)
    """
    frames, _, axes = point_FVD.shape
    point_FLD = point_FVD[:, list(MESH_OF_68)]
    columns: F64 = np.moveaxis(point_FLD, 2, 1).reshape(frames, axes * len(MESH_OF_68))
    return columns
