"""Train MCCL on one fold: what a step is, and what the trained network says of the test sessions.

The epochs, and which of them is kept, are `learning.course`'s; the test sessions are predicted
once, at the end.
"""

# G = cases of a batch, Y = windows a case, B = their windows

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...features.types import F64
from ..batches import Ragged
from ..chance import reproducible
from ..checkpoint import Keeper
from ..learning.course import Course, by_validation
from ..learning.schedule import Learner, Stopper
from ..learning.start import start_of
from ..learning.task import Task
from ..learning.training import Training
from ..model import Fitted, Kind
from ..parallel import gathered, share
from ..tensors import Batch, Resident
from .config import Mccl
from .contrast import info_nce
from .network import Network, Views
from .predictor import Predictor
from .windows import count_batches, examples


def fit(
    settings: Mccl,
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
        Frames, standardised on the training fold; without `validation` the last epoch is kept.
    kind : score or class
        Whether y is a scaled score or 0 | 1.
    seed : int >= 0
        Of the initial weights, the windows, the batches and dropout.
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
        If the loss is not finite.
    """
    where = torch.device(device)
    assert training.rate_hz is not None  # frames have one
    window, together = settings.window(training.rate_hz), settings.windows
    with reproducible(seed, where):
        rng, resident = np.random.default_rng(seed), Resident(training, where)
        course = Course(
            model=settings.name,
            settings=settings,
            rng=rng,
            deal=lambda: examples(
                training,
                window=window,
                grid=settings.patch,
                together=together,
                size=settings.batch,
                rng=rng,
            ),
            per_epoch=count_batches(
                training, window=window, together=together, size=settings.batch
            ),
        )
        columns = {cue: int(value_NC.shape[1]) for cue, value_NC in training.vectors.items()}
        start = start_of(training, kind, class_head=_has_class_head(settings, training, kind))
        network = Network(settings, columns, start).to(where)
        learner = Learner(network, settings, course.steps)
        stopper = Stopper(settings.patience)
        going = Training(learners={"network": learner}, stopper=stopper, rng=rng, device=where)
        keeper.resume(going)
        predictor = Predictor(settings=settings, kind=kind, network=learner.averaged, window=window)
        step = Step(settings, Task(kind, settings.loss, settings.class_weight), learner)

        def predict(sessions: Ragged, there: Resident) -> F64:
            readout = predictor.readout(training, resident)
            return predictor.read(predictor.embed(sessions, there), readout).out_S

        course.choose(
            lambda crops, _n: step(
                share(resident, crops, together=together, shortest=settings.patch)
            ),
            going,
            keeper,
            by_validation(predict, validation, kind, where),
        )

        tested, readout = Resident(test, where), predictor.readout(training, resident)
        embedded = predictor.embed(test, tested)
        predicted = predictor.read(embedded, readout)
        chosen = None
        if validation is not None:
            there = predictor.embed(validation, Resident(validation, where))
            chosen = predictor.read(there, readout)
        return Fitted(
            out_S=predicted.out_S,
            chosen_S=None if chosen is None else chosen.out_S,
            chosen_p_S=None if chosen is None else chosen.class_S,
            without={
                cue: predictor.read(predictor.embed(test, tested, cue), readout).out_S
                for cue in columns
            },
            p_S=predicted.class_S,
            represented_SD=embedded.case_KX.float().cpu().numpy()[embedded.place_S],
            looks=predictor.looks(embedded, test),
            tensors={name: tensor.float().cpu().numpy() for name, tensor in going.best.items()}
            | ({} if readout is None else readout.tensors()),
            epoch=going.stopper.epoch,
            curve=going.curve,
        )


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labels of the cases of a batch, whose windows have them all alike."""

    y_B: Tensor
    weight_B: Tensor
    positive_B: Tensor
    level_BI: Tensor


@dataclass(frozen=True, eq=False)
class Step:
    """One step: the label's loss of the cases, and the contrast between the views of windows."""

    settings: Mccl
    task: Task
    learner: Learner[Network]

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Step the network."""
        views = self.learner.network.view(batch)
        losses = {}
        if not self.settings.paper_mode:
            losses["task"] = self._of_labels(views, batch)
        if self.settings.contrasts:
            losses["contrast"] = self._between(views, batch.participant_B)
        weight = {"task": 1.0, "contrast": self.settings.contrast}
        self.learner.learn(
            torch.stack([weight[name] * loss for name, loss in losses.items()]).sum()
        )
        return {name: loss.detach() for name, loss in losses.items()}

    def _of_labels(self, views: Views, batch: Batch) -> Tensor:
        network, together = self.learner.network, self.settings.windows
        embedding_GYX = views.embedding_BX.reshape(-1, together, views.embedding_BX.shape[-1])
        out = network.judge(network.case(embedding_GYX, views.seen_B.reshape(-1, together)))
        labels = Labelled(
            batch.y_B[::together],
            batch.weight_B[::together],
            batch.positive_B[::together],
            batch.level_BI[::together],
        )
        return self.task(out, labels)

    def _between(self, views: Views, participant_B: Tensor) -> Tensor:
        projector = self.learner.network.projector
        assert projector is not None
        assert views.cross_BE is not None
        assert views.temporal_BE is not None
        return info_nce(
            gathered(projector(views.cross_BE)),
            gathered(projector(views.temporal_BE)),
            gathered(participant_B),
            gathered(views.seen_B.float()) > 0,
            tau=self.settings.tau,
        )


def _has_class_head(settings: Mccl, training: Ragged, kind: Kind) -> bool:
    """Say whether a class is learnt beside the score: if somebody knows who is positive."""
    positive_S = training.positive_S
    known = positive_S is not None and not np.isnan(positive_S).all()
    return kind == "score" and settings.class_weight > 0 and known and not settings.paper_mode
