"""Who is positive, by a threshold that the cases which chose the epoch choose too.

A fixed cut-off is fair to nobody who predicts with less spread than the labels have.  So for each
fold a threshold is taken that has the highest balanced accuracy on the validation cases of its
fits (all seeds together), which none of its test cases shaped; of equally good ones that nearest to
the fixed cut-off.  Validation cases chose the epoch too, and are few: the threshold is rough.
"""

# Q = draws, K = cases, V = validation cases of a fold's fits, T = thresholds

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ...align.dataset import COMPARE, Target
from ...features.types import F64, Bool
from ..intervals import Resampling
from ..said import THRESHOLD, column_of
from ..weighted import OF_DETECTION, Predictions
from .figures import figures

if TYPE_CHECKING:
    import pandas as pd

Row: TypeAlias = Mapping[str, Any]


def judge_thresholds(
    run: Predictions,
    table: "pd.DataFrame",
    records: Sequence[Row],
    target: Target,
    drawn: Resampling,
) -> dict[str, Any] | None:
    """Detect positive cases by chosen thresholds.

    Parameters
    ----------
    run : Predictions
    table : pandas.DataFrame
        That `run` was laid out from.
    records : sequence of mapping
        Of the fits, each with its ``validation`` cases.
    target : Target
    drawn : Resampling

    Returns
    -------
    dict or None
        ``fixed``, the cut-off that is not chosen; ``each`` fold's ``threshold``, None where its
        validation cases do not hold both classes and the cut-off serves; the metrics of detection
        at them, as `figures` lays them out.  Or why there are none; None where nobody knows who is
        positive.
    """
    if not target.positive_rule or not np.isfinite(run.positive_K).any():
        return None
    rule = cut_off(target)
    if rule is None:
        return {"left_out": f"the rule {target.positive_rule} is no threshold"}
    sign, fixed = rule
    each = []
    for fold in sorted({record["fold"] for record in records}):
        known = [
            row
            for record in records
            if record["fold"] == fold
            for row in record["validation"]
            if row["positive"] is not None
        ]
        y_hat_V = np.array([row["y_hat"] for row in known], dtype=np.float64)
        positive_V = np.array([row["positive"] for row in known], dtype=np.bool_)
        each.append(
            {
                "fold": fold,
                "threshold": choose(y_hat_V, positive_V, sign, fixed),
                "rows": len(known),
                "positives": int(positive_V.sum()),
            }
        )
    if all(one["threshold"] is None for one in each):
        return {"left_out": "no fold has validation cases of both classes"}
    chosen = {one["fold"]: one["threshold"] for one in each}
    fold_QK = column_of(table, "fold")
    called_QK = run.called_QK.copy()
    for fold, threshold in chosen.items():
        if threshold is not None:
            of_fold_QK = fold_QK == fold
            called_QK[of_fold_QK] = COMPARE[sign](run.y_hat_QK[of_fold_QK], threshold)
    return {
        "fixed": fixed,
        "each": each,
        **figures(replace(run, called_QK=called_QK), OF_DETECTION, drawn),
    }


def cut_off(target: Target) -> tuple[str, float] | None:
    """Read the sign and the threshold of the fixed rule; None where it is no threshold."""
    if target.kind == "class":
        return ">=", THRESHOLD
    sign = next(sign for sign in COMPARE if target.positive_rule.startswith(sign))
    return None if sign == "==" else (sign, float(target.positive_rule.removeprefix(sign)))


def choose(y_hat_V: F64, positive_V: Bool, sign: str, fixed: float) -> float | None:
    """Choose the threshold of highest balanced accuracy; None without cases of both classes.

    Candidates are the middles between neighbouring predictions, and the fixed cut-off, which is
    nearest to itself.
    """
    if not 0 < positive_V.sum() < positive_V.size:
        return None
    said = np.unique(y_hat_V)
    candidate_T = np.concatenate([[fixed], (said[1:] + said[:-1]) / 2.0])
    called_TV = np.asarray(COMPARE[sign](y_hat_V[None], candidate_T[:, None]), dtype=np.bool_)
    right_T = called_TV[:, positive_V].mean(axis=1) + (~called_TV)[:, ~positive_V].mean(axis=1)
    best_T = candidate_T[right_T >= right_T.max() - 1e-12]
    return float(best_T[np.argmin(np.abs(best_T - fixed))])
