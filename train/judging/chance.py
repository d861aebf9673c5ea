"""Could predictions that know nothing have come so close?  A permutation test on the labels.

Labels are shuffled among participants, all of a participant's together, and the pooled predictions
stay as they are (Good, 2005: Permutation, Parametric and Bootstrap Tests of Hypotheses).
Participants with other numbers of cases do not exchange labels.  The p value is one-sided.

With folds, a model's mean follows its training part's, so that where it learns nothing it predicts
a little less for folds whose labels are a little higher: such a test errs to the side of caution.
Whether the *procedure* finds nothing in permuted labels is asked by training on them: a probe.
"""

# R = permutations, Q = draws, K = cases

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...align.dataset import Target
from ...features.types import F64, I64
from ..weighted import Predictions, auroc, ccc, evidence, over, summed

PERMUTATIONS = 1_000


def chance(run: Predictions, participants: Sequence[str], target: Target) -> dict[str, Any]:
    """Test whether predictions say more of the labels than of shuffled ones.

    Parameters
    ----------
    run : Predictions
    participants : sequence of str
        Of each case.
    target : Target

    Returns
    -------
    dict
        ``ccc`` of a score, ``auroc`` where anybody knows who is positive: each with ``value`` (mean
        over draws), ``p`` and ``permutations``; p is None where the value is undefined.
    """
    who_K = np.array(participants)
    ones_1K = np.ones((1, run.y_K.size))
    found = {}
    if target.kind == "score":
        y_RK = run.y_K[shuffles(who_K)]
        found["ccc"] = _tested(float(ccc(run, ones_1K).mean()), _ccc(y_RK, run.y_hat_QK))
    known_K = np.isfinite(run.positive_K)
    if known_K.any():
        positive_RK = run.positive_K[known_K][shuffles(who_K[known_K])]
        value = float(auroc(run, ones_1K).mean())
        found["auroc"] = _tested(value, _auroc(positive_RK, evidence(run)[:, known_K]))
    return found


def shuffles(who_K: npt.NDArray[np.str_]) -> I64:
    """Draw the case whose label each case takes, (R, K), always the same ones.

    Parameters
    ----------
    who_K : (K,) str
        Participant of each case; the first case of one takes the label of another's first.
    """
    rng = np.random.default_rng(0)
    _, of_K, count_P = np.unique(who_K, return_inverse=True, return_counts=True)
    cases = np.split(np.argsort(of_K, kind="stable"), np.cumsum(count_P)[:-1])
    taken_RK = np.empty((PERMUTATIONS, who_K.size), dtype=np.int64)
    for count in np.unique(count_P):
        cases_PC = np.stack([of_one for of_one in cases if of_one.size == count])
        giver_RP = rng.permuted(np.tile(np.arange(len(cases_PC)), (PERMUTATIONS, 1)), axis=1)
        taken_RK[:, cases_PC] = cases_PC[giver_RP]
    return taken_RK


def _ccc(y_RK: F64, y_hat_QK: F64) -> F64:
    """Concordance of shuffled labels, whose moments stay, with predictions; mean over draws."""
    dy_RK = y_RK - y_RK[0].mean()
    mean_Q = y_hat_QK.mean(axis=1)
    dp_QK = y_hat_QK - mean_Q[:, None]
    size = y_hat_QK.shape[1]
    below_Q = (dy_RK[0] ** 2).mean() + (dp_QK**2).mean(axis=1) + (mean_Q - y_RK[0].mean()) ** 2
    ccc_RQ = over(2.0 * summed(dy_RK, dp_QK) / size, below_Q)
    return np.asarray(ccc_RQ.mean(axis=1))


def _auroc(positive_RK: F64, evidence_QK: F64) -> F64:
    """Area under the ROC curve by ranks (Mann and Whitney, 1947); mean over draws."""
    from scipy.stats import rankdata

    rank_QK = rankdata(evidence_QK, axis=1)
    positives = positive_RK[0].sum()
    pairs = positives * (positive_RK.shape[1] - positives)
    above_RQ = summed(positive_RK, rank_QK) - positives * (positives + 1.0) / 2.0
    return np.asarray(over(above_RQ, np.full_like(above_RQ, pairs)).mean(axis=1))


def _tested(value: float, shuffled_R: F64) -> dict[str, Any]:
    """Count the shuffled that are as high; what differs by rounding is as high."""
    if not np.isfinite(value):
        return {"value": None, "p": None, "permutations": PERMUTATIONS}
    as_high = int((shuffled_R >= value - 1e-12).sum())
    p = (1 + as_high) / (1 + PERMUTATIONS)
    return {"value": value, "p": p, "permutations": PERMUTATIONS}
