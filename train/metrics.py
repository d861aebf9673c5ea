"""Metrics of one set of predicted scores, and of a representation of cases.

What is undefined is None (null in JSON), never 0.  `depx.train.weighted` has all that runs are
judged by, of many draws and weightings at once.
"""

# K = cases, D = width of a representation

import numpy as np

from ..features.types import F64

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


def over_seeds(
    runs: list[dict[str, float | None]],
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Mean and sample standard deviation of each metric over the draws.

    A mean is None where any draw's metric is undefined: a mean over the draws that happened to be
    defined would flatter.  The deviation is None for one draw.
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
