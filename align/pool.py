"""Frames under words: mean, spread, extremes, first value and slope of the samples of a word.

The weight of a sample under a word is the overlap of the two times the confidence of the sample
where its track has one.  Words may overlap, run backwards or have no times: each looks up its own
range of samples.  A track comes in parts of any length; a word that lies in two is put together.

An element that was not measured weighs nothing, element by element.  A word under which nothing
was measured is NaN and stays a row.  Nothing here chooses times or reads a file.

* ``mean``, ``std``: weighted; the population's deviation.
* ``min``, ``max``: over the samples of positive weight.
* ``first``: value of the first measured sample of positive weight.
* ``slope``: weighted least squares over the times of the samples, per second.  A value was measured
  at its sample's time, however little of the sample the word covers.  NaN below two samples.
"""

# F = samples of a block, C = pooled columns, W = words, P = (word, sample) pairs

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from ..features.types import F64, I64
from .moments import Moments, Statistic, needed
from .samples import Samples

ROWS = 8192  # samples at a time: fewer cost calls, more leave the cache
ROUNDING = 1e-12  # of a difference of squares
TOUCH_S = 1e-9  # an overlap that is shorter comes of rounding: the sample only touches the word
PAIRS = 8192  # (word, sample) pairs at a time: bounds memory where many words share the samples


def pool(
    parts: Iterable[Samples],
    start_s_W: F64,
    stop_s_W: F64,
    *,
    width: int,
    statistics: Sequence[Statistic] = ("mean",),
) -> Moments:
    """Describe the samples under each word.

    Parameters
    ----------
    parts : iterable of Samples
        Consecutive samples of a track; none where the session has no such track.
    start_s_W, stop_s_W : float64 arrays of shape (W,)
        Words in any order, in seconds; NaN where a word has no times.
    width : int >= 0
        Number of pooled columns.
    statistics : sequence of Statistic
        What will be asked of the result.

    Returns
    -------
    Moments
        Where parts begin changes a result by rounding alone, the order of words by nothing.
    """
    lasts_W = stop_s_W > start_s_W  # NaN compares false: a word without times covers nothing
    more = needed(statistics)
    total = Moments.nothing(start_s_W.size, width, more)
    held_FC = np.empty((2, ROWS, width))  # memory new for each block would cost more than the sums
    for part in parts:
        for first in range(0, part.time_s_F.size, ROWS):
            block = _Block.of(part.rows(slice(first, first + ROWS)), *held_FC)
            span = block.samples
            if span.time_s_F.size == 0:
                continue
            here_W = lasts_W & (start_s_W < span.stop_s_F[-1]) & (stop_s_W > span.start_s_F[0])
            for pairs in _pairs(block, np.flatnonzero(here_W), start_s_W, stop_s_W):
                found = pairs.describe(more)
                begun = np.flatnonzero(total.n_frames_W[pairs.row_W])  # in an earlier block
                if begun.size:
                    before = total.take(pairs.row_W[begun])
                    found.put(begun, before.join(found.take(begun)))
                total.put(pairs.row_W, found)
    return replace(total, lasting_s_W=np.where(lasts_W, stop_s_W - start_s_W, 0.0))


@dataclass(frozen=True, eq=False, kw_only=True)
class _Block:
    """Samples that own time, in float64."""

    samples: Samples
    filled_FC: F64
    """Values, 0 where unknown: not measured, or in a sample that weighs nothing."""
    known_FC: F64 | None
    """1 where known, else 0; None where all is known, which is common: one weight serves all."""
    any_F: F64
    """1 where any column of the sample is known."""

    @classmethod
    def of(cls, samples: Samples, filled_FC: F64, known_FC: F64) -> "_Block":
        """Describe samples, at most `ROWS`, in the memory given."""
        owns_F = samples.stop_s_F > samples.start_s_F
        if not owns_F.all():  # a lone sample of no known rate owns nothing
            samples = samples.rows(np.flatnonzero(owns_F))
        weighs_F = samples.weight_F > 0
        rows = weighs_F.size
        filled_FC, known_FC = filled_FC[:rows], known_FC[:rows]
        filled_FC[:] = samples.value_FC
        is_known_FC = np.isfinite(samples.value_FC)
        if is_known_FC.all() and weighs_F.all():
            any_F = np.full(rows, float(filled_FC.shape[1] > 0))
            return cls(samples=samples, filled_FC=filled_FC, known_FC=None, any_F=any_F)
        is_known_FC &= weighs_F[:, None]
        known_FC[:] = is_known_FC
        filled_FC[~is_known_FC] = 0.0
        return cls(
            samples=samples,
            filled_FC=filled_FC,
            known_FC=known_FC,
            any_F=is_known_FC.any(axis=1).astype(np.float64),
        )


def _pairs(block: _Block, row_W: I64, start_s_W: F64, stop_s_W: F64) -> Iterator["_Pairs"]:
    """Group words that may cover samples of the block, so that about `PAIRS` are held at once."""
    row_W = row_W[np.argsort(start_s_W[row_W], kind="stable")]
    first_W = np.searchsorted(block.samples.stop_s_F, start_s_W[row_W] + TOUCH_S, side="right")
    last_W = np.searchsorted(block.samples.start_s_F, stop_s_W[row_W] - TOUCH_S, side="left")
    covers = last_W > first_W  # a word may lie in a gap of the recording
    row_W, first_W, last_W = row_W[covers], first_W[covers], last_W[covers]
    group_W = np.cumsum(last_W - first_W) // PAIRS
    for some in np.split(np.arange(row_W.size), np.flatnonzero(np.diff(group_W)) + 1):
        if some.size:
            row, first, last = row_W[some], first_W[some], last_W[some]
            yield _Pairs(block, row, start_s_W[row], stop_s_W[row], first, last)


class _Pairs:
    """Words sorted by their start, each with the samples ``first..last`` of a block under it."""

    def __init__(
        self, block: _Block, row_W: I64, start_s_W: F64, stop_s_W: F64, first_W: I64, last_W: I64
    ) -> None:
        self.block, self.row_W, self.first_W, self.last_W = block, row_W, first_W, last_W
        self.count_W = last_W - first_W
        self.begin_W1 = np.append(0, np.cumsum(self.count_W))
        self.word_P = np.repeat(np.arange(row_W.size), self.count_W)
        self.sample_P = np.arange(self.word_P.size) + (first_W - self.begin_W1[:-1])[self.word_P]
        samples = block.samples
        self.overlap_s_P = np.minimum(
            samples.stop_s_F[self.sample_P], stop_s_W[self.word_P]
        ) - np.maximum(samples.start_s_F[self.sample_P], start_s_W[self.word_P])
        self.weight_P = self.overlap_s_P * samples.weight_F[self.sample_P]

    def describe(self, more: Sequence[str]) -> Moments:
        """Gather the moments of each word's samples in this block."""
        block = self.block
        weight_WC = self._known(self.weight_P)
        some_WC = np.where(weight_WC > 0, weight_WC, 1.0)
        mean_WC = (self._under(self.weight_P) @ block.filled_FC) / some_WC
        found: dict[str, F64] = {}
        if "low" in more:
            found["low"] = self._extreme(np.fmin)
        if "high" in more:
            found["high"] = self._extreme(np.fmax)
        if "first" in more:
            found["first"] = self._first()
        if "spread" in more or "cross" in more:
            apart_PC = block.filled_FC[self.sample_P]
            apart_PC -= mean_WC[self.word_P]
            if block.known_FC is not None:
                apart_PC *= block.known_FC[self.sample_P]
            if "spread" in more:
                found["spread"] = self._sum(self.weight_P) @ np.square(apart_PC)
            if "cross" in more:
                found |= self._with_time(apart_PC, weight_WC, some_WC)
        return Moments(
            n_frames_W=self.count_W,
            measured_s_W=self._total(self.overlap_s_P * block.any_F[self.sample_P]),
            lasting_s_W=np.zeros(self.row_W.size),
            weight_WC=weight_WC,
            mean_WC=mean_WC,
            more={name: found[name] for name in more},
        )

    def _under(self, weight_P: F64) -> csr_array:
        """Lay weights out as a matrix (W, F): times a block it sums over each word's samples."""
        shape = (self.row_W.size, self.block.any_F.size)
        return csr_array((weight_P, self.sample_P, self.begin_W1), shape=shape)

    def _sum(self, weight_P: F64) -> csr_array:
        """Lay weights out as a matrix (W, P): times pairs it sums over each word's pairs."""
        shape = (self.row_W.size, weight_P.size)
        return csr_array((weight_P, np.arange(weight_P.size), self.begin_W1), shape=shape)

    def _total(self, x_P: F64) -> F64:
        """Sum over each word's pairs; none is without one."""
        total_W: F64 = np.add.reduceat(x_P, self.begin_W1[:-1])
        return total_W

    def _known(self, weight_P: F64) -> F64:
        """Sum weights over the known elements of each word: (W, C)."""
        block = self.block
        if block.known_FC is None:
            return np.repeat(self._total(weight_P)[:, None], block.filled_FC.shape[1], axis=1)
        known_WC: F64 = self._under(weight_P) @ block.known_FC
        return known_WC

    def _extreme(self, among: np.ufunc) -> F64:
        """Reduce the known elements of each word; NaN where there are none."""
        value_FC = self.block.samples.value_FC
        if self.block.known_FC is not None:
            value_FC = np.where(self.block.known_FC > 0, value_FC, np.float32(np.nan))
        extreme_WC = np.empty((self.row_W.size, value_FC.shape[1]), dtype=np.float32)
        for w, (first, last) in enumerate(zip(self.first_W, self.last_W, strict=True)):
            among.reduce(value_FC[first:last], axis=0, out=extreme_WC[w])  # reduceat is slower
        return extreme_WC.astype(np.float64)

    def _first(self) -> F64:
        """Find the first known element of each word; NaN where there is none."""
        block = self.block
        if block.known_FC is None:
            return block.filled_FC[self.first_W]
        end = block.any_F.size
        at_FC = np.where(block.known_FC > 0, np.arange(end)[:, None], end)
        at_FC = np.minimum.accumulate(at_FC[::-1], axis=0)[::-1]  # the next known one
        at_WC = at_FC[self.first_W]
        value_WC = np.take_along_axis(block.filled_FC, np.minimum(at_WC, end - 1), axis=0)
        return np.where(at_WC < self.last_W[:, None], value_WC, np.nan)

    def _with_time(self, apart_PC: F64, weight_WC: F64, some_WC: F64) -> dict[str, F64]:
        """Gather the moments of time, around the mean time of each word's samples."""
        time_s_F = self.block.samples.time_s_F
        weight_W = self._total(self.weight_P)
        late_s_W = self._total(self.weight_P * (time_s_F - time_s_F[0])[self.sample_P])
        time_s_W = time_s_F[0] + late_s_W / np.where(weight_W > 0, weight_W, 1.0)
        late_s_P = time_s_F[self.sample_P] - time_s_W[self.word_P]
        late_WC = self._known(self.weight_P * late_s_P) / some_WC
        square_WC = self._known(self.weight_P * late_s_P**2)
        spread_WC = square_WC - weight_WC * late_WC**2
        return {
            "time_s": np.where(weight_WC > 0, time_s_W[:, None] + late_WC, 0.0),
            # what is left of a single sample is rounding, and no spread
            "time_spread": np.where(spread_WC > ROUNDING * square_WC, spread_WC, 0.0),
            # the deviations of a word weigh 0 in sum, so that its mean time need not be taken off
            "cross": self._sum(self.weight_P * late_s_P) @ apart_PC,
        }
