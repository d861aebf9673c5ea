"""The network of MCCL: shapes, masks, and that a case is judged by itself."""

# S = sessions, B = windows, U = cues, J = segments

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from depx.features.types import F64
from depx.train.batches import Ragged, select, whole_batches
from depx.train.learning.heads import Start
from depx.train.mccl.config import Mccl
from depx.train.mccl.cues import cues_of, cut
from depx.train.mccl.interaction import EMBEDDING, Interaction
from depx.train.mccl.network import Network
from depx.train.mccl.predictor import Predictor
from depx.train.tensors import Batch, Resident

CPU = torch.device("cpu")
ENCODERS = [{"encoder": "patch"}, {"encoder": "resnet18"}]
MODULES = ["both", "cross", "temporal"]

Film = Callable[..., Ragged]
Small = Callable[..., Mccl]


def network(settings: Mccl, sessions: Ragged) -> Network:
    torch.manual_seed(0)
    columns = {cue: int(value_NC.shape[1]) for cue, value_NC in sessions.vectors.items()}
    made = Network(settings, columns, Start(raw=0.3, class_logit=-0.5)).eval()
    for parameter in made.head.parameters():
        torch.nn.init.normal_(parameter)  # so that what is read moves the score
    return made


def batch_of(sessions: Ragged) -> Batch:
    (crops,) = whole_batches(sessions, size=sessions.sessions)
    return Resident(sessions, CPU).gather(crops)


def scores(settings: Mccl, sessions: Ragged, model: Network | None = None, **how: Any) -> F64:
    predictor = Predictor(
        settings=settings,
        kind="score",
        network=model or network(settings, sessions),
        window=settings.window(3.0),
    )
    embedded = predictor.embed(sessions, Resident(sessions, CPU), **how)
    return predictor.read(embedded, None).out_S


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("modules", MODULES)
def test_shapes(small: Small, filming: Film, encoder: dict[str, Any], modules: str) -> None:
    sessions = filming(3, 8, 12)
    settings = small(modules=modules, **encoder)
    model = network(settings, sessions)
    views = model.view(batch_of(sessions))
    width = EMBEDDING * (2 if modules == "both" else 1)
    assert views.embedding_BX.shape == (3, width)
    assert (views.cross_BE is None) == (views.cue_BU is None) == (modules == "temporal")
    assert (views.temporal_BE is None) == (views.segment_BUJ is None) == (modules == "cross")
    if views.cue_BU is not None:
        assert views.cue_BU.shape == (3, 4)
        torch.testing.assert_close(views.cue_BU.sum(dim=1), torch.ones(3))
    if views.segment_BUJ is not None:
        assert views.segment_BUJ.shape == (3, 4, 3)
        torch.testing.assert_close(views.segment_BUJ.sum(dim=2), torch.ones(3, 4))
    said = model.judge(views.embedding_BX)
    assert said.raw_B.shape == (3,)
    assert said.class_B is not None


@pytest.mark.parametrize("aggregate", [{}, {"aggregate": "attention", "windows": 2}])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_cases_score_does_not_depend_on_its_batch(
    small: Small, filming: Film, encoder: dict[str, Any], aggregate: dict[str, Any]
) -> None:
    sessions = filming(1, 2, 5, 9, 12, 30)  # shorter than a segment each, to several windows
    settings = small(**encoder, **aggregate)
    model = network(settings, sessions)
    together = scores(settings, sessions, model)
    for s in range(sessions.sessions):
        alone = scores(settings, select(sessions, np.array([s])), model)
        assert alone[0] == pytest.approx(together[s], abs=2e-5)
    order = np.array([3, 0, 5, 2, 4, 1])
    permuted = scores(settings, select(sessions, order), model)
    np.testing.assert_allclose(permuted, together[order], atol=2e-5)
    assert np.ptp(together) > 1e-2


@pytest.mark.parametrize("encoder", ENCODERS)
def test_what_was_lost_moves_nothing(small: Small, filming: Film, encoder: dict[str, Any]) -> None:
    sessions = filming(12, 10, lost=0.0)
    vectors = {cue: value_NC.copy() for cue, value_NC in sessions.vectors.items()}
    vectors["gaze"][24:] = np.nan  # the second session has no gaze
    lost = replace(sessions, vectors=vectors)
    settings = small(**encoder)
    model = network(settings, sessions)
    before = scores(settings, lost, model)
    without = scores(settings, sessions, model, without="gaze")
    assert before[1] == pytest.approx(without[1], abs=1e-6)
    assert before[0] != pytest.approx(without[0], abs=1e-6)
    batch = batch_of(lost)
    cues = cues_of(batch)
    assert not any(value.isnan().any() for value in cues.value.values())
    assert (cues.value["gaze"][batch.keep_BW & ~cues.seen_BUT[:, 2]] == 0).all()


def test_a_patch_nobody_saw_is_as_if_it_were_cut_off(small: Small, filming: Film) -> None:
    sessions = filming(6, lost=0.0)
    settings = small(modules="cross")
    model = network(settings, sessions)
    vectors = {cue: value_NC.copy() for cue, value_NC in sessions.vectors.items()}
    for value_NC in vectors.values():
        value_NC[8:] = np.nan
    longer = replace(sessions, vectors=vectors)
    shorter = replace(
        sessions,
        vectors={cue: value_NC[:8] for cue, value_NC in sessions.vectors.items()},
        offsets_S1=np.array([0, 8]),
    )
    assert scores(settings, longer, model)[0] == pytest.approx(
        scores(settings, shorter, model)[0], abs=1e-6
    )


@pytest.mark.parametrize("modules", MODULES)
def test_a_case_without_any_face_gets_a_number(small: Small, filming: Film, modules: str) -> None:
    sessions = filming(12, 30, lost=1.0)
    out_S = scores(small(modules=modules), sessions)
    assert np.isfinite(out_S).all()
    assert out_S[0] == pytest.approx(out_S[1], abs=1e-6)  # nothing tells them apart


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("cue", ["landmarks", "pose", "gaze", "au"])
def test_every_column_matters_head_rotation_too(
    small: Small, filming: Film, encoder: dict[str, Any], cue: str
) -> None:
    sessions = filming(12, lost=0.0)
    settings = small(**encoder)
    model = network(settings, sessions)
    before = scores(settings, sessions, model)
    for c in range(sessions.vectors[cue].shape[1]):  # pose: Tx, Ty, Tz, Rx, Ry, Rz
        value_NC = sessions.vectors[cue].copy()
        value_NC[:, c] = -value_NC[:, c]
        turned = replace(sessions, vectors={**sessions.vectors, cue: value_NC})
        assert abs(scores(settings, turned, model)[0] - before[0]) > 1e-6, c


def test_a_batch_of_one_trains(small: Small, filming: Film) -> None:
    for encoder in ENCODERS:
        for cells in (1, 12):
            sessions = filming(cells)
            model = network(small(**encoder), sessions).train()
            model.judge(model.view(batch_of(sessions)).embedding_BX).raw_B.sum().backward()
            gradients = [p.grad for p in model.parameters() if p.grad is not None]
            assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("segments", [1, 2, 3])
def test_segments_are_equal_parts_to_a_step(segments: int) -> None:
    steps_B = torch.tensor([7, 2, 1, 12])
    step_BP = torch.arange(12.0).repeat(4, 1) + 100 * torch.arange(4.0)[:, None]
    step_XF, within_XF = cut(step_BP, steps_B, segments)
    assert step_XF.shape[0] == within_XF.shape[0] == 4 * segments
    for b, steps in enumerate(steps_B.tolist()):
        own = slice(b * segments, (b + 1) * segments)
        counts = within_XF[own].sum(dim=1).tolist()
        assert max(counts) - min(counts) <= 1
        laid = step_XF[own][within_XF[own]]
        assert laid.tolist() == [100 * b + p for p in range(steps)]


def test_an_unseen_token_is_skipped() -> None:
    torch.manual_seed(0)
    block = Interaction(5)
    token_BND = torch.randn(2, 4, 5)
    seen_BN = torch.tensor([[True, False, True, True]] * 2)
    out, looked = block(token_BND, seen_BN)
    fewer, of_fewer = block(token_BND[:, [0, 2, 3]], torch.ones(2, 3, dtype=torch.bool))
    torch.testing.assert_close(out[:, [0, 2, 3]], fewer)
    torch.testing.assert_close(looked[:, [0, 2, 3]], of_fewer)
    assert (out[:, 1] == 0).all()
    assert (looked[:, 1] == 0).all()
    nothing, _ = block(token_BND, torch.zeros_like(seen_BN))
    assert (nothing == 0).all()


def test_the_lstm_is_torchs_where_all_is_seen() -> None:
    torch.manual_seed(0)
    block = Interaction(5)
    whole = torch.nn.LSTM(5, 64, bidirectional=True, batch_first=True)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    with torch.no_grad():
        for name in names:
            getattr(whole, f"{name}_l0").copy_(getattr(block.ahead, name))
            getattr(whole, f"{name}_l0_reverse").copy_(getattr(block.back, name))
    heard: list[Tensor] = []
    block.gate.register_forward_pre_hook(lambda _, given: heard.append(given[0][..., :EMBEDDING]))
    token_BND = torch.randn(3, 4, 5)
    block(token_BND, torch.ones(3, 4, dtype=torch.bool))
    torch.testing.assert_close(heard[0], whole(token_BND)[0])


def test_attention_over_windows_leaves_out_those_that_saw_nothing(
    small: Small, filming: Film
) -> None:
    settings = small(aggregate="attention", windows=2)
    model = network(settings, filming(3))
    embedding_GYX = torch.randn(2, 3, 2 * EMBEDDING)
    seen_GY = torch.tensor([[True, False, True], [False, False, False]])
    weight_GY = model.weights(embedding_GYX, seen_GY)
    torch.testing.assert_close(weight_GY.sum(dim=1), torch.ones(2))
    assert weight_GY[0, 1] == 0
    assert weight_GY[0, 0] != weight_GY[0, 2]
    mean = network(small(), filming(3)).weights(embedding_GYX, seen_GY)
    assert mean[0].tolist() == [0.5, 0.0, 0.5]
