"""Probes beside the model: their metrics with intervals, and by how much the model is better.

Participants and draws are resampled as for the model, for both alike, so that a difference is of
the same people.  A probe that needs no seed stands beside every seed of its repeat.  Labels that
were dealt anew are judged by themselves: what is predicted of them must be no better than chance.
"""

# Q = draws, K = cases

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...align.dataset import Target
from ...errors import TrainingError
from ..intervals import STATISTICS, Predictions, Resampling
from ..judging.figures import constant_of
from ..primary import SKILL, is_above_chance, primary_of
from ..said import draws_of, said
from .probe import ABOUT, CONSTANT, Probed, Row
from .transforms import PERMUTED

if TYPE_CHECKING:
    import pandas as pd

DEFINITIONS = {
    "probes": "predictors of what ought not to suffice, on the same cases, folds and resamples",
    "near": "the 95 % interval of model - probe does not lie above 0, or that of the model itself "
    "not above chance; for permuted labels: their own interval lies above chance; null: undefined",
    "above_chance": "the probe's own 95 % interval lies above chance (CCC 0, AUROC .5, skill 0)",
}


def judge_probes(table: "pd.DataFrame", target: Target, probed: Probed) -> dict[str, Any]:
    """Compute ``probes`` of ``metrics.json``.

    Parameters
    ----------
    table : pandas.DataFrame
        Of the model, as `said.read_predictions` gives it.
    target : Target
    probed : Probed

    Returns
    -------
    dict of probe to dict
        ``about``, and either ``left_out`` or ``mean``, ``low``, ``high`` (metric -> value),
        ``difference`` (``metric``, ``value``, ``low``, ``high`` of model - probe), ``near`` and
        ``above_chance``: see `DEFINITIONS`.

    Raises
    ------
    TrainingError
        If a probe has no draw of the model, or other cases.
    """
    rows: dict[str, list[Row]] = {}
    for row in probed.rows:
        rows.setdefault(row["probe"], []).append(row)
    found: dict[str, Any] = {}
    for name, about in ABOUT.items():
        if name in probed.left_out:
            found[name] = {"about": about, "left_out": probed.left_out[name]}
        elif name == CONSTANT:
            of_folds, one = constant_of(table, target)
            constant = of_folds if primary_of(table, target) == SKILL else one
            found[name] = {"about": about, **_judge(table, target, constant, name)}
        elif name in rows:
            beside = _beside(table, rows[name], name)
            found[name] = {"about": about, **_judge(beside, target, _of(beside, target), name)}
    return found


def _beside(table: "pd.DataFrame", rows: Sequence[Row], name: str) -> "pd.DataFrame":
    """Lay a probe's rows beside those of the model, draws that it does not have left away."""
    import pandas as pd

    probe = pd.DataFrame(list(rows))
    on = ["case", "repeat"] if probe["seed"].isna().all() else ["case", "repeat", "seed"]
    ours = probe[[*on, "y", "positive", "y_hat"]]
    beside = table.merge(ours, on=on, suffixes=("", "_probe"), validate="many_to_one")
    draws = draws_of(beside)
    cases = table["case"].nunique()
    if not draws or any(len(draw) != cases for draw in draws):
        raise TrainingError(
            f"probe {name}: has {beside['case'].nunique()} of the {cases} cases that the model "
            "predicts; expected all of them in each draw; fit both by the same splits"
        )
    return beside


def _of(beside: "pd.DataFrame", target: Target) -> Predictions:
    """Take what the probe says, by its own labels: those dealt anew are not the model's."""
    own = beside.drop(columns=["y", "positive", "y_hat"])
    names = {f"{name}_probe": name for name in ("y", "positive", "y_hat")}
    return said(own.rename(columns=names), target)


def _judge(beside: "pd.DataFrame", target: Target, probe: Predictions, name: str) -> dict[str, Any]:
    draws = draws_of(beside)
    drawn = Resampling(list(draws[0]["participant"]), len(draws))
    own = {metric: drawn.of(probe, statistic) for metric, statistic in STATISTICS.items()}
    metric, model = primary_of(beside, target), said(beside, target)
    apart = drawn.between(model, probe, STATISTICS[metric])
    above = is_above_chance(own[metric].low, metric)
    within = None if apart.low is None else apart.low <= 0.0
    if is_above_chance(drawn.of(model, STATISTICS[metric]).low, metric) is False:
        within = True
    return {
        "mean": {metric: one.value for metric, one in own.items()},
        "low": {metric: one.low for metric, one in own.items()},
        "high": {metric: one.high for metric, one in own.items()},
        "difference": {
            "metric": metric,
            "value": apart.value,
            "low": apart.low,
            "high": apart.high,
        },
        "near": above if name == PERMUTED else within,
        "above_chance": above,
    }
