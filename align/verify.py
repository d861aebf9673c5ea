"""``depx verify`` of a training set: files against ``dataset.json``, that against its seal."""

from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from ..extract.sharing.told import MARK, REMEDY_OF_SHARE, SHARED
from ..extract.store.checks import Checker, settled
from ..extract.store.findings import Verified
from ..extract.store.lock import holder
from ..extract.store.log import is_log
from ..extract.store.place import MARKERS, REPORT, kind_of, read_marker
from .cards.texts import RECORDED
from .shards import TABLE
from .told import last_told

REMEDY = "run the same depx align again"


def verify(path: Path, *, jobs: int = 1) -> Verified:
    """Check a training set.

    Parameters
    ----------
    path : Path
    jobs : int >= 1
        Files at a time.
    """
    told = last_told(path)
    remedy = REMEDY if told is None else f"mended by: {told.command}"
    if MARK in (read_marker(path, "dataset") or {}):
        remedy = REMEDY_OF_SHARE
    checker = Checker(path, remedy)
    found = settled(lambda: _checked(path, checker, jobs), path / MARKERS["dataset"])
    checker.note(found)
    return found


def _checked(path: Path, checker: Checker, jobs: int) -> Verified:
    held = holder(path)
    if kind_of(path) != "dataset":
        busy = held is not None and held.live
        how = f"is being written by {held}" if busy else f"is unfinished; {checker.remedy}"
        return Verified(place=path, unchecked=(f"{path}: {how}",), busy=busy)
    found = checker.sealed(path / MARKERS["dataset"])
    marker = read_marker(path, "dataset")
    if marker is None:
        return found  # nothing says how the shards should be
    files = [(view, one) for view, written in marker["shards"].items() for one in written]
    parallel = Parallel(n_jobs=jobs, backend="threading", return_as="generator")
    checks = parallel(delayed(_shard)(path, view, one, marker, checker) for view, one in files)
    found = reduce(add, checks, found)
    texts = marker.get(RECORDED, ())
    found = reduce(add, (checker.file(path / one["path"], one) for one in texts), found)
    return found + _others(path, {one["path"] for one in (*(one for _, one in files), *texts)})


def _shard(
    path: Path, view: str, recorded: dict[str, Any], marker: dict[str, Any], checker: Checker
) -> Verified:
    return checker.file(
        path / recorded["path"],
        recorded,
        rows=recorded["rows"],
        meta={"key": marker["key"]},
        sessions=None if view == TABLE else len(recorded["sessions"]),
    )


def _others(path: Path, known: set[str]) -> Verified:
    """Name the files that ``dataset.json`` does not list."""
    foreign = tuple(
        file
        for file in sorted(path.rglob("*"))
        if file.is_file()
        and file.relative_to(path).as_posix() not in {*known, MARKERS["dataset"], REPORT, *SHARED}
        and not file.name.startswith(".")
        and not is_log(file)
    )
    return Verified(place=path, foreign=foreign)
