"""Content keys: two results with the same key are the same bytes."""

import errno
import hashlib
import json
import os
import stat
from pathlib import Path

BLOCK = 1 << 20  # bytes read at a time


def digest(document: object) -> str:
    """Hash a JSON-able document; the order of keys in mappings does not matter."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def sha256_file(path: Path) -> str:
    """Hash the content of a file.

    Raises
    ------
    OSError
        If it cannot be read, or is no regular file: a pipe would be waited on for ever.
    """
    state = hashlib.sha256()
    with open(path, "rb", opener=_at_once) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        while block := stream.read(BLOCK):
            state.update(block)
    return state.hexdigest()


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
