"""Paths in, archives out: what is one is told by content, and so is its kind.

What an archive holds stays known for the life of the process: each of its sessions asks for it,
and listing a gzipped tar takes reading it.  So do the beginnings of such a tar's files, which tell
their formats, until they are too many or `forget_heads`.
"""

import gzip
import tarfile
import threading
import zipfile
import zlib
from pathlib import Path
from typing import Literal, TypeAlias

from ...errors import ArchiveError
from ..trees import Tree
from . import tars, zips
from .base import Holder
from .contents import Contents
from .tree import ArchiveFolder

Kind: TypeAlias = Literal["zip", "tar", "tar.gz"]

ZIP_MAGIC, GZIP_MAGIC = b"PK\x03\x04", b"\x1f\x8b"
WARM_BYTES = 256 << 20  # beginnings that are kept in all; E-DAIC's 275 archives have 200 MB

_mutex = threading.Lock()
_zipped: dict[tuple[object, ...], Contents] = {}
_listed: dict[tuple[object, ...], tars.Tar] = {}
_warm: list[tars.Tar] = []
"""Gzipped ones whose beginnings are kept, the oldest first."""


def is_archive(path: Path) -> bool:
    """Say whether a file is an archive, by what is in it.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return path.is_file() and _kind(path) is not None


def open_archive(path: Path) -> Tree:
    """Open an archive as a folder.

    Raises
    ------
    ArchiveError
        If it is none, or is cut short or damaged.
    OSError
        If it cannot be read.
    """
    return ArchiveFolder(listed(path, with_heads=True))


def listed(path: Path, *, with_heads: bool = False) -> Holder:
    """List an archive; the errors are those of `open_archive`.

    Parameters
    ----------
    path : Path
    with_heads : bool
        Whether the beginnings of its files will be wanted.
    """
    kind = _kind(path)
    if kind is None:
        raise ArchiveError(
            f"{path}: is no zip, tar or tar.gz archive, whatever its name says; copy or download "
            "it again"
        )
    stat = path.stat()
    key = (path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    if kind == "zip":
        return _zip(path, key)
    with _mutex:
        tar = _listed.get(key)
        if tar is not None and (tar in _warm or kind == "tar" or not with_heads):
            return tar
    tar = tars.read(path, compressed=kind == "tar.gz")  # several threads read several archives
    with _mutex:
        _listed[key] = tar
        _warm.append(tar)
        while len(_warm) > 1 and sum(kept.heads_bytes for kept in _warm) > WARM_BYTES:
            _warm.pop(0).forget_heads()
    return tar


def _zip(path: Path, key: tuple[object, ...]) -> zips.Zip:
    """Give a zip with a place of its own in the file, as several threads may read it."""
    with _mutex:
        contents = _zipped.get(key)
    if contents is not None:
        return zips.Zip(path, contents)
    archive = zips.read(path)
    with _mutex:
        _zipped[key] = archive.contents
    return archive


def forget_heads() -> None:
    """Give the beginnings of files back: formats are told, and no more will be asked for."""
    with _mutex:
        while _warm:
            _warm.pop().forget_heads()


def _kind(path: Path) -> Kind | None:
    with path.open("rb") as file:
        head = file.read(tarfile.BLOCKSIZE)
    if head.startswith(GZIP_MAGIC):
        return "tar.gz" if _is_header(_gunzipped(path)) else None
    if _is_header(head):  # before zip, which may be a tar's last member
        return "tar"
    return "zip" if head.startswith(ZIP_MAGIC) or zipfile.is_zipfile(path) else None


def _gunzipped(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(tarfile.BLOCKSIZE)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""


def _is_header(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True
