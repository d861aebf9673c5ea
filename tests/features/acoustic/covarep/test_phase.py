"""Phase distortion is 0 for a pulse, gives phases put in by hand back, and is random for noise."""

import numpy as np
import pytest
from scipy.signal import lfilter

from depx.features.acoustic.covarep.harmonics import harmonics, wrap
from depx.features.acoustic.covarep.phase import BINS, phase_distortion
from depx.features.types import F32, F64

RATE = 16_000
F0_HZ = 125.0  # harmonic k lies on bin 8 k
HARMONICS = 63

# N = samples, F = frames, B = bins, K = harmonics 1, 2, ..


def distortion(
    x_N: F64, rate_hz: int = RATE, f0_hz: float = F0_HZ, first: int = 0, block: int = 128
) -> F32:
    """Measure frames every 10 ms from 50 ms on; `first` is the number of the first in its whole."""
    centre_F = np.arange(rate_hz // 20, x_N.size - rate_hz // 20, rate_hz // 100)
    f0_F = np.full(len(centre_F), f0_hz)
    blocks = [
        phase_distortion(
            some, f0_F[some.frames], rate_hz, first + np.arange(len(f0_F))[some.frames]
        )
        for some in harmonics(x_N, rate_hz, centre_F, f0_F, block=block)
    ]
    return np.concatenate(blocks)


def pulses(rate_hz: int = RATE, offset: int = 0) -> F64:
    x_N = np.zeros(rate_hz // 2)
    x_N[offset :: round(rate_hz / F0_HZ)] = 1.0
    return x_N


def cosines(phase_K: F64) -> F64:
    """Sum harmonics of one amplitude, so that the minimum phase is 0."""
    angle_KN = 2 * np.pi * F0_HZ * np.outer(np.arange(1, HARMONICS + 1), np.arange(8000) / RATE)
    return np.asarray(np.cos(angle_KN + phase_K[:, None]).sum(0))


@pytest.mark.parametrize("offset", [0, 7, 61])
@pytest.mark.parametrize("rate_hz", [8000, 16_000, 48_000])
def test_a_train_of_pulses_has_none_wherever_the_frame_lies(offset: int, rate_hz: int) -> None:
    known_B = slice(0, int(0.95 * BINS))
    assert np.abs(distortion(pulses(rate_hz, offset), rate_hz)[:, known_B]).max() < 0.02


def test_pulses_upside_down_are_half_a_turn_away() -> None:
    turned_FB = distortion(-pulses())[:, 16:480]
    assert np.abs(np.abs(turned_FB) - np.pi).max() < 0.02


def test_a_resonance_is_explained_by_its_amplitudes() -> None:
    """The minimum phase is removed: what is left stays below what the filter itself turns."""
    radius, angle = np.exp(-np.pi * 300 / RATE), 2 * np.pi * 1500 / RATE
    x_N = lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], pulses())
    assert np.abs(distortion(x_N)[10:, :400]).max() < 0.15


def test_phases_put_in_by_hand_come_back_as_second_differences() -> None:
    phase_K = np.random.default_rng(4).uniform(-np.pi, np.pi, HARMONICS)
    found_FB = distortion(cosines(phase_K))
    at_K = 8 * np.arange(2, HARMONICS - 12)  # the last ones mirror at half the rate
    expected_K = (phase_K[1:] - phase_K[:-1] - phase_K[0])[: len(at_K)]
    assert np.abs(wrap(found_FB[:, at_K] - expected_K)).max() < 0.05


def test_between_two_harmonics_it_takes_the_shorter_arc() -> None:
    # second differences of 3 and -3 follow each other: across pi, not across 0
    step_K = np.where(np.arange(HARMONICS) % 2, 3.0, -3.0)
    step_K[0] = 0
    between_B = 8 * np.arange(3, 40) + 4
    assert np.abs(distortion(cosines(np.cumsum(step_K)))[:, between_B]).min() > 3.0


def test_below_f0_it_is_exactly_0_even_in_silence() -> None:
    x_N = np.random.default_rng(6).normal(0, 1, 8000)
    x_N[3000:6000] = 0
    assert (distortion(x_N)[:, :8] == 0).all()


def test_noise_turns_all_the_way_round() -> None:
    noise_FB = distortion(np.random.default_rng(7).normal(0, 1, RATE))[:, 24:]
    assert np.abs(np.exp(1j * noise_FB).mean()) < 0.1
    assert noise_FB.min() < -3
    assert noise_FB.max() > 3


def test_random_phases_fill_what_has_no_harmonic_and_repeat_by_the_number_of_the_frame() -> None:
    x_N = np.random.default_rng(3).normal(0, 1, 8000)
    beyond = slice(500, None)  # 26 harmonics of 300 Hz end on bin 499.2
    once_FB = distortion(x_N, f0_hz=300.0)
    np.testing.assert_array_equal(once_FB, distortion(x_N, f0_hz=300.0))
    beyond_FB = once_FB[:, beyond]
    assert np.unique(beyond_FB).size == beyond_FB.size
    assert np.abs(np.exp(1j * beyond_FB).mean()) < 0.1
    later_FB = distortion(pulses(), f0_hz=300.0, first=1)
    np.testing.assert_array_equal(later_FB[:-1, beyond], beyond_FB[1:])


def test_a_piece_gets_what_the_whole_gets() -> None:
    x_N = np.random.default_rng(8).normal(0, 1, RATE)
    whole_FB = distortion(x_N)
    piece_FB = distortion(x_N[20 * 160 :], first=20)
    np.testing.assert_array_equal(piece_FB, whole_FB[20:])
    np.testing.assert_array_equal(distortion(x_N, block=13), whole_FB)


def test_loudness_does_not_matter() -> None:
    x_N = np.random.default_rng(9).normal(0, 1, 8000)
    difference_FB = wrap(distortion(x_N).astype(float) - distortion(0.1 * x_N))
    assert np.abs(difference_FB).max() < 1e-3


def test_where_it_sounds_at_twice_f0_is_placed_by_the_f0_that_was_given() -> None:
    found_FB = distortion(cosines(np.linspace(0, 40, HARMONICS) ** 1.3), f0_hz=F0_HZ * 1.01)
    assert (found_FB[:, 8] == 0).all()  # bin 8 is 125 Hz: below the F0 that was given
    assert (found_FB[:, 9] != 0).all()


@pytest.mark.parametrize("f0_hz", [0.0, np.nan])
def test_an_unknown_f0_reads_100_hz(f0_hz: float) -> None:
    noise_N = np.random.default_rng(1).normal(0, 1, 8000)
    np.testing.assert_array_equal(
        distortion(noise_N, f0_hz=f0_hz), distortion(noise_N, f0_hz=100.0)
    )


@pytest.mark.parametrize("f0_hz", [50.0, 3900.0, 4500.0, 9000.0])
@pytest.mark.parametrize("kind", ["silence", "constant", "noise", "click"])
def test_whatever_comes_in_the_phases_are_finite_and_wrapped(f0_hz: float, kind: str) -> None:
    x_N = np.zeros(4000)
    if kind == "constant":
        x_N += 0.5
    elif kind == "noise":
        x_N = np.random.default_rng(2).normal(0, 1e-9, 4000)
    elif kind == "click":
        x_N[2000] = 1.0
    found_FB = distortion(x_N, f0_hz=f0_hz)
    assert np.isfinite(found_FB).all()
    assert np.abs(found_FB).max() < np.pi + 1e-6


def test_no_frame_gives_no_row() -> None:
    assert all(
        phase_distortion(some, np.empty(0), RATE, np.empty(0, np.int64)).shape == (0, BINS)
        for some in harmonics(np.zeros(1), RATE, np.empty(0, np.int64), np.empty(0))
    )
