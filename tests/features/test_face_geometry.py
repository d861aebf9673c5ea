"""Pose, gaze, landmarks and confidence of synthetic heads whose truth is exact."""

# F = frames, V = 478 mesh vertices

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from depx.features.face.canonical import HEAD
from depx.features.face.gaze import EYEBALL_RADIUS_MM, EYES, PUPIL_RISE_MM, gaze_columns
from depx.features.face.landmarks import MESH_OF_68, landmark_columns
from depx.features.face.pose import RIGID, Camera, camera_of, heads
from depx.features.face.visibility import visibility_columns
from depx.features.types import F64

CAMERA = camera_of(640, 480, None)
POSES = [(0, 0, 0), (15, 0, 0), (-20, 10, 5), (0, 35, 0), (10, -40, 0), (5, 12, -30), (0, 0, 90)]
PLACES = [(0, 0, 600), (120, -60, 500), (-200, 80, 900)]


def rotation(degrees: tuple[float, float, float]) -> F64:
    """R = Rx Ry Rz, by a library that is not under test."""
    matrix: F64 = Rotation.from_euler("XYZ", degrees, degrees=True).as_matrix()
    return matrix


def seen(point_V3: F64, camera: Camera) -> F64:
    """Project points; z as the mesh gives it: px, relative to the head's own distance."""
    picture_V2 = point_V3[:, :2] / point_V3[:, 2:] * camera.focal_px
    picture_V2 += (camera.width_px / 2, camera.height_px / 2)
    depth_V = camera.focal_px * (point_V3[:, 2] / np.nanmean(point_V3[:, 2]) - 1)
    return np.column_stack([picture_V2, depth_V])


def placed(degrees: tuple[float, float, float], place: tuple[float, float, float]) -> F64:
    return HEAD @ rotation(degrees).T + place


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("degrees", POSES)
def test_the_pose_of_a_projected_head_is_recovered(
    degrees: tuple[float, float, float], place: tuple[float, float, float]
) -> None:
    found = heads(seen(placed(degrees, place), CAMERA)[None], CAMERA)
    np.testing.assert_allclose(found.translation_F3[0], place, atol=1e-6)
    np.testing.assert_allclose(np.degrees(found.angle_rad()[0]), degrees, atol=1e-6)
    assert found.misfit_mm[0] < 1e-6


def test_the_pose_agrees_with_a_perspective_solver_that_uses_no_depth() -> None:
    mesh_V3 = seen(placed((12, -25, 8), (60, 30, 550)), CAMERA)
    found = heads(mesh_V3[None], CAMERA)
    matrix = np.array([[CAMERA.focal_px, 0, 320], [0, CAMERA.focal_px, 240], [0, 0, 1.0]])
    rigid = list(RIGID)
    _, turn_3, place_3 = cv2.solvePnP(HEAD[rigid], mesh_V3[rigid, :2].copy(), matrix, np.zeros(4))
    np.testing.assert_allclose(found.rotation_F33[0], cv2.Rodrigues(turn_3)[0], atol=1e-4)
    np.testing.assert_allclose(found.translation_F3[0], place_3[:, 0], atol=0.1)


def test_points_in_millimetres_lie_where_the_head_is_and_project_onto_the_mesh() -> None:
    point_V3 = placed((5, 20, -10), (100, 0, 700))
    mesh_V3 = seen(point_V3, CAMERA)
    found = heads(mesh_V3[None], CAMERA)
    np.testing.assert_allclose(found.point_FV3[0], point_V3, atol=1e-6)
    np.testing.assert_allclose(seen(found.point_FV3[0], CAMERA)[:, :2], mesh_V3[:, :2], atol=1e-9)


def test_undoing_the_pose_gives_the_neutral_head_whatever_the_pose() -> None:
    mesh_FV3 = np.stack([seen(placed(d, p), CAMERA) for d in POSES for p in PLACES])
    head_FV3 = heads(mesh_FV3, CAMERA).in_head_frame()
    np.testing.assert_allclose(head_FV3, np.broadcast_to(HEAD, head_FV3.shape), atol=1e-6)


def test_a_larger_head_further_away_looks_the_same() -> None:
    mesh_V3 = seen(1.2 * placed((10, 20, 5), (50, 0, 600)), CAMERA)
    found = heads(mesh_V3[None], CAMERA)
    np.testing.assert_allclose(found.translation_F3[0], (50, 0, 600), atol=1e-6)


def test_twice_the_resolution_changes_no_millimetre_and_no_angle() -> None:
    mesh_V3 = seen(placed((10, -20, 5), (50, -30, 600)), CAMERA)
    small = heads(mesh_V3[None], CAMERA)
    large = heads(2 * mesh_V3[None], camera_of(1280, 960, None))
    np.testing.assert_allclose(large.point_FV3, small.point_FV3, atol=1e-6)
    np.testing.assert_allclose(large.angle_rad(), small.angle_rad(), atol=1e-9)


def test_a_mouth_that_opens_does_not_nod() -> None:
    head_V3 = HEAD.copy()
    head_V3[[13, 14, 17, 18, 152, 148, 377, 200]] += (0, 25, 5)
    closed, opened = (
        heads(seen(h + np.array((0, 0, 600.0)), CAMERA)[None], CAMERA) for h in (HEAD, head_V3)
    )
    np.testing.assert_allclose(opened.angle_rad(), closed.angle_rad(), atol=1e-3)


def test_without_a_focal_length_the_camera_is_openface_s() -> None:
    assert camera_of(640, 480, None).focal_px == 500
    assert camera_of(320, 240, None).focal_px == 250
    assert camera_of(1280, 720, None).focal_px == (1000 + 750) / 2
    assert camera_of(1280, 720, 900.0).focal_px == 900


def test_the_neutral_head_is_mirror_symmetric_and_centred_on_the_68_landmarks() -> None:
    landmark_L3 = HEAD[list(MESH_OF_68)]
    np.testing.assert_allclose(landmark_L3.mean(axis=0), 0, atol=1e-9)
    mirrored_L3 = landmark_L3 * (-1, 1, 1)
    gap_LL = np.linalg.norm(landmark_L3[:, None] - mirrored_L3[None], axis=2)
    np.testing.assert_allclose(gap_LL.min(axis=1), 0, atol=1e-9)


def test_the_68_landmarks_run_in_the_order_of_ibug() -> None:
    x, y = landmark_columns(HEAD[None, :, :2])[0].reshape(2, 68)
    assert (np.diff(x[0:17]) > 0)[2:14].all()  # jaw, from the image's left
    assert y[8] == y.max()  # the chin
    assert (np.diff(x[17:27]) > 0).all()  # brows
    assert (np.diff(y[27:31]) > 0).all()  # down the nose
    assert x[36] < x[39] < x[42] < x[45]  # corners of the eyes
    assert y[37] < y[41]  # upper above lower lid
    assert y[43] < y[47]
    assert x[48] < x[60] < x[64] < x[54]  # corners of the mouth
    assert y[51] < y[62] < y[66] < y[57]  # upper lip, gap, lower lip


def test_landmark_columns_are_all_x_then_all_y_then_all_z() -> None:
    columns = landmark_columns(HEAD[None])[0]
    np.testing.assert_array_equal(columns[:68], HEAD[list(MESH_OF_68), 0])
    np.testing.assert_array_equal(columns[136:], HEAD[list(MESH_OF_68), 2])


def looking(
    direction_3: F64, degrees: tuple[float, float, float], place: tuple[float, float, float]
) -> F64:
    """Project a head whose pupils stand on their eyeballs in a direction of the camera frame."""
    point_V3 = placed(degrees, place)
    for iris, corner, other in EYES:
        centre_3 = (point_V3[corner] + point_V3[other]) / 2
        centre_3 -= PUPIL_RISE_MM * rotation(degrees)[:, 1]
        point_V3[iris] = centre_3 + EYEBALL_RADIUS_MM * direction_3
    return seen(point_V3, CAMERA)


@pytest.mark.parametrize("degrees", [(0, 0, 0), (10, 20, 0), (-15, -25, 10)])
@pytest.mark.parametrize("angles", [(0.0, 0.0), (0.3, 0.0), (-0.3, 0.1), (0.0, 0.25), (0.2, -0.2)])
def test_a_known_gaze_is_recovered(
    angles: tuple[float, float], degrees: tuple[float, float, float]
) -> None:
    direction_3 = np.array([np.tan(angles[0]), np.tan(angles[1]), -1.0])
    direction_3 /= np.linalg.norm(direction_3)
    mesh_FV3 = looking(direction_3, degrees, (40, -20, 500))[None]
    gaze_8 = gaze_columns(mesh_FV3, heads(mesh_FV3, CAMERA), CAMERA)[0]
    np.testing.assert_allclose(gaze_8[:3], direction_3, atol=1e-6)
    np.testing.assert_allclose(gaze_8[3:6], direction_3, atol=1e-6)
    np.testing.assert_allclose(gaze_8[6:], angles, atol=1e-6)


def test_a_pupil_beside_the_eyeball_still_gives_a_unit_vector_to_its_side() -> None:
    mesh_FV3 = looking(np.array([0.0, 0.0, -1.0]), (0, 0, 0), (0, 0, 500))[None]
    mesh_FV3[:, [468, 473], 0] += 30  # px, 30 mm here
    gaze_8 = gaze_columns(mesh_FV3, heads(mesh_FV3, CAMERA), CAMERA)[0]
    assert np.linalg.norm(gaze_8[:3]) == pytest.approx(1)
    assert gaze_8[0] > 0.9


def test_sizes_are_those_in_the_picture() -> None:
    mesh_FV3 = seen(placed((0, 0, 0), (0, 0, 500)), CAMERA)[None]
    _, face_px, eye_px = visibility_columns(mesh_FV3, heads(mesh_FV3, CAMERA), CAMERA)[0]
    assert face_px == pytest.approx(np.linalg.norm(mesh_FV3[0, 10] - mesh_FV3[0, 152]), rel=0.1)
    assert eye_px == pytest.approx(np.linalg.norm(mesh_FV3[0, 33, :2] - mesh_FV3[0, 133, :2]))


def confidence(head_V3: F64, degrees: tuple[float, float, float], distance_mm: float) -> float:
    mesh_FV3 = seen(head_V3 @ rotation(degrees).T + (0, 0, distance_mm), CAMERA)[None]
    return float(visibility_columns(mesh_FV3, heads(mesh_FV3, CAMERA), CAMERA)[0, 0])


def test_confidence_is_full_for_a_plain_face_and_falls_when_it_turns_shrinks_or_distorts() -> None:
    assert confidence(HEAD, (0, 0, 0), 600) == 1
    turned = [confidence(HEAD, (0, yaw, 0), 600) for yaw in (30, 50, 60, 70, 80)]
    assert turned[0] == 1
    assert (np.diff(turned[0:]) < 0).all()
    assert turned[-1] == pytest.approx(0, abs=1e-6)
    far = [confidence(HEAD, (0, 0, 0), distance) for distance in (1000, 2000, 4000, 8000)]
    assert far[0] == 1
    assert (np.diff(far) <= 0).all()
    assert far[-1] == 0
    stretched = [confidence(HEAD * (1, stretch, 1), (0, 0, 0), 600) for stretch in (1, 1.5, 2)]
    assert stretched[0] > stretched[1] > stretched[2]


def test_a_face_that_looks_at_a_camera_beside_it_is_not_turned() -> None:
    straight = confidence(HEAD, (0, 0, 0), 600)
    place = np.array([500.0, 0.0, 600.0])
    yaw = -np.degrees(np.arctan2(-place[0], place[2]))
    mesh_FV3 = seen(HEAD @ rotation((0, yaw, 0)).T + place, CAMERA)[None]
    beside = visibility_columns(mesh_FV3, heads(mesh_FV3, CAMERA), CAMERA)[0, 0]
    assert beside == pytest.approx(straight)
