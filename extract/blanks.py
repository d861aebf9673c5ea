"""Blanks: spans of a sound without a measurement, which every track leaves unmeasured.

Exact zeros of 100 ms and more (a name that was removed, a hole in the file) are blanks already.
Where a sample is no number or did not decode, 100 ms around it become one: the same rule serves
all, nothing is made up, and what lies before and behind is measured.
"""

# S = spans, R = runs

import numpy as np

from ..features.acoustic.scrubbed import SHORTEST_S
from ..features.types import I64, Bool


def runs_of(where_N: Bool) -> I64:
    """List the runs of true: first and stop, int64 of shape (R, 2)."""
    padded = np.concatenate([[False], where_N, [False]])
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)


def widened(spans_S2: I64, rate_hz: int, size: int) -> I64:
    """Widen each span to 100 ms around its middle, within a sound of `size` samples."""
    least = min(round(SHORTEST_S * rate_hz), size)
    lacking_S = np.maximum(least - (spans_S2[:, 1] - spans_S2[:, 0]), 0)
    first_S = np.clip(spans_S2[:, 0] - lacking_S // 2, 0, size - least)
    return np.stack([first_S, np.maximum(first_S + least, spans_S2[:, 1])], axis=1)


def united(*spans: I64) -> I64:
    """Sort spans and make one of those that meet or overlap."""
    all_S2 = np.concatenate(spans)
    all_S2 = all_S2[np.argsort(all_S2[:, 0], kind="stable")]
    if len(all_S2) == 0:
        return all_S2
    reached_S = np.maximum.accumulate(all_S2[:, 1])
    apart = all_S2[1:, 0] > reached_S[:-1]
    return np.stack([all_S2[np.r_[True, apart], 0], reached_S[np.r_[apart, True]]], axis=1)


def at_rate(spans_S2: I64, from_hz: int, to_hz: int, size: int) -> I64:
    """Place spans found at one rate on the samples of another, of which there are `size`.

    None gets shorter than 100 ms by rounding.
    """
    placed_S2 = np.rint(spans_S2 * (to_hz / from_hz)).astype(np.int64)
    return united(widened(np.clip(placed_S2, 0, size), to_hz, size))


def blank_samples(spans_S2: I64) -> int:
    """Count the samples in spans that do not overlap."""
    return int((spans_S2[:, 1] - spans_S2[:, 0]).sum())
