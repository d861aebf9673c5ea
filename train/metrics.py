"""How good predictions of cases are: agreement, error, and the detection of positive cases.

A representation of cases is judged too, by whether those of like scores lie together.

What is undefined is None (null in JSON), never 0: a correlation with a constant, a precision of a
model that calls nobody positive.  Each name says of which class a figure is, or how it is averaged:
``f1_positive``, ``f1_macro``.  All are of the cases pooled over the folds.
"""

# K = cases, D = width of a representation

import math
from collections.abc import Mapping

import numpy as np

from ..features.types import F64, Bool

LEAST_CASES = 3  # two have one distance


def concordance(y_K: F64, y_hat_K: F64) -> float | None:
    """Concordance correlation coefficient of Lin (Biometrics 1989), with moments over n.

    Returns
    -------
    float in [-1, 1] or None
        1 only where every prediction is exact; 0 for a constant prediction of scores that vary;
        None where truth and prediction are one and the same constant, or there is no case.
    """
    if y_K.size == 0:
        return None
    dy_K, dp_K = y_K - y_K.mean(), y_hat_K - y_hat_K.mean()
    below = np.mean(dy_K**2) + np.mean(dp_K**2) + (y_K.mean() - y_hat_K.mean()) ** 2
    return float(2.0 * np.mean(dy_K * dp_K) / below) if below > 0 else None


def pearson(y_K: F64, y_hat_K: F64) -> float | None:
    """Pearson's correlation; None where one of the two is constant or there are fewer than 2."""
    if y_K.size < 2 or np.ptp(y_K) == 0 or np.ptp(y_hat_K) == 0:
        return None
    dy_K, dp_K = y_K - y_K.mean(), y_hat_K - y_hat_K.mean()
    return float(np.sum(dy_K * dp_K) / np.sqrt(np.sum(dy_K**2) * np.sum(dp_K**2)))


def errors(y_K: F64, y_hat_K: F64) -> dict[str, float | None]:
    """Root mean squared and mean absolute error, in units of the target; None without a case."""
    if y_K.size == 0:
        return {"rmse": None, "mae": None}
    apart_K = y_hat_K - y_K
    return {
        "rmse": float(np.sqrt(np.mean(apart_K**2))),
        "mae": float(np.mean(np.abs(apart_K))),
    }


def detection(positive_K: Bool, called_K: Bool) -> dict[str, float | None]:
    """Compare who is called positive with who is.

    Returns
    -------
    dict
        F1, precision, recall of the positive class; specificity, the recall of the others;
        ``f1_macro`` and ``balanced_accuracy``, means over both classes; ``mcc``, the correlation of
        the two (Matthews, 1975).  Precision is None where nobody is called positive, recall where
        nobody is, F1 where both; a mean where one of the two is.
    """
    hits = int(np.sum(positive_K & called_K))
    called, positives = int(called_K.sum()), int(positive_K.sum())
    others, passed = positive_K.size - positives, positive_K.size - called
    rejected = others - (called - hits)
    f1, recall = _share(2 * hits, called + positives), _share(hits, positives)
    f1_others, specificity = _share(2 * rejected, passed + others), _share(rejected, others)
    below = math.sqrt(called * passed) * math.sqrt(positives * others)
    return {
        "f1_positive": f1,
        "precision_positive": _share(hits, called),
        "recall_positive": recall,
        "specificity": specificity,
        "f1_macro": _mean(f1, f1_others),
        "balanced_accuracy": _mean(recall, specificity),
        "mcc": _share(hits * rejected - (called - hits) * (positives - hits), below),
    }


def ranking(positive_K: Bool, said_K: F64) -> dict[str, float | None]:
    """Say how well a score or probability ranks the positive before the others, at no threshold.

    Returns
    -------
    dict
        Area under the ROC curve, and average precision of the positive class (the area under its
        precision-recall curve by steps); None where everybody or nobody is positive.
    """
    if not 0 < positive_K.sum() < positive_K.size:
        return {"auroc": None, "auprc_positive": None}
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "auroc": float(roc_auc_score(positive_K, said_K)),
        "auprc_positive": float(average_precision_score(positive_K, said_K)),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _mean(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else (one + other) / 2


def separation(represented_KD: F64, y_K: F64) -> float | None:
    """Correlate how far two cases lie apart with how far their scores do (Spearman, all pairs).

    Returns
    -------
    float in [-1, 1] or None
        0 where the representation knows nothing of the score; None where one of the two does not
        vary, or there are fewer than three cases.
    """
    from scipy.spatial.distance import pdist
    from scipy.stats import rankdata

    if y_K.size < LEAST_CASES:
        return None
    apart, scores_apart = pdist(represented_KD), pdist(y_K[:, None])
    return pearson(rankdata(scores_apart), rankdata(apart))


def score_metrics(y_K: F64, y_hat_K: F64) -> dict[str, float | None]:
    """Agreement and error of predicted scores."""
    return {
        "ccc": concordance(y_K, y_hat_K),
        "pearson": pearson(y_K, y_hat_K),
        **errors(y_K, y_hat_K),
    }


def skill(model: Mapping[str, float | None], constant: Mapping[str, float | None]) -> float | None:
    """Share of the constant's squared error that the model removes: 1 - MSE / MSE of the constant.

    0 is no better than the training mean, below 0 is worse; None where the constant makes no error.
    """
    mine, its = model["rmse"], constant["rmse"]
    if mine is None or its is None or its == 0:
        return None
    return 1.0 - (mine / its) ** 2


def over_seeds(
    runs: list[dict[str, float | None]],
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Mean and sample standard deviation of each metric over the seeds.

    A mean is None where any seed's metric is undefined: a mean over the seeds that happened to be
    defined would flatter.  The deviation is None for one seed.
    """
    mean: dict[str, float | None] = {}
    sd: dict[str, float | None] = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        known = [value for value in values if value is not None]
        whole = len(known) == len(values)
        mean[name] = float(np.mean(known)) if whole else None
        sd[name] = float(np.std(known, ddof=1)) if whole and len(known) > 1 else None
    return mean, sd
