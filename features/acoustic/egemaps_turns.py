"""The ``egemaps_turns`` track: the 88 functionals of eGeMAPSv02 over each turn, by openSMILE.

A turn is cut from the sound at its own times and summed up by itself.  Names and order are
openSMILE's; so are the values but where these stand for something that was not measured.

* Functionals of what only voice has (or only its absence, ``UV``) leave zeros out.  Where nothing
  is left openSMILE says 0, which in F0 is 27.5 Hz: here NaN.
* In the amplitudes of formants openSMILE averages its -201 ("unvoiced") like a number: the mean of
  F1 in a read sentence is -86 dB instead of -11.  Here they are summed up in voice, as the paper
  says (`egemaps_turns.conf`).

``egemaps_turns.compat=true`` leaves both as they are.

A turn without times, beyond the end of the sound, of less than 60 ms or more than
``egemaps_turns.longest_s`` is a row of NaN, and counted.  A turn that passes the end of the sound
is cut there.  Scrubbed spans at its ends are cut off; where more than a tenth of what remains is
scrubbed it is not measured, since zeros would pass for pauses in every percentile.  Nothing is ever
cut out and the rest joined: that makes clicks.

References
----------
Eyben et al., "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and
affective computing", IEEE TAFFC 7(2), 2016.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import NothingToMeasure, UsageError
from ..columns import Column, names
from ..extractor import SOUND_RATE_HZ, Inputs, Measured, Sound, Takes
from ..types import F32, I64, Seconds
from ..words import Turn, TurnTable
from .egemaps import COLUMNS as DESCRIPTORS
from .egemaps import F0, FEATURE_SET
from .opensmile_chunks import LIBRARIES, LONG_N, expect, run
from .scrubbed import zero_spans

VOICED_CONF = Path(__file__).with_name("egemaps_turns.conf")
SCRUBBED_SHARE = 0.1  # of a turn at most; the 20th percentile is then the 11th of the rest

ROUNDING_S = 0.001  # less than this is no part of a turn

REASONS = (
    *("turns_without_times", "turns_beyond_sound", "turns_too_short", "turns_scrubbed"),
    "turns_too_long",
)
"""Why a turn is not measured; each is a count in the quality."""

# T = turns, C = columns, S = spans

MEAN, SPREAD = "amean", "stddevNorm"
CONTOUR = (
    *(MEAN, SPREAD, "percentile20.0", "percentile50.0", "percentile80.0", "pctlrange0-2"),
    *("meanRisingSlope", "stddevRisingSlope", "meanFallingSlope", "stddevFallingSlope"),
)
TEMPORAL = {
    "loudnessPeaksPerSec": "1/s",
    "VoicedSegmentsPerSec": "1/s",
    "MeanVoicedSegmentLengthSec": "s",
    "StddevVoicedSegmentLengthSec": "s",
    "MeanUnvoicedSegmentLength": "s",
    "StddevUnvoicedSegmentLength": "s",
    "equivalentSoundLevel_dBp": "dB",
}
SLOPES = ("slope{}0-500", "slope{}500-1500")
SPECTRAL = ("alphaRatio{}", "hammarbergIndex{}", *SLOPES, "spectralFlux{}")
CEPSTRAL = ("mfcc1{}", "mfcc2{}", "mfcc3{}", "mfcc4{}")

UNITS = {column.name.partition("_")[0].casefold(): column.unit for column in DESCRIPTORS}


def _columns() -> tuple[Column, ...]:
    plain = [f"{name.format('')}_sma3" for name in ("spectralFlux{}", *CEPSTRAL)]
    periodic = [column.name for column in DESCRIPTORS if column.name.endswith("nz")]
    voiced = [f"{name.format('V')}_sma3nz" for name in (*SPECTRAL, *CEPSTRAL)]
    unvoiced = [f"{name.format('UV')}_sma3nz" for name in SPECTRAL]
    summed = (
        *((name, functional) for name in (F0, "loudness_sma3") for functional in CONTOUR),
        *(
            (name, functional)
            for name in (*plain, *(name for name in periodic if name != F0), *voiced)
            for functional in (MEAN, SPREAD)
        ),
        *((name, MEAN) for name in unvoiced),
    )
    return (
        *(
            Column(f"{name}_{functional}", unit_of(name, functional), "egemaps_turns")
            for name, functional in summed
        ),
        *(Column(name, unit, "egemaps_turns") for name, unit in TEMPORAL.items()),
    )


def unit_of(descriptor: str, functional: str) -> str:
    """Derive the unit of a functional from its descriptor's: spreads have none, slopes lose 1 s."""
    if functional == SPREAD:
        return "1"
    base = descriptor.partition("_")[0].replace("UV", "").replace("V", "").casefold()
    return f"{UNITS[base]}/s" if functional.endswith("Slope") else UNITS[base]


COLUMNS = _columns()
"""In openSMILE's order; `offset_s` says nothing here."""

NONZERO = tuple(
    (c, tuple(d for d, other in enumerate(COLUMNS) if other.name.startswith(f"{descriptor}_")))
    for c, column in enumerate(COLUMNS)
    for descriptor in [column.name.removesuffix(f"_{MEAN}")]
    if descriptor.endswith("nz")
)
"""Mean of each descriptor whose zeros are left out, and all columns of that descriptor."""
VOICED = names(COLUMNS).index(f"{F0}_{MEAN}")


@dataclass(frozen=True, kw_only=True, slots=True)
class EgemapsTurns:
    """eGeMAPSv02 functionals, a row a turn."""

    longest_s: Seconds = 600.0
    """Longest turn that is measured, in seconds: openSMILE holds a turn whole, 30 MB a minute
    (measured), and its percentiles and peaks cannot be put together from parts."""
    compat: bool = False
    """Values as openSMILE gives them: -201 counts in the amplitudes of formants, and the mean of
    nothing is 0."""

    name: ClassVar[str] = "egemaps_turns"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "sound"
    consumes: ClassVar[tuple[str, ...]] = ("words",)
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = LIBRARIES

    def __post_init__(self) -> None:
        if not self.longest_s >= LONG_N / SOUND_RATE_HZ:
            raise UsageError(
                f"egemaps_turns.longest_s: expected at least 0.06 s, got {self.longest_s}"
            )

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """No file beyond openSMILE itself; the configuration beside this file is its wiring."""
        return {}

    def __call__(self, inputs: Inputs) -> Measured:
        """Sum up every turn of a session.

        Raises
        ------
        NothingToMeasure
            If the session has no sound, or no words.
        SignalError
            If a sample is not finite.
        """
        if inputs.sound is None or inputs.turns is None:
            missing = "sound" if inputs.sound is None else "words"
            raise NothingToMeasure(f"{self.name}: the session has no {missing}")
        turns, sound = inputs.turns, inputs.sound
        smile, spans_S2 = self._smile(), zero_spans(sound.y_N, sound.rate_hz)
        value_TC = np.full((len(turns), len(COLUMNS)), np.nan, dtype=np.float32)
        valid_T = np.zeros(len(turns), dtype=np.bool_)
        counts = dict.fromkeys(("turns", "turns_measured", "turns_shortened", *REASONS), 0)
        counts["turns"] = len(turns)
        for t, turn in enumerate(turns):
            heard = samples_of(turn, sound, spans_S2, self.longest_s)
            if isinstance(heard, str):
                counts[heard] += 1
                continue
            value_TC[t] = run(smile, sound.y_N[heard])[:, 0]
            valid_T[t] = True
            heard_s = (heard.stop - heard.start) / sound.rate_hz
            counts["turns_shortened"] += turn.stop_s - turn.start_s - heard_s > ROUNDING_S
        counts["turns_measured"] = int(valid_T.sum())
        counts["turns_without_voice"] = int((valid_T & ~(value_TC[:, VOICED] > 0)).sum())
        return Measured(
            table=TurnTable(
                turns=turns,
                value_TC=value_TC if self.compat else of_something(value_TC),
                columns=COLUMNS,
                valid_T=valid_T,
            ),
            quality=counts,
            warnings=self._warnings(counts),
        )

    def _smile(self) -> Any:
        import opensmile

        standard = opensmile.Smile(
            opensmile.FeatureSet[FEATURE_SET], opensmile.FeatureLevel.Functionals
        )
        expect(standard, COLUMNS)
        if self.compat:
            return standard
        options = {"standard": standard.config_path}
        voiced = opensmile.Smile(str(VOICED_CONF), standard.feature_level.value, options=options)
        expect(voiced, COLUMNS)
        return voiced

    def _warnings(self, counts: Mapping[str, int]) -> tuple[str, ...]:
        told = {
            "turns_too_long": f"are longer than {self.longest_s:g} s and were not measured; --set "
            "egemaps_turns.longest_s=SECONDS allows more, at 30 MB of memory a minute",
            "turns_scrubbed": "are exactly zero for more than a tenth (removed, missing, cut by a "
            "noise gate) and were not measured; take the recording before that, if there is one",
        }
        return tuple(
            f"egemaps_turns: {counts[reason]} of {counts['turns']} turns {what}"
            for reason, what in told.items()
            if counts[reason]
        )


def samples_of(turn: Turn, sound: Sound, spans_S2: I64, longest_s: Seconds) -> slice | str:
    """Say which samples a turn is measured on, or why it is not: one of `REASONS`.

    Parameters
    ----------
    turn : Turn
    sound : Sound
    spans_S2 : int64 array of shape (S, 2)
        Scrubbed spans, see `zero_spans`.
    longest_s : float > 0
        In seconds.
    """
    if not 0 < turn.stop_s - turn.start_s < math.inf:  # NaN compares false
        return "turns_without_times"
    first, stop = (
        round((time_s - sound.start_s) * sound.rate_hz) for time_s in (turn.start_s, turn.stop_s)
    )
    if stop <= 0 or first >= sound.y_N.size:
        return "turns_beyond_sound"
    first, stop = max(first, 0), min(stop, sound.y_N.size)
    if stop - first < LONG_N:
        return "turns_too_short"
    inside_S2 = np.clip(spans_S2, first, stop)
    inside_S2 = inside_S2[inside_S2[:, 1] > inside_S2[:, 0]]
    for start, end in inside_S2.tolist():
        first = end if start == first else first
        stop = start if end == stop else stop
    lost_n = sum(end - start for start, end in inside_S2.tolist() if first <= start < stop)
    if stop - first < LONG_N or lost_n > SCRUBBED_SHARE * (stop - first):
        return "turns_scrubbed"
    return slice(first, stop) if stop - first <= longest_s * sound.rate_hz else "turns_too_long"


def of_something(value_TC: F32) -> F32:
    """Unmeasure what is summed up over nothing: functionals of a descriptor that is 0 throughout.

    Zeros are left out of these, so a mean that is 0 is no mean.
    """
    kept_TC = value_TC.copy()
    for mean, columns in NONZERO:
        kept_TC[np.ix_(value_TC[:, mean] == 0, np.array(columns))] = np.nan
    return kept_TC
