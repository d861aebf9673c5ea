"""What zips and tars share: how a member is opened, and that it is read to its stated end."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from lzma import LZMAError
from pathlib import Path
from typing import IO, Protocol

from ...errors import ArchiveError
from ..store.key import BLOCK
from .contents import Contents

DAMAGE = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, UnicodeDecodeError)
"""What the libraries raise on bytes that are damaged, besides an `OSError` without a number."""


class Holder(Protocol):
    """What holds files that must be fetched: an archive, or a folder at a URL.

    Its contents are listed; it can be sent to another process.
    """

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def contents(self) -> Contents:
        """What it holds."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open a member for reading."""
        ...

    def each(self, names: Iterable[str]) -> Iterator[tuple[str, IO[bytes]]]:
        """Open members one after the other, in one pass; each may be read until the next."""
        ...


class Source(Protocol):
    """Where the bytes of a member come from."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...


class Stated(io.RawIOBase):
    """The bytes of a member: as many as the archive states, or an `ArchiveError`."""

    def __init__(self, source: Source, size: int, told: str, archive: Path) -> None:
        self._source, self._left = source, size
        self._told, self._archive = told, archive

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: object, /) -> int:
        """Read the next bytes; none at the stated end."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        wanted = min(len(view), self._left)
        if not wanted:
            return 0
        data = intact(lambda: self._source.read(wanted), self._told, self._archive)
        if not data:
            raise damaged(self._told, self._archive, "it ends before its stated size")
        view[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def close(self) -> None:
        """Close the source as well."""
        if not self.closed:
            self._source.close()
        super().close()


def member(source: Source, size: int, name: str, archive: Path) -> IO[bytes]:
    """Make a file of a member's bytes."""
    return io.BufferedReader(Stated(source, size, name, archive), BLOCK)


def intact(read: Callable[[], bytes], name: str, archive: Path) -> bytes:
    """Read from a member, and tell damage in one line."""
    try:
        return read()
    except DAMAGE as error:
        raise damaged(name, archive, type(error).__name__) from error
    except OSError as error:
        if error.errno is not None:  # the disk's, not the archive's
            raise
        raise damaged(name, archive, type(error).__name__) from error


def damaged(name: str, archive: Path, got: str) -> ArchiveError:
    """Say in one line that a member is damaged."""
    return ArchiveError(
        f"{name}: is damaged in {archive.name} (got {got}); copy or download the archive again"
    )


def name_in(holder: Holder, path: Path) -> str:
    """Tell a member's name from its path, which goes on behind the holder's.

    Raises
    ------
    ArchiveError
        If it has no such member.
    """
    name = path.relative_to(holder.path).as_posix()
    if name not in holder.contents.members:
        raise ArchiveError(f"{name}: is no longer in {holder.path.name}; run the command again")
    return name


def sha256_of(archive: Holder, name: str) -> str:
    """Hash the content of a member; what is damaged shows here."""
    known = archive.contents.members[name].sha256
    if known is not None:
        return known
    state = hashlib.sha256()
    with archive.open(name) as file:
        while block := file.read(BLOCK):
            state.update(block)
    return state.hexdigest()
