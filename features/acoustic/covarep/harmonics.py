"""The harmonics of each frame: amplitudes and phases at the multiples of F0, and the spectrum.

What Rd, MCEP and HMPD have in common: a frame every 10 ms, also where there is no voice, of three
periods under a Blackman window.  A harmonic is the spectral peak that is nearest to a multiple of
F0; the frequencies are then made harmonic again, with the spacing that the peaks have.

Spectra are large (one hour: 12 GB), so that they come in blocks and nothing is kept.

References
----------
McAulay & Quatieri, "Speech analysis/synthesis based on a sinusoidal representation", IEEE TASSP
34(4), 1986.  Degottex & Erro, "A uniform phase representation for the harmonic model in speech
synthesis applications", EURASIP JASMP 2014:38, section 2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.signal import windows

from ...types import C128, F64, I64

PERIODS = 3  # of F0 under the window
F0_UNKNOWN_HZ = 100.0  # what stands in for an F0 that is 0
F0_LOWEST_HZ = 50.0  # of SRH; its three periods must fit the FFT
FFT_SIZE = 4096  # enough up to 68 kHz
BLOCK = 128  # frames: bounds the memory at 20 MB

# N = samples, F = frames, B = bins of the spectrum (0 Hz .. half the rate), K = 0 .. harmonics


@dataclass(frozen=True, slots=True, eq=False)
class Harmonics:
    """What a block of frames holds at the multiples of F0; element 0 of axis K is 0 Hz.

    A frame without measurement (cut by the signal's ends, constant, or of an F0 that leaves fewer
    than two harmonics) has `count_F` 0 and NaN everywhere.
    """

    frames: slice
    """Which of the frames that were asked for."""
    spectrum_FB: C128
    """(F, B) of the window scaled to sum 1, phase relative to the frame's centre."""
    amplitude_FK: F64
    """(F, K) magnitude of the spectrum, half the amplitude of a cosine; NaN after the last one."""
    phase_FK: F64
    """(F, K) in radians, -pi .. pi, of a cosine at the frame's centre; NaN after the last one."""
    f0_F: F64
    """(F,) in Hz: harmonic ``k`` lies at ``k * f0_F``."""
    count_F: I64
    """(F,) harmonics of the frame, without 0 Hz."""


def fft_size(rate_hz: int) -> int:
    """Say how many points a frame's spectrum is computed with: a power of 2, at least 4096."""
    longest = PERIODS * rate_hz / F0_LOWEST_HZ + 2
    return max(FFT_SIZE, 1 << int(np.ceil(np.log2(longest))))


def harmonics(
    x_N: F64, rate_hz: int, centre_F: I64, f0_F: F64, *, block: int = BLOCK
) -> Iterator[Harmonics]:
    """Find the harmonics of frames, block by block.

    Parameters
    ----------
    x_N : float array of shape (N,)
        Mono samples.
    rate_hz : int > 0
        Samples per second.
    centre_F : int array of shape (F,)
        The sample that each frame is centred at, from 0.
    f0_F : float array of shape (F,), in Hz
        F0 of each frame, voiced or not; 0 and NaN read 100.
    block : int > 0
        Most frames that are given at once.

    Yields
    ------
    Harmonics
        Of `block` frames, in order; the last may hold fewer.
    """
    f0_F = np.where(np.isfinite(f0_F) & (f0_F > 0), f0_F, F0_UNKNOWN_HZ)
    size = fft_size(rate_hz)
    for first in range(0, len(centre_F), block):
        frames = slice(first, min(first + block, len(centre_F)))
        spectrum_FB = _spectra(x_N, rate_hz, centre_F[frames], f0_F[frames], size)
        yield _pick(frames, spectrum_FB, f0_F[frames], rate_hz / size)


def _spectra(x_N: F64, rate_hz: int, centre_F: I64, f0_F: F64, size: int) -> C128:
    """Transform frames to (F, B); NaN where signal or FFT are too short, or nothing changes."""
    half_F = np.floor(PERIODS * rate_hz / f0_F / 2 + 0.5).astype(np.int64)
    whole_F = (centre_F >= half_F) & (centre_F + half_F < x_N.size) & (2 * half_F < size)
    frame_FN = np.zeros((len(centre_F), size))
    for row in np.flatnonzero(whole_F):
        centre, half = int(centre_F[row]), int(half_F[row])
        seen_N = x_N[centre - half : centre + half + 1]
        whole_F[row] = (seen_N != seen_N[0]).any()
        seen_N = seen_N * _window(half)
        frame_FN[row, : half + 1] = seen_N[half:]  # the centre is time 0 of the FFT
        frame_FN[row, size - half :] = seen_N[:half]
    spectrum_FB: C128 = fft.rfft(frame_FN, axis=1, overwrite_x=True)
    spectrum_FB[~whole_F] = np.nan
    return spectrum_FB


@lru_cache(maxsize=1024)
def _window(half: int) -> F64:
    window_N: F64 = windows.blackman(2 * half + 1)
    window_N /= window_N.sum()
    return window_N


def _pick(frames: slice, spectrum_FB: C128, f0_F: F64, bin_hz: float) -> Harmonics:
    """Read amplitudes and phases off the spectra of a block."""
    power_FB = np.square(spectrum_FB.real) + np.square(spectrum_FB.imag)
    rows, bins = power_FB.shape
    measured_F = np.isfinite(spectrum_FB[:, 0])
    count_F = np.floor(((bins - 1) * bin_hz - f0_F / 2) / f0_F + 0.5).astype(np.int64)
    has_F = measured_F & (count_F > 1)  # one alone has no spacing
    count_F[~has_F] = 0
    order_K = np.arange(count_F.max(initial=0) + 1)
    row_H, order_H = np.nonzero((order_K <= count_F[:, None]) & has_F[:, None])

    f0_bins_F = f0_F / bin_hz
    log_FB = np.log(np.maximum(power_FB, np.finfo(np.float64).tiny)) / 2
    place_H, log_H = _nearest_peaks(log_FB, row_H, order_H * f0_bins_F[row_H], f0_bins_F[row_H] / 2)

    amplitude_FK, phase_FK, place_FK = np.full((3, rows, order_K.size), np.nan)
    amplitude_FK[row_H, order_H] = np.exp(log_H)
    phase_FK[row_H, order_H] = _phase_at(spectrum_FB, row_H, place_H)
    place_FK[row_H, order_H] = place_H
    spectrum_FB[~has_F] = np.nan
    spacing_F = _median(np.diff(place_FK[:, 1:], axis=1), count_F - 1) * bin_hz
    return Harmonics(frames, spectrum_FB, amplitude_FK, phase_FK, spacing_F, count_F)


def _median(x_FK: F64, count_F: I64) -> F64:
    """Take the median of each row's first `count_F` values, which NaN follow; NaN for none."""
    sorted_FK = np.sort(np.pad(x_FK, ((0, 0), (0, 1)), constant_values=np.nan), axis=1)
    row_F = np.arange(len(count_F))
    lower_F, upper_F = np.maximum(count_F - 1, 0) // 2, np.maximum(count_F, 0) // 2
    median_F: F64 = (sorted_FK[row_F, lower_F] + sorted_FK[row_F, upper_F]) / 2
    return median_F


def _nearest_peaks(log_FB: F64, row_H: I64, wanted_H: F64, reach_H: F64) -> tuple[F64, F64]:
    """Find the peak nearest to each wanted place, or stay there where none is within reach.

    Returns its place in bins and the logarithm of its magnitude: the top of a parabola through the
    peak's three bins, or what the nearest bin holds.  0 Hz is no place for a peak.
    """
    bins = log_FB.shape[1]
    middle_FB = log_FB[:, 1:-1]
    row_P, bin_P = np.nonzero((middle_FB > log_FB[:, :-2]) & (middle_FB >= log_FB[:, 2:]))
    bin_P += 1  # P = peaks of all frames
    left_P, top_P, right_P = (log_FB[row_P, bin_P + step] for step in (-1, 0, 1))
    shift_P = (left_P - right_P) / (left_P - 2 * top_P + right_P) / 2
    height_P = top_P - (left_P - right_P) * shift_P / 4

    # One sorted list for all rows: with as much room between two rows as no harmonic reaches over.
    stride = 2 * bins
    peak_P = np.concatenate([[-np.inf], row_P * stride + bin_P + shift_P, [np.inf]])
    sought_H = row_H * stride + wanted_H
    after_H = np.searchsorted(peak_P, sought_H)
    after_H -= sought_H - peak_P[after_H - 1] <= peak_P[after_H] - sought_H
    found_H = (np.abs(peak_P[after_H] - sought_H) <= reach_H) & (wanted_H > 0)

    bin_H = np.floor(wanted_H + 0.5).astype(np.int64)
    place_H, log_H = wanted_H.copy(), log_FB[row_H, bin_H]
    place_H[found_H] = (peak_P[after_H] - row_H * stride)[found_H]
    log_H[found_H] = height_P[after_H[found_H] - 1]
    return place_H, log_H


def _phase_at(spectrum_FB: C128, row_H: I64, place_H: F64) -> F64:
    """Interpolate the phase, unwrapped from one bin to the next, at places between bins."""
    bin_H = np.minimum(place_H.astype(np.int64), spectrum_FB.shape[1] - 2)
    phase_H = np.angle(spectrum_FB[row_H, bin_H])
    step_H = wrap(np.angle(spectrum_FB[row_H, bin_H + 1]) - phase_H)
    return wrap(phase_H + (place_H - bin_H) * step_H)


def wrap(angle: F64) -> F64:
    """Bring angles of any shape into -pi .. pi."""
    turns: F64 = np.floor(angle / (2 * np.pi) + 0.5)
    return angle - 2 * np.pi * turns
