"""The true envelope of a spectrum: the smooth curve that passes over the peaks of its harmonics.

A cepstrally smoothed log spectrum runs through the middle of its peaks and valleys.  What stands
out above it is smoothed and added again and again, until no peak stands out by 2 dB.  The order
(how many cepstral coefficients are kept) is the highest that does not resolve single harmonics.

Below F0 and near half the rate there is no harmonic to pass over, and the curve would fall into
the gap: there the spectrum is first replaced by an envelope of lower order (presmoothing).

References
----------
Roebel & Rodet, "Efficient spectral envelope estimation and its application to pitch shifting and
envelope preservation", DAFx 2005.  Villavicencio, Roebel & Rodet, "Improving LPC spectral envelope
extraction of voiced speech by true-envelope estimation", ICASSP 2006.
"""

import numpy as np
from scipy import fft

from ...types import F32, F64, I64

ITERATIONS = 200  # at most
STOP = 2 * np.log(10) / 20  # 2 dB in nepers: how far a peak may stand out
PRESMOOTH_ORDER = 1 / 1.66  # of the order; agreement with COVAREP is flat from 1/1.5 to 1/1.8
PRESMOOTH_REACH = 1 / 3  # of F0, at both ends of the spectrum; flat from 1/4 to 1/2

# F = frames, B = bins of the spectrum (0 Hz .. half the rate), Q = coefficients (B of them)


def true_envelope(log_FB: F32, f0_F: F64, rate_hz: int) -> F32:
    """Lay an envelope over log spectra.

    Parameters
    ----------
    log_FB : float array of shape (F, B), natural logarithm
        Magnitudes at B evenly spaced frequencies from 0 Hz to half the rate; finite.
    f0_F : float array of shape (F,), in Hz, above 0
        Distance between harmonics.
    rate_hz : int > 0
        Samples per second of the sound.

    Returns
    -------
    float32 array of shape (F, B), natural logarithm
        Envelopes, at most 2 dB below `log_FB` wherever presmoothing did not replace it.
    """
    log_FB = np.asarray(log_FB, dtype=np.float32)
    bins = log_FB.shape[1]
    order_F = envelope_order(f0_F, rate_hz)
    coarse_FB = _over(log_FB, np.floor(order_F * PRESMOOTH_ORDER + 0.5).astype(np.int64))
    f0_bins_F = f0_F / (rate_hz / 2) * (bins - 1)
    reach_F = np.floor(PRESMOOTH_REACH * f0_bins_F + 0.5)
    from_end_B = np.minimum(np.arange(bins), np.arange(bins)[::-1])
    return _over(np.where(from_end_B < reach_F[:, None], coarse_FB, log_FB), order_F)


def envelope_order(f0_F: F64, rate_hz: int) -> I64:
    """Say how many cepstral coefficients describe the envelope of harmonics that are `f0_F` apart.

    Half a period in samples is where neighbouring harmonics would be told apart; a Hamming
    lifter, which weakens the highest coefficients, allows 1.2 times as many.
    """
    half_period_F = np.floor(0.5 * rate_hz / f0_F + 0.5).astype(np.int64)
    order_F: I64 = np.maximum((6 * half_period_F + 4) // 5, 1)  # ceil(1.2 *), free of rounding
    return order_F


def _over(log_FB: F32, order_F: I64) -> F32:
    """Iterate to the envelope of each frame; frames that are done leave the batch."""
    lifter_FQ = _lifter(order_F, log_FB.shape[1])
    above_FB = log_FB - _smooth(log_FB, lifter_FQ)  # of the envelope so far
    rest_FB = above_FB.copy()
    busy_F = np.arange(len(log_FB))
    for _ in range(ITERATIONS - 1):
        high_F = above_FB.max(axis=1) >= STOP
        if not high_F.all():
            rest_FB[busy_F] = above_FB
            busy_F, above_FB, lifter_FQ = busy_F[high_F], above_FB[high_F], lifter_FQ[high_F]
        if not busy_F.size:
            break
        above_FB -= _smooth(np.maximum(above_FB, 0), lifter_FQ)
    rest_FB[busy_F] = above_FB
    return log_FB - rest_FB


def _lifter(order_F: I64, size: int) -> F32:
    """Build the right half of a Hamming window that ends at each order: shape (F, Q)."""
    order_F1 = np.clip(order_F, 1, size - 1).astype(np.float32)[:, None]
    index_Q = np.arange(size, dtype=np.float32)
    window_FQ = np.float32(0.54) + np.float32(0.46) * np.cos(np.float32(np.pi) * index_Q / order_F1)
    # The spectrum is even, so its inverse DFT is a DCT-I, which is its own inverse but for this.
    window_FQ *= (index_Q <= order_F1) * np.float32(1 / (2 * (size - 1)))
    return window_FQ


def _smooth(log_FB: F32, lifter_FQ: F32) -> F32:
    cepstrum_FQ = fft.dct(log_FB, type=1, axis=1)
    cepstrum_FQ *= lifter_FQ
    smooth_FB: F32 = fft.dct(cepstrum_FQ, type=1, axis=1, overwrite_x=True)
    return smooth_FB
