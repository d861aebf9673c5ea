"""The same figures for each group of people: by gender, and by whatever else the labels say.

A model that serves one group less than another shows it here, if the groups are large enough: the
intervals say whether they are.  A case of which nobody knows the group is ``unknown``, never left
out.
"""

# K = cases

from typing import TYPE_CHECKING, Any

import numpy as np

from ...align.dataset import Target
from ...features.types import Bool
from ..intervals import Resampling
from ..said import draws_of
from ..weighted import Predictions, of_target
from .conformal import coverage
from .figures import difference, figures, laid_out

if TYPE_CHECKING:
    import pandas as pd

GROUP = "group_"
UNKNOWN = "unknown"
FEW = 5  # participants; of fewer, a figure is an anecdote


def judge_groups(
    run: Predictions, table: "pd.DataFrame", target: Target, drawn: Resampling
) -> dict[str, dict[str, Any]]:
    """Judge each group by itself.

    Parameters
    ----------
    run : Predictions
    table : pandas.DataFrame
        That `run` was laid out from; a column ``group_<name>`` a grouping.
    target : Target
    drawn : Resampling

    Returns
    -------
    dict
        Name of a grouping -> value -> ``participants``, ``cases``, ``positives`` (None where nobody
        knows), ``few`` (fewer than 5 participants), the metrics as `figures` lays them out,
        ``bias`` (mean of prediction less label) and ``coverage`` of the conformal intervals (None
        of a class), each with its interval.
    """
    names = [name for name in table.columns if name.startswith(GROUP)]
    return {name.removeprefix(GROUP): _by(run, table, name, target, drawn) for name in names}


def compare_groups(
    run: Predictions, table: "pd.DataFrame", target: Target, drawn: Resampling
) -> dict[str, dict[str, Any]]:
    """Hold the two largest known groups of each grouping against each other.

    Returns
    -------
    dict
        Name of a grouping -> ``metric`` (AUROC of a class, CCC of a score), ``of`` the two values,
        and by how much that of the first is above that of the second, with its interval; nothing
        where there are not two groups.
    """
    metric = "auroc" if target.kind == "class" else "ccc"
    if metric not in of_target(target):
        return {}
    found = {}
    for name in (name for name in table.columns if name.startswith(GROUP)):
        inside = {value: is_K for value, is_K in _inside(table, name).items() if value != UNKNOWN}
        largest = sorted(inside, key=lambda value: (-inside[value].sum(), value))[:2]
        if len(largest) == 2:
            one_K, other_K = (inside[value] for value in largest)
            apart = difference(run, of_target(target)[metric], drawn, one_K, other_K)
            found[name.removeprefix(GROUP)] = {
                "metric": metric,
                "of": largest,
                **laid_out(apart),
            }
    return found


def _by(
    run: Predictions, table: "pd.DataFrame", name: str, target: Target, drawn: Resampling
) -> dict[str, Any]:
    who_K = draws_of(table)[0]["participant"].to_numpy()
    y_QK = np.broadcast_to(run.y_K, run.y_hat_QK.shape)
    found = {}
    for value, is_K in _inside(table, name).items():
        participants = len(set(who_K[is_K]))
        positive_K = run.positive_K[is_K]
        bias = drawn.pooled(lambda mean: mean(run.y_hat_QK - y_QK), is_K)
        scored = target.kind == "score"
        found[value] = {
            "participants": participants,
            "cases": int(is_K.sum()),
            "positives": int(np.nansum(positive_K)) if np.isfinite(positive_K).any() else None,
            "few": participants < FEW,
            **figures(run, of_target(target), drawn, is_K),
            "bias": laid_out(bias),
            "coverage": laid_out(coverage(table, drawn, is_K)) if scored else None,
        }
    return found


def _inside(table: "pd.DataFrame", name: str) -> dict[str, Bool]:
    """Say which cases lie in each group; the unknown last."""
    value_K = [
        UNKNOWN if value is None or value != value else str(value)  # NaN differs from itself
        for value in draws_of(table)[0][name]
    ]
    values = sorted(set(value_K), key=lambda value: (value == UNKNOWN, value))
    return {value: np.array([one == value for one in value_K]) for value in values}
