"""Head pose in millimetres and radians, in OpenFace's conventions, from a mesh and a focal length.

The mesh carries its own depth, so the pose has a closed form and needs no iteration: each vertex is
lifted onto its viewing ray, at a depth that is known up to the distance of the head; one similarity
(Umeyama, TPAMI 1991) between the neutral head and the lifted mesh then gives distance, rotation and
translation together.  Only vertices that expressions hardly move take part, so a mouth that opens
does not nod.  Brows and lips as well would agree better with OpenFace's distance (median r .83 in
place of .6) and are left out: OpenFace's head comes nearer when the mouth opens, and the 51 inner
landmarks would by 26 mm.

The camera frame is x right, y down, z away from the camera; angles are against the line of sight to
the head (see `Heads.angle_rad`).  The focal length is OpenFace's guess
unless the user knows better; Tz scales with it, rotations hardly do.
"""

# F = frames, V = 478 mesh vertices, R = vertices that hardly move

from dataclasses import dataclass

import numpy as np

from ...types import F64
from .canonical import HEAD

# fmt: off
RIGID = (168, 6, 197, 195, 5, 4, 2,  # bridge, tip and base of the nose
         98, 327, 129, 358,  # its wings
         33, 133, 362, 263,  # corners of the eyes
         10, 54, 284,  # hair line
         127, 356, 234, 454, 93, 323)  # in front of the ears
# fmt: on


@dataclass(frozen=True, eq=False, kw_only=True)
class Camera:
    """A pinhole camera whose axis meets the centre of the picture."""

    focal_px: float
    width_px: int
    height_px: int

    def ray_of(self, point_F2: F64) -> F64:
        """Give the viewing ray (..., 3) of picture points (..., 2) in px; its z is 1."""
        x = (point_F2[..., 0] - self.width_px / 2) / self.focal_px
        y = (point_F2[..., 1] - self.height_px / 2) / self.focal_px
        return np.stack([x, y, np.ones_like(x)], axis=-1)


def camera_of(width_px: int, height_px: int, focal_px: float | None) -> Camera:
    """Make a camera; without a focal length take the one that OpenFace assumes for the size.

    OpenFace 2.2 scales 500 px at 640 x 480 to width and height, and averages.
    """
    if focal_px is None:
        focal_px = (500 * width_px / 640 + 500 * height_px / 480) / 2
    return Camera(focal_px=focal_px, width_px=width_px, height_px=height_px)


@dataclass(frozen=True, eq=False, kw_only=True)
class Heads:
    """Heads in front of the camera.  NaN where there is no face."""

    point_FV3: F64
    """(F, V, 3) mm in the camera frame; its picture is the mesh exactly."""
    rotation_F33: F64
    """(F, 3, 3) head frame -> camera frame."""
    translation_F3: F64
    """(F, 3) mm: where the mean of the 68 neutral landmarks lies."""
    misfit_mm: F64
    """(F,) root mean square distance between the rigid vertices and the neutral head's."""

    def angle_rad(self) -> F64:
        """Give pitch, yaw and roll (F, 3) against the line of sight to the head.

        A head that faces the camera has none of them wherever in the picture it is, as in the
        tables that OpenFace writes (against the camera's axis the median r over eight clips is .86
        in place of .97 in yaw, .81 in place of .91 in pitch).
        """
        sight_F33 = sights(self.translation_F3)
        return euler_rad(np.swapaxes(sight_F33, 1, 2) @ self.rotation_F33)

    def in_head_frame(self) -> F64:
        """Undo the pose: (F, V, 3) mm on a head of standard size that faces the camera."""
        off_FV3 = self.point_FV3 - self.translation_F3[:, None]
        head_FV3: F64 = off_FV3 @ self.rotation_F33  # a row times R is R transposed times the point
        return head_FV3


def heads(mesh_FV3: F64, camera: Camera) -> Heads:
    """Place the heads whose meshes are given.

    Parameters
    ----------
    mesh_FV3 : float64 array of shape (F, V, 3), px
        As in `following.Seen`; rows without a face must be left out.
    camera : Camera
    """
    rigid = list(RIGID)
    ray_FV3 = camera.ray_of(mesh_FV3[..., :2])
    sight_F3 = ray_FV3[:, rigid].mean(axis=1)
    sight_F3 /= np.linalg.norm(sight_F3, axis=1, keepdims=True)
    # The mesh model saw a crop, so its depth runs along the line of sight, not along the camera's
    # axis.  A weak-perspective z of one pixel is 1/focal of the distance to the head.
    depth_FV = 1 + mesh_FV3[..., 2] / camera.focal_px
    lifted_FV3 = ray_FV3 * (depth_FV / np.einsum("fvi,fi->fv", ray_FV3, sight_F3))[..., None]
    scale_F, rotation_F33, offset_F3 = similarity(HEAD[rigid], lifted_FV3[:, rigid])
    point_FV3 = lifted_FV3 / scale_F[:, None, None]
    translation_F3 = offset_F3 / scale_F[:, None]
    fitted_FR3 = np.einsum("fij,rj->fri", rotation_F33, HEAD[rigid]) + translation_F3[:, None]
    misfit_mm = np.sqrt(((point_FV3[:, rigid] - fitted_FR3) ** 2).sum(axis=2).mean(axis=1))
    return Heads(
        point_FV3=point_FV3,
        rotation_F33=rotation_F33,
        translation_F3=translation_F3,
        misfit_mm=misfit_mm,
    )


def sights(point_F3: F64) -> F64:
    """Turn the camera's axis onto points by yaw and pitch: (F, 3, 3), columns right, down, away."""
    away_F3 = point_F3 / np.linalg.norm(point_F3, axis=1, keepdims=True)
    right_F3 = np.cross((0.0, 1.0, 0.0), away_F3)
    right_F3 /= np.linalg.norm(right_F3, axis=1, keepdims=True)
    return np.stack([right_F3, np.cross(away_F3, right_F3), away_F3], axis=2)


def similarity(from_R3: F64, to_FR3: F64) -> tuple[F64, F64, F64]:
    """Find the scale, rotation and offset that carry one shape onto many, in least squares.

    Parameters
    ----------
    from_R3 : float64 array of shape (R, 3)
    to_FR3 : float64 array of shape (F, R, 3)

    Returns
    -------
    scale_F : (F,) > 0
    rotation_F33 : (F, 3, 3), determinant 1
    offset_F3 : (F, 3)
        ``to ~ scale * rotation @ from + offset``.
    """
    from_mean_3, to_mean_F3 = from_R3.mean(axis=0), to_FR3.mean(axis=1)
    from_R3, to_FR3 = from_R3 - from_mean_3, to_FR3 - to_mean_F3[:, None]
    u_F33, size_F3, vt_F33 = np.linalg.svd(np.einsum("fri,rj->fij", to_FR3, from_R3))
    sign_F3 = np.ones_like(size_F3)
    sign_F3[:, 2] = np.linalg.det(u_F33 @ vt_F33)  # a mirror image is no rotation
    rotation_F33 = np.einsum("fij,fj,fjk->fik", u_F33, sign_F3, vt_F33)
    scale_F = (size_F3 * sign_F3).sum(axis=1) / (from_R3**2).sum()
    offset_F3 = to_mean_F3 - scale_F[:, None] * (rotation_F33 @ from_mean_3)
    return scale_F, rotation_F33, offset_F3


def euler_rad(rotation_F33: F64) -> F64:
    """Take rotations apart into angles about x, y and z (pitch, yaw, roll), R = Rx Ry Rz.

    Returns
    -------
    float64 array of shape (F, 3), radians
        As OpenFace's ``pose_R``: a head that bows has positive pitch, one that turns to the
        image's left positive yaw, one that tilts to its own left (clockwise in the image) positive
        roll.
    """
    pitch = np.arctan2(-rotation_F33[:, 1, 2], rotation_F33[:, 2, 2])
    yaw = np.arcsin(np.clip(rotation_F33[:, 0, 2], -1, 1))
    roll = np.arctan2(-rotation_F33[:, 0, 1], rotation_F33[:, 0, 0])
    return np.stack([pitch, yaw, roll], axis=1)
