"""Landmarks without the head's motion keep the expression and lose the head."""

# T = frames, L = 68 landmarks

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from depx.features.face.head.canonical import HEAD
from depx.features.face.head.landmarks import landmarks
from depx.features.types import F32, F64
from depx.train.mccl.landmarks import RIGID, frontal, without_the_person

POINTS_L3 = landmarks(HEAD[None])[0]


def laid_out(point_TL3: F64) -> F32:
    return point_TL3.transpose(0, 2, 1).reshape(len(point_TL3), -1).astype(np.float32)


def smiling(frames: int) -> F64:
    """Points whose mouth opens and widens from frame to frame."""
    point_TL3 = np.repeat(POINTS_L3[None], frames, axis=0)
    how_T1 = np.linspace(0, 1, frames)[:, None]
    point_TL3[:, 48, 0] -= 4 * how_T1[:, 0]
    point_TL3[:, 55:60, 1] += 6 * how_T1
    return point_TL3


def moved(point_TL3: F64, seed: int = 0) -> F64:
    """Turn, shift and scale each frame by itself."""
    rng = np.random.default_rng(seed)
    turn_T33 = Rotation.from_euler("xyz", rng.uniform(-0.8, 0.8, (len(point_TL3), 3))).as_matrix()
    scale_T11 = rng.uniform(0.5, 2.0, (len(point_TL3), 1, 1))
    shift_T13 = rng.uniform(-300, 300, (len(point_TL3), 1, 3))
    return scale_T11 * np.einsum("tij,tlj->tli", turn_T33, point_TL3) + shift_T13


def test_a_turned_shifted_scaled_face_is_the_same_face() -> None:
    point_TL3 = smiling(7)
    np.testing.assert_allclose(frontal(laid_out(moved(point_TL3))), laid_out(point_TL3), atol=2e-3)


def test_a_mirrored_face_is_not_turned_into_the_face() -> None:
    mirrored = smiling(2) * np.array([-1.0, 1.0, 1.0])
    assert np.abs(frontal(laid_out(mirrored)) - laid_out(smiling(2))).max() > 5


def test_an_unmeasured_point_is_unmeasured_and_a_head_without_its_nose_is_none() -> None:
    point_TL3 = moved(smiling(3))
    point_TL3[1, 8] = np.nan
    point_TL3[2, RIGID[0]] = np.nan
    value_TL3 = frontal(laid_out(point_TL3)).reshape(3, 3, 68).transpose(0, 2, 1)
    assert np.isfinite(value_TL3[0]).all()
    assert np.isnan(value_TL3[1, 8]).all()
    assert np.isfinite(np.delete(value_TL3[1], 8, axis=0)).all()
    assert np.isnan(value_TL3[2]).all()


@pytest.mark.parametrize("frames", [0, 1])
def test_few_frames_and_a_point_of_a_head(frames: int) -> None:
    one_point = np.zeros((frames, 204), dtype=np.float32)
    assert np.isnan(frontal(one_point)).all()


def test_without_the_person_two_people_smile_alike() -> None:
    wider = smiling(5) + np.random.default_rng(1).normal(0, 3, (1, 68, 3))
    one, other = (without_the_person(laid_out(face)) for face in (smiling(5), wider))
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert np.abs(one).max() > 2
    nothing = np.full((3, 204), np.nan, dtype=np.float32)
    assert np.isnan(without_the_person(nothing)).all()
