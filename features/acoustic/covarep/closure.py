"""Glottal closure instants: when the vocal folds strike together, once a period (SEDREAMS).

A moving average over 1.7 mean periods swings once a period; a closure lies at a steady place of its
rise from a minimum to a maximum, and the residual of linear prediction peaks there.  That place is
a median over a whole recording and given by the caller, who collects `relative_peaks` of pieces; so
are the mean F0 and the largest value of the residual.  Signals are of positive polarity.

Closures come out wherever the average swings, also where nobody speaks: to drop those is the
caller's.  Reference: Drugman & Dutoit, "Glottal closure and opening instant detection from speech
signals", Interspeech 2009; Drugman et al., "Detection of glottal closure instants from speech
signals: a quantitative review", IEEE Trans. Audio, Speech, and Language Processing 20(3), 2012.
"""

# N = samples, I = intervals from a minimum to the next maximum, P = peaks of the residual,
# G = closures

import numpy as np
from scipy.signal import oaconvolve

from ...types import F64, I64
from .polarity import high_passed

WINDOW_PERIODS = 1.7  # length of the moving average; the papers take 1.75
STOP_HZ, PASS_HZ = 30, 50  # edges of the high-pass that takes drift out of the average
PEAK = 0.4  # share of the largest value of the residual above which a sample surely is a closure
REACH = 0.35  # of an interval: how far around its usual place a closure is looked for


def mean_based(x_N: F64, rate_hz: int, f0_hz: float) -> F64:
    """Average a signal over 1.7 mean periods, and take its slow drift out.

    Parameters
    ----------
    x_N : float64 array of shape (N,)
        Mono signal of positive polarity, finite.
    rate_hz : int > 100
        Samples per second.
    f0_hz : float > 0
        Mean F0 of the speaker, in Hz: COVAREP takes the median of the voiced frames.

    Returns
    -------
    float64 array of shape (N,)
        Mean-based signal; not scaled.  Zeros if `x_N` is shorter than the average.
    """
    period = np.floor(rate_hz / f0_hz + 0.5)
    half = int(np.floor(WINDOW_PERIODS * period / 2 + 0.5))
    average_N = np.zeros(x_N.size)
    if x_N.size > 2 * half:
        window = np.blackman(2 * half + 1) / (2 * half + 1)
        average_N[half : x_N.size - half] = oaconvolve(x_N, window, mode="valid")
    return high_passed(average_N, rate_hz, stop_hz=STOP_HZ, pass_hz=PASS_HZ)


def intervals(mean_N: F64) -> tuple[I64, I64]:
    """List where a mean-based signal rises: each minimum, and the maximum that follows it.

    Returns
    -------
    start_I, stop_I : int64 arrays of shape (I,)
        0-based samples.
    """
    rises_N = np.diff(mean_N) > 0
    start_I = np.flatnonzero(~rises_N[:-1] & rises_N[1:]) + 1
    stop_I = np.flatnonzero(rises_N[:-1] & ~rises_N[1:]) + 1
    following_I = np.searchsorted(stop_I, start_I)
    start_I = start_I[following_I < stop_I.size]
    return start_I, stop_I[following_I[: start_I.size]]


def relative_peaks(mean_N: F64, residual_N: F64, largest: float | F64) -> F64:
    """Say where the strong peaks of the residual lie, as seen from the nearest minimum.

    Parameters
    ----------
    mean_N, residual_N : float64 arrays of shape (N,)
        Mean-based signal, and residual of linear prediction.
    largest : float >= 0, or float64 array of shape (N,)
        Largest absolute value of the residual, in the whole recording or around each sample.

    Returns
    -------
    float64 array of shape (P,)
        0 at a minimum, 1 at the maximum behind it, negative before the minimum.  The median over a
        recording is the ratio that `closures` asks for.
    """
    start_I, stop_I = intervals(mean_N)
    if start_I.size == 0:
        return np.zeros(0)
    at_P = np.flatnonzero(residual_N > PEAK * largest)
    nearest_P = np.searchsorted((start_I[1:] + start_I[:-1]) / 2, at_P)
    return np.asarray((at_P - start_I[nearest_P]) / (stop_I - start_I)[nearest_P])


def closures(mean_N: F64, residual_N: F64, ratio: float) -> I64:
    """Find the highest peak of the residual around the usual place in each interval.

    Parameters
    ----------
    mean_N, residual_N : float64 arrays of shape (N,)
        Mean-based signal, and residual of linear prediction.
    ratio : float
        Usual place of a closure, relative to an interval: the median of `relative_peaks`; NaN (no
        peak was strong) finds none.

    Returns
    -------
    int64 array of shape (G,), increasing
        0-based samples of the peaks themselves; none where the residual does not rise above 0.
        COVAREP gives closure ``g`` the time ``(g + 1) / rate`` (its samples count from one), looks
        voicing up at ``g / rate``, and measures the glottal flow round its ``g``-th sample, which
        is one early: ``g - 1`` here.
    """
    if np.isnan(ratio):
        return np.zeros(0, dtype=np.int64)
    start_I, stop_I = intervals(mean_N)
    length_I = stop_I - start_I
    first_I = start_I + np.floor((ratio - REACH) * length_I + 0.5).astype(np.int64)
    end_I = start_I + np.floor((ratio + REACH) * length_I + 0.5).astype(np.int64) + 1
    found = []
    for first, end in zip(first_I.clip(0).tolist(), end_I.clip(0).tolist(), strict=True):
        span_N = residual_N[first:end]
        if span_N.size and span_N.max() > 0:
            found.append(first + int(span_N.argmax()))
    return np.unique(np.array(found, dtype=np.int64))
