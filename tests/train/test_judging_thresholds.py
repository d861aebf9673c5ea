"""Thresholds: chosen by a naive search on validation cases, which no test case shapes."""

# Q = draws, K = cases, V = validation cases

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from depx.align.dataset import Target
from depx.train.intervals import Resampling
from depx.train.judging.thresholds import choose, cut_off, judge_thresholds
from depx.train.results import prediction_rows
from depx.train.said import draws_of, said, table_of

SCORE = Target(name="score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
VALIDATED = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=15)


def rows_of(seed: int, count: int, *, first: int = 0) -> list[dict[str, Any]]:
    """Make cases whose predictions never reach the cut-off, yet rank the positive first."""
    rng = np.random.default_rng(seed)
    y_K = np.random.default_rng(first).integers(0, 20, count)
    return [
        {
            "case": f"c{first + k:03d}",
            "participant": f"p{first + k:03d}",
            "y": float(y),
            "positive": bool(y >= 10),
            "y_hat": 3.0 + 0.3 * float(y) + 0.2 * float(rng.normal()),
            "p": None,
            "groups": {},
            "y_hat_without": {},
        }
        for k, y in enumerate(y_K)
    ]


def records(**validation: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make two folds with two seeds; validation cases as named ``f0s1``, else 12 of them."""
    return [
        {
            "fold": fold,
            "repeat": 0,
            "seed": seed,
            "constant": 9.0,
            "predictions": rows_of(10 * fold + seed, 20, first=20 * fold),
            "validation": validation.get(f"f{fold}s{seed}", rows_of(50 + 2 * fold + seed, 12)),
        }
        for fold in (0, 1)
        for seed in (0, 1)
    ]


def judged(fits: list[dict[str, Any]], target: Target = SCORE) -> dict[str, Any] | None:
    table = table_of(prediction_rows(fits, target))
    draws = draws_of(table)
    drawn = Resampling(list(draws[0]["participant"]), len(draws))
    return judge_thresholds(said(table, target), table, fits, target, drawn)


@settings(max_examples=60)
@given(VALIDATED, st.sampled_from([-3.0, 4.5, 10.0, 30.0]), st.sampled_from([">=", "<=", ">", "<"]))
def test_no_threshold_separates_the_classes_better(
    validated: list[tuple[int, bool]], fixed: float, sign: str
) -> None:
    y_hat_V = np.array([float(one) for one, _ in validated])
    positive_V = np.array([is_one for _, is_one in validated])
    chosen = choose(y_hat_V, positive_V, sign, fixed)
    if len(set(positive_V.tolist())) < 2:
        assert chosen is None
        return

    def accuracy(threshold: float) -> float:
        called_V = y_hat_V >= threshold if sign[0] == ">" else y_hat_V <= threshold
        return float(called_V[positive_V].mean() + (~called_V)[~positive_V].mean()) / 2

    assert chosen is not None
    tried = [*np.arange(-0.5, 21.0, 1.0)]  # between all whole numbers
    tried += [fixed] if fixed not in y_hat_V else []
    best = max(accuracy(one) for one in tried)
    if chosen not in y_hat_V:  # there, >= and > differ
        assert accuracy(chosen) >= best - 1e-9 or best == 0.5


def test_of_equally_good_thresholds_the_nearest_to_the_cut_off_is_taken() -> None:
    y_hat_V, positive_V = np.array([1.0, 2.0, 8.0, 9.0]), np.array([False, False, True, True])
    assert choose(y_hat_V, positive_V, ">=", 7.0) == 7.0  # itself separates them
    assert choose(y_hat_V, positive_V, ">=", 30.0) == 5.0
    mixed_V = np.array([False, True, False, True])
    assert choose(y_hat_V, mixed_V, ">=", 30.0) == 8.5  # as good as 1.5, and nearer
    assert choose(y_hat_V, mixed_V, ">=", -9.0) == 1.5


def test_each_fold_has_the_threshold_of_its_fits_validation_cases() -> None:
    fits = records()
    found = judged(fits)
    assert found is not None
    assert found["fixed"] == 10.0
    table = table_of(prediction_rows(fits, SCORE))
    called = table.y_hat >= 99.0
    for fold, one in enumerate(found["each"]):
        pooled = [row for fit in fits if fit["fold"] == fold for row in fit["validation"]]
        assert (one["fold"], one["rows"]) == (fold, 24)
        assert one["positives"] == sum(row["positive"] for row in pooled)
        y_hat_V = np.array([row["y_hat"] for row in pooled])
        positive_V = np.array([row["positive"] for row in pooled])
        assert one["threshold"] == choose(y_hat_V, positive_V, ">=", 10.0)
        called |= (table.fold == fold) & (table.y_hat >= one["threshold"])
    by_draw = [
        balanced_accuracy_score(table.positive[table.seed == seed].astype(bool), of_seed)
        for seed, of_seed in called.groupby(table.seed)
    ]
    assert found["mean"]["balanced_accuracy"] == pytest.approx(np.mean(by_draw))
    assert found["mean"]["balanced_accuracy"] > 0.8
    assert found["low"]["balanced_accuracy"] < found["high"]["balanced_accuracy"]


def test_no_test_case_shapes_a_threshold() -> None:
    fits = records()
    before = judged(fits)
    for fit in fits:
        for row in fit["predictions"]:
            row |= {"y": 24.0 - row["y"], "y_hat": -row["y_hat"], "positive": not row["positive"]}
    after = judged(fits)
    assert before is not None
    assert after is not None
    assert after["each"] == before["each"]


def test_a_fold_without_both_classes_keeps_the_cut_off_and_a_run_of_them_says_why() -> None:
    alone = [row | {"positive": False} for row in rows_of(0, 5)]
    unknown = [row | {"positive": None} for row in rows_of(0, 5)]
    found = judged(records(f0s0=alone, f0s1=unknown))
    assert found is not None
    assert [one["threshold"] is None for one in found["each"]] == [True, False]
    assert found["each"][0]["rows"] == 5  # those whose class is known
    nothing = judged(records(f0s0=[], f0s1=[], f1s0=alone, f1s1=[]))
    assert nothing == {"left_out": "no fold has validation cases of both classes"}


def test_a_rule_is_read_as_sign_and_cut_off() -> None:
    rules = {">=10": (">=", 10.0), "<=-2.5": ("<=", -2.5), ">4": (">", 4.0), "==1": None}
    for rule, expected in rules.items():
        target = Target(name="score", kind="score", min=None, max=None, positive_rule=rule)
        assert cut_off(target) == expected
    ill = Target(name="ill", kind="class", min=0.0, max=1.0, positive_rule="==1")
    assert cut_off(ill) == (">=", 0.5)
    nobody = Target(name="score", kind="score", min=None, max=None, positive_rule="")
    assert judged(records(), nobody) is None
