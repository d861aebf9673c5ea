"""Arms held against the first one: every metric with its interval, every difference with two.

See `depx.train.comparing.held`.  Nothing is corrected for how many arms there are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...align.dataset import Target
from ..comparing.held import Held, hold
from ..intervals import Interval
from ..place import PREDICTIONS
from ..said import read_predictions
from ..weighted import of_target

METRICS = "ccc", "rmse", "f1_positive"  # what the tables of an ablation ask for


def compare(runs: Mapping[str, Path], target: Target) -> list[Held]:
    """Compare finished runs on the same cases, folds and seeds.

    Parameters
    ----------
    runs : mapping of arm to Path
        The first is what the others are held against.
    target : Target

    Returns
    -------
    list of Held
        By arm, then metric; without F1 where nobody knows who is positive.
    """
    metrics = [name for name in METRICS if name in of_target(target)]
    tables = {arm: read_predictions(run / PREDICTIONS) for arm, run in runs.items()}
    return hold(tables, target, metrics)


def over(found: Sequence[Held], arm: str, metric: str) -> Held | None:
    """Pick one metric of one arm; None where it was not trained, or has no such metric."""
    return next((one for one in found if (one.run, one.metric) == (arm, metric)), None)


def row(one: Held) -> dict[str, Any]:
    """Lay one metric of one arm out for a table of files."""
    nothing = Interval(value=None, low=None, high=None)
    above, seeds = one.above or nothing, one.above_draws or nothing
    return {
        "arm": one.run,
        "metric": one.metric,
        "value": one.own.value,
        "low": one.own.low,
        "high": one.own.high,
        "difference": above.value,
        "difference_low": above.low,
        "difference_high": above.high,
        "difference_seeds_low": seeds.low,
        "difference_seeds_high": seeds.high,
    }
