"""Fits on planted signals: what is learnt, what must not be, and what nobody may know."""

# S = sessions, N = words of all sessions

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from depx.align.dataset import Target
from depx.train.batches import Ragged
from depx.train.cases import Corpus
from depx.train.checkpoint import Keeper
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.fit import fit
from depx.train.folds import deal
from depx.train.learning.course import judge
from depx.train.learning.schedule import Stopper, ramp_at, rate_at
from depx.train.metrics import concordance
from depx.train.parts import prepare_fold
from depx.train.unit import Unit
from depx.train.unit_run import run_unit as run_kept_unit

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
run_unit = partial(run_kept_unit, tell=print, checkpoint_s=None)
LEARNS = {"lr": 3e-3, "epochs": 30, "patience": 30, "batch": 8, "validation": 0.0}


def unit(test: tuple[str, ...], *, fold: int = 0, seed: int = 0) -> Unit:
    return Unit(fold=fold, seed=seed, test=test, device="cpu", key="k")


def out_of_fold(corpus: Corpus, model: CmgVs, target: Target, place: Path) -> dict[str, Any]:
    """Skill and the like of predictions pooled over three folds."""
    rows = []
    for fold, test in enumerate(deal(corpus.scores(), 3, 0)):
        record = run_unit(corpus, unit(test, fold=fold), model, target, place)
        rows += [(p["y"], p["y_hat"], record["constant"]) for p in record["predictions"]]
    y_K, y_hat_K, constant_K = np.array(rows).T
    skill = 1.0 - np.sum((y_hat_K - y_K) ** 2) / np.sum((constant_K - y_K) ** 2)
    return {"ccc": concordance(y_K, y_hat_K), "skill": skill}


@pytest.mark.parametrize(
    "arm",
    [
        {},
        {"optimise": "joint"},
        {"synth": "two-stage"},
        {"synth": "none"},
        {"aug_source": "mix", "condition": "a"},
        {"synth": "noise", "loss": "mse+ccc"},
        {"synth": "shuffled", "latent": "global"},
    ],
)
def test_a_planted_signal_is_learnt_better_than_the_constant(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path, arm: dict[str, str]
) -> None:
    found = out_of_fold(corpus(18), tiny(**LEARNS, **arm), SCORE, tmp_path)
    assert found["skill"] > 0.3
    assert found["ccc"] > 0.5


def test_permuted_labels_are_not_learnt(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(18)
    skills = []
    for seed in range(3):
        shuffled_S = np.random.default_rng(seed).permutation(whole.y_S)
        permuted = replace(whole, y_S=shuffled_S)
        model = tiny(**{**LEARNS, "epochs": 15})
        skills.append(out_of_fold(permuted, model, SCORE, tmp_path)["skill"])
    assert np.median(skills) < 0.0


def test_a_class_is_learnt_as_a_probability(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(16, target=CLASS)
    test = deal(whole.scores(), 4, 0)[1]
    record = run_unit(whole, unit(test), tiny(**LEARNS), CLASS, tmp_path)
    mean = {}
    for y in (0.0, 1.0):
        p = [row["p"] for row in record["predictions"] if row["y"] == y]
        assert all(0.0 <= one <= 1.0 for one in p)
        mean[y] = np.mean(p)
    assert mean[0.0] + 0.3 < mean[1.0]
    assert all(row["p"] == row["y_hat"] for row in record["predictions"])


def test_a_score_has_no_probability(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(8)
    record = run_unit(whole, unit(deal(whole.scores(), 2, 0)[0]), tiny(), SCORE, tmp_path)
    assert all(row["p"] is None for row in record["predictions"])


def test_nothing_of_a_test_participant_shapes_what_is_trained(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(10)
    test = deal(whole.scores(), 5, 0)[1]
    changed_S = np.isin(np.array(whole.participants), test)
    changed_N = np.repeat(changed_S, np.diff(whole.offsets_S1))
    vectors = {
        part: np.where(changed_N[:, None], 100.0 * value_NC - 7.0, value_NC)
        for part, value_NC in whole.vectors.items()
    }
    other = replace(whole, vectors=vectors, y_S=np.where(changed_S, whole.y_S[::-1], whole.y_S))
    places = [tmp_path / name for name in ("one", "two")]
    records = []
    for place, data in zip(places, (whole, other), strict=True):
        place.mkdir()
        records.append(run_unit(data, unit(test, fold=1), tiny(), SCORE, place))
    models = [(place / "model-fold1-seed0.safetensors").read_bytes() for place in places]
    assert models[0] == models[1]
    assert records[0]["curve"] == records[1]["curve"]
    assert records[0]["constant"] == records[1]["constant"]
    assert records[0]["predictions"] != records[1]["predictions"]


def test_participants_of_a_fold_do_not_overlap_and_the_test_labels_are_hidden(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs]
) -> None:
    whole = corpus(12, sessions_a_case=2)
    test = deal(whole.scores(), 4, 0)[2]
    fold = prepare_fold(whole, unit(test), tiny(), SCORE)
    sides = [set(names) for names in fold.participants.values()]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 12
    assert fold.participants["test"] == test
    assert np.isnan(fold.test.y_S).all()
    assert fold.validation is not None
    counts = [fold.training.sessions, fold.validation.sessions, fold.test.sessions]
    assert counts == [2 * len(fold.participants[p]) for p in ("training", "validation", "test")]


def test_the_prediction_of_a_case_is_the_mean_of_its_sessions(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], keeper: Keeper, tmp_path: Path
) -> None:
    whole = corpus(8, sessions_a_case=3)
    test = deal(whole.scores(), 4, 0)[0]
    fold = prepare_fold(whole, unit(test), tiny(), SCORE)
    record = run_unit(whole, unit(test), tiny(), SCORE, tmp_path)
    seed = int(np.random.SeedSequence([0, 0]).generate_state(1)[0])
    fitted = fit(
        tiny(),
        fold.training,
        fold.validation,
        fold.test,
        kind="score",
        seed=seed,
        device="cpu",
        keeper=keeper,
    )
    assert fold.test.sessions == 3 * len(record["predictions"])
    expected = {
        fold.cases[case]: 24.0 * fitted.out_S[fold.test.case_S == case].mean()
        for case in fold.test.case_S
    }
    assert {r["case"]: r["y_hat"] for r in record["predictions"]} == pytest.approx(expected)


def test_a_session_without_any_face_trains_and_is_predicted(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(10)
    faceless_S = np.arange(10) % 3 == 0
    vision_NC = whole.vectors["vision"].copy()
    vision_NC[np.repeat(faceless_S, np.diff(whole.offsets_S1))] = np.nan
    part = replace(whole, vectors={**whole.vectors, "vision": vision_NC})
    for fold, test in enumerate(deal(part.scores(), 2, 0)):
        record = run_unit(part, unit(test, fold=fold), tiny(), SCORE, tmp_path)
        assert all(np.isfinite(row["y_hat"]) for row in record["predictions"])


def test_columns_never_measured_in_training_are_left_out_and_named(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(8)
    vision_NC = whole.vectors["vision"].copy()
    vision_NC[:, 2] = np.nan
    part = replace(whole, vectors={**whole.vectors, "vision": vision_NC})
    record = run_unit(part, unit(deal(part.scores(), 2, 0)[0]), tiny(), SCORE, tmp_path)
    assert record["columns_left_out"] == {"vision": ["vision2"]}
    tensors = load_file(tmp_path / "model-fold0-seed0.safetensors")
    assert tensors["normaliser.vision.scale"].shape == (3,)
    assert tensors["synthesiser.to_vision.1.weight"].shape[0] == 3


def test_the_process_is_left_as_it_was(
    ragged: Callable[..., Ragged], tiny: Callable[..., CmgVs], keeper: Keeper
) -> None:
    import torch

    torch.manual_seed(11)
    before = torch.rand(1), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.manual_seed(11)
    sessions = ragged(3, 4, 5)
    fit(tiny(), sessions, None, sessions, kind="score", seed=0, device="cpu", keeper=keeper)
    after = torch.rand(1), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    assert before == after


def test_the_epoch_with_the_best_inner_validation_is_kept(
    corpus: Callable[..., Corpus], tiny: Callable[..., CmgVs], tmp_path: Path
) -> None:
    whole = corpus(16)
    model = tiny(lr=3e-3, epochs=25, patience=4, batch=8)
    record = run_unit(whole, unit(deal(whole.scores(), 4, 0)[0]), model, SCORE, tmp_path)
    judged = [(row["validation_ccc"] or 0.0, -row["validation_mse"]) for row in record["curve"]]
    assert record["epoch"] == 1 + judged.index(max(judged))
    assert len(judged) <= record["epoch"] + 4


def test_the_inner_validation_judges_cases(ragged: Callable[..., Ragged]) -> None:
    sessions = replace(
        ragged(2, 2, 2),
        y_S=np.array([0.2, 0.8, 0.8], dtype=np.float32),
        case_S=np.array([0, 1, 1]),
    )
    exact, named = judge(np.array([0.2, 0.7, 0.9]), sessions, "score")
    assert exact[0] == pytest.approx(1.0)
    assert named["validation_mse"] == pytest.approx(0.0, abs=1e-9)


def test_equal_epochs_keep_the_first() -> None:
    stopper = Stopper(patience=2)
    assert stopper.better(1, (0.5, -1.0))
    assert not stopper.better(2, (0.5, -1.0))
    assert not stopper.exhausted(2)
    assert stopper.exhausted(3)


def test_the_rate_rises_then_falls_to_nothing() -> None:
    rates = [rate_at(step, 100, warmup=0.05) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert rates.index(max(rates)) == 4
    assert rates[4] == 1.0
    assert all(a >= b for a, b in itertools.pairwise(rates[4:]))
    assert rates[-1] < 0.01


def test_weights_rise_from_zero_to_one() -> None:
    assert [ramp_at(step, 4) for step in range(6)] == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    assert ramp_at(0, 0) == 1.0
