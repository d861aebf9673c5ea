"""One step of training: which network steps down which loss, in every arm of the ablation."""

# B = sessions of a batch, W = words, V = visual columns

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..learning.schedule import Learner
from ..learning.task import Task
from ..tensors import Batch
from .config import CmgVs
from .objective import elbo_loss, guidance_loss, recogniser_loss
from .recogniser import Recogniser
from .streams import SecondStream
from .synthesiser import Synthesiser, Synthetic


@dataclass(frozen=True, eq=False)
class Elbo:
    """First stage of ``two-stage``: the synthesiser learns to rebuild the face, without labels."""

    settings: CmgVs
    synthesiser: Learner[Synthesiser]

    def __call__(self, batch: Batch, *, beta: float, aug: float) -> dict[str, Tensor]:
        """Step the synthesiser; `aug` has no part here."""
        elbo = _elbo(self.settings, self.synthesiser.network(batch), batch, beta)
        self.synthesiser.learn(elbo)
        return {"elbo": elbo.detach()}


@dataclass(frozen=True, eq=False)
class Plain:
    """The recogniser alone: on real vision, or with a second stream that learns nothing."""

    task: Task
    recogniser: Learner[Recogniser]
    second: Callable[[Batch], Tensor] | None = None
    """Makes the vision of the second stream; None: there is none."""

    def __call__(self, batch: Batch, *, beta: float, aug: float) -> dict[str, Tensor]:
        """Step the recogniser; `beta` has no part here."""
        synthetic_BWV = None
        if self.second is not None:
            with torch.no_grad():
                synthetic_BWV = self.second(batch)
        loss = recogniser_loss(
            self.recogniser.network, batch, synthetic_BWV, aug=aug, task=self.task
        )
        self.recogniser.learn(loss)
        return {"task": loss.detach()}


@dataclass(frozen=True, eq=False)
class Alternate:
    """The recogniser on detached synthetic vision, then the synthesiser, the recogniser frozen."""

    settings: CmgVs
    task: Task
    recogniser: Learner[Recogniser]
    synthesiser: Learner[Synthesiser]
    stream: SecondStream

    def __call__(self, batch: Batch, *, beta: float, aug: float) -> dict[str, Tensor]:
        """Step both, one after the other."""
        network = self.recogniser.network
        synthetic = self.synthesiser.network(batch)
        second_BWV = self.stream(batch, synthetic.vision_BWV)
        loss = recogniser_loss(network, batch, second_BWV.detach(), aug=aug, task=self.task)
        self.recogniser.learn(loss)
        guidance = guidance_loss(network, batch, second_BWV, aug=aug, task=self.task)
        elbo = _elbo(self.settings, synthetic, batch, beta)
        self.synthesiser.learn(elbo + guidance)
        return {"task": loss.detach(), "elbo": elbo.detach()}


@dataclass(frozen=True, eq=False)
class Joint:
    """One backward of the sum: the gradients of `Alternate`, the recogniser one step staler."""

    settings: CmgVs
    task: Task
    recogniser: Learner[Recogniser]
    synthesiser: Learner[Synthesiser]
    stream: SecondStream

    def __call__(self, batch: Batch, *, beta: float, aug: float) -> dict[str, Tensor]:
        """Step both at once."""
        synthetic = self.synthesiser.network(batch)
        second_BWV = self.stream(batch, synthetic.vision_BWV)
        loss = recogniser_loss(self.recogniser.network, batch, second_BWV, aug=aug, task=self.task)
        elbo = _elbo(self.settings, synthetic, batch, beta)
        (loss + elbo).backward()  # type: ignore[no-untyped-call]
        self.recogniser.step()
        self.synthesiser.step()
        return {"task": loss.detach(), "elbo": elbo.detach()}


def _elbo(settings: CmgVs, synthetic: Synthetic, batch: Batch, beta: float) -> Tensor:
    return elbo_loss(synthetic, batch, beta=beta, free_bits=settings.free_bits)
