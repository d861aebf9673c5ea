"""Zip archives: the list at their end tells what they hold, and any member is read by itself.

Never read are links and other special files, and what is encrypted or compressed by a method that
Python does not have (Windows' Deflate64 above all).
"""

import stat
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ...errors import ArchiveError
from ..trees import escaped
from .base import DAMAGE, damaged, member
from .contents import Contents, Listing, Member, normal

METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
ENCRYPTED, MASKED = 0x1, 0x2000  # flag bits 0 and 13 (APPNOTE 4.4.4)


@dataclass(eq=False)
class Zip:
    """A zip archive; see `Holder`."""

    path: Path
    contents: Contents
    _file: zipfile.ZipFile | None = field(default=None, repr=False)
    """Open from the first member on; closed with the object."""
    _infos: dict[str, zipfile.ZipInfo] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Send the list, and not the opened file."""
        return {"path": self.path, "contents": self.contents, "_file": None, "_infos": {}}

    def open(self, name: str) -> IO[bytes]:
        """Open a member for reading."""
        if self._file is None:
            self._file = _opened(self.path)
            self._infos = {normal(info.filename): info for info in self._file.infolist()}
        stated, info = self.contents.members[name], self._infos.get(name)
        if info is None or (info.file_size, info.header_offset) != (stated.size, stated.at):
            raise ArchiveError(f"{self.path}: has changed while it was read; run the command again")
        try:
            source = self._file.open(info)
        except (*DAMAGE, NotImplementedError, struct.error) as error:
            raise damaged(name, self.path, type(error).__name__) from error
        return member(source, stated.size, name, self.path)

    def each(self, names: Iterable[str]) -> Iterator[tuple[str, IO[bytes]]]:
        """Open members one after the other."""
        for name in sorted(names, key=lambda name: self.contents.members[name].at):
            with self.open(name) as file:
                yield name, file


def read(path: Path) -> Zip:
    """List a zip archive.

    Raises
    ------
    ArchiveError
        If it has no list, or one that is damaged.
    """
    listing = Listing()
    with _opened(path) as file:
        for info in file.infolist():
            if info.header_offset < 0:  # of a list that is longer than the file before it
                raise damaged(escaped(info.filename), path, "no place for it")
            name = info.orig_filename if "\0" in info.orig_filename else info.filename
            if info.is_dir():
                listing.add_folder(name)
            else:
                listing.add(name, Member(info.file_size, info.header_offset), _refusal(info))
    return Zip(path, listing.contents())


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        try:
            return zipfile.ZipFile(path, metadata_encoding="utf-8")  # as macOS writes, unflagged
        except UnicodeDecodeError:
            return zipfile.ZipFile(path)
    except (*DAMAGE, NotImplementedError, struct.error, OverflowError, ValueError) as error:
        raise ArchiveError(
            f"{path}: is cut short or damaged (got {type(error).__name__}: its list of files is "
            "not there or broken); copy or download it again"
        ) from error


def _refusal(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the packing program tells no kinds
    if kind == stat.S_IFLNK:
        return "a link; put the file itself into the archive"
    if kind not in (0, stat.S_IFREG):
        return "no regular file"
    if info.flag_bits & (ENCRYPTED | MASKED):
        return "encrypted; pack it anew without a password"
    if info.compress_type not in METHODS:
        return (
            f"compressed by method {info.compress_type} ("
            f"{zipfile.compressor_names.get(info.compress_type, 'unknown')}), which cannot be "  # type: ignore[attr-defined]
            "read; pack it anew with deflate"
        )
    return None
