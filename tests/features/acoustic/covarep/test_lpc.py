"""Linear prediction: the normal equations are solved, and the residual is what they leave."""

# N = samples, F = frames, L = samples of a frame

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from depx.features.acoustic.covarep.lpc import autocorrelation, levinson, lp_residual, lpc
from depx.features.types import F64

RATE = 16_000
HOP, LENGTH = 80, 401  # of the residual's frames at 16 kHz


def noise(samples: int, seed: int = 0) -> F64:
    return np.random.default_rng(seed).standard_normal(samples)


def speechlike(samples: int) -> F64:
    """Noise and a pulse every 8 ms through two resonances."""
    x_N = 0.05 * noise(samples)
    x_N[::128] += 1
    for hz, width_hz in ((700, 90), (1800, 150)):
        r = np.exp(-np.pi * width_hz / RATE)
        x_N = lfilter([1], [1, -2 * r * np.cos(2 * np.pi * hz / RATE), r * r], x_N)
    return np.asarray(x_N)


def slow_lpc(frame_L: F64, order: int) -> F64:
    r_K = np.array([frame_L[: frame_L.size - k] @ frame_L[k:] for k in range(order + 1)])
    return np.concatenate([[1.0], -solve_toeplitz(r_K[:-1], r_K[1:])])


def slow_residual(x_N: F64, order: int, predict_N: F64) -> F64:
    """Frame by frame, as the definition reads."""
    out_N = np.zeros(x_N.size)
    window_L = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LENGTH) / (LENGTH - 1))
    for first in range(0, x_N.size - LENGTH, HOP):
        span = slice(first, first + LENGTH)
        frame_L = x_N[span] * window_L
        left_L = lfilter(slow_lpc(predict_N[span] * window_L, order), [1.0], frame_L)
        out_N[span] += left_L * np.sqrt((frame_L @ frame_L) / (left_L @ left_L))
    return out_N


@pytest.mark.parametrize("order", [1, 8, 20])
def test_a_batch_solves_the_normal_equations_of_each_frame(order: int) -> None:
    frames_FL = lfilter([1.0], [1, -0.9], noise(7 * 230)).reshape(7, 230)
    expected = [slow_lpc(frame_L, order) for frame_L in frames_FL]
    np.testing.assert_allclose(lpc(frames_FL, order), expected, rtol=1e-9, atol=1e-11)


def test_the_coefficients_of_a_recursive_filter_are_found_in_its_response() -> None:
    a_K = np.array([1.0, -1.6, 0.95, -0.1])
    response_L = lfilter([1.0], a_K, np.eye(1, 3000)[0])
    np.testing.assert_allclose(lpc(response_L[None], 3)[0], a_K, atol=1e-9)


def test_inverse_filters_have_their_zeros_within_the_unit_circle() -> None:
    for a_K in lpc(speechlike(4000).reshape(10, 400) * np.hanning(400), 18):
        assert np.abs(np.roots(a_K)).max() < 1


def test_frames_padded_to_a_common_length_are_predicted_as_they_are_alone() -> None:
    short_L = noise(90)
    padded_FL = np.zeros((2, 250))
    padded_FL[0, :90], padded_FL[1] = short_L, noise(250, seed=1)
    np.testing.assert_allclose(lpc(padded_FL, 12)[0], lpc(short_L[None], 12)[0], atol=1e-12)


def test_a_frame_of_zeros_is_its_own_residual_and_leaves_its_neighbours_alone() -> None:
    frames_FL = np.stack([noise(100), np.zeros(100)])
    a_FK = lpc(frames_FL, 6)
    np.testing.assert_array_equal(a_FK[1], [1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(a_FK[0], lpc(frames_FL[:1], 6)[0], rtol=1e-12)


def test_an_order_beyond_the_frame_and_a_perfectly_predicted_frame_stay_finite() -> None:
    assert np.isfinite(lpc(np.ones((1, 3)), 9)).all()
    endless = levinson(np.ones((1, 12)))  # autocorrelation of a constant that never ends
    np.testing.assert_allclose(endless[0], [1, -1] + [0] * 10, atol=1e-12)
    assert autocorrelation(np.ones((1, 3)), 5).tolist() == [[3, 2, 1, 0, 0, 0]]


def test_the_residual_is_that_of_a_slow_loop_over_frames() -> None:
    x_N = speechlike(6000)
    np.testing.assert_allclose(
        lp_residual(x_N, RATE, 18), slow_residual(x_N, 18, x_N), atol=1e-7 * np.abs(x_N).max()
    )


def test_another_signal_may_give_the_filters() -> None:
    x_N, other_N = speechlike(4000), np.diff(speechlike(4001))
    np.testing.assert_allclose(
        lp_residual(x_N, RATE, 12, predict_N=other_N),
        slow_residual(x_N, 12, other_N),
        atol=1e-7 * np.abs(x_N).max(),
    )


def test_pulses_stand_out_of_the_residual_where_they_drove_the_resonances() -> None:
    residual_N = lp_residual(speechlike(8000), RATE, 18)
    inner_N = residual_N[1024:7040]
    strongest = np.sort(np.argsort(inner_N)[-inner_N.size // 128 :])
    np.testing.assert_array_equal(strongest % 128, 0)


@pytest.mark.parametrize("gain", [0.1, -1.0])
def test_the_residual_scales_with_the_signal(gain: float) -> None:
    x_N = speechlike(5000)
    np.testing.assert_allclose(
        lp_residual(gain * x_N, RATE, 18), gain * lp_residual(x_N, RATE, 18), atol=1e-9
    )


def test_the_residual_of_a_piece_is_that_of_the_whole_but_at_the_ends() -> None:
    x_N = speechlike(60_000)
    start = 100 * HOP
    piece_N = lp_residual(x_N[start : start + 30_000], RATE, 18)
    whole_N = lp_residual(x_N, RATE, 18)[start : start + 30_000]
    inner = slice(LENGTH, 30_000 - LENGTH - HOP)
    np.testing.assert_allclose(piece_N[inner], whole_N[inner], atol=1e-9 * np.abs(x_N).max())


@pytest.mark.parametrize("value", [0.0, 0.3, -1 / 32768])
def test_a_stretch_of_one_value_leaves_nothing(value: float) -> None:
    x_N = speechlike(12_000)
    x_N[4000:8000] = value
    residual_N = lp_residual(x_N, RATE, 18)
    assert np.all(residual_N[4000 + LENGTH : 8000 - LENGTH] == 0)
    assert np.isfinite(residual_N).all()
    assert residual_N[:4000].std() > 0
    assert residual_N[8000:].std() > 0


@pytest.mark.parametrize("samples", [0, 1, 400, 401])
def test_what_is_shorter_than_a_frame_has_a_residual_of_zeros(samples: int) -> None:
    np.testing.assert_array_equal(lp_residual(noise(samples), RATE, 18), np.zeros(samples))


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 44_100, 48_000])
def test_any_rate_gives_a_residual_as_long_and_about_as_strong_as_the_signal(rate_hz: int) -> None:
    x_N = noise(rate_hz)
    residual_N = lp_residual(x_N, rate_hz, 12)
    assert residual_N.size == rate_hz
    inner_N = residual_N[rate_hz // 10 : -rate_hz // 10]
    assert 2 < inner_N.std() < 3  # the windows of five overlapping frames add up to 2.5
