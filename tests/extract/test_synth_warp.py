"""The rendered face: what is asked for is what is drawn."""

# P = landmarks

import cv2
import numpy as np
import pytest

from depx.extract.synth import expression, warp
from depx.extract.synth.expression import SCALE, UPPER_LIDS, express, frontal
from depx.extract.synth.mesh import SIDE, head_radius, load_face
from depx.extract.synth.warp import FRAME_PX, Moment, project, render, rotation
from depx.features.types import F64, U8

NOSE, EYE_LEFT, EYE_RIGHT, CHIN, LIPS = 4, 33, 263, 152, (13, 14)
STILL = Moment(0.0, 0.0, 0.0, 0.0, 0.0)


def at(point_P2: F64, picture: U8) -> F64:
    """Look a picture up at points of the photograph."""
    scale = picture.shape[0] / SIDE
    x, y = (point_P2 * scale - 0.5).astype(np.float32).T
    found = cv2.remap(picture, x[None], y[None], cv2.INTER_LINEAR)
    return np.asarray(found[0], dtype=np.float64)


def nose_to_eyes(turn: F64) -> F64:
    nose, left, right = project(load_face().landmark_P3[[NOSE, EYE_LEFT, EYE_RIGHT]], turn)
    return np.asarray(nose - (left + right) / 2)


def test_rotation_is_openfaces_product_of_euler_angles() -> None:
    pitch, yaw, roll = 0.11, -0.23, 0.31
    s1, s2, s3 = np.sin([pitch, yaw, roll])
    c1, c2, c3 = np.cos([pitch, yaw, roll])
    expected = [  # OpenFace, RotationHelpers.h, Euler2RotationMatrix
        [c2 * c3, -c2 * s3, s2],
        [c1 * s3 + c3 * s1 * s2, c1 * c3 - s1 * s2 * s3, -c2 * s1],
        [s1 * s3 - c1 * c3 * s2, c3 * s1 + c1 * s2 * s3, c1 * c2],
    ]
    np.testing.assert_allclose(rotation(yaw, pitch, roll), expected, atol=1e-12)


def test_positive_yaw_moves_the_nose_left_positive_pitch_lowers_it() -> None:
    still = nose_to_eyes(np.eye(3))
    assert (nose_to_eyes(rotation(0.2, 0, 0)) - still)[0] < -3
    assert (nose_to_eyes(rotation(0, 0.2, 0)) - still)[1] > 3


def test_positive_roll_turns_the_picture_clockwise() -> None:
    left, right = project(load_face().landmark_P3[[EYE_LEFT, EYE_RIGHT]], rotation(0, 0, 0.1))
    left_0, right_0 = load_face().landmark_P3[[EYE_LEFT, EYE_RIGHT], :2]
    tilt = np.arctan2(*(right - left)[::-1]) - np.arctan2(*(right_0 - left_0)[::-1])
    assert tilt == pytest.approx(0.1, abs=0.02)


def test_nothing_moved_is_the_photograph() -> None:
    photograph = cv2.resize(load_face().image, (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_CUBIC)
    assert np.abs(render(STILL).astype(float) - photograph).mean() < 1.0


@pytest.mark.parametrize(
    ("yaw_deg", "pitch_deg", "roll_deg"), [(12, 0, 0), (-12, 6, 0), (8, -6, 8), (0, 8, -8)]
)
def test_landmarks_come_to_lie_where_the_rotation_puts_them(
    monkeypatch: pytest.MonkeyPatch, yaw_deg: float, pitch_deg: float, roll_deg: float
) -> None:
    # A picture whose colours are its coordinates: each rendered pixel then says where it is from.
    # 66 to 182 px hold the face; two levels a pixel are as fine as 8 bits allow.
    centre = (np.arange(SIDE * SCALE) + 0.5) / SCALE
    x, y = np.meshgrid(*[np.clip(np.rint(2.2 * (centre - 66)), 0, 255).astype(np.uint8)] * 2)
    monkeypatch.setattr(warp, "express", lambda *_: np.dstack([x, y, np.zeros_like(x)]))
    yaw, pitch, roll = np.deg2rad([yaw_deg, pitch_deg, roll_deg])
    front = load_face().landmark_P3[load_face().landmark_P3[:, 2] < 15]  # what faces the camera
    drawn = render(Moment(yaw, pitch, roll, 0.0, 0.0))
    found = at(project(front, rotation(yaw, pitch, roll)), drawn)[:, :2] / 2.2 + 66
    error_px = np.hypot(*(found - front[:, :2]).T)
    assert np.median(error_px) < 0.3
    assert np.quantile(error_px, 0.95) < 1.2


def test_the_border_of_the_picture_stays() -> None:
    frame, still = render(Moment(0.2, 0.1, 0.15, 0.0, 0.0)), render(STILL)
    bottom = np.s_[-20:]
    corner = np.s_[:12, :12]
    np.testing.assert_array_equal(frame[bottom], still[bottom])
    np.testing.assert_array_equal(frame[corner], still[corner])


def test_all_landmarks_lie_within_the_head() -> None:
    x, y, _ = load_face().landmark_P3.T
    assert head_radius(x, y).max() < 1


def test_closed_lids_hide_the_iris() -> None:
    iris = load_face().landmark_P3[[468, 473], :2]
    opened, closed = (at(iris, express(blink, 0.0)).mean() for blink in (0.0, 1.0))
    assert opened < 90
    assert closed > opened + 50


def test_a_blink_leaves_all_but_the_eyes_alone() -> None:
    changed = np.abs(express(1.0, 0.0).astype(int) - frontal()).max(axis=2) > 0
    rows, _ = np.nonzero(changed)
    lids = load_face().landmark_P3[list(UPPER_LIDS[0] + UPPER_LIDS[1]), 1] * SCALE
    assert rows.min() > lids.min() - (expression.LID_SKIN_PX + 1) * SCALE
    assert rows.max() < lids.max() + 4 * SCALE


def test_an_open_mouth_is_dark_below_the_teeth_and_leaves_the_upper_lip_alone() -> None:
    upper, lower = load_face().landmark_P3[list(LIPS), :2]
    inside = lower + np.array([0.0, expression.JAW_DROP_PX / 2])
    wide = express(0.0, 1.0)
    assert at(inside[None], wide).max() < 60
    np.testing.assert_array_equal(
        wide[: int(upper[1] * SCALE) - 8], frontal()[: int(upper[1] * SCALE) - 8]
    )


def test_the_lower_lip_moves_in_proportion_to_the_opening() -> None:
    lip = load_face().landmark_P3[LIPS[1], :2] + np.array([0.0, 2.0])  # its red, below the edge
    for mouth in (0.25, 0.5, 1.0):
        moved = lip + np.array([0.0, mouth * expression.JAW_DROP_PX])
        np.testing.assert_allclose(
            at(moved[None], express(0.0, mouth)), at(lip[None], frontal()), atol=8
        )
