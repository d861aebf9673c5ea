"""Do one fit: standardise, train, predict, write its model, then its record."""

# K = cases of the test fold

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path

from ..align.dataset import Target
from ..extract.store.atomic import replacing, write_sealed
from ..extract.store.key import sha256_file
from ..features.types import F64
from .cases import Corpus
from .checkpoint import Array, Epoch, Keeper, checkpoint_path
from .model import Fitted, Model
from .outcome import looked, predictions, separated, validated
from .parts import Fold, kept, prepare_fold
from .unit import Record, Unit, model_path, record_path


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
        seed=unit.noise,
        device=unit.device,
        keeper=keeper,
    )
    return fold, fitted, keeper


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
        "columns": {part: list(kept(corpus, part, one)) for part, one in fold.normalisers.items()},
        "scale": list(fold.scale),
        "draws_from": unit.noise,
        **_items(corpus),
    }
    # One entry: safetensors writes several in the order of a hash map, which differs by process.
    metadata = {"depx": json.dumps(about, sort_keys=True)}
    with replacing(path) as written:
        written.write_bytes(save(dict(sorted(tensors.items())), metadata))
