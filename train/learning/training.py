"""All of a training that changes from epoch to epoch: what a checkpoint holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import chance
from ..checkpoint import Row, State
from .schedule import Learner, Stopper


@dataclass(eq=False, kw_only=True)
class Training:
    """The networks of a model as they learn, what they were judged, where the generators stand."""

    learners: Mapping[str, Learner[Any]]
    """Each network by its name, before which its weights go in the model's file."""
    stopper: Stopper
    rng: np.random.Generator
    device: torch.device
    best: Mapping[str, Tensor] = field(default_factory=dict)
    """Averaged weights of the networks in the epoch that was judged best."""
    curve: list[Row] = field(default_factory=list)
    """A row an epoch that is done."""

    def done(self, stage: str) -> int:
        """Count the epochs of a stage that are done."""
        return sum(row["stage"] == stage for row in self.curve)

    def weights(self) -> dict[str, Tensor]:
        """Copy the averaged weights of the networks."""
        return {
            f"{name}.{of_network}": tensor.clone()
            for name, learner in self.learners.items()
            for of_network, tensor in learner.averaged.state_dict().items()
        }

    def become_best(self) -> None:
        """Let the averaged networks be those of the epoch that was judged best."""
        for name, learner in self.learners.items():
            learner.averaged.load_state_dict(
                {of: self.best[f"{name}.{of}"] for of in learner.averaged.state_dict()}
            )

    def state(self) -> State:
        """Say all that the epochs to come depend on."""
        return {
            **{name: learner.state() for name, learner in self.learners.items()},
            "stopper": {"best": self.stopper.best, "epoch": self.stopper.epoch},
            "chance": chance.state_of(self.rng, self.device),
            "best": dict(self.best),
            "curve": self.curve,
        }

    def restore(self, state: State) -> None:
        """Become what `state` says."""
        for name, learner in self.learners.items():
            learner.restore(state[name])
        best = state["stopper"]["best"]
        self.stopper.best = None if best is None else tuple(best)
        self.stopper.epoch = state["stopper"]["epoch"]
        chance.restore(state["chance"], self.rng)
        self.best = {name: tensor.to(self.device) for name, tensor in state["best"].items()}
        self.curve = state["curve"]
