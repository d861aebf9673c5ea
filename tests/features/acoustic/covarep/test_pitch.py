"""F0 and voicing: known voices are found, and the search is the one that the paper sums up."""

# N = samples, F = frames

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter

from depx.features.acoustic.covarep.lpc import lp_residual
from depx.features.acoustic.covarep.pitch import (
    frame_times,
    median_f0,
    pitch_range,
    srh,
    voiced,
    voicing_threshold,
)
from depx.features.types import F64

RATE = 16_000


def voice(f0_hz: float, rate_hz: int = RATE, seconds: float = 1.0) -> F64:
    """Sound a pulse train at `f0_hz` through two resonances, with a little noise.

    No voice is so even: three times F0 collects as much as F0 itself, and must not be a candidate.
    """
    x_N = 0.01 * np.random.default_rng(0).standard_normal(int(seconds * rate_hz))
    x_N[np.arange(0, x_N.size - 0.5, rate_hz / f0_hz).round().astype(int)] += 1
    for hz, width_hz in ((700, 90), (1800, 150)):
        r = np.exp(-np.pi * width_hz / rate_hz)
        x_N = lfilter([1], [1, -2 * r * np.cos(2 * np.pi * hz / rate_hz), r * r], x_N)
    return np.asarray(x_N / np.abs(x_N).max())


def slow_srh(x_N: F64, rate_hz: int, low_hz: int, high_hz: int) -> tuple[F64, F64]:
    """Candidate by candidate in double precision, with bins that count from one."""
    residual_N = lp_residual(x_N, rate_hz, int(0.75 * rate_hz / 1000 + 0.5))
    length = round((int(0.1 * rate_hz + 0.5) - 2) / 2 + 1e-9) * 2
    hop, bins = int(0.01 * rate_hz + 0.5), rate_hz // 2
    f0, value = [], []
    for first in range(0, x_N.size - length, hop):
        frame_L = residual_N[first : first + length] * np.blackman(length)
        level_B = np.abs(np.fft.fft(frame_L - frame_L.mean(), rate_hz))[:bins]
        level_B /= np.linalg.norm(level_B)
        sums = {}
        for hz in range(low_hz, high_hz + 1):
            peaks = [k * hz for k in range(1, 6)]
            gaps = [int((k + 0.5) * hz + 0.5) for k in range(1, 5)]
            sums[hz] = sum(level_B[(p - 1) % bins] for p in peaks)
            sums[hz] -= sum(level_B[(g - 1) % bins] for g in gaps)
        best = max(sums, key=lambda hz: sums[hz])
        f0.append(best)
        value.append(sums[best])
    return np.array(f0, dtype=float), np.array(value)


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("f0_hz", [82.0, 137.0, 251.0])
def test_the_f0_of_a_pulse_train_is_found_at_any_rate(f0_hz: float, rate_hz: int) -> None:
    f0_F, value_F = srh(voice(f0_hz, rate_hz), rate_hz, round(f0_hz / 2), round(2 * f0_hz))
    assert np.abs(f0_F - f0_hz).max() <= 1
    assert voiced(value_F, voicing_threshold(value_F)).all()


def test_noise_has_no_voice() -> None:
    value_F = srh(np.random.default_rng(1).standard_normal(2 * RATE), RATE, 50, 500)[1]
    assert voiced(value_F, voicing_threshold(value_F)).mean() < 0.05


@pytest.mark.parametrize("rate_hz", [4000, 11_025, 16_000])
def test_the_search_is_that_of_a_slow_loop_over_candidates(rate_hz: int) -> None:
    x_N = voice(143.0, rate_hz, 0.2) + np.linspace(0, 3, int(0.2 * rate_hz)) * voice(
        97.0, rate_hz, 0.2
    )
    f0_F, value_F = srh(x_N, rate_hz, 60, 450)
    slow_f0_F, slow_value_F = slow_srh(x_N, rate_hz, 60, 450)
    np.testing.assert_array_equal(f0_F, slow_f0_F)
    np.testing.assert_allclose(value_F, slow_value_F, atol=2e-5)


def test_frames_are_10_ms_apart_from_sample_800_counted_from_one() -> None:
    time_F = frame_times(RATE, RATE)
    np.testing.assert_allclose(time_F[:3], [800 / RATE, 960 / RATE, 1120 / RATE], rtol=1e-12)
    assert time_F.size == srh(np.zeros(RATE), RATE, 50, 500)[0].size == 91
    for rate_hz in (8000, 32_000, 44_100, 48_000):
        time_F = frame_times(rate_hz, rate_hz)
        assert time_F.size == srh(np.zeros(rate_hz), rate_hz, 50, 500)[0].size
        np.testing.assert_allclose(np.diff(time_F), 0.01, rtol=1e-9)
        assert abs(time_F[0] - 0.05) < 1e-9


def test_a_frame_is_measured_around_its_time() -> None:
    x_N = np.concatenate([voice(100.0), voice(200.0)])
    f0_F = srh(x_N, RATE, 60, 250)[0]
    time_F = frame_times(x_N.size, RATE)
    assert np.abs(f0_F[time_F < 0.95] - 100).max() <= 1
    assert np.abs(f0_F[time_F > 1.05] - 200).max() <= 1


@pytest.mark.parametrize("gain", [0.1, -1.0])
def test_loudness_and_polarity_change_nothing(gain: float) -> None:
    x_N = voice(120.0)
    f0_F, value_F = srh(x_N, RATE, 50, 500)
    other_f0_F, other_value_F = srh(gain * x_N, RATE, 50, 500)
    np.testing.assert_array_equal(other_f0_F, f0_F)
    np.testing.assert_allclose(other_value_F, value_F, rtol=1e-5)


def test_frames_that_are_asked_for_are_searched_as_all_are() -> None:
    x_N = voice(120.0)
    every_f0_F, every_value_F = srh(x_N, RATE, 130, 300)
    some_F = np.array([0, 7, 40, 90])
    f0_F, value_F = srh(x_N, RATE, 130, 300, frames=some_F)
    np.testing.assert_array_equal(f0_F, every_f0_F[some_F])
    np.testing.assert_allclose(value_F, every_value_F[some_F], rtol=1e-6)
    assert srh(x_N, RATE, 130, 300, frames=some_F[:0])[0].size == 0


def test_a_second_search_is_needed_only_where_the_first_fell_outside_its_range() -> None:
    x_N = voice(137.0)  # 411 Hz collect as much
    f0_F, value_F = srh(x_N, RATE, 50, 500)
    low_hz, high_hz = 100, 240
    outside_F = np.flatnonzero((f0_F < low_hz) | (f0_F > high_hz))
    assert 0 < outside_F.size < f0_F.size
    f0_F[outside_F], value_F[outside_F] = srh(x_N, RATE, low_hz, high_hz, frames=outside_F)
    expected_f0_F, expected_value_F = srh(x_N, RATE, low_hz, high_hz)
    np.testing.assert_array_equal(f0_F, expected_f0_F)
    np.testing.assert_allclose(value_F, expected_value_F, rtol=1e-6)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
def test_a_piece_is_measured_as_the_whole_is(rate_hz: int) -> None:
    x_N = voice(120.0, rate_hz, 4.0) + 0.1 * voice(201.0, rate_hz, 4.0)
    f0_F, value_F = srh(x_N, rate_hz, 50, 500)
    piece_f0_F, piece_value_F = srh(x_N[rate_hz : 3 * rate_hz], rate_hz, 50, 500)
    inner = slice(5, -10)
    np.testing.assert_array_equal(piece_f0_F[inner], f0_F[100:][: piece_f0_F.size][inner])
    np.testing.assert_allclose(
        piece_value_F[inner], value_F[100:][: piece_f0_F.size][inner], rtol=1e-5
    )


def test_the_second_range_is_an_octave_around_the_median_of_sure_frames() -> None:
    value_F = np.array([0.2, 0.11, 0.3, 0.1, 0.05, np.nan])
    assert pitch_range(np.array([120, 130, 125, 480, 60, np.nan]), value_F) == (63, 250)
    assert pitch_range(np.array([80, 90, 70, 480, 60, np.nan]), value_F) == (50, 160)
    assert pitch_range(np.array([300, 290, 310, 480, 60, np.nan]), value_F) == (150, 500)
    assert pitch_range(np.full(6, 90.0), np.full(6, 0.1)) == (50, 500)


def test_the_voicing_threshold_rises_where_values_spread() -> None:
    assert voicing_threshold(np.array([0.0, 0.07])) == 0.07  # spread .0495
    assert voicing_threshold(np.array([0.0, 0.072, np.nan])) == 0.085  # .0509
    assert voicing_threshold(np.array([0.3])) == 0.07
    assert voicing_threshold(np.zeros(0)) == 0.07
    np.testing.assert_array_equal(
        voiced(np.array([0.08, 0.07, np.nan]), 0.07), [True, False, False]
    )


def test_the_median_f0_is_that_of_voiced_frames() -> None:
    f0_F = np.array([100, 110, 400, np.nan])
    assert median_f0(f0_F, np.array([True, True, False, False])) == 105
    assert np.isnan(median_f0(f0_F, np.zeros(4, dtype=bool)))


@pytest.mark.parametrize("x_N", [np.zeros(RATE), np.full(RATE, 0.2)])
def test_silence_has_no_f0(x_N: F64) -> None:
    f0_F, value_F = srh(x_N, RATE, 50, 500)
    assert f0_F.size == 91
    assert np.isnan(f0_F).all()
    assert np.isnan(value_F).all()
    assert pitch_range(f0_F, value_F) == (50, 500)


def test_a_silent_stretch_is_not_measured_and_does_not_disturb_the_rest() -> None:
    x_N = voice(120.0, seconds=3.0)
    x_N[RATE : 2 * RATE] = 0
    f0_F = srh(x_N, RATE, 60, 250)[0]
    time_F = frame_times(x_N.size, RATE)
    assert np.isnan(f0_F[(time_F > 1.08) & (time_F < 1.92)]).all()
    assert np.abs(f0_F[(time_F < 0.95) | (time_F > 2.05)] - 120).max() <= 1


@pytest.mark.parametrize("samples", [0, 1, 800, 1598])
def test_what_is_shorter_than_a_frame_has_none(samples: int) -> None:
    assert srh(np.ones(samples), RATE, 50, 500)[0].size == frame_times(samples, RATE).size == 0


@pytest.mark.parametrize("name", ["librivox_0870", "numbers", "bdl16k", "bdl32k"])
def test_references_have_covareps_f0_and_voicing(real_data: Path, name: str) -> None:
    import soundfile
    from scipy.io import loadmat

    x_N, rate_hz = soundfile.read(real_data / "covarep" / f"{name}.wav")
    native = loadmat(real_data / "covarep" / f"{name}.native.mat")["nat"][0, 0]
    low_hz, high_hz = pitch_range(*srh(x_N, rate_hz, 50, 500))
    f0_F, value_F = srh(x_N, rate_hz, low_hz, high_hz)
    voiced_F = voiced(value_F, voicing_threshold(value_F))
    np.testing.assert_allclose(
        frame_times(x_N.size, rate_hz), native["srh_time"].ravel(), atol=1e-9
    )
    assert (np.abs(f0_F - native["srh_f0"].ravel()) <= 0.5).mean() >= 0.995
    assert (voiced_F == native["srh_vuv"].ravel()).mean() >= 0.995
    assert median_f0(f0_F, voiced_F) == native["F0med"].item()
