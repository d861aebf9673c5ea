"""The ``egemaps`` track: the 25 low-level descriptors of eGeMAPSv02, every 10 ms, by openSMILE.

Names, order and values are openSMILE's but in the formants' amplitudes.  There -201 says
"unvoiced", and openSMILE averages it with its neighbours like a number: at the edges of voice, a
tenth of all voiced rows, -10 dB reads -80.  Both are NaN here.  The zeros that say "no voice" or
"no period" in F0, jitter, shimmer, HNR and both ratios of harmonics are kept, and the columns say
so (`Column.absent`).  The other ``sma3nz`` columns, the frequencies and bandwidths of formants, are
measured without voice, too.  Rows that touch a scrubbed span are NaN.  No functional is computed;
see `egemaps_turns`.

Times, and how a long sound is cut: `opensmile_chunks`.  Read speech made 20 dB fainter keeps its
voicing (99 % of rows) and pitch (0.1 semitone on 99 %), and in the median jitter, HNR, formants and
what compares two bands.  Loudness falls by 0.5, flux by 0.2, and both slopes rise, by 0.016 and
0.011 dB/Hz, more than half of their standard deviation: openSMILE's slopes depend on the level.

References
----------
Eyben et al., "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and
affective computing", IEEE TAFFC 7(2), 2016.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..columns import Column, names
from ..extractor import Inputs, Measured, Takes
from ..types import F32
from .opensmile_chunks import (
    FLUX,
    LIBRARIES,
    LONG,
    PERIODS,
    SHORT,
    count_voiced,
    described,
    in_voice_only,
)

FEATURE_SET = "eGeMAPSv02"
F0 = "F0semitoneFrom27.5Hz_sma3nz"
AMPLITUDE = "amplitudeLogRelF0"

# F = rows, C = columns


def _column(name: str, unit: str, offset_s: float, absent: float | None = None) -> Column:
    return Column(name, unit, "egemaps", offset_s=offset_s, absent=absent)


COLUMNS = (
    _column("Loudness_sma3", "1", SHORT),
    _column("alphaRatio_sma3", "dB", SHORT),
    _column("hammarbergIndex_sma3", "dB", SHORT),
    _column("slope0-500_sma3", "dB/Hz", SHORT),
    _column("slope500-1500_sma3", "dB/Hz", SHORT),
    _column("spectralFlux_sma3", "1", FLUX),
    *(_column(f"mfcc{i}_sma3", "1", SHORT) for i in (1, 2, 3, 4)),
    _column(F0, "semitone", LONG, 0.0),
    _column("jitterLocal_sma3nz", "1", PERIODS, 0.0),
    _column("shimmerLocaldB_sma3nz", "dB", PERIODS, 0.0),
    _column("HNRdBACF_sma3nz", "dB", LONG, 0.0),
    _column("logRelF0-H1-H2_sma3nz", "dB", LONG, 0.0),
    _column("logRelF0-H1-A3_sma3nz", "dB", LONG, 0.0),
    *(
        column
        for i in (1, 2, 3)
        for column in (
            _column(f"F{i}frequency_sma3nz", "Hz", SHORT),
            _column(f"F{i}bandwidth_sma3nz", "Hz", SHORT),
            _column(f"F{i}{AMPLITUDE}_sma3nz", "dB", LONG),
        )
    ),
)
"""In openSMILE's order; loudness and flux are of no unit (auditory spectrum, differences of it).
E-DAIC's 23 (eGeMAPS v01a) are the same without the bandwidths of F2 and F3."""

AMPLITUDES = tuple(c for c, column in enumerate(COLUMNS) if AMPLITUDE in column.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Egemaps:
    """eGeMAPSv02 low-level descriptors."""

    name: ClassVar[str] = "egemaps"
    version: ClassVar[str] = "3"
    takes: ClassVar[Takes] = "sound"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = LIBRARIES

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """No file beyond openSMILE itself."""
        return {}

    def __call__(self, inputs: Inputs) -> Measured:
        """Describe the sound of a session; see `described`."""
        table, counts = described(inputs, self.name, FEATURE_SET, COLUMNS, clean=_clean)
        return Measured(table=table, quality={**counts, "rows_voiced": count_voiced(table, F0)})


def _clean(raw_FC: F32) -> F32:
    return in_voice_only(raw_FC, names(COLUMNS).index(F0), AMPLITUDES)
