"""``report.html``: whole, alone, true to the run's files, and sound in a browser."""

import base64
import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from depx.align.dataset import Target
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.report.finished import Finished, read_run
from depx.train.report.page import report
from depx.train.run import TrainSettings, train
from depx.train.table import NAMES

SCORE = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
VOID, EVIL = {"meta", "link", "img"}, '"><script>alert(1)</script>'
FOLDS, SEEDS, CASES = 3, 2, 24


def figures(rng: np.random.Generator, *names: str) -> dict[str, Any]:
    """Make figures that occur nowhere else."""
    mean = {name: float(rng.random()) for name in names}
    return {
        "mean": mean,
        "sd": {name: float(rng.random()) for name in names},
        "low": {name: value - 0.5 for name, value in mean.items()},
        "high": {name: value + 0.5 for name, value in mean.items()},
    }


def estimated(rng: np.random.Generator) -> dict[str, float]:
    value = float(rng.random())
    return {"value": value, "low": value - 0.5, "high": value + 0.5}


def probed(rng: np.random.Generator, *, near: bool) -> dict[str, Any]:
    apart = {"metric": "ccc", **estimated(rng)}
    return {"about": "reads little", **figures(rng, *NAMES), "difference": apart, "near": near}


def judged(rng: np.random.Generator, target: Target) -> dict[str, Any]:
    """Lay out ``metrics.json``, every figure its own."""
    bins = [{"y_hat": k / 1.0, "y": k + 0.5, "rows": 5} for k in range(4)]
    shares = [{"p": k / 4, "positive": k / 5, "rows": 5} for k in range(4)]
    plain = [name for name in NAMES if name != "skill"]
    group = {"participants": 12, "cases": 12, "positives": 4, "few": False}
    return {
        "target": target.name,
        "kind": target.kind,
        "positive_rule": target.positive_rule,
        "label_rule": target.label_rule,
        "counts": {"cases": CASES, "participants": CASES, "sessions": CASES, "words": 9, "seeds": 2}
        | {"positives": 8},
        "model": figures(rng, *NAMES),
        "constant": figures(rng, *plain),
        "drop_modality": {"vision": figures(rng, *NAMES)},
        "chance": {"ccc": {"value": 0.3, "p": 0.0123, "permutations": 1000}},
        "calibration": {
            "y_hat": {name: estimated(rng) for name in ("slope", "intercept", "bias")}
            | {"bins": bins},
            "p": {name: estimated(rng) for name in ("brier", "brier_skill")}
            | {"base_rate": "cases", "ece": 0.0625, "bins": shares},
        },
        "conformal": {"level": 0.9, "from": "out-of-fold", "coverage": estimated(rng)}
        | {"mean_width": 8.25, "half_width": 4.125, "without": 0},
        "thresholds": {"fixed": 10.0, **figures(rng, "recall_positive", "specificity")}
        | {"each": [{"fold": 0, "threshold": 8.5, "rows": 9, "positives": 3}]},
        "groups": {
            "gender": {
                value: group
                | figures(rng, *NAMES)
                | {"bias": estimated(rng), "coverage": estimated(rng)}
                for value in ("female", "male")
            }
        },
        "group_differences": {
            "gender": {"metric": "ccc", "of": ["female", "male"], **estimated(rng)}
        },
        "primary": "auroc" if target.kind == "class" else "ccc",
        "probes": {
            "duration": probed(rng, near=False),
            "interviewer_amount": {"about": "reads the interviewer", "left_out": "no interviewer"},
        },
    }


def said(rng: np.random.Generator, target: Target, cases: list[str]) -> pd.DataFrame:
    """Make predictions: each case once a seed."""
    y = rng.integers(0, 2 if target.kind == "class" else 25, size=CASES).astype(float)
    y[:2] = 0.0, target.max or 1.0
    rows = []
    for seed in range(SEEDS):
        y_hat = y + rng.normal(0, (target.max or 1.0) / 4, CASES)
        y_hat = np.clip(y_hat, 0, 1) if target.kind == "class" else y_hat
        for k, case in enumerate(cases):
            row = {"case": case, "participant": f"of {case}", "fold": k % FOLDS, "repeat": 0}
            row |= {"seed": seed, "y": y[k], "y_hat": y_hat[k], "constant": 7.0}
            row |= {"positive": bool(y[k] >= (10 if target.kind == "score" else 1))}
            row |= {"y_hat_low": y_hat[k] - 3.0, "y_hat_high": y_hat[k] + 3.0}
            rows.append(row)
    return pd.DataFrame(rows).sort_values(["seed", "case"], kind="stable", ignore_index=True)


def fitted(table: pd.DataFrame, fold: int, seed: int) -> dict[str, Any]:
    mine = table[(table["fold"] == fold) & (table["seed"] == seed)]
    curve = [
        {"stage": "task", "epoch": e, "task": 1.0 / e + fold, "validation_ccc": 0.1 * e - seed}
        for e in range(1, 5)
    ]
    return {
        **{"fold": fold, "seed": seed, "repeat": 0, "epoch": 3, "curve": curve, "looks": []},
        "predictions": mine[["case", "participant", "y", "y_hat"]].to_dict("records"),
        "participants": {"training": ["a"] * 13, "validation": ["b"] * 3, "test": ["c"] * 8},
    }


def finished(target: Target = SCORE, *, first: str = "case-00", **changes: Any) -> Finished:
    """Make up a run whose every section has something to show."""
    rng = np.random.default_rng(0)
    cases = [first, *(f"case-{k:02d}" for k in range(1, CASES))]
    table = said(rng, target, cases)
    about = {
        **{"model": "cmg-vs", "key": "k" * 64, "dataset": "d" * 64, "device": "cpu"},
        **{"depx": "9.8.7", "libraries": {"torch": "6.5.4"}, "seeds": [0, 1], "rows": "words"},
        "config": {**CmgVs().settings(), "epochs": 4321},
        "modalities": {"vision": "face"},
        "target": asdict(target),
        "protocol": {"kind": "cv", "folds": [["a"]] * FOLDS, "hash": "h" * 64},
        "counts": {"test_scored": 1},
        "licences": {"numpy": "BSD-3-Clause"},
        "sessions_left_out": {"no label": ["session-x"]},
        "corpora": {"folder": 7, "e-daic": 5},
        "sessions_without": {"vision": ["session-y"]},
        "columns_left_out": {"fold0-seed0": {"vision": ["AU45_r"]}, "fold0-seed1": {}},
        "files": {"curves.csv": {"bytes": 12, "sha256": "f" * 64}},
    }
    run = Finished(
        about=about,
        metrics=judged(rng, target),
        table=table,
        tuning=[],
        records=[fitted(table, fold, seed) for seed in range(SEEDS) for fold in range(FOLDS)],
        attention=b"",
    )
    return replace(run, **changes)


@cache
def page() -> str:
    """Lay the run out once for all tests that change nothing."""
    return report(finished())


class Tree(HTMLParser):
    """Reads HTML, and refuses elements that are not closed in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def every(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.found if name in attrs]


def saved(html: str) -> dict[str, list[dict[str, str]]]:
    """Read the data that the page offers, by their file names."""
    link = r'download="([^"]*)" href="data:text/csv;charset=utf-8;base64,([^"]*)"'
    return {
        name: list(csv.DictReader(io.StringIO(base64.b64decode(data).decode())))
        for name, data in re.findall(link, html)
    }


@pytest.mark.parametrize("target", [SCORE, CLASS], ids=["score", "class"])
def test_a_page_is_whole_html_and_loads_nothing(target: Target) -> None:
    html = report(finished(target, attention=b"\x89PNG"))
    tree = Tree(html)
    ids = tree.every("id")
    assert len(ids) == len(set(ids))
    assert not [tag for tag, _ in tree.found if tag in ("script", "iframe", "object", "base")]
    addresses = tree.every("href") + tree.every("src")
    assert not [one for one in addresses if not one.startswith(("#", "data:"))]
    assert {one[1:] for one in addresses if one.startswith("#")} <= set(ids)
    assert not re.search(r"https?:|@import|url\((?!#)| on\w+=", html)
    policy = next(attrs for _, attrs in tree.found if "http-equiv" in attrs)["content"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_every_figure_has_its_data_beside_it() -> None:
    html = page()
    figures_of = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(figures_of) == 8
    for figure in figures_of:
        assert "<table>" in figure.partition("<details>")[2]
        (rows,) = saved(figure).values()
        assert rows


def test_the_scatter_is_the_mean_of_the_draws() -> None:
    run = finished()
    of_cases = run.table.groupby("case")[["y", "y_hat", "y_hat_low", "y_hat_high"]].mean()
    spread = run.table.groupby("case")["y_hat"].std()
    rows = saved(page())["scatter.csv"]
    assert [row["case"] for row in rows] == list(of_cases.index)
    for row in rows:
        expected = [*of_cases.loc[row["case"]], spread[row["case"]]]
        names = ("label", "predicted", "interval low", "interval high", "sd over draws")
        assert [float(row[name]) for name in names] == pytest.approx(expected)


def test_bland_and_altman_have_bias_and_limits_of_the_mean_predictions() -> None:
    run = finished()
    of_cases = run.table.groupby("case")[["y", "y_hat"]].mean()
    apart = of_cases["y_hat"] - of_cases["y"]
    html = page()
    ends = [f"{apart.mean() + way * 1.96 * apart.std():.2f}" for way in (-1, 1)]
    assert f"mean difference {apart.mean():.2f}; dashed: limits of agreement" in html
    assert f"{ends[0]} and {ends[1]}" in html


def test_figures_are_those_of_the_metrics() -> None:
    run = finished()
    html = page()
    data, metrics = saved(html), run.metrics
    for row, name in zip(data["results.csv"], NAMES, strict=True):
        model, constant = metrics["model"], metrics["constant"]
        assert row["metric"] == NAMES[name]
        assert float(row["model"]) == model["mean"][name]
        assert float(row["model low"]) == model["low"][name]
        assert float(row["sd over draws"]) == model["sd"][name]
        assert row["constant"] == str(constant["mean"].get(name, ""))
    (probe, _) = data["probes.csv"][1:]
    assert float(probe["CCC"]) == metrics["probes"]["duration"]["mean"]["ccc"]
    assert float(probe["model - probe"]) == metrics["probes"]["duration"]["difference"]["value"]
    assert "no interviewer" in html
    rows = {row["gender"]: row for row in data["by-gender.csv"]}
    for value, one in metrics["groups"]["gender"].items():
        assert float(rows["RMSE"][f"{value} high"]) == one["high"]["rmse"]
        assert float(rows["conformal coverage"][value]) == one["coverage"]["value"]
        assert float(rows["participants"][value]) == 12
    (lead,) = re.findall(r'<p class="lead">(.*?)</p>', html)
    mean, low, high = (metrics["model"][part]["ccc"] for part in ("mean", "low", "high"))
    assert f"CCC is {mean:.3f} [{low:.3f}, {high:.3f}]" in lead


def test_folds_and_worst_cases_follow_the_predictions() -> None:
    run = finished()
    data = saved(page())
    for row in data["folds.csv"]:
        mine = run.table[run.table["fold"] == int(row["fold"])]
        rmse = [np.sqrt(((of["y_hat"] - of["y"]) ** 2).mean()) for _, of in mine.groupby("seed")]
        assert float(row["RMSE"]) == pytest.approx(np.mean(rmse))
        assert (row["cases"], row["epochs of its seeds"]) == ("8", "3, 3")
    of_cases = run.table.groupby("case")[["y", "y_hat"]].mean()
    order = (of_cases["y_hat"] - of_cases["y"]).abs().sort_values(ascending=False).index
    assert [row["case"] for row in data["worst-cases.csv"]] == list(order[:15])


def test_what_was_made_from_what_is_there() -> None:
    html = page()
    for fact in ("4321", "session-x", "session-y", "AU45_r", "9.8.7", "6.5.4", "BSD-3-Clause"):
        assert fact in html
    for key in "kdhf":
        assert key * 64 in html
    assert '<tr class="strong"><th scope="row">epochs</th>' in html
    assert html.count("not a diagnostic device") == 2


def test_names_of_cases_are_text() -> None:
    html = report(finished(first=EVIL))
    assert "<script" not in html
    Tree(html)
    assert EVIL in {row["case"] for row in saved(html)["scatter.csv"]}


def alarms(run: Finished) -> list[str]:
    return re.findall(r'<p class="alarm">(.*?)</p>', report(run))


def told_from_chance(run: Finished) -> Finished:
    model = run.metrics["model"]
    low = {**model["low"], run.primary: 0.3}
    return replace(run, metrics={**run.metrics, "model": {**model, "low": low}})


def test_nothing_is_red_where_nothing_speaks_against_the_run() -> None:
    assert alarms(told_from_chance(finished())) == []
    (line,) = alarms(finished())
    assert "not told from chance" in line


def test_what_speaks_against_the_run_is_red() -> None:
    run = told_from_chance(finished())
    near = {"duration": probed(np.random.default_rng(1), near=True)}
    by_chance = {"ccc": {"value": 0.1, "p": 0.4321, "permutations": 1000}}
    about = dict(run.about) | {"licences": {"CLNF": "academic, non-commercial licence"}}
    metrics = {**run.metrics, "probes": near, "chance": by_chance}
    metrics["counts"] = {**run.metrics["counts"], "test_scored": 7}
    said_of = alarms(replace(run, metrics=metrics, about=about))
    for line, words in zip(
        said_of, ("duration and words", "p = 0.432", "training number 7", "CLNF"), strict=True
    ):
        assert words in line
    without = {name: one for name, one in run.metrics.items() if name != "probes"}
    (line,) = alarms(replace(run, metrics=without))
    assert "No probes" in line


def test_sections_of_what_is_not_stored_are_left_out() -> None:
    run = finished(attention=b"")
    some = {name: run.metrics[name] for name in ("target", "kind", "primary", "positive_rule")}
    some["label_rule"] = run.metrics["label_rule"]
    some |= {name: run.metrics[name] for name in ("counts", "model", "constant")}
    table = run.table.assign(positive=None).drop(columns=["y_hat_low", "y_hat_high"])
    html = report(replace(run, metrics={**some, "drop_modality": {}}, table=table))
    titles = re.findall(r"<h2>(.*?)</h2>", html)
    always = ["Results", "Probes", "Agreement", "Training", "Folds", "Worst cases"]
    assert titles == [*always, "Data", "Settings", "Provenance"]


def test_one_draw_has_no_spread() -> None:
    run = finished()
    html = report(
        replace(run, table=run.table[run.table["seed"] == 0], records=run.records[:FOLDS])
    )
    assert {row["sd over draws"] for row in saved(html)["scatter.csv"]} == {""}
    assert "each draw" not in html


def test_a_run_has_its_report_the_same_each_time(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(corpus(9))
    for name in ("one", "two"):
        train(
            [data],
            tmp_path / name,
            TrainSettings(model=tiny(epochs=1), folds=2),
            report=lambda _: None,
            tell=lambda _: None,
        )
    html, other = ((tmp_path / name / "report.html").read_text() for name in ("one", "two"))
    assert html == other
    document = json.loads((tmp_path / "one/run.json").read_text())
    assert "report.html" in document["files"]
    assert report(read_run(tmp_path / "one", document)) == html
    for name, file in document["files"].items():
        assert (file["sha256"] in html) == (name != "report.html")
    Tree(html)


@pytest.mark.parametrize(
    ("target", "width_px", "dark"),
    [(SCORE, 390, False), (SCORE, 1200, False), (SCORE, 390, True), (CLASS, 390, False)],
)
def test_a_browser_has_nothing_to_fetch_to_say_or_to_scroll_sideways(
    browser: Any, tmp_path: Path, target: Target, width_px: int, dark: bool
) -> None:
    path = tmp_path / "report.html"
    path.write_text(report(finished(target, first=EVIL * 4)), encoding="utf-8")
    seen = browser.look(path, width_px=width_px, dark=dark)
    assert seen.requests == []
    assert seen.console == []
    assert seen.width_px <= width_px
    grey = np.asarray(Image.open(io.BytesIO(seen.png)).convert("L"))
    assert np.ptp(grey) > 100  # there is something to see
    assert (np.median(grey) < 60) == dark
