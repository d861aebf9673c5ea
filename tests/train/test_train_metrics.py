"""Metrics against scikit-learn and against formulas written out."""

# K = cases

import math

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error

from depx.features.types import F64
from depx.train.metrics import concordance, errors, over_seeds, pearson


def pair(seed: int = 0, count: int = 47) -> tuple[F64, F64]:
    rng = np.random.default_rng(seed)
    y_K = rng.integers(0, 25, count).astype(np.float64)
    return y_K, 0.5 * y_K + rng.normal(4.0, 3.0, count)


def naive_concordance(y: list[float], p: list[float]) -> float:
    n = len(y)
    my, mp = sum(y) / n, sum(p) / n
    cov = sum((a - my) * (b - mp) for a, b in zip(y, p, strict=True)) / n
    vy, vp = sum((a - my) ** 2 for a in y) / n, sum((b - mp) ** 2 for b in p) / n
    r = cov / math.sqrt(vy * vp)
    return 2 * r * math.sqrt(vy) * math.sqrt(vp) / (vy + vp + (my - mp) ** 2)


def test_concordance_is_lins_formula() -> None:
    y_K, y_hat_K = pair()
    assert concordance(y_K, y_hat_K) == pytest.approx(naive_concordance(list(y_K), list(y_hat_K)))


def test_concordance_is_one_only_for_exact_predictions() -> None:
    y_K, _ = pair()
    assert concordance(y_K, y_K) == pytest.approx(1.0)
    for off_K in (y_K + 1.0, 2.0 * y_K):
        agreement = concordance(y_K, off_K)
        assert agreement is not None
        assert agreement < 0.999
        assert pearson(y_K, off_K) == pytest.approx(1.0)


def test_concordance_of_a_constant_with_varying_scores_is_zero_and_pearson_undefined() -> None:
    y_K, _ = pair()
    constant_K = np.full_like(y_K, 1.1)
    assert concordance(y_K, constant_K) == pytest.approx(0.0, abs=1e-12)
    assert pearson(y_K, constant_K) is None


def test_concordance_of_one_constant_with_itself_is_undefined() -> None:
    assert concordance(np.full(5, 2.0), np.full(5, 2.0)) is None


def test_pearson_agrees_with_numpy() -> None:
    y_K, y_hat_K = pair()
    assert pearson(y_K, y_hat_K) == pytest.approx(np.corrcoef(y_K, y_hat_K)[0, 1])


def test_errors_agree_with_sklearn() -> None:
    y_K, y_hat_K = pair()
    found = errors(y_K, y_hat_K)
    assert found["rmse"] == pytest.approx(math.sqrt(mean_squared_error(y_K, y_hat_K)))
    assert found["mae"] == pytest.approx(mean_absolute_error(y_K, y_hat_K))


def test_what_no_case_defines_is_none_and_not_zero() -> None:
    empty_K = np.array([], dtype=np.float64)
    assert concordance(empty_K, empty_K) is None
    assert pearson(empty_K, empty_K) is None
    assert set(errors(empty_K, empty_K).values()) == {None}


def test_a_mean_over_seeds_is_undefined_where_one_seed_is() -> None:
    mean, sd = over_seeds([{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": None}])
    assert mean == {"a": 2.0, "b": None}
    assert sd == {"a": pytest.approx(math.sqrt(2.0)), "b": None}


def test_one_seed_has_no_deviation() -> None:
    assert over_seeds([{"a": 1.0}]) == ({"a": 1.0}, {"a": None})
