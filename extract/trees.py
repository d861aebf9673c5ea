"""Folders as corpus readers see them: on disk, or inside an archive that is not unpacked.

A reader asks a `Tree` for its files, its folders and the beginnings of files, and never whether it
is on disk.  What nobody means is not there: hidden files (so the ``._NAME`` that macOS leaves),
``__MACOSX``, and places of depx itself.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from .heads import Head
from .store.place import kind_of

SKIPPED = frozenset({"__MACOSX"})


class Tree(Protocol):
    """A folder; in an archive its path goes on behind the archive's."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def archive(self) -> Path | None:
        """The archive that it lies in; None on disk."""
        ...

    def files(self) -> list[Path]:
        """List the files right inside, sorted."""
        ...

    def folders(self) -> list["Tree"]:
        """List the folders right inside, sorted."""
        ...

    def open(self, path: Path) -> IO[bytes]:
        """Open one of its files, or of the files below, for reading."""
        ...

    def left_out(self) -> dict[str, str]:
        """Name what lies right inside and is not opened for safety: name -> why."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder on disk; see `Tree`."""

    path: Path
    archive: Path | None = None

    def files(self) -> list[Path]:
        """List the files right inside, sorted."""
        return [
            entry
            for entry in sorted(self.path.iterdir())
            if entry.is_file() and not entry.name.startswith(".")
        ]

    def folders(self) -> list[Tree]:
        """List the folders right inside, sorted."""
        return [
            Folder(entry)
            for entry in sorted(self.path.iterdir())
            if entry.is_dir()
            and not entry.name.startswith(".")
            and entry.name not in SKIPPED
            and kind_of(entry) is None
        ]

    def open(self, path: Path) -> IO[bytes]:
        """Open a file for reading."""
        return path.open("rb")

    def left_out(self) -> dict[str, str]:
        """Name nothing: what lies on disk is the user's own."""
        return {}


def head_in(tree: Tree, path: Path) -> Head:
    """Read the beginning of a file."""
    with tree.open(path) as file:
        return Head.read(file)
