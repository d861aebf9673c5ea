"""Readers of embeddings, as arrays, say what scikit-learn's own say."""

# K = cases, X = width

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from depx.features.types import F32, F64
from depx.train.mccl.readout import DEPTH, RATE, SHARE, TREES, fit_readout


def cases(count: int = 60, seed: int = 0) -> tuple[F32, F64]:
    rng = np.random.default_rng(seed)
    case_KX = rng.standard_normal((count, 12)).astype(np.float32)
    y_K = 0.5 + 0.1 * case_KX[:, 0] + 0.2 * (case_KX[:, 1] > 0) + rng.normal(0, 0.02, count)
    return case_KX, y_K


@pytest.mark.parametrize("kind", ["score", "class"])
def test_trees_are_scikit_learns(kind: Any) -> None:
    case_KX, y_K = cases()
    y_K = (y_K > 0.6).astype(np.float64) if kind == "class" else y_K
    made = GradientBoostingClassifier if kind == "class" else GradientBoostingRegressor
    usual = made(
        n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, subsample=SHARE, random_state=0
    ).fit(case_KX, y_K)
    new_KX, _ = cases(200, seed=1)
    expected = usual.predict_proba(new_KX)[:, 1] if kind == "class" else usual.predict(new_KX)
    found = fit_readout("trees", case_KX, y_K, kind)(new_KX)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("how", ["ridge", "trees"])
def test_readers_generalise(how: Any) -> None:
    readout = fit_readout(how, *cases(), "score")
    new_KX, truth_K = cases(200, seed=2)
    assert np.corrcoef(readout(new_KX), truth_K)[0, 1] > 0.8


def test_a_class_is_a_probability_that_ranks_the_cases() -> None:
    case_KX, y_K = cases()
    positive_K = (y_K > np.median(y_K)).astype(np.float64)
    for how in ("ridge", "trees"):
        p_K = fit_readout(how, case_KX, positive_K, "class")(case_KX)  # type: ignore[arg-type]
        assert ((p_K > 0) & (p_K < 1)).all()
        assert p_K[positive_K == 1].mean() > p_K[positive_K == 0].mean() + 0.2


def test_ridge_of_columns_that_do_not_vary_and_few_cases() -> None:
    case_KX = np.ones((3, 5), dtype=np.float32)
    case_KX[:, 0] = [0, 1, 2]
    out_K = fit_readout("ridge", case_KX, np.array([0.0, 0.5, 1.0]), "score")(case_KX)
    assert np.isfinite(out_K).all()
    assert out_K[0] < out_K[1] < out_K[2]


@pytest.mark.parametrize("how", ["ridge", "trees"])
@pytest.mark.parametrize("only", [0.0, 1.0])
def test_one_class_alone_is_told_as_it_is(how: Any, only: float) -> None:
    case_KX, _ = cases(10)
    p_K = fit_readout(how, case_KX, np.full(10, only), "class")(case_KX)
    np.testing.assert_allclose(p_K, only, atol=1e-5)


def test_all_that_was_learnt_is_named_arrays() -> None:
    case_KX, y_K = cases()
    linear, trees = (
        fit_readout(how, case_KX, y_K, "score").tensors() for how in ("ridge", "trees")
    )
    assert set(linear) == {"readout.bias", "readout.slope"}
    assert "readout.trees.threshold" in trees
    assert all(array.dtype.kind in "fi" for array in trees.values())
