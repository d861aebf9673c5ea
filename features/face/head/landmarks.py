"""The 68 landmarks of the iBUG scheme, taken from the face mesh.

Points 0-16 run along the jaw from the image's left, 17-26 brows, 27-35 nose, 36-47 eyes, 48-59
outer and 60-67 inner lips (Sagonas et al., "300 Faces in-the-Wild", ICCV-W 2013).  A landmark is a
vertex or the middle between two, the same on both sides of the face.  Which, was chosen among
neighbours of what the scheme names, by the distance to OpenFace's landmarks on eight clips: 0.051
of the distance between the outer corners of the eyes with the usual single vertices, 0.039 with
these; a free choice on seven clips had 0.037 on the eighth.  In front of the ear
OpenFace's jaw runs inside the mesh's outline.
"""

# F = frames, V = 478 mesh vertices, L = 68 landmarks

import numpy as np

from ...types import F64

# fmt: off
JAW = ((127, 127), (227, 137), (137, 177), (215, 215), (172, 138), (136, 136), (149, 149),
       (176, 148), (152, 152), (377, 400), (378, 378), (365, 365), (367, 397), (435, 435),
       (401, 366), (366, 447), (356, 356))
BROWS = ((70, 70), (63, 63), (105, 66), (66, 107), (107, 55),
         (285, 336), (336, 296), (296, 334), (293, 293), (300, 300))
NOSE = ((168, 168), (6, 197), (195, 5), (4, 4), (75, 75), (97, 97), (2, 2), (326, 326), (305, 305))
EYES = ((33, 33), (160, 159), (158, 158), (133, 133), (153, 153), (144, 144),
        (362, 362), (385, 385), (386, 387), (263, 263), (373, 373), (380, 380))
OUTER_LIPS = ((61, 61), (40, 39), (37, 37), (0, 0), (267, 267), (269, 270), (291, 291),
              (321, 321), (314, 315), (17, 17), (85, 84), (91, 91))
INNER_LIPS = ((78, 78), (38, 38), (13, 13), (268, 268), (308, 308), (317, 317), (14, 14), (87, 87))
# fmt: on

MESH_OF_68 = JAW + BROWS + NOSE + EYES + OUTER_LIPS + INNER_LIPS
"""Mesh vertices of each landmark, which lies in the middle between them."""


def landmarks(point_FVD: F64) -> F64:
    """Take the 68 landmarks from meshes.

    Parameters
    ----------
    point_FVD : float array of shape (F, V, D)

    Returns
    -------
    float64 array of shape (F, L, D)
    """
    pair_L2 = np.array(MESH_OF_68)
    point_FLD: F64 = (point_FVD[:, pair_L2[:, 0]] + point_FVD[:, pair_L2[:, 1]]) / 2
    return point_FLD


def landmark_columns(point_FVD: F64) -> F64:
    """Lay out the 68 landmarks as columns: all x, then all y, then all z where there is one.

    Parameters
    ----------
    point_FVD : float array of shape (F, V, D), D = 2 (px) or 3 (mm)

    Returns
    -------
    float64 array of shape (F, D * L)
    """
    return by_axis(landmarks(point_FVD))


def by_axis(point_FLD: F64) -> F64:
    """Lay out points (F, L, D) as columns (F, D * L): the first axis of all, then the second."""
    columns: F64 = np.moveaxis(point_FLD, 2, 1).reshape(len(point_FLD), -1)
    return columns
