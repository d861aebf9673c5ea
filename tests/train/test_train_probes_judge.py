"""Probes held against the model: metrics, paired differences, what is said to be near."""

# Q = draws, K = cases

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from depx.align.dataset import Target
from depx.errors import TrainingError
from depx.features.types import F64
from depx.train.alarms import alarms
from depx.train.intervals import STATISTICS, Resampling
from depx.train.metrics import concordance
from depx.train.primary import CHANCE, primary_of
from depx.train.probes.files import write_probes
from depx.train.probes.judge import judge_probes
from depx.train.probes.probe import ABOUT, Probed
from depx.train.probes.table import TITLES, probes_table
from depx.train.said import said

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
CASES = 40
Row = dict[str, Any]


def truth(target: Target = SCORE) -> F64:
    y_K = np.random.default_rng(0).integers(0, 25, size=CASES).astype(np.float64)
    return y_K if target.kind == "score" else (y_K >= 10).astype(np.float64)


def rows_of(
    noise: float, *, draws: list[tuple[int, int | None]], seed: int = 1, target: Target = SCORE
) -> list[Row]:
    """Predict the truth as well as `noise` (of the labels' sd) allows, a row a case and draw."""
    rng = np.random.default_rng(seed)
    y_K = truth(target)
    rows = []
    for repeat, of_seed in draws:
        y_hat_K = y_K + noise * y_K.std() * rng.standard_normal(CASES)
        rows += [
            {
                "case": f"c{k:02d}",
                "participant": f"p{k // 2}",
                "fold": 2 * repeat + k % 2,
                "repeat": repeat,
                "seed": of_seed,
                "y": y_K[k],
                "positive": bool(target.positive(y_K[k : k + 1])[0]),
                "y_hat": y_hat_K[k],
            }
            for k in range(CASES)
        ]
    return rows


DRAWS: list[tuple[int, int | None]] = [(0, 0), (0, 1), (1, 0), (1, 1)]


def model(noise: float = 0.3, target: Target = SCORE) -> pd.DataFrame:
    """Predictions of a run of two repeats and two seeds, in the order of `read_predictions`."""
    table = pd.DataFrame(rows_of(noise, draws=DRAWS, target=target))
    return table.assign(constant=float(truth(target).mean()))


def probed(noise_of: Mapping[str, float], target: Target = SCORE, **left_out: str) -> Probed:
    rows = []
    for number, (name, noise) in enumerate(noise_of.items()):
        some = rows_of(noise, draws=[(0, None), (1, None)], seed=50 + number, target=target)
        rows += [{"probe": name, **row} for row in some]
    return Probed(rows=tuple(rows), left_out=left_out)


def records(rows: list[Row]) -> list[dict[str, Any]]:
    """Make records of fits that say these rows."""
    found = []
    keys = ["repeat", "fold", "seed"]
    for (repeat, fold, seed), some in pd.DataFrame(rows).groupby(keys):
        wanted = ["case", "participant", "y", "positive", "y_hat"]
        predictions = some[wanted].assign(p=None).to_dict("records")
        found.append(
            {
                "repeat": repeat,
                "fold": fold,
                "seed": seed,
                "constant": 0.0,
                "predictions": [{**one, "y_hat_without": {}, "groups": {}} for one in predictions],
            }
        )
    return found


def test_a_probe_stands_beside_each_seed_of_its_repeat() -> None:
    table, probe = model(), probed({"duration": 1.0})
    found = judge_probes(table, SCORE, probe)["duration"]
    y_hat = {(row["repeat"], row["case"]): row["y_hat"] for row in probe.rows}
    beside = table.assign(
        y_hat=[y_hat[key] for key in zip(table["repeat"], table["case"], strict=True)]
    )
    drawn = Resampling([f"p{k // 2}" for k in range(CASES)], 4)
    for name, statistic in STATISTICS.items():
        own = drawn.of(said(beside, SCORE), statistic)
        assert (found["mean"][name], found["low"][name]) == (own.value, own.low)
    of_repeats = [
        concordance(truth(), np.array([y_hat[repeat, f"c{k:02d}"] for k in range(CASES)]))
        for repeat in (0, 1)
    ]
    assert found["mean"]["ccc"] == pytest.approx(np.mean(of_repeats))
    apart = drawn.between(said(table, SCORE), said(beside, SCORE), STATISTICS["ccc"])
    assert found["difference"] == {
        "metric": "ccc",
        "value": apart.value,
        "low": apart.low,
        "high": apart.high,
    }


def test_a_probe_is_near_unless_the_model_is_better_for_sure() -> None:
    found = judge_probes(
        model(0.4), SCORE, probed({"interviewer_amount": 0.1, "duration": 0.35, "group": 20.0})
    )
    assert found["interviewer_amount"]["difference"]["high"] < 0  # better than the model
    assert {name: one["near"] for name, one in found.items()} == {
        "constant": False,
        "group": False,
        "duration": True,
        "interviewer_amount": True,
    }
    assert found["duration"]["above_chance"]
    assert not found["group"]["above_chance"]


def test_the_constant_is_one_of_the_probes_and_the_order_is_fixed() -> None:
    found = judge_probes(model(), SCORE, probed({"origin": 3.0, "group": 3.0}, duration="no clock"))
    assert list(found) == ["constant", "group", "duration", "origin"]
    assert found["constant"]["mean"]["ccc"] == 0.0
    assert found["duration"] == {"about": ABOUT["duration"], "left_out": "no clock"}
    assert set(TITLES) == set(ABOUT)


def test_a_refitted_probe_is_paired_with_the_draws_that_it_has() -> None:
    shuffled = rows_of(0.3, draws=[(0, 0), (1, 0)], seed=7)
    found = judge_probes(
        model(), SCORE, probed({}).refitted("shuffled_vision", records(shuffled), SCORE)
    )["shuffled_vision"]
    own = np.array([row["y_hat"] for row in shuffled]).reshape(2, CASES)
    assert found["mean"]["ccc"] == pytest.approx(
        np.mean([concordance(truth(), y_hat_K) for y_hat_K in own])
    )
    ours = model().query("seed == 0")["y_hat"].to_numpy().reshape(2, CASES)
    expected = np.mean([concordance(truth(), y_hat_K) for y_hat_K in ours])
    difference = found["difference"]["value"] + found["mean"]["ccc"]
    assert difference == pytest.approx(expected)
    assert found["near"]


@pytest.mark.parametrize(("noise", "leaks"), [(0.5, True), (50.0, False)])
def test_labels_dealt_anew_are_judged_by_themselves_and_must_fall_to_chance(
    noise: float, leaks: bool
) -> None:
    order = np.random.default_rng(3).permutation(CASES)
    dealt_K = truth()[order]
    rng = np.random.default_rng(4)
    rows = rows_of(0.0, draws=[(0, 0), (0, 1), (1, 0), (1, 1)])
    for k, row in enumerate(rows):
        y = dealt_K[k % CASES]
        y_hat = y + noise * dealt_K.std() * rng.standard_normal()
        row.update(y=y, positive=bool(y >= 10), y_hat=y_hat)
    found = judge_probes(model(), SCORE, probed({}).refitted("permuted", records(rows), SCORE))
    permuted = found["permuted"]
    y_hat_QK = np.array([row["y_hat"] for row in rows]).reshape(4, CASES)
    of_draws = [concordance(dealt_K, y_hat_K) for y_hat_K in y_hat_QK]
    assert permuted["mean"]["ccc"] == pytest.approx(np.mean(of_draws))
    assert permuted["near"] is leaks
    assert any("leaks into the training" in line for line in red(found)) is leaks


def test_a_class_is_judged_by_its_ranking_where_that_is_known() -> None:
    found = judge_probes(model(0.5, CLASS), CLASS, probed({"group": 0.4}, CLASS))["group"]
    assert found["difference"]["metric"] == "auroc"
    assert found["near"]


@pytest.mark.parametrize("target", [SCORE, CLASS], ids=lambda target: target.kind)
def test_tested_one_by_one_nobody_gains_by_leaning_on_the_mean_of_the_others(
    target: Target,
) -> None:
    y_K = truth(target)
    rng = np.random.default_rng(3)
    others_K = (y_K.sum() - y_K) / (CASES - 1)  # the mean of those who train, one left out

    def alone(y_hat_K: F64) -> list[Row]:
        rows = rows_of(0.0, draws=[(0, None)], target=target)
        return [
            {**row, "participant": f"p{k}", "fold": k, "y_hat": y_hat_K[k]}
            for k, row in enumerate(rows)
        ]

    apart_K = y_K - y_K.mean()
    noise_K = 0.02 * y_K.std() * rng.standard_normal(CASES)
    noise_K -= apart_K * (noise_K @ apart_K) / (apart_K @ apart_K)  # says nothing, to the last bit
    guess_K = y_K.mean() + y_K.std() * rng.standard_normal(CASES)  # knows nothing, leans on nothing
    table = pd.DataFrame(alone(guess_K)).assign(seed=0, constant=others_K)
    metric = primary_of(table, target)
    assert metric == "skill"
    assert primary_of(model(target=target), target) == ("ccc" if target is SCORE else "auroc")
    shrunken = [{"probe": "group", **row} for row in alone(others_K + noise_K)]
    found = judge_probes(table, target, Probed(rows=tuple(shrunken), left_out={}))
    assert found["group"]["mean"]["auroc"] < 0.2  # what misled
    assert abs(found["group"]["mean"][metric] - CHANCE[metric]) < 0.02
    assert found["constant"]["mean"][metric] == 0.0
    assert found["group"]["near"]
    assert not found["group"]["above_chance"]
    knows = pd.DataFrame(alone(y_K + 0.3 * y_K.std() * rng.standard_normal(CASES)))
    of_model = judge_probes(
        knows.assign(seed=0, constant=others_K), target, Probed(rows=tuple(shrunken), left_out={})
    )
    assert not of_model["group"]["near"]
    assert of_model["group"]["difference"]["low"] > 0


def test_an_undefined_difference_is_not_said_to_be_far() -> None:
    table = model().assign(y=3.0, y_hat=3.0, positive=False)
    rows = [{**row, "y": 3.0, "y_hat": 3.0, "positive": False} for row in probed({"group": 1}).rows]
    found = judge_probes(table, SCORE, Probed(rows=tuple(rows), left_out={}))["group"]
    assert (found["difference"]["value"], found["near"], found["above_chance"]) == (None,) * 3


def test_a_probe_of_other_cases_is_refused() -> None:
    some = probed({"group": 1.0})
    fewer = Probed(rows=some.rows[1:], left_out={})
    with pytest.raises(TrainingError, match="probe group: has 40 of the 40 cases"):
        judge_probes(model(), SCORE, fewer)
    other_seed = probed({}).refitted("permuted", records(rows_of(1.0, draws=[(0, 9)])), SCORE)
    with pytest.raises(TrainingError, match="probe permuted: has 0 of the 40 cases"):
        judge_probes(model(), SCORE, other_seed)


def test_the_table_has_a_line_a_probe_and_marks_what_is_near() -> None:
    shuffled = records(rows_of(0.3, draws=[(0, 0)], seed=7))
    some = probed({"duration": 0.3, "group": 20.0, "origin": 1.0}, ridge_text="no text")
    found = judge_probes(model(), SCORE, some.refitted("shuffled_vision", shuffled, SCORE))
    lines = probes_table(found).splitlines()
    assert [line[:20].strip() for line in lines] == [
        "probe",
        "constant",
        "group only",
        "duration and words",
        "ridge on text",
        "origin of tracks",
        "shuffled video",
    ]
    assert [line.endswith("near") for line in lines[1:]] == [False, False, True, False, False, True]
    assert lines[4].endswith("no text")
    assert f"{found['duration']['difference']['value']:+.3f}" in lines[3]
    assert all(len(line) <= 100 for line in lines)
    said_lines = red(found)
    assert said_lines[0].startswith("duration and words: reaches CCC 0.9")
    assert "the origin of the tracks" in said_lines[1]
    assert "shuffled video" in said_lines[2]
    assert red(judge_probes(model(0.1), SCORE, probed({"group": 20.0}))) == []


def test_a_model_at_chance_is_above_no_probe_however_low_that_is() -> None:
    # One that predicts the mean of all others is at -1 with folds of one person.
    left_out = (truth().sum() - truth()) / (CASES - 1)
    table = model(50.0).assign(y_hat=lambda rows: rows["y_hat"] * 0.01)
    rows = [
        {**row, "y_hat": left_out[k % CASES]} for k, row in enumerate(probed({"group": 1}).rows)
    ]
    found = judge_probes(table, SCORE, Probed(rows=tuple(rows), left_out={}))["group"]
    assert found["near"]


def test_a_probe_that_knows_beside_a_model_that_does_not_is_said_to_know_more() -> None:
    found = judge_probes(model(50.0), SCORE, probed({"duration": 0.3}))
    leak, chance = red(found, low=-0.1)
    assert leak.startswith("duration and words: reaches CCC 0.9")
    assert leak.endswith("the model, at chance, has not found even that")
    assert chance.endswith("; it is better than no probe")


def red(probes: dict[str, Any], *, low: float = 0.3) -> list[str]:
    """Say what speaks against a model; it is told from chance where `low` is above 0."""
    figures = {"mean": {"ccc": low + 0.2}, "low": {"ccc": low}, "high": {"ccc": low + 0.4}}
    metrics = {
        "kind": "score",
        "primary": "ccc",
        "probes": probes,
        "model": figures,
        "counts": {"test_scored": 1},
    }
    return alarms(metrics, {})


def test_probes_parquet_explains_itself(tmp_path: Path) -> None:
    some = probed({"duration": 0.3}).refitted(
        "permuted", records(rows_of(1.0, draws=[(0, 0)])), SCORE
    )
    write_probes(tmp_path / "probes.parquet", some.rows)
    table = pq.read_table(tmp_path / "probes.parquet")
    assert all(field.metadata[b"about"] for field in table.schema)
    assert table["seed"].to_pylist() == [None] * 2 * CASES + [0] * CASES
    assert table.to_pylist()[0] == {**some.rows[0], "seed": None}
