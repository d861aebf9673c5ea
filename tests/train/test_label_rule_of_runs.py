"""A run says who was positive by which rule, and judges predictions by the score's cut-off."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.align.dataset import Dataset, Target
from depx.errors import TrainingError, UsageError
from depx.extract.store.atomic import read_sealed, write_sealed
from depx.train.cases import Corpus
from depx.train.cli import settings_of
from depx.train.cmgvs.config import CmgVs
from depx.train.inputs import Wanted, prepare
from depx.train.run import TrainSettings, train
from depx.train.words import read_words

RULE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
RELEASED = replace(RULE, released="demo_class", positive_by="released")


def released_of(corpus: Corpus) -> list[float]:
    """A class that is not the rule: positive from 14, unknown of the first."""
    return [np.nan, *(float(y >= 14) for y in corpus.y_S[1:])]


def fit(data: Path, place: Path, model: CmgVs) -> tuple[dict[str, Any], pd.DataFrame, str]:
    settings = TrainSettings(probes=False, model=model, folds=2, device="cpu")
    done = train([data], place, settings, report=lambda _: None, tell=lambda _: None)
    predictions = pd.read_parquet(place / "predictions.parquet")
    return done.metrics, predictions, (place / "MODEL_CARD.md").read_text()


def test_detection_is_of_the_released_class_and_leaves_the_unknown_out(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    made = corpus(12)
    data = dataset(made, RELEASED, more={"demo_class": released_of(made)})
    metrics, rows, card = fit(data, tmp_path / "run", tiny(epochs=4, lr=1e-2))
    truth = dict(zip(made.cases, released_of(made), strict=True))
    known = rows[rows.case.map(truth).notna()]
    assert rows[rows.case.map(truth).isna()].positive.isna().all()
    positive = known.case.map(truth) == 1
    assert known.positive.astype(bool).tolist() == positive.tolist()
    called = known.y_hat >= 10
    hits = int((positive & called).sum())
    mean = metrics["model"]["mean"]
    assert mean["recall_positive"] == pytest.approx(hits / positive.sum())
    assert mean["f1_positive"] == pytest.approx(2 * hits / (positive.sum() + called.sum()))
    assert metrics["label_rule"] == "released (demo_class)"
    assert metrics["positive_rule"] == ">=10"
    assert metrics["counts"]["positives"] == int(positive.sum())
    assert metrics["counts"]["positives_unknown"] == 1
    assert "positive: released (demo_class), a prediction: >=10" in card


def test_by_the_rule_nothing_of_the_released_class_counts(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    made = corpus(8)
    target = replace(RULE, released="demo_class")
    data = dataset(made, target, more={"demo_class": released_of(made)})
    document = read_sealed(data / "dataset.json")
    document["label_rule"] = {
        "positive": "demo_score>=10", "released": "demo_class", "compared": 7, "differ": 2,
    }  # fmt: skip
    write_sealed(data / "dataset.json", document)
    metrics, rows, card = fit(data, tmp_path / "run", tiny(epochs=1))
    assert rows.positive.tolist() == (rows.y >= 10).tolist()
    assert metrics["label_rule"] == "demo_score>=10"
    assert "positives_unknown" not in metrics["counts"]
    assert "`demo_class` as released differs from the cut-off in 2 of 7 sessions" in card


def test_a_case_with_two_released_classes_is_refused(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path]
) -> None:
    made = corpus(4, sessions_a_case=2)
    data = dataset(made, RELEASED, more={"demo_class": [0.0, 1.0] * 4})
    with pytest.raises(TrainingError, match="its sessions differ in demo_class"):
        read_words(Dataset.open(data), RELEASED, {"text": "bert"})


@pytest.mark.parametrize("option", ["label_rule", "splits"])
def test_a_training_set_has_its_rule_and_splits(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], tmp_path: Path, option: str
) -> None:
    options: dict[str, Any] = {option: "released"}
    wanted = Wanted(**options)
    name = option.replace("_", "-")
    with pytest.raises(UsageError, match=f"is a training set, --{name} is read by depx align"):
        prepare([dataset(corpus(4))], tmp_path / "run", wanted, report=print, tell=lambda _: None)


def test_the_command_hands_both_options_on() -> None:
    settings = settings_of("cmg-vs", label_rule="released", splits="e-daic")
    assert (settings.wanted.label_rule, settings.wanted.splits) == ("released", "e-daic")
