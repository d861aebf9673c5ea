"""``MODEL_CARD.md``: the headings of Model Cards, a head that can be read, figures of the run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from depx.train.run import TrainSettings, train

HEADINGS = (
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Training and evaluation data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
    "Licences of what shaped the features",
)


def test_the_card_of_a_run_has_the_headings_of_model_cards_and_its_own_figures(
    corpus: Callable[..., Any],
    dataset: Callable[..., Path],
    tiny: Callable[..., Any],
    tmp_path: Path,
) -> None:
    settings = TrainSettings(probes=False, model=tiny(), folds=3)
    train([dataset(corpus(9))], tmp_path / "run", settings, report=print, tell=lambda _: None)
    text = (tmp_path / "run" / "MODEL_CARD.md").read_text()
    _, head, card = text.split("---\n", 2)
    said = [line.removeprefix("## ") for line in card.splitlines() if line.startswith("## ")]
    assert tuple(said) == HEADINGS
    about = yaml.safe_load(head)
    assert about["pipeline_tag"] == "tabular-regression"
    assert about["license"] == "other"
    marker = json.loads((tmp_path / "run" / "run.json").read_text())
    assert marker["key"] in card
    assert marker["dataset"] in card
    assert "9 cases of 9 participants" in card
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(about["metrics"]) == set(metrics["model"]["mean"])
    for group in metrics["groups"]:
        assert f"`{group}`" in card.split("## Factors")[1].split("## Metrics")[0]
