"""Which rows and modalities of a training set reach a model: none that is masked, what is there."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from depx.align.dataset import Dataset, Target
from depx.errors import TrainingError
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.plan import plan
from depx.train.protocol import Protocol
from depx.train.run import TrainSettings, train
from depx.train.words import read_words

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")

Lines = list[str]


def fit(data: Path, place: Path, model: CmgVs) -> Lines:
    lines: Lines = []
    settings = TrainSettings(probes=False, model=model, folds=2, device="cpu")
    train([data], place, settings, report=lines.append, tell=lambda _: None)
    return lines


def test_a_masked_row_moves_nothing_that_is_trained(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    whole = corpus(8)
    plain, mixed = dataset(whole), dataset(whole, name="mixed", masked_rows=3)
    parts = tiny().modalities(("bert", "egemaps", "face"))
    read = [read_words(Dataset.open(data), SCORE, parts) for data in (plain, mixed)]
    np.testing.assert_array_equal(read[0].offsets_S1, read[1].offsets_S1)
    for part in parts:
        np.testing.assert_array_equal(read[0].vectors[part], read[1].vectors[part])
    for data in (plain, mixed):
        fit(data, tmp_path / f"run-{data.name}", tiny(epochs=2))
    tables = [
        pq.read_table(tmp_path / f"run-{data.name}" / "predictions.parquet").to_pydict()
        for data in (plain, mixed)
    ]
    assert tables[0]["y_hat"] == tables[1]["y_hat"]


@pytest.mark.parametrize(
    ("lacking", "condition", "left"),
    [("text", "a", "acoustic"), ("acoustic", "t", "text")],
)
@pytest.mark.parametrize("how", ["no column", "never measured"])
def test_without_text_or_sound_faces_are_synthesised_from_the_other_alone(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
    lacking: str,
    condition: str,
    left: str,
    how: str,
) -> None:
    whole = corpus(8)
    if how == "no column":
        data = dataset(whole, parts={"text", "acoustic", "vision"} - {lacking})
    else:
        blank = np.full_like(whole.vectors[lacking], np.nan)
        data = dataset(replace(whole, vectors={**whole.vectors, lacking: blank}))
    lines = fit(data, tmp_path / "run", tiny(epochs=2))
    said = [line for line in lines if f"(condition={condition})" in line]
    assert len(said) == 1
    assert f"from {left}" in said[0]
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    assert document["config"]["condition"] == condition
    assert set(document["modalities"]) == {left, "vision"}


def test_what_was_asked_for_by_name_is_never_replaced(
    corpus: Callable[..., Corpus], dataset: Callable[..., Path], tiny: Callable[..., CmgVs]
) -> None:
    data = Dataset.open(dataset(corpus(8), parts={"acoustic", "vision"}))
    for model in (tiny(condition="t"), tiny(text="bert_large")):
        with pytest.raises(TrainingError, match="text"):
            plan(data, model, protocol=Protocol(folds=2), seeds=1, device="cpu", report=print)
    assert tiny(synth="none").suited(("egemaps", "face")) == (tiny(synth="none"), None)
