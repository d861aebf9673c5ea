"""Undo what is peculiar to one head: its proportions, and the slant that poor depth leaves.

A mesh that is turned back by a similarity keeps two things that are no expression: the person's
proportions, and a shear, because the mesh's depth is its weakest axis and is foreshortened anew in
every pose.  Both are affine.  So the vertices that expressions hardly move are laid on the neutral
head by an affine map, and the map carries the rest of the face along.  The wings of the nose, which
serve the pose, do not serve here: nose wrinkler and lip raiser lift and widen them.

Corners of the mouth, cheeks and wings of the nose become comparable between poses.  Lids are better
left alone: the corners of the eyes serve the map and move a little with the lids.
"""

# F = frames, V = 478 mesh vertices, R = vertices that hardly move

import numpy as np

from ...types import F64
from .canonical import HEAD
from .pose import RIGID

WINGS = (98, 327, 129, 358)
FIXED = [vertex for vertex in RIGID if vertex not in WINGS]
LEAST_MM2 = 1e-6  # added to squared extents of 10,000 mm2, so that a flat mesh has a map too


def in_neutral_proportions(head_FV3: F64) -> F64:
    """Lay heads on the neutral head by the affine map of their rigid vertices, in least squares.

    Parameters
    ----------
    head_FV3 : float64 array of shape (F, V, 3), mm in the head frame

    Returns
    -------
    float64 array of shape (F, V, 3), mm in the head frame
        NaN where a rigid vertex is.
    """
    rigid_FR3 = head_FV3[:, FIXED]
    centre_F13 = rigid_FR3.mean(axis=1, keepdims=True)
    off_FR3 = rigid_FR3 - centre_F13
    known_F = np.isfinite(off_FR3).all(axis=(1, 2))
    target_R3 = HEAD[FIXED] - HEAD[FIXED].mean(axis=0)
    map_F33 = np.full((len(head_FV3), 3, 3), np.nan)
    normal_F33 = np.einsum("fri,frj->fij", off_FR3[known_F], off_FR3[known_F])
    normal_F33 += LEAST_MM2 * np.eye(3)
    moment_F33 = np.einsum("fri,rj->fij", off_FR3[known_F], target_R3)
    map_F33[known_F] = np.linalg.solve(normal_F33, moment_F33)
    laid_FV3: F64 = (head_FV3 - centre_F13) @ map_F33 + HEAD[FIXED].mean(axis=0)
    return laid_FV3
