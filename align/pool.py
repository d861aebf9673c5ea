"""Frames under words: weighted mean, spread and maximum of the samples that a word covers.

A sample owns an interval of time (`features.track.owned_intervals`); its weight under a word is the
overlap of the two, times the confidence of the sample where its track has one.  Words may overlap,
run backwards or have no times: each looks up its own range of samples.

An element that was not measured weighs nothing, element by element.  A word under which nothing
was measured is NaN and stays a row.  Nothing here chooses times or reads a file.
"""

# F = samples of a track, C = pooled columns, W = words, P = (word, sample) pairs of one block

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from ..features.track import Track
from ..features.types import F32, F64, I64

Statistic: TypeAlias = Literal["mean", "std", "max"]
Number = TypeVar("Number", np.float64, np.int64)

PAIRS = 1 << 11  # pairs held at once: arrays of 1 MB stay in the cache; 2^14 took twice as long
CONFIDENCE = "confidence"  # OpenFace's column: how sure the tracker is of the frame, 0..1


@dataclass(frozen=True, eq=False, kw_only=True)
class Samples:
    """What pooling needs of a track."""

    start_s_F: F64
    stop_s_F: F64
    """Owned intervals, in seconds; sorted, half-open, disjoint."""
    value_FC: F32
    weight_F: F64
    """Confidence, at least 0; 1 where the track has none; 0 where nothing was measured."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Pooled:
    """A row a word."""

    value: dict[Statistic, F32]
    """Statistic -> (W, C); NaN where no sample under the word measured the column."""
    n_frames_W: I64
    """Samples whose interval overlaps the word, measured or not."""
    valid_W: F32
    """Share of the word's duration that measured samples own, 0..1; 0 where the vector is NaN."""


def samples_of(track: Track, names: Sequence[str]) -> Samples:
    """Lay the named columns of a track side by side, with the weight of each row.

    Parameters
    ----------
    track : Track
    names : sequence of str
        Columns in the order of the result; one that the track lacks is NaN throughout.

    Returns
    -------
    Samples
        Rows that are not valid have the weight 0.  A confidence that is NaN speaks for nothing and
        against nothing: the row weighs as in a track without confidence.  A value that stands for
        "not there" (`Column.absent`) is NaN: an F0 of 0 without voice is no pitch.
    """
    index = {column.name: c for c, column in enumerate(track.columns)}
    value_FC = np.full((track.rows, len(names)), np.nan, dtype=np.float32)
    here = [(to, index[name]) for to, name in enumerate(names) if name in index]
    if here:
        to_C, from_C = (list(side) for side in zip(*here, strict=True))
        value_FC[:, to_C] = track.value_FC[:, from_C]
        for to, c in here:
            if track.columns[c].absent is not None:
                value_FC[value_FC[:, to] == track.columns[c].absent, to] = np.nan
    weight_F = np.ones(track.rows)
    if CONFIDENCE in index:
        confidence_F = track.value_FC[:, index[CONFIDENCE]].astype(np.float64)
        weight_F = np.where(np.isnan(confidence_F), 1.0, np.maximum(confidence_F, 0.0))
    start_s_F, stop_s_F = track.owned()
    return Samples(
        start_s_F=start_s_F,
        stop_s_F=stop_s_F,
        value_FC=value_FC,
        weight_F=np.where(track.valid_F, weight_F, 0.0),
    )


def pool(
    samples: Samples, start_s_W: F64, stop_s_W: F64, statistics: Sequence[Statistic] = ("mean",)
) -> Pooled:
    """Describe the samples under each word.

    Parameters
    ----------
    samples : Samples
    start_s_W, stop_s_W : float64 arrays of shape (W,)
        Words in any order, in seconds; NaN where a word has no times.
    statistics : sequence of "mean", "std", "max"
        ``std`` is the weighted population deviation; ``max`` is over samples of positive weight.

    Returns
    -------
    Pooled
    """
    words, columns = start_s_W.size, samples.value_FC.shape[1]
    value = {
        name: np.full((words, columns), np.nan, dtype=np.float32)
        for name in dict.fromkeys(statistics)
    }
    n_frames_W = np.zeros(words, dtype=np.int64)
    valid_W = np.zeros(words, dtype=np.float32)
    first_W = np.searchsorted(samples.stop_s_F, start_s_W, side="right")
    last_W = np.searchsorted(samples.start_s_F, stop_s_W, side="left")
    # NaN compares false: a word without times covers nothing
    count_W = np.where(stop_s_W > start_s_W, np.maximum(last_W - first_W, 0), 0)
    for rows in _blocks(count_W):
        pairs = _Pairs(samples, start_s_W[rows], stop_s_W[rows], first_W[rows], count_W[rows])
        n_frames_W[rows] = pairs.total((pairs.overlap_s_P > 0).astype(np.int64))
        measured_s = pairs.total(pairs.overlap_s_P * pairs.known_PC.any(axis=1))
        valid_W[rows] = np.minimum(measured_s / (stop_s_W[rows] - start_s_W[rows]), 1.0)
        for name, pooled_WC in pairs.describe(value).items():
            value[name][rows] = pooled_WC
    return Pooled(value=value, n_frames_W=n_frames_W, valid_W=valid_W)


def _blocks(count_W: I64) -> Iterator[I64]:
    """Group the words that cover samples into blocks of about `PAIRS` pairs."""
    covering = np.flatnonzero(count_W)
    if covering.size:
        block = np.cumsum(count_W[covering]) // PAIRS
        yield from np.split(covering, np.flatnonzero(np.diff(block)) + 1)


class _Pairs:
    """The (word, sample) pairs of a block of words, each word's in one run."""

    def __init__(
        self, samples: Samples, start_s_W: F64, stop_s_W: F64, first_W: I64, count_W: I64
    ) -> None:
        # Only words that cover a sample come here: reduceat would give an empty run the next row.
        self.begin_W = np.cumsum(count_W) - count_W
        self.word_P = np.repeat(np.arange(count_W.size), count_W)
        frame_P = np.arange(self.word_P.size) + (first_W - self.begin_W)[self.word_P]
        self.overlap_s_P = np.maximum(
            np.minimum(samples.stop_s_F[frame_P], stop_s_W[self.word_P])
            - np.maximum(samples.start_s_F[frame_P], start_s_W[self.word_P]),
            0.0,
        )
        weight_P = self.overlap_s_P * samples.weight_F[frame_P]
        self.value_PC = samples.value_FC[frame_P].astype(np.float64)
        self.known_PC = np.isfinite(self.value_PC) & (weight_P > 0)[:, None]
        self.weight_PC = np.where(self.known_PC, weight_P[:, None], 0.0)

    def total(self, x_P: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Sum over each word's pairs; further axes are kept."""
        total_W: npt.NDArray[Number] = np.add.reduceat(x_P, self.begin_W, axis=0)
        return total_W

    def describe(self, statistics: Iterable[Statistic]) -> dict[Statistic, F64]:
        """Compute the statistics, each (W, C) over the words of the block."""
        found: dict[Statistic, F64] = {}
        weight_WC = self.total(self.weight_PC)
        weight_WC[weight_WC == 0] = np.nan
        mean_WC = (
            self.total(self.weight_PC * np.where(self.known_PC, self.value_PC, 0.0)) / weight_WC
        )
        for name in statistics:
            if name == "mean":
                found[name] = mean_WC
            elif name == "std":  # second pass around the mean: E[x^2] - E[x]^2 cancels
                off_PC = np.where(self.known_PC, self.value_PC - mean_WC[self.word_P], 0.0)
                found[name] = np.sqrt(self.total(self.weight_PC * off_PC**2) / weight_WC)
            else:
                high_PC = np.where(self.known_PC, self.value_PC, -np.inf)
                high_WC = np.maximum.reduceat(high_PC, self.begin_W, axis=0)
                found[name] = np.where(np.isnan(weight_WC), np.nan, high_WC)
        return found
