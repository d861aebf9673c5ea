"""By how much one on-off signal lags behind another: the voice, and who is said to speak.

Both are sampled on one grid, and correlated at every lag.  Where turns are long the peak is broad;
so of all lags that fit nearly as well as the best, the one nearest to zero is given, and none where
the two have nothing to do with each other.
"""

# N = samples, L = lags

from typing import NamedTuple

import numpy as np

from ...features.types import F64, Bool, Seconds
from .spans import within

MOST_S: Seconds = 30.0  # errors of transcripts that were seen: DAIC-WOZ's reach some 30 s
LEAST = 0.2  # a correlation below tells nothing
NEARLY = 0.98  # of the best correlation


class Shift(NamedTuple):
    """What fits best."""

    late_s: Seconds
    """How much later than the voice the transcript is."""
    correlation: float
    """Of the two at that shift, -1..1."""


def best_shift(
    time_s_N: F64, voiced_N: Bool, known_N: Bool, said_S2: F64, *, most_s: Seconds = MOST_S
) -> Shift | None:
    """Find the shift of spans that lays them best over a voice.

    Parameters
    ----------
    time_s_N : float64 array of shape (N,)
        Evenly spaced.
    voiced_N, known_N : bool arrays of shape (N,)
        Whether there is voice; whether that was measured.
    said_S2 : float64 array of shape (S, 2)
        Spans in which somebody is said to speak, sorted and apart, in s.
    most_s : float > 0
        The largest shift that is tried; at most a quarter of the voice's length.

    Returns
    -------
    Shift or None
        None where nothing varies, or no shift fits better than `LEAST`.
    """
    from scipy.signal import correlate

    if time_s_N.size < 2 or not known_N.any():
        return None
    hop_s = float(time_s_N[-1] - time_s_N[0]) / (time_s_N.size - 1)
    lags = int(min(most_s / hop_s, time_s_N.size / 4))
    grid_s = time_s_N[0] + hop_s * np.arange(-lags, time_s_N.size + lags)
    said_M = within(grid_s, said_S2).astype(np.float64)
    voice_N = np.where(known_N, voiced_N - voiced_N[known_N].mean(), 0.0)
    overlap_L = correlate(said_M, voice_N, mode="valid", method="fft")
    size = time_s_N.size
    sums = np.concatenate([[0.0], np.cumsum(said_M)])
    mean_L = (sums[size:] - sums[:-size]) / size
    spread_L = np.sqrt(np.maximum(mean_L * (1 - mean_L), 0) * size)  # of zeros and ones
    scale_L = spread_L * np.sqrt(np.square(voice_N).sum())
    fit_L = np.where(scale_L > 1e-9, overlap_L / np.maximum(scale_L, 1e-9), 0.0)
    best = float(fit_L.max())
    if not best >= LEAST:
        return None
    lag_L = np.arange(-lags, lags + 1)
    near_L = np.flatnonzero(fit_L >= NEARLY * best)
    lag = int(near_L[np.argmin(np.abs(lag_L[near_L]))])
    return Shift(late_s=float(lag_L[lag] * hop_s), correlation=float(fit_L[lag]))
