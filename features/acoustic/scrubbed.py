"""Scrubbed spans: stretches of exact zeros, where a recording holds no measurement.

A microphone never gives the same number for 100 ms; a long run of zeros was put there, by who
removed a name from an interview, by a noise gate, or to fill a hole in the file.  Such a span is
neither silence nor a pause: what is measured on it, or across its edge, is not measured.
"""

# N = samples, S = spans, F = rows

import numpy as np

from ..extractor import Samples
from ..types import F32, F64, I64, Bool, Seconds

SHORTEST_S: Seconds = 0.1  # 16-bit sound of a quiet room has runs of zeros of some ms
STRETCH = 1 << 18  # samples read at a time


def zero_spans(y_N: Samples, rate_hz: int) -> I64:
    """Find every run of exact zeros of at least 100 ms.

    Parameters
    ----------
    y_N : samples of shape (N,)
        Read a stretch at a time.
    rate_hz : int > 0

    Returns
    -------
    int64 array of shape (S, 2)
        First sample of each span and the first one after it, in order; no two spans touch.
    """
    spans = ZeroSpans(rate_hz)
    for first in range(0, y_N.size, STRETCH):
        spans.add(y_N[first : first + STRETCH])
    return spans.found()


def in_spans(spans_S2: I64, centre_n_F: F64 | I64, reach_n: float) -> Bool:
    """Say which rows touch a span.

    Parameters
    ----------
    spans_S2 : int64 array of shape (S, 2)
        From `zero_spans`.
    centre_n_F : array of shape (F,), in any order
        The sample, or the place between two, at the centre of each row's window.
    reach_n : float >= 0
        Samples from there to the window's first and to its last sample.

    Returns
    -------
    bool array of shape (F,)
        True where a sample of the window lies in a span.
    """
    if len(spans_S2) == 0:
        return np.zeros(len(centre_n_F), dtype=np.bool_)
    ahead_F = np.searchsorted(spans_S2[:, 1] - 1, centre_n_F - reach_n)  # ends in the window or on
    first_F = spans_S2[np.minimum(ahead_F, len(spans_S2) - 1), 0]
    touched_F: Bool = (ahead_F < len(spans_S2)) & (first_F <= centre_n_F + reach_n)
    return touched_F


class ZeroSpans:
    """The spans of a sound that comes block by block."""

    def __init__(self, rate_hz: int) -> None:
        self.least_n = round(SHORTEST_S * rate_hz)
        self.heard = 0
        self._started: int | None = None  # first sample of the run that the last block ended in
        self._long: list[I64] = []

    def add(self, y_N: F32) -> None:
        """Listen to the next block, of any length."""
        zero_N = np.concatenate([[self._started is not None], y_N == 0])
        turns = np.flatnonzero(zero_N[1:] != zero_N[:-1]) + self.heard
        self.heard += y_N.size
        if self._started is not None:
            turns = np.concatenate([[self._started], turns])
        self._started = int(turns[-1]) if len(turns) % 2 else None
        self._keep(turns[: len(turns) // 2 * 2].reshape(-1, 2))

    def found(self) -> I64:
        """Give the spans of all that was heard, (S, 2) as `zero_spans` does."""
        open_R2 = [] if self._started is None else [[self._started, self.heard]]
        runs_R2 = np.array(open_R2, dtype=np.int64).reshape(-1, 2)
        long_R2 = runs_R2[runs_R2[:, 1] - runs_R2[:, 0] >= self.least_n]
        return np.concatenate([*self._long, long_R2])

    def _keep(self, runs_R2: I64) -> None:
        long_R2 = runs_R2[runs_R2[:, 1] - runs_R2[:, 0] >= self.least_n]
        if len(long_R2):
            self._long.append(long_R2)
