"""Groups: their figures are those of their cases alone, the unknown are a group too."""

# Q = draws, K = cases

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from depx.align.dataset import Target
from depx.train.intervals import Resampling
from depx.train.judging.groups import compare_groups, judge_groups
from depx.train.metrics import concordance
from depx.train.results import prediction_rows
from depx.train.said import draws_of, said, table_of

SCORE = Target(name="score", kind="score", min=0.0, max=24.0, positive_rule=">=10")


def records(groups: list[str | None], *, female_noise: float = 2.0) -> list[dict[str, Any]]:
    fits = []
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        y = np.random.default_rng(9).integers(0, 24, len(groups))
        noise = [female_noise if group == "female" else 2.0 for group in groups]
        cases = [
            {
                "case": f"c{k:03d}",
                "participant": f"p{k // 2:03d}",
                "y": float(y[k]),
                "positive": bool(y[k] >= 10),
                "y_hat": float(y[k] + 1.0 + noise[k] * rng.normal()),
                "p": None,
                "groups": {"gender": group},
                "y_hat_without": {},
            }
            for k, group in enumerate(groups)
        ]
        fits.append(
            {
                "fold": 0,
                "repeat": 0,
                "seed": seed,
                "constant": 9.0,
                "predictions": cases,
                "validation": [],
            }
        )
    return fits


def laid_out(fits: list[dict[str, Any]]) -> tuple[Any, Any, Target, Resampling]:
    table = table_of(prediction_rows(fits, SCORE))
    return said(table, SCORE), table, SCORE, Resampling(list(draws_of(table)[0].participant), 2)


def test_the_figures_of_a_group_are_those_of_its_cases() -> None:
    groups = ["female"] * 30 + ["male"] * 20 + [None] * 6
    made = laid_out(records(groups))
    found = judge_groups(*made)["gender"]
    assert list(found) == ["female", "male", "unknown"]
    for value, within in (("female", slice(0, 30)), ("male", slice(30, 50))):
        of_draws = [rows.iloc[within] for rows in draws_of(made[1])]
        one = found[value]
        assert (one["participants"], one["cases"]) == (len(of_draws[0]) // 2, len(of_draws[0]))
        assert one["positives"] == (of_draws[0].y >= 10).sum()
        assert not one["few"]
        ccc = [concordance(rows.y.to_numpy(), rows.y_hat.to_numpy()) for rows in of_draws]
        f1 = [f1_score(rows.y >= 10, rows.y_hat >= 10) for rows in of_draws]
        assert one["mean"]["ccc"] == pytest.approx(np.mean(ccc))
        assert one["sd"]["ccc"] == pytest.approx(np.std(ccc, ddof=1))
        assert one["mean"]["f1_positive"] == pytest.approx(np.mean(f1))
        assert one["low"]["ccc"] < one["mean"]["ccc"] < one["high"]["ccc"]
        bias = np.mean([rows.y_hat - rows.y for rows in of_draws])
        assert one["bias"]["value"] == pytest.approx(bias)
        held = [(rows.y_hat_low <= rows.y) & (rows.y <= rows.y_hat_high) for rows in of_draws]
        assert one["coverage"]["value"] == pytest.approx(np.mean(held))
    assert found["unknown"]["participants"] == 3
    assert found["unknown"]["few"]


def test_a_group_that_is_served_worse_shows_and_equal_ones_do_not() -> None:
    groups: list[str | None] = ["female", "female", "male", "male"] * 15
    worse = compare_groups(*laid_out(records(groups, female_noise=12.0)))["gender"]
    assert (worse["metric"], worse["of"]) == ("ccc", ["female", "male"])
    assert worse["low"] < worse["value"] < worse["high"] < 0
    alike = compare_groups(*laid_out(records(groups)))["gender"]
    assert alike["low"] < 0 < alike["high"]


def test_one_known_group_has_nothing_to_be_held_against() -> None:
    made = laid_out(records(["female"] * 10 + [None] * 10))
    assert compare_groups(*made) == {}
    assert set(judge_groups(*made)["gender"]) == {"female", "unknown"}
