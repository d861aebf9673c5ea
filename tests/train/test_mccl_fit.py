"""Fits of MCCL on planted signals: what is learnt, what must not be, and what is kept."""

# S = sessions, N = frames of all sessions

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from depx.align.dataset import Target
from depx.errors import TrainingError
from depx.train.batches import Ragged, select
from depx.train.cases import Corpus
from depx.train.checkpoint import Keeper
from depx.train.folds import deal
from depx.train.mccl.config import Mccl
from depx.train.mccl.fit import Step
from depx.train.metrics import concordance
from depx.train.parts import prepare_fold
from depx.train.unit import Unit, model_path
from depx.train.unit_run import run_unit as run_kept_unit

SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")
run_unit = partial(run_kept_unit, tell=print, checkpoint_s=None)
LEARNS = {"lr": 3e-3, "epochs": 25, "patience": 25, "batch": 8, "validation": 0.0}

Film = Callable[..., Ragged]
Small = Callable[..., Mccl]


@pytest.fixture
def filmed(filming: Film) -> Callable[..., Corpus]:
    """Make participants whose action units say the score, as far as `signal` goes."""

    def make(
        participants: int = 24, *, signal: float = 6.0, target: Target = SCORE, sessions: int = 1
    ) -> Corpus:
        made = filming(*([9, 14, 5, 20] * (participants * sessions // 4)), signal=signal)
        owner_S = np.repeat(np.arange(participants), sessions)
        trait_P = np.array([made.y_S[owner_S == p].mean() for p in range(participants)])
        y_P = np.round(24 * trait_P) if target.kind == "score" else (trait_P > 0.5).astype(float)
        return Corpus(
            sessions=tuple(f"s{s:03d}" for s in range(made.sessions)),
            cases=tuple(f"c{p:02d}" for p in owner_S),
            participants=tuple(f"p{p:02d}" for p in owner_S),
            y_S=y_P[owner_S],
            offsets_S1=made.offsets_S1,
            vectors={cue: 2.0 * value_NC + 7.0 for cue, value_NC in made.vectors.items()},
            names=made.names,
            left_out={},
            rows="frames",
            rate_hz=made.rate_hz,
            time_s_N=made.time_s_N,
        )

    return make


def unit(test: tuple[str, ...], *, fold: int = 0, seed: int = 0) -> Unit:
    return Unit(fold=fold, seed=seed, test=test, device="cpu", key="k")


def out_of_fold(corpus: Corpus, model: Mccl, target: Target, place: Path) -> dict[str, Any]:
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
        {"aggregate": "attention", "windows": 2},
        {"head": "ridge"},
        {"head": "trees"},
        {"modules": "cross"},
        {"modules": "temporal", "loss": "mse+ccc"},
        {"cues": "au"},
    ],
)
def test_a_planted_signal_is_learnt_better_than_the_constant(
    filmed: Callable[..., Corpus], small: Small, tmp_path: Path, arm: dict[str, Any]
) -> None:
    found = out_of_fold(filmed(), small(**LEARNS, **arm), SCORE, tmp_path)
    assert found["skill"] > 0.3
    assert found["ccc"] > 0.5


def test_a_contrast_without_labels_lets_trees_read_a_signal(
    filmed: Callable[..., Corpus], small: Small, tmp_path: Path
) -> None:
    model = small(**{**LEARNS, "epochs": 8}, paper_mode=True)
    found = out_of_fold(filmed(), model, SCORE, tmp_path)
    assert found["skill"] > 0.2


def test_permuted_labels_are_not_learnt(
    filmed: Callable[..., Corpus], small: Small, tmp_path: Path
) -> None:
    whole = filmed()
    skills = []
    for seed in range(3):
        permuted = replace(whole, y_S=np.random.default_rng(seed).permutation(whole.y_S))
        model = small(**{**LEARNS, "epochs": 12})
        skills.append(out_of_fold(permuted, model, SCORE, tmp_path)["skill"])
    assert np.median(skills) < 0.0


def test_a_class_is_learnt_and_a_case_of_several_sessions_has_one_prediction(
    filmed: Callable[..., Corpus], small: Small, tmp_path: Path
) -> None:
    corpus = filmed(12, target=CLASS, sessions=3)
    (test, *_) = deal(corpus.scores(), 3, 0)
    for arm in ({}, {"head": "trees"}, {"head": "ridge"}):
        record = run_unit(corpus, unit(test), small(**LEARNS, **arm), CLASS, tmp_path)
        assert len(record["predictions"]) == len(test)
        assert all(0 <= one["p"] <= 1 for one in record["predictions"])
        of_case: dict[str, float] = {}
        for look in record["looks"]:
            of_case[look["case"]] = of_case.get(look["case"], 0.0) + look["window_share"]
        assert set(of_case) == {f"c{name[1:]}" for name in test}
        np.testing.assert_allclose(list(of_case.values()), 1.0, atol=1e-6)


def test_looks_say_which_cue_and_which_part_of_the_clock(
    filmed: Callable[..., Corpus], small: Small, tmp_path: Path
) -> None:
    corpus = filmed(12)
    test = corpus.participants[:4]
    record = run_unit(corpus, unit(test), small(epochs=1), SCORE, tmp_path)
    assert json.loads(json.dumps(record)) == record
    for look in record["looks"]:
        assert sum(look["cues"].values()) == pytest.approx(1.0, abs=1e-5)
        assert look["cues"].keys() == look["segments"].keys() == corpus.vectors.keys()
        for shares in look["segments"].values():
            assert sum(shares) == pytest.approx(1.0, abs=1e-5)
    longest = [look for look in record["looks"] if look["session"] == "s003"]  # 40 frames
    assert [round(look["start_s"], 3) for look in longest] == [0.0, 2.667, 5.333]
    assert longest[-1]["stop_s"] == pytest.approx(40 / 3)
    for look in longest:  # 24 frames, 12 patches: segments of 4
        edges = np.array(look["edges_s"])
        np.testing.assert_allclose(edges[:, 1] - edges[:, 0], 8 / 3)
        assert edges[0, 0] == pytest.approx(look["start_s"])
        assert edges[-1, 1] == pytest.approx(look["stop_s"])


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(
    filmed: Callable[..., Corpus], small: Small, tmp_path: Path
) -> None:
    corpus = filmed(12)
    test = corpus.participants[:3]
    made = []
    for place, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / place).mkdir()
        model = small(dropout=0.3, aggregate="attention", windows=2)
        run_unit(corpus, unit(test, seed=seed), model, SCORE, tmp_path / place)
        made.append(model_path(tmp_path / place, unit(test, seed=seed)).read_bytes())
    assert made[0] == made[1]
    assert made[0] != made[2]


class KilledError(Exception):
    """What ends a fit after an epoch."""


@pytest.mark.parametrize(
    "arm",
    [
        {},
        {"paper_mode": True},
        pytest.param({"encoder": "resnet18", "epochs": 3}, marks=pytest.mark.slow),
    ],
)
def test_a_killed_fit_goes_on_to_the_same_bytes(
    filming: Film, small: Small, tmp_path: Path, arm: dict[str, Any]
) -> None:
    training, validation, test = filming(9, 20, 5, 7), filming(8, 4, seed=1), filming(6, seed=2)
    model = small(**{"epochs": 5, "dropout": 0.2, "batch": 2, **arm})

    def fitted(keeper: Keeper) -> Any:
        return model.fit(
            training, validation, test, kind="score", seed=4, device="cpu", keeper=keeper
        )

    whole = fitted(Keeper(tmp_path / "a", {}, every_s=None, tell=lambda _: None))

    def kill(told: object) -> None:
        if getattr(told, "row", {}).get("epoch") == 2:
            raise KilledError

    with pytest.raises(KilledError):
        fitted(Keeper(tmp_path / "b", {}, every_s=0.0, tell=kill))
    again = fitted(Keeper(tmp_path / "b", {}, every_s=0.0, tell=lambda _: None))
    assert whole.curve == again.curve
    assert whole.out_S.tobytes() == again.out_S.tobytes()
    assert {n: a.tobytes() for n, a in whole.tensors.items()} == {
        n: a.tobytes() for n, a in again.tensors.items()
    }


def test_the_normaliser_never_sees_who_is_tested_and_landmarks_share_a_scale(
    filmed: Callable[..., Corpus], small: Small
) -> None:
    corpus = filmed(12)
    test = corpus.participants[:4]
    fold = prepare_fold(corpus, unit(test), small(), SCORE)
    shaken = {cue: value_NC.copy() for cue, value_NC in corpus.vectors.items()}
    for value_NC in shaken.values():
        value_NC[: corpus.offsets_S1[4]] *= 100.0
    again = prepare_fold(replace(corpus, vectors=shaken), unit(test), small(), SCORE)
    for cue, one in fold.normalisers.items():
        assert one.centre_K.tobytes() == again.normalisers[cue].centre_K.tobytes()
        assert one.scale_K.tobytes() == again.normalisers[cue].scale_K.tobytes()
        assert (len(set(one.scale_K.tolist())) == 1) == (cue == "landmarks")
    assert np.isnan(fold.test.y_S).all()


def test_every_parameter_learns_the_projector_too(filming: Film, small: Small) -> None:
    training = filming(9, 20, 5, 7)
    before: dict[str, Any] = {}
    model = small(epochs=2, aggregate="attention", windows=2, batch=8, ema=0.0)
    first = Step.__call__

    def watched(step: Step, batch: Any) -> Any:
        network = step.learner.network
        before.update({n: p.detach().clone() for n, p in network.named_parameters() if not before})
        made = first(step, batch)
        before.setdefault("network", network)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Step, "__call__", watched)
        model.fit(
            training, None, training.blind(), kind="score", seed=0, device="cpu",
            keeper=Keeper(Path("/nonexistent/checkpoint"), {}, every_s=None, tell=lambda _: None),
        )  # fmt: skip
    after = dict(before.pop("network").named_parameters())
    assert [name for name in after if name.startswith("projector")]
    still = [name for name, was in before.items() if torch.equal(was, after[name])]
    assert still == []


def test_lambda_0_is_the_model_without_contrast(filming: Film, small: Small) -> None:
    model = small(contrast=0.0)
    assert not model.contrasts
    fitted = model.fit(
        filming(9, 6, 7), None, filming(4), kind="score", seed=0, device="cpu",
        keeper=Keeper(Path("/nonexistent/checkpoint"), {}, every_s=None, tell=lambda _: None),
    )  # fmt: skip
    assert set(fitted.curve[0]) == {"stage", "epoch", "task"}
    assert not [name for name in fitted.tensors if "projector" in name]


def test_a_class_head_stands_beside_a_score_where_somebody_knows(
    filming: Film, small: Small
) -> None:
    keeper = Keeper(Path("/nonexistent/checkpoint"), {}, every_s=None, tell=lambda _: None)
    training, test = filming(9, 6, 7), filming(4)
    for positive, has in (([1, 0, np.nan], True), ([np.nan] * 3, False), (None, False)):
        known = None if positive is None else np.array(positive, dtype=np.float32)
        fitted = small().fit(
            replace(training, positive_S=known), None, test,
            kind="score", seed=0, device="cpu", keeper=keeper,
        )  # fmt: skip
        assert (fitted.p_S is not None) == has


def test_saved_weights_represent_cases_as_the_fit_did(
    filmed: Callable[..., Corpus], small: Small, tmp_path: Path
) -> None:
    corpus = filmed(12, sessions=2)
    test = corpus.participants[:4]
    for arm in ({}, {"aggregate": "attention", "windows": 2, "head": "trees"}):
        model = small(epochs=2, **arm)
        run_unit(corpus, unit(test), model, SCORE, tmp_path)
        fold = prepare_fold(corpus, unit(test), model, SCORE)
        represented_SD = model.represent(model_path(tmp_path, unit(test)), fold.test)
        assert represented_SD.shape == (fold.test.sessions, 256)
        one = select(fold.test, np.array([0, 1]))
        np.testing.assert_allclose(
            model.represent(model_path(tmp_path, unit(test)), one), represented_SD[:2], atol=1e-5
        )
        tensors = load_file(model_path(tmp_path, unit(test)))
        assert ("readout.bias" in tensors) == ("head" in arm)


def test_weights_of_ones_own_begin_the_encoder(small: Small, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from depx.train.mccl.resnet import ResNetEncoder

    made = ResNetEncoder(small(encoder="resnet18"))
    tensors = {**made.state_dict(), "fc.weight": torch.zeros(1000, 512)}
    path = tmp_path / "resnet18.safetensors"
    save_file(tensors, path)
    settings = small(encoder="resnet18", encoder_weights=str(path))
    again = ResNetEncoder(settings)
    for name, tensor in made.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name])
    assert settings.settings()["encoder_weights"] == "resnet18.safetensors"
    assert len(str(settings.settings()["encoder_weights_sha256"])) == 64
    save_file({"conv1.weight": torch.zeros(64, 3, 7, 7)}, path)
    with pytest.raises(TrainingError, match="expected the weights of torchvision's ResNet-18"):
        ResNetEncoder(settings)
    path.write_bytes(b"not safetensors")
    with pytest.raises(TrainingError, match="as safetensors, got"):
        ResNetEncoder(settings)
