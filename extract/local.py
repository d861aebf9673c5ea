"""Where files can be opened by path: as they lie, or fetched out of an archive or from a URL.

The libraries that decode media and tables want a path and seek about.  So a member of an archive is
copied to memory that has a descriptor (``memfd``), or if it is large to a nameless file on the
store's disk, and gets a link with its own name to that descriptor.  All of it is gone with the
process; of one that was killed only the links are left, which `sweep_local` removes.

Archives are read by each unit for itself, in its child.  From a URL the session's own process
fetches, once for all units, as it must hash what it fetched before it knows what is to be done; so
children need no network.  They open the links, which lead to its descriptors.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, cast

from ..errors import ArchiveError
from .archives.base import Holder, name_in
from .store.atomic import SUFFIX
from .store.key import BLOCK

IN_MEMORY = 64 << 20  # bytes; DAIC-WOZ's sound has 20 MB, a table of landmarks 40 MB
DESCRIPTORS = Path("/proc/self/fd")  # Linux; elsewhere files are copied under their names


class Local:
    """Local paths of files; what was fetched is given back at the end."""

    def __init__(
        self,
        holder: Holder | None,
        folder: Path,
        *,
        in_memory: int | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """Fetch nothing yet.

        Parameters
        ----------
        holder : Holder or None
            What the files lie in; None where they are on disk.
        folder : Path
            The session's folder in the store.
        in_memory : int or None
            Bytes of a file up to which it is held in memory; None is `IN_MEMORY`.
        between : callable
            Called after each block; what it raises ends the fetching.
        """
        self._holder, self._folder = holder, folder
        self._in_memory = IN_MEMORY if in_memory is None else in_memory
        self._between = between
        self._place = _place(folder, os.getpid()).absolute()
        self._paths: dict[Path, Path] = {}
        self._opened = ExitStack()

    def __enter__(self) -> "Local":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()
        sweep_local(self._folder, os.getpid())

    def path(self, file: Path) -> Path:
        """Tell where a file can be opened; it is fetched once."""
        return self.paths([file])[0]

    def paths(self, files: Sequence[Path]) -> list[Path]:
        """Tell where files can be opened; what is missing is fetched in one pass.

        Raises
        ------
        ArchiveError
            If a file is damaged in its archive, or there is no room for it.
        RemoteError
            If it cannot be fetched from its URL.
        """
        if self._holder is None:
            return list(files)
        missing = {name_in(self._holder, file): file for file in files if file not in self._paths}
        for name, content in self._holder.each(missing):
            size = self._holder.contents.members[name].size
            self._paths[missing[name]] = self._fetched(name, content, size)
        return [self._paths[file] for file in files]

    def told(self, text: str) -> str:
        """Put the paths that the user knows into a message, in place of the local ones."""
        if self._holder is None:
            return text
        return text.replace(str(self._place), str(self._holder.path))

    def _fetched(self, name: str, content: IO[bytes], size: int) -> Path:
        path = self._place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nameless = hasattr(os, "memfd_create") and DESCRIPTORS.is_dir()
        if nameless and size <= self._in_memory:
            file: IO[bytes] = os.fdopen(os.memfd_create("depx"), "w+b")
        else:
            self._look_for_room(name, size)
            file = _on_disk(self._folder) if nameless else path.open("xb")
        self._opened.enter_context(file)
        while block := content.read(BLOCK):
            file.write(block)
            self._between()
        file.flush()
        if nameless:  # by the number of this process, so that its children may open it, too
            path.symlink_to(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        return path

    def _look_for_room(self, name: str, size: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if size > free:
            raise ArchiveError(
                f"{name}: takes {size} bytes unpacked, and the store's disk has {free} left; make "
                "room there, or unpack or download it elsewhere and give the folder"
            )


def _on_disk(folder: Path) -> IO[bytes]:
    return cast("IO[bytes]", TemporaryFile(dir=folder))


def sweep_local(folder: Path, process: int | None) -> None:
    """Remove what a process left of the local paths in a session's folder of the store."""
    if process is not None:
        shutil.rmtree(_place(folder, process), ignore_errors=True)


def _place(folder: Path, process: int) -> Path:
    return folder / f".local.{process}{SUFFIX}"
