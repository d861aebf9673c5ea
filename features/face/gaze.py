"""Gaze as a direction in the camera frame: the ray through the iris, onto the ball of the eye.

The eyeball is a sphere between the corners of the eye; the viewing ray through the centre of the
iris meets it, and the direction from its centre to that point is the gaze.  Nothing is calibrated
on the person: eyes narrower than about 20 px carry no gaze worth the name (`eye_px` tells), and the
vertical part is weak, since the lids move the mesh with them.
"""

# F = frames, V = 478 mesh vertices

import numpy as np

from ..types import F64
from .canonical import HEAD
from .pose import Camera, Heads

EYES = ((468, 33, 133), (473, 362, 263))
"""Centre of the iris and corners of gaze_0 (the eye on the image's left) and of gaze_1."""

EYEBALL_RADIUS_MM = 12.0  # adult axial length 23-24 mm (Bekerman et al., J Ophthalmol 2014)
IRIS_RADIUS_MM = 5.85  # white-to-white 11.7 mm (Ruefer et al., Cornea 2005)

# Looking ahead, the lower lid touches the rim of the iris (Dutton, "Surgical management of eyelid
# retraction": at the limbus or 1 mm above), so the pupil stands an iris radius above that lid,
# which is 2.5 mm above the corners.
PUPIL_RISE_MM = IRIS_RADIUS_MM - float(HEAD[145, 1] - (HEAD[33, 1] + HEAD[133, 1]) / 2)


def gaze_columns(mesh_FV3: F64, faces: Heads, camera: Camera) -> F64:
    """Measure where both eyes look.

    Parameters
    ----------
    mesh_FV3 : float64 array of shape (F, V, 3), px
        Only x and y of the irises are used.
    faces : Heads
        The same faces in millimetres.

    Returns
    -------
    float64 array of shape (F, 8)
        Unit vectors gaze_0 and gaze_1 (x right, y down, z away; (0, 0, -1) looks into the camera),
        then gaze_angle_x (positive: to the image's right) and gaze_angle_y (positive: down) of
        their mean, in radians.
    """
    eyes = [
        _gaze(mesh_FV3[:, iris, :2], faces, (corner, other), camera) for iris, corner, other in EYES
    ]
    mean_F3 = eyes[0] + eyes[1]
    angle_F2 = np.arctan2(mean_F3[:, :2], -mean_F3[:, 2:])
    return np.concatenate([*eyes, angle_F2], axis=1)


def _gaze(iris_F2: F64, faces: Heads, corners: tuple[int, int], camera: Camera) -> F64:
    centre_F3 = faces.point_FV3[:, list(corners)].mean(axis=1)
    centre_F3 = centre_F3 - PUPIL_RISE_MM * faces.rotation_F33[:, :, 1]  # the head's y points down
    ray_F3 = camera.ray_of(iris_F2)
    ray_F3 /= np.linalg.norm(ray_F3, axis=1, keepdims=True)
    along_F = (ray_F3 * centre_F3).sum(axis=1)
    beside_F = (centre_F3**2).sum(axis=1) - along_F**2
    # A ray that passes the eyeball by is taken to touch it: the eye looks as far aside as can be.
    depth_F = np.sqrt(np.maximum(EYEBALL_RADIUS_MM**2 - beside_F, 0.0))
    gaze_F3 = (along_F - depth_F)[:, None] * ray_F3 - centre_F3
    unit_F3: F64 = gaze_F3 / np.linalg.norm(gaze_F3, axis=1, keepdims=True)
    return unit_F3
