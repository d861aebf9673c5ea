"""What describes a word: means, and on request spreads and the share that was measured."""

# N = words of all sessions, S = sessions, C = columns

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from depx.align.dataset import Dataset, Target
from depx.errors import TrainingError
from depx.features.types import F32
from depx.train.cases import Corpus
from depx.train.cmgvs.config import CmgVs
from depx.train.folds import deal
from depx.train.parts import prepare_fold
from depx.train.run import TrainSettings, train
from depx.train.unit import Unit
from depx.train.words import read_words

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
PARTS = {"text": "bert", "acoustic": "egemaps", "vision": "face"}
FACE = ("AU12_r", "pose_Tx", "gaze_0_x", "AU45_c")


@pytest.fixture
def filmed(corpus: Callable[..., Corpus]) -> Corpus:
    """Ten participants under OpenFace's names: the third has no video, some words no face."""
    whole = corpus(10)
    rng = np.random.default_rng(1)
    vision_NC = whole.vectors["vision"].copy()
    vision_NC[rng.random(vision_NC.shape) < 0.3] = np.nan
    vision_NC[::5] = np.nan
    vision_NC[whole.offsets_S1[2] : whole.offsets_S1[3]] = np.nan
    return replace(
        whole,
        vectors={**whole.vectors, "vision": vision_NC},
        names={**whole.names, "vision": FACE},
    )


def spreads_of(corpus: Corpus) -> dict[str, F32]:
    rng = np.random.default_rng(2)
    return {
        part: (rng.random(corpus.vectors[part].shape) + 0 * corpus.vectors[part]).astype("f4")
        for part in ("acoustic", "vision")
    }


def run(data: Path, place: Path, model: CmgVs) -> None:
    settings = TrainSettings(probes=False, model=model, folds=2, device="cpu")
    train([data], place, settings, report=print, tell=lambda _: None)


@pytest.mark.parametrize("inputs", ["mean", "mean+std", "mean+valid", "mean+std+valid"])
def test_columns_are_those_of_the_words_side_by_side(
    filmed: Corpus, dataset: Callable[..., Path], inputs: str
) -> None:
    spreads = spreads_of(filmed)
    data = Dataset.open(dataset(filmed, masked_rows=2, spreads=spreads))
    found = read_words(data, SCORE, PARTS, inputs=inputs.split("+"))
    for part in PARTS:
        expected = []
        for n, mean_C in enumerate(filmed.vectors[part]):
            row = [float(value) for value in mean_C]
            if "std" in inputs and part != "text":
                row += [float(value) for value in spreads[part][n]]
            if "valid" in inputs:
                measured = sum(np.isfinite(value) for value in mean_C)
                row.append(measured / mean_C.size if measured else np.nan)
            expected.append(row)
        np.testing.assert_array_equal(found.vectors[part], np.array(expected, dtype=np.float32))
        assert found.vectors[part].dtype == np.float32
    names: Mapping[str, list[str]] = {part: list(filmed.names[part]) for part in PARTS}
    if "std" in inputs:
        names["acoustic"].extend(f"acoustic{c}_std" for c in range(5))
        names["vision"].extend(["AU12_r_std", "pose_Tx_std", "gaze_0_x_std", "AU45_c_std"])
    if "valid" in inputs:
        for of_part in names.values():
            of_part.append("valid")
    assert {part: list(of_part) for part, of_part in found.names.items()} == names


def test_a_modality_that_was_pooled_without_its_spread_is_a_line_before_the_first_fit(
    filmed: Corpus, dataset: Callable[..., Path], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    data = dataset(filmed, spreads={"acoustic": spreads_of(filmed)["acoustic"]})
    with pytest.raises(TrainingError) as caught:
        run(data, tmp_path / "run", tiny(inputs="mean+std+valid"))
    assert str(caught.value) == (
        f"{data}: inputs=mean+std+valid: no spread of face, expected the vector columns "
        "face_std; align again with depx align --pool mean,std, or leave std out"
    )
    assert not (tmp_path / "run").exists()


def test_a_spread_of_embeddings_alone_is_refused_and_beside_samples_left_out(
    filmed: Corpus, dataset: Callable[..., Path], tiny: Callable[..., CmgVs]
) -> None:
    data = Dataset.open(dataset(filmed, spreads=spreads_of(filmed)))
    with pytest.raises(TrainingError, match="no samples lie under a word in bert, so"):
        read_words(data, SCORE, {"text": "bert"}, inputs=("mean", "std"))
    found = read_words(data, SCORE, {"text": "bert", "vision": "face"}, inputs=("mean", "std"))
    assert {part: value.shape[1] for part, value in found.vectors.items()} == {
        "text": 6,
        "vision": 8,
    }


def test_by_default_spreads_that_are_there_change_no_byte(
    filmed: Corpus, dataset: Callable[..., Path], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    plain, rich = dataset(filmed), dataset(filmed, name="rich", spreads=spreads_of(filmed))
    model = tiny(epochs=2, dropout=0.1)
    for data, place in ((plain, "one"), (rich, "two")):
        run(data, tmp_path / place, model)
    names = sorted(path.name for path in (tmp_path / "one").glob("*.safetensors"))
    assert len(names) == 2
    for name in (*names, "predictions.parquet", "synthesis.csv", "curves.csv"):
        one, two = ((tmp_path / place / name).read_bytes() for place in ("one", "two"))
        assert one == two, name


def test_a_run_reads_spreads_and_shares_and_names_them(
    filmed: Corpus, dataset: Callable[..., Path], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    vision_NC = filmed.vectors["vision"].copy()
    vision_NC[:, 1] = np.nan  # pose_Tx was never measured
    part = replace(filmed, vectors={**filmed.vectors, "vision": vision_NC})
    place = tmp_path / "run"
    run(
        dataset(part, spreads=spreads_of(part)),
        place,
        tiny(epochs=2, inputs="mean+std+valid", synth_columns="au"),
    )
    document = json.loads((place / "run.json").read_text())
    assert document["config"]["inputs"] == "mean+std+valid"
    left_out = {"vision": ["pose_Tx", "pose_Tx_std"]}
    assert document["columns_left_out"] == {"fold0-seed0": left_out, "fold1-seed0": left_out}
    kept = ["AU12_r", "gaze_0_x", "AU45_c", "AU12_r_std", "gaze_0_x_std", "AU45_c_std", "valid"]
    model = place / "model-fold0-seed0.safetensors"
    with safe_open(model, "np") as file:
        columns = json.loads(file.metadata()["depx"])["columns"]
    assert columns["vision"] == kept
    assert columns["text"] == [*(f"text{c}" for c in range(6)), "valid"]
    assert load_file(model)["synthesiser.to_vision.1.weight"].shape[0] == len(kept)
    with (place / "synthesis.csv").open() as lines:
        judged = {row["column"] for row in csv.DictReader(lines)}
    assert judged == {*kept, "all"} - {"valid"}  # the share measured is nothing of a face


def test_a_session_without_video_has_no_measured_vision(
    filmed: Corpus, dataset: Callable[..., Path], tiny: Callable[..., CmgVs]
) -> None:
    model = tiny(inputs="mean+std+valid")
    data = Dataset.open(dataset(filmed, spreads=spreads_of(filmed)))
    read = read_words(data, SCORE, PARTS, inputs=model.inputs.split("+"))
    blind = filmed.participants[2]
    fold = next(n for n, test in enumerate(deal(read.scores(), 2, 0)) if blind in test)
    unit = Unit(fold=fold, seed=0, test=deal(read.scores(), 2, 0)[fold], device="cpu", key="k")
    prepared = prepare_fold(read, unit, model, SCORE)
    for s, session in enumerate(read.of(unit.test)):
        of_session = slice(*prepared.test.offsets_S1[s : s + 2])
        seen = np.isfinite(prepared.test.vectors["vision"][of_session]).any()
        assert seen == (read.participants[session] != blind)
    share_N = prepared.training.vectors["text"][:, -1]  # every word was measured whole
    assert set(share_N.tolist()) == {0.0}
