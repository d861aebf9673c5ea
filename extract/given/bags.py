"""E-DAIC's bags of words as the tracks `boaw_egemaps`, `boaw_mfcc` and `bovw_openface`.

``_BoAW_..._eGeMAPS.csv``, ``_BoAW_..._MFCC.csv`` and ``_BoVW_openFace_...csv`` are histograms of
100 words by openXBOW, over windows of 4 s: no header, ``;`` between cells, a name, a time, 100
numbers.  Names and cells both must fit.  The time that openXBOW writes is the centre of the window,
and the row's.  Windows overlap, so a row tells of more time than it owns.  A bag of zeros is one in
which there was nothing to count, and was not measured.

References
----------
Ringeval et al., "AVEC 2019 workshop and challenge", AVEC 2019.  Schmitt and Schuller, "openXBOW:
introducing the Passau open-source crossmodal bag-of-words toolkit", JMLR 18, 2017.
"""

from functools import partial
from pathlib import Path

from ...features.acoustic.given_only import BOAW_EGEMAPS, BOAW_MFCC
from ...features.columns import Column, names
from ...features.given_only import BOVW_OPENFACE
from .base import READERS, Beside, Format, Reading, lacking, of_text
from .sheet import as_read, reading, spooled, times
from .table import NumberTable, header_of, is_number, told

BEFORE = ("name", "time")
WORDS = 100
SEPARATORS = (";", ",")


def matches(called: tuple[str, ...], head: str, name: str) -> bool:
    """Tell a file by its name and the cells of a row."""
    return promises(called, name.casefold()) and len(header_of(head)[0]) == len(BEFORE) + WORDS


def promises(called: tuple[str, ...], name: str) -> bool:
    """Say whether a file of this name ought to hold such bags."""
    return all(word in name for word in called)


def lacks(head: str) -> str:
    """Say what a head holds instead."""
    return (
        f"not a name, a time and {WORDS} numbers a row as openXBOW writes them (got {told(head)})"
    )


def read(columns: tuple[Column, ...], path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If a cell is no number, the file has no row, or its times are damaged.
    """
    called = (*BEFORE, *names(columns))
    table = NumberTable.open(path, separators=SEPARATORS)
    if is_number(table.header[1]):  # a row, not a header
        table = NumberTable.open(path, columns=called, separators=SEPARATORS)
    else:
        table = table.renamed(called)
    sheet = spooled(table, columns, beside.scratch)
    placed = times(sheet, first_s=0.0, centre_s=0.0)

    return reading(sheet, placed, sheet.measured_F, as_read, {})


def _format(track: str, columns: tuple[Column, ...], label: str, *called: str) -> Format:
    return Format(
        name="openxbow",
        label=label,
        track=track,
        version="1",
        licence="openXBOW: non-commercial licence",
        libraries=READERS,
        filmed=False,
        matches=of_text(partial(matches, called)),
        promises=partial(promises, called),
        lacks=lacking(lacks),
        honours=(),
        read=partial(read, columns),
    )


FORMATS = (
    _format("boaw_egemaps", BOAW_EGEMAPS, "bags of eGeMAPS", "boaw", "egemaps"),
    _format("boaw_mfcc", BOAW_MFCC, "bags of MFCC", "boaw", "mfcc"),
    _format("bovw_openface", BOVW_OPENFACE, "bags of visual words", "bovw", "openface"),
)
