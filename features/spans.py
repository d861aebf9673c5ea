"""How much of an interval a set of spans covers: voice under words, turns under steps."""

# R = spans

import numpy as np

from .types import F64


def covered_s(spans_R2: F64, start_s: F64, stop_s: F64) -> F64:
    """Measure for how many seconds each interval is covered.

    Parameters
    ----------
    spans_R2 : float64 array of shape (R, 2)
        Starts and stops in seconds, increasing and disjoint.
    start_s, stop_s : float64 arrays of one shape
        The intervals.

    Returns
    -------
    float64 array of that shape
        Seconds.
    """
    if spans_R2.size == 0:
        return np.zeros(start_s.shape)
    knot_s = spans_R2.ravel()  # start, stop, start, stop, ...: the cover grows inside spans only
    cover_s = np.cumsum(np.diff(knot_s, prepend=knot_s[0]) * (np.arange(knot_s.size) % 2))
    held_s: F64 = np.interp(stop_s, knot_s, cover_s) - np.interp(start_s, knot_s, cover_s)
    return held_s
