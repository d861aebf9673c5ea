"""Sizes and confidence of synthetic heads, light and blur of made crops: the truth is exact."""

# F = frames, V = 478 mesh vertices

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from depx.features.face.finding.crop import SIDE_PX
from depx.features.face.head.canonical import HEAD, HEAD_HEIGHT_MM
from depx.features.face.head.pose import heads
from depx.features.face.visibility import light, visibility_columns
from depx.features.types import F64, U8

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


# Of each aspect: where it counts fully, half and not at all.
ASPECTS = {
    "score": (0.6, 0.2, -0.2),
    "presence": (0.95, 0.725, 0.5),
    "wobble": (0.12, 0.26, 0.4),
    "misfit_mm": (6.0, 12.0, 18.0),
    "turn_deg": (40.0, 60.0, 80.0),
    "face_px": (64.0, 40.0, 16.0),
}


def doubted(stage: Any, **aspects: float) -> float:
    """Confidence in a plain face, but for the aspects that are given."""
    mesh_FV3 = stage.seen(stage.placed((0, 0, 0), (0, 0, 600)))[None]
    faces = heads(mesh_FV3, stage.camera)
    away_mm = HEAD_HEIGHT_MM * stage.camera.focal_px / aspects.get("face_px", 200.0)
    faces = replace(
        faces,
        rotation_F33=stage.rotation((0, aspects.get("turn_deg", 0.0), 0))[None],
        translation_F3=np.array([[0, 0, away_mm]]),
        misfit_mm=np.array([aspects.get("misfit_mm", 0.0)]),
    )
    score_F, presence_F, wobble_F = (
        np.array([aspects.get(name, plain)])
        for name, plain in (("score", 1.0), ("presence", 1.0), ("wobble", 0.0))
    )
    columns = visibility_columns(mesh_FV3, faces, stage.camera, score_F, presence_F, wobble_F)
    return float(columns[0, 0])


@pytest.mark.parametrize("aspect", ASPECTS)
def test_each_aspect_alone_takes_the_confidence_from_full_to_none(aspect: str, stage: Any) -> None:
    full, half, none = ASPECTS[aspect]
    assert doubted(stage) == 1
    found = [
        doubted(stage, **{aspect: value})
        for value in (2 * full - half, full, (full + half) / 2, half, none, 2 * none - half)
    ]
    np.testing.assert_allclose(found, [1, 1, 0.75, 0.5, 0, 0], atol=1e-9)


def test_confidence_is_the_weakest_aspect_not_their_product(stage: Any) -> None:
    half = {aspect: values[1] for aspect, values in ASPECTS.items()}
    assert doubted(stage, **half) == pytest.approx(0.5)
    assert doubted(stage, **{**half, "wobble": 0.33}) == pytest.approx(0.25)


def crop() -> U8:
    """A sharp crop: random blotches of two pixels, grey."""
    grey = np.random.default_rng(5).uniform(20, 165, (SIDE_PX // 2, SIDE_PX // 2))
    return np.repeat(np.repeat(grey, 2, 0), 2, 1)[..., None].repeat(3, 2).astype(np.uint8)


def blurred(image: U8, sigma_px: float, *, across_only: bool = False) -> U8:
    down_px = 1e-3 if across_only else sigma_px
    return cv2.GaussianBlur(image, (0, 0), sigma_px, sigmaY=down_px).astype(np.uint8)


def test_the_blurrier_a_crop_the_higher_its_blur() -> None:
    images = [crop(), *(blurred(crop(), sigma_px) for sigma_px in (1, 2, 4))]
    blur = [light(image)[0] for image in images]
    assert (np.diff(blur) > 0.1).all()
    assert 0 <= blur[0] < 0.2
    assert 0.5 < blur[-1] <= 1


def test_blur_in_one_direction_is_blur() -> None:
    smeared = blurred(crop(), 4, across_only=True)
    blur = light(smeared)[0]
    assert blur > light(crop())[0] + 0.3
    assert light(np.ascontiguousarray(smeared.transpose(1, 0, 2)))[0] == blur


@pytest.mark.parametrize("gain", [0.5, 1.5])
def test_a_gain_scales_the_brightness_and_hardly_changes_the_blur(gain: float) -> None:
    for image in (crop(), blurred(crop(), 1)):  # more blur leaves few grey levels to scale
        blur, brightness = light(image)
        changed = light(np.rint(image * gain).astype(np.uint8))
        assert changed[0] == pytest.approx(blur, abs=0.02)
        assert changed[1] == pytest.approx(gain * brightness, abs=0.003)


@pytest.mark.parametrize("grey", [0, 51, 204, 255])
def test_a_blank_crop_has_its_grey_value_and_nothing_left_to_blur(grey: int) -> None:
    blur, brightness = light(np.full((SIDE_PX, SIDE_PX, 3), grey, dtype=np.uint8))
    assert brightness == pytest.approx(grey / 255)
    assert blur == 1


def test_only_the_middle_of_a_crop_tells_its_light() -> None:
    changed = crop()
    middle = slice(SIDE_PX // 4, 3 * SIDE_PX // 4)
    border = np.ones((SIDE_PX, SIDE_PX), dtype=np.bool_)
    border[middle, middle] = False
    changed[border] = 255
    assert light(changed) == light(crop())
