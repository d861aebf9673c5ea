"""Train CMG-VS on one fold: the loop, its stages, and the choice of the epoch.

The epochs, and which of them is kept, are `learning.course`'s; the test sessions are predicted
once, at the end.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from ...features.types import F32
from ..batches import Crops, Ragged, training_batches
from ..chance import reproducible
from ..checkpoint import Keeper
from ..learning.course import Course, by_validation
from ..learning.schedule import Learner, Stopper, ramp_at
from ..learning.start import start_of
from ..learning.task import Task
from ..learning.training import Training
from ..model import Fitted, Kind
from ..parallel import share
from ..tensors import Resident
from .appraisal import represented, synthesis
from .config import CmgVs
from .predictor import Predictor, answers
from .recogniser import Recogniser
from .steps import Alternate, Elbo, Joint, Plain
from .streams import Noise, SecondStream, synthetic_columns
from .synthesiser import Synthesiser

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
    with reproducible(seed, where):
        columns = settings.widths({p: int(v.shape[1]) for p, v in training.vectors.items()})
        rng, resident = np.random.default_rng(seed), Resident(training, where)
        per_epoch = -(-training.sessions // settings.batch)
        course = Course(
            model=settings.name,
            settings=settings,
            rng=rng,
            deal=lambda: training_batches(
                training, size=settings.batch, crop=settings.crop, rng=rng
            ),
            per_epoch=per_epoch,
        )
        start = start_of(
            training,
            kind,
            class_head=bool(settings.class_weight),
            items=bool(settings.item_weight),
        )
        stream = SecondStream(
            shuffled=settings.synth == "shuffled",
            synthetic_V=synthetic_columns(settings, training.names.get("vision", ())).to(where),
        )
        recogniser = Learner(Recogniser(settings, columns, start).to(where), settings, course.steps)
        synthesiser = None
        if settings.synthesises:
            synthesiser = Learner(Synthesiser(settings, columns).to(where), settings, course.steps)
        learners: dict[str, Learner[Any]] = {"recogniser": recogniser}
        if synthesiser is not None:
            learners["synthesiser"] = synthesiser
        stopper = Stopper(settings.patience)
        going = Training(learners=learners, stopper=stopper, rng=rng, device=where)
        keeper.resume(going)
        predictor = Predictor(
            settings=settings,
            kind=kind,
            recogniser=recogniser.averaged,
            synthesiser=None if synthesiser is None else synthesiser.averaged,
            stream=replace(stream, shuffled=False),
            seed=seed,
        )

        def ramped(step: Step) -> Callable[[Crops, int], dict[str, Tensor]]:
            """Let a step gather its batch, and know how far the weights of the losses rose."""

            def stepped(crops: Crops, n: int) -> dict[str, Tensor]:
                beta = settings.beta * ramp_at(n, settings.beta_warmup * course.steps)
                aug = settings.aug * ramp_at(n, settings.aug_ramp * per_epoch)
                return step(share(resident, crops), beta=beta, aug=aug)

            return stepped

        if synthesiser is not None and settings.synth == "two-stage":
            elbo = ramped(Elbo(settings, synthesiser))
            for epoch, losses in course.epochs(elbo, after=going.done("elbo")):
                going.curve.append({"stage": "elbo", "epoch": epoch, **losses})
                keeper.told(going.curve[-1], settings.epochs)
                keeper.keep(going)
        task = Task(kind, settings.loss, settings.class_weight, settings.item_weight)
        step = _task_step(settings, task, recogniser, synthesiser, stream, resident)
        judged = by_validation(lambda *there: predictor(*there).out_S, validation, kind, where)
        course.choose(ramped(step), going, keeper, judged)

        tested = Resident(test, where)
        predicted = predictor(test, tested)
        chosen = None if validation is None else predictor(validation, Resident(validation, where))
        return Fitted(
            out_S=predicted.out_S,
            chosen_S=None if chosen is None else chosen.out_S,
            chosen_p_S=None if chosen is None else chosen.class_S,
            without={part: predictor(test, tested, without=part).out_S for part in columns},
            p_S=predicted.class_S,
            answer_SI=answers(predicted.above_SIT, test.items),
            represented_SD=represented(settings, recogniser.averaged, test, tested),
            synthesis=synthesis(predictor, test, tested),
            tensors={name: _array(tensor) for name, tensor in going.best.items()},
            epoch=going.stopper.epoch,
            curve=going.curve,
        )


def _task_step(
    settings: CmgVs,
    task: Task,
    recogniser: Learner[Recogniser],
    synthesiser: Learner[Synthesiser] | None,
    stream: SecondStream,
    resident: Resident,
) -> Step:
    """Choose how a step is made."""
    if settings.synth == "noise":
        noise = Noise.of(resident.vectors["vision"])
        return Plain(task, recogniser, lambda batch: stream(batch, noise(batch)))
    if synthesiser is None:
        return Plain(task, recogniser)
    if settings.synth == "two-stage":
        frozen = synthesiser.averaged
        return Plain(task, recogniser, lambda batch: stream(batch, frozen(batch).vision_BWV))
    if settings.optimise == "joint":
        return Joint(settings, task, recogniser, synthesiser, stream)
    return Alternate(settings, task, recogniser, synthesiser, stream)


def _array(tensor: Tensor) -> F32:
    array: F32 = tensor.detach().float().cpu().numpy()
    return array
