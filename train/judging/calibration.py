"""Do predictions mean what they say: probabilities as shares, scores as scores.

All figures are of the rows of all draws together, every case in each: of one fit's predictions, not
of their average, which would be another model.  Bins are of equal mass (Nguyen and O'Connor, EMNLP
2015): of the ten equal widths of Guo et al. (ICML 2017) most hold hardly a case of so few, and what
lies in a bin of two cases is no share.  Equal predictions stay in one bin, so bins may be fewer.
The calibration error has no interval: in a bootstrap it grows by the noise of its bins.
"""

# Q = draws, K = cases, N = rows of all draws

from typing import Any

import numpy as np

from ...features.types import F64
from ..intervals import Mean, Resampling
from ..weighted import NOTHING, Predictions, over
from .figures import laid_out

BINS = 10


def of_scores(run: Predictions, drawn: Resampling) -> dict[str, Any]:
    """Say whether predicted scores are too high, and too far from their middle or not far enough.

    Returns
    -------
    dict
        ``slope`` and ``intercept`` of the label on the prediction (1 and 0 where calibrated; a
        slope below 1: predictions are too extreme), ``bias``, the mean of prediction less label,
        each with its interval; ``bins`` with mean ``y_hat``, mean ``y`` and ``rows``.
    """
    p_QK, y_QK = run.y_hat_QK, np.broadcast_to(run.y_K, run.y_hat_QK.shape)

    def slope(mean: Mean) -> F64:
        dp_QK, dy_QK = p_QK - p_QK[0, 0], y_QK - y_QK[0, 0]
        p_R, pp_R = mean(dp_QK), mean(dp_QK**2)
        vary_R = pp_R - p_R**2
        return over(
            mean(dp_QK * dy_QK) - p_R * mean(dy_QK), np.where(vary_R > NOTHING * pp_R, vary_R, 0.0)
        )

    return {
        "slope": laid_out(drawn.pooled(slope)),
        "intercept": laid_out(drawn.pooled(lambda mean: mean(y_QK) - slope(mean) * mean(p_QK))),
        "bias": laid_out(drawn.pooled(lambda mean: mean(p_QK - y_QK))),
        "bins": [
            {"y_hat": float(p_N.mean()), "y": float(y_N.mean()), "rows": int(p_N.size)}
            for p_N, y_N in binned(p_QK.ravel(), y_QK.ravel())
        ],
    }


def of_probabilities(run: Predictions, drawn: Resampling, *, learnt: bool) -> dict[str, Any]:
    """Say whether of those with probability p a share of p is positive.

    Parameters
    ----------
    run : Predictions
        Of which ``y_hat_QK`` are probabilities.
    drawn : Resampling
    learnt : bool
        The target is the class, so that the constant is the base rate of a fold's training part;
        else the base rate is that of the cases that are judged.

    Returns
    -------
    dict
        ``brier``, the mean squared error (Brier, 1950), ``brier_skill``, 1 - Brier / that of
        ``base_rate``, each with its interval; ``ece``, the expected calibration error: mean over
        rows of how far their bin's mean ``p`` and share ``positive`` lie apart; ``bins``.
    """
    known_K = np.isfinite(run.positive_K)
    p_QK = np.where(known_K, run.y_hat_QK, 0.0)
    is_QK = np.broadcast_to(np.where(known_K, run.positive_K, 0.0), p_QK.shape)
    known_QK = np.broadcast_to(known_K.astype(np.float64), p_QK.shape)
    base_QK = run.constant_QK if learnt else None

    def brier(mean: Mean) -> F64:
        return over(mean((p_QK - is_QK) ** 2), mean(known_QK))

    def base(mean: Mean) -> F64:
        if base_QK is not None:
            return over(mean(known_QK * (base_QK - is_QK) ** 2), mean(known_QK))
        share_R = over(mean(is_QK), mean(known_QK))
        return share_R * (1.0 - share_R)

    bins = binned(p_QK[:, known_K].ravel(), is_QK[:, known_K].ravel())
    rows = sum(p_N.size for p_N, _ in bins)
    apart = sum(p_N.size * abs(float(p_N.mean() - is_N.mean())) for p_N, is_N in bins)
    return {
        "brier": laid_out(drawn.pooled(brier)),
        "brier_skill": laid_out(drawn.pooled(lambda mean: 1.0 - over(brier(mean), base(mean)))),
        "base_rate": "training fold" if learnt else "cases",
        "ece": apart / rows if rows else None,
        "bins": [
            {"p": float(p_N.mean()), "positive": float(is_N.mean()), "rows": int(p_N.size)}
            for p_N, is_N in bins
        ],
    }


def binned(said_N: F64, true_N: F64) -> list[tuple[F64, F64]]:
    """Part rows into at most ten bins of like prediction, of as many rows each as ties allow."""
    if said_N.size == 0:
        return []
    edges = np.unique(np.quantile(said_N, np.linspace(0.0, 1.0, BINS + 1)[1:-1], method="lower"))
    bin_N = np.searchsorted(edges, said_N, side="left")
    return [(said_N[bin_N == b], true_N[bin_N == b]) for b in np.unique(bin_N)]
