"""Conformal intervals: the residuals of other people, their rank, and the share that is held."""

# K = cases

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from depx.align.dataset import Target
from depx.train.intervals import Resampling
from depx.train.judging.conformal import around, coverage, half_width, half_widths, judge_conformal
from depx.train.results import prediction_rows
from depx.train.said import table_of

SCORE = Target(name="score", kind="score", min=0.0, max=24.0, positive_rule="")
CLASS = Target(name="ill", kind="class", min=0.0, max=1.0, positive_rule="==1")

Record = dict[str, Any]


def case(number: int, y: float, y_hat: float, cases_each: int = 1) -> dict[str, Any]:
    return {
        "case": f"c{number:04d}",
        "participant": f"p{number // cases_each:04d}",
        "y": y,
        "positive": None,
        "y_hat": y_hat,
        "p": None,
        "groups": {},
        "y_hat_without": {},
    }


def record(fold: int, seed: int, cases: list[Any], validation: list[Any] = []) -> Record:  # noqa: B006
    return {
        "fold": fold,
        "repeat": 0,
        "seed": seed,
        "constant": 10.0,
        "predictions": cases,
        "validation": validation,
    }


def simulated(seed: int, count: int = 60, *, folds: int = 3, cases_each: int = 1) -> list[Record]:
    rng = np.random.default_rng(seed)
    y_K = rng.uniform(0.0, 24.0, count)
    cases = [
        case(k, float(y), float(10.0 + 0.3 * (y - 10.0) + rng.normal()), cases_each)
        for k, y in enumerate(y_K)
    ]
    return [record(fold, 0, cases[fold::folds]) for fold in range(folds)]


def drawn_of(records: list[Record], draws: int = 1) -> Resampling:
    table = table_of(prediction_rows(records, SCORE))
    return Resampling(list(table["participant"][: len(table) // draws]), draws)


def test_the_half_width_is_the_residual_of_that_rank_or_nothing() -> None:
    rng = np.random.default_rng(0)
    for n in range(1, 120):
        residual_K = rng.random(n)
        rank = -(-(n + 1) * 9 // 10)  # whole numbers, rounded up
        expected = None if rank > n else sorted(residual_K)[rank - 1]
        assert half_width(residual_K) == expected, n


def test_an_interval_is_of_other_peoples_residuals_in_the_same_draw() -> None:
    one, two = simulated(0, 40, cases_each=2), simulated(1, 40, cases_each=2)
    records = one + [{**of_fold, "seed": 1} for of_fold in two]
    rows = prediction_rows(records, SCORE)
    for row in rows:
        others = sorted(
            abs(other["y"] - other["y_hat"])
            for other in rows
            if other["seed"] == row["seed"] and other["participant"] != row["participant"]
        )
        half = others[math.ceil(39 * 0.9) - 1]
        assert row["y_hat_low"] == pytest.approx(max(row["y_hat"] - half, 0.0))
        assert row["y_hat_high"] == pytest.approx(min(row["y_hat"] + half, 24.0))


def test_an_interval_ends_where_the_scale_does_and_holds_no_other_label_for_that() -> None:
    rng = np.random.default_rng(0)
    endless = replace(SCORE, min=None, max=None)
    for y_hat, half in zip(rng.uniform(-9.0, 33.0, 200), rng.uniform(0.0, 30.0, 200), strict=True):
        low, high = around(y_hat, half, SCORE)
        whole = around(y_hat, half, endless)
        assert whole == (y_hat - half, y_hat + half)
        assert 0.0 <= low <= high <= 24.0
        inside = np.array([y for y in np.arange(0.25, 24.0, 0.5) if whole[0] <= y <= whole[1]])
        assert all(low <= y <= high for y in inside)
        if inside.size:
            assert (low, high) == (max(whole[0], 0.0), min(whole[1], 24.0))
    assert around(5.0, None, SCORE) == (None, None)


def test_a_label_does_not_shape_its_own_interval() -> None:
    records = simulated(0)
    before = prediction_rows(records, SCORE)[0]
    records[0]["predictions"][0]["y"] = 1e6
    after = prediction_rows(records, SCORE)[0]
    assert (after["y_hat_low"], after["y_hat_high"]) == (before["y_hat_low"], before["y_hat_high"])


def test_nine_labels_in_ten_are_held_where_folds_predict_alike() -> None:
    held, of_new = [], []
    for seed in range(150):
        records = simulated(seed)
        rows = prediction_rows(records, SCORE)
        held.append(np.mean([row["y_hat_low"] <= row["y"] <= row["y_hat_high"] for row in rows]))
        half = half_width(np.array([abs(row["y"] - row["y_hat"]) for row in rows]))
        new = [one for of_fold in simulated(seed + 1000) for one in of_fold["predictions"]]
        of_new.append(np.mean([abs(one["y"] - one["y_hat"]) <= half for one in new]))
    for shares in (held, of_new):
        assert 0.885 < np.mean(shares) < 0.93  # 0.9 to 0.9 + 1 / (n + 1), with their noise


def test_coverage_has_an_interval_and_may_be_of_some_cases() -> None:
    records = simulated(0)
    table, drawn = table_of(prediction_rows(records, SCORE)), drawn_of(records)
    found = judge_conformal(table, records, SCORE, drawn)
    inside = (table.y_hat_low <= table.y) & (table.y <= table.y_hat_high)
    assert found["coverage"]["value"] == pytest.approx(inside.mean())
    assert found["coverage"]["low"] <= found["coverage"]["value"] <= found["coverage"]["high"]
    assert found["mean_width"] == pytest.approx((table.y_hat_high - table.y_hat_low).mean())
    assert (found["level"], found["from"], found["without"]) == (0.9, "out-of-fold", 0)
    some_K = np.arange(60) < 25
    assert coverage(table, drawn, some_K).value == pytest.approx(inside[some_K].mean())


def test_too_few_cases_have_no_interval_and_are_counted() -> None:
    records = simulated(0, 9)
    rows = prediction_rows(records, SCORE)
    assert {row["y_hat_low"] for row in rows} == {None}  # 8 others
    found = judge_conformal(table_of(rows), records, SCORE, drawn_of(records))
    assert found["without"] == 9
    assert found["mean_width"] is found["coverage"]["value"] is None
    assert found["half_width"] is not None  # a new one has all 9


def test_a_single_fold_takes_the_residuals_of_its_own_validation() -> None:
    test = [case(k, 5.0, 6.0 + k) for k in range(20)]
    records = [
        record(0, seed, test, [case(100 + k, 0.0, (seed + 1.0) * k) for k in range(1, 20)])
        for seed in (0, 1)
    ]
    rows = prediction_rows(records, SCORE)
    for row in rows:  # the 18th of 19
        half = 18.0 * (row["seed"] + 1.0)
        ends = (row["y_hat"] - half, row["y_hat"] + half)
        assert (row["y_hat_low"], row["y_hat_high"]) == tuple(np.clip(ends, 0.0, 24.0))
    found = judge_conformal(table_of(rows), records, SCORE, drawn_of(records, 2))
    assert found["from"] == "validation"
    assert found["half_width"] == pytest.approx(27.0)
    two = [*records, {**records[0], "fold": 1}]
    assert half_widths([], two, SCORE) == []
    assert (
        judge_conformal(table_of(rows), two, SCORE, drawn_of(records, 2))["from"] == "out-of-fold"
    )


def test_a_class_has_no_interval() -> None:
    records = simulated(0)
    rows = prediction_rows(records, CLASS)
    assert {row["y_hat_high"] for row in rows} == {None}
    assert "left_out" in judge_conformal(table_of(rows), records, CLASS, drawn_of(records))
