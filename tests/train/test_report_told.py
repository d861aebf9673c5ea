"""What tables, cards and sentences of a report say where a run is small, tuned, or of a class."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from depx.align.dataset import Target
from depx.extract.pages.blocks import Facts, Figure, Table, Text
from depx.train.cmgvs.config import CmgVs
from depx.train.report.calibration import calibration
from depx.train.report.finished import Finished
from depx.train.report.provenance import data_card, settings
from depx.train.report.tables import folds, groups, probes

SCORE = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
COUNTS = {"participants": 36, "cases": 36, "sessions": 36, "words": 99}
SAID = {"value": 0.5, "low": 0.4, "high": 0.6}


def fit(y: list[float], y_hat: list[float], *, fold: int = 0, seed: int = 0) -> dict[str, Any]:
    return {
        **{"fold": fold, "repeat": 0, "seed": seed, "epoch": 1},
        "predictions": [{"y": one, "y_hat": said} for one, said in zip(y, y_hat, strict=True)],
        "participants": {"training": ["a"] * 24, "validation": ["b"] * 3, "test": ["c"] * len(y)},
    }


def rows_of(fits: list[dict[str, Any]]) -> pd.DataFrame:
    named = [
        {"case": str(k), "repeat": 0, "seed": one["seed"], **case}
        for one in fits
        for k, case in enumerate(one["predictions"])
    ]
    return pd.DataFrame(named)


def finished(
    fits: list[dict[str, Any]],
    target: Target = SCORE,
    metrics: dict[str, Any] | None = None,
    **about: Any,
) -> Finished:
    stored = {"model": "cmg-vs", "config": CmgVs().settings(), "target": asdict(target)}
    stored |= {"counts": COUNTS, "modalities": {"vision": "face"}, "rows": "words"}
    stored |= {
        "sessions_left_out": {},
        "sessions_without": {},
        "corpora": {"folder": 9},
        "columns_left_out": {},
    }
    stored |= {"protocol": {"kind": "official", "folds": [{}]}}
    judged = {"positive_rule": target.positive_rule, "label_rule": target.label_rule, "counts": {}}
    judged |= {"primary": "auroc"}
    return Finished(
        about=stored | about,
        metrics={**judged, "model": {"mean": {"auroc": 0.5}}} | (metrics or {}),
        table=rows_of(fits),
        records=fits,
        tuning=[],
        attention=b"",
    )


def card(run: Finished) -> dict[str, str]:
    facts = data_card(run)[0]
    assert isinstance(facts, Facts)
    return dict(facts.rows)


def test_of_an_official_split_the_positives_are_those_of_the_tested() -> None:
    y = [0.0, 2.0, 4.0, 6.0, 8.0, 9.0, 10.0, 12.0, 20.0]
    run = finished([fit(y, y)], metrics={"counts": {"positives": 3, "tested": 9}})
    said = card(run)
    assert said["cases"] == "36; 3 of 9 tested are positive"
    assert said["tested by"] == (
        "the official split, participants: training 24, validation 3, test 9"
    )
    low, middle, high = (f"{value:g}" for value in pd.Series(y).quantile([0.25, 0.5, 0.75]))
    assert said["labels"] == f"of 9 tested cases 0 to 20, quartiles {low}, {middle} and {high}"


def test_where_everybody_is_tested_all_cases_are_counted() -> None:
    fits = [fit([1.0, 12.0], [2.0, 3.0], fold=fold) for fold in range(2)]
    run = finished(
        fits,
        metrics={"counts": {"positives": 11, "tested": 36}},
        protocol={"kind": "cv", "folds": [[], []], "repeats": 1},
        sessions_left_out={"no label": ["s1", "s2"], "no words": ["s3"]},
    )
    said = card(run)
    assert said["cases"] == "36, 11 positive"
    assert said["tested by"] == "2 folds by participant"
    assert said["left out"] == "2 sessions: no label; 1 session: no words"


def test_of_a_class_the_card_says_from_which_probability_on_and_counts_each() -> None:
    run = finished([fit([0.0, 1.0, 0.0], [0.1, 0.2, 0.3])], CLASS)
    said = card(run)
    assert said["called positive"] == "p of 0.5 or more"
    assert said["labels"] == "of 3 tested cases, with 0: 2, with 1: 1"


def test_the_agreement_of_a_single_case_is_undefined() -> None:
    table = folds(finished([fit([10.0], [7.0]), fit([1.0, 9.0], [1.0, 9.0], fold=1)]))
    assert [row[1:3] for row in table.rows] == [(None, 3.0), (1.0, 0.0)]


def test_folds_of_a_class_are_judged_as_a_class() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 12).astype(float)
    y[:2] = 0.0, 1.0
    p = [rng.random(12).round(1) for _ in range(2)]
    fits = [fit(y.tolist(), one.tolist(), seed=seed) for seed, one in enumerate(p)]
    table = folds(finished([*fits, fit([1.0, 1.0], [0.5, 1.0], fold=1)], CLASS))
    assert table.head[1:3] == ["AUROC", "Brier score"]
    assert table.rows[0][1:3] == pytest.approx(
        (
            np.mean([roc_auc_score(y, one) for one in p]),
            np.mean([brier_score_loss(y, one) for one in p]),
        )
    )
    assert table.rows[1][1:3] == (None, 0.125)


@pytest.mark.parametrize(("seeds", "says"), [(1, False), (2, True)])
def test_probes_of_one_draw_say_so_beside_a_model_of_several(seeds: int, says: bool) -> None:
    probe = {"about": "reads", "mean": {"auroc": 0.5}, "difference": SAID, "near": False}
    found = {"shuffled_vision": {"about": "reads", "left_out": "no face"}, "permuted": probe}
    fits = [fit([0.0, 1.0], [0.1, 0.2], seed=seed) for seed in range(seeds)]
    (table,) = probes(finished(fits, CLASS, {"probes": found}))
    assert isinstance(table, Table)
    assert ("Permuted labels: fitted with the first seed" in table.about) == says
    assert "Shuffled video" not in table.about


@pytest.mark.parametrize(("coverage", "rows"), [(None, 0), (SAID, 1)])
def test_groups_of_a_class_have_no_row_of_intervals(coverage: Any, rows: int) -> None:
    one = {"participants": 9, "cases": 9, "positives": 3, "few": False, "mean": {}}
    one |= {"bias": SAID, "coverage": coverage}
    (table,) = groups(finished([fit([0.0], [0.1])], metrics={"groups": {"gender": {"f": one}}}))
    assert [row[0] for row in table.rows].count("conformal coverage") == rows


def test_without_intervals_there_is_no_sentence_about_how_many_labels_they_hold() -> None:
    nothing = {"value": None, "low": None, "high": None}
    found = {"level": 0.9, "from": "validation", "coverage": nothing}
    found |= {"mean_width": None, "half_width": None, "without": 18}
    (block,) = calibration(finished([fit([0.0], [0.1])], metrics={"conformal": found}))
    assert isinstance(block, Text)
    assert block.text == "There are too few residuals for conformal intervals of level 0.9."


@pytest.mark.parametrize("name", ["y_hat", "p"])
def test_slope_and_bias_are_explained_where_they_stand(name: str) -> None:
    of_score = {"slope": SAID, "intercept": SAID, "bias": SAID}
    of_p = {"brier": SAID, "brier_skill": SAID, "base_rate": "cases", "ece": 0.1}
    truth = {"y_hat": "y", "p": "positive"}[name]
    bins = [{name: x, truth: x, "rows": 2} for x in (0.2, 0.4)]
    found = {name: (of_score if name == "y_hat" else of_p) | {"bins": bins}}
    figure, table = calibration(finished([fit([0.0], [0.1])], metrics={"calibration": found}))
    assert isinstance(figure, Figure)
    assert isinstance(table, Table)
    assert ("slope below 1" in table.about) == (name == "y_hat")


def test_settings_that_were_tuned_have_no_one_value() -> None:
    run = finished([fit([0.0], [0.1])], tune={"inner_folds": 3, "grid": {"lr": [0.1, 0.2]}})
    values = {str(row[0]): row[1:] for row in settings(run)[0].rows}
    lr = str(CmgVs().settings()["lr"])
    assert values["lr"] == ("chosen fold by fold", lr)
    assert values["epochs"] == (str(CmgVs().settings()["epochs"]),) * 2
