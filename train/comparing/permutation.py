"""Is a difference between two runs more than chance?  A test that swaps their predictions.

If it did not matter which of two runs made a participant's predictions, then swapping the two runs'
predictions of any participants, with all their cases and draws, would give differences like the one
that was found.  The share of swaps whose difference is at least as far from 0 is the p value.  It
speaks of these predictions: what other seeds of training would have given, only the interval over
draws says.

A swap is a weight: the predictions of both runs stand side by side as cases of one run, each of
weight 1 or 0, so that every metric that knows weights is tested without a formula of its own.

References
----------
Phipson & Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010): the p value of
random permutations is (1 + b) / (1 + n).  Holm, Scandinavian Journal of Statistics 6 (1979).
"""

# S = swaps, P = participants, K = cases, Q = draws

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING

import numpy as np

from ...align.dataset import Target
from ...features.types import F64
from ..intervals import Predictions, Statistic
from ..said import draws_of, said

if TYPE_CHECKING:
    import pandas as pd

SWAPS = 10_000
AT_A_TIME = 1_000  # swaps: bounds memory
MOST_PAIRS = 60  # of draws, where two runs have different numbers of them
TIES = 1e-9  # of the difference: what rounding may add where two swaps are one


@dataclass(frozen=True, kw_only=True)
class Tested:
    """The outcome of a permutation test."""

    p: float
    """Two-sided, in (0, 1]."""
    swaps: int
    """How many were tried."""
    exact: bool
    """Whether they are all that there are."""


class Swapping:
    """Swaps of two runs on the same cases, the same ones for every metric."""

    def __init__(self, table: "pd.DataFrame", other: "pd.DataFrame", target: Target) -> None:
        """Lay both runs side by side, and draw who is swapped.

        Parameters
        ----------
        table, other : pandas.DataFrame
            Predictions of the two runs; the same cases in each draw.  Runs of different numbers of
            draws take turns: each draw of the one stands beside draws of the other equally often,
            or nearly so, where that would be more than `MOST_PAIRS`.
        target : Target
        """
        self.both: Predictions = said(_beside(draws_of(table), draws_of(other)), target)
        _, who_K = np.unique(draws_of(table)[0]["participant"].to_numpy(str), return_inverse=True)
        count = int(who_K.max()) + 1
        self.exact = 2**count <= SWAPS
        if self.exact:
            swapped_SP = np.arange(2**count)[:, None] >> np.arange(count) & 1
        else:
            swapped_SP = np.random.default_rng(0).integers(0, 2, size=(SWAPS, count))
        self.swapped_SK = swapped_SP[:, who_K].astype(np.float64)

    def test(self, statistic: Statistic) -> Tested | None:
        """Test the difference of the means over draws; None where it is undefined.

        A swap that leaves the metric undefined counts as one that is as far from 0.
        """
        found = float(self._apart(statistic, np.zeros_like(self.swapped_SK[:1]))[0])
        if not np.isfinite(found):
            return None
        parts = range(0, len(self.swapped_SK), AT_A_TIME)
        apart_S = np.concatenate(
            [self._apart(statistic, self.swapped_SK[s : s + AT_A_TIME]) for s in parts]
        )
        far = int(np.sum(~(np.abs(apart_S) < abs(found) * (1.0 - TIES))))  # NaN is far
        swaps = len(apart_S)
        p = far / swaps if self.exact else (1 + far) / (1 + swaps)
        return Tested(p=p, swaps=swaps, exact=self.exact)

    def _apart(self, statistic: Statistic, swapped_SK: F64) -> F64:
        """How far the metric of the one run lies above that of the other, after swaps."""
        stays_SK = 1.0 - swapped_SK
        of_one_SQ = statistic(self.both, np.concatenate([stays_SK, swapped_SK], axis=1))
        of_other_SQ = statistic(self.both, np.concatenate([swapped_SK, stays_SK], axis=1))
        apart_S: F64 = of_one_SQ.mean(axis=1) - of_other_SQ.mean(axis=1)
        return apart_S


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p values for how many they are; None stays None and counts for nothing.

    Returns
    -------
    list of float or None
        Below a level only if the hypothesis can be refused while the chance of any false refusal
        among them all stays below that level.
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, (p, i) in enumerate(known):
        least = max(least, min(1.0, p * (len(known) - rank)))
        adjusted[i] = least
    return adjusted


def _beside(one: "Sequence[pd.DataFrame]", other: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    """Put the cases of the second run after those of the first, draw beside draw."""
    import pandas as pd

    pairs = lcm(len(one), len(other))
    if pairs > MOST_PAIRS:
        pairs = max(len(one), len(other))
    return pd.concat(
        [
            rows.assign(case=f"{run}:" + rows["case"].astype(str), repeat=0, seed=draw)
            for draw in range(pairs)
            for run, rows in enumerate((one[draw % len(one)], other[draw % len(other)]))
        ],
        ignore_index=True,
    )
