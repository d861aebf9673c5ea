"""The losses of CMG-VS: formulas against naive loops, and where their gradients go."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from depx.train import metrics
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.objective import (
    consistency,
    divergence,
    elbo_loss,
    guidance_loss,
    recogniser_loss,
)
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.steps import Alternate, Joint, Plain
from depx.train.cmgvs.streams import SecondStream
from depx.train.cmgvs.synthesiser import Synthesiser
from depx.train.learning.heads import Outputs
from depx.train.learning.schedule import Learner
from depx.train.learning.task import Task, concordance
from depx.train.tensors import Batch

Pair = tuple[Recogniser, Synthesiser]
ALL = SecondStream(shuffled=False, synthetic_V=torch.ones(4, dtype=torch.bool))


@pytest.fixture
def pair(tiny: Callable[..., CmgVs], columns: dict[str, int]) -> Pair:
    torch.manual_seed(0)
    return Recogniser(tiny(), columns), Synthesiser(tiny(), columns)


def backward(loss: Tensor, **options: Any) -> None:
    loss.backward(**options)  # type: ignore[no-untyped-call]


def gradients(network: nn.Module) -> dict[str, Tensor | None]:
    return {
        name: None if parameter.grad is None else parameter.grad.clone()
        for name, parameter in network.named_parameters()
    }


def test_consistency_is_the_mean_over_measured_elements_of_real_words(
    batch: Callable[..., Batch],
) -> None:
    one = batch(3, 6, nan=0.3)
    rebuilt = torch.randn_like(one.vectors["vision"])
    apart = [
        abs(float(rebuilt[b, w, v]) - float(one.vectors["vision"][b, w, v]))
        for b in range(2)
        for w in range(6)
        for v in range(4)
        if one.keep_BW[b, w] and not math.isnan(one.vectors["vision"][b, w, v])
    ]
    found = consistency(rebuilt, one.vectors["vision"], one.keep_BW)
    assert float(found) == pytest.approx(sum(apart) / len(apart), rel=1e-5)


def test_consistency_without_a_measured_element_is_zero(batch: Callable[..., Batch]) -> None:
    one = batch(3, 6, nan=1.0)
    rebuilt = torch.randn_like(one.vectors["vision"])
    assert float(consistency(rebuilt, one.vectors["vision"], one.keep_BW)) == 0.0


def test_divergence_is_the_closed_form_of_two_gaussians_averaged_over_seen_words() -> None:
    torch.manual_seed(0)
    mean, log_variance = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    seen = torch.tensor([[True, True, False], [True, False, False]])
    posterior = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    reference = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(
        divergence(mean, log_variance, seen, free_bits=0.0), reference.sum(-1)[seen].mean()
    )


def test_free_bits_stop_the_gradient_of_dimensions_below_them() -> None:
    mean = torch.tensor([[[0.01, 2.0]]], requires_grad=True)
    loss = divergence(
        mean, torch.zeros(1, 1, 2), torch.ones(1, 1, dtype=torch.bool), free_bits=0.02
    )
    backward(loss)
    assert loss.item() == pytest.approx(0.02 + 2.0)
    assert mean.grad is not None
    assert mean.grad[0, 0].tolist() == [0.0, 2.0]


def test_cases_of_several_sessions_weigh_no_more_than_others(batch: Callable[..., Batch]) -> None:
    one = replace(batch(3, 3, 3), weight_B=torch.tensor([0.5, 0.5, 1.0]))
    out = torch.tensor([0.1, 0.4, 0.9])
    errors = (out - one.y_B) ** 2
    expected = ((errors[0] + errors[1]) / 2 + errors[2]) / 2
    torch.testing.assert_close(Task("score")(Outputs(out), one), expected)


def test_the_ccc_loss_is_that_of_the_metric_with_sessions_repeated_by_weight(
    batch: Callable[..., Batch],
) -> None:
    torch.manual_seed(4)
    one = replace(batch(3, 3, 3, 3), weight_B=torch.tensor([1.0, 2.0, 1.0, 3.0]))
    out = torch.randn(4)
    repeats = [0, 1, 1, 2, 3, 3, 3]
    expected = metrics.concordance(one.y_B[repeats].double().numpy(), out[repeats].double().numpy())
    found = 1.0 - float(Task("score", "ccc")(Outputs(out), one))
    assert found == pytest.approx(expected, rel=1e-5)
    of = {loss: Task("score", loss)(Outputs(out), one) for loss in ("mse", "ccc", "mse+ccc")}
    torch.testing.assert_close(of["mse+ccc"], of["mse"] + of["ccc"])


def test_a_batch_in_which_nothing_varies_has_no_concordance_and_no_gradient() -> None:
    out = torch.zeros(3, requires_grad=True)
    found = concordance(out, torch.zeros(3), torch.full((3,), 1 / 3))
    backward(found)
    assert found.item() == 0.0
    assert out.grad is not None
    assert out.grad.isfinite().all()


def test_the_class_loss_is_the_cross_entropy_of_the_logit(batch: Callable[..., Batch]) -> None:
    one = replace(batch(3, 3), y_B=torch.tensor([0.0, 1.0]))
    p = torch.tensor([0.2, 0.7])
    expected = -(math.log(0.8) + math.log(0.7)) / 2
    assert float(Task("class")(Outputs(torch.logit(p)), one)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_the_gradient_of_l_aug_reaches_every_parameter_of_the_synthesiser(
    tiny: Callable[..., CmgVs],
    columns: dict[str, int],
    batch: Callable[..., Batch],
    latent: str,
) -> None:
    torch.manual_seed(0)
    recogniser = Recogniser(tiny(), columns)
    synthesiser = Synthesiser(tiny(latent=latent, layers=2), columns)
    one = batch(4, 6)
    made = synthesiser(one).vision_BWV
    backward(guidance_loss(recogniser, one, ALL(one, made), aug=1.0, task=Task("score")))
    # the posterior's parameters too: the task shapes what the latent says, not only the decoder
    silent = [
        name
        for name, parameter in synthesiser.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().max() > 0.0
    ]
    assert silent == []


def test_l_aug_leaves_the_synthesiser_alone_in_the_two_stage_arm(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    settings = tiny(synth="two-stage", lr=1e-2)
    torch.manual_seed(0)
    recogniser = Learner(Recogniser(settings, columns), settings, 10)
    synthesiser = Learner(Synthesiser(settings, columns), settings, 10)
    before = {n: p.clone() for n, p in synthesiser.network.state_dict().items()}
    was = recogniser.network.cls_D.detach().clone()
    frozen = synthesiser.network
    step = Plain(Task("score"), recogniser, lambda one: ALL(one, frozen(one).vision_BWV))
    step(batch(4, 6), beta=0.0, aug=1.0)
    assert all(gradient is None for gradient in gradients(synthesiser.network).values())
    for name, tensor in synthesiser.network.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert not torch.equal(recogniser.network.cls_D, was)


def test_alternate_and_joint_have_bit_identical_gradients(
    pair: Pair, batch: Callable[..., Batch]
) -> None:
    recogniser, synthesiser = pair
    one = batch(4, 6, 9)
    options: dict[str, Any] = {"aug": 0.7, "task": Task("score")}

    torch.manual_seed(5)
    made = synthesiser(one)
    task = recogniser_loss(recogniser, one, made.vision_BWV, **options)
    backward(task + elbo_loss(made, one, beta=1e-2, free_bits=0.02))
    joint = gradients(recogniser), gradients(synthesiser)
    recogniser.zero_grad(set_to_none=True)
    synthesiser.zero_grad(set_to_none=True)

    torch.manual_seed(5)
    made = synthesiser(one)
    backward(recogniser_loss(recogniser, one, made.vision_BWV.detach(), **options))
    alternate_recogniser = gradients(recogniser)
    guidance = guidance_loss(recogniser, one, made.vision_BWV, **options)
    elbo = elbo_loss(made, one, beta=1e-2, free_bits=0.02)
    backward(elbo + guidance, inputs=list(synthesiser.parameters()))

    for one_side, other in ((joint[0], alternate_recogniser), (joint[1], gradients(synthesiser))):
        for name, gradient in one_side.items():
            same = other[name]
            assert gradient is not None, name
            assert same is not None, name
            assert torch.equal(gradient, same), name


@pytest.mark.parametrize("kind", [Alternate, Joint])
def test_a_step_moves_both_networks_and_both_averages(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch], kind: type
) -> None:
    settings = tiny(lr=1e-3)
    torch.manual_seed(0)
    learners = [
        Learner(network(settings, columns), settings, 10) for network in (Recogniser, Synthesiser)
    ]
    before = [[p.detach().clone() for p in learner.parameters] for learner in learners]
    step = kind(settings, Task("score"), *learners, ALL)
    for _ in range(2):  # the rate of the first step is that of a warm-up, not 0
        step(batch(4, 6), beta=1e-2, aug=1.0)
    for learner, was in zip(learners, before, strict=True):
        assert any(not torch.equal(p, w) for p, w in zip(learner.parameters, was, strict=True))
        averages = list(learner.averaged.parameters())
        assert any(not torch.equal(p, w) for p, w in zip(averages, was, strict=True))
        assert all(parameter.grad is None for parameter in learner.parameters)


def test_the_recogniser_is_frozen_while_the_synthesiser_learns(
    pair: Pair, batch: Callable[..., Batch]
) -> None:
    recogniser, synthesiser = pair
    one = batch(4, 6)
    made = synthesiser(one).vision_BWV
    loss = guidance_loss(recogniser, one, made, aug=1.0, task=Task("score"))
    backward(loss, inputs=list(synthesiser.parameters()))
    assert all(gradient is None for gradient in gradients(recogniser).values())


def test_what_is_not_measured_has_no_gradient(pair: Pair, batch: Callable[..., Batch]) -> None:
    recogniser, synthesiser = pair
    one = batch(4, 6, nan=0.4)
    vision = one.vectors["vision"].clone().requires_grad_()
    seen = replace(one, vectors={**one.vectors, "vision": vision})
    made = synthesiser(seen)
    loss = elbo_loss(made, seen, beta=1.0, free_bits=0.0)
    backward(loss + recogniser_loss(recogniser, seen, None, aug=0.0, task=Task("score")))
    lost = vision.isnan() | ~one.keep_BW[..., None]
    assert vision.grad is not None
    assert float(vision.grad[lost].abs().max()) == 0.0
    assert float(vision.grad[~lost].abs().min()) > 0.0
