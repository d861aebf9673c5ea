"""Whether a folder can hold a store: all that its promises rest on, done there for real.

A file is written, made durable and moved over another; the lock of a folder is taken by a hard link
and refused to a second run; names may be of any language.  What is written goes again.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import DepxError, LockedError
from .findings import Finding, size

AREA = "place"
ROOM_GIB = 2.0  # the tables of about 30 interviews of half an hour
SKEW_S = 5.0  # a lock is stale after 60 s without a beat, by the file system's clock
ELSEWHERE = "choose a folder on a local disk, or on NFS 4 (no FAT, no object store)"


def place(folder: str) -> list[Finding]:
    """Try a folder, or the nearest one above that exists."""
    there = Path(folder).absolute()
    while not there.exists():
        there = there.parent
    found = [_room(there)]
    try:
        inside = Path(tempfile.mkdtemp(prefix=".depx-doctor-", dir=there))
    except OSError as error:
        what = f"{there}: {error.strerror}"
        mend = f"chmod u+rwx {there}   # or choose a folder that you may write to"
        return [*found, _finding("writing", False, what, "stores, training sets, runs", mend)]
    try:
        for name, serves, probe in (
            ("moving", "files that are whole or not there, whatever kills a run", _moving),
            ("locking", "runs that share a store", _locking),
            ("names", "session ids in any language", _names),
            ("clock", "locks of runs on other hosts", _clock),
        ):
            found.append(_tried(name, serves, probe, inside))
    finally:
        shutil.rmtree(inside, ignore_errors=True)
    return found


def _tried(name: str, serves: str, probe: Callable[[Path], str], inside: Path) -> Finding:
    try:
        return _finding(name, True, probe(inside), serves)
    except OSError as error:
        return _finding(name, False, error.strerror or type(error).__name__, serves, ELSEWHERE)
    except DepxError as error:
        return _finding(name, False, str(error), serves, ELSEWHERE)


def _room(there: Path) -> Finding:
    free = shutil.disk_usage(there).free
    good = free >= ROOM_GIB * (1 << 30)
    what = f"{size(free)} free at {there} ({_file_system(there)})"
    return Finding(
        area=AREA,
        name="room",
        state="ok" if good else "note",
        found=what,
        serves="about 60 MB a half-hour interview",
        mend=None if good else "make room, or choose another folder",
    )


def _moving(inside: Path) -> str:
    from ..extract.store.atomic import replacing

    path = inside / "moved"
    for text in ("before", "after"):
        with replacing(path) as written:
            written.write_text(text)
    if path.read_text() != "after":
        raise OSError(0, "a file that was moved over another is not what was written")
    return "written, synced, moved over another"


def _locking(inside: Path) -> str:
    from ..extract.store.lock import locked

    with locked(inside):
        try:
            with locked(inside):
                raise OSError(0, "two runs got the same lock")
        except LockedError:
            pass
    return "a hard link is made once, a second run is refused"


def _names(inside: Path) -> str:
    name = "é-訪談-" + "n" * 200
    (inside / name).touch()
    if name not in os.listdir(inside):
        raise OSError(0, "a name with accents came back as another")
    return "accents, other scripts, 200 letters"


def _clock(inside: Path) -> str:
    path = inside / "clock"
    path.touch()
    ahead = path.stat().st_mtime - time.time()
    if abs(ahead) > SKEW_S:
        raise OSError(0, f"the file system's clock is {ahead:+.0f} s off this machine's; set both")
    return f"{abs(ahead):.1f} s off this machine's"


def _file_system(there: Path) -> str:
    """Name the kind of file system, where Linux tells."""
    mounts = Path("/proc/self/mounts")
    if not mounts.is_file():
        return "file system unknown"
    best, kind = "", "unknown"
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, this, *_ = line.split(" ")
        if there.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, this
    return kind


def _finding(name: str, good: bool, found: str, serves: str, mend: str | None = None) -> Finding:
    return Finding(
        area=AREA,
        name=name,
        state="ok" if good else "wrong",
        found=found,
        serves=serves,
        mend=mend,
    )
