"""Differences with their intervals: coverage, draws paired and not, and where variance is from."""

# R = replicates, Q = draws, K = cases

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from depx.align.dataset import Target
from depx.train.comparing.held import Apart, hold, over_own_draws
from depx.train.intervals import STATISTICS, Predictions
from depx.train.metrics import concordance

SCORE = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
Made = Callable[..., pd.DataFrame]


def of_noise(rng: np.random.Generator, draws: int, cases: int, wide: float) -> Predictions:
    return Predictions(
        y_K=np.zeros(cases),
        y_hat_QK=wide * rng.standard_normal((draws, cases)),
        positive_K=np.full(cases, np.nan),
        called_QK=np.zeros((draws, cases), np.bool_),
    )


def test_the_difference_is_the_mean_over_draws_of_each(predictions: Made) -> None:
    tables = {"a": predictions(), "b": predictions(seed=1, noise=6.0)}
    found = {(one.run, one.metric): one for one in hold(tables, SCORE, ["ccc", "rmse"])}
    assert list(found) == [("a", "ccc"), ("a", "rmse"), ("b", "ccc"), ("b", "rmse")]
    ccc = {
        name: [
            concordance(rows["y"].to_numpy(), rows["y_hat"].to_numpy())
            for _, rows in table.groupby("seed")
        ]
        for name, table in tables.items()
    }
    one = found["b", "ccc"]
    assert one.paired
    assert one.own.value == pytest.approx(np.mean(ccc["b"]))
    assert one.above.value == pytest.approx(np.mean(ccc["b"]) - np.mean(ccc["a"]))
    assert one.spread.draws == pytest.approx(np.std(ccc["b"], ddof=1))
    assert found["a", "ccc"].above is None


@pytest.mark.slow
@pytest.mark.parametrize("other_draws", [8, 5])
def test_about_95_of_100_intervals_hold_the_true_difference(
    predictions: Made, other_draws: int
) -> None:
    """Two runs of the same error, on other participants and with other draws each time.

    Most of it is the participants' own: what is particular to one in a draw is counted double.
    """
    held = 0
    for number in range(100):
        of = {"participants": 50, "cases": 1, "shared": 2.0, "drawn": 0.5, "noise": 1.0}
        tables = {
            "a": predictions(seed=2 * number, draws=8, **of),
            "b": predictions(seed=2 * number + 1, draws=other_draws, **of),
        }
        (one,) = (one for one in hold(tables, SCORE, ["rmse"]) if one.run == "b")
        assert one.paired is (other_draws == 8)
        held += one.above.low <= 0.0 <= one.above.high
    assert 87 <= held <= 99


def test_draws_that_are_not_paired_are_drawn_by_themselves(predictions: Made) -> None:
    """Paired draws that go up and down together would say less than there is."""
    one = predictions(draws=6, noise=0.5, drawn=3.0)
    moved = one.assign(seed=one["seed"] + 100)
    same = predictions(draws=6, noise=0.5, drawn=3.0).assign(y_hat=one["y_hat"] + 0.2)
    paired = hold({"a": one, "b": same}, SCORE, ["rmse"])[1]
    apart = hold({"a": one, "b": moved.assign(y_hat=same["y_hat"])}, SCORE, ["rmse"])[1]
    assert (paired.paired, apart.paired) == (True, False)
    assert paired.above.value == pytest.approx(apart.above.value)
    assert apart.above.high - apart.above.low > 2 * (paired.above.high - paired.above.low)


def test_runs_without_common_draws_share_the_participants() -> None:
    """Of one draw each, the interval is that of paired participants: narrow for like errors."""
    rng = np.random.default_rng(0)
    run = of_noise(rng, 1, 40, 1.0)
    like = Predictions(
        y_K=run.y_K,
        y_hat_QK=run.y_hat_QK * 1.1,
        positive_K=run.positive_K,
        called_QK=run.called_QK,
    )
    found = Apart([str(k) for k in range(40)], (1, 1)).between(like, run, STATISTICS["rmse"])
    rmse = np.sqrt(np.mean(run.y_hat_QK**2))
    assert found.value == pytest.approx(0.1 * rmse)
    assert 0.06 * rmse < found.low < found.high < 0.14 * rmse


def test_the_interval_of_draws_that_are_not_paired_is_welchs() -> None:
    rng = np.random.default_rng(1)
    run, other = of_noise(rng, 7, 20, 1.0), of_noise(rng, 4, 20, 1.5)
    ones = np.ones((1, 20))
    values = [STATISTICS["rmse"](one, ones)[0] for one in (run, other)]
    reference = ttest_ind(*values, equal_var=False).confidence_interval(0.95)
    found = over_own_draws(run, other, STATISTICS["rmse"])
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))
    alone = over_own_draws(run, of_noise(rng, 1, 20, 1.0), STATISTICS["rmse"])
    assert alone.value is not None
    assert (alone.low, alone.high) == (None, None)
    same = of_noise(rng, 1, 20, 1.0)
    twice = Predictions(
        y_K=same.y_K,
        y_hat_QK=np.repeat(same.y_hat_QK, 2, axis=0),
        positive_K=same.positive_K,
        called_QK=np.repeat(same.called_QK, 2, axis=0),
    )
    nothing = over_own_draws(twice, twice, STATISTICS["rmse"])
    assert (nothing.value, nothing.low, nothing.high) == (0.0, 0.0, 0.0)


def test_variance_is_parted_into_that_of_draws_and_that_of_participants(
    predictions: Made,
) -> None:
    """A mean error whose variance is known: ``rmse`` of predictions far from every label."""

    def far(**of: float) -> pd.DataFrame:
        table = predictions(participants=100, cases=1, draws=50, noise=0.0, **of)
        return table.assign(y_hat=table["y_hat"] + 1_000.0)  # rmse is 1000 + the mean error

    (people,) = hold({"a": far(shared=2.0)}, SCORE, ["rmse"])
    assert people.spread.draws == pytest.approx(0.0, abs=1e-6)
    assert people.spread.participants == pytest.approx(2.0 / 10.0, rel=0.2)
    assert people.spread.share_draws == pytest.approx(0.0, abs=1e-6)
    (training,) = hold({"a": far(drawn=2.0)}, SCORE, ["rmse"])
    assert training.spread.draws == pytest.approx(2.0, rel=0.3)
    assert training.spread.participants == pytest.approx(0.0, abs=1e-6)
    assert training.spread.share_draws == pytest.approx(1.0, abs=1e-6)
    (both,) = hold({"a": far(shared=5.0, drawn=0.5)}, SCORE, ["rmse"])
    assert both.spread.share_draws == pytest.approx(0.5, abs=0.15)


def test_one_draw_says_nothing_of_draws(predictions: Made) -> None:
    tables = {"a": predictions(draws=1), "b": predictions(seed=1, draws=1)}
    one = hold(tables, SCORE, ["ccc"])[1]
    assert (one.spread.draws, one.spread.share_draws) == (None, None)
    assert (one.above_draws.low, one.above_draws.high) == (None, None)
    assert one.above.low < one.above.value < one.above.high


def test_what_is_undefined_is_none(predictions: Made) -> None:
    tables = {"a": predictions(), "b": predictions(seed=1)}
    tables = {name: table.assign(positive=None) for name, table in tables.items()}
    one = hold(tables, SCORE, ["f1_positive"])[1]
    assert (one.own.value, one.own.low, one.above.value, one.above.low) == (None,) * 4
    assert one.spread.participants is None
