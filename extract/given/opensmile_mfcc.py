"""E-DAIC's ``_OpenSMILE2.3.0_mfcc.csv`` as the track `opensmile_mfcc`: 39 numbers every 10 ms.

Columns keep the names that the file gives them (13 MFCCs, their deltas and accelerations).
openSMILE's ``frameTime`` is where a window of 25 ms begins; a row's time is the window's centre.

References
----------
Ringeval et al., "AVEC 2019 workshop and challenge", AVEC 2019.  ``MFCC12_0_D_A.conf`` of openSMILE.
"""

from pathlib import Path

from ...features.acoustic.opensmile_chunks import LIBRARIES
from ...features.columns import Column
from ...features.types import Seconds
from .base import READERS, Beside, Format, Reading, lacking, of_text
from .sheet import TIMES, as_read, reading, spooled, times
from .table import NumberTable, header_of, told

CENTRE_S: Seconds = 0.0125  # of a window of 25 ms
COLUMNS = 39
SEPARATORS = (";", ",")
NO_FEATURES = frozenset({"", "name", *TIMES})


def matches(head: str, name: str) -> bool:
    """Tell the file by ``frameTime`` and columns that are all called MFCC.

    Under other names there must be 39 of them, and the file must be called so.
    """
    header = header_of(head)[0]
    features = _features(header)
    if "frameTime" not in header or not features:
        return False
    called = len(features) == COLUMNS and "mfcc" in name.casefold()
    return called or all("mfcc" in feature.casefold() for feature in features)


def promises(name: str) -> bool:
    """Say whether a file of this name ought to hold openSMILE's MFCCs; bags of words do not."""
    return "opensmile" in name and "mfcc" in name and "boaw" not in name


def lacks(head: str) -> str:
    """Say what a head holds instead."""
    return f"not frameTime and {COLUMNS} MFCCs under a header (got {told(head)})"


def read(path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If a cell is no number, the file has no row, or its times are damaged.
    """
    table = NumberTable.open(path, separators=SEPARATORS)
    columns = tuple(Column(name, "1", "opensmile_mfcc") for name in _features(table.header))
    sheet = spooled(table, columns, beside.scratch)
    placed = times(sheet, first_s=CENTRE_S, centre_s=CENTRE_S)

    return reading(sheet, placed, sheet.measured_F, as_read, {})


FORMAT = Format(
    name="opensmile",
    label="openSMILE MFCC",
    track="opensmile_mfcc",
    version="1",
    licence=LIBRARIES["opensmile"],
    libraries=READERS,
    filmed=False,
    matches=of_text(matches),
    promises=promises,
    lacks=lacking(lacks),
    honours=(),
    read=read,
)


def _features(header: tuple[str, ...]) -> tuple[str, ...]:
    """List the columns that hold features; of two equal names the first counts."""
    return tuple(name for name in dict.fromkeys(header) if name not in NO_FEATURES)
