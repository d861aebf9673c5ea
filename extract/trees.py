"""Folders as corpus readers see them: on disk, at a URL, or in an archive that is not unpacked.

A reader asks a `Tree` for its files, its folders and the beginnings of files, and never whether it
is on disk.  What nobody means is not there: hidden files (so the ``._NAME`` that macOS leaves),
``__MACOSX``, and places of depx itself.  A link out of the source is not followed, unless it is a
whole folder: so a session may lie on another disk, and no file comes from where nobody looked.
Pipes, sockets and devices are not opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from .heads import Head
from .store.place import kind_of

if TYPE_CHECKING:
    from .remote.folder import Remote

SKIPPED = frozenset({"__MACOSX"})
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
OUT_OF_SOURCE = "a link out of the session; copy the file, or give the folder that it points into"
TO_NOTHING = "a link to nothing; mend or remove it"
ROUND = "a link to a folder around it; remove it"
NO_FILE = "no regular file (a pipe, a socket or a device); put the recording itself there"


class Tree(Protocol):
    """A folder; in an archive its path goes on behind the archive's."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def archive(self) -> Path | None:
        """The archive that it lies in; None on disk, and at a URL."""
        ...

    @property
    def remote(self) -> "Remote | None":
        """The folder at a URL that it lies in; None on disk."""
        ...

    def files(self) -> list[Path]:
        """List the files right inside, sorted."""
        ...

    def folders(self) -> list["Tree"]:
        """List the folders right inside, sorted."""
        ...

    def archives(self) -> list[Path]:
        """List the archives right inside, by their names, sorted."""
        ...

    def open(self, path: Path) -> IO[bytes]:
        """Open one of its files, or of the files below, for reading."""
        ...

    def left_out(self, *, deep: bool = False) -> dict[str, str]:
        """Name what lies right inside, or `deep` below too, and is not opened for safety, and why.

        Of an archive always also what lies deeper, and what has no place in it.
        """
        ...


@dataclass(frozen=True)
class Folder:
    """A folder on disk; see `Tree`."""

    path: Path
    archive: Path | None = None
    remote: None = None
    around: tuple[Path, ...] = ()
    """Where the source, and the folders from there to this one, really lie."""

    def files(self) -> list[Path]:
        """List the files right inside, sorted."""
        return [
            entry for entry in self._entries() if entry.is_file() and self._refusal(entry) is None
        ]

    def folders(self) -> list[Tree]:
        """List the folders right inside, sorted."""
        return [
            Folder(entry, around=self._known())
            for entry in self._entries()
            if entry.is_dir()
            and entry.name not in SKIPPED
            and self._refusal(entry) is None
            and not _is_of_depx(entry)
        ]

    def archives(self) -> list[Path]:
        """List the archives right inside, by their names, sorted; links to such as well."""
        return [entry for entry in self._entries() if entry.is_file() and is_called_archive(entry)]

    def open(self, path: Path) -> IO[bytes]:
        """Open a file for reading."""
        return path.open("rb")

    def left_out(self, *, deep: bool = False) -> dict[str, str]:
        """Name what is right inside, or `deep` below too, and not opened."""
        return dict(self._refused_below if deep else self._refused)

    @cached_property
    def _refused_below(self) -> dict[str, str]:  # so of sessions whose files lie in two folders
        found: dict[str, str] = {}
        for tree in walk(self):
            ahead = tree.path.relative_to(self.path)
            found |= {(ahead / name).as_posix(): why for name, why in tree.left_out().items()}
        return found

    @cached_property
    def _refused(self) -> dict[str, str]:  # asked for by each session of a flat folder
        refused = {entry: self._refusal(entry) for entry in self._entries()}
        return {
            escaped(entry.name): why
            for entry, why in refused.items()
            if why is not None and not is_called_archive(entry)
        }

    def _entries(self) -> list[Path]:
        return [entry for entry in sorted(self.path.iterdir()) if not entry.name.startswith(".")]

    def _known(self) -> tuple[Path, ...]:
        return (*self.around, self.path.resolve())

    def _refusal(self, entry: Path) -> str | None:
        """Say why an entry is not opened; None for a file, a folder, and a link to be followed.

        Whoever opens a pipe waits for ever.
        """
        if not entry.is_symlink():
            return None if entry.is_file() or entry.is_dir() else NO_FILE
        if not entry.exists():
            return TO_NOTHING
        if not (entry.is_file() or entry.is_dir()):
            return NO_FILE
        target, known = entry.resolve(), self._known()
        if entry.is_dir():
            return ROUND if target in known else None  # else it would be walked for ever
        return None if any(map(target.is_relative_to, known)) else OUT_OF_SOURCE


def _is_of_depx(folder: Path) -> bool:
    try:
        return kind_of(folder) is not None
    except OSError:  # it cannot be read, and listing it will say so
        return False


def head_in(tree: Tree, path: Path) -> Head:
    """Read the beginning of a file."""
    with tree.open(path) as file:
        return Head.read(file)


def is_called_archive(path: Path) -> bool:
    """Say whether a file has the name of an archive."""
    return path.name.lower().endswith(ARCHIVES)


def stem_of(path: Path) -> str:
    """Tell the name of an archive without what says its kind."""
    suffix = max((end for end in ARCHIVES if path.name.lower().endswith(end)), key=len, default="")
    return path.name[: len(path.name) - len(suffix)]


def escaped(name: str) -> str:
    """Write a name that is no readable text so that it can be printed."""
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def walk(tree: Tree) -> Iterator[Tree]:
    """Yield a folder and all folders below it, each before those inside it."""
    yield tree
    for folder in tree.folders():
        yield from walk(folder)
