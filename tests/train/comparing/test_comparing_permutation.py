"""Swapping two runs' predictions: beside every swap made by hand, and p where nothing differs."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest
from sklearn.metrics import f1_score, mean_squared_error

from depx.align.dataset import Target
from depx.train.comparing.permutation import SWAPS, Swapping, holm
from depx.train.intervals import STATISTICS
from depx.train.metrics import concordance
from depx.train.said import said

SCORE = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
Table = pd.DataFrame
Made = Callable[..., Table]


def measured(table: Table, name: str) -> float:
    """Average a metric over draws, by its plain formula."""
    found = []
    for _, rows in table.groupby("seed"):
        y_K, y_hat_K = rows["y"].to_numpy(), rows["y_hat"].to_numpy()
        found.append(
            {
                "ccc": concordance(y_K, y_hat_K),
                "rmse": np.sqrt(mean_squared_error(y_K, y_hat_K)),
                "f1_positive": f1_score(y_K >= 10, y_hat_K >= 10),
            }[name]
        )
    return float(np.mean(found))


def by_hand(one: Table, other: Table, name: str) -> float:
    """Swap every set of participants, all their cases and draws together."""
    people = sorted(set(one["participant"]))
    apart = []
    for swapped in product([False, True], repeat=len(people)):
        who = {p for p, swap in zip(people, swapped, strict=True) if swap}
        moves = one["participant"].isin(who)
        mine = one.assign(y_hat=one["y_hat"].where(~moves, other["y_hat"]))
        its = one.assign(y_hat=other["y_hat"].where(~moves, one["y_hat"]))
        apart.append(measured(mine, name) - measured(its, name))
    return float(np.mean(np.abs(apart) >= abs(apart[0]) - 1e-12))


@pytest.mark.parametrize("name", ["ccc", "rmse", "f1_positive"])
@pytest.mark.parametrize("noise", [3.0, 6.0])
def test_p_of_few_participants_is_that_of_every_swap(
    predictions: Made, name: str, noise: float
) -> None:
    one = predictions(seed=1, participants=6, draws=2)
    other = predictions(seed=2, participants=6, draws=2, noise=noise)
    found = Swapping(one, other, SCORE).test(STATISTICS[name])
    assert (found.exact, found.swaps) == (True, 64)
    assert found.p == pytest.approx(by_hand(one, other, name))


def test_random_swaps_come_near_to_all_of_them(predictions: Made, monkeypatch: Any) -> None:
    one, other = predictions(seed=1), predictions(seed=2, noise=4.0)
    exact = Swapping(one, other, SCORE).test(STATISTICS["rmse"])
    assert (exact.exact, exact.swaps) == (True, 2**12)
    monkeypatch.setattr("depx.train.comparing.permutation.SWAPS", 4_000)
    random = Swapping(one, other, SCORE).test(STATISTICS["rmse"])
    assert (random.exact, random.swaps) == (False, 4_000)
    assert random.p == pytest.approx(exact.p, abs=0.03)


def test_random_swaps_never_give_a_p_of_0(predictions: Made) -> None:
    one = predictions(participants=40, noise=1.0)
    other = predictions(seed=1, participants=40, noise=12.0)
    found = Swapping(one, other, SCORE).test(STATISTICS["rmse"])
    assert not found.exact
    assert found.p == 1 / (SWAPS + 1)


def test_a_run_does_not_differ_from_itself(predictions: Made) -> None:
    one = predictions()
    assert Swapping(one, one, SCORE).test(STATISTICS["ccc"]).p == 1.0


def test_which_run_is_the_first_does_not_matter(predictions: Made) -> None:
    one, other = predictions(seed=3), predictions(seed=4, noise=5.0, draws=2)
    there = Swapping(one, other, SCORE).test(STATISTICS["ccc"])
    back = Swapping(other, one, SCORE).test(STATISTICS["ccc"])
    assert there == back


def test_draws_of_unequal_number_take_turns_and_keep_the_difference(predictions: Made) -> None:
    one, other = predictions(draws=3), predictions(seed=1, draws=2)
    swapping = Swapping(one, other, SCORE)
    assert swapping.both.y_hat_QK.shape == (6, 48)
    nobody = np.zeros((1, 24))
    ones = np.ones((1, 24))
    apart = [STATISTICS["ccc"](said(t, SCORE), ones).mean() for t in (one, other)]
    found = swapping._apart(STATISTICS["ccc"], nobody)[0]
    assert found == pytest.approx(apart[0] - apart[1])


def test_many_draws_of_unequal_number_do_not_multiply(predictions: Made) -> None:
    swapping = Swapping(predictions(draws=12), predictions(seed=1, draws=11), SCORE)
    assert swapping.both.y_hat_QK.shape == (12, 48)  # and not 132


@pytest.mark.parametrize("kind", ["score", "class"])
def test_p_is_uniform_where_the_runs_do_not_differ(predictions: Made, kind: str) -> None:
    target, name = (SCORE, "rmse") if kind == "score" else (CLASS, "f1_positive")
    p = []
    for number in range(150):
        of = {"participants": 11, "draws": 1, "kind": kind}
        of["noise"] = 3.0 if kind == "score" else 0.7
        one = predictions(seed=2 * number, **of)
        other = predictions(seed=2 * number + 1, **of)
        p.append(Swapping(one, other, target).test(STATISTICS[name]).p)
    if kind == "score":
        assert kstest(p, "uniform").pvalue > 0.01
    else:  # few values, ties: never too many small ones
        assert all(np.mean(np.array(p) <= level) <= level + 0.05 for level in (0.05, 0.1, 0.3))


def test_a_participant_with_many_cases_is_swapped_as_one(predictions: Made) -> None:
    """Cases taken for participants would claim differences that are one person's."""
    small = {"each": 0, "case": 0}
    for number in range(80):
        of = {"participants": 8, "cases": 3, "draws": 1, "noise": 0.5, "shared": 3.0}
        one = predictions(seed=2 * number, **of)
        other = predictions(seed=2 * number + 1, **of)
        small["each"] += Swapping(one, other, SCORE).test(STATISTICS["rmse"]).p <= 0.1
        alone = [table.assign(participant=table["case"]) for table in (one, other)]
        small["case"] += Swapping(*alone, SCORE).test(STATISTICS["rmse"]).p <= 0.1
    assert small["each"] <= 16
    assert small["case"] > small["each"]


def test_what_is_undefined_has_no_p(predictions: Made) -> None:
    one, other = (predictions(seed=s).assign(positive=None, y_hat=0.0) for s in (0, 1))
    assert Swapping(one, other, SCORE).test(STATISTICS["f1_positive"]) is None


def test_holm_adjusts_as_in_his_paper() -> None:
    # by hand: sorted .005 .011 .02 .04 times 4 3 2 1, never less than the one before
    assert holm([0.02, 0.005, 0.04, 0.011]) == pytest.approx([0.04, 0.02, 0.04, 0.033])
    assert holm([None, 0.3, 0.6, 0.04]) == [None, 0.6, 0.6, pytest.approx(0.12)]
    assert holm([None, 0.3]) == [None, 0.3]
    assert holm([]) == []
