"""The true envelope passes over the harmonics and knows nothing finer than its order."""

import numpy as np
import pytest
from scipy.signal import windows

from depx.features.acoustic.covarep.envelope import STOP, envelope_order, true_envelope
from depx.features.types import F32, F64

RATE, SIZE = 16_000, 2048  # SIZE / 2 + 1 bins

# F = frames, B = bins, N = samples, K = harmonics


def formants(frequency: F64) -> F64:
    """Three resonances on a slope: a log magnitude in nepers."""
    peaks = [(500, 180, 2.0), (1500, 250, 1.4), (2600, 300, 1.0)]
    bumps = [gain * np.exp(-0.5 * ((frequency - at) / width) ** 2) for at, width, gain in peaks]
    return np.asarray(sum(bumps) - frequency / 2500)


def spectrum_of_voice(f0_hz: float) -> F32:
    """Log magnitude of a Blackman frame, three periods long, of harmonics below the formants."""
    half = round(3 * RATE / f0_hz / 2)
    time_N = np.arange(-half, half + 1) / RATE
    frequency_K = np.arange(1, int(RATE / 2 / f0_hz) + 1) * f0_hz
    wave_N = np.exp(formants(frequency_K)) @ np.cos(2 * np.pi * np.outer(frequency_K, time_N))
    window_N = windows.blackman(time_N.size)
    spectrum_B = np.abs(np.fft.rfft(wave_N * window_N / window_N.sum(), SIZE))
    return np.asarray(np.log(spectrum_B), dtype=np.float32)


def slow_envelope(log_B: F64, f0_hz: float) -> F64:
    """Follow the papers, one frame and one FFT at a time."""
    size = 2 * (log_B.size - 1)

    def smooth(curve_B: F64, order: int) -> F64:
        window_N = np.zeros(size)
        window_N[: order + 1] = np.hamming(2 * order + 1)[order:]
        window_N[-order:] = np.hamming(2 * order + 1)[:order]
        return np.fft.rfft(np.fft.irfft(curve_B) * window_N).real

    def over(curve_B: F64, order: int) -> F64:
        envelope_B = smooth(curve_B, order)
        while (curve_B - envelope_B).max() >= 2 / (20 / np.log(10)):
            envelope_B = envelope_B + smooth(np.maximum(curve_B - envelope_B, 0), order)
        return envelope_B

    order = int(np.ceil(round(1.2 * np.floor(RATE / f0_hz / 2 + 0.5), 6)))
    coarse_B = over(log_B, int(np.floor(order / 1.66 + 0.5)))
    reach = int(np.floor(f0_hz / 3 * size / RATE + 0.5))
    edged_B = log_B.copy()
    edged_B[:reach], edged_B[-reach:] = coarse_B[:reach], coarse_B[-reach:]
    return over(edged_B, order)


@pytest.mark.parametrize("f0_hz", [60.0, 100.0, 133.0, 240.0, 400.0])
def test_a_batch_of_frames_gets_what_each_gets_alone_from_plain_ffts(f0_hz: float) -> None:
    log_B = spectrum_of_voice(f0_hz)
    other_B = spectrum_of_voice(120.0)
    batch_FB = true_envelope(np.stack([other_B, log_B]), np.array([120.0, f0_hz]), RATE)
    slow_B = slow_envelope(log_B.astype(np.float64), f0_hz)
    np.testing.assert_allclose(batch_FB[1], slow_B, atol=2e-3)


@pytest.mark.parametrize("f0_hz", [60.0, 100.0, 160.0, 240.0])
def test_the_envelope_passes_over_the_peaks_of_the_harmonics(f0_hz: float) -> None:
    log_B = spectrum_of_voice(f0_hz)
    envelope_B = true_envelope(log_B[None], np.array([f0_hz]), RATE)[0]
    inside_B = slice(int(f0_hz / RATE * SIZE), int((RATE / 2 - f0_hz) / RATE * SIZE))
    assert (log_B - envelope_B)[inside_B].max() < STOP
    frequency_B = np.arange(SIZE // 2 + 1) * RATE / SIZE
    # half the amplitude of a cosine; never below it by more than the stop, nor far above
    distance_B = (envelope_B - formants(frequency_B) + np.log(2))[inside_B]
    assert distance_B.min() > -STOP - 0.1
    assert np.median(np.abs(distance_B)) < 0.15


def test_the_valleys_between_harmonics_are_filled() -> None:
    log_B = spectrum_of_voice(160.0)
    envelope_B = true_envelope(log_B[None], np.array([160.0]), RATE)[0]
    valley_B = np.rint((np.arange(2, 20) + 0.5) * 160.0 / RATE * SIZE).astype(int)
    assert (envelope_B - log_B)[valley_B].min() > 0.3  # the lobes of this window meet at -0.5


def test_the_envelope_holds_no_coefficient_beyond_its_order() -> None:
    f0_hz = 150.0
    envelope_B = true_envelope(spectrum_of_voice(f0_hz)[None], np.array([f0_hz]), RATE)[0]
    cepstrum_N = np.abs(np.fft.irfft(envelope_B.astype(np.float64)))
    order = int(envelope_order(np.array([f0_hz]), RATE)[0])
    assert cepstrum_N[order + 1 : SIZE // 2].max() < 1e-5
    assert cepstrum_N[: order + 1].max() > 0.5


def test_the_gap_below_the_first_harmonic_is_closed() -> None:
    f0_hz = 200.0
    log_B = spectrum_of_voice(f0_hz)
    envelope_B = true_envelope(log_B[None], np.array([f0_hz]), RATE)[0]
    first = formants(np.array([f0_hz]))[0] - np.log(2)
    assert log_B[0] < first - 4
    assert envelope_B[0] > first - 1


def test_the_order_is_a_fifth_above_half_a_period() -> None:
    # 16000 / 100 / 2 = 80 samples; 16000 / 145 / 2 = 55.2, times 1.2 = 66 exactly
    np.testing.assert_array_equal(envelope_order(np.array([100.0, 145.0]), 16_000), [96, 66])
    np.testing.assert_array_equal(envelope_order(np.array([100.0]), 32_000), [192])


def test_a_louder_spectrum_has_the_same_envelope_higher_up() -> None:
    log_B = spectrum_of_voice(110.0)
    both_FB = true_envelope(np.stack([log_B, log_B - 4]), np.array([110.0, 110.0]), RATE)
    np.testing.assert_allclose(both_FB[1], both_FB[0] - 4, atol=1e-4)


def test_a_frame_that_never_settles_stops_after_200_rounds() -> None:
    comb_B = np.full(257, -30, np.float32)
    comb_B[::2] = 0
    envelope_FB = true_envelope(comb_B[None], np.array([4000.0]), RATE)
    assert np.isfinite(envelope_FB).all()


def test_no_frame_gives_no_envelope() -> None:
    assert true_envelope(np.empty((0, 129), np.float32), np.empty(0), RATE).shape == (0, 129)
