"""Transactional files: written beside their place, fsynced, moved in with ``os.replace``.

A reader sees the old file or the new one, never a part of either, whatever kills the writer.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ...errors import DamagedError, StoreError
from .key import digest, sha256_file

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a file system says when it, or the user's part of it, is full."""
SUFFIX = ".tmp"
SEAL = "seal"
"""Key of the hash of everything else in a sealed document."""


def temporary(path: Path) -> Path:
    """Name the file beside `path` that this process may write before it is moved to `path`."""
    return path.with_name(f".{path.name}.{os.getpid()}{SUFFIX}")


def commit(written: Path, path: Path) -> None:
    """Make `written` durable and give it the name `path`, replacing what was there.

    A file that has these bytes already is left alone, so its date says when its content changed.
    """
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(errno.EISDIR, "a folder stands where this file goes", str(path))
    if _same(written, path):
        written.unlink()
        return
    descriptor = os.open(written, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(written, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _same(written: Path, path: Path) -> bool:
    there = path.is_file() and not path.is_symlink()
    if not there or path.stat().st_size != written.stat().st_size:
        return False
    return sha256_file(path) == sha256_file(written)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file to write; it becomes `path` if the block ends well, else it goes."""
    written = temporary(path)
    try:
        with naming(path):
            yield written
            commit(written, path)
    finally:
        written.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the place that is full: an error of writing, unlike one of opening, names no file."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error


def check_plain(path: Path) -> None:
    """Refuse what is there and no plain file: to open a pipe would wait for ever.

    Raises
    ------
    StoreError
        If a folder, a pipe or a device has the name.
    """
    if path.exists() and not path.is_file():
        raise StoreError(
            f"{path}: expected a file, got a folder, a pipe or a device; move it away, then run "
            "the same command again"
        )


def sweep(folder: Path) -> None:
    """Remove what a killed writer left in a folder; only for the holder of the folder's lock."""
    for left in folder.glob(f".*{SUFFIX}"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files that go together: none comes into place before all are written.

    They come into place in their order, so what says that all is done stands last.
    """
    with ExitStack() as stack:
        for path, content in reversed([*files.items()]):  # a stack ends with what began first
            stack.enter_context(replacing(path)).write_bytes(content)


def write_json(path: Path, document: object) -> None:
    """Write canonical JSON; see `canonical`."""
    with replacing(path) as written:
        written.write_bytes(canonical(document))


def canonical(document: object) -> bytes:
    """Lay out JSON: sorted keys, UTF-8, one indent, no NaN."""
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    DamagedError
        If the file is missing, is no JSON, or holds something other than an object.
    """
    if path.exists() and not path.is_file():
        raise _damaged(path, "a folder, a pipe or a device")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, type(error).__name__) from error
    if not isinstance(document, dict):
        raise _damaged(path, type(document).__name__)
    return document


def write_sealed(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON object with a hash of itself, so that one changed byte shows."""
    write_json(path, sealed(document))


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Put the hash of a document into it."""
    return {**document, SEAL: seal_of(document)}


def read_sealed(path: Path) -> dict[str, Any]:
    """Read what `write_sealed` wrote, without its seal.

    Raises
    ------
    DamagedError
        If the file is missing, is no JSON object, or does not match its seal.
    """
    document = read_json(path)
    seal = document.pop(SEAL, None)
    if seal != digest(document):
        got = "none that is sealed" if seal is None else "one that does not match its seal"
        raise _damaged(path, got)
    return document


def seal_of(document: Mapping[str, Any]) -> str:
    """Hash a document as it is after a way through JSON."""
    return digest(json.loads(json.dumps(document)))


def _damaged(path: Path, got: str) -> DamagedError:
    return DamagedError(
        f"{path}: expected a JSON object, got {got}; delete it, then run the same command again"
    )
