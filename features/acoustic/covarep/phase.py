"""Phase distortion: how the phases of neighbouring harmonics differ from those of a sharp pulse.

The phase that the amplitudes explain (minimum phase) is removed from each harmonic; the time of
the frame within the period falls out of the second difference over harmonics.  What is left is the
shape of the glottal pulse: 0 for an impulse, random for noise.

References
----------
Degottex & Erro, "A uniform phase representation for the harmonic model in speech synthesis
applications", EURASIP JASMP 2014:38, sections 3.1-3.2.
"""

import numpy as np
from scipy import fft

from ...types import F32, F64, I64
from .harmonics import F0_UNKNOWN_HZ, Harmonics, wrap

BINS = 513  # from 0 Hz to half the rate
LOWEST_HARMONIC = 0.95  # of F0: below it the distortion is 0 by definition

# F = frames, B = bins, K = harmonics 1, 2, ..


def phase_distortion(harmonics: Harmonics, f0_F: F64, rate_hz: int, index_F: I64) -> F32:
    """Measure the phase distortion of a block of frames.

    Parameters
    ----------
    harmonics : Harmonics
        A block of F frames of sound of positive polarity.
    f0_F : float array of shape (F,), in Hz
        F0 that the harmonics were looked for with; 0 and NaN read 100.  COVAREP places harmonic k
        at k times this, and not at the frequency where it was found.
    rate_hz : int > 0
        Samples per second of the sound.
    index_F : int array of shape (F,), at least 0
        Number of each frame in the whole recording: the seed of its random phases, so that a
        recording in pieces gets the same ones.

    Returns
    -------
    float32 array of shape (F, 513), in radians, -pi .. pi
        Exactly 0 below F0; random above the last harmonic, and in a frame without measurement.
    """
    f0_F = np.where(np.isfinite(f0_F) & (f0_F > 0), f0_F, F0_UNKNOWN_HZ)
    count_F = harmonics.count_F
    columns = max(2, harmonics.amplitude_FK.shape[1] - 1)  # between two harmonics lies a line
    amplitude_FK = _harmonics_only(harmonics.amplitude_FK, columns)
    phase_FK = _harmonics_only(harmonics.phase_FK, columns)
    frequency_B = np.linspace(0, rate_hz / 2, BINS)
    order_FB = frequency_B / f0_F[:, None]

    log_FK = np.log(np.maximum(amplitude_FK, np.finfo(np.float64).tiny))
    minimum_FB = _minimum_phase(_along_harmonics(log_FK, order_FB, count_F))
    order_K = np.arange(1, columns + 1)
    share_FK = np.minimum(order_K * f0_F[:, None] / (rate_hz / 2), 1)  # of the bins
    phase_FK = phase_FK - _between_bins(minimum_FB, share_FK)

    relative_FK = phase_FK - order_K * phase_FK[:, :1]
    step_FK = np.zeros_like(relative_FK)  # the first harmonic is its own reference
    step_FK[:, 1:] = wrap(np.diff(relative_FK, axis=1))
    # Unwrapped over frequency, so that the lines between harmonics take the short arc.
    step_FK[:, 1:] = np.cumsum(wrap(np.diff(step_FK, axis=1)), axis=1)
    distortion_FB = wrap(_along_harmonics(step_FK, order_FB, count_F)).astype(np.float32)
    row_U, bin_U = np.nonzero(order_FB > np.maximum(count_F, LOWEST_HARMONIC)[:, None])
    distortion_FB[row_U, bin_U] = _random_phase(index_F[row_U] * BINS + bin_U)
    return distortion_FB


def _harmonics_only(value_FK: F64, columns: int) -> F64:
    """Leave 0 Hz out and fill up with zeros, which nothing reads, to a fixed number of columns."""
    known_FK = np.zeros((len(value_FK), columns))
    known_FK[:, : value_FK.shape[1] - 1] = np.nan_to_num(value_FK[:, 1:])
    return known_FK


def _along_harmonics(value_FK: F64, order_FB: F64, count_F: I64) -> F64:
    """Draw lines from harmonic to harmonic, level before the first and after the last."""
    last_F1 = np.maximum(count_F, 1)[:, None]
    lower_FB = np.clip(order_FB.astype(np.int64), 1, np.maximum(last_F1 - 1, 1))
    fraction_FB = np.where(last_F1 > 1, np.clip(order_FB - lower_FB, 0, 1), 0)
    return _lines(value_FK, lower_FB - 1, fraction_FB)


def _between_bins(value_FB: F64, share_FK: F64) -> F64:
    """Draw lines from bin to bin; 1 is the last one."""
    place_FK = share_FK * (value_FB.shape[1] - 1)
    lower_FK = np.minimum(place_FK.astype(np.int64), value_FB.shape[1] - 2)
    return _lines(value_FB, lower_FK, place_FK - lower_FK)


def _lines(value_FX: F64, lower_FY: I64, fraction_FY: F64) -> F64:
    """Interpolate each row between the column `lower_FY` and the next."""
    flat_FY = lower_FY + np.arange(len(value_FX))[:, None] * value_FX.shape[1]
    lower_value_FY = value_FX.take(flat_FY)
    line_FY: F64 = lower_value_FY + fraction_FY * (value_FX.take(flat_FY + 1) - lower_value_FY)
    return line_FY


def _minimum_phase(log_FB: F64) -> F64:
    """Compute the phase in radians of the minimum-phase filter of each log magnitude."""
    size = 2 * (log_FB.shape[1] - 1)
    cepstrum_FN = fft.irfft(log_FB, size, axis=1)
    cepstrum_FN[:, 1 : size // 2] *= 2
    cepstrum_FN[:, size // 2 + 1 :] = 0
    phase_FB: F64 = fft.rfft(cepstrum_FN, axis=1, overwrite_x=True).imag
    return phase_FB


def _random_phase(seed_U: I64) -> F32:
    """Turn numbers into phases, the same ones each time (SplitMix64; Steele et al., 2014)."""
    bits_U = seed_U.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits_U = (bits_U ^ (bits_U >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits_U = (bits_U ^ (bits_U >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    unit_U = (bits_U ^ (bits_U >> np.uint64(31))).astype(np.float64) / 2.0**64
    return ((2 * unit_U - 1) * np.pi).astype(np.float32)
