"""The ``compare`` track: the 65 low-level descriptors of ComParE 2016, every 10 ms, by openSMILE.

Names, order and values are openSMILE's but in ``logHNR``.  There -100 says "unvoiced", and
openSMILE averages it with its neighbours like a number: at the edges of voice 10 dB read -28.  Both
are NaN here.  The zeros that say "no voice" or "no period" in F0, jitter and shimmer are kept, and
the columns say so (`Column.absent`).  Rows that touch a scrubbed span are NaN.  Deltas and
functionals are not computed.

Times, and how a long sound is cut: `opensmile_chunks`.  That F0, voicing and zero crossings are
measured on the 60 ms window, and the spectrum and the energy on the 20 ms one, shows in bursts of
noise and in gliding tones.  The ``Rfilt`` and ``Rasta`` columns are filtered over time (RASTA),
each row from itself and from those before: they answer about 15 ms later than they say.

References
----------
Weninger et al., "On the acoustics of emotion in audio: what speech, music, and sound have in
common", Frontiers in Psychology 4, 2013.  Schuller et al., "The INTERSPEECH 2016 computational
paralinguistics challenge", Interspeech 2016.
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

FEATURE_SET = "ComParE_2016"
F0, HNR = "F0final_sma", "logHNR_sma"

# F = rows, C = columns


def _column(name: str, unit: str, offset_s: float = SHORT, absent: float | None = None) -> Column:
    return Column(name, unit, "compare", offset_s=offset_s, absent=absent)


COLUMNS = (
    _column(F0, "Hz", LONG, 0.0),
    _column("voicingFinalUnclipped_sma", "1", LONG),
    _column("jitterLocal_sma", "1", PERIODS, 0.0),
    _column("jitterDDP_sma", "1", PERIODS, 0.0),
    _column("shimmerLocal_sma", "1", PERIODS, 0.0),
    _column(HNR, "dB", PERIODS),
    _column("audspec_lengthL1norm_sma", "1"),
    _column("audspecRasta_lengthL1norm_sma", "1"),
    _column("pcm_RMSenergy_sma", "1"),
    _column("pcm_zcr_sma", "1", LONG),
    *(_column(f"audSpec_Rfilt_sma[{band}]", "1") for band in range(26)),
    _column("pcm_fftMag_fband250-650_sma", "1"),
    _column("pcm_fftMag_fband1000-4000_sma", "1"),
    *(
        _column(f"pcm_fftMag_spectralRollOff{share}_sma", "Hz")
        for share in (25.0, 50.0, 75.0, 90.0)
    ),
    _column("pcm_fftMag_spectralFlux_sma", "1", FLUX),
    _column("pcm_fftMag_spectralCentroid_sma", "Hz"),
    _column("pcm_fftMag_spectralEntropy_sma", "bit"),
    _column("pcm_fftMag_spectralVariance_sma", "Hz^2"),
    _column("pcm_fftMag_spectralSkewness_sma", "1"),
    _column("pcm_fftMag_spectralKurtosis_sma", "1"),
    _column("pcm_fftMag_spectralSlope_sma", "1"),
    _column("pcm_fftMag_psySharpness_sma", "acum"),
    _column("pcm_fftMag_spectralHarmonicity_sma", "1"),
    *(_column(f"mfcc_sma[{i}]", "1") for i in range(1, 15)),
)
"""In openSMILE's order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compare:
    """ComParE 2016 low-level descriptors."""

    name: ClassVar[str] = "compare"
    version: ClassVar[str] = "2"
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
    f0, hnr = (names(COLUMNS).index(name) for name in (F0, HNR))
    return in_voice_only(raw_FC, f0, (hnr,))
