"""Sizes and confidence of synthetic heads whose truth is exact."""

# F = frames, V = 478 mesh vertices

from typing import Any

import numpy as np
import pytest

from depx.features.face.head.canonical import HEAD
from depx.features.face.head.pose import heads
from depx.features.face.visibility import visibility_columns
from depx.features.types import F64

ONE, ZERO = np.ones(1), np.zeros(1)


def visibility(mesh_V3: F64, stage: Any) -> F64:
    """Confidence, face_px and eye_px where detector and mesh model have no doubt."""
    faces = heads(mesh_V3[None], stage.camera)
    columns: F64 = visibility_columns(mesh_V3[None], faces, stage.camera, ONE, ONE, ZERO)[0]
    return columns


def confidence(
    head_V3: F64, degrees: tuple[float, float, float], distance_mm: float, stage: Any
) -> float:
    mesh_V3 = stage.seen(stage.placed(degrees, (0, 0, distance_mm), head_V3))
    return float(visibility(mesh_V3, stage)[0])


def test_sizes_are_those_in_the_picture(stage: Any) -> None:
    mesh_V3 = stage.seen(stage.placed((0, 0, 0), (0, 0, 500)))
    _, face_px, eye_px = visibility(mesh_V3, stage)
    assert face_px == pytest.approx(np.linalg.norm(mesh_V3[10] - mesh_V3[152]), rel=0.1)
    assert eye_px == pytest.approx(np.linalg.norm(mesh_V3[33, :2] - mesh_V3[133, :2]))


def test_confidence_is_full_for_a_plain_face_and_falls_when_it_turns_shrinks_or_distorts(
    stage: Any,
) -> None:
    assert confidence(HEAD, (0, 0, 0), 600, stage) == 1
    turned = [confidence(HEAD, (0, yaw, 0), 600, stage) for yaw in (30, 50, 60, 70, 80)]
    assert turned[0] == 1
    assert (np.diff(turned) < 0).all()
    assert turned[-1] == pytest.approx(0, abs=1e-6)
    far = [confidence(HEAD, (0, 0, 0), distance, stage) for distance in (1000, 2000, 4000, 8000)]
    assert far[0] == 1
    assert (np.diff(far) <= 0).all()
    assert far[-1] == 0
    stretched = [
        confidence(HEAD * (1, stretch, 1), (0, 0, 0), 600, stage) for stretch in (1, 1.5, 2)
    ]
    assert stretched[0] > stretched[1] > stretched[2]


def test_a_face_that_looks_at_a_camera_beside_it_is_not_turned(stage: Any) -> None:
    straight = confidence(HEAD, (0, 0, 0), 600, stage)
    place = (500.0, 0.0, 600.0)
    yaw = -np.degrees(np.arctan2(-place[0], place[2]))
    beside = visibility(stage.seen(stage.placed((0, yaw, 0), place)), stage)[0]
    assert beside == pytest.approx(straight)
