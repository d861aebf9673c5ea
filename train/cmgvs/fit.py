"""Train CMG-VS on one fold: the loop, its stages, and the choice of the epoch.

What is judged and kept are averaged weights.  The epoch is chosen by the concordance of the inner
validation (log-likelihood for a class), which was split from the training participants; the test
sessions are predicted once, at the end.
"""

# S = sessions, K = cases, I = items, T = their thresholds

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from ...errors import TrainingError
from ...features.types import F32, F64
from ..batches import Ragged, case_means, training_batches
from ..checkpoint import Keeper
from ..metrics import concordance
from ..model import Fitted, Kind
from ..parallel import diverge, share
from ..tensors import Resident
from .appraisal import represented, synthesis
from .config import CmgVs
from .objective import Task
from .predictor import Predictor
from .recogniser import Recogniser
from .schedule import Learner, Stopper, ramp_at
from .start import PROBABILITY, start_of
from .steps import Alternate, Elbo, Joint, Plain
from .streams import Noise, SecondStream, synthetic_columns
from .synthesiser import Synthesiser
from .training import Training

Step: TypeAlias = Callable[..., dict[str, Tensor]]


def fit(
    settings: CmgVs,
    training: Ragged,
    validation: Ragged | None,
    test: Ragged,
    *,
    kind: Kind,
    seed: int,
    device: str,
    keeper: Keeper,
) -> Fitted:
    """Train on one fold and predict its test sessions.

    Parameters
    ----------
    training, validation, test : Ragged
        Standardised on the training fold; without `validation` the last epoch is kept.
    kind : score or class
        Whether y is a scaled score or 0 | 1.
    seed : int >= 0
        Of the initial weights, the batches, the crops, dropout and the latent.
    device : cpu or cuda
        The same bytes for the same seed are promised on the CPU.
    keeper : Keeper
        Resumes the training where it was killed, and keeps it after each epoch.

    Returns
    -------
    Fitted
        Predictions of the test sessions, averaged weights of the chosen epoch, and the curve.

    Raises
    ------
    TrainingError
        If the loss is not finite, or no session of the training part knows what a head is to
        learn.
    """
    where = torch.device(device)
    with _reproducible(seed, where):
        columns = settings.widths({p: int(v.shape[1]) for p, v in training.vectors.items()})
        course = _Course(settings, training, where, np.random.default_rng(seed))
        start = start_of(training, kind, settings)
        stream = SecondStream(
            shuffled=settings.synth == "shuffled",
            synthetic_V=synthetic_columns(settings, training.names.get("vision", ())).to(where),
        )
        recogniser = Learner(Recogniser(settings, columns, start).to(where), settings, course.steps)
        synthesiser = None
        if settings.synthesises:
            synthesiser = Learner(Synthesiser(settings, columns).to(where), settings, course.steps)
        going = Training(
            recogniser=recogniser,
            synthesiser=synthesiser,
            stopper=Stopper(settings.patience),
            rng=course.rng,
            device=where,
        )
        keeper.resume(going)
        predictor = Predictor(
            settings=settings,
            kind=kind,
            recogniser=recogniser.averaged,
            synthesiser=None if synthesiser is None else synthesiser.averaged,
            stream=replace(stream, shuffled=False),
            seed=seed,
        )

        if synthesiser is not None and settings.synth == "two-stage":
            step: Step = Elbo(settings, synthesiser)
            for epoch, losses in course.epochs(step, after=going.done("elbo")):
                going.curve.append({"stage": "elbo", "epoch": epoch, **losses})
                keeper.told(going.curve[-1], settings.epochs)
                keeper.keep(going)
        judged = None if validation is None else Resident(validation, where)
        task = Task(kind, settings.loss, settings.class_weight, settings.item_weight)
        step = _task_step(course, task, recogniser, synthesiser, stream)
        for epoch, losses in course.epochs(step, after=going.done("task")):
            judgement: tuple[float, ...] = (float(epoch),)  # nobody to ask: later is better
            named: dict[str, float | None] = {}
            if validation is not None and judged is not None:
                out_S = predictor(validation, judged).out_S
                judgement, named = judge(out_S, validation, kind)
            going.curve.append({"stage": "task", "epoch": epoch, **losses, **named})
            keeper.told(going.curve[-1], settings.epochs)
            if going.stopper.better(epoch, judgement):
                going.best = going.weights()
            if going.stopper.exhausted(epoch):
                break  # before it is kept: who resumes would train on
            keeper.keep(going)

        going.become_best()
        resident = Resident(test, where)
        predicted = predictor(test, resident)
        return Fitted(
            out_S=predicted.out_S,
            without={part: predictor(test, resident, without=part).out_S for part in columns},
            p_S=predicted.class_S,
            answer_SI=_answers(predicted.above_SIT, test),
            represented_SD=represented(settings, recogniser.averaged, test, resident),
            synthesis=synthesis(predictor, test, resident),
            tensors={name: _array(tensor) for name, tensor in going.best.items()},
            epoch=going.stopper.epoch,
            curve=going.curve,
        )


def judge(
    out_S: F64, validation: Ragged, kind: Kind
) -> tuple[tuple[float, ...], dict[str, float | None]]:
    """Say how good predictions of the inner validation are, by case.

    Returns
    -------
    judgement : tuple of float
        Compared lexicographically, more is better: CCC, then less squared error (CCC is 0 for every
        prediction where the few validation cases share one score); mean log-likelihood for a class.
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


class _Course:
    """Epochs over the training sessions, with what rises by the step."""

    def __init__(
        self, settings: CmgVs, training: Ragged, device: torch.device, rng: np.random.Generator
    ) -> None:
        self.settings, self._training, self.rng = settings, training, rng
        self.resident = Resident(training, device)
        self._per_epoch = -(-training.sessions // settings.batch)
        self.steps = settings.epochs * self._per_epoch

    def epochs(self, step: Step, *, after: int) -> Iterator[tuple[int, dict[str, float]]]:
        """Train an epoch at a time; yield its number, from `after` + 1, and its mean losses."""
        settings = self.settings
        n = after * self._per_epoch
        for epoch in range(after + 1, settings.epochs + 1):
            diverge(self.rng)
            seen: list[dict[str, Tensor]] = []
            for crops in training_batches(
                self._training, size=settings.batch, crop=settings.crop, rng=self.rng
            ):
                beta = settings.beta * ramp_at(n, settings.beta_warmup * self.steps)
                aug = settings.aug * ramp_at(n, settings.aug_ramp * self._per_epoch)
                seen.append(step(share(self.resident, crops), beta=beta, aug=aug))
                n += 1
            losses = {name: float(torch.stack([s[name] for s in seen]).mean()) for name in seen[0]}
            if not all(math.isfinite(loss) for loss in losses.values()):
                raise TrainingError(
                    f"cmg-vs: the loss of epoch {epoch} is not finite; lower --set lr={settings.lr}"
                )
            yield epoch, losses


def _task_step(
    course: "_Course",
    task: Task,
    recogniser: Learner[Recogniser],
    synthesiser: Learner[Synthesiser] | None,
    stream: SecondStream,
) -> Step:
    """Choose how a step is made."""
    settings = course.settings
    if settings.synth == "noise":
        noise = Noise.of(course.resident.vectors["vision"])
        return Plain(task, recogniser, lambda batch: stream(batch, noise(batch)))
    if synthesiser is None:
        return Plain(task, recogniser)
    if settings.synth == "two-stage":
        frozen = synthesiser.averaged
        return Plain(task, recogniser, lambda batch: stream(batch, frozen(batch).vision_BWV))
    if settings.optimise == "joint":
        return Joint(settings, task, recogniser, synthesiser, stream)
    return Alternate(settings, task, recogniser, synthesiser, stream)


def _answers(above_SIT: F64 | None, test: Ragged) -> F64 | None:
    """Expect (S, I) of each item the lowest answer, and a step for each threshold passed."""
    if above_SIT is None or test.items is None:
        return None
    expected_SI: F64 = test.items.low + above_SIT.sum(axis=-1)
    return expected_SI


def _array(tensor: Tensor) -> F32:
    array: F32 = tensor.detach().float().cpu().numpy()
    return array


@contextmanager
def _reproducible(seed: int, device: torch.device) -> Iterator[None]:
    """Fix the seed and one native thread for the block; leave the process as it was."""
    threads = torch.get_num_threads()
    strict = torch.are_deterministic_algorithms_enabled()
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if cuda else []):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        # cuBLAS is deterministic only under an environment variable that must be set at its start.
        torch.use_deterministic_algorithms(not cuda)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)
