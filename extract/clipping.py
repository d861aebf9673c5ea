"""Where a recording clipped: its own samples stand flat at their extreme, told in rows of 20 ms.

What clipped is flat at the largest value that there is, wherever the recorder has it.  That shows
only in the samples as the file has them: mixed with another channel, resampled or coded with
losses, flat tops are round again.
"""

# N = samples, R = runs, B = rows of a block, F = rows

from collections.abc import Sequence

import numpy as np

from ..features.extractor import LEVEL_HZ
from ..features.types import F32, I64, Bool

CLIPPED_RUN = 3  # samples: two equal ones stand at the top of many a wave
CLIPPED_FROM = 0.5  # of full scale: quieter sound is not clipped
COARSE = {"pcm_u8": 127 / 128, "pcm_alaw": 32256 / 32768, "pcm_mulaw": 32124 / 32768}
"""The largest value of codecs of 8 bits: their steps make the top of any wave flat, so only there
is a sample clipped."""


class Edge:
    """Counts the samples at the top (sign 1) or bottom (-1) of a channel that lie side by side.

    Parameters
    ----------
    sign : float
    least : float
        Below it nothing is clipped.
    rate_hz : int > 0
        Samples per second, by which they fall into rows.
    """

    def __init__(self, sign: float, least: float, rate_hz: int) -> None:
        self.sign, self.value, self.rate_hz = sign, least, rate_hz
        self.clipped = 0
        self.reach = 0.0
        """The farthest sample on this side."""
        self._heard = 0
        self._open = 0  # samples at the extreme at the end of all that was heard
        self._rows: list[tuple[int, I64]] = []  # first row and counts, of the blocks that clipped

    def add(self, y_N: F32) -> None:
        """Listen to the next block; a sample that is NaN is at no extreme."""
        reach = float(np.fmax.reduce(y_N) if self.sign > 0 else -np.fmin.reduce(y_N))
        reach = reach if reach == reach else 0.0  # a block without a number
        self.reach = max(reach, self.reach)
        if reach > self.value:  # what stood out so far was no extreme
            self.value, self.clipped, self._open = reach, 0, 0
            self._rows.clear()
        if reach == self.value:
            self._count(y_N == self.sign * reach)
        else:
            self._open = 0
        self._heard += y_N.size

    def _count(self, where_N: Bool) -> None:
        before = min(self._open, CLIPPED_RUN)  # enough of the run that the last block ended in
        flat_N = in_runs(np.concatenate([np.ones(before, np.bool_), where_N]))
        if self._open >= CLIPPED_RUN:
            flat_N[:before] = False  # they are counted
        sample_N = np.flatnonzero(flat_N) + self._heard - before
        if sample_N.size:
            self.clipped += sample_N.size
            row_N = row_of(sample_N, self.rate_hz)
            self._rows.append((int(row_N[0]), np.bincount(row_N - row_N[0])))
        behind = int(np.argmin(where_N[::-1])) if not where_N.all() else self._open + where_N.size
        self._open = behind

    def rows(self, count: int) -> I64:
        """Give the clipped samples of the first `count` rows, (F,)."""
        total_F = np.zeros(count, dtype=np.int64)
        for first, clipped_B in self._rows:
            kept_B = clipped_B[: max(count - first, 0)]
            total_F[first : first + kept_B.size] += kept_B
        return total_F


def in_runs(where_N: Bool) -> Bool:
    """Say which true elements stand among `CLIPPED_RUN` or more, (N,)."""
    edges = np.flatnonzero(np.diff(where_N, prepend=False, append=False))
    first_R, stop_R = edges[::2], edges[1::2]
    long_R = stop_R - first_R >= CLIPPED_RUN
    change_N = np.zeros(where_N.size + 1, dtype=np.int8)
    change_N[first_R[long_R]] = 1
    change_N[stop_R[long_R]] = -1
    flat_N: Bool = np.cumsum(change_N[:-1], dtype=np.int8).astype(np.bool_)
    return flat_N


def row_of(sample_N: I64, rate_hz: int) -> I64:
    """Say in which row samples lie."""
    return sample_N * LEVEL_HZ // rate_hz


def shares(edges: Sequence[Edge], samples: int) -> F32:
    """Give the share of the samples of each row that stand at one of a channel's extremes, (F,)."""
    rate_hz = edges[0].rate_hz
    rows = int(row_of(np.array(max(samples - 1, 0)), rate_hz)) + 1
    first_F = -(-np.arange(rows + 1) * rate_hz // LEVEL_HZ)  # the first sample of each row
    held_F = np.diff(np.minimum(first_F, samples))
    clipped_F = np.sum([edge.rows(rows) for edge in edges], axis=0)
    share_F: F32 = (clipped_F / np.maximum(held_F, 1)).astype(np.float32)
    return share_F
