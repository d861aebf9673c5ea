"""``depx verify`` of a store: every table against its record, every record against its seal."""

from collections.abc import Iterator
from functools import reduce
from operator import add
from pathlib import Path

from joblib import Parallel, delayed

from .earlier import earlier
from .sharing.told import MARK, MARKDOWN, REMEDY_OF_SHARE, SHARED
from .store.atomic import read_sealed
from .store.checks import Checker, settled
from .store.findings import Verified
from .store.labels import LABELED
from .store.lock import holder
from .store.log import is_log
from .store.manifest import NAME, is_session
from .store.place import MARKERS, REPORT, read_marker
from .store.reader import LABELS

REMEDY = "run the same depx extract again"


def verify(path: Path, *, jobs: int = 1) -> Verified:
    """Check a store.

    Parameters
    ----------
    path : Path
        It may be one that a run is at work on; what that run is replacing is not called damaged.
    jobs : int >= 1
        Sessions at a time.
    """
    runs, _ = earlier(path)
    remedy = f"mended by: {runs[0].command}" if len(runs) == 1 else REMEDY
    is_share = MARK in (read_marker(path, "store") or {})
    checker = Checker(path, REMEDY_OF_SHARE if is_share else remedy)
    found = checker.sealed(path / MARKERS["store"]) + _labels(path, checker)
    parallel = Parallel(n_jobs=jobs, backend="threading", return_as="generator")
    sessions = parallel(delayed(_session)(folder, checker) for folder in _folders(path))
    found = reduce(add, sessions, found) + _others(path)
    if is_share and not (path / MARKDOWN).is_file():
        unfinished = f"{path}: is an unfinished share, without {MARKDOWN}; {REMEDY_OF_SHARE}"
        found += Verified(place=path, unchecked=(unfinished,))
    checker.note(found)
    return found


def _folders(path: Path) -> Iterator[Path]:
    for folder in sorted(path.iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            yield folder


def _labels(path: Path, checker: Checker) -> Verified:
    marker, table = read_marker(path, "store"), path / LABELS
    if marker is None:
        return Verified(place=path)
    recorded = marker.get(LABELED)
    if recorded is not None:
        return settled(lambda: _labels_now(path, checker), path / MARKERS["store"])
    return Verified(place=path, foreign=(table,) if table.is_file() else ())


def _labels_now(path: Path, checker: Checker) -> Verified:
    recorded = (read_marker(path, "store") or {}).get(LABELED)
    return Verified(place=path) if recorded is None else checker.file(path / LABELS, recorded)


def _others(path: Path) -> Verified:
    """Name the files beside the sessions that are none of depx."""
    known = {MARKERS["store"], LABELS, REPORT, *SHARED}
    foreign = tuple(
        file
        for file in sorted(path.iterdir())
        if not file.is_dir() and file.name not in known and not _ours(file)
    )
    return Verified(place=path, foreign=foreign)


def _ours(file: Path) -> bool:
    return file.name.startswith(".") or is_log(file)


def _session(folder: Path, checker: Checker) -> Verified:
    if not is_session(folder) and holder(folder) is not None:
        return Verified(place=checker.place)  # just begun
    if not (folder / NAME).exists() and _is_busy(folder):
        line = f"{folder / NAME}: is gone, and a run is at work there; run verify when it is done"
        return Verified(place=checker.place, unchecked=(line,), busy=True)
    return settled(lambda: _checked(folder, checker), folder / NAME)


def _is_busy(folder: Path) -> bool:
    held = holder(folder)
    return held is not None and held.live


def _checked(folder: Path, checker: Checker) -> Verified:
    record = folder / NAME
    tables = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
    if not is_session(folder):
        return Verified(place=checker.place, foreign=(folder,))
    found = checker.sealed(record)
    if found.damaged:
        return found  # nothing says how the tables should be
    document = read_sealed(record)
    if document["session"] != folder.name:
        of = f"a record of session {document['session']}"
        damage = checker.damage(record, of, f"one of session {folder.name}")
        return Verified(place=checker.place, damaged=(damage,))
    recorded = document["tracks"]
    for track, made in recorded.items():
        meta = {"track": track, "key": made["key"], "kind": made["kind"]}
        path = folder / f"{track}.parquet"
        found += checker.file(path, made, rows=made["rows"], meta=meta)
    others = [path for track, path in tables.items() if track not in recorded]
    others += [
        path
        for path in sorted(folder.iterdir())
        if path.suffix != ".parquet" and path != record and not path.name.startswith(".")
    ]
    return found + Verified(place=checker.place, foreign=tuple(others))
