"""Arms held against the first one: every metric with its interval, every difference with two.

One interval draws participants and seeds: would other people say the same?  The other is over seeds
alone: is it more than the randomness of training on these people?  None is corrected for how many
arms there are.
"""

# Q = seeds, K = cases

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...align.dataset import Target
from ..intervals import STATISTICS, Interval, Resampling, over_seeds
from ..place import PREDICTIONS
from ..said import draws_of, read_predictions, said
from ..weighted import of_target

METRICS = "ccc", "rmse", "f1_positive"  # what the tables of an ablation ask for


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One metric of one arm."""

    arm: str
    metric: str
    own: Interval
    """Over participants and seeds."""
    above: Interval | None
    """How far it lies above the first arm, over participants and seeds; None for that arm."""
    above_seeds: Interval | None
    """The same over seeds alone; without bounds for one seed."""

    def row(self) -> dict[str, Any]:
        """Lay it out for a table of files."""
        nothing = Interval(value=None, low=None, high=None)
        above, seeds = self.above or nothing, self.above_seeds or nothing
        return {
            "arm": self.arm,
            "metric": self.metric,
            "value": self.own.value,
            "low": self.own.low,
            "high": self.own.high,
            "difference": above.value,
            "difference_low": above.low,
            "difference_high": above.high,
            "difference_seeds_low": seeds.low,
            "difference_seeds_high": seeds.high,
        }


def compare(runs: Mapping[str, Path], target: Target) -> list[Compared]:
    """Compare finished runs on the same cases, folds and seeds.

    Parameters
    ----------
    runs : mapping of arm to Path
        The first is what the others are held against.
    target : Target

    Returns
    -------
    list of Compared
        By arm, then metric; without F1 where nobody knows who is positive.
    """
    tables = {arm: read_predictions(run / PREDICTIONS) for arm, run in runs.items()}
    draws = draws_of(next(iter(tables.values())))
    of_arms = {arm: said(table, target) for arm, table in tables.items()}
    everything = Resampling(list(draws[0]["participant"]), len(draws))
    reference = next(iter(of_arms))
    found = []
    for arm, run in of_arms.items():
        for metric in METRICS:
            if metric not in of_target(target):
                continue
            statistic = STATISTICS[metric]
            own = everything.of(run, statistic)
            above = above_seeds = None
            if arm != reference:
                above = everything.between(run, of_arms[reference], statistic)
                above_seeds = over_seeds(run, of_arms[reference], statistic)
            found.append(
                Compared(arm=arm, metric=metric, own=own, above=above, above_seeds=above_seeds)
            )
    return found


def over(found: Sequence[Compared], arm: str, metric: str) -> Compared | None:
    """Pick one metric of one arm; None where it was not trained, or has no such metric."""
    return next((one for one in found if (one.arm, one.metric) == (arm, metric)), None)
