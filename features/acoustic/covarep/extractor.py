"""The ``covarep`` track: 74 columns about voice source, vocal tract and phase, every 10 ms.

Names, order, units and definitions are those of COVAREP's feature extraction (Degottex et al.,
ICASSP 2014), written anew from the papers.  `Covarep.compat` gives its numbers as they are; without
it a row stands where it was measured, and what has no voice says so.  ``creak`` needs a network
that was trained on others' recordings: it is not measured.
"""

# F = frames, R = rows

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from ....errors import NothingToMeasure, UsageError
from ...extractor import Inputs, Measured, Sound, Takes
from ...types import Seconds
from ...words import Role, Turn
from ..rows import long_track
from .columns import COLUMNS, Mask

if TYPE_CHECKING:
    from .voice import Voice

HARDLY = 0.03  # share of voiced frames below which noise may pass for voice
LEAST_VOICED = 100  # voiced frames of the participant, 1 s, that tell of a voice


@dataclass(frozen=True, kw_only=True, slots=True)
class Covarep:
    """F0, glottal flow, true envelope and phase distortion under COVAREP's names."""

    compat: bool = False
    """Reproduce COVAREP to the row: the file's own rate, its first channel (unless audio.channel
    names one), its grid (4.94 ms + 10 ms), interpolation across unvoiced gaps, stretched MCEP, its
    sign in Rd, 0 for what is not measured, creak 0, statistics of the whole file."""
    mask_unvoiced: Mask = "nan"
    """What F0, NAQ, QOQ, H1H2, PSP, MDQ, peakSlope, Rd and Rd_conf are where VUV is 0: nan, zero,
    or keep, a guess as COVAREP gives it (compat always keeps)."""
    stats_from: Literal["participant", "file"] = "participant"
    """Whose voice sets F0's range, the threshold of voicing and the polarity: the participant's,
    where the transcript has turns of theirs, or all that is heard (compat: always the file)."""

    name: ClassVar[str] = "covarep"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "sound"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ("words",)
    libraries: ClassVar[Mapping[str, str]] = {"numpy": "BSD-3-Clause", "scipy": "BSD-3-Clause"}

    def __post_init__(self) -> None:
        if self.compat and self.mask_unvoiced == "zero":
            raise UsageError(
                "covarep.mask_unvoiced=zero: covarep.compat=true keeps what COVAREP gives; "
                "leave one of them out"
            )

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """No file: nothing here was trained."""
        return {}

    def __call__(self, inputs: Inputs) -> Measured:
        """Measure the sound of a session; see `LongTrack`.

        A recording that is shorter than 100 ms, or in which nobody is heard, has rows all the same,
        and a warning.

        Raises
        ------
        NothingToMeasure
            If the session has no sound.
        """
        if inputs.sound is None:
            raise NothingToMeasure("covarep: the session has no sound")
        sound, spans_s = inputs.sound, self._turns(inputs.turns)
        if self.compat and inputs.original is not None:
            sound = inputs.original()
        voice, stats_from = self._voice(sound, spans_s, inputs)
        return self._laid_out(sound, voice, stats_from, inputs)

    def _turns(self, turns: Sequence[Turn] | None) -> list[tuple[Seconds, Seconds]]:
        """List when the participant speaks; nothing where that is not known, or not asked for."""
        if self.compat or self.stats_from == "file":
            return []
        return [
            (turn.start_s, turn.stop_s)
            for turn in turns or ()
            if turn.role is Role.PARTICIPANT and turn.stop_s > turn.start_s  # NaN is not
        ]

    def _voice(
        self, sound: Sound, spans_s: list[tuple[Seconds, Seconds]], inputs: Inputs
    ) -> "tuple[Voice, str]":
        """Gather the statistics, and say whose they are."""
        from .voice import everywhere, listen, within

        if spans_s:
            inside = within(spans_s, sound)
            voice = listen(sound, inside, inputs.scratch)
            if inside(voice.centre_F[voice.voiced_F]).sum() >= LEAST_VOICED:
                return voice, "participant"
        return listen(sound, everywhere, inputs.scratch, as_coded=self.compat), "file"

    def _laid_out(self, sound: Sound, voice: "Voice", stats_from: str, inputs: Inputs) -> Measured:
        """Measure, and lay the rows."""
        from . import clocks
        from .measure import measure

        native, rate_hz = measure(sound, voice, inputs.scratch, as_coded=self.compat), sound.rate_hz
        if self.compat:
            grid, rows = clocks.original_grid(rate_hz), clocks.original_rows(native, rate_hz)
        else:
            grid, rows = (
                clocks.true_grid(rate_hz),
                clocks.true_rows(native, rate_hz, self.mask_unvoiced),
            )
        table, scrubbed = long_track(
            rows, sound, grid, COLUMNS, inputs.scratch, unmeasure=not self.compat
        )
        low_hz, high_hz = voice.f0_range
        return Measured(
            table=table,
            quality={
                "rows": table.rows,
                "rows_scrubbed": scrubbed,
                "frames_voiced": int(voice.voiced_F.sum()),
                "closures": int(native.closure_G.size),
                "stats_from": stats_from,
                "f0_median_hz": None if np.isnan(voice.f0_hz) else voice.f0_hz,
                "f0_range_hz": [low_hz, high_hz],
                "voicing_threshold": voice.threshold,
                "polarity": voice.polarity,
                "rate_hz": rate_hz,
            },
            warnings=_warnings(sound, voice),
        )


def _warnings(sound: Sound, voice: "Voice") -> tuple[str, ...]:
    """Say why a track is empty of voice."""
    if voice.centre_F.size == 0:
        length_ms = round(1000 * sound.y_N.size / sound.rate_hz)
        why = f"the sound is {length_ms} ms long, and F0 takes 100"
    elif not voice.voiced_F.any():
        why = "no voice is heard in the sound"
    elif (share := float(voice.voiced_F.mean())) < HARDLY:
        return (
            f"covarep: a voice is heard in {100 * share:.1f} % of the sound only; "
            "check that the right file and channel are read",
        )
    else:
        return ()
    return (
        f"covarep: {why}, so that F0 and what rests on it are not measured; "
        "check that the right file and channel are read",
    )
