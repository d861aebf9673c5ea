"""DAIC-WOZ's ``_FORMANT.csv`` as the track `formant`: five frequencies in Hz every 10 ms.

The file is five columns of numbers without a header or times, so only its name can tell it.  The
corpus says 100 Hz and no more; its rows are placed where those of its ``_COVAREP.csv`` lie, which
are of the same program.  A formant of 0 Hz is one that was not found.

References
----------
Gratch et al., "The Distress Analysis Interview Corpus of human and computer interviews", LREC 2014.
"""

from pathlib import Path

import numpy as np

from ...features.acoustic.given_only import FORMANTS
from ...features.columns import names
from ...features.types import F32
from .base import COVAREP_LICENCE, READERS, Beside, Format, Reading, lacking, of_text
from .covarep import FIRST_S
from .sheet import reading, spooled, times
from .table import NumberTable, numbers_of, told


def matches(head: str, name: str) -> bool:
    """Tell the file by its name and five numbers a row."""
    return promises(name.casefold()) and {len(row) for row in numbers_of(head)} == {len(FORMANTS)}


def promises(name: str) -> bool:
    """Say whether a file of this name ought to hold formants."""
    return "formant" in name


def lacks(head: str) -> str:
    """Say what a head holds instead."""
    return f"not {len(FORMANTS)} numbers a row as DAIC-WOZ has them (got {told(head)})"


def read(path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If a cell is no number, or the file has no row.
    """
    table = NumberTable.open(path, columns=names(FORMANTS))
    sheet = spooled(table, FORMANTS, beside.scratch)
    placed = times(sheet, first_s=FIRST_S, centre_s=0.0)

    def finish(value_FC: F32, _rows: slice) -> F32:
        value_FC[value_FC == 0] = np.nan
        return value_FC

    return reading(sheet, placed, sheet.measured_F, finish, {"formants_not_found": sheet.zeros})


FORMAT = Format(
    name="covarep_formant",
    label="COVAREP formants",
    track="formant",
    version="1",
    licence=COVAREP_LICENCE,
    libraries=READERS,
    filmed=False,
    matches=of_text(matches),
    promises=promises,
    lacks=lacking(lacks),
    honours=(),
    read=read,
)
