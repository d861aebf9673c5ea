"""A finished run as prediction needs it: its model, its target, and each fit as it was saved.

Every file that is read is held against the hash that ``run.json`` has of it first.
"""

# N = words (or frames) of all sessions, S = sessions, K = columns that a fit reads

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ...align.dataset import Target
from ...errors import DamagedError, StoreError
from ...extract.store.atomic import read_json, read_sealed
from ...extract.store.key import sha256_file
from ...extract.store.place import FITS, kind_of, kind_of_unfinished, open_marker
from ...features.types import F32
from ..batches import Ragged
from ..cases import Corpus
from ..items import Items
from ..model import Judged, Model
from ..normalise import Normaliser
from ..place import METRICS
from ..registry import MODELS


@dataclass(frozen=True, eq=False, kw_only=True)
class SavedFit:
    """One fit: what it reads, how that is standardised, and whom it has seen."""

    path: Path
    """Its weights."""
    seen: frozenset[str]
    """Participants that trained it or chose its epoch."""
    columns: Mapping[str, tuple[str, ...]]
    """Part of the model -> the columns that it reads."""
    normalisers: Mapping[str, Normaliser]
    scale: tuple[float, float]
    """Ends of the target's scale."""
    draws_from: int
    """Seed of what it imagines."""
    items: Items | None
    changes: Mapping[str, Any]
    """Settings of the model that inner folds chose for it."""

    def standardised(self, corpus: Corpus) -> Ragged:
        """Standardise sessions as the fit's own were, column by name.

        A column that they do not have is NaN, as one that was not measured; one that the fit does
        not read is left out.
        """
        rows = int(corpus.offsets_S1[-1])
        vectors = {}
        for part, names in self.columns.items():
            there = {name: c for c, name in enumerate(corpus.names.get(part, ()))}
            found = [k for k, name in enumerate(names) if name in there]
            value_NK: F32 = np.full((rows, len(names)), np.nan, dtype=np.float32)
            if found:
                value_NK[:, found] = corpus.vectors[part][:, [there[names[k]] for k in found]]
            vectors[part] = self.normalisers[part](value_NK)
        unknown_S = np.full(len(corpus.sessions), np.nan, dtype=np.float32)
        return Ragged(
            vectors=vectors,
            offsets_S1=corpus.offsets_S1,
            y_S=unknown_S,
            case_S=np.unique(np.array(corpus.cases), return_inverse=True)[1].astype(np.int64),
            participant_S=np.unique(np.array(corpus.participants), return_inverse=True)[1].astype(
                np.int64
            ),
            names=self.columns,
            items=self.items,
            rate_hz=corpus.rate_hz,
            time_s_N=corpus.time_s_N,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class SavedRun:
    """A run whose files are whole."""

    path: Path
    about: Mapping[str, Any]
    """``run.json``."""
    metrics: Mapping[str, Any]
    """``metrics.json``."""
    model: Model
    target: Target
    parts: Mapping[str, str]
    """Part of the model -> modality, in the model's order."""
    fits: tuple[SavedFit, ...]

    def judge(self, fit: SavedFit, sessions: Ragged, device: str) -> Judged:
        """Let a fit predict standardised sessions."""
        return self.model.varied(fit.changes).predict(
            fit.path, sessions, kind=self.target.kind, seed=fit.draws_from, device=device
        )

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval of a prediction, in units of the target, if known."""
        conformal = self.metrics.get("conformal")
        return conformal.get("half_width") if isinstance(conformal, dict) else None


def open_run(path: Path) -> SavedRun:
    """Open a finished run.

    Raises
    ------
    StoreError
        If `path` is no run, or one that is not finished, or was made by a depx that did not record
        how its features were made.
    DamagedError
        If a file of it is missing or is not as ``run.json`` records it.
    """
    if kind_of(path) is None and kind_of_unfinished(path) == "run":
        raise StoreError(f"{path}: is an unfinished run; run the same depx train again")
    about = open_marker(path, "run")
    files: Mapping[str, Mapping[str, Any]] = about["files"]
    if "made" not in about:
        raise StoreError(
            f"{path}: was trained by a depx that did not record how its features were made; "
            "expected a run that says it; run the same depx train with --force"
        )
    made = MODELS[about["model"]]
    model: Model = made(**_settings(made, about["config"]))
    records = [read_sealed(_whole(path, n, files)) for n in sorted(files) if Path(n).match(FITS[0])]
    parts = model.modalities(set(about["modalities"].values()))
    return SavedRun(
        path=path,
        about=about,
        metrics=read_json(_whole(path, METRICS, files)),
        model=model,
        target=Target(**about["target"]),
        parts=parts,
        fits=tuple(
            saved_fit(_whole(path, record["model"]["file"], files), record, parts)
            for record in sorted(records, key=lambda record: (record["seed"], record["fold"]))
            if record["model"] is not None  # probes, and fits that chose settings, keep none
        ),
    )


def _settings(made: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Take a model's settings from its run, but those that name a place: the weights are saved."""
    of_places = {field.name for field in fields(made) if "recorded" in field.metadata}
    return {
        field.name: config[field.name]
        for field in fields(made)
        if field.name in config and field.name not in of_places
    }


def _whole(place: Path, name: str, files: Mapping[str, Mapping[str, Any]]) -> Path:
    """Give the path of a file of the run that is as it was written."""
    path = place / name
    there = path.is_file()
    if not there or sha256_file(path) != files[name]["sha256"]:
        got = "is not as run.json records it" if there else "is missing"
        raise DamagedError(f"{path}: {got}; the same depx train mends it")
    return path


def saved_fit(path: Path, record: Mapping[str, Any], parts: Collection[str]) -> SavedFit:
    """Read what a fit reads, and how, its parts in the order of the model's."""
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        about = json.loads(file.metadata()["depx"])
        columns = {
            part: tuple(about["columns"][part]) for part in parts if part in about["columns"]
        }
        normalisers = {
            part: Normaliser(
                kept_K=np.arange(len(names)),
                centre_K=file.get_tensor(f"normaliser.{part}.centre"),
                scale_K=file.get_tensor(f"normaliser.{part}.scale"),
            )
            for part, names in columns.items()
        }
    items, low_high = about.get("items"), about["scale"]
    people = record["participants"]
    return SavedFit(
        path=path,
        seen=frozenset([*people["training"], *people["validation"]]),
        columns=columns,
        normalisers=normalisers,
        scale=(low_high[0], low_high[1]),
        draws_from=about["draws_from"],
        items=None if items is None else Items(**{**items, "names": tuple(items["names"])}),
        changes=record["changes"],
    )
