"""What a run says of its fits beside the predictions: curves, and each modality's worth."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.run import TrainSettings, TrainSummary, train


def run(dataset: Path, place: Path, model: CmgVs, **options: Any) -> TrainSummary:
    settings = TrainSettings(probes=False, model=model, folds=3, **options)
    return train([dataset], place, settings, report=lambda _: None, tell=lambda _: None)


def test_what_is_said_without_a_modality_stands_beside_the_prediction(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    place = tmp_path / "run"
    metrics = run(dataset(corpus(9)), place, tiny(), seeds=2).metrics
    table = pq.read_table(place / "predictions.parquet").to_pandas()
    assert list(metrics["drop_modality"]) == ["acoustic", "text", "vision"]
    for part, of_part in metrics["drop_modality"].items():
        said = table[f"y_hat_without_{part}"]
        assert (said - table["y_hat"]).abs().max() > 0
        squares = (table["y"] - said) ** 2
        rmse = np.sqrt(squares.groupby(table["seed"]).mean())
        assert of_part["mean"]["rmse"] == pytest.approx(rmse.mean())
        assert f"| {part} | " in (place / "MODEL_CARD.md").read_text()


def test_the_curves_of_all_fits_are_one_table(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    place = tmp_path / "run"
    run(dataset(corpus(9)), place, tiny(synth="two-stage"))
    curves = pd.read_csv(place / "curves.csv", float_precision="round_trip")
    assert curves.groupby(["seed", "fold", "stage"]).size().tolist() == [3] * 6
    assert curves["elbo"].notna().equals(curves["stage"] == "elbo")
    record = json.loads((place / "fold1-seed0.json").read_text())
    of_fold = curves[(curves["fold"] == 1) & (curves["stage"] == "task")]
    assert of_fold["task"].tolist() == [r["task"] for r in record["curve"] if r["stage"] == "task"]
