"""Intervals by the bootstrap: beside naive loops, and their coverage where the truth is known."""

# R = replicates, Q = seeds, K = cases

import numpy as np
import pytest

from depx.train.intervals import STATISTICS, Predictions, Resampling, over_seeds
from depx.train.metrics import concordance, detection, errors


def predictions(seed: int = 0, *, seeds: int = 3, noise: float = 3.0) -> Predictions:
    rng = np.random.default_rng(seed)
    y_K = rng.integers(0, 25, size=30).astype(np.float64)
    y_hat_QK = y_K + noise * rng.standard_normal((seeds, 30))
    positive_K = (y_K >= 10).astype(np.float64)
    positive_K[4] = np.nan
    return Predictions(y_K=y_K, y_hat_QK=y_hat_QK, positive_K=positive_K, called_QK=y_hat_QK >= 10)


def naive(run: Predictions, name: str, chosen: list[int], q: int) -> float | None:
    y_K, y_hat_K = run.y_K[chosen], run.y_hat_QK[q, chosen]
    known = [k for k in chosen if np.isfinite(run.positive_K[k])]
    return {
        "ccc": concordance(y_K, y_hat_K),
        "rmse": errors(y_K, y_hat_K)["rmse"],
        "f1_positive": detection(run.positive_K[known] == 1, run.called_QK[q, known])[
            "f1_positive"
        ],
    }[name]


@pytest.mark.parametrize("name", STATISTICS)
def test_a_weighted_metric_is_the_metric_of_repeated_cases(name: str) -> None:
    run, rng = predictions(), np.random.default_rng(1)
    for _ in range(20):
        chosen = sorted(rng.integers(0, 30, size=30).tolist())
        weight_1K = np.bincount(chosen, minlength=30).astype(np.float64)[None]
        found_Q = STATISTICS[name](run, weight_1K)[0]
        assert found_Q == pytest.approx([naive(run, name, chosen, q) for q in range(3)])


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


def test_95_of_100_intervals_hold_the_truth() -> None:
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        run = Predictions(
            y_K=np.zeros(60),
            y_hat_QK=rng.standard_normal((1, 60)),
            positive_K=np.full(60, np.nan),
            called_QK=np.zeros((1, 60), np.bool_),
        )
        found = Resampling([str(k) for k in range(60)], 1).of(run, STATISTICS["rmse"])
        held += found.low <= 1.0 <= found.high
    assert 86 <= held <= 99


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
        naive(run, "ccc", list(range(30)), q) - naive(other, "ccc", list(range(30)), q)
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
