"""What the header of a wav file says of its sound, against what the file holds.

A copy that broke off leaves a header that says too much; a recorder that lost its power, one that
says too little.  FFmpeg believes the file's end in the first case and the header in the second,
and is silent in both, as it is where rate, channels and bits contradict each other.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from ..errors import MediaError

UNKNOWN = (0, 0xFFFFFFFF)  # written by programs that do not know the length yet
LEAST_SOUND = 4096  # bytes: fewer behind the sound are somebody's tag
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # format tags (RFC 2361); the last hides one of the others
EXTENSIBLE_BYTES = 26  # of a format, up to the tag that it hides


def data_bytes(path: Path) -> tuple[int, int] | None:
    """Say how many bytes of sound a wav file states, and how many it holds.

    Chunks behind the sound (names, marks) are no sound; one that reaches beyond the file is no
    chunk, but sound that looks like one.  None where the file is no wav file, or states nothing.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
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


def oddity_of_format(path: Path) -> str | None:
    """Say in one line where a wav file's format contradicts itself; None where it does not.

    Raises
    ------
    MediaError
        If the file is empty, or states no rate or no channels.
    OSError
        If it cannot be read.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        if size == 0:
            raise MediaError(f"{path}: is empty (0 bytes); replace the file")
        for name, first, length in _chunks(file.fileno(), size):
            form = os.pread(file.fileno(), min(length, EXTENSIBLE_BYTES), first)
            if name == b"fmt " and len(form) >= 16:
                return _contradiction(path, form)
    return None


def _contradiction(path: Path, form: bytes) -> str | None:
    tag, channels, rate_hz, bytes_s, block, bits = struct.unpack_from("<HHIIHH", form)
    if rate_hz == 0:
        raise MediaError(f"{path}: states a sampling rate of 0 Hz; mend its header")
    if channels == 0:
        raise MediaError(f"{path}: states 0 channels; mend its header")
    if tag == EXTENSIBLE and len(form) == EXTENSIBLE_BYTES:
        tag = struct.unpack_from("<H", form, 24)[0]
    expected = channels * ((bits + 7) // 8)
    if tag not in (PCM, FLOAT) or (block, bytes_s) == (expected, expected * rate_hz):
        return None
    return (
        f"the file's header contradicts itself: {channels} x {bits} bits at {rate_hz} Hz take "
        f"{expected} B, {expected * rate_hz} B/s, and it states {block} B, {bytes_s} B/s; if the "
        "file sounds too fast, too slow or noisy, mend it"
    )


def _chunks(file: int, size: int) -> Iterator[tuple[bytes, int, int]]:
    """List a wav file's chunks: name, first byte of what they hold, and its stated length."""
    riff, at = os.pread(file, 12, 0), 12
    while riff[:4] == b"RIFF" and riff[8:] == b"WAVE" and at + 8 <= size:
        name, length = struct.unpack("<4sI", os.pread(file, 8, at))
        if not (name.isascii() and name.decode("ascii").isprintable()):
            return
        if at + 8 + length > size and name != b"data":
            return
        yield name, at + 8, length
        at += 8 + length + length % 2
