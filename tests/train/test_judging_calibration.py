"""Calibration against scikit-learn, scipy and bins by hand."""

# Q = draws, K = cases, N = rows

import numpy as np
import pytest
from scipy.stats import linregress
from sklearn.metrics import brier_score_loss

from depx.train.intervals import Resampling
from depx.train.judging.calibration import binned, of_probabilities, of_scores
from depx.train.weighted import Predictions

CASES, DRAWS = 60, 3
DRAWN = Resampling([str(k) for k in range(CASES)], DRAWS)


def scores(slope: float = 0.5) -> Predictions:
    rng = np.random.default_rng(0)
    y_K = rng.normal(10.0, 5.0, CASES)
    y_hat_QK = slope * y_K + rng.normal(3.0, 2.0, (DRAWS, CASES))
    return Predictions(
        y_K=y_K,
        y_hat_QK=y_hat_QK,
        positive_K=np.full(CASES, np.nan),
        called_QK=np.zeros((DRAWS, CASES), np.bool_),
    )


def probabilities(cases: int = CASES, *, off: float = 0.0, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    p_QK = rng.uniform(0.05, 0.8, (DRAWS, cases))
    positive_K = (rng.random(cases) < p_QK[0]).astype(np.float64)
    return Predictions(
        y_K=positive_K,
        y_hat_QK=p_QK + off,
        positive_K=positive_K,
        called_QK=p_QK >= 0.5,
        constant_QK=np.full((DRAWS, cases), 0.3),
    )


def test_slope_and_intercept_are_those_of_a_line_through_all_rows() -> None:
    run = scores()
    found = of_scores(run, DRAWN)
    line = linregress(run.y_hat_QK.ravel(), np.tile(run.y_K, DRAWS))
    assert found["slope"]["value"] == pytest.approx(line.slope)
    assert found["intercept"]["value"] == pytest.approx(line.intercept)
    assert found["bias"]["value"] == pytest.approx((run.y_hat_QK - run.y_K).mean())
    for one in ("slope", "intercept", "bias"):
        assert found[one]["low"] < found[one]["value"] < found[one]["high"]


def test_a_constant_prediction_has_a_bias_but_no_slope() -> None:
    run = scores()
    same = Predictions(
        y_K=run.y_K,
        y_hat_QK=np.full((DRAWS, CASES), 7.3),
        positive_K=run.positive_K,
        called_QK=run.called_QK,
    )
    found = of_scores(same, DRAWN)
    assert found["slope"] == found["intercept"] == {"value": None, "low": None, "high": None}
    assert found["bias"]["value"] == pytest.approx(7.3 - run.y_K.mean())
    assert len(found["bins"]) == 1


def test_brier_and_its_skill_agree_with_sklearn() -> None:
    run = probabilities()
    run.positive_K[:4] = np.nan
    known = run.positive_K[4:]
    brier = np.mean([brier_score_loss(known, p_K[4:]) for p_K in run.y_hat_QK])
    learnt = of_probabilities(run, DRAWN, learnt=True)
    assert learnt["brier"]["value"] == pytest.approx(brier)
    fold = brier_score_loss(known, np.full(known.size, 0.3))
    assert learnt["brier_skill"]["value"] == pytest.approx(1 - brier / fold)
    beside = of_probabilities(run, DRAWN, learnt=False)
    base = brier_score_loss(known, np.full(known.size, known.mean()))
    assert beside["brier_skill"]["value"] == pytest.approx(1 - brier / base)
    assert (learnt["base_rate"], beside["base_rate"]) == ("training fold", "cases")


def test_the_calibration_error_is_how_far_all_probabilities_are_off() -> None:
    drawn = Resampling([str(k) for k in range(2_000)], 1)
    rng = np.random.default_rng(0)
    p_1K = rng.uniform(0.05, 0.8, (1, 2_000))
    is_K = (rng.random(2_000) < p_1K[0]).astype(np.float64)
    for off in (0.0, 0.15):
        run = Predictions(y_K=is_K, y_hat_QK=p_1K + off, positive_K=is_K, called_QK=p_1K >= 0.5)
        found = of_probabilities(run, drawn, learnt=False)
        assert found["ece"] == pytest.approx(off, abs=0.04)
        assert [one["rows"] for one in found["bins"]] == pytest.approx([200] * 10, abs=1)


def test_the_calibration_error_is_the_mean_over_bins_by_hand() -> None:
    run = probabilities()
    order_N = np.argsort(run.y_hat_QK.ravel())
    p_N, is_N = run.y_hat_QK.ravel()[order_N], np.tile(run.positive_K, DRAWS)[order_N]
    parts = zip(np.array_split(p_N, 10), np.array_split(is_N, 10), strict=True)
    expected = np.mean([abs(p.mean() - one.mean()) for p, one in parts])  # 18 rows in each
    assert of_probabilities(run, DRAWN, learnt=False)["ece"] == pytest.approx(expected)


def test_every_row_lies_in_one_bin_and_equal_predictions_in_the_same() -> None:
    said_N = np.repeat([0.1, 0.2, 0.3, 0.9], [50, 3, 3, 4])
    bins = binned(said_N, said_N)
    assert sum(p_N.size for p_N, _ in bins) == 60
    seen = [value for p_N, _ in bins for value in np.unique(p_N)]
    assert seen == sorted(set(seen))
    assert binned(np.array([]), np.array([])) == []


def test_where_nobody_knows_the_class_there_is_no_figure() -> None:
    run = probabilities()
    run.positive_K[:] = np.nan
    found = of_probabilities(run, DRAWN, learnt=False)
    assert found["brier"]["value"] is found["brier_skill"]["value"] is found["ece"] is None
    assert found["bins"] == []
