"""The heads beside the score: order of thresholds, losses against loops, where gradients go."""

# B = sessions, I = items, T = thresholds

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from depx.errors import TrainingError
from depx.train.batches import Ragged
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.objective import elbo_loss, guidance_loss, recogniser_loss
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.steps import Joint
from depx.train.cmgvs.streams import SecondStream
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.items import Items
from depx.train.learning.heads import ItemHead, Outputs, Start
from depx.train.learning.schedule import Learner
from depx.train.learning.start import start_of
from depx.train.learning.task import Task
from depx.train.tensors import Batch

NAN = math.nan
ALL = SecondStream(shuffled=False, synthetic_V=torch.ones(4, dtype=torch.bool))
START = Start(class_logit=0.3, above_IT=torch.tensor([[1.0, 0.2, -1.0], [0.5, 0.5, -2.0]]))
CLASS, ITEMS = {"class_weight": 0.5}, {"item_weight": 0.5}


def labelled(one: Batch, positive: list[float], level: list[list[float]]) -> Batch:
    return replace(one, positive_B=torch.tensor(positive), level_BI=torch.tensor(level))


@pytest.fixture
def known(batch: Callable[..., Batch]) -> Batch:
    """Three sessions; the class of the second and some answers are unknown."""
    level = [[0.0, 3.0], [NAN, 1.0], [2.0, NAN]]
    one = labelled(batch(4, 6, 9), [1.0, NAN, 0.0], level)
    return replace(one, weight_B=torch.tensor([1.0, 0.5, 0.25]))


@pytest.fixture
def outputs() -> Outputs:
    torch.manual_seed(0)
    outs = [torch.randn(3), torch.randn(3), torch.randn(3, 2, 3)]
    return Outputs(*(one.requires_grad_() for one in outs))


def backward(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


def crossed(logit: float, truth: float) -> float:
    p = 1.0 / (1.0 + math.exp(-logit))
    return -math.log(p) if truth else -math.log(1.0 - p)


def test_the_class_loss_is_that_of_a_loop_over_known_sessions(
    known: Batch, outputs: Outputs
) -> None:
    assert outputs.class_B is not None
    logits = outputs.class_B.tolist()
    expected = (1.0 * crossed(logits[0], 1) + 0.25 * crossed(logits[2], 0)) / 1.25
    plain = Task("score")(Outputs(outputs.raw_B), known).item()
    found = Task("score", **CLASS)(Outputs(outputs.raw_B, outputs.class_B), known).item()
    assert found - plain == pytest.approx(0.5 * expected, rel=1e-5)


def test_the_loss_of_items_is_that_of_a_loop_over_known_thresholds(
    known: Batch, outputs: Outputs
) -> None:
    assert outputs.above_BIT is not None
    total = weights = 0.0
    for b in range(3):
        for i in range(2):
            level = float(known.level_BI[b, i])
            for t in range(3):
                if not math.isnan(level):
                    weight = float(known.weight_B[b])
                    total += weight * crossed(outputs.above_BIT[b, i, t].item(), level > t)
                    weights += weight
    plain = Task("score")(Outputs(outputs.raw_B), known).item()
    found = Task("score", **ITEMS)(replace(outputs, class_B=None), known).item()
    assert found - plain == pytest.approx(0.5 * total / weights, rel=1e-5)


def test_what_is_unknown_changes_nothing_to_the_bit(known: Batch, outputs: Outputs) -> None:
    task = Task("score", **CLASS, **ITEMS)
    assert outputs.class_B is not None
    assert outputs.above_BIT is not None
    class_B, above_BIT = outputs.class_B.detach().clone(), outputs.above_BIT.detach().clone()
    class_B[1], above_BIT[1, 0], above_BIT[2, 1] = 50.0, -30.0, 7.0
    other = Outputs(outputs.raw_B, class_B.requires_grad_(), above_BIT.requires_grad_())
    losses = [task(one, known) for one in (outputs, other)]
    for loss in losses:
        backward(loss)
    assert torch.equal(*losses)
    assert class_B.grad is not None
    assert above_BIT.grad is not None
    assert outputs.class_B.grad is not None
    assert outputs.above_BIT.grad is not None
    assert torch.equal(class_B.grad, outputs.class_B.grad)
    assert torch.equal(above_BIT.grad, outputs.above_BIT.grad)
    assert class_B.grad[1] == 0.0
    assert above_BIT.grad[1, 0].tolist() == above_BIT.grad[2, 1].tolist() == [0.0] * 3
    assert class_B.grad[[0, 2]].abs().min() > 0.0


@pytest.mark.parametrize("heads", [CLASS, ITEMS, CLASS | ITEMS])
def test_a_batch_of_which_nothing_is_known_moves_what_the_score_alone_moves(
    tiny: Callable[..., CmgVs],
    columns: dict[str, int],
    batch: Callable[..., Batch],
    heads: dict[str, float],
) -> None:
    torch.manual_seed(0)
    recogniser = Recogniser(tiny(), columns, START)
    one = labelled(batch(4, 6), [NAN, NAN], [[NAN, NAN]] * 2)
    found = []
    for weights in ({}, heads):
        recogniser.zero_grad(set_to_none=True)
        backward(recogniser_loss(recogniser, one, None, task=Task("score", **weights), aug=0.0))
        found.append([parameter.grad for parameter in recogniser.parameters()])
    for before, after in zip(*found, strict=True):
        assert before is not None
        assert after is not None
        assert torch.equal(before, after)


@pytest.mark.parametrize("heads", [CLASS, ITEMS])
def test_each_head_alone_trains_recogniser_and_synthesiser_under_joint(
    tiny: Callable[..., CmgVs], columns: dict[str, int], known: Batch, heads: dict[str, float]
) -> None:
    torch.manual_seed(0)
    recogniser = Recogniser(tiny(), columns, START)
    synthesiser = Synthesiser(tiny(), columns)
    plain, task = Task("score"), Task("score", **heads)

    def gradients(chosen: Task) -> list[Tensor]:
        torch.manual_seed(1)
        made = synthesiser(known)
        loss = recogniser_loss(recogniser, known, made.vision_BWV, aug=1.0, task=chosen)
        backward(loss + elbo_loss(made, known, beta=1e-2, free_bits=0.02))
        found = []
        for network in (recogniser, synthesiser):
            found += [p.grad.clone() for p in network.parameters() if p.grad is not None]
            network.zero_grad(set_to_none=False)
        return found

    gradients(task)  # so that every parameter has a gradient, be it 0
    apart = [b - a for a, b in zip(gradients(plain), gradients(task), strict=True)]
    names = [n for network in (recogniser, synthesiser) for n, _ in network.named_parameters()]
    still = {n for n, change in zip(names, apart, strict=True) if not change.abs().max() > 0.0}
    other = "items" if "class_weight" in heads else "positive"
    assert all(n.startswith(("head.", f"heads.{other}.")) for n in still)


def test_a_step_moves_the_heads_and_their_averages(
    tiny: Callable[..., CmgVs], columns: dict[str, int], known: Batch
) -> None:
    settings = tiny(lr=1e-3, **CLASS, **ITEMS)
    torch.manual_seed(0)
    recogniser = Learner(Recogniser(settings, columns, START), settings, 10)
    synthesiser = Learner(Synthesiser(settings, columns), settings, 10)
    networks = recogniser.network, recogniser.averaged
    before = [{n: p.detach().clone() for n, p in one.heads.named_parameters()} for one in networks]
    step = Joint(settings, Task("score", **CLASS, **ITEMS), recogniser, synthesiser, ALL)
    for _ in range(2):
        step(known, beta=1e-2, aug=1.0)
    for network, was in zip(networks, before, strict=True):
        for name, parameter in network.heads.named_parameters():
            assert not torch.equal(parameter, was[name]), name


def test_the_guidance_of_the_synthesiser_is_lambda_times_the_whole_task(
    tiny: Callable[..., CmgVs], columns: dict[str, int], known: Batch
) -> None:
    torch.manual_seed(0)
    recogniser, made = Recogniser(tiny(), columns, START), torch.randn(3, 9, 4)
    task = Task("score", **CLASS, **ITEMS)
    out = recogniser.judge(recogniser.listen(known), made)
    found = guidance_loss(recogniser, known, made, aug=0.5, task=task)
    torch.testing.assert_close(found, 0.5 * task(out, known))


def test_thresholds_fall_whatever_is_learnt() -> None:
    torch.manual_seed(0)
    head = ItemHead(5, torch.tensor([[0.5, 0.5, -0.5], [2.0, 1.0, 0.0]]))
    for scale in (0.0, 1.0, 30.0):
        for parameter in head.parameters():
            parameter.data += scale * torch.randn_like(parameter)
        above_BIT = head(torch.randn(50, 5)).double().sigmoid()
        assert (above_BIT.diff(dim=-1) <= 0.0).all()
        assert (head.thresholds().diff(dim=-1) <= 0.0).all()


def test_an_item_of_two_levels_has_one_threshold() -> None:
    head = ItemHead(5, torch.zeros(3, 1))
    assert head(torch.randn(2, 5)).shape == (2, 3, 1)


def test_heads_start_at_the_base_rates_of_known_cases(
    ragged: Callable[..., Ragged], tiny: Callable[..., CmgVs]
) -> None:
    level_SI = np.array([[0, 3], [1, NAN], [1, 0], [2, 0]], dtype=np.float32)
    sessions = replace(
        ragged(3, 4, 5, 6),
        positive_S=np.array([1.0, 1.0, NAN, 0.0], dtype=np.float32),
        items=Items(names=("a", "b"), low=0, high=3, whole=False),
        level_SI=level_SI,
    )
    start = start_of(sessions, "score", class_head=True, items=True)
    assert start.class_logit == pytest.approx(math.log(2 / 1))
    assert start.above_IT is not None
    torch.manual_seed(0)
    head = ItemHead(4, start.above_IT)
    found = head.thresholds()
    for i in range(2):
        known = level_SI[:, i][~np.isnan(level_SI[:, i])]
        shares = [((known > t).sum() + 0.5) / (known.size + 1) for t in range(3)]
        logits = [math.log(p / (1 - p)) for p in shares]
        # where two shares are alike, a gap of .01 keeps the thresholds in order
        assert found[i].tolist() == pytest.approx(logits, abs=0.025)
    assert (found.diff(dim=-1) < 0).all()


def test_without_weights_there_are_no_heads(
    ragged: Callable[..., Ragged], tiny: Callable[..., CmgVs]
) -> None:
    start = start_of(ragged(3, 4), "score", class_head=False)
    assert start.class_logit is None
    assert start.above_IT is None


def test_heads_draw_no_random_number_before_what_they_stand_beside(
    tiny: Callable[..., CmgVs], columns: dict[str, int]
) -> None:
    def tensors(start: Start | None) -> dict[str, Tensor]:
        torch.manual_seed(0)
        network: nn.Module = Recogniser(tiny(), columns, start)
        return dict(network.state_dict())

    plain, more = tensors(None), tensors(START)
    assert {name for name in more if name not in plain} == {
        "heads.positive.weight",
        "heads.positive.bias",
        "heads.items.direction.weight",
        "heads.items.first_I1",
        "heads.items.gap_IT",
    }
    for name, tensor in plain.items():
        assert torch.equal(more[name], tensor), name


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        (CLASS, "nobody knows the class of any session of a training part.*fewer --folds"),
        (ITEMS, "no session of a training part has a b, expected some; use fewer --folds"),
    ],
)
def test_a_training_part_that_knows_nothing_is_refused(
    ragged: Callable[..., Ragged],
    heads: dict[str, float],
    message: str,
) -> None:
    sessions = replace(
        ragged(3, 4),
        positive_S=np.full(2, NAN, dtype=np.float32),
        items=Items(names=("a", "b"), low=0, high=3, whole=False),
        level_SI=np.array([[0, NAN], [1, NAN]], dtype=np.float32),
    )
    with pytest.raises(TrainingError, match=message):
        start_of(
            sessions, "score", class_head="class_weight" in heads, items="item_weight" in heads
        )
