"""The epochs of a training: what each step is given, its mean losses, and which epoch is kept.

What is judged and kept are averaged weights.  The epoch is chosen by the concordance of the inner
validation (log-likelihood for a class), which was split from the training participants.
"""

# S = sessions, K = cases

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import numpy as np
import torch
from torch import Tensor

from ...errors import TrainingError
from ...features.types import F64
from ..batches import Ragged, case_means
from ..checkpoint import Keeper
from ..metrics import concordance
from ..model import Kind
from ..parallel import diverge
from ..tensors import Resident
from .settings import Learning
from .start import PROBABILITY
from .training import Training

T = TypeVar("T")
Judgement: TypeAlias = tuple[tuple[float, ...], dict[str, float | None]]
"""Compared lexicographically, more is better; and the same, named, for the curve."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Course(Generic[T]):
    """Epochs over the training sessions."""

    model: str
    """Its name, for messages."""
    settings: Learning
    rng: np.random.Generator
    deal: Callable[[], Sequence[T]]
    """Cuts the batches of one epoch, always as many."""
    per_epoch: int
    """How many those are."""

    @property
    def steps(self) -> int:
        """Steps of a stage at most."""
        return self.settings.epochs * self.per_epoch

    def epochs(
        self, step: Callable[[T, int], dict[str, Tensor]], *, after: int
    ) -> Iterator[tuple[int, dict[str, float]]]:
        """Train an epoch at a time; yield its number, from `after` + 1, and its mean losses.

        Parameters
        ----------
        step : callable
            Takes a batch, and how many steps of the stage came before it; gives its losses.
        after : int
            Epochs of the stage that are done.

        Raises
        ------
        TrainingError
            If a loss is not finite.
        """
        n = after * self.per_epoch
        for epoch in range(after + 1, self.settings.epochs + 1):
            diverge(self.rng)
            seen: list[dict[str, Tensor]] = []
            for batch in self.deal():
                seen.append(step(batch, n))
                n += 1
            losses = {name: float(torch.stack([s[name] for s in seen]).mean()) for name in seen[0]}
            if not all(math.isfinite(loss) for loss in losses.values()):
                raise TrainingError(
                    f"{self.model}: the loss of epoch {epoch} is not finite; lower "
                    f"--set lr={self.settings.lr}"
                )
            yield epoch, losses

    def choose(
        self,
        step: Callable[[T, int], dict[str, Tensor]],
        going: Training,
        keeper: Keeper,
        judged: Callable[[], Judgement] | None,
    ) -> None:
        """Train the stage ``task`` from where it stands, and end with the weights judged best.

        Parameters
        ----------
        step : callable
            As `epochs` takes it.
        going : Training
        keeper : Keeper
            Keeps the training after each epoch.
        judged : callable or None
            Judges the averaged weights as they are; None: nobody can, and the last are kept.
        """
        for epoch, losses in self.epochs(step, after=going.done("task")):
            judgement: tuple[float, ...] = (float(epoch),)  # nobody to ask: later is better
            named: dict[str, float | None] = {}
            if judged is not None:
                judgement, named = judged()
            going.curve.append({"stage": "task", "epoch": epoch, **losses, **named})
            keeper.told(going.curve[-1], self.settings.epochs)
            if going.stopper.better(epoch, judgement):
                going.best = going.weights()
            if going.stopper.exhausted(epoch):
                break  # before it is kept: who resumes would train on
            keeper.keep(going)
        going.become_best()


def by_validation(
    predict: Callable[[Ragged, Resident], F64],
    validation: Ragged | None,
    kind: Kind,
    device: torch.device,
) -> Callable[[], Judgement] | None:
    """Judge `predict` (sessions, the same on the device -> (S,)) by the inner validation."""
    if validation is None:
        return None
    resident = Resident(validation, device)
    return lambda: judge(predict(validation, resident), validation, kind)


def judge(out_S: F64, validation: Ragged, kind: Kind) -> Judgement:
    """Say how good predictions of the inner validation are, by case.

    Returns
    -------
    judgement : tuple of float
        CCC, then less squared error (CCC is 0 for every prediction where the few validation cases
        share one score); mean log-likelihood for a class.
    named : dict
        The same for the curve; None where undefined.
    """
    _, out_K = case_means(out_S, validation.case_S)
    _, y_K = case_means(validation.y_S.astype(np.float64), validation.case_S)
    if kind == "class":
        p_K = np.clip(out_K, PROBABILITY, 1.0 - PROBABILITY)
        likelihood = float(np.mean(np.where(y_K > 0.5, np.log(p_K), np.log(1.0 - p_K))))
        return (likelihood,), {"validation_log_likelihood": likelihood}
    ccc = concordance(y_K, out_K)
    mse = float(np.mean((out_K - y_K) ** 2))
    return (ccc or 0.0, -mse), {"validation_ccc": ccc, "validation_mse": mse}
