"""Which fit of a run this is: a fold and a seed; where its files lie, and whether they are whole.

The record ``foldF-seedS.json`` is written after the model and names the run's key, so a fit that is
whole is never done twice and one that was cut short never counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..errors import DamagedError
from ..extract.store.atomic import read_sealed
from ..extract.store.key import sha256_file

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
    changes: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Settings of the model that are not the run's."""
    device: str
    key: str
    """Of the run; part of the record."""

    @property
    def name(self) -> str:
        """Stem of its files."""
        return f"fold{self.fold}-seed{self.seed}" + (self.variant and f"-{self.variant}")

    @property
    def noise(self) -> int:
        """Seed of its noise, which folds of one seed must not share."""
        of_inner = [] if self.inner is None else [self.inner]
        return int(np.random.SeedSequence([self.seed, self.fold, *of_inner]).generate_state(1)[0])


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
