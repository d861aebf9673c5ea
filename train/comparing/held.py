"""Runs held against the first one: every metric with its interval, every difference with two.

One interval draws participants and draws (seeds, repeats of the folds): would other people say the
same?  The other is over draws alone: is it more than the randomness of training on these people?
Draws that two runs share (the same repeat and seed) are drawn together; where the runs do not have
the same ones, each run's are drawn by themselves.  A bootstrap of two or three draws is too narrow:
the interval over draws alone is Student's, or Welch's where they are not paired.

Drawing participants and draws at once counts what is particular to a participant in a draw more
than once: with several draws an interval holds the truth rather more often than it says (Owen,
Annals of Applied Statistics 2007, "The pigeonhole bootstrap").
"""

# R = replicates, Q = draws, K = cases

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...align.dataset import Target
from ...features.types import F64
from ..intervals import LEVEL, STATISTICS, Interval, Predictions, Resampling, Statistic, over_seeds
from ..said import DRAW, draws_of, said

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Where the variance of a run's metric comes from, one source at a time."""

    draws: float | None
    """Standard deviation over its draws, on these participants; None for one draw."""
    participants: float | None
    """Standard deviation over participants drawn anew, of the mean over its draws as they are."""

    @property
    def share_draws(self) -> float | None:
        """Share of the draws in the variance of one draw's figure on other participants."""
        if self.draws is None or self.participants is None:
            return None
        whole = self.draws**2 + self.participants**2
        return self.draws**2 / whole if whole > 0 else None


@dataclass(frozen=True, kw_only=True)
class Held:
    """One metric of one run."""

    run: str
    metric: str
    own: Interval
    """Over participants and draws."""
    spread: Spread
    above: Interval | None
    """How far it lies above the first run, over participants and draws; None for that run."""
    above_draws: Interval | None
    """The same over draws alone, these participants staying; without bounds for one draw."""
    paired: bool
    """Whether it has the draws of the first run, so that they are drawn together."""


class Apart(Resampling):
    """Replicates for two runs that share the participants, but no draws."""

    def __init__(self, participants: Sequence[str], draws: tuple[int, int]) -> None:
        """Draw the participants as for any other runs, and the draws of each run by themselves.

        Parameters
        ----------
        participants : sequence of str
            Of each case.
        draws : two ints
            How many the one and the other run have.
        """
        super().__init__(participants, 1)
        rng = np.random.default_rng(1)
        self.shares = [
            rng.multinomial(count, np.full(count, 1.0 / count), size=len(self.weight_RK)) / count
            for count in draws
        ]

    def between(self, run: Predictions, other: Predictions, statistic: Statistic) -> Interval:
        """Bound by how much a metric of `run` is above that of `other`, each over its draws."""
        of_run, of_other = (statistic(one, self.ones_1K) for one in (run, other))
        apart_R = _drawn(statistic(run, self.weight_RK), self.shares[0]) - _drawn(
            statistic(other, self.weight_RK), self.shares[1]
        )
        return self.bound(
            of_run.mean(axis=1, keepdims=True) - of_other.mean(axis=1, keepdims=True),
            apart_R[:, None],
        )


def hold(
    tables: "Mapping[str, pd.DataFrame]", target: Target, metrics: Iterable[str]
) -> list[Held]:
    """Hold runs against the first of them.

    Parameters
    ----------
    tables : mapping of run to pandas.DataFrame
        Predictions as `depx.train.said.read_predictions` gives them: the same cases in each draw of
        each run.
    target : Target
    metrics : iterable of str
        Names in `STATISTICS`.

    Returns
    -------
    list of Held
        By run, then metric.
    """
    runs = {name: said(table, target) for name, table in tables.items()}
    draws = {name: draws_in(table) for name, table in tables.items()}
    first = next(iter(tables))
    participants = list(draws_of(tables[first])[0]["participant"])
    drawn = {q: Resampling(participants, q) for q in {len(of) for of in draws.values()}}
    found = []
    for name, run in runs.items():
        own = drawn[len(draws[name])]
        paired = draws[name] == draws[first]
        beside = own if paired else Apart(participants, (len(draws[name]), len(draws[first])))
        for metric in metrics:
            statistic = STATISTICS[metric]
            above = above_draws = None
            if name != first:
                above = beside.between(run, runs[first], statistic)
                alone = over_seeds if paired else over_own_draws
                above_draws = alone(run, runs[first], statistic)
            found.append(
                Held(
                    run=name,
                    metric=metric,
                    own=own.of(run, statistic),
                    spread=spread(run, statistic, own),
                    above=above,
                    above_draws=above_draws,
                    paired=paired,
                )
            )
    return found


def draws_in(table: "pd.DataFrame") -> list[tuple[int, int]]:
    """List the draws of a run: repeat and seed of each, in order."""
    pairs = table[DRAW].drop_duplicates().sort_values(DRAW)
    return [(int(repeat), int(seed)) for repeat, seed in pairs.itertuples(index=False)]


def over_own_draws(run: Predictions, other: Predictions, statistic: Statistic) -> Interval:
    """Bound by how much a metric of `run` is above that of `other`, other draws of each.

    Welch's interval (Biometrika 1947) of the difference of two means, of draws that are not paired.
    """
    from scipy.stats import t

    ones_1K = np.ones((1, run.y_K.size))
    of_both = [statistic(one, ones_1K)[0] for one in (run, other)]
    value = float(of_both[0].mean() - of_both[1].mean())
    if not np.isfinite(value):
        return Interval(value=None, low=None, high=None)
    if min(of_one_Q.size for of_one_Q in of_both) < 2:
        return Interval(value=value, low=None, high=None)
    parts = np.array([of_one_Q.var(ddof=1) / of_one_Q.size for of_one_Q in of_both])
    half = 0.0
    if parts.sum() > 0:
        freedom = parts.sum() ** 2 / sum(
            part**2 / (of_one_Q.size - 1) for part, of_one_Q in zip(parts, of_both, strict=True)
        )
        half = float(t.ppf((1.0 + LEVEL) / 2.0, freedom) * np.sqrt(parts.sum()))
    return Interval(value=value, low=value - half, high=value + half)


def spread(run: Predictions, statistic: Statistic, drawn: Resampling) -> Spread:
    """Part the variance of a metric: over draws, and over participants.

    Bouthillier et al. (MLSys 2021) part the sources of variance of a benchmark alike.
    """
    of_draws_Q = statistic(run, drawn.ones_1K)[0]
    mean_R = statistic(run, drawn.weight_RK).mean(axis=1)
    known_R = mean_R[np.isfinite(mean_R)]
    several = of_draws_Q.size > 1 and bool(np.isfinite(of_draws_Q).all())
    enough = known_R.size >= LEVEL * mean_R.size
    return Spread(
        draws=float(of_draws_Q.std(ddof=1)) if several else None,
        participants=float(known_R.std(ddof=1)) if enough else None,
    )


def _drawn(value_RQ: F64, share_RQ: F64) -> F64:
    """Average over the draws that were drawn; one that was not weighs nothing, defined or not."""
    out_R: F64 = np.where(share_RQ > 0, value_RQ * share_RQ, 0.0).sum(axis=1)
    return out_R
