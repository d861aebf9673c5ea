"""D-Vlog's ``_visual.npy`` and ``_acoustic.npy`` as the tracks `dvlog_visual` and `dvlog_acoustic`.

The corpus gives numbers, no recordings: a row a second, 136 numbers of the face (68 landmarks in
two dimensions, by dlib) and 25 of the voice (openSMILE's descriptors).  In which order they stand
has not been published, so columns are numbered, and nobody should read a name into them.  Row i is
taken to tell of the second from i on, and lies at its middle, i + 0.5 s.

A row of nothing but zeros and NaN was not measured.  The two files of a session may differ in
length; each stands as it is.  Arrays of Python objects are never unpacked: that would run code.

References
----------
Yoon et al., "D-Vlog: multimodal vlog dataset for depression detection", AAAI 2022.
"""

# F = rows

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tokenize import TokenError
from typing import NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np

from ...errors import TrackError
from ...features.acoustic.given_only import DVLOG_ACOUSTIC
from ...features.columns import Column
from ...features.given_only import DVLOG_VISUAL
from ...features.track import LongTrack, Track, window_centres
from ...features.types import F32
from ..heads import Head
from .base import READERS, Beside, Format, Reading, mended

RATE_HZ = 1.0
MIDDLE_S = 0.5  # of the first row's second
MAGIC = np.lib.format.MAGIC_PREFIX
TOLD = {
    "rows_cut": "rows broken off, left out",
    "cells_infinite": "infinite numbers, made NaN",
}


class _Shape(NamedTuple):
    """What a file says of its array."""

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[np.generic]
    begin: int
    """Bytes before the array."""


def matches(columns: Sequence[Column], word: str, head: Head, name: str) -> bool:
    """Tell the file by its name, and an array of that many numbers a row."""
    if not promises(word, name.casefold()):
        return False
    said = _said(head.raw)
    return said is not None and _fits(said, len(columns))


def promises(word: str, name: str) -> bool:
    """Say whether a file of this name ought to hold such features."""
    return name.endswith(f"_{word}.npy")


def lacks(columns: Sequence[Column], head: Head) -> str:
    """Say what a head holds instead."""
    expected = f"not {len(columns)} numbers a row in a NumPy array"
    said = _said(head.raw)
    if said is None:
        return f"{expected} (got {'nothing' if not head.raw else 'none'})"
    held = "Python objects" if said.dtype.hasobject else str(said.dtype)
    return f"{expected} (got {' x '.join(map(str, said.shape)) or 'one'} of {held})"


def read(columns: tuple[Column, ...], path: Path, _beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If it is no such array, or holds no row.
    """
    with path.open("rb") as file:
        head = Head.read(file)
    said = _said(head.raw)
    if said is None or not _fits(said, len(columns)):
        raise TrackError(f"{path.name}: is {lacks(columns, head)}; copy it anew")
    value_FC, cut = _rows(path, said)
    infinite_FC = np.isinf(value_FC)
    value_FC[infinite_FC] = np.nan
    valid_F = ((value_FC != 0) & np.isfinite(value_FC)).any(axis=1)
    value_FC[~valid_F] = np.nan
    track = Track(
        time_s=window_centres(len(value_FC), hop_s=1 / RATE_HZ, first_s=MIDDLE_S),
        value_FC=value_FC,
        columns=columns,
        valid_F=valid_F,
        rate_hz=RATE_HZ,
    )
    counts = {"rows_cut": cut, "cells_infinite": int(infinite_FC.sum())}
    warnings = mended(path.name, counts, TOLD)
    if not valid_F.any():
        warnings += (f"{path.name}: no row holds a measurement; replace the file",)
    return Reading(
        track=LongTrack(
            rows=track.rows, columns=columns, rate_hz=RATE_HZ, parts=lambda: iter((track,))
        ),
        quality={"rows": track.rows, "rows_valid": int(valid_F.sum()), **counts},
        facts={"time_source": "row"},
        warnings=warnings,
    )


def _fits(said: _Shape, width: int) -> bool:
    return len(said.shape) == 2 and said.shape[1] == width and said.dtype.kind in "fiu"


def _said(raw: bytes) -> _Shape | None:
    """Read what the beginning of a file says of its array; None if it is none of NumPy's."""
    if not raw.startswith(MAGIC):
        return None
    file = io.BytesIO(raw)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        with catch_warnings():
            simplefilter("ignore", UserWarning)  # of Python 2, whose numbers are the same
            version = np.lib.format.read_magic(file)  # type: ignore[no-untyped-call]
            shape, by_columns, dtype = readers[version](file)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, LookupError, TokenError, RecursionError, MemoryError):
        return None  # NumPy checks what a header says, not all that it may be
    return _Shape(shape, by_columns, dtype, file.tell())


def _rows(path: Path, said: _Shape) -> tuple[F32, int]:
    """Read the rows that are there; say how many are not, as the file breaks off before them."""
    rows, width = said.shape
    if not rows:
        raise TrackError(f"{path.name}: holds no row; replace the file")
    size, row_bytes = path.stat().st_size, width * said.dtype.itemsize
    there = min(rows, (size - said.begin) // row_bytes)
    if there < 1 or (said.by_columns and there < rows):
        raise TrackError(
            f"{path.name}: breaks off: got {size} bytes, expected {said.begin + rows * row_bytes}; "
            "copy it anew"
        )
    flat = np.fromfile(path, said.dtype, count=there * width, offset=said.begin)
    value_FC = flat.reshape((there, width), order="F" if said.by_columns else "C")
    with np.errstate(over="ignore", invalid="ignore"):  # too large for float32 is infinite
        return value_FC.astype(np.float32, order="C"), rows - there


def _format(track: str, columns: tuple[Column, ...], word: str) -> Format:
    return Format(
        name="dvlog",
        label=f"D-Vlog {word}",
        track=track,
        version="1",
        licence="D-Vlog: on request, for research only",
        libraries={"numpy": READERS["numpy"]},
        filmed=False,
        matches=partial(matches, columns, word),
        promises=partial(promises, word),
        lacks=partial(lacks, columns),
        honours=(),
        read=partial(read, columns),
    )


FORMATS = (
    _format("dvlog_visual", DVLOG_VISUAL, "visual"),
    _format("dvlog_acoustic", DVLOG_ACOUSTIC, "acoustic"),
)
