"""A synthetic head whose place, turn and gaze are exact."""

# F = frames, V = 478 mesh vertices

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from depx.features.face.head.canonical import HEAD, SIDES, VERTICES
from depx.features.face.head.gaze import EYEBALL_RADIUS_MM, EYES, IRIS_RADIUS_MM, PUPIL_RISE_MM
from depx.features.face.head.pose import RIGID, Camera, camera_of
from depx.features.types import F64

Degrees = tuple[float, float, float]
Millimetres = tuple[float, float, float]


class Stage:
    """Stands heads before a camera and says what the mesh of their picture is."""

    camera = camera_of(640, 480, None)

    def rotation(self, degrees: Degrees) -> F64:
        """R = Rx Ry Rz, by a library that is not under test."""
        matrix: F64 = Rotation.from_euler("XYZ", degrees, degrees=True).as_matrix()
        return matrix

    def placed(self, degrees: Degrees, place: Millimetres, head_V3: F64 = HEAD) -> F64:
        """Turn a head and put it somewhere: (V, 3) mm in the camera frame."""
        placed_V3: F64 = head_V3 @ self.rotation(degrees).T + place
        return placed_V3

    def seen(self, point_V3: F64, camera: Camera | None = None) -> F64:
        """Project a head; z as the mesh gives it: px along the line of sight to the face."""
        camera = camera or self.camera
        away_V = point_V3 @ (point_V3 / point_V3[:, 2:])[list(RIGID)].mean(axis=0)
        depth_V = camera.focal_px * (away_V / np.nanmean(away_V) - 1)
        return np.column_stack([self.pictured(point_V3, camera), depth_V])

    def pictured(self, point_V3: F64, camera: Camera | None = None) -> F64:
        """Project points (V, 3) mm: (V, 2) px."""
        camera = camera or self.camera
        picture_V2: F64 = point_V3[:, :2] / point_V3[:, 2:] * camera.focal_px
        return picture_V2 + np.array([camera.width_px / 2, camera.height_px / 2])

    def looking(self, gaze_23: F64, degrees: Degrees, place: Millimetres, **head: F64) -> F64:
        """Place a head each of whose irises stands on its eyeball in a direction (2, 3)."""
        point_V3 = self.placed(degrees, place, **head)
        for (iris, corner, other), gaze_3 in zip(
            EYES, np.broadcast_to(gaze_23, (2, 3)), strict=True
        ):
            centre_3 = (point_V3[corner] + point_V3[other]) / 2
            centre_3 -= PUPIL_RISE_MM * self.rotation(degrees)[:, 1]
            rim_43 = IRIS_RADIUS_MM * np.array([(1, 0, 0), (0, -1, 0), (-1, 0, 0), (0, 1, 0)])
            point_V3[iris] = centre_3 + EYEBALL_RADIUS_MM * gaze_3
            point_V3[iris + 1 : iris + 5] = point_V3[iris] + rim_43
        return point_V3

    def mirrored(self, mesh_FV3: F64) -> F64:
        """What the mesh of the mirrored picture is."""
        other_V = np.arange(VERTICES)
        for left, right in SIDES:
            other_V[[left, right]] = right, left
        other_V[468:478] = 473, 476, 475, 474, 477, 468, 471, 470, 469, 472
        mirrored_FV3 = mesh_FV3[:, other_V].copy()
        mirrored_FV3[..., 0] = self.camera.width_px - mirrored_FV3[..., 0]
        return mirrored_FV3


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()
