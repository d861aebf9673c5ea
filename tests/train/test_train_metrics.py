"""Metrics against scikit-learn and against formulas written out."""

# K = cases

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
    mean_absolute_error,
    mean_squared_error,
    precision_score,
    recall_score,
)

from depx.features.types import F64
from depx.train.metrics import (
    concordance,
    detection,
    errors,
    over_seeds,
    pearson,
    ranking,
    score_metrics,
    skill,
)

FLAGS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30)


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


@given(FLAGS)
def test_detection_agrees_with_sklearn_where_it_is_defined(flags: list[tuple[bool, bool]]) -> None:
    positive_K, called_K = (np.array(side) for side in zip(*flags, strict=True))
    found = detection(positive_K, called_K)
    for name, reference in (
        ("f1_positive", f1_score),
        ("precision_positive", precision_score),
        ("recall_positive", recall_score),
        ("specificity", partial(recall_score, pos_label=0)),
    ):
        expected = reference(positive_K, called_K, zero_division=np.nan)
        if math.isnan(expected):
            assert found[name] is None
        else:
            assert found[name] == pytest.approx(expected)
    both = len(set(positive_K.tolist())) == 2
    assert (found["balanced_accuracy"] is not None) == both
    if both:
        labels = [False, True]
        assert found["balanced_accuracy"] == pytest.approx(
            balanced_accuracy_score(positive_K, called_K)
        )
        assert found["f1_macro"] == pytest.approx(
            f1_score(positive_K, called_K, average="macro", labels=labels, zero_division=0)
        )
    if both and len(set(called_K.tolist())) == 2:
        assert found["mcc"] == pytest.approx(matthews_corrcoef(positive_K, called_K))
    else:
        assert found["mcc"] is None


def test_a_ranking_is_the_share_of_pairs_in_order() -> None:
    rng = np.random.default_rng(0)
    positive_K = rng.random(40) < 0.3
    said_K = np.round(positive_K + rng.normal(0, 1, 40), 1)  # some are equal
    pairs = [
        1.0 if p > o else 0.5 if p == o else 0.0
        for p in said_K[positive_K]
        for o in said_K[~positive_K]
    ]
    found = ranking(positive_K, said_K)
    assert found["auroc"] == pytest.approx(np.mean(pairs))
    constant = ranking(positive_K, np.zeros(40))
    assert constant["auroc"] == 0.5
    assert constant["auprc_positive"] == pytest.approx(positive_K.mean())
    nobody = ranking(np.zeros(3, dtype=np.bool_), np.arange(3.0))
    assert nobody == {"auroc": None, "auprc_positive": None}


def test_what_no_case_defines_is_none_and_not_zero() -> None:
    empty_K = np.array([], dtype=np.float64)
    assert set(score_metrics(empty_K, empty_K).values()) == {None}


def test_skill_is_zero_for_the_constant_and_one_for_the_truth() -> None:
    constant = {"rmse": 5.0}
    assert skill({"rmse": 5.0}, constant) == 0.0
    assert skill({"rmse": 0.0}, constant) == 1.0
    assert skill({"rmse": 10.0}, constant) == -3.0
    assert skill({"rmse": 1.0}, {"rmse": 0.0}) is None


def test_a_mean_over_seeds_is_undefined_where_one_seed_is() -> None:
    mean, sd = over_seeds([{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": None}])
    assert mean == {"a": 2.0, "b": None}
    assert sd == {"a": pytest.approx(math.sqrt(2.0)), "b": None}


def test_one_seed_has_no_deviation() -> None:
    assert over_seeds([{"a": 1.0}]) == ({"a": 1.0}, {"a": None})
