"""Circular statistics over time: steady, drifting and random phases; the ends; the original."""

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import filtfilt, medfilt

from depx.features.acoustic.covarep.harmonics import harmonics, wrap
from depx.features.acoustic.covarep.phase import BINS, phase_distortion
from depx.features.acoustic.covarep.phase_statistics import (
    CONTEXT,
    EDGE_RAD,
    frequency_groups,
    interpolate_angles,
    phase_statistics,
)
from depx.features.types import F32, F64

RATE = 16_000
REFERENCES = ["librivox_0870", "numbers", "bdl16k", "bdl32k"]

# F = frames, B = bins, G = groups of bins, C = coefficients, T = times asked for


def statistics(distortion_FB: F64, *, compat: bool = False) -> tuple[F32, F32]:
    measured_F = np.ones(len(distortion_FB), bool)
    return phase_statistics(distortion_FB.astype(np.float32), measured_F, RATE, compat=compat)


def steady(frames: int, angle: float) -> F64:
    return np.full((frames, BINS), angle)


def noise(frames: int, seed: int = 1, spread: float = np.pi) -> F64:
    return np.random.default_rng(seed).uniform(-spread, spread, (frames, BINS))


def circular_r(a: F64, b: F64) -> float:
    """Correlate angles as Jammalamadaka & SenGupta do."""
    a, b = (np.sin(x - np.angle(np.exp(1j * x).mean())) for x in (a, b))
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


@pytest.mark.parametrize("angle", [0.0, 1.0, -2.0, 3.1])
def test_a_steady_phase_is_its_own_mean_and_deviates_least(angle: float) -> None:
    mean_FG, deviation_FC = statistics(steady(80, angle))
    np.testing.assert_allclose(mean_FG, angle, atol=1e-5)
    np.testing.assert_allclose(deviation_FC[1:-1, 0], np.log(0.001), rtol=1e-5)
    np.testing.assert_allclose(deviation_FC[1:-1, 1:], 0, atol=1e-5)


def test_groups_that_are_0_in_every_frame_stay_exactly_0() -> None:
    distortion_FB = noise(90)
    distortion_FB[:, :6] = 0
    mean_FG, _ = statistics(distortion_FB)
    assert (mean_FG[:, :6] == 0).all()
    assert (mean_FG[:, 6:] != 0).any(axis=0).all()


def test_phases_around_half_a_turn_do_not_average_to_0() -> None:
    alternating_FB = steady(80, np.pi - 0.2)
    alternating_FB[::2] = -np.pi + 0.2
    mean_FG, _ = statistics(alternating_FB)
    assert np.abs(mean_FG[CONTEXT:-CONTEXT]).min() > 3.1


def test_noise_deviates_more_than_jitter_and_jitter_in_proportion() -> None:
    levels = [statistics(noise(120, spread=s))[1][20:-20, 0].mean() for s in (0.05, 0.2, np.pi)]
    assert levels[1] - levels[0] == pytest.approx(np.log(4), abs=0.05)
    assert levels[2] > levels[1] + 1
    assert levels[2] > np.log(0.8)


def test_a_slow_drift_is_a_trend_and_no_deviation() -> None:
    drift_FB = wrap(noise(120, spread=0.1) + 0.1 * np.arange(120)[:, None])
    _, drifting_FC = statistics(drift_FB)
    _, still_FC = statistics(noise(120, spread=0.1))
    np.testing.assert_allclose(drifting_FC[30:-30], still_FC[30:-30], atol=0.15)


def test_where_in_frequency_a_voice_is_noisy_shows_in_the_shape() -> None:
    distortion_FB = noise(100, spread=0.05)
    distortion_FB[:, 200:] = noise(100, seed=2)[:, 200:]
    _, deviation_FC = statistics(distortion_FB)
    assert deviation_FC[20:-20, 1].max() < -1  # less at low frequencies than at high ones


def test_it_is_what_filtering_forward_and_backward_gives() -> None:
    distortion_FB = wrap(np.cumsum(noise(75, spread=0.8), axis=0))

    def twice(value_FB: F64, taps: F64) -> F64:
        padding = 3 * (len(taps) - 1)
        return np.asarray(filtfilt(taps / taps.sum(), 1, value_FB, axis=0, padlen=padding))

    turn_FB = np.exp(1j * distortion_FB)
    mean_FB = np.angle(twice(turn_FB.real, np.ones(25)) + 1j * twice(turn_FB.imag, np.ones(25)))
    groups_B = frequency_groups()
    slow_FG = np.stack(
        [np.angle(np.exp(1j * mean_FB[:, :512][:, groups_B == g]).sum(1)) for g in range(25)], 1
    )
    trend_FB = [medfilt(part, (9, 1)) for part in (turn_FB.real, turn_FB.imag)]
    trend_FB = [twice(part, np.hanning(9)) for part in trend_FB]
    left_FB = np.exp(1j * (np.angle(turn_FB) - np.arctan2(trend_FB[1], trend_FB[0])))
    length_FB = np.hypot(twice(left_FB.real, np.ones(9)), twice(left_FB.imag, np.ones(9)))
    spread_FB = np.sqrt(-2 * np.log(length_FB[1:-1]))
    spread_FB[:, 0] = spread_FB[:, 1]
    mel_B = np.linspace(0, 1127 * np.log(1 + 8000 / 700), BINS)
    warped_B = 700 * (np.exp(mel_B / 1127) - 1)
    log_FB = [np.log(np.interp(warped_B, np.linspace(0, 8000, BINS), s)) for s in spread_FB]
    slow_FC = np.fft.irfft(log_FB, axis=1)[:, :13] * np.where(np.arange(13) > 0, 2, 1)

    mean_FG, deviation_FC = statistics(distortion_FB)
    assert np.abs(wrap(mean_FG.astype(float) - slow_FG)).max() < 1e-3
    np.testing.assert_allclose(deviation_FC[9:-9], slow_FC[8:-8], atol=1e-3)
    # towards the ends the deviation goes to 0, and float32 does not tell 1 from cos 0.001
    np.testing.assert_allclose(deviation_FC[1:-1], slow_FC, atol=0.03)


def test_the_lowest_eight_groups_are_bins_and_the_others_widen_to_half_the_rate() -> None:
    groups_B = frequency_groups()
    width_G = np.bincount(groups_B)
    assert groups_B.shape == (512,)
    assert (np.diff(groups_B) >= 0).all()
    np.testing.assert_array_equal(groups_B[:8], np.arange(8))
    assert len(width_G) == 25
    assert (np.diff(width_G[7:]) >= 0).all()
    assert width_G[8] <= 3  # it starts with slope 1
    assert width_G[24] > 130  # and ends upright


def test_a_piece_with_context_gets_what_the_whole_gets() -> None:
    distortion_FB = noise(300)
    mean_FG, deviation_FC = statistics(distortion_FB)
    piece_FG, piece_FC = statistics(distortion_FB[100 - CONTEXT : 200 + CONTEXT])
    inner = slice(CONTEXT, CONTEXT + 100)
    assert np.abs(wrap(piece_FG[inner].astype(float) - mean_FG[100:200])).max() < 1e-5
    np.testing.assert_allclose(piece_FC[inner], deviation_FC[100:200], atol=1e-5)


def test_a_frame_without_measurement_is_nan_and_its_neighbours_are_not() -> None:
    measured_F = np.ones(60, bool)
    measured_F[30] = False
    mean_FG, deviation_FC = phase_statistics(noise(60).astype(np.float32), measured_F, RATE)
    for value in (mean_FG, deviation_FC):
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(value[1:-1]).all(axis=1)), [29])
        assert np.isfinite(value[1:-1][measured_F[1:-1]]).all()


def test_frames_without_measurement_weigh_nothing_on_their_neighbours() -> None:
    whole_FB = steady(80, 0.7).astype(np.float32)
    holed_FB, measured_F = whole_FB.copy(), np.ones(80, bool)
    measured_F[30:40] = False
    holed_FB[30:40] = noise(10).astype(np.float32)
    mean_FG, _ = phase_statistics(whole_FB, np.ones(80, bool), RATE)
    holed_FG, _ = phase_statistics(holed_FB, measured_F, RATE)
    np.testing.assert_allclose(holed_FG[measured_F], mean_FG[measured_F], atol=1e-5)
    as_coded_FG, _ = phase_statistics(holed_FB, measured_F, RATE, compat=True)
    assert np.abs(as_coded_FG - mean_FG)[measured_F].max() > 0.05


def test_the_outermost_frames_deviate_by_construction_and_are_not_measured() -> None:
    _, deviation_FC = statistics(noise(60))
    assert np.isnan(deviation_FC[[0, -1]]).all()
    _, compat_FC = statistics(noise(60), compat=True)
    np.testing.assert_allclose(compat_FC[[0, -1], 0], np.log(EDGE_RAD), rtol=1e-5)
    np.testing.assert_array_equal(compat_FC[1:-1], deviation_FC[1:-1])


@pytest.mark.parametrize("frames", [0, 1, 2, 5, 24])
@pytest.mark.parametrize("compat", [False, True])
def test_few_frames_raise_nothing(frames: int, compat: bool) -> None:
    mean_FG, deviation_FC = statistics(noise(frames), compat=compat)
    assert mean_FG.shape == (frames, 25)
    assert deviation_FC.shape == (frames, 13)
    assert np.isfinite(mean_FG).all()


def test_angles_go_over_the_shorter_arc_and_stop_at_the_ends() -> None:
    time_F = np.array([0.0, 1.0, 2.0])
    angle_FG = np.array([[3.0, 0.5], [-3.0, 1.5], [-2.0, np.nan]], np.float32)
    asked_T = np.array([-0.1, 0.0, 0.5, 1.0, 1.5, 2.0, 2.1])
    found_TG = interpolate_angles(time_F, angle_FG, asked_T)
    assert np.isnan(found_TG[[0, -1]]).all()
    assert abs(found_TG[2, 0]) == pytest.approx(np.pi, abs=1e-6)
    np.testing.assert_allclose(found_TG[[1, 3, 4, 5], 0], [3.0, -3.0, -2.5, -2.0], rtol=1e-6)
    np.testing.assert_allclose(found_TG[[1, 2, 3], 1], [0.5, 1.0, 1.5], rtol=1e-6)
    assert np.isnan(found_TG[4:6, 1]).all()


def test_no_frame_has_no_angle_anywhere() -> None:
    angle_TG = interpolate_angles(np.empty(0), np.empty((0, 25), np.float32), np.array([0.1]))
    assert angle_TG.shape == (1, 25)
    assert np.isnan(angle_TG).all()


@pytest.mark.parametrize("name", REFERENCES)
def test_hmpd_agrees_with_covarep_on_its_output_grid(real_data: Path, name: str) -> None:
    from scipy.io import loadmat, wavfile

    rate_hz, samples = wavfile.read(real_data / "covarep" / f"{name}.wav")
    native = loadmat(real_data / "covarep" / f"{name}.native.mat")["nat"][0, 0]
    table = np.genfromtxt(real_data / "covarep" / f"{name}.covarep.csv", delimiter=",", names=True)
    time_F, f0_F = native["frame_t"].ravel(), native["frame_f0"].ravel().astype(np.float64)
    blocks = list(
        harmonics(
            samples / 32768 * native["polarity"].item(),
            rate_hz,
            np.rint(time_F * rate_hz).astype(np.int64),
            f0_F,
        )
    )
    distortion_FB = np.concatenate(
        [
            phase_distortion(some, f0_F[some.frames], rate_hz, np.arange(len(f0_F))[some.frames])
            for some in blocks
        ]
    )
    measured_F = np.concatenate([some.count_F > 0 for some in blocks])
    mean_FG, deviation_FC = phase_statistics(distortion_FB, measured_F, rate_hz, compat=True)

    time_T = table["time"]
    mean_TG = np.nan_to_num(interpolate_angles(time_F, mean_FG, time_T))
    for g in range(25):
        expected_T = table[f"HMPDM_{g}"]
        if not expected_T.any():
            assert not mean_TG[:, g].any()
        elif 5 <= g < 24:  # random phases reach into the last group
            assert circular_r(mean_TG[:, g], expected_T) > 0.99
            assert np.median(np.abs(wrap(mean_TG[:, g] - expected_T))) < 0.01
    measured_T = (time_T >= time_F[1]) & (time_T <= time_F[-2])
    for c in range(13):
        found_T = np.interp(time_T, time_F, deviation_FC[:, c], left=0, right=0)
        expected_T = table[f"HMPDD_{c}"]
        assert np.corrcoef(found_T[measured_T], expected_T[measured_T])[0, 1] > 0.99
        assert np.corrcoef(found_T, expected_T)[0, 1] > 0.95
