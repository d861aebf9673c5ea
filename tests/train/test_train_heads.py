"""Runs with heads beside the score: what they predict, how that is judged, what is refused."""

# K = cases

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file
from sklearn.metrics import roc_auc_score

from depx.align.dataset import Dataset, Target
from depx.errors import TrainingError
from depx.extract.labels.daic_woz import ITEMS as PHQ8
from depx.train.cases import Corpus
from depx.train.checkpoint import Keeper
from depx.train.cmgvs.config import CmgVs
from depx.train.folds import deal
from depx.train.metrics import concordance
from depx.train.parts import prepare_fold
from depx.train.run import TrainSettings, train
from depx.train.unit import Unit
from depx.train.unit_run import run_unit
from depx.train.words import read_words

PHQ8_SCORE = Target(name="phq8", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="phq8_binary", kind="class", min=0.0, max=1.0, positive_rule="==1")
HEADS = {"class_weight": 0.1, "item_weight": 0.1}

Made = tuple[Corpus, dict[str, Any], pd.DataFrame, Path]


def fit(data: Path, place: Path, model: CmgVs, **options: Any) -> dict[str, Any]:
    settings = TrainSettings(probes=False, model=model, folds=2, device="cpu", **options)
    return train([data], place, settings, report=lambda _: None, tell=lambda _: None).metrics


def one(corpus: Corpus, model: CmgVs, place: Path, target: Target = PHQ8_SCORE) -> dict[str, Any]:
    """Do the first fit of four folds."""
    place.mkdir(exist_ok=True)
    test = deal(corpus.scores(), 4, 0)[1]
    unit = Unit(fold=1, seed=0, test=test, device="cpu", key="k")
    return run_unit(corpus, unit, model, target, place, tell=print, checkpoint_s=0.0)


def tensors(place: Path) -> dict[str, np.ndarray]:
    return load_file(place / "model-fold1-seed0.safetensors")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("heads")


@pytest.fixture
def made(
    corpus: Callable[..., Corpus],
    answered: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    places: Path,
) -> Made:
    """Make one run of two seeds with both heads, for all tests of its files."""
    whole = answered(corpus(10, words=(4, 7), target=PHQ8_SCORE))
    place = places / "run"
    if not place.exists():
        data = dataset(whole, PHQ8_SCORE)
        fit(data, place, tiny(lr=1e-2, epochs=2, **HEADS), seeds=2)
    metrics = json.loads((place / "metrics.json").read_text())
    return whole, metrics, pd.read_parquet(place / "predictions.parquet"), place


def test_a_class_head_predicts_a_probability_and_is_judged_beside_the_score(made: Made) -> None:
    _, metrics, rows, _ = made
    assert rows.p.between(0.0, 1.0).all()
    assert metrics["kind"] == "score"
    for name in ("mean", "sd"):
        assert set(metrics["class_head"][name]) == {
            *("f1_positive", "precision_positive", "recall_positive", "specificity", "f1_macro"),
            *("balanced_accuracy", "mcc", "auroc", "auprc_positive"),
        }
    for seed, found in enumerate(metrics["class_head"]["seeds"]):
        mine = rows[rows.seed == seed]
        positive, called = mine.positive.astype(bool), mine.p >= 0.5
        hits, calls = int((positive & called).sum()), int(called.sum())
        assert found["recall_positive"] == pytest.approx(hits / positive.sum())
        assert found["precision_positive"] == (hits / calls if calls else None)
        assert found["auroc"] == pytest.approx(roc_auc_score(positive, mine.p))
    of_score = [
        (mine.y_hat >= 10)[mine.positive.astype(bool)].mean()
        for mine in (rows[rows.seed == seed] for seed in (0, 1))
    ]
    assert metrics["model"]["mean"]["recall_positive"] == pytest.approx(np.mean(of_score))


def test_items_have_a_column_each_and_their_sum_one(made: Made) -> None:
    whole, metrics, rows, _ = made
    assert whole.answer_SI is not None
    truth = pd.DataFrame(whole.answer_SI, columns=list(PHQ8), index=list(whole.cases))
    for name in PHQ8:
        assert rows[f"item_{name}"].between(0.0, 3.0).all()
        expected = truth.loc[rows.case, name].to_numpy()
        np.testing.assert_array_equal(rows[f"answer_{name}"].to_numpy(np.float64), expected)
    total = rows[[f"item_{name}" for name in PHQ8]].sum(axis=1)
    np.testing.assert_allclose(rows.y_hat_items, total)

    for name in PHQ8:
        found = metrics["items"]["each"][name]
        assert found["answered"] == truth[name].notna().sum()
        known = rows[rows[f"answer_{name}"].notna()].astype({f"answer_{name}": float})
        runs = [known[known.seed == seed] for seed in (0, 1)]
        mae = [(run[f"item_{name}"] - run[f"answer_{name}"]).abs().mean() for run in runs]
        ccc = [
            concordance(run[f"answer_{name}"].to_numpy(), run[f"item_{name}"].to_numpy())
            for run in runs
        ]
        assert found["mean"] == pytest.approx({"mae": np.mean(mae), "ccc": np.mean(ccc)})
    complete = rows[rows[[f"answer_{name}" for name in PHQ8]].notna().all(axis=1)]
    assert 0 < len(complete) < len(rows)
    apart = complete.y_hat_items - truth.loc[complete.case].sum(axis=1).to_numpy()
    assert metrics["items"]["sum"]["mean"]["mae"] == pytest.approx(apart.abs().mean())


def test_each_column_says_what_it_is_and_the_card_tells_of_the_heads(made: Made) -> None:
    _, metrics, _, place = made
    schema = pq.read_schema(place / "predictions.parquet")
    about = {field.name: field.metadata[b"about"].decode() for field in schema}
    assert about["item_phq8_sleep"] == "expected answer to phq8_sleep"
    assert about["answer_phq8_sleep"] == "answer to phq8_sleep; null: unknown"
    assert "by the head beside the score" in about["p"]
    assert "sum of the expected answers" in about["y_hat_items"]
    assert {"class_head", "items"} <= set(metrics["definitions"])
    card = (place / "MODEL_CARD.md").read_text()
    assert "| class head, positive from p 0.5 on | mean | 95 % interval | sd |" in card
    assert "| phq8_moving |" in card
    assert "| their sum |" in card
    document = json.loads((place / "run.json").read_text())
    assert document["items"] == {"names": list(PHQ8), "low": 0, "high": 3, "whole": True}


def test_a_model_names_its_items_and_the_tensors_of_its_heads(made: Made) -> None:
    path = made[3] / "model-fold0-seed0.safetensors"
    with safe_open(path, "np") as file:
        about = json.loads(file.metadata()["depx"])
        assert about["items"]["names"] == list(PHQ8)
        shapes = {name: file.get_tensor(name).shape for name in file.keys()}  # noqa: SIM118
    assert shapes["recogniser.heads.positive.weight"] == (1, 16)
    assert shapes["recogniser.heads.items.direction.weight"] == (8, 16)
    assert shapes["recogniser.heads.items.gap_IT"] == (8, 2)


@pytest.mark.parametrize(
    "arm",
    [
        {"optimise": "joint"},
        {"synth": "two-stage"},
        {"synth": "none"},
        {"synth": "noise"},
        {"synth": "shuffled", "validation": 0.0},
    ],
)
def test_every_arm_fits_the_heads(
    corpus: Callable[..., Corpus],
    answered: Callable[..., Corpus],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
    arm: dict[str, Any],
) -> None:
    whole = answered(corpus(8, words=(4, 7)))
    early, late = tmp_path / "early", tmp_path / "late"
    for place, epochs in ((early, 1), (late, 2)):
        settings = tiny(lr=1e-2, **{"epochs": epochs, "validation": 0.0, **HEADS, **arm})
        record = one(whole, settings, place)
    assert all(np.isfinite(row["answers_hat"]).all() for row in record["predictions"])
    for name, tensor in tensors(late).items():
        if ".heads." in name:
            assert not np.array_equal(tensor, tensors(early)[name]), name


def test_items_and_class_that_are_not_learnt_change_no_byte(
    corpus: Callable[..., Corpus],
    answered: Callable[..., Corpus],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    plain = corpus(8, words=(4, 7))
    unruled = replace(PHQ8_SCORE, positive_rule="")
    one(plain, tiny(epochs=2), tmp_path / "plain", unruled)
    one(answered(plain), tiny(epochs=2), tmp_path / "labelled")
    found = tensors(tmp_path / "plain")
    assert found.keys() == tensors(tmp_path / "labelled").keys()
    for name, tensor in tensors(tmp_path / "labelled").items():
        assert tensor.tobytes() == found[name].tobytes(), name


def test_nothing_that_a_test_participant_answered_shapes_what_is_trained(
    corpus: Callable[..., Corpus],
    answered: Callable[..., Corpus],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    whole = answered(corpus(8, words=(4, 7)))
    assert whole.answer_SI is not None
    test = deal(whole.scores(), 4, 0)[1]
    tested_S = np.isin(np.array(whole.participants), test)
    other = replace(
        whole,
        answer_SI=np.where(tested_S[:, None], 3.0 - whole.answer_SI, whole.answer_SI),
        positive_S=np.where(tested_S, 1.0, whole.truth(PHQ8_SCORE)),
    )
    model = tiny(epochs=2, **HEADS)
    records = [one(data, model, tmp_path / n) for n, data in (("a", whole), ("b", other))]
    bytes_of = [(tmp_path / n / "model-fold1-seed0.safetensors").read_bytes() for n in "ab"]
    assert bytes_of[0] == bytes_of[1]
    assert records[0]["curve"] == records[1]["curve"]
    assert records[0]["predictions"] != records[1]["predictions"]
    unit = Unit(fold=1, seed=0, test=test, device="cpu", key="k")
    hidden = prepare_fold(whole, unit, model, PHQ8_SCORE).test
    assert hidden.positive_S is not None
    assert hidden.level_SI is not None
    assert np.isnan(hidden.positive_S).all()
    assert np.isnan(hidden.level_SI).all()


def test_a_fit_with_heads_that_was_killed_ends_with_the_same_bytes(
    corpus: Callable[..., Corpus],
    answered: Callable[..., Corpus],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    whole = answered(corpus(8, words=(4, 7)))
    model = tiny(epochs=3, dropout=0.1, **HEADS)
    one(whole, model, tmp_path / "straight")
    keep = Keeper.keep

    def keep_and_die(keeper: Keeper, going: Any) -> None:
        keep(keeper, going)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "keep", keep_and_die)
        with pytest.raises(Killed):
            one(whole, model, tmp_path / "killed")
    one(whole, model, tmp_path / "killed")
    for name in ("fold1-seed0.json", "model-fold1-seed0.safetensors"):
        straight, killed = (tmp_path / n / name for n in ("straight", "killed"))
        assert straight.read_bytes() == killed.read_bytes()


def test_expected_answers_of_a_scale_from_one_are_on_it_and_a_part_has_no_sum(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    whole = corpus(8, words=(4, 7), sessions_a_case=2)
    mood = [float(1 + y // 6) for y in whole.y_S]
    data = dataset(whole, PHQ8_SCORE, more={"mood": mood})
    metrics = fit(data, tmp_path / "run", tiny(epochs=1, item_weight=0.1, items="mood"))
    rows = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    assert rows.item_mood.between(min(mood), max(mood)).all()
    assert len(rows) == 8
    assert "y_hat_items" not in rows
    assert metrics["items"]["sum"] is None
    assert rows.p.isna().all()
    assert "class_head" not in metrics


def test_items_may_stand_beside_a_class(
    corpus: Callable[..., Corpus],
    answered: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
) -> None:
    data = dataset(answered(corpus(16, words=(4, 7), target=CLASS)), CLASS)
    metrics = fit(data, tmp_path / "run", tiny(epochs=1, item_weight=0.1))
    rows = pd.read_parquet(tmp_path / "run" / "predictions.parquet")
    assert (rows.p == rows.y_hat).all()
    assert set(metrics["items"]["each"]) == set(PHQ8)


@pytest.mark.parametrize(
    ("target", "settings", "message"),
    [
        (CLASS, {"class_weight": 0.1},
         "class_weight=0.1: the target phq8_binary is itself a class, expected a score.*leave"),
        (replace(PHQ8_SCORE, positive_rule=""), {"class_weight": 0.1},
         "class_weight=0.1: the target phq8 has no label rule, expected one.*--label-rule"),
        (PHQ8_SCORE, {"item_weight": 0.1}, "has an answer to an item of phq8.*--set items="),
        (PHQ8_SCORE, {"item_weight": 0.1, "items": "mood"}, "has no column 'mood', got session"),
    ],
)  # fmt: skip
def test_heads_that_have_nothing_to_learn_are_refused_before_the_first_fit(
    corpus: Callable[..., Corpus],
    dataset: Callable[..., Path],
    tiny: Callable[..., CmgVs],
    tmp_path: Path,
    target: Target,
    settings: dict[str, Any],
    message: str,
) -> None:
    data = dataset(corpus(8, words=(4, 7), target=target), target)
    with pytest.raises(TrainingError, match=message):
        fit(data, tmp_path / "run", tiny(**settings))
    assert not (tmp_path / "run").exists()


def test_sessions_of_a_case_that_differ_in_an_answer_are_refused(
    corpus: Callable[..., Corpus],
    answered: Callable[..., Corpus],
    dataset: Callable[..., Path],
) -> None:
    whole = answered(corpus(4, sessions_a_case=2), lost=0.0)
    assert whole.answer_SI is not None
    whole.answer_SI[1, 2] = np.nan
    data = dataset(whole, PHQ8_SCORE)
    with pytest.raises(TrainingError, match="its sessions differ in phq8_sleep; a label belongs"):
        read_words(Dataset.open(data), PHQ8_SCORE, {"text": "bert"}, "auto")
