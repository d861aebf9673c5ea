"""The gaze of synthetic eyes whose direction is exact, and how far it is to be trusted."""

# F = frames, V = 478 mesh vertices

from typing import Any

import numpy as np
import pytest

from depx.features.face.head.canonical import HEAD
from depx.features.face.head.gaze import EYES, HIDDEN_DEG, LIDS, gaze_columns, gaze_quality
from depx.features.face.head.pose import Camera, camera_of, heads
from depx.features.types import F64

AHEAD = np.array([0.0, 0.0, -1.0])
NEAR = (0.0, 0.0, 250.0)  # eyes of 54 px
BLIND = (slice(0, 3), slice(3, 6))


def measured(mesh_FV3: F64, camera: Camera) -> tuple[F64, F64]:
    faces = heads(mesh_FV3, camera)
    gaze_F8 = gaze_columns(mesh_FV3, faces, camera)
    return gaze_F8, gaze_quality(mesh_FV3, faces, camera, gaze_F8)


def one(point_V3: F64, stage: Any) -> tuple[F64, float]:
    gaze_F8, quality_F = measured(stage.seen(point_V3)[None], stage.camera)
    return gaze_F8[0], float(quality_F[0])


def direction(angle_x: float, angle_y: float) -> F64:
    direction_3 = np.array([np.tan(angle_x), np.tan(angle_y), -1.0])
    unit_3: F64 = direction_3 / np.linalg.norm(direction_3)
    return unit_3


@pytest.mark.parametrize("degrees", [(0, 0, 0), (10, 20, 0), (-15, -25, 10)])
@pytest.mark.parametrize("angles", [(0.0, 0.0), (0.3, 0.0), (-0.3, 0.1), (0.0, 0.25), (0.2, -0.2)])
def test_a_known_gaze_is_recovered(
    stage: Any, angles: tuple[float, float], degrees: tuple[float, float, float]
) -> None:
    gaze_3 = direction(*angles)
    gaze_8, _ = one(stage.looking(gaze_3, degrees, (40, -20, 500)), stage)
    np.testing.assert_allclose(gaze_8[:3], gaze_3, atol=1e-6)
    np.testing.assert_allclose(gaze_8[3:6], gaze_3, atol=1e-6)
    np.testing.assert_allclose(gaze_8[6:], angles, atol=1e-6)


def test_each_eye_has_its_own_gaze_and_the_angles_are_those_of_their_mean(stage: Any) -> None:
    both_23 = np.array([direction(0.2, 0.1), direction(-0.1, 0.05)])
    gaze_8, _ = one(stage.looking(both_23, (0, 0, 0), (0, 0, 500)), stage)
    np.testing.assert_allclose(gaze_8[:6].reshape(2, 3), both_23, atol=1e-6)
    x, y, z = both_23.mean(axis=0)
    np.testing.assert_allclose(gaze_8[6:], (np.arctan2(x, -z), np.arctan2(y, -z)), atol=1e-6)


def test_in_a_mirror_the_eyes_change_places_and_x_its_sign(stage: Any) -> None:
    both_23 = np.array([direction(0.2, 0.1), direction(-0.1, 0.05)])
    mesh_FV3 = stage.seen(stage.looking(both_23, (5, -15, 8), (60, -20, 500)))[None]
    (plain_8,), plain_quality = measured(mesh_FV3, stage.camera)
    (mirror_8,), mirror_quality = measured(stage.mirrored(mesh_FV3), stage.camera)
    signs = (-1, 1, 1)
    np.testing.assert_allclose(mirror_8[:3], plain_8[3:6] * signs, atol=1e-9)
    np.testing.assert_allclose(mirror_8[3:6], plain_8[:3] * signs, atol=1e-9)
    np.testing.assert_allclose(mirror_8[6:], plain_8[6:] * (-1, 1), atol=1e-9)
    np.testing.assert_allclose(mirror_quality, plain_quality)


def test_half_the_resolution_changes_no_gaze_but_its_quality(stage: Any) -> None:
    mesh_FV3 = stage.seen(stage.looking(direction(0.1, 0.1), (5, -15, 8), (0, 0, 500)))[None]
    large_F8, large_quality = measured(mesh_FV3, stage.camera)
    small_F8, small_quality = measured(mesh_FV3 / 2, camera_of(320, 240, None))
    np.testing.assert_allclose(small_F8, large_F8, atol=1e-9)
    np.testing.assert_allclose(small_quality, large_quality / 2)


@pytest.mark.parametrize(("yaw", "far"), [(HIDDEN_DEG + 7, 0), (-HIDDEN_DEG - 7, 1)])
def test_an_eye_behind_the_nose_has_no_gaze_and_the_angles_are_the_other_s(
    stage: Any, yaw: float, far: int
) -> None:
    looking_3 = direction(-np.radians(yaw) / 2, 0)
    gaze_8, quality = one(stage.looking(looking_3, (0, yaw, 0), NEAR), stage)
    assert np.isnan(gaze_8[BLIND[far]]).all()
    np.testing.assert_allclose(gaze_8[BLIND[1 - far]], looking_3, atol=1e-6)
    np.testing.assert_allclose(gaze_8[6:], (-np.radians(yaw) / 2, 0), atol=1e-6)
    assert 0 < quality <= 0.5


def test_an_iris_beside_its_ball_is_no_gaze_and_has_no_quality(stage: Any) -> None:
    mesh_FV3 = stage.seen(stage.looking(AHEAD, (0, 0, 0), (0, 0, 500)))[None]
    mesh_FV3[:, 468:478, 0] += 13  # px and mm here; the ball has 12
    gaze_F8, quality_F = measured(mesh_FV3, stage.camera)
    assert np.isnan(gaze_F8).all()
    assert quality_F[0] == 0


def test_a_gaze_is_a_unit_vector_that_never_points_away_from_the_camera(stage: Any) -> None:
    random = np.random.default_rng(0)
    camera = camera_of(640, 480, 300.0)  # wide: a face in the corner stands 47 degrees aside
    mesh_FV3 = np.stack(
        [
            stage.seen(
                stage.placed(
                    tuple(random.uniform(-90, 90, 3)),
                    tuple(random.uniform((-500, -400, 500), (500, 400, 700))),
                    stage.looking(AHEAD, (0, 0, 0), (0, 0, 0)),
                ),
                camera,
            )
            for _ in range(500)
        ]
    )
    mesh_FV3[:, 468:478, :2] += random.normal(0, 4, (500, 1, 2))
    gaze_F8, quality_F = measured(mesh_FV3, camera)
    for eye in BLIND:
        seen_F = np.isfinite(gaze_F8[:, eye]).all(axis=1)
        assert 0 < seen_F.mean() < 1
        assert (gaze_F8[seen_F, eye][:, 2] < 0).all()
        np.testing.assert_allclose(np.linalg.norm(gaze_F8[seen_F, eye], axis=1), 1)
    neither_F = np.isnan(gaze_F8[:, :6]).all(axis=1)
    np.testing.assert_array_equal(np.isnan(gaze_F8[:, 6]), neither_F)
    assert (quality_F[neither_F] == 0).all()
    assert ((quality_F >= 0) & (quality_F <= 1)).all()


def test_quality_is_full_for_large_open_eyes_that_look_into_the_camera(stage: Any) -> None:
    assert one(stage.looking(AHEAD, (0, 0, 0), NEAR), stage)[1] == pytest.approx(1)


def test_quality_falls_with_the_size_of_the_eyes(stage: Any) -> None:
    far = [one(stage.looking(AHEAD, (0, 0, 0), (0, 0, d)), stage)[1] for d in (400, 800, 1600)]
    assert far[0] / far[1] == pytest.approx(2, rel=0.05)
    assert far[1] / far[2] == pytest.approx(2, rel=0.05)


def test_closed_lids_keep_the_gaze_and_leave_it_no_quality(stage: Any) -> None:
    open_8, full = one(stage.looking(AHEAD, (0, 0, 0), NEAR), stage)
    qualities = [full]
    for share in (0.5, 0.9):  # of the way down
        head_V3 = HEAD.copy()
        for upper, lower in LIDS:
            head_V3[upper] += share * (HEAD[lower] - HEAD[upper])
        gaze_8, quality = one(stage.looking(AHEAD, (0, 0, 0), NEAR, head_V3=head_V3), stage)
        np.testing.assert_allclose(gaze_8, open_8, atol=1e-6)
        qualities.append(quality)
    assert qualities[0] > qualities[1] > qualities[2] == 0


def test_quality_falls_when_the_head_turns_and_ends_when_both_eyes_are_gone(stage: Any) -> None:
    turned = [one(stage.looking(AHEAD, (0, yaw, 0), NEAR), stage)[1] for yaw in (0, 30, 50, 65)]
    assert (np.diff(turned) < 0).all()


def test_quality_falls_when_the_eyes_disagree_or_the_iris_is_no_human_one(stage: Any) -> None:
    cross_23 = np.array([direction(0.2, 0), direction(-0.2, 0)])  # 23 degrees
    assert 0.2 < one(stage.looking(cross_23, (0, 0, 0), NEAR), stage)[1] < 0.5
    point_V3 = stage.looking(AHEAD, (0, 0, 0), NEAR)
    for iris, _, _ in EYES:
        point_V3[iris + 1 : iris + 5] += 0.35 * (point_V3[iris + 1 : iris + 5] - point_V3[iris])
    assert 0.3 < one(point_V3, stage)[1] < 0.8
