"""Tar archives, plain or gzipped: one pass lists them.

A plain one is listed by its headers, and any member is read by itself.  A gzipped one must be
decompressed from the start to see anything, so that pass also keeps the beginning of each file and
its sha256; a member is then read by running through the stream once more, up to it.
"""

import gzip
import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from ...errors import ArchiveError
from ..store.key import BLOCK
from ..transcripts.decoding import HEAD_BYTES
from ..trees import escaped
from .base import DAMAGE, damaged, member
from .contents import Contents, Listing, Member, normal

HEADER_BYTES = 1 << 20  # longest header by far: a name of 1 MB
HEADS_BYTES = 32 << 20  # beginnings that are kept of an archive: of 512 long files
NO_END = "the archive ends without an end mark; if it was cut short, copy or download it again"
KINDS = {
    tarfile.SYMTYPE: "a link; put the file itself into the archive",
    tarfile.LNKTYPE: "a hard link to another member; put the file itself into the archive",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}


@dataclass(eq=False)
class Tar:
    """A tar archive; see `Holder`."""

    path: Path
    compressed: bool
    contents: Contents
    heads: dict[str, bytes] = field(default_factory=dict, repr=False)
    """The beginnings of files, up to `HEAD_BYTES`, of a compressed one that was just read."""
    heads_bytes: int = 0
    """All of them together."""

    def __getstate__(self) -> dict[str, Any]:
        """Send the list, and not the beginnings."""
        return {**self.__dict__, "heads": {}, "heads_bytes": 0}

    def keep(self, name: str, head: bytes) -> None:
        """Keep the beginning of a file, while there is room."""
        if self.heads_bytes < HEADS_BYTES:
            self.heads[name] = head
            self.heads_bytes += len(head)

    def forget_heads(self) -> None:
        """Give the beginnings back."""
        self.heads.clear()
        self.heads_bytes = 0

    def open(self, name: str) -> IO[bytes]:
        """Open a member for reading."""
        stated = self.contents.members[name]
        source = _Bytes(self.stream, stated.at, head=self.heads.get(name, b""))
        return member(source, stated.size, name, self.path)

    def each(self, names: Iterable[str]) -> Iterator[tuple[str, IO[bytes]]]:
        """Open members one after the other, in one pass."""
        with self.stream() as stream:
            for name in sorted(names, key=lambda name: self.contents.members[name].at):
                stated = self.contents.members[name]
                source = _Bytes(lambda: stream, stated.at, closes=False)
                yield name, member(source, stated.size, name, self.path)

    def stream(self) -> IO[bytes]:
        """Open the archive as it is without compression."""
        if self.compressed:
            return cast("IO[bytes]", gzip.open(self.path))
        return self.path.open("rb")


@dataclass(eq=False)
class _Bytes:
    """The bytes of a member; the stream is opened for what lies behind its head."""

    opened: Callable[[], IO[bytes]]
    at: int
    head: bytes = b""
    closes: bool = True
    """Whether the stream is its own."""
    _stream: IO[bytes] | None = None
    _done: int = 0

    def read(self, size: int, /) -> bytes:
        if self._done < len(self.head):
            data = self.head[self._done : self._done + size]
        else:
            if self._stream is None:
                self._stream = self.opened()
                self._stream.seek(self.at + self._done)
            data = self._stream.read(size)
        self._done += len(data)
        return data

    def close(self) -> None:
        if self._stream is not None and self.closes:
            self._stream.close()


@dataclass(eq=False)
class _Spy:
    """What `tarfile` reads headers from: remembers the last, and gives no header that is huge."""

    stream: IO[bytes]
    last: bytes = b""

    def read(self, size: int) -> bytes:
        if not 0 <= size <= HEADER_BYTES:
            raise tarfile.ReadError("a header of impossible size")
        self.last = self.stream.read(size)
        return self.last

    def seek(self, offset: int) -> int:
        return self.stream.seek(offset)

    def tell(self) -> int:
        return self.stream.tell()


def read(path: Path, *, compressed: bool) -> Tar:
    """List a tar archive.

    Raises
    ------
    ArchiveError
        If it is cut short or damaged.
    """
    tar = Tar(path, compressed, Listing().contents())
    listing = Listing()
    try:
        with tar.stream() as stream:
            spy = _Spy(stream)
            with tarfile.open(fileobj=spy, mode="r:") as headers:  # type: ignore[call-overload]
                for info in headers:
                    _add(info, listing, stream, tar)
            if spy.last.strip(b"\0"):  # `tarfile` takes whatever is no header for the end
                raise damaged("a header", path, "no header")
            if not spy.last:
                listing.homeless[escaped(path.name)] = NO_END
            while compressed and stream.read(BLOCK):
                pass  # gzip's own checksum stands at the end
    except (*DAMAGE, tarfile.TarError, OverflowError, ValueError) as error:
        raise _cut_short(path, error) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise _cut_short(path, error) from error
    tar.contents = listing.contents()
    return tar


def _add(info: tarfile.TarInfo, listing: Listing, stream: IO[bytes], tar: Tar) -> None:
    if info.size < 0:
        raise tarfile.ReadError("a file of negative size")
    if info.isdir():
        listing.add_folder(info.name)
        return
    why = KINDS.get(info.type)
    if why is None and not info.isreg():
        why = "no regular file"
    elif info.issparse():
        why = "a sparse file; pack it anew without --sparse"
    head, sha256 = b"", None
    if tar.compressed and why is None:
        head, sha256 = _content(info, stream)
    taken = listing.add(info.name, Member(info.size, info.offset_data, sha256), why)
    if taken:
        tar.keep(normal(info.name), head)


def _content(info: tarfile.TarInfo, stream: IO[bytes]) -> tuple[bytes, str]:
    """Read a file to its end: its beginning, and its sha256."""
    stream.seek(info.offset_data)
    head, state, left = b"", hashlib.sha256(), info.size
    while left:
        block = stream.read(min(left, BLOCK))
        if not block:
            raise EOFError
        head = head or block[:HEAD_BYTES]
        state.update(block)
        left -= len(block)
    return head, state.hexdigest()


def _cut_short(path: Path, error: Exception) -> ArchiveError:
    return ArchiveError(
        f"{path}: is cut short or damaged (got {type(error).__name__}); copy or download it again"
    )
