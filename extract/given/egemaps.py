"""openSMILE's eGeMAPS descriptors as the track `egemaps`: E-DAIC's 23 columns, or all 25.

Columns are found by name and are those of the computed track; the two that eGeMAPS v01a lacks
(bandwidths of F2 and F3) are NaN.  ``frameTime`` is where a row's windows begin; the row's time is
20 ms later, as in the computed track.  -201 in the formants' amplitudes says "unvoiced"; openSMILE
averages it with its neighbours, so wherever that reaches they are NaN here, too.

The file tells of exact zeros in the sound, which are not silence (`features.acoustic.scrubbed`), by
a spectrum of nothing; rows that such a span touches are NaN.

Functionals have other names, bags of words no header, and are not taken.

References
----------
Ringeval et al., "AVEC 2019 workshop and challenge", AVEC 2019.  Eyben et al., "The Geneva
minimalistic acoustic parameter set (GeMAPS)", IEEE TAFFC 7(2), 2016.
"""

# F = rows, S = spans

from pathlib import Path

import numpy as np

from ...features.acoustic.egemaps import AMPLITUDES, COLUMNS, F0
from ...features.acoustic.opensmile_chunks import (
    CENTRE_S,
    HOP_N,
    LIBRARIES,
    MIDDLE_N,
    REACH_N,
    surely_voiced,
)
from ...features.acoustic.scrubbed import SHORTEST_S, in_spans
from ...features.extractor import SOUND_RATE_HZ
from ...features.types import F32, Bool
from ..blanks import runs_of
from .base import READERS, Beside, Format, Reading, lacking, of_text
from .sheet import reading, spooled, times
from .table import NumberTable, header_of, told

UNVOICED = -201.0  # amplitude of a formant, in dB, where openSMILE found none
TELLING = frozenset({F0, "Loudness_sma3", "alphaRatio_sma3"})
"""A header with these is that of the descriptors; the names of functionals go on behind."""
FLAT = ("alphaRatio_sma3", "hammarbergIndex_sma3")
"""Ratios of energies that are exactly 0 only where there is no energy at all."""
SEPARATORS = (";", ",")
SHORT_N = round(0.020 * SOUND_RATE_HZ)  # window of the spectrum


def matches(head: str, _name: str) -> bool:
    """Tell the descriptors by the names of their columns."""
    return set(header_of(head)[0]) >= TELLING


def promises(name: str) -> bool:
    """Say whether a file of this name ought to hold descriptors; bags of words do not."""
    return "egemaps" in name and "boaw" not in name


def lacks(head: str) -> str:
    """Say what a head holds instead."""
    return f"not eGeMAPS descriptors under openSMILE's names (got {told(head)})"


def read(path: Path, beside: Beside) -> Reading:
    """Read a file; see `Format.read`.

    Raises
    ------
    TrackError
        If a cell is no number, the file has no row, or its times are damaged.
    """
    table = NumberTable.open(path, separators=SEPARATORS)
    sheet = spooled(table, COLUMNS, beside.scratch, held=(F0, *FLAT), nothing=(0.0, UNVOICED))
    placed = times(sheet, first_s=CENTRE_S, centre_s=CENTRE_S)
    flat_F = np.logical_and.reduce([sheet.held[name] == 0 for name in FLAT])
    valid_F = sheet.measured_F & ~_scrubbed(flat_F)
    voiced_F = sheet.held[F0] > 0
    sure_F = surely_voiced(voiced_F)

    def finish(value_FC: F32, rows: slice) -> F32:
        level_FA = value_FC[:, AMPLITUDES]
        level_FA[~sure_F[rows]] = np.nan
        level_FA[level_FA == UNVOICED] = np.nan
        value_FC[:, AMPLITUDES] = level_FA
        return value_FC

    return reading(sheet, placed, valid_F, finish, {"rows_voiced": int((voiced_F & valid_F).sum())})


FORMAT = Format(
    name="opensmile",
    label="openSMILE eGeMAPS",
    track="egemaps",
    version="3",
    licence=LIBRARIES["opensmile"],
    libraries=READERS,
    filmed=False,
    matches=of_text(matches),
    promises=promises,
    lacks=lacking(lacks),
    honours=(),
    read=read,
)


def _scrubbed(flat_F: Bool) -> Bool:
    """Tell the rows that touch exact zeros of at least 100 ms, from those that see nothing else."""
    first_S, stop_S = runs_of(flat_F).T
    # the samples that rows without energy see, with the rows that they are smoothed with
    spans_S2 = np.stack([(first_S - 1) * HOP_N, stop_S * HOP_N + SHORT_N], axis=1)
    long_S2 = spans_S2[spans_S2[:, 1] - spans_S2[:, 0] >= SHORTEST_S * SOUND_RATE_HZ]
    middle_n_F = np.arange(flat_F.size) * HOP_N + MIDDLE_N
    return in_spans(long_S2, middle_n_F, REACH_N)
