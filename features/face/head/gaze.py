"""Gaze as a direction in the camera frame: the ray through the iris, onto the ball of the eye.

The eyeball is a sphere between the corners of the eye; the viewing ray through the middle of the
iris meets it, and the direction from its centre to that point is the gaze.  Nothing is calibrated
on the person and nothing smoothed in time.  The vertical part is weak, since the lids move the mesh
with them, and small eyes carry little: `gaze_quality` tells how little.

An eye that cannot be seen has no gaze: NaN, with quality 0, where OpenFace prints a guess.  Closed
lids keep their value, as in OpenFace, with quality 0: who looks down lowers them too, and only the
reader can say which of both is to count.

The centre lies between the corners, though anatomy has it 8 mm deeper: FaceMesh draws the iris of a
small eye towards the middle of the lids, and in the eyes (20-25 px) of eleven people who fixate one
point while the head moves it behaves as if the ball stood 1 mm behind.  A centre in front of the
corners agrees better with OpenFace (median horizontal r .87 in place of .72) and is refused: gaze
would turn against the head.
"""

# F = frames, V = 478 mesh vertices

import numpy as np

from ...types import F64, Bool
from .canonical import HEAD
from .pose import Camera, Heads

EYES = ((468, 33, 133), (473, 362, 263))
"""The first of the five points of the iris (middle, right, top, left, bottom in the picture) and
the corners from the image's left, of gaze_0 (the eye on the image's left) and of gaze_1."""
LIDS = ((159, 145), (386, 374))  # middle of the upper and of the lower lid
NOSE_SIDE = (1, -1)  # where x of the head frame leads from the eye to the nose

EYEBALL_RADIUS_MM = 12.0  # adult axial length 23-24 mm (Bekerman et al., J Ophthalmol 2014)
IRIS_RADIUS_MM = 5.85  # white-to-white 11.7 mm (Ruefer et al., Cornea 2005)

# Looking ahead, the lower lid touches the rim of the iris (Dutton, "Surgical management of eyelid
# retraction": at the limbus or 1 mm above), so the pupil stands an iris radius above that lid,
# which is 2.5 mm above the corners.
PUPIL_RISE_MM = IRIS_RADIUS_MM - float(HEAD[145, 1] - (HEAD[33, 1] + HEAD[133, 1]) / 2)

# Seen from further on the other side, the bridge of the nose (vertex 6) stands before the eye.
_EYE_3 = HEAD[list(LIDS[0])].mean(axis=0)
HIDDEN_DEG = float(np.degrees(np.arctan2(HEAD[6, 0] - _EYE_3[0], _EYE_3[2] - HEAD[6, 2])))
# Beyond, an iris is a sliver, a third as wide as high, and what the mesh says of it is a guess.
ASIDE_DEG = 70.0

# Each aspect counts fully up to the first number and not at all at the second.
EYE_PX = (40.0, 0.0)  # half a pixel is 1.7 degrees in an eye of 40 px, and the inverse in smaller
LID_GAP_MM = (6.0, 2.0)  # the neutral head's are 6.7 apart; below 2 the pupil is covered
TURN_DEG = (20.0, HIDDEN_DEG)  # towards the side where the nose hides the eye
IRIS_FIT = (0.15, 0.5)  # of the logarithm of its size: people differ by 4 %, heads by 5 %
APART_DEG = (10.0, 30.0)  # between both gazes: 7.5 when they meet at 480 mm


def gaze_columns(mesh_FV3: F64, faces: Heads, camera: Camera) -> F64:
    """Measure where both eyes look.

    Parameters
    ----------
    mesh_FV3 : float64 array of shape (F, V, 3), px
        Only x and y of the irises are used.
    faces : Heads
        The same faces in millimetres.
    camera : Camera

    Returns
    -------
    float64 array of shape (F, 8)
        Unit vectors gaze_0 and gaze_1 (x right, y down, z away and always < 0; (0, 0, -1) looks
        into the camera), then gaze_angle_x (positive: to the image's right) and gaze_angle_y
        (positive: down) of their mean, in radians.  NaN for an eye that cannot be seen: behind the
        nose, its iris aside from the ball, or turned away from the picture; the mean is then the
        other eye's.
    """
    eyes = [_gaze(mesh_FV3, faces, camera, eye) for eye in (0, 1)]
    mean_F3 = np.nansum(eyes, axis=0)
    mean_F3[mean_F3[:, 2] == 0] = np.nan  # neither eye
    angle_F2 = np.arctan2(mean_F3[:, :2], -mean_F3[:, 2:])
    return np.concatenate([*eyes, angle_F2], axis=1)


def gaze_quality(mesh_FV3: F64, faces: Heads, camera: Camera, gaze_F8: F64) -> F64:
    """Say how far the gaze can be trusted.

    Parameters
    ----------
    mesh_FV3, faces, camera
        As for `gaze_columns`.
    gaze_F8 : float64 array of shape (F, 8)
        What it returned.

    Returns
    -------
    float64 array of shape (F,), 0..1
        An eye's quality is the product of its size (`EYE_PX`), the gap between its lids
        (`LID_GAP_MM`), its turn (`TURN_DEG`) and how far the size of its iris is that of a human
        one (`IRIS_FIT`); 0 if it cannot be seen.  The frame's is the mean of both times their
        agreement (`APART_DEG`); one eye alone, unchecked, reaches one half.
    """
    quality_2F = [_eye_quality(mesh_FV3, faces, camera, eye) for eye in (0, 1)]
    seen_2F = np.isfinite(gaze_F8[:, [0, 3]]).T
    cosine_F = np.clip((gaze_F8[:, 0:3] * gaze_F8[:, 3:6]).sum(axis=1), -1, 1)
    agreement_F = _share(np.degrees(np.arccos(cosine_F)), APART_DEG)
    agreement_F[~seen_2F.all(axis=0)] = 1
    quality_F: F64 = np.where(seen_2F, quality_2F, 0).mean(axis=0) * agreement_F
    return quality_F


def _gaze(mesh_FV3: F64, faces: Heads, camera: Camera, eye: int) -> F64:
    """Measure one eye: unit vectors (F, 3), NaN where it cannot be seen."""
    iris, *corners = EYES[eye]
    centre_F3 = faces.point_FV3[:, corners].mean(axis=1)
    centre_F3 = centre_F3 - PUPIL_RISE_MM * faces.rotation_F33[:, :, 1]  # the head's y points down
    # The rim steadies the middle: five points err less than one.
    ray_F3 = camera.ray_of(mesh_FV3[:, iris : iris + 5, :2].mean(axis=1))
    ray_F3 /= np.linalg.norm(ray_F3, axis=1, keepdims=True)
    along_F = (ray_F3 * centre_F3).sum(axis=1)
    beside_F = (centre_F3**2).sum(axis=1) - along_F**2
    depth_F = np.sqrt(np.maximum(EYEBALL_RADIUS_MM**2 - beside_F, 0.0))
    gaze_F3 = (along_F - depth_F)[:, None] * ray_F3 - centre_F3
    unit_F3: F64 = gaze_F3 / np.linalg.norm(gaze_F3, axis=1, keepdims=True)
    aside_F = beside_F > (EYEBALL_RADIUS_MM * np.sin(np.radians(ASIDE_DEG))) ** 2
    unit_F3[aside_F | (unit_F3[:, 2] >= 0) | _hidden(faces, eye)] = np.nan
    return unit_F3


def _hidden(faces: Heads, eye: int) -> Bool:
    hidden_F: Bool = _turn_deg(faces, eye) >= HIDDEN_DEG
    return hidden_F


def _turn_deg(faces: Heads, eye: int) -> F64:
    """Say where the camera stands (F,) as the eye sees it: 0 in front, positive past the nose."""
    corner_F3 = faces.point_FV3[:, list(EYES[eye][1:])].mean(axis=1)
    camera_F3 = -np.einsum("fij,fi->fj", faces.rotation_F33, corner_F3)  # in the head frame
    turn_deg: F64 = np.degrees(np.arctan2(NOSE_SIDE[eye] * camera_F3[:, 0], -camera_F3[:, 2]))
    return turn_deg


def _eye_quality(mesh_FV3: F64, faces: Heads, camera: Camera, eye: int) -> F64:
    (iris, a, b), (upper, lower) = EYES[eye], LIDS[eye]
    gap_mm = np.linalg.norm(faces.point_FV3[:, upper] - faces.point_FV3[:, lower], axis=1)
    right, top, left, bottom = range(iris + 1, iris + 5)
    # A circle seen aslant keeps its longer diameter.
    across_px = np.maximum(_apart_px(mesh_FV3, left, right), _apart_px(mesh_FV3, top, bottom))
    radius_mm = across_px / 2 * faces.translation_F3[:, 2] / camera.focal_px
    shares = (
        _share(_apart_px(mesh_FV3, a, b), EYE_PX),
        _share(gap_mm, LID_GAP_MM),
        _share(_turn_deg(faces, eye), TURN_DEG),
        _share(np.abs(np.log(np.maximum(radius_mm, 1e-3) / IRIS_RADIUS_MM)), IRIS_FIT),
    )
    quality_F: F64 = np.prod(shares, axis=0)
    return quality_F


def _apart_px(mesh_FV3: F64, a: int, b: int) -> F64:
    apart_px: F64 = np.hypot(*(mesh_FV3[:, a, :2] - mesh_FV3[:, b, :2]).T)
    return apart_px


def _share(value_F: F64, full_and_none: tuple[float, float]) -> F64:
    full, none = full_and_none
    share_F: F64 = np.clip((value_F - none) / (full - none), 0, 1)
    return share_F
