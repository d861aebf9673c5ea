"""A folder of an archive, as corpus readers see folders."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..store.place import MARKERS
from ..trees import Tree
from .base import Archive, name_in


@dataclass(frozen=True)
class ArchiveFolder:
    """A folder of an archive; see `Tree`."""

    holder: Archive
    inside: str = ""
    """Its name in the archive; empty is the archive itself."""

    @property
    def path(self) -> Path:
        """Where it lies: its name behind the archive's path."""
        return self.holder.path / self.inside

    @property
    def archive(self) -> Path:
        """The archive."""
        return self.holder.path

    def files(self) -> list[Path]:
        """List the files right inside, sorted."""
        names = self.holder.contents.files_in.get(self.inside, ())
        return [self.holder.path / name for name in names]

    def folders(self) -> list[Tree]:
        """List the folders right inside, sorted."""
        contents = self.holder.contents
        return [
            ArchiveFolder(self.holder, name)
            for name in contents.folders_in.get(self.inside, ())
            if not any(f"{name}/{marker}" in contents.members for marker in MARKERS.values())
        ]

    def archives(self) -> list[Path]:
        """List none: an archive in an archive is not opened."""
        return []

    def open(self, path: Path) -> IO[bytes]:
        """Open one of its files, or of the files below, for reading."""
        return self.holder.open(name_in(self.holder, path))

    def left_out(self, *, deep: bool = False) -> dict[str, str]:
        """Name what lies inside, always however deep, and is never read: name -> why."""
        del deep
        return self.holder.contents.left_out_of(self.inside)
