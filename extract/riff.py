"""What the header of a wav file says of its length, against what the file holds.

A copy that broke off leaves a header that says too much; a recorder that lost its power, one that
says too little.  FFmpeg believes the file's end in the first case and the header in the second,
and is silent in both.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

UNKNOWN = (0, 0xFFFFFFFF)  # written by programs that do not know the length yet
LEAST_SOUND = 4096  # bytes: fewer behind the sound are somebody's tag


def data_bytes(path: Path) -> tuple[int, int] | None:
    """Say how many bytes of sound a wav file states, and how many it holds.

    Chunks behind the sound (names, marks) are no sound.  None where the file is no wav file, or
    states nothing.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        riff = file.read(12)
        if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
            return None
        found = None
        for name, first, length in _chunks(file.fileno(), size):
            if name == b"data":
                if length in UNKNOWN:
                    return None
                found = first, length
            stop = first + length + length % 2
    if found is None:
        return None
    first, stated = found
    if first + stated > size:
        return stated, size - first
    return stated, size - first if size - stop > LEAST_SOUND else stated


def _chunks(file: int, size: int) -> Iterator[tuple[bytes, int, int]]:
    """List the chunks: name, first byte of what they hold, and its stated length."""
    at = 12
    while at + 8 <= size:
        name, length = struct.unpack("<4sI", os.pread(file, 8, at))
        if not (name.isascii() and name.decode("ascii", "replace").isprintable()):
            return
        yield name, at + 8, length
        at += 8 + length + length % 2
