"""The whole judgement: by draw, for any scale and for a class, the same bytes in any order."""

# Q = draws, K = cases

import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, mean_squared_error, roc_auc_score

from depx.align.dataset import Target
from depx.train.card import card
from depx.train.judging.judge import judge_run
from depx.train.metrics import concordance
from depx.train.results import prediction_rows
from depx.train.table import NAMES, table

CASES = 24
SCORE = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
WIDE = Target(name="balance", kind="score", min=-50.0, max=50.0, positive_rule="<=2")
NOBODY = Target(name="mood", kind="score", min=None, max=None, positive_rule="")
CLASS = Target(name="ill", kind="class", min=0.0, max=1.0, positive_rule="==1")
COUNTS = {"participants": CASES, "cases": CASES, "sessions": CASES, "words": 99}


def records(target: Target, *, head: bool = False) -> list[dict[str, Any]]:
    """Make two repeats of three folds, two seeds each."""
    labels = np.random.default_rng(0)
    y_K = labels.integers(0, 2, CASES) if target.kind == "class" else labels.normal(8, 9, CASES)
    fits = []
    for repeat in (0, 1):
        order_K = np.random.default_rng(repeat).permutation(CASES)
        for part in range(3):
            for seed in (0, 1):
                fold = 3 * repeat + part
                rng = np.random.default_rng([fold, seed])
                cases = [
                    one_case(k, float(y_K[k]), target, rng, head) for k in order_K[part::3].tolist()
                ]
                validation = [
                    one_case(k, float(y_K[k]), target, rng, head)
                    for k in order_K[(part + 1) % 3 :: 3].tolist()
                ]
                fits.append(
                    {
                        "fold": fold,
                        "repeat": repeat,
                        "seed": seed,
                        "constant": float(y_K.mean()) + 0.01 * part,
                        "predictions": sorted(cases, key=lambda one: str(one["case"])),
                        "validation": validation,
                        "separation": 0.1 * seed + 0.2 * repeat,
                        "synthesis": [],
                    }
                )
    return fits


def one_case(
    k: int, y: float, target: Target, rng: np.random.Generator, head: bool
) -> dict[str, Any]:
    said = 0.5 * y + rng.normal(0, 4)
    p = float(1 / (1 + np.exp(-said / 4)))
    is_class = target.kind == "class"
    return {
        "case": f"c{k:02d}",
        "participant": f"p{k:02d}",
        "y": y,
        "positive": bool(target.positive(np.array([y]))[0]) if target.positive_rule else None,
        "y_hat": p if is_class else float(said),
        "p": p if is_class or head else None,
        "groups": {"gender": ["female", "male", None][k % 3]},
        "y_hat_without": {"text": p if is_class else float(0.5 * said)},
    }


@pytest.mark.parametrize("target", [SCORE, WIDE])
def test_a_draw_is_a_seed_of_a_repeat_and_every_case_is_in_each(target: Target) -> None:
    fits = records(target)
    found = judge_run(fits, target, COUNTS)
    assert found["draws"] == [
        {"repeat": repeat, "seed": seed} for repeat in (0, 1) for seed in (0, 1)
    ]
    assert {name: found["counts"][name] for name in ("repeats", "seeds", "draws")} == {
        "repeats": 2,
        "seeds": 2,
        "draws": 4,
    }
    ccc, auroc, skill = [], [], []
    for draw, metrics in zip(found["draws"], found["model"]["seeds"], strict=True):
        rows = [
            (one["y"], one["y_hat"], one["positive"], fit["constant"])
            for fit in fits
            if (fit["repeat"], fit["seed"]) == (draw["repeat"], draw["seed"])
            for one in fit["predictions"]
        ]
        y_K, y_hat_K, positive_K, constant_K = map(np.array, zip(*rows, strict=True))
        assert len(rows) == CASES
        ccc.append(concordance(y_K, y_hat_K))
        auroc.append(roc_auc_score(positive_K, -y_hat_K if target is WIDE else y_hat_K))
        skill.append(1 - mean_squared_error(y_K, y_hat_K) / mean_squared_error(y_K, constant_K))
        assert metrics["ccc"] == pytest.approx(ccc[-1])
        assert metrics["auroc"] == pytest.approx(auroc[-1])
    for name, values in (("ccc", ccc), ("auroc", auroc), ("skill", skill)):
        model = found["model"]
        assert model["mean"][name] == pytest.approx(np.mean(values))
        assert model["sd"][name] == pytest.approx(np.std(values, ddof=1))
        assert model["low"][name] < model["mean"][name] < model["high"][name]
    assert found["separation"] == {
        "mean": pytest.approx(0.15),
        "sd": pytest.approx(np.std([0.0, 0.1, 0.2, 0.3], ddof=1)),
    }


def test_the_order_of_the_fits_changes_no_byte() -> None:
    fits = records(SCORE, head=True)
    once = json.dumps(judge_run(fits, SCORE, COUNTS), sort_keys=True, allow_nan=False)
    again = json.dumps(judge_run(fits[::-1], SCORE, COUNTS), sort_keys=True, allow_nan=False)
    assert once == again


def test_a_score_has_conformal_intervals_and_a_class_a_calibrated_probability() -> None:
    score, ill = (judge_run(records(target), target, COUNTS) for target in (SCORE, CLASS))
    assert score["conformal"]["coverage"]["value"] > 0.8
    assert set(score["calibration"]) == {"y_hat"}
    assert set(score["chance"]) == {"ccc", "auroc"}
    assert "left_out" in ill["conformal"]
    assert set(ill["calibration"]) == {"p"}
    assert set(ill["chance"]) == {"auroc"}
    rows = prediction_rows(records(CLASS), CLASS)
    brier = brier_score_loss([row["y"] for row in rows], [row["p"] for row in rows])
    assert ill["calibration"]["p"]["brier"]["value"] == pytest.approx(brier)
    assert ill["thresholds"]["fixed"] == 0.5
    assert ill["group_differences"]["gender"]["metric"] == "auroc"


def test_a_class_head_is_judged_and_calibrated_beside_the_score() -> None:
    found = judge_run(records(SCORE, head=True), SCORE, COUNTS)
    assert set(found["calibration"]) == {"y_hat", "p"}
    head = found["class_head"]
    assert head["low"]["auroc"] <= head["mean"]["auroc"] <= head["high"]["auroc"]
    assert found["definitions"].keys() >= {"class_head", "conformal", "chance", "interval"}


def test_a_target_without_a_rule_detects_nobody() -> None:
    found = judge_run(records(NOBODY), NOBODY, COUNTS)
    assert set(found["model"]["mean"]) == {"ccc", "pearson", "rmse", "mae", "skill"}
    assert found["thresholds"] is None
    assert set(found["chance"]) == {"ccc"}
    assert found["counts"]["positives"] is None
    assert found["groups"]["gender"]["male"]["positives"] is None


@pytest.mark.parametrize("target", [SCORE, WIDE, NOBODY, CLASS])
def test_table_and_card_show_every_metric_with_its_interval(target: Target) -> None:
    found = judge_run(records(target, head=target is SCORE), target, COUNTS)
    lines = table(found).splitlines()
    assert max(map(len, lines)) <= 80
    about = {
        "model": "cmg-vs",
        "target": {"name": target.name, "kind": target.kind, "min": target.min, "max": target.max},
        "modalities": {"text": "bert"},
        "config": {},
        "rows": "words",
        "corpora": {"folder": 6},
        "sessions_without": {},
        "columns_left_out": {},
        "protocol": {"kind": "cv", "repeats": 2, "folds": [[]] * 6},
        "says_looks": False,
        "depx": "0",
        "key": "k",
        "dataset": "d",
        "licences": {},
    }
    page = card(about, found)
    for name, value in found["model"]["mean"].items():
        low, high = found["model"]["low"][name], found["model"]["high"][name]
        shown = "" if low is None else f"[{low:.3f}, {high:.3f}]"
        assert any(NAMES[name] in line and shown in line for line in lines)
        assert f"| {NAMES[name]} | {value:.3f} | {shown} |" in page
    assert f"p {next(iter(found['chance'].values()))['p']:.3f}" in page
    assert "| gender | participants |" in page
    assert "| unknown |" in page
    assert ("Conformal intervals for 90%" in page) == (target.kind == "score")
    assert "nan" not in page
