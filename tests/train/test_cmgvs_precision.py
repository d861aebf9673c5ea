"""CMG-VS in bfloat16: what stays float32, how near it comes, and that the unknown stays unknown."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from depx.train.batches import Ragged
from depx.train.checkpoint import Keeper
from depx.train.cmgvs.config import CmgVs
from depx.train.cmgvs.objective import elbo_loss, recogniser_loss
from depx.train.cmgvs.recogniser import Recogniser
from depx.train.cmgvs.synthesiser import Synthesiser, Synthetic
from depx.train.learning.precision import multiplying
from depx.train.learning.task import Task
from depx.train.tensors import Batch


def both(settings: CmgVs, columns: dict[str, int]) -> tuple[Recogniser, Synthesiser]:
    torch.manual_seed(0)
    return Recogniser(settings, columns), Synthesiser(settings, columns)


def losses(settings: CmgVs, columns: dict[str, int], one: Batch) -> tuple[Tensor, Tensor]:
    recogniser, synthesiser = both(settings, columns)
    torch.manual_seed(1)
    made = synthesiser(one)
    task = recogniser_loss(recogniser, one, made.vision_BWV, aug=1.0, task=Task("score"))
    return task, elbo_loss(made, one, beta=1.0, free_bits=0.0)


def test_losses_are_float32_and_near_those_of_float32(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    one = batch(4, 6, 9)
    exact = losses(tiny(precision="float32"), columns, one)
    half = losses(tiny(precision="bfloat16"), columns, one)
    for loss, near in zip(exact, half, strict=True):
        assert near.dtype == torch.float32
        assert not torch.equal(loss, near)  # something was rounded
        torch.testing.assert_close(near, loss, rtol=0.02, atol=0.0)


def test_products_are_bfloat16_while_outputs_and_gradients_are_float32(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    one = batch(4, 6)
    recogniser, synthesiser = both(tiny(precision="bfloat16"), columns)
    seen: dict[str, torch.dtype] = {}
    for network in (recogniser, synthesiser):
        for name, module in network.named_modules():
            if isinstance(module, nn.Linear):
                module.register_forward_hook(
                    lambda _module, _given, out, name=name: seen.update({name: out.dtype})
                )
    made: Synthetic = synthesiser(one)
    out_B = recogniser.judge(recogniser.listen(one), made.vision_BWV).raw_B
    exact = {name for name, dtype in seen.items() if dtype == torch.float32}
    assert exact == {"head", "to_posterior.1", "from_latent", "to_vision.1"}
    assert set(seen.values()) == {torch.float32, torch.bfloat16}
    for tensor in (out_B, made.vision_BWV, made.mean_BLZ, made.log_variance_BLZ):
        assert tensor.dtype == torch.float32
    out_B.sum().backward()  # type: ignore[no-untyped-call]
    for parameter in (*recogniser.parameters(), *synthesiser.parameters()):
        assert parameter.grad is None or parameter.grad.dtype == torch.float32


def test_what_is_not_measured_moves_nothing_in_bfloat16_as_well(
    tiny: Callable[..., CmgVs], columns: dict[str, int], batch: Callable[..., Batch]
) -> None:
    one = batch(4, 6, nan=0.4)
    one.vectors["vision"][0] = float("nan")  # a session without video
    recogniser, synthesiser = both(tiny(precision="bfloat16"), columns)
    made = synthesiser(one)
    assert not made.seen_BL[0].any()
    assert made.seen_BL[1].any()
    elbo = elbo_loss(made, one, beta=1.0, free_bits=0.0)
    assert elbo.isfinite()
    assert recogniser(one).raw_B.isfinite().all()
    vision = one.vectors["vision"].clone().requires_grad_()
    recogniser.judge(recogniser.listen(one), vision).raw_B.sum().backward()  # type: ignore[no-untyped-call]
    assert vision.grad is not None
    assert float(vision.grad[vision.isnan()].abs().max()) == 0.0


def test_a_fit_in_bfloat16_ends_near_one_in_float32(
    tiny: Callable[..., CmgVs], ragged: Callable[..., Ragged], keeper: Keeper
) -> None:
    def fitted(precision: Any) -> Any:
        return tiny(precision=precision, batch=3, lr=1e-3).fit(
            ragged(5, 7, 9, 6, 8, 5),
            ragged(5, 6, seed=1),
            ragged(6, 7, seed=2),
            kind="score",
            seed=0,
            device="cpu",
            keeper=keeper,
        )

    exact, half = fitted("float32"), fitted("bfloat16")
    assert all(array.dtype == "float32" for array in half.tensors.values())
    assert half.out_S == pytest.approx(exact.out_S, abs=0.02)
    assert half.curve[0]["task"] == pytest.approx(exact.curve[0]["task"], rel=0.05)


@pytest.mark.parametrize(
    ("precision", "device", "half"),
    [
        ("auto", "cuda", True),
        ("auto", "cpu", False),
        ("float32", "cuda", False),
        ("bfloat16", "cpu", True),
    ],
)
def test_auto_is_bfloat16_on_cuda_alone(
    monkeypatch: pytest.MonkeyPatch, precision: Any, device: str, half: bool
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(torch, "autocast", lambda *a, **b: asked.update(on=a, **b))
    multiplying(precision, torch.device(device))
    assert asked == {"on": (device, torch.bfloat16), "enabled": half}
