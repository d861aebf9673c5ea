"""Metrics of a run with mean, spread over draws and interval: what every part of judging lays out.

The mean and the sample standard deviation (``sd``) are over draws, each a whole set of test
predictions; ``low`` and ``high`` are 95 % intervals over participants and draws.
"""

# R = replicates, Q = draws, K = cases

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ...align.dataset import Target
from ...features.types import Bool
from ..intervals import Interval, Resampling
from ..said import DRAW, said
from ..weighted import Predictions, Statistic

if TYPE_CHECKING:
    import pandas as pd

ERRORS = ("rmse", "mae")
Figures: TypeAlias = dict[str, dict[str, float | None]]


def figures(
    run: Predictions,
    statistics: Mapping[str, Statistic],
    drawn: Resampling,
    within_K: Bool | None = None,
) -> Figures:
    """Compute metrics.

    Parameters
    ----------
    run : Predictions
    statistics : mapping of name to Statistic
    drawn : Resampling
        Of all cases of `run`.
    within_K : (K,) bool or None
        Cases that count; None: all.  Replicates stay those of all participants, so that figures of
        two groups can be held against each other.

    Returns
    -------
    dict
        ``mean``, ``sd``, ``low``, ``high``, each a metric's name to its value; None where
        undefined: the mean where any draw's is, the deviation where there is one draw.
    """
    out: Figures = {"mean": {}, "sd": {}, "low": {}, "high": {}}
    inside_K = slice(None) if within_K is None else within_K
    some = _inside(run, within_K)
    for name, statistic in statistics.items():
        whole_1Q = statistic(some, drawn.ones_1K[:, inside_K])
        interval = drawn.bound(whole_1Q, statistic(some, drawn.weight_RK[:, inside_K]))
        several = interval.value is not None and whole_1Q.size > 1
        out["mean"][name] = interval.value
        out["sd"][name] = float(np.std(whole_1Q, ddof=1)) if several else None
        out["low"][name], out["high"][name] = interval.low, interval.high
    return out


def constant_of(table: "pd.DataFrame", target: Target) -> tuple[Predictions, Predictions]:
    """Lay out the constants: those of the folds, and one a draw, their mean.

    The mean label of those who train is the higher, the lower the labels of those who are tested:
    with folds of one person its correlation with the labels is -1.  That is how folds are dealt and
    no knowledge, so the constant is one number for whatever compares people; its errors are those
    of the folds' own.
    """
    one = table.assign(constant=table.groupby(DRAW)["constant"].transform("mean"))
    return said(table, target, "constant"), said(one, target, "constant")


def figures_of_constant(
    table: "pd.DataFrame", target: Target, statistics: Mapping[str, Statistic], drawn: Resampling
) -> Figures:
    """Compute the metrics of the constant; see `constant_of`."""
    of_folds, one = constant_of(table, target)
    errors = figures(of_folds, {n: s for n, s in statistics.items() if n in ERRORS}, drawn)
    others = figures(one, {n: s for n, s in statistics.items() if n not in ERRORS}, drawn)
    return {
        part: {name: (errors if name in ERRORS else others)[part][name] for name in statistics}
        for part in others
    }


def of_draws(
    run: Predictions, statistics: Mapping[str, Statistic], drawn: Resampling
) -> list[dict[str, float | None]]:
    """List the metrics of each draw, in order."""
    values = {name: statistic(run, drawn.ones_1K)[0] for name, statistic in statistics.items()}
    return [
        {name: float(of_Q[q]) if np.isfinite(of_Q[q]) else None for name, of_Q in values.items()}
        for q in range(len(run.y_hat_QK))
    ]


def difference(
    run: Predictions, statistic: Statistic, drawn: Resampling, one_K: Bool, other_K: Bool
) -> Interval:
    """Bound by how much a metric of some cases (K,) is above that of others."""
    one, other = (_inside(run, within_K) for within_K in (one_K, other_K))
    return drawn.bound(
        statistic(one, drawn.ones_1K[:, one_K]) - statistic(other, drawn.ones_1K[:, other_K]),
        statistic(one, drawn.weight_RK[:, one_K]) - statistic(other, drawn.weight_RK[:, other_K]),
    )


def laid_out(interval: Interval) -> dict[str, Any]:
    """Lay out an interval for JSON."""
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _inside(run: Predictions, within_K: Bool | None) -> Predictions:
    if within_K is None:
        return run
    constant_QK = run.constant_QK
    return replace(
        run,
        y_K=run.y_K[within_K],
        y_hat_QK=run.y_hat_QK[:, within_K],
        positive_K=run.positive_K[within_K],
        called_QK=run.called_QK[:, within_K],
        constant_QK=None if constant_QK is None else constant_QK[:, within_K],
    )
