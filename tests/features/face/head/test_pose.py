"""The pose of synthetic heads whose truth is exact."""

# F = frames, V = 478 mesh vertices

from typing import Any

import cv2
import numpy as np
import pytest

from depx.features.face.head.canonical import HEAD
from depx.features.face.head.pose import RIGID, Camera, camera_of, heads

POSES = [(0, 0, 0), (15, 0, 0), (-20, 10, 5), (0, 35, 0), (10, -40, 0), (5, 12, -30), (0, 0, 90)]
PLACES = [(0, 0, 600), (120, -60, 500), (-200, 80, 900)]


@pytest.mark.parametrize("focal_px", [None, 350.0, 1400.0])
def test_the_pose_of_a_projected_head_is_recovered(stage: Any, focal_px: float | None) -> None:
    camera = camera_of(640, 480, focal_px)
    random = np.random.default_rng(0)
    degrees_F3 = np.concatenate([POSES, random.uniform(-40, 40, (200, 3))])
    place_F3 = random.uniform((-250, -150, 300), (250, 150, 2000), (len(degrees_F3), 3))
    mesh_FV3 = np.stack(
        [
            stage.seen(stage.placed(tuple(degrees), tuple(place)), camera)
            for degrees, place in zip(degrees_F3, place_F3, strict=True)
        ]
    )
    found = heads(mesh_FV3, camera)
    np.testing.assert_allclose(found.translation_F3, place_F3, atol=1e-6)
    turned_F33 = np.stack([stage.rotation(tuple(degrees)) for degrees in degrees_F3])
    np.testing.assert_allclose(found.rotation_F33, turned_F33, atol=1e-9)
    assert found.misfit_mm.max() < 1e-6


@pytest.mark.parametrize("degrees", POSES)
def test_angles_are_against_the_line_of_sight_wherever_the_head_is(
    stage: Any, degrees: tuple[float, float, float]
) -> None:
    """The camera turns about itself; what it sees of the head stays the same."""
    before_V3 = stage.placed(degrees, (0, 0, 600))
    for yaw, pitch in ((0, 0), (15, 0), (-20, 8), (0, -15)):
        turn_33 = stage.rotation((0, yaw, 0)) @ stage.rotation((pitch, 0, 0))
        found = heads(stage.seen(before_V3 @ turn_33.T)[None], stage.camera)
        np.testing.assert_allclose(np.degrees(found.angle_rad()[0]), degrees, atol=1e-6)


def test_a_head_that_slides_aside_turns_from_the_line_of_sight(stage: Any) -> None:
    found = heads(stage.seen(stage.placed((0, 0, 0), (200, 0, 600)))[None], stage.camera)
    np.testing.assert_allclose(found.rotation_F33[0], np.eye(3), atol=1e-9)
    yaw_deg = float(np.degrees(found.angle_rad()[0, 1]))
    assert abs(yaw_deg) == pytest.approx(np.degrees(np.arctan2(200, 600)))
    looking_at_us = stage.placed((0, -yaw_deg, 0), (200, 0, 600))
    assert heads(stage.seen(looking_at_us)[None], stage.camera).angle_rad()[0] == pytest.approx(0)


def test_the_pose_agrees_with_a_perspective_solver_that_uses_no_depth(stage: Any) -> None:
    mesh_V3 = stage.seen(stage.placed((12, -25, 8), (60, 30, 550)))
    found = heads(mesh_V3[None], stage.camera)
    matrix = np.array([[stage.camera.focal_px, 0, 320], [0, stage.camera.focal_px, 240], [0, 0, 1]])
    rigid = list(RIGID)
    _, turn_3, place_3 = cv2.solvePnP(HEAD[rigid], mesh_V3[rigid, :2].copy(), matrix, np.zeros(4))
    np.testing.assert_allclose(found.rotation_F33[0], cv2.Rodrigues(turn_3)[0], atol=1e-4)
    np.testing.assert_allclose(found.translation_F3[0], place_3[:, 0], atol=0.1)


def test_points_in_millimetres_lie_where_the_head_is_and_project_onto_the_mesh(
    stage: Any,
) -> None:
    point_V3 = stage.placed((5, 20, -10), (100, 0, 700))
    mesh_V3 = stage.seen(point_V3)
    found = heads(mesh_V3[None], stage.camera)
    np.testing.assert_allclose(found.point_FV3[0], point_V3, atol=1e-6)
    np.testing.assert_allclose(stage.seen(found.point_FV3[0])[:, :2], mesh_V3[:, :2], atol=1e-9)


def test_undoing_the_pose_gives_the_neutral_head_whatever_the_pose(stage: Any) -> None:
    mesh_FV3 = np.stack([stage.seen(stage.placed(d, p)) for d in POSES for p in PLACES])
    head_FV3 = heads(mesh_FV3, stage.camera).in_head_frame()
    np.testing.assert_allclose(head_FV3, np.broadcast_to(HEAD, head_FV3.shape), atol=1e-6)


def test_a_larger_head_further_away_looks_the_same(stage: Any) -> None:
    mesh_V3 = stage.seen(1.2 * stage.placed((10, 20, 5), (50, 0, 600)))
    found = heads(mesh_V3[None], stage.camera)
    np.testing.assert_allclose(found.translation_F3[0], (50, 0, 600), atol=1e-6)


def test_half_the_resolution_changes_no_millimetre_and_no_angle(stage: Any) -> None:
    mesh_V3 = stage.seen(stage.placed((10, -20, 5), (50, -30, 600)))
    large = heads(mesh_V3[None], stage.camera)
    small = heads(mesh_V3[None] / 2, camera_of(320, 240, None))
    np.testing.assert_allclose(small.point_FV3, large.point_FV3, atol=1e-6)
    np.testing.assert_allclose(small.angle_rad(), large.angle_rad(), atol=1e-9)


def test_in_a_mirror_yaw_roll_and_tx_change_their_sign_and_pitch_does_not(stage: Any) -> None:
    mesh_FV3 = np.stack([stage.seen(stage.placed(d, p)) for d in POSES for p in PLACES])
    plain = heads(mesh_FV3, stage.camera)
    mirror = heads(stage.mirrored(mesh_FV3), stage.camera)
    signs = np.array([1, -1, -1])
    np.testing.assert_allclose(mirror.angle_rad(), plain.angle_rad() * signs, atol=1e-9)
    place_F3 = plain.translation_F3 * (-1, 1, 1)
    np.testing.assert_allclose(mirror.translation_F3, place_F3, atol=1e-9)


def test_a_turn_to_the_image_s_left_is_positive_yaw_and_a_bow_is_positive_pitch(
    stage: Any,
) -> None:
    nose, bridge = 4, 168
    turned_V3, bowed_V3 = stage.placed((0, 20, 0), (0, 0, 0)), stage.placed((20, 0, 0), (0, 0, 0))
    assert turned_V3[nose, 0] < turned_V3[bridge, 0]
    assert bowed_V3[10, 2] < HEAD[10, 2]  # the hair line comes towards the camera
    for head_V3, degrees in ((turned_V3, (0, 20, 0)), (bowed_V3, (20, 0, 0))):
        angle_3 = heads(stage.seen(np.add(head_V3, (0, 0, 600.0)))[None], stage.camera).angle_rad()[
            0
        ]
        np.testing.assert_allclose(np.degrees(angle_3), degrees, atol=1e-6)


@pytest.mark.parametrize(
    ("vertices", "move_mm"),
    [
        ((13, 14, 17, 18, 152, 148, 377, 200), (0, 25, 5)),  # the jaw drops
        ((61, 291, 40, 270, 37, 267, 0), (0, -5, 3)),  # a smile
        ((70, 63, 105, 66, 107, 336, 296, 334, 293, 300), (0, -8, 0)),  # the brows rise
        ((159, 160, 158, 386, 387, 385), (0, 7, 0)),  # a blink
    ],
)
def test_an_expression_moves_no_head(
    stage: Any, vertices: tuple[int, ...], move_mm: tuple[float, float, float]
) -> None:
    head_V3 = HEAD.copy()
    head_V3[list(vertices)] += move_mm
    still, moved = (
        heads(stage.seen(stage.placed((5, 10, 0), (0, 0, 600), h))[None], stage.camera)
        for h in (HEAD, head_V3)
    )
    np.testing.assert_allclose(
        np.degrees(moved.angle_rad()), np.degrees(still.angle_rad()), atol=0.2
    )
    np.testing.assert_allclose(moved.translation_F3, still.translation_F3, rtol=0.01, atol=0.5)


def test_without_a_focal_length_the_camera_is_openface_s() -> None:
    assert camera_of(640, 480, None).focal_px == 500
    assert camera_of(320, 240, None).focal_px == 250
    assert camera_of(1280, 720, None).focal_px == (1000 + 750) / 2
    assert camera_of(1280, 720, 900.0).focal_px == 900


def test_the_ray_through_the_middle_of_the_picture_is_the_axis() -> None:
    camera = Camera(focal_px=700.0, width_px=1280, height_px=720)
    np.testing.assert_array_equal(camera.ray_of(np.array([[640.0, 360.0]])), [[0, 0, 1]])
    np.testing.assert_array_equal(camera.ray_of(np.array([[1340.0, 360.0]])), [[1, 0, 1]])
