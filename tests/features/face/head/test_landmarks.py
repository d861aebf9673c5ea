"""The 68 landmarks and the 56 of the eyes, on the neutral head."""

# F = frames, V = 478 mesh vertices, L = 68 landmarks

from typing import Any

import numpy as np
import pytest

from depx.features.columns import EYE_LANDMARKS, LANDMARKS_3D, names
from depx.features.face.head.canonical import HEAD
from depx.features.face.head.eyes import eye_landmark_columns
from depx.features.face.head.gaze import IRIS_RADIUS_MM
from depx.features.face.head.landmarks import MESH_OF_68, by_axis, landmark_columns, landmarks
from depx.features.face.head.pose import heads
from depx.features.types import F64

AHEAD = np.array([0.0, 0.0, -1.0])


def test_the_neutral_head_is_mirror_symmetric_and_centred_on_the_68_landmarks() -> None:
    landmark_L3 = landmarks(HEAD[None])[0]
    np.testing.assert_allclose(landmark_L3.mean(axis=0), 0, atol=1e-9)
    mirrored_L3 = landmark_L3 * (-1, 1, 1)
    gap_LL = np.linalg.norm(landmark_L3[:, None] - mirrored_L3[None], axis=2)
    np.testing.assert_allclose(gap_LL.min(axis=1), 0, atol=1e-9)
    assert len(np.unique(gap_LL.argmin(axis=1))) == 68  # each has a mirror image of its own


def test_the_68_landmarks_run_in_the_order_of_ibug() -> None:
    x, y = landmark_columns(HEAD[None, :, :2])[0].reshape(2, 68)
    assert (np.diff(x[0:17]) > 0).all()  # jaw, from the image's left
    assert y[8] == y.max()  # the chin
    assert (np.diff(y[0:9]) > 0).all()
    assert (np.diff(x[17:27]) > 0).all()  # brows
    assert (np.diff(y[27:31]) > 0).all()  # down the nose
    assert (np.diff(x[31:36]) > 0).all()  # along its base
    assert x[36] < x[37] < x[38] < x[39] < x[42] < x[43] < x[44] < x[45]  # eyes
    assert x[39] > x[40] > x[41] > x[36]  # the lower lid runs back
    assert y[37] < y[41]  # upper above lower lid
    assert y[43] < y[47]
    assert (np.diff(x[48:55]) > 0).all()  # upper lip
    assert (np.diff(x[54:60]) < 0).all()  # lower lip, back
    assert x[48] < x[60] < x[64] < x[54]  # corners of the mouth
    assert y[51] < y[62] < y[66] < y[57]  # upper lip, gap, lower lip


def test_a_landmark_lies_in_the_middle_between_its_vertices() -> None:
    found_L3 = landmarks(HEAD[None])[0]
    for point, (a, b) in enumerate(MESH_OF_68):
        np.testing.assert_array_equal(found_L3[point], (HEAD[a] + HEAD[b]) / 2)


def test_landmark_columns_are_all_x_then_all_y_then_all_z() -> None:
    columns = landmark_columns(HEAD[None])[0]
    assert names(LANDMARKS_3D)[:2] == ("X_0", "X_1")
    assert len(columns) == len(LANDMARKS_3D)
    np.testing.assert_array_equal(columns[:68], landmarks(HEAD[None])[0, :, 0])
    np.testing.assert_array_equal(columns[136:], landmarks(HEAD[None])[0, :, 2])
    np.testing.assert_array_equal(by_axis(np.array([[[1.0, 2], [3, 4]]])), [[1, 3, 2, 4]])


def test_in_a_mirror_left_and_right_landmarks_change_places(stage: Any) -> None:
    mesh_FV3 = stage.seen(stage.placed((10, 25, -5), (60, 0, 600)))[None]
    plain_L2 = landmarks(mesh_FV3[..., :2])[0]
    mirror_L2 = landmarks(stage.mirrored(mesh_FV3)[..., :2])[0]
    pairs = [(0, 16), (3, 13), (19, 24), (31, 35), (36, 45), (37, 44), (48, 54), (61, 63)]
    for left, right in pairs:
        np.testing.assert_allclose(mirror_L2[left] * (-1, 1) + (640, 0), plain_L2[right])
        np.testing.assert_allclose(mirror_L2[right] * (-1, 1) + (640, 0), plain_L2[left])


@pytest.fixture(scope="module")
def eye(stage: Any) -> dict[str, F64]:
    """A head that looks into the camera from straight before it, by the names of the columns."""
    filled_V3 = np.where(np.isfinite(HEAD), HEAD, 0.0)
    for line, corners in ((LOWER, (33, 133)), (UPPER, (33, 133))):  # vertices that HEAD leaves out
        for share, vertex in enumerate(line, start=1):
            step = share / (len(line) + 1)
            rise_mm = 4 * np.sin(np.pi * step) * (1 if line is LOWER else -1)
            point_3 = HEAD[corners[0]] * (1 - step) + HEAD[corners[1]] * step + (0, rise_mm, 0)
            filled_V3[vertex] = point_3
            filled_V3[OTHER_EYE[vertex]] = point_3 * (-1, 1, 1)
    point_V3 = stage.looking(AHEAD, (0, 0, 0), (0, 0, 500), head_V3=filled_V3)
    mesh_FV3 = stage.seen(point_V3)[None]
    columns_FC = eye_landmark_columns(mesh_FV3, heads(mesh_FV3, stage.camera), stage.camera)
    assert columns_FC.shape == (1, 280)
    return dict(zip(names(EYE_LANDMARKS), columns_FC.T, strict=True))


UPPER = (246, 161, 160, 159, 158, 157, 173)
LOWER = (7, 163, 144, 145, 153, 154, 155)
OTHER_EYE = {246: 466, 161: 388, 160: 387, 159: 386, 158: 385, 157: 384, 173: 398} | {
    7: 249, 163: 390, 144: 373, 145: 374, 153: 380, 154: 381, 155: 382}  # fmt: skip


def points(eye: dict[str, F64], axis: str, first: int, count: int) -> F64:
    return np.array([eye[f"eye_lmk_{axis}_{point}"][0] for point in range(first, first + count)])


def test_the_names_of_the_eye_landmarks_are_openface_s() -> None:
    assert names(EYE_LANDMARKS)[:2] == ("eye_lmk_x_0", "eye_lmk_x_1")
    assert names(EYE_LANDMARKS)[56] == "eye_lmk_y_0"
    assert names(EYE_LANDMARKS)[112] == "eye_lmk_X_0"
    assert names(EYE_LANDMARKS)[-1] == "eye_lmk_Z_55"
    assert {column.unit for column in EYE_LANDMARKS[:112]} == {"px"}
    assert {column.unit for column in EYE_LANDMARKS[112:]} == {"mm"}


@pytest.mark.parametrize("first", [0, 28])
def test_the_rim_of_the_iris_runs_clockwise_from_its_left(eye: dict[str, F64], first: int) -> None:
    x, y = points(eye, "x", first, 8), points(eye, "y", first, 8)
    assert x[0] == x.min()
    assert y[2] == y.min()  # the top
    assert x[4] == x.max()
    assert y[6] == y.max()
    radius_px = np.hypot(x - x.mean(), y - y.mean())
    np.testing.assert_allclose(radius_px, radius_px[0])
    radius_mm = np.hypot(
        *(points(eye, a, first, 8) - points(eye, a, first, 8).mean() for a in "XY")
    )
    np.testing.assert_allclose(radius_mm, IRIS_RADIUS_MM, rtol=0.05)


@pytest.mark.parametrize("first", [8, 36])
def test_the_lids_run_over_the_upper_and_back_along_the_lower(
    eye: dict[str, F64], first: int
) -> None:
    x, y = points(eye, "x", first, 12), points(eye, "y", first, 12)
    assert (np.diff(x[:7]) > 0).all()  # left corner, upper lid, right corner
    assert (np.diff(x[6:]) < 0).all()
    assert x[11] > x[0]
    assert y[1:6].max() < y[7:].min()


def test_the_pupils_and_nothing_else_are_not_measured(eye: dict[str, F64]) -> None:
    for name, value in eye.items():
        pupil = int(name.rsplit("_", 1)[1]) % 28 >= 20
        assert np.isnan(value).all() == pupil, name


def test_eye_landmarks_in_space_project_onto_those_in_the_picture(
    eye: dict[str, F64], stage: Any
) -> None:
    space_P3 = np.column_stack([points(eye, axis, 0, 56) for axis in "XYZ"])
    picture_P2 = np.column_stack([points(eye, axis, 0, 56) for axis in "xy"])
    single = ~np.isin(np.arange(56) % 28, (10, 11, 12, 13, 9, 15, 19))  # no middle between two
    np.testing.assert_allclose(stage.pictured(space_P3)[single], picture_P2[single], atol=1e-6)
    np.testing.assert_allclose(stage.pictured(space_P3), picture_P2, atol=0.05)
