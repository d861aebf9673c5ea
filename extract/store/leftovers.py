"""What killed runs left behind, and how it is removed: listed first, under the lock, in the place.

Links are removed, never followed: nothing outside a place is touched.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import LockedError
from .atomic import SUFFIX
from .lock import NAME as LOCK
from .lock import Lease, holder, locked


@dataclass(frozen=True, kw_only=True)
class Left:
    """Something that may go."""

    path: Path
    bytes: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What went, or with a dry run would go."""

    place: Path
    gone: tuple[Left, ...] = ()
    locked: tuple[str, ...] = ()
    """What a live run protects; a line each."""
    notes: tuple[str, ...] = ()
    """What stays, and which option takes it."""

    @property
    def exit_code(self) -> int:
        """75 something is locked by a live run; 0 else."""
        return 75 if self.locked else 0

    def __add__(self, other: "Cleaned") -> "Cleaned":
        return Cleaned(
            place=self.place,
            gone=self.gone + other.gone,
            locked=self.locked + other.locked,
            notes=self.notes + other.notes,
        )


def temporaries(folder: Path) -> list[Left]:
    """List the half-written files of killed runs in a folder, and a lock that nobody holds."""
    if not _is_own(folder):
        return []
    found = [
        left(path, "half-written, by a run that was killed")
        for path in sorted(folder.glob(f".*{SUFFIX}"))
        if not path.name.startswith(f"{LOCK}.")  # of a run that is about to take the lock
    ]
    held = holder(folder)
    if held is not None and not held.live:
        found.append(left(folder / LOCK, f"a lock that nobody holds: of {held}"))
    return found


def left(path: Path, why: str) -> Left:
    """Describe a file or folder that may go."""
    return Left(path=path, bytes=sum(_sizes(path)), why=why)


def cleaned(
    place: Path,
    folder: Path,
    find: Callable[[], Sequence[Left]],
    take: Callable[[Sequence[Left], Lease], None],
    *,
    dry_run: bool,
) -> Cleaned:
    """Remove what is found in a folder, under its lock.

    Parameters
    ----------
    place : Path
    folder : Path
        Whose lock protects what is found.
    find : callable
        Lists what may go.
    take : callable
        Removes it; called with what `find` lists once the lock is held.
    dry_run : bool
        List only.
    """
    found = find()
    if not found:
        return Cleaned(place=place)
    held = holder(folder)
    if held is not None and held.live:
        return Cleaned(
            place=place, locked=(f"{folder}: locked by {held}; run again when it is done",)
        )
    if not dry_run:
        try:
            with locked(folder) as lease:  # takes a lock over that nobody holds, and so removes it
                stale = [one for one in found if one.path == folder / LOCK]
                found = [*find(), *stale]
                take([one for one in found if one.path != folder / LOCK], lease)
        except LockedError as error:
            return Cleaned(place=place, locked=(str(error),))
    return Cleaned(place=place, gone=tuple(found))


def remove(found: Sequence[Left], _lease: Lease) -> None:
    """Remove files and folders; of a link the link alone."""
    for one in found:
        if one.path.is_dir() and not one.path.is_symlink():
            shutil.rmtree(one.path)
        else:
            one.path.unlink(missing_ok=True)


def _is_own(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink()


def _sizes(path: Path) -> Iterator[int]:
    if path.is_symlink() or not path.is_dir():
        if os.path.lexists(path):
            yield path.lstat().st_size
        return
    for one in path.iterdir():
        yield from _sizes(one)
