"""One fit: a fold and a seed.  It standardises, trains, predicts and writes its model and record.

The record ``foldF-seedS.json`` is written after the model and names the run's key, so a fit that is
whole is never done twice and one that was cut short never counts.
"""

# S = sessions, K = cases of the test fold, C = columns, I = items

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..align.dataset import Target
from ..errors import DamagedError, TrainingError
from ..extract.store.atomic import read_sealed, replacing, write_sealed
from ..extract.store.key import sha256_file
from ..features.types import F64
from .batches import Ragged, select
from .cases import Corpus
from .checkpoint import Array, Epoch, Keeper, checkpoint_path
from .folds import split_inner
from .guard import check_normalisers, check_splits
from .model import Fitted, Model
from .normalise import Normaliser, fit_normaliser
from .outcome import looked, predictions, separated, validated
from .protocol import Split

Record: TypeAlias = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Which fit this is."""

    fold: int
    """Counted over all repeats."""
    repeat: int = 0
    """Which dealing of the folds it is of."""
    seed: int
    training: tuple[str, ...] | None = None
    """Participants that train, and those that choose where none are named for it; None: all that
    are not tested."""
    validation: tuple[str, ...] | None = None
    """Participants that choose the epoch; None: a share of `training` does."""
    test: tuple[str, ...]
    """Participants of the test fold."""
    variant: str = ""
    """What makes it another fit than the run's own of this fold and seed; it keeps no weights."""
    inner: int | None = None
    """Which inner fold of a choice of settings it is of; None: of none."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the model that are not the run's."""
    device: str
    key: str
    """Of the run; part of the record."""

    @property
    def name(self) -> str:
        """Stem of its files."""
        return f"fold{self.fold}-seed{self.seed}" + (self.variant and f"-{self.variant}")


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


def record_path(place: Path, unit: Unit) -> Path:
    """Where a fit records that it is whole."""
    return place / f"{unit.name}.json"


def model_path(place: Path, unit: Unit) -> Path:
    """Where a fit's weights lie."""
    return place / f"model-{unit.name}.safetensors"


def done(place: Path, unit: Unit) -> Record | None:
    """Read the record of a fit if it is of this run, and it and its model are whole to the byte."""
    path = record_path(place, unit)
    if not path.is_file():
        return None
    try:
        record = read_sealed(path)
    except DamagedError:  # fitted again
        return None
    if record["key"] != unit.key:
        return None
    if record["model"] is None:
        return record
    model = model_path(place, unit)
    whole = model.is_file() and sha256_file(model) == record["model"]["sha256"]
    return record if whole else None


def prepare_fold(corpus: Corpus, unit: Unit, model: Model, target: Target) -> Fold:
    """Split a fold and standardise it; nothing of a test participant shapes what is trained."""
    scores = corpus.scores()
    training = {
        name: y
        for name, y in scores.items()
        if name not in unit.test and (unit.training is None or name in unit.training)
    }
    if unit.validation is None or model.validation == 0:
        train, validation = split_inner(training, model.validation, _seed(unit))
    else:
        train, validation = tuple(sorted(training)), unit.validation
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
            names={part: _kept(corpus, part, one) for part, one in normalisers.items()},
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


def run_unit(
    corpus: Corpus,
    unit: Unit,
    model: Model,
    target: Target,
    place: Path,
    *,
    tell: Callable[[str | Epoch], None],
    checkpoint_s: float | None,
) -> Record:
    """Fit one fold with one seed, write its model, then its record; return the record."""
    fold, fitted, keeper = fit_unit(
        corpus, unit, model, target, place, tell=tell, checkpoint_s=checkpoint_s
    )
    weights = None
    if not unit.variant:
        path = model_path(place, unit)
        _write_model(path, fitted, fold, unit, model, corpus)
        weights = {
            "file": path.name,
            "bytes": path.stat().st_size,
            "sha256": sha256_file(path),
        }
    in_units = partial(_in_units, fold=fold, target=target)
    record: Record = {
        "key": unit.key,
        "fold": unit.fold,
        "repeat": unit.repeat,
        "seed": unit.seed,
        "variant": unit.variant,
        "changes": dict(unit.changes),
        "participants": {part: list(names) for part, names in fold.participants.items()},
        "constant": fold.constant,
        "columns_left_out": _columns_left_out(corpus, fold),
        "epoch": fitted.epoch,
        "curve": [dict(row) for row in fitted.curve],
        "predictions": predictions(
            corpus,
            fitted,
            target,
            fold.test.case_S,
            cases=fold.cases,
            in_units=in_units,
        ),
        "validation": validated(
            corpus, fitted, target, fold.validation, cases=fold.cases, in_units=in_units
        ),
        "separation": separated(corpus, fitted, fold.test.case_S, cases=fold.cases),
        "synthesis": [dict(row) for row in fitted.synthesis],
        "looks": looked(corpus, fitted, corpus.of(unit.test)),
        "model": weights,
        **_items(corpus),
    }
    write_sealed(record_path(place, unit), record)
    keeper.forget()
    return record


def give_up(place: Path, unit: Unit, why: str) -> Record:
    """Record that a fit cannot be done, and why; return the record."""
    record: Record = {
        "key": unit.key,
        "fold": unit.fold,
        "repeat": unit.repeat,
        "seed": unit.seed,
        "variant": unit.variant,
        "model": None,
        "failed": why,
    }
    write_sealed(record_path(place, unit), record)
    return record


def fit_unit(
    corpus: Corpus,
    unit: Unit,
    model: Model,
    target: Target,
    place: Path,
    *,
    tell: Callable[[str | Epoch], None],
    checkpoint_s: float | None,
) -> tuple[Fold, Fitted, Keeper]:
    """Fit one fold with one seed; what a rank that follows does of a fit."""
    model = model.varied(unit.changes)
    fold = prepare_fold(corpus, unit, model, target)
    keeper = Keeper(
        checkpoint_path(place, unit.name),
        {"run": unit.key, "fit": unit.name, "changes": dict(unit.changes)},
        every_s=checkpoint_s,
        tell=tell,
    )
    fitted = model.fit(
        fold.training,
        fold.validation,
        fold.test,
        kind=target.kind,
        seed=_seed(unit),
        device=unit.device,
        keeper=keeper,
    )
    return fold, fitted, keeper


def _seed(unit: Unit) -> int:
    """Seed of a fit: folds of one seed must not share their noise."""
    of_inner = [] if unit.inner is None else [unit.inner]
    return int(np.random.SeedSequence([unit.seed, unit.fold, *of_inner]).generate_state(1)[0])


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


def _kept(corpus: Corpus, part: str, one: Normaliser) -> tuple[str, ...]:
    """Name the columns that are left after standardising."""
    return tuple(corpus.names[part][c] for c in one.kept_K)


def _in_units(out_K: F64, fold: Fold, target: Target) -> F64:
    """Turn predictions into units of the target."""
    if target.kind != "score":
        return out_K
    low, high = fold.scale
    in_units_K: F64 = low + out_K * (high - low)
    return in_units_K


def _items(corpus: Corpus) -> dict[str, dict[str, object]]:
    """Describe the items that are learnt, where there are any."""
    return {} if corpus.items is None else {"items": asdict(corpus.items)}


def _columns_left_out(corpus: Corpus, fold: Fold) -> dict[str, list[str]]:
    """Name, by part, the columns that were never measured in the training part."""
    left_out = {}
    for part, names in corpus.names.items():
        one = fold.normalisers.get(part)
        kept = set() if one is None else set(one.kept_K.tolist())
        missing = [name for c, name in enumerate(names) if c not in kept]
        if missing:
            left_out[part] = missing
    return left_out


def _write_model(
    path: Path, fitted: Fitted, fold: Fold, unit: Unit, model: Model, corpus: Corpus
) -> None:
    """Write the weights, what standardises their input, and the names of its columns."""
    from safetensors.numpy import save

    tensors: dict[str, Array] = dict(fitted.tensors)
    for part, one in fold.normalisers.items():
        tensors[f"normaliser.{part}.centre"] = one.centre_K
        tensors[f"normaliser.{part}.scale"] = one.scale_K
    about = {
        "model": model.name,
        "depx": version("depx"),
        "fold": unit.fold,
        "seed": unit.seed,
        "epoch": fitted.epoch,
        "run": unit.key,
        "columns": {part: list(_kept(corpus, part, one)) for part, one in fold.normalisers.items()},
        "scale": list(fold.scale),
        "draws_from": _seed(unit),
        **_items(corpus),
    }
    # One entry: safetensors writes several in the order of a hash map, which differs by process.
    metadata = {"depx": json.dumps(about, sort_keys=True)}
    with replacing(path) as written:
        written.write_bytes(save(dict(sorted(tensors.items())), metadata))
