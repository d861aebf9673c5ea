"""``depx verify`` of an ablation study: its table and page, every arm, and the places inside it."""

from pathlib import Path

from ...extract.store.checks import Checker, settled
from ...extract.store.findings import Verified
from ...extract.store.lock import holder
from ...extract.store.log import is_log
from ...extract.store.place import kind_of, kind_of_unfinished, read_marker
from ..verify import INSIDE, REMEDY
from ..verify import verify as verify_run
from .place import KIND, MARKER
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
    for run in sorted(path.glob("arms/*")):
        if (kind_of(run) or kind_of_unfinished(run)) == "run":
            found += verify_run(run, jobs=jobs)
    for name, check in INSIDE.items():
        place = path / name
        if (kind_of(place) or kind_of_unfinished(place)) == name:
            found += check(place, jobs=jobs)
    return found


def _checked(path: Path, checker: Checker) -> Verified:
    marker = read_marker(path, KIND)
    found = Verified(place=path)
    if kind_of(path) == KIND:
        found += checker.sealed(path / MARKER)
    else:
        held = holder(path)
        busy = held is not None and held.live
        how = f"is being written by {held}" if busy else f"is unfinished; {checker.remedy}"
        return Verified(place=path, unchecked=(f"{path}: {how}",), busy=busy)
    files = {} if marker is None else marker["files"]
    for name, recorded in files.items():
        found += checker.file(path / name, recorded)
    known = {*files, MARKER, "arms", *INSIDE}
    foreign = tuple(
        file
        for file in sorted(path.iterdir())
        if file.name not in known and not file.name.startswith(".") and not is_log(file)
    )
    return found + Verified(place=path, foreign=foreign)
