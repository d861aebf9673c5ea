"""Intervals for metrics, and for differences between runs on the same cases: the bootstrap.

Participants are drawn with replacement, with all their cases and in all runs alike, and so are
seeds: an interval says how far a figure would move with other people and other seeds of training.
A replicate is a weight a case, so all of them are a few products of matrices.  Seeds alone are few,
and a bootstrap of few values is too narrow: there the interval is Student's, of paired differences.
"""

# R = replicates, Q = seeds, K = cases

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..features.types import F64, Bool

Statistic: TypeAlias = Callable[["Predictions", F64], F64]
"""Weights of cases (R, K) -> the metric of each seed (R, Q); NaN where undefined."""

REPLICATES = 2_000
LEVEL = 0.95


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions:
    """What one run says of its cases, with each seed."""

    y_K: F64
    y_hat_QK: F64
    positive_K: F64
    """1, 0, NaN where nobody knows."""
    called_QK: Bool
    """Who is called positive."""


def ccc(run: Predictions, weight_RK: F64) -> F64:
    """Concordance of weighted cases."""
    total_R1 = weight_RK.sum(axis=1, keepdims=True)
    y_R1 = weight_RK @ run.y_K[:, None] / total_R1
    yy_R1 = weight_RK @ (run.y_K**2)[:, None] / total_R1 - y_R1**2
    p_RQ = weight_RK @ run.y_hat_QK.T / total_R1
    pp_RQ = weight_RK @ (run.y_hat_QK**2).T / total_R1 - p_RQ**2
    yp_RQ = weight_RK @ (run.y_hat_QK * run.y_K).T / total_R1 - y_R1 * p_RQ
    return _over(2.0 * yp_RQ, yy_R1 + pp_RQ + (y_R1 - p_RQ) ** 2)


def rmse(run: Predictions, weight_RK: F64) -> F64:
    """Root mean squared error of weighted cases."""
    squared_QK = (run.y_hat_QK - run.y_K) ** 2
    out_RQ: F64 = np.sqrt(weight_RK @ squared_QK.T / weight_RK.sum(axis=1, keepdims=True))
    return out_RQ


def f1_positive(run: Predictions, weight_RK: F64) -> F64:
    """F1 of the positive class of weighted cases whose class is known."""
    known_RK = weight_RK * np.isfinite(run.positive_K)
    positive_K = run.positive_K == 1.0
    hits_RQ = known_RK @ (run.called_QK & positive_K).T
    return _over(2.0 * hits_RQ, known_RK @ run.called_QK.T + known_RK @ positive_K[:, None])


STATISTICS: Mapping[str, Statistic] = {"ccc": ccc, "rmse": rmse, "f1_positive": f1_positive}


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure, the mean over seeds, and where 95 % of its replicates lie."""

    value: float | None
    """None where any seed's metric is undefined."""
    low: float | None
    high: float | None
    """None where more than one in 20 replicates is undefined, or there is one seed."""


class Resampling:
    """One set of replicates for all runs on the same cases, so that differences are paired."""

    def __init__(self, participants: Sequence[str], seeds: int) -> None:
        """Draw.

        Parameters
        ----------
        participants : sequence of str
            Of each case.
        seeds : int
        """
        rng = np.random.default_rng(0)
        _, who_K = np.unique(np.array(participants), return_inverse=True)
        count = int(who_K.max()) + 1
        often_RP = rng.multinomial(count, np.full(count, 1.0 / count), size=REPLICATES)
        self.weight_RK: F64 = often_RP[:, who_K].astype(np.float64)
        share_RQ = rng.multinomial(seeds, np.full(seeds, 1.0 / seeds), size=REPLICATES)
        self.share_RQ: F64 = share_RQ / seeds
        self.ones_1K = np.ones((1, who_K.size))

    def of(self, run: Predictions, statistic: Statistic) -> Interval:
        """Bound a metric of one run."""
        return self._bound(statistic(run, self.ones_1K), statistic(run, self.weight_RK))

    def between(self, run: Predictions, other: Predictions, statistic: Statistic) -> Interval:
        """Bound by how much a metric of `run` is above that of `other`, seed by seed."""
        return self._bound(
            statistic(run, self.ones_1K) - statistic(other, self.ones_1K),
            statistic(run, self.weight_RK) - statistic(other, self.weight_RK),
        )

    def _bound(self, whole_1Q: F64, value_RQ: F64) -> Interval:
        # A seed that was not drawn weighs nothing, also where it is undefined.
        drawn_RQ = self.share_RQ > 0
        replicates_R = np.where(drawn_RQ, value_RQ * self.share_RQ, 0.0).sum(axis=1)
        value = float(whole_1Q.mean())
        known_R = replicates_R[np.isfinite(replicates_R)]
        low = high = None
        if known_R.size >= LEVEL * replicates_R.size:
            tail = (1.0 - LEVEL) / 2.0
            low, high = (float(one) for one in np.quantile(known_R, [tail, 1.0 - tail]))
        return Interval(value=value if np.isfinite(value) else None, low=low, high=high)


def over_seeds(run: Predictions, other: Predictions, statistic: Statistic) -> Interval:
    """Bound by how much a metric of `run` is above that of `other` on these cases, other seeds.

    Student's interval of the mean of paired differences: of as many values as there are seeds.
    """
    from scipy.stats import t

    ones_1K = np.ones((1, run.y_K.size))
    apart_Q = (statistic(run, ones_1K) - statistic(other, ones_1K))[0]
    value = float(apart_Q.mean())
    if not np.isfinite(value):
        return Interval(value=None, low=None, high=None)
    if apart_Q.size < 2:
        return Interval(value=value, low=None, high=None)
    reach = float(t.ppf((1.0 + LEVEL) / 2.0, apart_Q.size - 1))
    half = reach * float(apart_Q.std(ddof=1)) / apart_Q.size**0.5
    return Interval(value=value, low=value - half, high=value + half)


def _over(above: F64, below: F64) -> F64:
    """Divide; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        out: F64 = np.where(below > 0, above / below, np.nan)
    return out
