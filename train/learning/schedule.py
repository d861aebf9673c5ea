"""How a network learns: rates, ramps, clipped AdamW steps, averaged weights, stopping."""

import copy
import math
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from ..checkpoint import State
from ..parallel import add_up_gradients, average
from .settings import Learning

N = TypeVar("N", bound=nn.Module)

EMA_BEGIN = 10  # see `Learner.step`


def rate_at(step: int, steps: int, *, warmup: float) -> float:
    """Share of the peak learning rate at `step` of `steps`: a linear rise, then half a cosine."""
    rise = max(1, round(warmup * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1.0 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def ramp_at(step: int, steps: float) -> float:
    """Weight that rises linearly from 0 to 1 over `steps` steps; 1 at once where `steps` is 0."""
    return min(1.0, step / steps) if steps > 0 else 1.0


class Learner(Generic[N]):
    """A network with its optimiser, its schedule and the moving average of its weights."""

    def __init__(self, network: N, settings: Learning, steps: int) -> None:
        self.network = network
        self.averaged: N = copy.deepcopy(network).requires_grad_(False).eval()
        self.parameters: list[Tensor] = list(network.parameters())
        self._averages: list[Tensor] = list(self.averaged.parameters())
        self._settings = settings
        self._steps = steps
        self._step = 0
        self._optimiser = torch.optim.AdamW(
            self.parameters, lr=settings.lr, weight_decay=settings.weight_decay, fused=True
        )

    def learn(self, loss: Tensor) -> None:
        """Step down `loss`; whatever else it depends on stays as it is and gets no gradient."""
        loss.backward(inputs=self.parameters)  # type: ignore[no-untyped-call]
        self.step()

    def step(self) -> None:
        """Apply the gradients that lie ready, those of all ranks, clipped, and forget them.

        Early on the average looks back over few steps (decay (1 + n) / (10 + n), the rule of
        TensorFlow's `ExponentialMovingAverage`), or a short training would be judged at its random
        start.
        """
        settings, n = self._settings, self._step
        add_up_gradients(self.parameters)
        nn.utils.clip_grad_norm_(self.parameters, settings.clip)
        for group in self._optimiser.param_groups:
            group["lr"] = settings.lr * rate_at(n, self._steps, warmup=settings.warmup)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        decay = min(settings.ema, (1 + n) / (EMA_BEGIN + n))
        with torch.no_grad():
            torch._foreach_lerp_(self._averages, self.parameters, 1.0 - decay)
            # What a network measures along the way (moments of batch normalisation) is as it is.
            average(self.network.buffers())
            for its, own in zip(self.averaged.buffers(), self.network.buffers(), strict=True):
                its.copy_(own)
        self._step += 1

    def state(self) -> State:
        """Say all that later steps depend on; the tensors are the living ones."""
        moments = self._optimiser.state_dict()["state"]
        return {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "moments": {str(p): dict(of_parameter) for p, of_parameter in moments.items()},
            "step": self._step,
        }

    def restore(self, state: State) -> None:
        """Become what `state` says."""
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        moments = {int(p): of_parameter for p, of_parameter in state["moments"].items()}
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": moments, "param_groups": groups})
        self._step = state["step"]


@dataclass(slots=True)
class Stopper:
    """Remember which epoch the inner validation liked best, and when to stop waiting."""

    patience: int
    best: tuple[float, ...] | None = None
    epoch: int = 0

    def better(self, epoch: int, judgement: tuple[float, ...]) -> bool:
        """Compare lexicographically; the first of equals stays."""
        if self.best is not None and judgement <= self.best:
            return False
        self.best, self.epoch = judgement, epoch
        return True

    def exhausted(self, epoch: int) -> bool:
        """Say whether `patience` epochs brought nothing better."""
        return epoch - self.epoch >= self.patience
