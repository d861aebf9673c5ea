"""Weighted metrics against scikit-learn, scipy and formulas written out, on repeated cases."""

# R = weightings, Q = draws, K = cases

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
    mean_absolute_error,
    mean_squared_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
)

from depx.features.types import F64
from depx.train.metrics import concordance, errors, pearson
from depx.train.weighted import OF_DETECTION, OF_RANKS, OF_SCORES, STATISTICS, Predictions

CASES, DRAWS = 40, 3
FLAGS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)
DETECTED: dict[str, Callable[[F64, F64], float]] = {
    "f1_positive": f1_score,
    "precision_positive": partial(precision_score, zero_division=np.nan),
    "recall_positive": recall_score,
    "specificity": partial(recall_score, pos_label=0),
    "f1_macro": partial(f1_score, average="macro"),
    "balanced_accuracy": balanced_accuracy_score,
    "mcc": matthews_corrcoef,
}
RANKED: dict[str, Callable[[F64, F64], float]] = {
    "auroc": roc_auc_score,
    "auprc_positive": average_precision_score,
}


def lin(y_N: F64, p_N: F64) -> float:
    """Lin's formula."""
    r = pearsonr(y_N, p_N).statistic
    apart = (y_N.mean() - p_N.mean()) ** 2
    return float(2 * r * y_N.std() * p_N.std() / (y_N.var() + p_N.var() + apart))


SCORED: dict[str, Callable[[F64, F64], float]] = {
    "ccc": lin,
    "pearson": lambda y_N, p_N: float(pearsonr(y_N, p_N).statistic),
    "rmse": lambda y_N, p_N: math.sqrt(mean_squared_error(y_N, p_N)),
    "mae": mean_absolute_error,
}


def predictions(low: float = 0.0, high: float = 24.0) -> Predictions:
    """Make whole-number scores and predictions on half points, so that many are equal."""
    rng = np.random.default_rng(0)
    y_K = np.round(low + (high - low) * rng.random(CASES))
    noise_QK = 0.2 * (high - low) * rng.standard_normal((DRAWS, CASES))
    y_hat_QK = np.round(y_K + noise_QK, 0) + 0.5
    cut = low + 0.6 * (high - low)
    positive_K = (y_K >= cut).astype(np.float64)
    positive_K[[4, 17]] = np.nan
    return Predictions(
        y_K=y_K,
        y_hat_QK=y_hat_QK,
        positive_K=positive_K,
        called_QK=y_hat_QK >= cut,
        constant_QK=np.full((DRAWS, CASES), y_K.mean()),
    )


def detected(flags: list[tuple[bool, bool]]) -> Predictions:
    positive_K, called_K = (np.array(side) for side in zip(*flags, strict=True))
    return Predictions(
        y_K=positive_K.astype(np.float64),
        y_hat_QK=called_K[None].astype(np.float64),
        positive_K=positive_K.astype(np.float64),
        called_QK=called_K[None],
    )


def weightings() -> F64:
    rng = np.random.default_rng(1)
    return rng.multinomial(CASES, np.full(CASES, 1 / CASES), size=20).astype(np.float64)


def expected(run: Predictions, weight_K: F64, name: str, q: int) -> float:
    """Compute a metric of the rows themselves, each as often as it weighs."""
    chosen = np.repeat(np.arange(CASES), weight_K.astype(int))
    y_N, p_N = run.y_K[chosen], run.y_hat_QK[q, chosen]
    if name == "skill":  # the constant of these cases is not theirs: the two errors by themselves
        constant_N = run.constant_QK[q, chosen]
        return 1 - mean_squared_error(y_N, p_N) / mean_squared_error(y_N, constant_N)
    if name in SCORED:
        return SCORED[name](y_N, p_N)
    known = chosen[np.isfinite(run.positive_K[chosen])]
    if name in RANKED:
        return RANKED[name](run.positive_K[known], run.y_hat_QK[q, known])
    return DETECTED[name](run.positive_K[known], run.called_QK[q, known])


@pytest.mark.parametrize("scale", [(0.0, 24.0), (-50.0, 50.0), (0.0, 84.0)])
@pytest.mark.parametrize("name", STATISTICS)
def test_a_weighted_metric_is_the_metric_of_repeated_cases(
    name: str, scale: tuple[float, float]
) -> None:
    run = predictions(*scale)
    found_RQ = STATISTICS[name](run, weightings())
    for weight_K, found_Q in zip(weightings(), found_RQ, strict=True):
        for q, found in enumerate(found_Q):
            assert found == pytest.approx(expected(run, weight_K, name, q), abs=1e-9)


def test_weights_of_one_give_the_plain_metrics() -> None:
    run, ones_1K = predictions(), np.ones((1, CASES))
    for q, y_hat_K in enumerate(run.y_hat_QK):
        plain = {
            "ccc": concordance(run.y_K, y_hat_K),
            "pearson": pearson(run.y_K, y_hat_K),
            **errors(run.y_K, y_hat_K),
        }
        for name, value in plain.items():
            assert STATISTICS[name](run, ones_1K)[0, q] == pytest.approx(value)
    whole = Predictions(
        y_K=run.y_K,
        y_hat_QK=run.y_hat_QK,
        positive_K=run.positive_K,
        called_QK=run.called_QK,
        constant_QK=np.full((DRAWS, CASES), run.y_K.mean()),
    )
    for q, y_hat_K in enumerate(run.y_hat_QK):  # beside the mean itself, skill is R squared
        skill = STATISTICS["skill"](whole, ones_1K)[0, q]
        assert skill == pytest.approx(r2_score(run.y_K, y_hat_K))


def test_a_fraction_of_a_weight_is_a_fraction_of_a_case() -> None:
    run, weight_RK = predictions(), weightings()
    for statistic in STATISTICS.values():
        np.testing.assert_allclose(statistic(run, weight_RK / 7.0), statistic(run, weight_RK))


@given(FLAGS)
def test_detection_agrees_with_sklearn_where_it_is_defined(flags: list[tuple[bool, bool]]) -> None:
    run = detected(flags)
    positive_K, called_K = run.positive_K, run.called_QK[0]
    found = {
        name: float(one(run, np.ones((1, len(flags))))[0, 0]) for name, one in OF_DETECTION.items()
    }
    for name, reference in (
        ("f1_positive", f1_score),
        ("precision_positive", precision_score),
        ("recall_positive", recall_score),
        ("specificity", partial(recall_score, pos_label=0)),
    ):
        value = reference(positive_K, called_K, zero_division=np.nan)
        assert found[name] == pytest.approx(value, nan_ok=True)
    both = len(set(positive_K.tolist())) == 2
    assert math.isfinite(found["balanced_accuracy"]) == both
    if both:
        assert found["balanced_accuracy"] == pytest.approx(
            balanced_accuracy_score(positive_K, called_K)
        )
        assert found["f1_macro"] == pytest.approx(
            f1_score(positive_K, called_K, average="macro", labels=[0, 1], zero_division=0)
        )
    if both and len(set(called_K.tolist())) == 2:
        assert found["mcc"] == pytest.approx(matthews_corrcoef(positive_K, called_K))
    else:
        assert math.isnan(found["mcc"])


def test_a_constant_ranks_nobody_correlates_with_nothing_and_agrees_by_chance() -> None:
    run = predictions()
    constant = Predictions(
        y_K=run.y_K,
        y_hat_QK=np.full((1, CASES), 1.1),
        positive_K=run.positive_K,
        called_QK=np.zeros((1, CASES), np.bool_),
        constant_QK=np.full((1, CASES), 1.1),
    )
    for weight_K in weightings():
        value = {name: one(constant, weight_K[None])[0, 0] for name, one in STATISTICS.items()}
        assert value["ccc"] == 0.0
        assert math.isnan(value["pearson"])
        assert math.isnan(value["precision_positive"])
        assert value["auroc"] == 0.5
        known_K = np.isfinite(run.positive_K)
        base = np.average(run.positive_K[known_K], weights=weight_K[known_K])
        assert value["auprc_positive"] == pytest.approx(base)
        assert value["skill"] == 0.0


def test_what_no_case_defines_is_nan_and_not_zero() -> None:
    run = predictions()
    nobody = Predictions(
        y_K=run.y_K,
        y_hat_QK=run.y_hat_QK,
        positive_K=np.full(CASES, np.nan),
        called_QK=run.called_QK,
    )
    ones_1K, none_1K = np.ones((1, CASES)), np.zeros((1, CASES))
    for name, statistic in STATISTICS.items():
        assert np.isnan(statistic(run, none_1K)).all(), name
        assert np.isnan(statistic(nobody, ones_1K)).all() == (name not in SCORED), name
    same = Predictions(
        y_K=np.full(5, 0.1),
        y_hat_QK=np.full((1, 5), 0.1),
        positive_K=np.ones(5),
        called_QK=np.ones((1, 5), np.bool_),
    )
    assert math.isnan(OF_SCORES["ccc"](same, np.ones((1, 5)))[0, 0])
    for statistic in OF_RANKS.values():
        assert np.isnan(statistic(same, np.ones((1, 5)))).all()
