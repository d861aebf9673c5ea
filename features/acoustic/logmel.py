"""The ``logmel`` track: log power in mel bands, every 10 ms; see `mel`.

The bands of Whisper's input, in decibels: no maximum of the recording is clipped to or subtracted.

References
----------
Radford et al., "Robust speech recognition via large-scale weak supervision", ICML 2023.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...errors import NothingToMeasure
from ..columns import Column
from ..extractor import Inputs, Measured, Takes
from ..types import Seconds
from .mel import Mel, levels
from .refusals import refuse_shorter
from .rows import long_track


@dataclass(frozen=True, kw_only=True, slots=True)
class LogMel:
    """Levels in mel bands, in dB relative to a power of 1."""

    bands: int = 80
    """Number of bands (Whisper's)."""
    window_s: Seconds = 0.025
    """Length of the Hann window in seconds (Whisper's); at most 0.04."""
    fft: int = 512
    """Points of the spectrum: the power of two above the window."""
    low_hz: float = 0.0
    """Where the lowest band begins, in Hz."""
    high_hz: float = 8000.0
    """Where the highest band ends, in Hz; at most half of 16 kHz."""

    name: ClassVar[str] = "logmel"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "sound"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {
        "librosa": "ISC",
        "scipy": "BSD-3-Clause",
        "numpy": "BSD-3-Clause",
    }

    def __post_init__(self) -> None:
        self.mel().checked(self.name)

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """No file."""
        return {}

    def mel(self) -> Mel:
        """Say how sound becomes bands."""
        return Mel(
            bands=self.bands,
            window_s=self.window_s,
            fft=self.fft,
            low_hz=self.low_hz,
            high_hz=self.high_hz,
        )

    def columns(self) -> tuple[Column, ...]:
        """List the columns of the track, from the lowest band to the highest."""
        return tuple(Column(f"logmel_{band}", "dB", "logmel") for band in range(self.bands))

    def __call__(self, inputs: Inputs) -> Measured:
        """Measure the sound of a session.

        Raises
        ------
        NothingToMeasure
            If the session has no sound.
        SignalError
            If it is shorter than one window, or a sample is not finite.
        UsageError
            If there are too many bands for the spectrum.
        """
        if inputs.sound is None:
            raise NothingToMeasure("logmel: the session has no sound")
        mel = self.mel()
        refuse_shorter(inputs.sound, mel.least_n, self.name)
        parts = (level_FB.astype(np.float32) for level_FB in levels(inputs.sound.y_N, mel))
        table, scrubbed = long_track(parts, inputs.sound, mel.grid, self.columns(), inputs.scratch)
        return Measured(table=table, quality={"rows": table.rows, "rows_scrubbed": scrubbed})
