"""Put a unit's files on disk: into a folder, a zip or a tar.gz, each whole or not at all.

Archives carry no clock time and no user: same input, same bytes.  `junk` is what macOS leaves.
"""

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from ...store.atomic import replacing
from .order import Content, Files, Link, Unit, once

APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        ".ljust(4096, b"\0")
"""What macOS writes beside a file as ``._name``: magic number, version, padding."""
DS_STORE = b"\0\0\0\1Bud1".ljust(6148, b"\0")
DATE = (2017, 5, 1, 12, 0, 0)  # of every member of an archive
LINK_MODE = 0o120777 << 16
FILE_MODE = 0o100644 << 16


def place(root: Path, unit: Unit, files: Files) -> list[str]:
    """Write a unit below `root`; list the paths, relative to it."""
    everything = {str(PurePosixPath(unit.folder) / name): made for name, made in files.items()}
    if unit.junk:
        everything |= _junk(unit, files)
    if not unit.archive:
        for name, made in everything.items():
            write(root / name, made)
        return list(everything)
    path = root / unit.archive
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as written:
        (_zip if unit.archive.endswith(".zip") else _tar)(written, everything)
    return [unit.archive]


def write(path: Path, made: Content) -> None:
    """Write one file or link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(made, Link):
        path.unlink(missing_ok=True)
        path.symlink_to(made.target)
        return
    with replacing(path) as written, written.open("wb") as file:
        file.writelines(made())


def _junk(unit: Unit, files: Files) -> dict[str, Content]:
    """Make macOS's leftovers: beside the files in a folder, apart from them in an archive."""
    inside = PurePosixPath(unit.folder)
    first, *_ = sorted(files)
    apart = PurePosixPath("__MACOSX") if unit.archive else inside.parent / "__MACOSX"
    return {
        str(inside / ".DS_Store"): once(DS_STORE),
        str(inside / f"._{unit.number}_TRANSCRIPT.csv"): once(APPLE_DOUBLE),
        str(apart / inside.name / f"._{first}"): once(APPLE_DOUBLE),
    }


def _zip(path: Path, files: Files) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, made in files.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, on every system
            info.external_attr = LINK_MODE if isinstance(made, Link) else FILE_MODE
            if isinstance(made, Link):
                archive.writestr(info, os.fsencode(made.target))
                continue
            with archive.open(info, "w", force_zip64=True) as member:
                member.writelines(made())


def _tar(path: Path, files: Files) -> None:
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, made in files.items():
            info = tarfile.TarInfo(name)
            info.mtime = 1493640000  # 1 May 2017, 12:00 UTC
            if isinstance(made, Link):
                info.type, info.linkname = tarfile.SYMTYPE, made.target
                archive.addfile(info)
                continue
            content = b"".join(made())
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
