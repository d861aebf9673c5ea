"""Folders whose files must be fetched, as corpus readers see folders; those of archives."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from ..store.place import MARKERS
from ..trees import Tree
from .base import Holder, name_in


@dataclass(frozen=True)
class Held:
    """A folder within a holder: what an archive's and one at a URL share; see `Tree`."""

    holder: Holder
    inside: str = ""
    """Its name in the holder; empty is the holder itself."""

    @property
    def path(self) -> Path:
        """Where it lies: its name behind the holder's path."""
        return self.holder.path / self.inside

    def files(self) -> list[Path]:
        """List the files right inside, sorted."""
        names = self.holder.contents.files_in.get(self.inside, ())
        return [self.holder.path / name for name in names]

    def within(self) -> list[Self]:
        """List the folders right inside, sorted."""
        contents = self.holder.contents
        return [
            type(self)(self.holder, name)
            for name in contents.folders_in.get(self.inside, ())
            if not any(f"{name}/{marker}" in contents.members for marker in MARKERS.values())
        ]

    def open(self, path: Path) -> IO[bytes]:
        """Open one of its files, or of the files below, for reading."""
        return self.holder.open(name_in(self.holder, path))


@dataclass(frozen=True)
class ArchiveFolder(Held):
    """A folder of an archive."""

    remote: None = None

    @property
    def archive(self) -> Path:
        """The archive."""
        return self.holder.path

    def folders(self) -> list[Tree]:
        """List the folders right inside, sorted."""
        return list(self.within())

    def archives(self) -> list[Path]:
        """List none: an archive in an archive is not opened."""
        return []

    def left_out(self, *, deep: bool = False) -> dict[str, str]:
        """Name what lies inside, always however deep, and is never read: name -> why."""
        del deep
        return self.holder.contents.left_out_of(self.inside)
