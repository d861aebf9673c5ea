"""Voice quality from a bank of wavelets: MDQ a GCI, peakSlope a frame.

The bank splits a signal into octaves.  A tense voice closes the glottis sharply, and the maxima of
all octaves meet at the GCI; in a breathy voice they spread: the maxima dispersion quotient (MDQ).
A tense voice also keeps its strength towards high frequencies: peakSlope.  Neither depends on the
level of the speech.

References
----------
Kane & Gobl, "Wavelet maxima dispersion for breathy to tense voice discrimination", IEEE TASLP 21
(2013) 1170-1179.  Kane & Gobl, "Identifying regions of non-modal phonation using features of the
wavelet transform", Interspeech 2011; the logarithm is that of their code since 2012.
"""

# G = glottal closure instants (GCIs), N = samples, F = frames, C = blocks of the signal, B = bins
# of a block's spectrum, R = windows of a batch, L = samples of the longest

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import irfft, rfft

from ...types import F64, I64
from .pieces import LONG_HOP_S, hop
from .pulses import batches, cut, is_pulse, periods

WIDEST = 1000  # samples to either side, at which every wavelet ends
SIGMAS = 6.5  # widths of its Gaussian at which a wavelet has vanished: 7e-10
BLOCK = 8192  # samples that are transformed at once
MDQ_SCALES = (4, 8, 16, 32, 64)
SLOPE_SCALES = (1, 2, 4, 8, 16, 32, 64)  # 8 kHz down to 125 Hz at a rate of 16 kHz
NEAR = 0.2  # periods to either side of a GCI where the maxima are looked for
FRAME_S = 0.040  # of peakSlope


def octave(x_N: F64, scale: int) -> F64:
    """Filter a signal by the mother wavelet at one scale, without delay.

    The wavelet is ``-cos(pi n / s) exp(-(n / s)**2 / 2)``: a cosine at half the sampling rate
    under a Gaussian of one sample, stretched `s` times.

    Parameters
    ----------
    x_N : float64 array of shape (N,)
        Signal; taken as 0 outside its ends.
    scale : int, 1 .. 64
        How far the wavelet is stretched.

    Returns
    -------
    float64 array of shape (N,)
        The octave around rate / (2 * scale).
    """
    reach = min(WIDEST, int(np.ceil(SIGMAS * scale)))
    at_n = np.arange(-reach, reach + 1)
    wavelet = np.zeros(BLOCK)
    wavelet[at_n] = -np.cos(np.pi * at_n / scale) * np.exp(-((at_n / scale) ** 2) / 2)
    response_B = rfft(wavelet).real  # symmetric about sample 0

    step = BLOCK - 2 * reach
    count = -(-x_N.size // step)
    padded_N = np.zeros(count * step + 2 * reach)
    padded_N[reach : reach + x_N.size] = x_N
    out_CN = np.empty((count, step))
    for c in range(count):
        block_B = rfft(padded_N[c * step : c * step + BLOCK])
        out_CN[c] = irfft(block_B * response_B, BLOCK)[reach : reach + step]
    return out_CN.reshape(-1)[: x_N.size]


def maxima_dispersion(
    residual_N: F64,
    rate_hz: int,
    gci_G: I64,
    *,
    previous: int | None = None,
    as_coded: bool = False,
) -> F64:
    """Measure how far the octaves' maxima lie from each GCI, in periods.

    Parameters
    ----------
    residual_N : float64 array of shape (N,)
        Linear-prediction residual of speech of positive polarity, of order rate / kHz + 2.
    rate_hz : int > 0
        Samples per second.
    gci_G : int64 array of shape (G,), rising, >= 0
        Samples of the GCIs.
    previous : int, optional
        The GCI before the first: see `periods`.
    as_coded : bool
        Take the sample before the GCI for the middle of the window, and pauses for periods, as
        COVAREP does (which also writes the value down one sample before the GCI).

    Returns
    -------
    float64 array of shape (G,)
        MDQ, 0 to about .2.  NaN: not measured, where the signal has no whole period on both sides
        of the GCI (COVAREP writes 0), where the period is none, and where nothing sounds.
    """
    period_G = periods(gci_G, previous)
    wanted_G = (period_G > 0) & (gci_G >= period_G) & (gci_G + period_G < residual_N.size)
    if not as_coded:
        wanted_G &= is_pulse(period_G, rate_hz)
    near_G = np.floor(NEAR * period_G + 0.5).astype(np.int64)
    start_G, length_G = gci_G - near_G, 2 * near_G + 1
    middle_G = near_G - 1 if as_coded else near_G
    away_G = np.zeros(gci_G.size)
    for scale in MDQ_SCALES:
        octave_N = octave(residual_N, scale)
        for batch in batches(length_G, wanted_G):
            window_RL, inside_RL = cut(octave_N, start_G[batch], length_G[batch])
            at_R = np.where(inside_RL, window_RL, -np.inf).argmax(axis=1)
            away_G[batch] += np.abs(at_R - middle_G[batch])
    for batch in batches(length_G, wanted_G):
        wanted_G[batch] = cut(residual_N, start_G[batch], length_G[batch])[0].any(axis=1)
    mdq_G = np.full(gci_G.size, np.nan)
    mdq_G[wanted_G] = away_G[wanted_G] / len(MDQ_SCALES) / period_G[wanted_G]
    return mdq_G


def peak_slope(x_N: F64, rate_hz: int) -> F64:
    """Measure how the octaves' maxima rise or fall with frequency, every 10 ms.

    Parameters
    ----------
    x_N : float64 array of shape (N,)
        Speech.
    rate_hz : int > 0
        Samples per second.

    Returns
    -------
    float64 array of shape (F,)
        Slope of log10 of the largest absolute value over the octaves, low to high.  Frame ``f`` is
        the ``frame_length(rate_hz)`` samples from ``f * frame_hop(rate_hz)`` on; frames are whole.
        COVAREP writes it down at the last sample of the frame's first half.  NaN in a frame that
        holds nothing but zeros (COVAREP: 0 or -Inf).
    """
    length, step = frame_length(rate_hz), frame_hop(rate_hz)
    if x_N.size < length:
        return np.zeros(0)
    start_F = np.arange(0, x_N.size - length + 1, step)
    before_N = np.concatenate(([0], np.cumsum(x_N != 0)))
    silent_F = before_N[start_F + length] == before_N[start_F]
    count = len(SLOPE_SCALES)
    slope_F = np.zeros(start_F.size)
    for s, scale in enumerate(SLOPE_SCALES):
        loud_N = np.abs(octave(x_N, scale))
        peak_F = sliding_window_view(loud_N, length)[::step].max(axis=1)
        peak_F[silent_F | (peak_F == 0)] = np.nan
        slope_F += ((count - 1) / 2 - s) * np.log10(peak_F)
    slope_F *= 12 / (count * (count**2 - 1))  # over the spread of 1, 2, ..., count
    return slope_F


def frame_length(rate_hz: int) -> int:
    """Count the samples of a peakSlope frame."""
    return hop(rate_hz, FRAME_S)


def frame_hop(rate_hz: int) -> int:
    """Count the samples from one peakSlope frame to the next."""
    return hop(rate_hz, LONG_HOP_S)
