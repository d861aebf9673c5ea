"""Mel-warped cepstra: MCEP_0..24 from true envelopes; HMPDD is warped in the same way.

A curve over frequency is read at evenly spaced points of the mel scale; the cosine series of its
natural logarithm is cut after a few terms.  Coefficient 0 is the mean log level.

References
----------
O'Shaughnessy, "Speech Communication: Human and Machine", 1987 (mel = 1127 ln(1 + f / 700)).
"""

from functools import lru_cache

import numpy as np

from ...types import C128, F32, F64, I64
from .envelope import true_envelope

MCEP_ORDER = 24
ENVELOPE_BIN_HZ = 16.0  # widest: a sixth of the main lobe at 50 Hz, the lowest F0
DEEPEST = 1e-30  # of a frame's highest power: what rounding leaves in a spectrum of float64

# F = frames, B = bins of the spectrum (0 Hz .. half the rate), G = points of the mel scale (B of
# them), C = coefficients


def mel_cepstrum(spectrum_FB: C128, f0_F: F64, rate_hz: int) -> F64:
    """Describe the envelope of each spectrum by 25 coefficients (MCEP).

    Parameters
    ----------
    spectrum_FB : complex array of shape (F, B), B a power of 2 plus 1
        Spectra from 0 Hz to half the rate (`Harmonics.spectrum_FB`); NaN where not measured.
    f0_F : float array of shape (F,), in Hz, above 0
        Distance between harmonics (`Harmonics.f0_F`).
    rate_hz : int > 0
        Samples per second of the sound.

    Returns
    -------
    float array of shape (F, 25), natural logarithm
        c0, 2 c1 .. 2 c24 of the mel-warped log envelope; NaN for a frame without measurement.
    """
    # A wider grid than the FFT's is enough: the main lobe spans two F0.  Against all bins, on the
    # four references, the median coefficient moves by 0.001, the worst of 1 % by 0.01 (0.1 dB).
    seen_FB = spectrum_FB[:, :: _stride(spectrum_FB.shape[1], rate_hz)]
    power_FB = np.square(seen_FB.real) + np.square(seen_FB.imag)
    peak_F = power_FB.max(axis=1, initial=0)
    use_F = (peak_F > 0) & np.isfinite(f0_F) & (f0_F > 0)
    cepstrum_FC = np.full((len(power_FB), MCEP_ORDER + 1), np.nan)
    relative_FB = np.maximum(power_FB[use_F] / peak_F[use_F, None], DEEPEST)
    log_FB = np.log(relative_FB.astype(np.float32)) / 2
    envelope_FB = np.exp(true_envelope(log_FB, f0_F[use_F], rate_hz))
    cepstrum_FC[use_F] = warped_cepstrum(envelope_FB, rate_hz / 2, MCEP_ORDER)
    cepstrum_FC[use_F, 0] += np.log(peak_F[use_F]) / 2
    return cepstrum_FC


def warped_cepstrum(curve_FB: F32, highest_hz: float, order: int) -> F32:
    """Expand the logarithm of a positive curve over the mel scale in cosines.

    Parameters
    ----------
    curve_FB : float array of shape (F, B), above 0
        Values at B evenly spaced frequencies from 0 Hz to `highest_hz`.
    highest_hz : float > 0
        Frequency of the last bin.
    order : int >= 0
        Last coefficient.

    Returns
    -------
    float32 array of shape (F, order + 1)
        c0, 2 c1 .. 2 c_order of the real cepstrum.
    """
    lower_G, fraction_G, cosine_GC = _warp(curve_FB.shape[1], highest_hz, order)
    lower_FG = curve_FB[:, lower_G]
    warped_FG = lower_FG + fraction_G * (curve_FB[:, lower_G + 1] - lower_FG)
    cepstrum_FC: F32 = np.log(warped_FG) @ cosine_GC
    return cepstrum_FC


@lru_cache(maxsize=16)
def _warp(bins: int, highest_hz: float, order: int) -> tuple[I64, F32, F32]:
    """Tabulate where mel points lie between bins, and the cosines of the series: (G, C)."""
    mel_G = np.linspace(0, 1127 * np.log1p(highest_hz / 700), bins)
    place_G = 700 * np.expm1(mel_G / 1127) * (bins - 1) / highest_hz
    lower_G = np.minimum(place_G.astype(np.int64), bins - 2)
    index_C = np.arange(order + 1)
    cosine_GC = np.cos(np.pi / (bins - 1) * np.outer(np.arange(bins), index_C))
    cosine_GC *= np.where(index_C == 0, 1, 2) / (bins - 1)
    cosine_GC[[0, -1]] /= 2  # the two bins that an even spectrum holds once
    return lower_G, (place_G - lower_G).astype(np.float32), cosine_GC.astype(np.float32)


def _stride(bins: int, rate_hz: int) -> int:
    """Say how many bins make the widest step that is no wider than ENVELOPE_BIN_HZ."""
    allowed = ENVELOPE_BIN_HZ * 2 * (bins - 1) / rate_hz
    return max(1, 1 << int(np.floor(np.log2(max(allowed, 1)))))
