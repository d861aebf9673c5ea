"""Curves as the least and the greatest value of each bin of time: what a page draws of a long one.

A mean would hide a peak; the two ends hide nothing but when in its bin it was.  A bin in which
nothing was measured is NaN, so a gap stays a gap.
"""

# F = samples, B = bins

import numpy as np

from ...features.types import F32, F64, Seconds


def envelope(
    time_s_F: F64, value_F: F32, *, step_s: Seconds, bins: int, start_s: Seconds = 0.0
) -> tuple[F32, F32]:
    """Find the ends of a curve in each bin.

    Parameters
    ----------
    time_s_F : float64 array of shape (F,), increasing, in seconds
    value_F : float32 array of shape (F,)
        NaN where nothing was measured.
    step_s : float > 0
        Length of a bin; bin ``i`` is ``[start_s + i * step_s, start_s + (i + 1) * step_s)``.
    bins : int >= 0
        B; samples outside all bins are left out.
    start_s : float
        Start of the first bin.

    Returns
    -------
    low_B, high_B : float32 arrays of shape (B,)
        Least and greatest finite value of each bin; NaN where it has none.
    """
    edge_s_B = start_s + step_s * np.arange(bins + 1)
    first_B = np.searchsorted(time_s_F, edge_s_B, side="left")
    low_B, high_B = np.full(bins, np.nan, np.float32), np.full(bins, np.nan, np.float32)
    filled = np.flatnonzero(np.diff(first_B))
    if filled.size == 0:
        return low_B, high_B
    inside_F = value_F[: first_B[-1]]  # `reduceat` would run on to the end in the last bin
    known_F = np.isfinite(inside_F)
    for end_B, reduce, nothing in (
        (low_B, np.minimum, np.float32(np.inf)),
        (high_B, np.maximum, np.float32(-np.inf)),
    ):
        found = reduce.reduceat(np.where(known_F, inside_F, nothing), first_B[filled])
        end_B[filled] = np.where(np.isfinite(found), found, np.float32(np.nan))
    return low_B, high_B
