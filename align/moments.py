"""What is known of the samples under words, kept so that it can be put together.

Two descriptions of the same word (from two parts of a track), or of two words of the same turn,
join into one without a second look at the samples, by the formula of Chan, Golub and LeVeque (The
American Statistician 37, 1983), extended to the co-moment with time.
"""

# W = words (or turns, or sessions), C = pooled columns

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ..features.types import F32, F64, I64, Bool

Statistic: TypeAlias = Literal["mean", "std", "min", "max", "first", "slope"]
STATISTICS: tuple[Statistic, ...] = ("mean", "std", "min", "max", "first", "slope")

# What a statistic needs besides weight and mean, each (W, C):
NEEDS: Mapping[str, tuple[str, ...]] = {
    "mean": (),
    "std": ("spread",),  # sum of weight x (value - mean)^2
    "min": ("low",),
    "max": ("high",),
    "first": ("first",),
    # mean time of the measured samples, sum of weight x (time - mean)^2, and of both deviations
    "slope": ("time_s", "time_spread", "cross"),
}
NAN = frozenset({"low", "high", "first"})  # NaN where nothing was measured; the others 0

SAME_TIME_S = 1e-9  # samples that lie closer together than this have no slope
ROWS = 1024  # words that are put together at a time: bounds the copies that it takes


def needed(statistics: Iterable[Statistic]) -> tuple[str, ...]:
    """List what must be gathered for some statistics."""
    return tuple(name for statistic in statistics for name in NEEDS[statistic])


@dataclass(frozen=True, eq=False, kw_only=True)
class Pooled:
    """A row a word."""

    value: dict[Statistic, F32]
    """Statistic -> (W, C); NaN where no sample under the word measured the column."""
    n_frames_W: I64
    """Samples whose interval overlaps the word, measured or not."""
    valid_W: F32
    """Share of the word's duration that measured samples own, 0..1; 0 where the vector is NaN."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Moments:
    """Weights are seconds of overlap times confidence."""

    n_frames_W: I64
    measured_s_W: F64
    """Seconds of the word that measured samples own."""
    lasting_s_W: F64
    """Seconds that the word lasts; 0 where it has no times."""
    weight_WC: F64
    mean_WC: F64
    """0 where the weight is 0."""
    more: Mapping[str, F64]
    """See `NEEDS`."""

    @classmethod
    def nothing(cls, words: int, width: int, more: Iterable[str]) -> "Moments":
        """Know nothing yet of some words; `more` as `needed` lists it."""
        shape = (words, width)
        return cls(
            n_frames_W=np.zeros(words, dtype=np.int64),
            measured_s_W=np.zeros(words),
            lasting_s_W=np.zeros(words),
            weight_WC=np.zeros(shape),
            mean_WC=np.zeros(shape),
            more={
                name: np.full(shape, np.nan) if name in NAN else np.zeros(shape) for name in more
            },
        )

    def take(self, rows: I64) -> "Moments":
        """Copy some words."""
        return Moments(
            n_frames_W=self.n_frames_W[rows],
            measured_s_W=self.measured_s_W[rows],
            lasting_s_W=self.lasting_s_W[rows],
            weight_WC=self.weight_WC[rows],
            mean_WC=self.mean_WC[rows],
            more={name: value_WC[rows] for name, value_WC in self.more.items()},
        )

    def put(self, rows: I64, others: "Moments") -> None:
        """Overwrite some words, in place."""
        self.n_frames_W[rows] = others.n_frames_W
        self.measured_s_W[rows] = others.measured_s_W
        self.lasting_s_W[rows] = others.lasting_s_W
        self.weight_WC[rows] = others.weight_WC
        self.mean_WC[rows] = others.mean_WC
        for name, value_WC in self.more.items():
            value_WC[rows] = others.more[name]

    def join(self, later: "Moments") -> "Moments":
        """Put what is known of the same words together; `later` stands behind in time."""
        weight_WC = self.weight_WC + later.weight_WC
        share_WC = later.weight_WC / np.where(weight_WC > 0, weight_WC, 1.0)
        apart_WC = later.mean_WC - self.mean_WC
        more = {name: value_WC + later.more[name] for name, value_WC in self.more.items()}
        if "low" in more:
            more["low"] = np.fmin(self.more["low"], later.more["low"])
        if "high" in more:
            more["high"] = np.fmax(self.more["high"], later.more["high"])
        if "first" in more:
            first_WC = self.more["first"]
            more["first"] = np.where(np.isnan(first_WC), later.more["first"], first_WC)
        both_WC = self.weight_WC * share_WC
        if "spread" in more:
            more["spread"] += both_WC * apart_WC**2
        if "cross" in more:
            late_s_WC = later.more["time_s"] - self.more["time_s"]
            more["time_s"] = self.more["time_s"] + share_WC * late_s_WC
            more["time_spread"] += both_WC * late_s_WC**2
            more["cross"] += both_WC * late_s_WC * apart_WC
        return Moments(
            n_frames_W=self.n_frames_W + later.n_frames_W,
            measured_s_W=self.measured_s_W + later.measured_s_W,
            lasting_s_W=self.lasting_s_W + later.lasting_s_W,
            weight_WC=weight_WC,
            mean_WC=self.mean_WC + share_WC * apart_WC,
            more=more,
        )

    def by_unit(self, unit_W: I64, units: int) -> "Moments":
        """Put the words of each unit (a turn, the session) together, in the order of the words.

        Parameters
        ----------
        unit_W : int64 array of shape (W,)
            The unit of each word, below `units`; negative where it belongs to none.
        units : int >= 0

        Returns
        -------
        Moments
            A row a unit.  A sample under two words of the unit counts twice, as the words have it.
        """
        row_W = np.argsort(unit_W, kind="stable")
        row_W = row_W[unit_W[row_W] >= 0]
        found = Moments.nothing(units, self.weight_WC.shape[1], self.more)
        for at in range(0, row_W.size, ROWS):
            some = row_W[at : at + ROWS]
            unit_U, joined = _tree(self.take(some), unit_W[some])
            found.put(unit_U, found.take(unit_U).join(joined))
        return found

    def pooled(self, statistics: Sequence[Statistic]) -> Pooled:
        """Describe each word by some of the statistics that were gathered."""
        known_WC = self.weight_WC > 0
        weight_WC = np.where(known_WC, self.weight_WC, np.nan)
        value: dict[Statistic, F32] = {}
        for statistic in statistics:
            value[statistic] = self._statistic(statistic, weight_WC, known_WC).astype(np.float32)
        lasting_s_W = np.where(self.lasting_s_W > 0, self.lasting_s_W, 1.0)
        return Pooled(
            value=value,
            n_frames_W=self.n_frames_W,
            valid_W=np.minimum(self.measured_s_W / lasting_s_W, 1.0).astype(np.float32),
        )

    def _statistic(self, statistic: Statistic, weight_WC: F64, known_WC: Bool) -> F64:
        more = self.more
        if statistic == "mean":
            return np.where(known_WC, self.mean_WC, np.nan)
        if statistic == "std":
            variance_WC: F64 = more["spread"] / weight_WC
            return np.sqrt(variance_WC)
        if statistic == "slope":
            apart_WC = more["time_spread"] / weight_WC > SAME_TIME_S**2
            slope_WC: F64 = more["cross"] / np.where(apart_WC, more["time_spread"], np.nan)
            return slope_WC
        return more[{"min": "low", "max": "high", "first": "first"}[statistic]]


def _tree(here: Moments, unit_W: I64) -> tuple[I64, Moments]:
    """Join neighbours of the same unit, two by two, until each unit is one row."""
    while True:
        is_first_W = np.append(True, unit_W[1:] != unit_W[:-1])
        if is_first_W.all():
            return unit_W, here
        at_W = np.arange(unit_W.size)
        place_W = at_W - np.maximum.accumulate(np.where(is_first_W, at_W, 0))
        left = np.flatnonzero(place_W % 2 == 0)
        has_right = ~np.append(is_first_W, True)[left + 1]
        paired = left[has_right]
        joined = here.take(paired).join(here.take(paired + 1))
        here, unit_W = here.take(left), unit_W[left]
        here.put(np.flatnonzero(has_right), joined)
