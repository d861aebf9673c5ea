"""Intervals by the bootstrap: beside naive loops, and their coverage where the truth is known."""

# R = replicates, Q = seeds, K = cases

import numpy as np
import pytest

from depx.train.intervals import STATISTICS, Predictions, Resampling, over_seeds
from depx.train.metrics import concordance


def predictions(seed: int = 0, *, seeds: int = 3, noise: float = 3.0) -> Predictions:
    rng = np.random.default_rng(seed)
    y_K = rng.integers(0, 25, size=30).astype(np.float64)
    y_hat_QK = y_K + noise * rng.standard_normal((seeds, 30))
    positive_K = (y_K >= 10).astype(np.float64)
    positive_K[4] = np.nan
    return Predictions(y_K=y_K, y_hat_QK=y_hat_QK, positive_K=positive_K, called_QK=y_hat_QK >= 10)


def test_cases_of_a_participant_are_drawn_together() -> None:
    names = [f"p{k // 3}" for k in range(30)]
    weight_RK = Resampling(names, 2).weight_RK
    assert (weight_RK.reshape(-1, 10, 3) == weight_RK[:, ::3, None]).all()
    assert (weight_RK.sum(axis=1) == 30).all()


def test_a_run_differs_from_itself_by_nothing_and_from_a_worse_one_for_sure() -> None:
    good, bad = predictions(noise=2.0), predictions(noise=12.0)
    drawn = Resampling([f"p{k}" for k in range(30)], 3)
    same = drawn.between(good, good, STATISTICS["ccc"])
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    better = drawn.between(good, bad, STATISTICS["ccc"])
    assert better.low is not None
    assert 0 < better.low < better.value < better.high
    worse = drawn.between(bad, good, STATISTICS["ccc"])
    assert (worse.low, worse.high) == pytest.approx((-better.high, -better.low))


def simulated(seed: int, cases: int, draws: int) -> Predictions:
    """Draw people, and models that all see the same of them, each with a noise of its own."""
    rng = np.random.default_rng(seed)
    y_K = 10.0 + 5.0 * rng.standard_normal(cases)
    seen_K = 0.6 * (y_K - 10.0) + 10.0 + 3.0 * rng.standard_normal(cases)
    y_hat_QK = seen_K + rng.standard_normal((draws, cases))
    positive_K = (y_K >= 12.0).astype(np.float64)
    return Predictions(y_K=y_K, y_hat_QK=y_hat_QK, positive_K=positive_K, called_QK=y_hat_QK >= 12)


@pytest.mark.parametrize("name", ["ccc", "rmse", "mae", "auroc", "f1_macro", "balanced_accuracy"])
@pytest.mark.parametrize("draws", [1, 3])
def test_95_of_100_intervals_hold_the_truth(name: str, draws: int) -> None:
    statistic = STATISTICS[name]
    truth = float(statistic(simulated(1000, 200_000, 1), np.ones((1, 200_000)))[0, 0])
    drawn = Resampling([str(k) for k in range(120)], draws)
    held = 0
    for seed in range(100):
        found = drawn.of(simulated(seed, 120, draws), statistic)
        held += found.low <= truth <= found.high
    assert 86 <= held <= 99


def test_one_participant_bounds_nothing() -> None:
    run = predictions()
    found = Resampling(["p0"] * 30, 3).of(run, STATISTICS["rmse"])
    assert found.value is not None
    assert (found.low, found.high) == (None, None)


def test_a_figure_of_all_rows_is_bounded_by_the_rows_that_are_drawn() -> None:
    run, drawn = predictions(), Resampling([f"p{k // 2}" for k in range(30)], 3)
    within_K = np.arange(30) < 20
    error_QK = run.y_hat_QK - run.y_K
    found = drawn.pooled(lambda mean: mean(error_QK), within_K)
    assert found.value == pytest.approx(error_QK[:, within_K].mean())
    replicates = []
    for weight_K, share_Q in zip(drawn.weight_RK, drawn.share_RQ, strict=True):
        often_Q = np.round(3 * share_Q).astype(int)
        rows = np.repeat(np.repeat(error_QK, often_Q, axis=0), weight_K.astype(int), axis=1)
        of_rows = np.repeat(within_K, weight_K.astype(int))
        replicates.append(rows[:, of_rows].mean())
    assert (found.low, found.high) == pytest.approx(np.quantile(replicates, [0.025, 0.975]))


def test_what_is_undefined_is_none() -> None:
    run = predictions()
    nobody = Predictions(
        y_K=run.y_K,
        y_hat_QK=run.y_hat_QK,
        positive_K=np.full(30, np.nan),
        called_QK=run.called_QK,
    )
    found = Resampling([f"p{k}" for k in range(30)], 3).of(nobody, STATISTICS["f1_positive"])
    assert (found.value, found.low, found.high) == (None, None, None)


def test_seeds_alone_leave_the_cases_as_they_are() -> None:
    run, other = predictions(seeds=4), predictions(1, seeds=4, noise=5.0)
    apart_Q = [
        concordance(run.y_K, run.y_hat_QK[q]) - concordance(other.y_K, other.y_hat_QK[q])
        for q in range(4)
    ]
    found = over_seeds(run, other, STATISTICS["ccc"])
    half = 3.182446 * np.std(apart_Q, ddof=1) / 2.0  # Student's t, 3 degrees of freedom
    assert found.value == pytest.approx(np.mean(apart_Q))
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))
    alone = over_seeds(predictions(seeds=1), predictions(1, seeds=1), STATISTICS["ccc"])
    assert alone.value is not None
    assert (alone.low, alone.high) == (None, None)  # one seed says nothing of seeds


@pytest.mark.parametrize("seeds", [2, 5])
def test_few_seeds_claim_no_difference_where_there_is_none(seeds: int) -> None:
    claimed = 0
    for number in range(200):
        rng = np.random.default_rng(number)
        run, other = (
            Predictions(
                y_K=np.zeros(1),
                y_hat_QK=1.0 + 0.1 * rng.standard_normal((seeds, 1)),
                positive_K=np.full(1, np.nan),
                called_QK=np.zeros((seeds, 1), np.bool_),
            )
            for _ in range(2)
        )
        found = over_seeds(run, other, STATISTICS["rmse"])
        claimed += found.low > 0 or found.high < 0
    assert claimed <= 20
