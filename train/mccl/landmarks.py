"""Landmarks without the head's motion: what is left is the shape of the face, and its expression.

Each frame's 68 points are laid over a frontal head by the rotation, shift and scale that bring the
points which no muscle moves (the nose, the corners of the eyes) closest to that head's (Umeyama,
IEEE TPAMI 13(4), 1991).  That needs no head pose from the table, so it holds for whoever measured
it and in whichever convention, and millimetres that rest on a guessed focal length come out alike.
"""

# T = frames, L = 68 landmarks, R = landmarks that no muscle moves

import numpy as np

from ...features.columns import LANDMARKS
from ...features.face.head.canonical import HEAD
from ...features.face.head.landmarks import landmarks
from ...features.types import F32, F64

RIGID = (27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45)
"""Of the iBUG-68 scheme: the nose's bridge and base, the corners of both eyes."""
LEAST_MM2 = 1e-6  # spread of the rigid points, below which they are one point and no head


def frontal(value_TC: F32) -> F32:
    """Lay the points of each frame over the frontal head.

    Parameters
    ----------
    value_TC : float32 array of shape (T, 204), in mm
        Columns ``X_0``..``X_67``, ``Y_0``.., ``Z_0``..: right, down, away from the camera.

    Returns
    -------
    float32 array of shape (T, 204), in mm of the frontal head
        NaN where a point, or any of those that no muscle moves, was not measured.
    """
    point_TL3 = value_TC.reshape(-1, 3, LANDMARKS).transpose(0, 2, 1).astype(np.float64)
    out_TL3 = np.full_like(point_TL3, np.nan)
    seen_T = np.isfinite(point_TL3[:, RIGID]).all(axis=(1, 2))
    out_TL3[seen_T] = _laid(point_TL3[seen_T])
    flat_TC: F32 = out_TL3.transpose(0, 2, 1).reshape(value_TC.shape).astype(np.float32)
    return flat_TC


def without_the_person(value_TC: F32) -> F32:
    """Subtract the median face of these frames: who it is goes, how it moves stays."""
    seen_T = np.isfinite(value_TC).any(axis=1)
    if not seen_T.any():
        return value_TC
    with np.errstate(invalid="ignore"):
        median_C = np.nanmedian(np.where(np.isfinite(value_TC), value_TC, np.nan)[seen_T], axis=0)
    moved_TC: F32 = value_TC - median_C.astype(np.float32)
    return moved_TC


def _laid(point_TL3: F64) -> F64:
    """Solve for the similarity of each frame, and apply it."""
    head_R3 = landmarks(HEAD[None])[0][list(RIGID)].astype(np.float64)
    centre_3 = head_R3.mean(axis=0)
    rigid_TR3 = point_TL3[:, RIGID]
    middle_T13 = rigid_TR3.mean(axis=1, keepdims=True)
    apart_TR3 = rigid_TR3 - middle_T13
    u_T33, size_T3, v_T33 = np.linalg.svd(np.einsum("ri,trj->tij", head_R3 - centre_3, apart_TR3))
    mirrored_T = np.linalg.det(u_T33 @ v_T33) < 0  # a rotation, never a reflection
    sign_T3 = np.ones_like(size_T3)
    sign_T3[mirrored_T, 2] = -1.0
    turn_T33 = (u_T33 * sign_T3[:, None, :]) @ v_T33
    spread_T = (apart_TR3**2).sum(axis=(1, 2))
    scale_T = (size_T3 * sign_T3).sum(axis=1) / np.where(spread_T > LEAST_MM2, spread_T, np.nan)
    turned_TL3 = np.einsum("tij,tlj->tli", turn_T33, point_TL3 - middle_T13)
    out_TL3: F64 = scale_T[:, None, None] * turned_TL3 + centre_3
    return out_TL3
