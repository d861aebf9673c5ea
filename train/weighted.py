"""Every metric of weighted cases, for all draws and many weightings at once.

A case of weight 2 counts as two cases: the weights of a bootstrap's replicates, or of a group (1
inside, 0 outside).  Weights of 1 give the metrics themselves, those of `depx.train.metrics`.  What
is undefined is NaN.  Each name says of which class a figure is, or how it is averaged.
"""

# R = weightings, Q = draws, K = cases, G = distinct predictions

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..align.dataset import Target
from ..features.types import F64, Bool

Statistic: TypeAlias = Callable[["Predictions", F64], F64]
"""Weights of cases (R, K) -> the metric of each draw (R, Q); NaN where undefined."""

BLOCK = 250  # weightings at a time: so many cumulative sums stay in a processor's cache
NOTHING = 1e-12  # of a square: a variance below that share of it is rounding


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions:
    """What one run says of its cases, in each draw."""

    y_K: F64
    y_hat_QK: F64
    positive_K: F64
    """1, 0, NaN where nobody knows."""
    called_QK: Bool
    """Who is called positive."""
    constant_QK: F64 | None = None
    """What the constant of each case's fold predicts; None: not known, and there is no skill."""
    rising: bool = True
    """Whether a higher prediction speaks for the positive class."""


def evidence(run: Predictions) -> F64:
    """Say how much speaks for the positive class in each prediction, (Q, K)."""
    return run.y_hat_QK if run.rising else -run.y_hat_QK


def summed(weight_RK: F64, value_QK: F64 | Bool) -> F64:
    """Add up weighted values, (R, Q), in an order that no number of threads changes."""
    out_RQ: F64 = np.einsum("rk,qk->rq", weight_RK, np.asarray(value_QK, dtype=np.float64))
    return out_RQ


def ccc(run: Predictions, weight_RK: F64) -> F64:
    """Concordance correlation coefficient (Lin, Biometrics 1989), with moments over n."""
    yy_R1, pp_RQ, yp_RQ, apart_RQ, size_RQ = _moments(run, weight_RK)
    below_RQ = yy_R1 + pp_RQ + apart_RQ**2
    return over(2.0 * yp_RQ, np.where(below_RQ > NOTHING * size_RQ, below_RQ, 0.0))


def pearson(run: Predictions, weight_RK: F64) -> F64:
    """Pearson's correlation; undefined where one of the two is constant."""
    yy_R1, pp_RQ, yp_RQ, _, size_RQ = _moments(run, weight_RK)
    vary_RQ = (yy_R1 > NOTHING * size_RQ) & (pp_RQ > NOTHING * size_RQ)
    return over(yp_RQ, np.sqrt(np.where(vary_RQ, yy_R1 * pp_RQ, 0.0)))


def rmse(run: Predictions, weight_RK: F64) -> F64:
    """Root mean squared error, in units of the target."""
    out_RQ: F64 = np.sqrt(_mean(weight_RK, (run.y_hat_QK - run.y_K) ** 2))
    return out_RQ


def mae(run: Predictions, weight_RK: F64) -> F64:
    """Mean absolute error, in units of the target."""
    return _mean(weight_RK, np.abs(run.y_hat_QK - run.y_K))


def skill(run: Predictions, weight_RK: F64) -> F64:
    """Share of the constant's squared error that the model removes: 1 - MSE / MSE of the constant.

    0 is no better than the training mean, below 0 is worse; undefined where the constant makes no
    error.
    """
    if run.constant_QK is None:
        return np.full((len(weight_RK), len(run.y_hat_QK)), np.nan)
    mine_RQ = summed(weight_RK, (run.y_hat_QK - run.y_K) ** 2)
    return 1.0 - over(mine_RQ, summed(weight_RK, (run.constant_QK - run.y_K) ** 2))


def f1_positive(run: Predictions, weight_RK: F64) -> F64:
    """F1 of the positive class, of cases whose class is known."""
    hits_RQ, called_RQ, positive_R1, _ = _counts(run, weight_RK)
    return over(2.0 * hits_RQ, called_RQ + positive_R1)


def precision_positive(run: Predictions, weight_RK: F64) -> F64:
    """Share of those called positive who are; undefined where nobody is called."""
    hits_RQ, called_RQ, _, _ = _counts(run, weight_RK)
    return over(hits_RQ, called_RQ)


def recall_positive(run: Predictions, weight_RK: F64) -> F64:
    """Share of the positive who are called (sensitivity)."""
    hits_RQ, _, positive_R1, _ = _counts(run, weight_RK)
    return over(hits_RQ, positive_R1)


def specificity(run: Predictions, weight_RK: F64) -> F64:
    """Share of the others who are not called."""
    hits_RQ, called_RQ, positive_R1, known_R1 = _counts(run, weight_RK)
    others_R1 = known_R1 - positive_R1
    return over(others_R1 - (called_RQ - hits_RQ), others_R1)


def f1_macro(run: Predictions, weight_RK: F64) -> F64:
    """Mean of the F1 of the positive and that of the others."""
    hits_RQ, called_RQ, positive_R1, known_R1 = _counts(run, weight_RK)
    rejected_RQ = known_R1 - positive_R1 - (called_RQ - hits_RQ)
    others_RQ = over(2.0 * rejected_RQ, 2.0 * known_R1 - called_RQ - positive_R1)
    return (over(2.0 * hits_RQ, called_RQ + positive_R1) + others_RQ) / 2.0


def balanced_accuracy(run: Predictions, weight_RK: F64) -> F64:
    """Mean of the recall of the positive and that of the others."""
    return (recall_positive(run, weight_RK) + specificity(run, weight_RK)) / 2.0


def mcc(run: Predictions, weight_RK: F64) -> F64:
    """Correlation of who is called with who is positive (Matthews, 1975)."""
    hits_RQ, called_RQ, positive_R1, known_R1 = _counts(run, weight_RK)
    others_R1, passed_RQ = known_R1 - positive_R1, known_R1 - called_RQ
    above_RQ = hits_RQ * known_R1 - called_RQ * positive_R1
    return over(above_RQ, np.sqrt(called_RQ * passed_RQ) * np.sqrt(positive_R1 * others_R1))


def auroc(run: Predictions, weight_RK: F64) -> F64:
    """Area under the ROC curve: share of pairs that are in order, of equal ones a half."""

    def area(positive_GR: F64, other_GR: F64) -> F64:
        below_GR = np.cumsum(other_GR, axis=0) - other_GR / 2.0
        pairs_R = positive_GR.sum(axis=0) * other_GR.sum(axis=0)
        return over((positive_GR * below_GR).sum(axis=0), pairs_R)

    return _ranked(run, weight_RK, area)


def auprc_positive(run: Predictions, weight_RK: F64) -> F64:
    """Average precision of the positive class: its precision-recall curve's area, by steps."""

    def area(positive_GR: F64, other_GR: F64) -> F64:
        hits_GR = np.cumsum(positive_GR[::-1], axis=0)  # the highest first
        called_GR = hits_GR + np.cumsum(other_GR[::-1], axis=0)
        # Where nobody is called yet there is no step either.
        precision_GR = hits_GR / np.where(called_GR > 0, called_GR, 1.0)
        total_R = np.where(other_GR.sum(axis=0) > 0, hits_GR[-1], 0.0)
        return over((positive_GR[::-1] * precision_GR).sum(axis=0), total_R)

    return _ranked(run, weight_RK, area)


OF_SCORES: Mapping[str, Statistic] = {
    "ccc": ccc,
    "pearson": pearson,
    "rmse": rmse,
    "mae": mae,
    "skill": skill,
}
OF_DETECTION: Mapping[str, Statistic] = {
    "f1_positive": f1_positive,
    "precision_positive": precision_positive,
    "recall_positive": recall_positive,
    "specificity": specificity,
    "f1_macro": f1_macro,
    "balanced_accuracy": balanced_accuracy,
    "mcc": mcc,
}
"""At a threshold; of cases whose class is known."""
OF_RANKS: Mapping[str, Statistic] = {"auroc": auroc, "auprc_positive": auprc_positive}
"""At no threshold; undefined where everybody or nobody is positive."""
STATISTICS: Mapping[str, Statistic] = {**OF_SCORES, **OF_DETECTION, **OF_RANKS}


def of_target(target: Target) -> Mapping[str, Statistic]:
    """Choose the metrics that a target has: of detection only where a rule says who is positive."""
    return STATISTICS if target.positive_rule else OF_SCORES


def over(above: F64, below: F64) -> F64:
    """Divide; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        out: F64 = np.where(below > 0, above / below, np.nan)
    return out


def _mean(weight_RK: F64, value_QK: F64) -> F64:
    return over(summed(weight_RK, value_QK), weight_RK.sum(axis=1, keepdims=True))


def _moments(run: Predictions, weight_RK: F64) -> tuple[F64, F64, F64, F64, F64]:
    """Weigh variances and covariance, how far the means lie apart, and what rounding is a part of.

    All is taken from the first case, so that a constant has no variance, to the last bit.
    """
    dy_1K = run.y_K[None] - run.y_K[0]
    dp_QK = run.y_hat_QK - run.y_hat_QK[:, :1]
    y_R1, p_RQ = _mean(weight_RK, dy_1K), _mean(weight_RK, dp_QK)
    dy2_R1, dp2_RQ = _mean(weight_RK, np.square(dy_1K)), _mean(weight_RK, np.square(dp_QK))
    covary_RQ = _mean(weight_RK, dy_1K * dp_QK) - y_R1 * p_RQ
    apart_RQ = y_R1 - p_RQ + run.y_K[0] - run.y_hat_QK[:, 0]
    return dy2_R1 - y_R1**2, dp2_RQ - p_RQ**2, covary_RQ, apart_RQ, dy2_R1 + dp2_RQ


def _counts(run: Predictions, weight_RK: F64) -> tuple[F64, F64, F64, F64]:
    """Count, of the cases whose class is known: hits, those called, the positive, all."""
    known_K = np.isfinite(run.positive_K)
    positive_K = run.positive_K == 1.0
    return (
        summed(weight_RK, run.called_QK & positive_K),
        summed(weight_RK, run.called_QK & known_K),
        summed(weight_RK, positive_K[None]),
        summed(weight_RK, known_K[None]),
    )


def _ranked(run: Predictions, weight_RK: F64, area: Callable[[F64, F64], F64]) -> F64:
    """Judge each draw by the weights of the positive and of the others at each prediction."""
    known_K = np.flatnonzero(np.isfinite(run.positive_K))
    out_RQ = np.full((len(weight_RK), len(run.y_hat_QK)), np.nan)
    if known_K.size == 0:
        return out_RQ
    ranks = []
    for said_K in evidence(run):
        order_K = known_K[np.argsort(said_K[known_K], kind="stable")]
        first_G = np.flatnonzero(np.diff(said_K[order_K], prepend=-np.inf) > 0)
        ranks.append((order_K, first_G))
    for start in range(0, len(weight_RK), BLOCK):
        weight_KR = np.ascontiguousarray(weight_RK[start : start + BLOCK].T)
        hit_KR = weight_KR * (run.positive_K == 1.0)[:, None]
        for q, (order_K, first_G) in enumerate(ranks):
            positive_GR, all_GR = hit_KR[order_K], weight_KR[order_K]
            if first_G.size < order_K.size:
                positive_GR = np.add.reduceat(positive_GR, first_G, axis=0)
                all_GR = np.add.reduceat(all_GR, first_G, axis=0)
            out_RQ[start : start + BLOCK, q] = area(positive_GR, all_GR - positive_GR)
    return out_RQ
