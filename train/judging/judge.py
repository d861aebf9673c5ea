"""From the fits' predictions to ``metrics.json``: what a run is worth.

Metrics are of the pooled test predictions of all folds, one value a draw (a seed of a repeat of the
folds), then mean and sample standard deviation over the draws, and an interval over participants
and draws.  The constant that stands beside them predicts, in each fold, the mean label of that
fold's training cases.
"""

# K = cases

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...align.dataset import Target
from .. import besides
from ..inside import DEFINITIONS as INSIDE
from ..inside import judge_inside
from ..intervals import LEVEL, REPLICATES, Resampling
from ..primary import primary_of
from ..results import WITHOUT, dropped, prediction_rows
from ..said import DRAW, draws_of, said, table_of
from ..weighted import OF_DETECTION, OF_RANKS, Predictions, of_target
from . import calibration
from .chance import PERMUTATIONS, chance
from .conformal import judge_conformal
from .figures import ERRORS, constant_of, figures, figures_of_constant, of_draws
from .groups import compare_groups, judge_groups
from .thresholds import judge_thresholds

if TYPE_CHECKING:
    import pandas as pd

DEFINITIONS = {
    "pooling": "test predictions of all folds pooled; mean and sample sd of one value a draw",
    "draws": "a draw is a seed of a repeat of the folds; seeds in model are in the order of draws",
    "interval": f"low to high: {LEVEL:.0%} of {REPLICATES} replicates, participants (with all "
    "their cases) and draws drawn with replacement; null where more than one in 20 is undefined",
    "constant": "mean label of the fold's training and validation cases; one number, their mean "
    "over the folds, for whatever compares people (CCC, AUROC, ...)",
    "skill": "1 - MSE / MSE of the constant; 0 is no better than the constant",
    "drop_modality": "the same fits, one modality not read when they predict",
    "f1_positive": "F1 of the positive class (binary, not macro)",
    "f1_macro": "mean of the F1 of the positive and of the others",
    "auroc": "area under the ROC curve of y_hat (of p where a class is learnt; of -y_hat where "
    "the positive lie below the cut-off): no threshold",
    "auprc_positive": "average precision of the positive class, by the same",
    "label_rule": "who truly is positive; a predicted score is judged by positive_rule",
    "primary": "the metric by which model, chance and probes are told apart: CCC or AUROC; skill "
    "where participants are tested one by one, for there the others lie below chance",
    "null": "undefined: a correlation with a constant, a precision where nobody is called positive",
    "chance": f"p: how often {PERMUTATIONS} shuffles of the labels among participants reach the "
    "value, mean over draws; one-sided, (1 + as high) / (1 + shuffles)",
    "calibration": "of the rows of all draws together; ece in at most 10 bins of equal mass; slope "
    "and intercept of label on prediction; bias is prediction less label",
    "conformal": "share of test labels inside intervals made from residuals of other people; "
    "half_width: for a new prediction",
    "thresholds": "detection at thresholds of highest balanced accuracy on each fold's validation "
    "cases; with the fixed rule it stands in model",
    "groups": "the same, of the cases of each group; few: fewer than 5 participants",
}


def judge_run(
    records: Sequence[Mapping[str, Any]], target: Target, counts: Mapping[str, int | None]
) -> dict[str, Any]:
    """Compute ``metrics.json``.

    Parameters
    ----------
    records : sequence of mapping
        Of all fits of a run.
    target : Target
    counts : mapping
        Of participants, cases and what else was read.
    """
    rows = prediction_rows(records, target)
    table = table_of(rows)
    draws = draws_of(table)
    drawn = Resampling(list(draws[0]["participant"]), len(draws))
    run = said(table, target)
    statistics = of_target(target)
    plain = {name: one for name, one in statistics.items() if name != "skill"}
    learnt, inside = _beside(rows, table, target, drawn), judge_inside(records)
    document: dict[str, Any] = {
        "model": {
            **figures(run, statistics, drawn),
            "seeds": of_draws(run, statistics, drawn),
        },
        "constant": {
            **figures_of_constant(table, target, plain, drawn),
            "seeds": [
                {name: (own if name in ERRORS else of_one)[name] for name in own}
                for own, of_one in zip(
                    *(of_draws(run, plain, drawn) for run in constant_of(table, target)),
                    strict=True,
                )
            ],
        },
        "drop_modality": {
            name.removeprefix(WITHOUT): figures(said(table, target, name), statistics, drawn)
            for name in dropped(rows)
        },
        "chance": chance(run, list(draws[0]["participant"]), target),
        "calibration": _calibrated(rows, table, run, target, drawn),
        "conformal": judge_conformal(table, records, target, drawn),
        "thresholds": judge_thresholds(run, table, records, target, drawn),
        "groups": judge_groups(run, table, target, drawn),
        "group_differences": compare_groups(run, table, target, drawn),
    }
    return {
        "target": target.name,
        "kind": target.kind,
        "primary": primary_of(table, target),
        "positive_rule": target.positive_rule or None,
        "label_rule": target.label_rule or None,
        "counts": {**counts, **_counted(run, draws, target)},
        "draws": [{name: int(rows_of[name].iloc[0]) for name in DRAW} for rows_of in draws],
        "definitions": DEFINITIONS
        | {name: besides.DEFINITIONS[name] for name in learnt}
        | {name: INSIDE[name] for name in inside},
        **document,
        **learnt,
        **inside,
    }


def _beside(
    rows: Sequence[Mapping[str, Any]], table: "pd.DataFrame", target: Target, drawn: Resampling
) -> dict[str, Any]:
    """Judge what is learnt beside the target."""
    found = besides.judge_items(table)
    if besides.has_class_head(rows, target):
        head, detected = said(table, target, "p"), {**OF_DETECTION, **OF_RANKS}
        found["class_head"] = {
            **figures(head, detected, drawn),
            "seeds": of_draws(head, detected, drawn),
        }
    return found


def _calibrated(
    rows: Sequence[Mapping[str, Any]],
    table: "pd.DataFrame",
    run: Predictions,
    target: Target,
    drawn: Resampling,
) -> dict[str, Any]:
    """Judge the calibration of scores (``y_hat``), and of probabilities (``p``) where any are."""
    if target.kind == "class":
        return {"p": calibration.of_probabilities(run, drawn, learnt=True)}
    found = {"y_hat": calibration.of_scores(run, drawn)}
    if besides.has_class_head(rows, target):
        head = said(table, target, "p")
        found["p"] = calibration.of_probabilities(head, drawn, learnt=False)
    return found


def _counted(
    run: Predictions, draws: "Sequence[pd.DataFrame]", target: Target
) -> dict[str, int | None]:
    known_K = np.isfinite(run.positive_K)
    positives = int((run.positive_K[known_K] == 1.0).sum())
    counts: dict[str, int | None] = {"positives": positives if target.positive_rule else None}
    if target.positive_by == "released":
        counts["positives_unknown"] = int((~known_K).sum())
    for name, one in (("repeats", "repeat"), ("seeds", "seed")):
        counts[name] = len({int(rows[one].iloc[0]) for rows in draws})
    return {**counts, "draws": len(draws)}
