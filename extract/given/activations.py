"""E-DAIC's ``_CNN_ResNet.mat`` and ``_CNN_VGG.mat``: activations of a network, a row a video frame.

MATLAB's files of version 5 are read, whose matrix is called ``feature``; the matrix may lie either
way, its width says which.  Where a session has a copy as text (``.mat.csv``) instead, that is read:
numbers a row, with or without a line of numbers above and a number of the row before them.

The files tell no times.  A row is a frame of OpenFace's table beside it (see `frame_clock`), so
both must have as many.  A row of nothing but zeros and NaN was not measured.

References
----------
Ringeval et al., "AVEC 2019 workshop and challenge: state-of-mind, detecting depression with AI, and
cross-cultural affect recognition", AVEC 2019.
"""

# F = frames, D = numbers a frame

import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from ...errors import TrackError
from ...features.columns import Column
from ...features.given_only import CNN_RESNET, CNN_VGG
from ...features.spool import Spool
from ...features.track import LongTrack, Track
from ...features.types import F32, Bool
from ..heads import Head
from .base import READERS, Beside, Format, Reading, mended
from .frame_clock import frame_times
from .table import NumberTable, header_of, told

KEY = "feature"
PART = 512  # frames of a part: 8 MB
TOLD = {
    "rows_cut": "last row broken off, left out",
    "cells_infinite": "infinite numbers, made NaN",
    "times_moved": "of times that do not increase, moved",
}
ENDIAN = (b"IM", b"MI")  # at byte 126, behind the version
DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, OSError, TypeError, ValueError),
    zlib.error,
)
MOST_PACKED = 1032  # bytes that one byte of deflate can stand for, at most (RFC 1951)
NEWER = 2  # version of the files that are HDF5 inside (7.3)


def version_of(raw: bytes) -> int | None:
    """Tell the version of a MATLAB file from its first bytes: 1 (called 5), or 2 (called 7.3)."""
    mark = raw[126:128]
    if mark not in ENDIAN:
        return None
    return raw[125] if mark == b"IM" else raw[124]


def matches(word: str, width: int, as_text: bool, head: Head, name: str) -> bool:
    """Tell a file by its name, and MATLAB's mark or so many numbers a row."""
    if not promises(word, as_text, name.casefold()):
        return False
    if as_text:
        return head.text is not None and _before(head.text, width) is not None
    return version_of(head.raw) is not None


def promises(word: str, as_text: bool, name: str) -> bool:
    """Say whether a file of this name ought to hold such activations."""
    return f"cnn_{word}" in name and name.endswith(".mat.csv" if as_text else ".mat")


def lacks(width: int, as_text: bool, head: Head) -> str:
    """Say what a head holds instead."""
    if not head.raw:
        return "not a matrix (got nothing)"
    if as_text:
        return (
            f"not {width} numbers a row (got {'no text' if head.text is None else told(head.text)})"
        )
    return "not a MATLAB file of version 5 (got none)"


def read(columns: tuple[Column, ...], as_text: bool, path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If it is not such a matrix, or nothing tells the times of as many frames.
    """
    spool = Spool(beside.scratch(), len(columns))
    valid: list[Bool] = []
    infinite = cut = 0
    table = _table(path, len(columns)) if as_text else None
    for value_FD in _matrix(path, len(columns)) if table is None else _of_text(table, len(columns)):
        bad_FD = ~np.isfinite(value_FD)
        infinite += int(np.isinf(value_FD).sum())
        value_FD[bad_FD] = np.nan
        valid.append(((value_FD != 0) & ~bad_FD).any(axis=1))
        spool.append(value_FD)
    if table is not None:
        infinite, cut = sum(table.infinite.values()), table.cut
    if not spool.rows:
        raise TrackError(f"{path.name}: holds no row; copy it anew")
    valid_F = np.concatenate(valid)
    placed, _ = frame_times(spool.rows, beside, path.name, may_differ=False)

    def parts() -> Iterator[Track]:
        for first in range(0, spool.rows, PART):
            part = slice(first, min(first + PART, spool.rows))
            value_FD = spool.read(part.start, part.stop).copy()
            value_FD[~valid_F[part]] = np.nan
            yield Track(
                time_s=placed.time_s[part],
                value_FC=value_FD,
                columns=columns,
                valid_F=valid_F[part],
                rate_hz=placed.rate_hz,
            )

    counts = {"rows_cut": cut, "cells_infinite": infinite, "times_moved": placed.moved}
    return Reading(
        track=LongTrack(rows=spool.rows, columns=columns, rate_hz=placed.rate_hz, parts=parts),
        quality={"frames": spool.rows, "frames_valid": int(valid_F.sum()), **counts},
        facts={"time_source": placed.source},
        warnings=(*placed.warnings, *mended(path.name, counts, TOLD)),
    )


def _matrix(path: Path, width: int) -> Iterator[F32]:
    """Read MATLAB's matrix, laid a row a frame, a part at a time so that one copy is held."""
    from scipy.io import loadmat, whosmat
    from scipy.io.matlab import MatReadError

    with path.open("rb") as file:
        head = file.read(128)
    if version_of(head) == NEWER:
        raise TrackError(
            f"{path.name}: is a MATLAB file of version 7.3, expected version 5; save it in "
            "MATLAB with save(..., '-v7')"
        )
    damaged = f"{path.name}: is a damaged MATLAB file; copy it anew"
    if 0 in head[:4]:  # SciPy would take it for one of version 4
        raise TrackError(damaged)
    try:
        shapes = {name: shape for name, shape, _ in whosmat(path)}
        if KEY not in shapes:
            raise TrackError(
                f"{path.name}: holds no matrix called {KEY!r} (got {len(shapes)} others); "
                "replace the file"
            )
        shape = shapes[KEY]
        if len(shape) != 2 or width not in shape:
            raise TrackError(
                f"{path.name}: {KEY!r} is {' x '.join(map(str, shape))}, expected {width} numbers "
                "a frame; replace the file"
            )
        if shape[0] * shape[1] > MOST_PACKED * path.stat().st_size:  # room is made for it first
            raise TrackError(damaged)
        value = loadmat(path, variable_names=[KEY])[KEY]
    except (*DAMAGE, MatReadError) as error:  # SciPy checks little of what a file says
        raise TrackError(damaged) from error
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu":  # or it is sparse
        raise TrackError(f"{path.name}: {KEY!r} holds no numbers; replace the file")
    value_FD = value if shape[1] == width else value.T
    for first in range(0, len(value_FD), PART):
        with np.errstate(over="ignore", invalid="ignore"):  # too large for float32 is infinite
            part_FD = value_FD[first : first + PART].astype(np.float32)
        yield part_FD


def _before(head: str, width: int) -> int | None:
    """Count the cells before the numbers of a row: none or one; None if it has not so many."""
    extra = len(header_of(head)[0]) - width
    return extra if extra in (0, 1) else None


def _table(path: Path, width: int) -> NumberTable:
    """Open a copy as text; a first line that counts the columns, or is no numbers, is a header."""
    table = NumberTable.open(path)
    counted = tuple(str(c) for c in range(width))
    try:
        numeric = all(np.isfinite([float(cell) for cell in table.header]))
    except ValueError:
        numeric = False
    if numeric and table.header[-width:] != counted:
        return NumberTable.open(path, columns=tuple(str(c) for c in range(len(table.header))))
    return table


def _of_text(table: NumberTable, width: int) -> Iterator[F32]:
    for _, value_FD in table.blocks(table.header[-width:]):
        yield value_FD.astype(np.float32)


def _format(track: str, columns: tuple[Column, ...], word: str, label: str, text: bool) -> Format:
    return Format(
        name="cnn",
        label=label,
        track=track,
        version="1",
        licence="E-DAIC's licence",
        libraries=READERS if text else {"numpy": READERS["numpy"], "scipy": "BSD-3-Clause"},
        filmed=True,
        matches=partial(matches, word, len(columns), text),
        promises=partial(promises, word, text),
        lacks=partial(lacks, len(columns), text),
        honours=(),
        read=partial(read, columns, text),
        rank=int(text),
        timed_by="face",
    )


FORMATS = tuple(
    _format(track, columns, word, label, text)
    for track, columns, word, label in (
        ("cnn_resnet", CNN_RESNET, "resnet", "ResNet activations"),
        ("cnn_vgg", CNN_VGG, "vgg", "VGG activations"),
    )
    for text in (False, True)
)
