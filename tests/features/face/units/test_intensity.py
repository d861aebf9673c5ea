"""Measures into intensities: neutral faces, smoothing, presences."""

# F = frames

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from depx.features.face.units.intensity import Faces, faces_of, intensity, presence, rated, smoothed
from depx.features.face.units.signs import SIDES, Sign, Unit
from depx.features.face.units.units import MEASURES, UNIT_COLUMNS, unit_columns
from depx.features.types import F64, I64

RATE_HZ = 25.0
SIGN = Sign(name="a", of=lambda head_FV3: head_FV3[:, 0, 0], sided=False, reach=10.0)


def faces(face_id_F: I64 | list[int], good_F: object = None, rate_hz: float = RATE_HZ) -> Faces:
    ids_F = np.asarray(face_id_F, dtype=np.int64)
    good = ids_F >= 0 if good_F is None else np.asarray(good_F, dtype=np.bool_)
    return faces_of(ids_F, good, np.arange(len(ids_F)) / rate_hz)


def test_the_neutral_is_the_quantile_that_the_sign_names() -> None:
    measure_F = np.arange(101.0)
    for share in (0.1, 0.5):
        found_F = intensity(measure_F, faces([0] * 101, rate_hz=5), replace(SIGN, neutral=share))
        np.testing.assert_allclose(
            found_F, np.clip(5 * (measure_F - 100 * share) / 10, 0, 5), atol=1e-9
        )


def test_only_good_frames_tell_the_neutral_face() -> None:
    measure_F = np.repeat([0.0, 8.0], 50)
    found_F = intensity(measure_F, faces([0] * 100, measure_F == 0, rate_hz=5), SIGN)
    np.testing.assert_allclose(found_F, np.repeat([0.0, 4.0], 50))


def test_each_face_has_its_own_neutral() -> None:
    measure_F = np.repeat([3.0, 9.0, 3.0], 40)
    found = faces([0] * 40 + [1] * 40 + [0] * 40)
    np.testing.assert_allclose(intensity(measure_F, found, SIGN), 0)
    assert found.counts()["neutral_frames"] == 120


def test_a_face_without_good_frames_takes_all_its_frames_and_is_counted() -> None:
    found = faces([0] * 40 + [1] * 40, [True] * 40 + [False] * 40)
    assert found.counts() == {
        "neutral_frames": 80,
        "faces_that_always_smile": 0,
        "faces_without_good_frames": 1,
        "faces_too_brief_for_units": 0,
        "frames_too_brief_for_units": 0,
    }
    assert intensity(np.repeat([3.0, 9.0], 40), found, SIGN).max() == 0


def test_a_face_seen_for_less_than_half_a_second_has_no_units_and_is_counted() -> None:
    found = faces([0] * 40 + [1] * 12)
    intensity_F = intensity(np.zeros(52), found, SIGN)
    assert np.isfinite(intensity_F[:40]).all()
    assert np.isnan(intensity_F[40:]).all()
    assert found.counts()["faces_too_brief_for_units"] == 1
    assert found.counts()["frames_too_brief_for_units"] == 12
    assert np.isfinite(intensity(np.zeros(53), faces([0] * 40 + [1] * 13), SIGN)).all()


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("rate_hz", [25.0, 1.0])
def test_a_video_of_one_or_two_frames_has_no_units_however_long_they_last(
    rows: int, rate_hz: float
) -> None:
    good_F = np.ones(rows, dtype=np.bool_)
    unit_FU, counts = unit_columns(
        np.zeros((rows, len(MEASURES)), dtype=np.float32),
        np.zeros(rows, dtype=np.int64),
        good_F,
        np.arange(rows) / rate_hz,
    )
    assert np.isnan(unit_FU).all()
    assert counts["faces_too_brief_for_units"] == 1
    assert counts["frames_too_brief_for_units"] == rows


def test_three_frames_that_last_long_enough_tell_the_neutral_and_two_good_ones_do_not() -> None:
    three = faces([0] * 3, rate_hz=1)
    np.testing.assert_allclose(intensity(np.array([0.0, 0.0, 4.0]), three, SIGN), [0, 0, 2])
    assert three.counts()["neutral_frames"] == 3
    two_good = faces([0] * 4, [True, True, False, False], rate_hz=1)
    assert two_good.counts()["faces_without_good_frames"] == 1
    assert two_good.counts()["neutral_frames"] == 4


def test_the_person_s_own_measure_can_be_the_unit_of_reach() -> None:
    sign = replace(SIGN, reach=0.8, yardstick="b")
    yardstick_F = np.repeat([10.0, 5.0], 40)
    measure_F = np.zeros(80)
    measure_F[[39, 79]] = 4.0
    found_F = intensity(measure_F, faces([0] * 40 + [1] * 40, rate_hz=5), sign, yardstick_F)
    assert found_F[39] == pytest.approx(5 * 4 / (0.8 * 10))
    assert found_F[79] == pytest.approx(5 * 4 / (0.8 * 5))


def test_smoothing_averages_three_frames_at_25_hz_and_never_across_faces_or_gaps() -> None:
    measure_F = np.array([0, 3, 0, 0, 9, 9, np.nan, 6, 6.0])
    found_F = smoothed(measure_F, faces([0, 0, 0, 0, 1, 1, -1, 1, 1]))
    np.testing.assert_allclose(found_F, [1.5, 1, 1, 0, 9, 9, np.nan, 6, 6])


def test_smoothing_spans_the_same_time_at_any_rate() -> None:
    assert [faces([0] * 5, rate_hz=hz).smooth for hz in (5, 15, 25, 30, 60)] == [1, 3, 3, 3, 7]


def test_a_value_that_is_missing_for_a_moment_is_not_filled_in() -> None:
    found_F = smoothed(np.array([1.0, np.nan, 3.0]), faces([0, 0, 0]))
    np.testing.assert_allclose(found_F, [1.0, np.nan, 3.0])


def test_presence_has_hysteresis() -> None:
    intensity_F = np.array([0, 0.7, 1.0, 0.7, 0.5, 0.4, 0.7, 1.2, 0.0])
    found_F = presence(intensity_F, faces([0] * 9), Unit(signs=(SIGN,)))
    assert found_F.tolist() == [0, 0, 1, 1, 1, 0, 0, 1, 0]


def test_a_lost_frame_or_another_face_ends_a_unit() -> None:
    unit = Unit(signs=(SIGN,))
    intensity_F = np.array([2.0, 0.7, np.nan, 0.7, 2.0, 0.7, 0.7, 0.7])
    found_F = presence(intensity_F, faces([0, 0, -1, 0, 0, 0, 1, 1]), unit)
    np.testing.assert_array_equal(found_F, [1, 1, np.nan, 0, 1, 1, 0, 0])


def test_signs_are_weighted_and_a_texture_that_was_not_read_is_left_out() -> None:
    texture = Sign(name="b", reach=5.0, weight=3)
    unit = Unit(signs=(SIGN, texture))
    still_F = np.zeros(30)
    columns: dict[str, F64] = {name: still_F.copy() for name in ("a", "b_right", "b_left")}
    columns["right_share"] = np.full(30, 0.5)
    columns["a"][20:] = 4.0  # intensity 2
    columns["b_right"][20:] = 1.0  # intensity 1
    columns["b_left"][20:] = 3.0  # intensity 3
    columns["b_left"][25:] = np.nan
    columns["b_right"][27:] = np.nan
    columns["a"][29] = np.nan
    found_F = rated(columns.__getitem__, unit, faces([0] * 30, rate_hz=5), SIDES)
    assert found_F[20] == pytest.approx((2 + 3 * 2) / 4)
    assert found_F[25] == pytest.approx((2 + 3 * 1) / 4)
    assert found_F[27] == pytest.approx(2)
    assert np.isnan(found_F[29])
    right_F = rated(columns.__getitem__, unit, faces([0] * 30, rate_hz=5), ("right",))
    assert right_F[20] == pytest.approx((2 + 3 * 1) / 4)


def test_a_texture_fades_out_as_its_side_turns_away_and_never_jumps() -> None:
    unit = Unit(signs=(SIGN, Sign(name="b", reach=5.0)))
    columns: dict[str, F64] = {name: np.zeros(60) for name in ("a", "b_right", "b_left")}
    columns["b_right"][20:] = 4.0
    columns["right_share"] = np.r_[np.full(20, 0.5), np.linspace(0.5, 0.1, 30), np.full(10, 0.1)]
    columns["b_right"][columns["right_share"] <= 0.1] = np.nan
    plain = faces([0] * 60, np.arange(60) < 20, rate_hz=5)
    found_F = rated(columns.__getitem__, unit, plain, SIDES)
    assert found_F[20] == pytest.approx(1.0)
    assert (np.diff(found_F[20:]) <= 0).all()
    assert np.abs(np.diff(found_F[20:])).max() < 0.25
    assert found_F[-1] == 0


def test_an_hour_of_frames_needs_little_beside_its_columns() -> None:
    rows = 90_000
    rng = np.random.default_rng(0)
    measure_FM = rng.random((rows, len(MEASURES)), dtype=np.float32)
    face_id_F, good_F = np.repeat(np.arange(30), rows // 30), np.ones(rows, dtype=np.bool_)
    time_s = np.arange(rows) / RATE_HZ
    tracemalloc.start()
    unit_FU, _ = unit_columns(measure_FM, face_id_F, good_F, time_s)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - unit_FU.nbytes < 20e6
    assert unit_FU.shape == (rows, len(UNIT_COLUMNS))
    assert unit_FU.dtype == np.float32
