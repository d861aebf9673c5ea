"""``depx verify`` of an ablation study: its table and page, every arm, and the places inside it."""

from pathlib import Path

from ...extract.store.checks import Checker, settled
from ...extract.store.findings import Verified
from ...extract.store.place import kind_of, kind_of_unfinished, read_marker
from ..verify import INSIDE, REMEDY, others, unfinished
from ..verify import verify as verify_run
from .place import KIND, MARKER, arm_path
from .status import last_told


def verify(path: Path, *, jobs: int = 1) -> Verified:
    """Check a study.

    Parameters
    ----------
    path : Path
    jobs : int >= 1
        Sessions and shards at a time.
    """
    told = last_told(path)
    checker = Checker(path, REMEDY if told is None else f"mended by: {told['command']}")
    found = settled(lambda: _checked(path, checker), path / MARKER)
    for arm in _arms(path):
        if kind_of(arm_path(path, arm)) != "run":
            lost = checker.damage(arm_path(path, arm), "no run", "the run of an arm")
            found += Verified(place=path, damaged=(lost,))
    for run in sorted(path.glob("arms/*")):
        if (kind_of(run) or kind_of_unfinished(run)) == "run":
            found += verify_run(run, jobs=jobs)
    for name, check in INSIDE.items():
        place = path / name
        if (kind_of(place) or kind_of_unfinished(place)) == name:
            found += check(place, jobs=jobs)
    return found


def _arms(path: Path) -> list[str]:
    """Name the arms that a finished study was made of."""
    marker = read_marker(path, KIND)
    return [] if marker is None else list(marker["arms"])


def _checked(path: Path, checker: Checker) -> Verified:
    marker = read_marker(path, KIND)
    if kind_of(path) != KIND:
        return unfinished(path, checker)
    found = checker.sealed(path / MARKER)
    files = {} if marker is None else marker["files"]
    for name, recorded in files.items():
        found += checker.file(path / name, recorded)
    return found + others(path, {*files, MARKER, "arms"})
