"""The permutation test: uniform where there is nothing, against naive shuffles, by participant."""

# R = permutations, Q = draws, K = cases, P = the positive, O = the others

import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.metrics import roc_auc_score

from depx.align.dataset import Target
from depx.features.types import F64
from depx.train.judging.chance import PERMUTATIONS, chance, shuffles
from depx.train.metrics import concordance
from depx.train.weighted import Predictions

SCORE = Target(name="score", kind="score", min=-30.0, max=30.0, positive_rule=">=5")
CLASS = Target(name="ill", kind="class", min=0.0, max=1.0, positive_rule="==1")


def predictions(y_K: F64, y_hat_QK: F64) -> Predictions:
    return Predictions(
        y_K=y_K,
        y_hat_QK=y_hat_QK,
        positive_K=(y_K >= 5).astype(np.float64),
        called_QK=y_hat_QK >= 5,
    )


def test_without_a_signal_p_is_uniform() -> None:
    names = [f"p{k // 2}" if k < 20 else f"q{k}" for k in range(50)]  # 10 have two cases
    p: dict[str, list[float]] = {"ccc": [], "auroc": []}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y_K = rng.normal(3.0, 10.0, 50)
        found = chance(predictions(y_K, rng.normal(0.0, 9.0, (2, 50))), names, SCORE)
        for name, values in p.items():
            values.append(found[name]["p"])
    for values in p.values():
        assert kstest(values, "uniform").pvalue > 0.01


def test_alike_cases_of_a_participant_are_no_evidence() -> None:
    # Ten people with five equal cases each: shuffled one by one they would claim a signal.
    names = [f"p{k // 5}" for k in range(50)]
    p = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y_K, said_K = (np.repeat(rng.normal(0.0, 9.0, 10), 5) for _ in range(2))
        p.append(chance(predictions(y_K, said_K[None]), names, SCORE)["ccc"]["p"])
    assert kstest(p, "uniform").pvalue > 0.01


def test_a_signal_is_seen_and_its_opposite_is_not() -> None:
    y_K = np.random.default_rng(0).normal(3.0, 10.0, 40)
    names = [str(k) for k in range(40)]
    seen, opposite = (chance(predictions(y_K, sign * y_K[None]), names, SCORE) for sign in (1, -1))
    for name in ("ccc", "auroc"):
        assert seen[name]["p"] == pytest.approx(1 / (1 + PERMUTATIONS))
        assert opposite[name]["p"] > 0.99


def test_p_counts_the_shuffles_that_reach_the_mean_over_draws() -> None:
    rng = np.random.default_rng(3)
    y_K = np.round(rng.normal(3.0, 6.0, 24))
    y_hat_QK = np.round(0.3 * y_K + rng.normal(0.0, 6.0, (3, 24)))
    names = np.array([str(k) for k in range(24)])
    found = chance(predictions(y_K, y_hat_QK), list(names), SCORE)
    ccc, auroc = [], []
    for taken_K in [np.arange(24), *shuffles(names)]:
        y_of_K = y_K[taken_K]
        ccc.append(np.mean([concordance(y_of_K, y_hat_K) for y_hat_K in y_hat_QK]))
        apart_QPO = y_hat_QK[:, y_of_K >= 5, None] - y_hat_QK[:, None, y_of_K < 5]
        auroc.append(((apart_QPO > 0) + 0.5 * (apart_QPO == 0)).mean())  # of all pairs
    for name, values in (("ccc", ccc), ("auroc", auroc)):
        as_high = int(np.sum(np.array(values[1:]) >= values[0] - 1e-9))
        assert found[name]["value"] == pytest.approx(values[0])
        assert found[name]["p"] == pytest.approx((1 + as_high) / (1 + PERMUTATIONS))


def test_participants_exchange_all_their_cases_with_those_who_have_as_many() -> None:
    who_K = np.array(["a", "b", "a", "c", "b", "d", "e", "c"])  # a, b, c: two; d, e: one
    taken_RK = shuffles(who_K)
    assert (np.sort(taken_RK, axis=1) == np.arange(8)).all()
    first, second = {"a": 0, "b": 1, "c": 3}, {"a": 2, "b": 4, "c": 7}
    for taken_K in taken_RK:
        for name in "abc":
            giver = who_K[taken_K[first[name]]]
            assert taken_K[first[name]] == first[giver]
            assert taken_K[second[name]] == second[giver]
        assert set(taken_K[[5, 6]]) == {5, 6}
    assert len(np.unique(taken_RK, axis=0)) == 12  # 3! times 2


def test_those_of_unknown_class_stay_out_and_a_class_has_no_concordance() -> None:
    rng = np.random.default_rng(0)
    positive_K = (rng.random(30) < 0.5).astype(np.float64)
    run = Predictions(
        y_K=positive_K.copy(),
        y_hat_QK=(positive_K + rng.normal(0, 1, 30))[None],
        positive_K=positive_K,
        called_QK=np.zeros((1, 30), np.bool_),
    )
    names = [str(k) for k in range(30)]
    assert set(chance(run, names, CLASS)) == {"auroc"}
    positive_K[:5] = np.nan
    found = chance(run, names, CLASS)["auroc"]["value"]
    assert found == pytest.approx(roc_auc_score(positive_K[5:], run.y_hat_QK[0, 5:]))
    positive_K[5:] = 1.0
    assert chance(run, names, CLASS)["auroc"]["p"] is None
