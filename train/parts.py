"""The parts of a fold: who trains, who chooses, who is tested, standardised by those who train."""

# S = sessions, K = cases of the test fold, C = columns, I = items

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..align.dataset import Target
from ..errors import TrainingError
from ..features.types import F64
from .batches import Ragged, select
from .cases import Corpus
from .folds import split_inner
from .guard import check_normalisers, check_splits
from .model import Model
from .normalise import Normaliser, fit_normaliser
from .protocol import Split
from .unit import Unit


@dataclass(frozen=True, eq=False, kw_only=True)
class Fold:
    """The three parts of a fold, standardised by the first, and what that took."""

    training: Ragged
    validation: Ragged | None
    test: Ragged
    cases: tuple[str, ...]
    """Name of each case number."""
    participants: Mapping[str, tuple[str, ...]]
    """``training``, ``validation``, ``test``."""
    normalisers: Mapping[str, Normaliser]
    scale: tuple[float, float]
    """Ends of the target's scale: the target's own, else the training part's."""
    constant: float
    """Mean label of the training fold's cases, validation included: what a model must beat."""


def sides_of(
    scores: Mapping[str, float], unit: Unit, model: Model
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say who trains in a fit, and who chooses the epoch.

    Raises
    ------
    TrainingError
        If they are too few.
    """
    training = {
        name: y
        for name, y in scores.items()
        if name not in unit.test and (unit.training is None or name in unit.training)
    }
    if unit.validation is None or model.validation == 0:
        return split_inner(training, model.validation, unit.noise)
    return tuple(sorted(training)), unit.validation


def prepare_fold(corpus: Corpus, unit: Unit, model: Model, target: Target) -> Fold:
    """Split a fold and standardise it; nothing of a test participant shapes what is trained."""
    train, validation = sides_of(corpus.scores(), unit, model)
    sides = {"training": train, "validation": validation, "test": unit.test}
    check_splits([Split(repeat=unit.repeat, fold=unit.fold, **sides)])
    train_S, test_S = corpus.of(train), corpus.of(unit.test)
    scale = _scale(target, corpus.y_S[train_S])
    raw = _ragged(corpus, target, scale)
    training_raw = select(raw, train_S)
    normalisers = {
        part: fit_normaliser(value_NC, model.normalise, one_scale=model.one_scale(part))
        for part, value_NC in training_raw.vectors.items()
    }
    normalisers = {part: one for part, one in normalisers.items() if one.kept_K.size}
    check_normalisers(corpus, train, normalisers, model.normalise)
    if not normalisers:
        raise TrainingError(f"fold {unit.fold}: no column was ever measured in its training part")

    def standardised(ragged: Ragged) -> Ragged:
        return replace(
            ragged,
            vectors={part: one(ragged.vectors[part]) for part, one in normalisers.items()},
            names={part: kept(corpus, part, one) for part, one in normalisers.items()},
        )

    return Fold(
        training=standardised(training_raw),
        validation=standardised(select(raw, corpus.of(validation))) if validation else None,
        test=standardised(select(raw, test_S)).blind(),
        cases=tuple(sorted(set(corpus.cases))),
        participants=sides,
        normalisers=normalisers,
        scale=scale,
        constant=_mean_label(corpus, {*train, *validation}),
    )


def _mean_label(corpus: Corpus, participants: Collection[str]) -> float:
    """Average the labels of the cases of some participants, each case once."""
    label = {
        case: y
        for case, participant, y in zip(corpus.cases, corpus.participants, corpus.y_S, strict=True)
        if participant in participants
    }
    return float(np.mean([label[case] for case in sorted(label)]))


def _scale(target: Target, y_S: F64) -> tuple[float, float]:
    """Give the ends of the scale; where nobody knows them, those of the training part's labels."""
    if target.min is not None and target.max is not None:
        return target.min, target.max
    low, high = float(y_S.min()), float(y_S.max())
    if low == high:
        raise TrainingError(
            f"target {target.name}: every label of a training part is {low:g}, so there is nothing "
            "to learn; align with other labels, or name its scale with --set target.min= and "
            "target.max="
        )
    return low, high


def _ragged(corpus: Corpus, target: Target, scale: tuple[float, float]) -> Ragged:
    _, case_S = np.unique(np.array(corpus.cases), return_inverse=True)
    _, participant_S = np.unique(np.array(corpus.participants), return_inverse=True)
    low, high = scale
    scaled_S = (corpus.y_S - low) / (high - low)
    truth_S = corpus.truth(target)
    level_SI = None
    if corpus.items is not None and corpus.answer_SI is not None:
        level_SI = corpus.answer_SI - corpus.items.low
    return Ragged(
        vectors=corpus.vectors,
        offsets_S1=corpus.offsets_S1,
        y_S=(scaled_S if target.kind == "score" else corpus.y_S).astype(np.float32),
        case_S=case_S.astype(np.int64),
        participant_S=participant_S.astype(np.int64),
        names=corpus.names,
        positive_S=None if truth_S is None else truth_S.astype(np.float32),
        items=corpus.items,
        level_SI=None if level_SI is None else level_SI.astype(np.float32),
        rate_hz=corpus.rate_hz,
        time_s_N=corpus.time_s_N,
    )


def kept(corpus: Corpus, part: str, one: Normaliser) -> tuple[str, ...]:
    """Name the columns that are left after standardising."""
    return tuple(corpus.names[part][c] for c in one.kept_K)
