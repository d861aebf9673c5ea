"""COVAREP's output as the track `covarep`: 74 numbers every 10 ms, as it computed them.

DAIC-WOZ's ``_COVAREP.csv`` has no header and no times: row i is centred at 4.94 + 10 i ms, where
COVAREP's grid lies in sound of 16 kHz.  A table with a header is read by name, in any order, with
its own times where it has some; columns that it lacks are NaN.  A table without a header must have
all 74 (75 with the time before them): which one 73 numbers leave out nobody can tell.

``-Inf`` (the slope of a silent frame) is NaN and counted.  Rows in which nobody speaks are masked
as those of the computed track are, by ``covarep.mask_unvoiced``; COVAREP masks nothing, and
``covarep.compat`` leaves it at that.  Its MCEPs stay where it wrote them, up to 50 ms off at the
ends of the file.

References
----------
Degottex et al., "COVAREP: a collaborative voice analysis repository for speech technologies",
ICASSP 2014.  Gratch et al., "The Distress Analysis Interview Corpus of human and computer
interviews", LREC 2014.
"""

# F = rows

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import cast

from ...features.acoustic.covarep.columns import COLUMNS, Mask, masked
from ...features.columns import names
from ...features.types import F32, Seconds
from .base import COVAREP_LICENCE, READERS, Beside, Format, Reading, lacking, of_text
from .sheet import reading, spooled, times
from .table import NumberTable, header_of, numbers_of, told

FIRST_S: Seconds = 79 / 16_000  # COVAREP's grid starts at sample 80, counted from 1
TELLING = frozenset({"F0", "VUV", "NAQ", "QOQ", "peakSlope"})
"""A header with these is COVAREP's."""
NAMES = names(COLUMNS)
TIME = "time"
LONGEST_STEP_S: Seconds = 0.1  # between rows; what grows faster is no time of theirs
VOICE_HZ = (20.0, 1000.0)  # F0 where there is any, whatever COVAREP was told to look for
RANGES: Mapping[str, tuple[float, float]] = {"F0": (0, 500), "Rd": (0, 2.5), "Rd_conf": (0, 1)}
"""Where COVAREP looks for F0 in Hz and for Rd unless told otherwise, and what a confidence is."""


def matches(head: str, name: str) -> bool:
    """Tell COVAREP's output by its header, or its 74 numbers by what they can be.

    Where the file's name does not say it, too, there must be an F0 (an interview may begin with a
    second of zeros), and more columns must fit: age, sex and the answers to 72 questions do not.
    """
    if set(header_of(head)[0]) >= TELLING:
        return True
    rows = numbers_of(head)
    columns = _columns(rows)
    named = [dict(zip(columns, row, strict=True)) for row in rows] if columns else []
    if not named or not all(map(_can_be, named)):
        return False
    pitched = any(row["F0"] > 0 for row in named)
    return promises(name.casefold()) or (pitched and all(map(_is_usual, named)))


def promises(name: str) -> bool:
    """Say whether a file of this name ought to be COVAREP's."""
    return "covarep" in name


def lacks(head: str) -> str:
    """Say why a head is not COVAREP's: the first row that cannot be, or what it holds instead."""
    rows = numbers_of(head)
    columns = _columns(rows)
    for number, row in enumerate(rows if columns else (), 1):
        if not _can_be(dict(zip(columns, row, strict=True))):
            return f"row {number} is not COVAREP's: its F0 is no pitch, or its VUV neither 0 nor 1"
    return f"not {len(NAMES)} numbers a row as COVAREP writes them (got {told(head)})"


def read(path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If a cell is no number, the file has no row, or its times are damaged.
    """
    table = _open(path)
    sheet = spooled(table, COLUMNS, beside.scratch, held=("VUV",))
    placed = times(sheet, first_s=FIRST_S, centre_s=0.0)
    voiced_F = sheet.held["VUV"] > 0.5  # a row of zeros and NaN is not
    as_it_is = bool(beside.parameters.get("compat"))
    how = "keep" if as_it_is else cast("Mask", beside.parameters["mask_unvoiced"])

    def finish(value_FC: F32, rows: slice) -> F32:
        return masked(value_FC, voiced_F[rows], how)

    return reading(sheet, placed, sheet.measured_F, finish, {"rows_voiced": int(voiced_F.sum())})


FORMAT = Format(
    name="covarep",
    label="COVAREP",
    track="covarep",
    version="1",
    licence=COVAREP_LICENCE,
    libraries=READERS,
    filmed=False,
    matches=of_text(matches),
    promises=promises,
    lacks=lacking(lacks),
    honours=("compat", "mask_unvoiced"),
    read=read,
)


def _open(path: Path) -> NumberTable:
    """Open a table under its own names, or under COVAREP's where it has none."""
    table = NumberTable.open(path)
    if set(table.header) >= TELLING:
        return table
    columns = (TIME, *NAMES) if len(table.header) > len(NAMES) else NAMES
    return NumberTable.open(path, columns=columns)


def _columns(rows: Sequence[Sequence[float]]) -> tuple[str, ...]:
    """Name the columns of a table without a header; none if it is not COVAREP's."""
    widths = {len(row) for row in rows}
    if widths == {len(NAMES)}:
        return NAMES
    timed = all(0 < after[0] - row[0] < LONGEST_STEP_S for row, after in pairwise(rows))
    return (TIME, *NAMES) if timed and widths == {len(NAMES) + 1} else ()


def _can_be(row: Mapping[str, float]) -> bool:
    """Say whether a row may be COVAREP's; NaN says nothing against it."""
    f0_hz, voiced = row["F0"], row["VUV"]
    pitch = f0_hz == 0 or math.isnan(f0_hz) or VOICE_HZ[0] <= f0_hz <= VOICE_HZ[1]
    return pitch and (voiced in (0, 1) or math.isnan(voiced))


def _is_usual(row: Mapping[str, float]) -> bool:
    return not any(row[name] < low or row[name] > high for name, (low, high) in RANGES.items())
