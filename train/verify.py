"""``depx verify`` of a run: models, records, predictions and metrics, and the places inside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..align.verify import verify as verify_dataset
from ..errors import DamagedError
from ..extract.store.atomic import read_sealed
from ..extract.store.checks import Checker, settled
from ..extract.store.findings import Verified
from ..extract.store.lock import holder
from ..extract.store.log import is_log
from ..extract.store.place import FITS, kind_of, kind_of_unfinished, read_marker
from ..extract.verify import verify as verify_store
from .place import MARKER
from .told import last_told

REMEDY = "run the same depx train again"
INSIDE = {"store": verify_store, "dataset": verify_dataset}
"""Folders of a run that are places of their own."""


def verify(path: Path, *, jobs: int = 1) -> Verified:
    """Check a run, and the store and training set that it made.

    Parameters
    ----------
    path : Path
    jobs : int >= 1
        Sessions and shards at a time.
    """
    told = last_told(path)
    checker = Checker(path, REMEDY if told is None else f"mended by: {told.command}")
    records = [path / MARKER, *sorted(path.glob(FITS[0]))]
    found = settled(lambda: _checked(path, checker), *records)
    for name, check in INSIDE.items():
        place = path / name
        if (kind_of(place) or kind_of_unfinished(place)) == name:
            found += check(place, jobs=jobs)
    return found


def _checked(path: Path, checker: Checker) -> Verified:
    marker = read_marker(path, "run")
    found = Verified(place=path)
    if kind_of(path) == "run":
        found += checker.sealed(path / MARKER)
    else:
        found += unfinished(path, checker)
    if marker is not None:
        files: Mapping[str, Any] = marker["files"]
        for name, recorded in files.items():
            found += checker.file(path / name, recorded)
        return found + others(path, {*files, MARKER})
    for record in sorted(path.glob(FITS[0])):  # what is settled of it
        found += checker.sealed(record)
        try:
            model = read_sealed(record)["model"]
        except DamagedError:
            continue
        if model is not None:
            found += checker.file(path / model["file"], model)
    return found


def unfinished(path: Path, checker: Checker) -> Verified:
    """Say that a place without a marker is being written, or was left by a killed run."""
    held = holder(path)
    busy = held is not None and held.live
    how = f"is being written by {held}" if busy else f"is unfinished; {checker.remedy}"
    return Verified(place=path, unchecked=(f"{path}: {how}",), busy=busy)


def others(path: Path, known: set[str]) -> Verified:
    """Name the files of no record."""
    foreign = tuple(
        file
        for file in sorted(path.iterdir())
        if file.name not in known
        and file.name not in INSIDE
        and not file.name.startswith(".")
        and not is_log(file)
    )
    return Verified(place=path, foreign=foreign)
