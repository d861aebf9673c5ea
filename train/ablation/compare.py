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

import numpy as np

from ...align.dataset import Target
from ...features.types import F64
from ..besides import THRESHOLD
from ..intervals import STATISTICS, Interval, Predictions, Resampling, over_seeds
from ..place import PREDICTIONS


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
    tables = {arm: _table(run / PREDICTIONS) for arm, run in runs.items()}
    first = next(iter(tables.values()))
    participants = list(first[first["seed"] == first["seed"].min()]["participant"])
    seeds = int(first["seed"].nunique())
    said = {arm: _predictions(table, target) for arm, table in tables.items()}
    everything = Resampling(participants, seeds)
    reference = next(iter(said))
    found = []
    for arm, run in said.items():
        for metric, statistic in STATISTICS.items():
            if metric == "f1_positive" and not target.positive_rule:
                continue
            own = everything.of(run, statistic)
            above = above_seeds = None
            if arm != reference:
                above = everything.between(run, said[reference], statistic)
                above_seeds = over_seeds(run, said[reference], statistic)
            found.append(
                Compared(arm=arm, metric=metric, own=own, above=above, above_seeds=above_seeds)
            )
    return found


def over(found: Sequence[Compared], arm: str, metric: str) -> Compared | None:
    """Pick one metric of one arm; None where it was not trained, or has no such metric."""
    return next((one for one in found if (one.arm, one.metric) == (arm, metric)), None)


def _table(path: Path) -> Any:
    """Read predictions, cases in the same order for every arm and seed."""
    import pandas as pd

    return pd.read_parquet(path).sort_values(["seed", "case"], kind="stable")


def _predictions(table: Any, target: Target) -> Predictions:
    seeds = sorted(table["seed"].unique())
    of_seeds = [table[table["seed"] == seed] for seed in seeds]
    y_hat_QK: F64 = np.stack([rows["y_hat"].to_numpy(dtype=np.float64) for rows in of_seeds])
    called_QK = np.zeros(y_hat_QK.shape, dtype=np.bool_)
    if target.kind == "class":
        called_QK = y_hat_QK >= THRESHOLD
    elif target.positive_rule:
        called_QK = target.positive(y_hat_QK)
    return Predictions(
        y_K=of_seeds[0]["y"].to_numpy(dtype=np.float64),
        y_hat_QK=y_hat_QK,
        positive_K=of_seeds[0]["positive"].astype("float64").to_numpy(),
        called_QK=called_QK,
    )
