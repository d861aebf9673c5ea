"""The ``mfcc`` track: mel-frequency cepstral coefficients, every 10 ms, as librosa defines them.

The orthonormal cosine transform (type II) of the levels in mel bands, see `mel`.  Coefficient 0 is
the level, times the root of the number of bands; the others do not change with the level of the
recording.  Nothing is liftered, normalised or differentiated.

References
----------
Davis and Mermelstein, "Comparison of parametric representations for monosyllabic word recognition
in continuously spoken sentences", IEEE TASSP 28(4), 1980.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...errors import NothingToMeasure, UsageError
from ..columns import Column
from ..extractor import Inputs, Measured, Samples, Takes
from ..types import F32, Seconds
from .mel import Mel, levels
from .refusals import refuse_shorter
from .rows import long_track


@dataclass(frozen=True, kw_only=True, slots=True)
class Mfcc:
    """Mel-frequency cepstral coefficients."""

    coefficients: int = 13
    """How many, the 0th included (HTK's and Kaldi's number)."""
    bands: int = 40
    """Number of mel bands that they are made from (Slaney's auditory toolbox)."""
    window_s: Seconds = 0.025
    """Length of the Hann window in seconds (HTK's); at most 0.04."""
    fft: int = 512
    """Points of the spectrum: the power of two above the window."""
    low_hz: float = 0.0
    """Where the lowest band begins, in Hz."""
    high_hz: float = 8000.0
    """Where the highest band ends, in Hz; at most half of 16 kHz."""

    name: ClassVar[str] = "mfcc"
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
        if not 1 <= self.coefficients <= self.bands:
            raise UsageError(
                f"mfcc.coefficients: expected 1 to {self.bands} (the bands), "
                f"got {self.coefficients}"
            )

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
        """List the columns of the track."""
        return tuple(Column(f"mfcc_{i}", "dB", "mfcc") for i in range(self.coefficients))

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
            raise NothingToMeasure("mfcc: the session has no sound")
        refuse_shorter(inputs.sound, self.mel().least_n, self.name)
        table, scrubbed = long_track(
            self.cepstra(inputs.sound.y_N),
            inputs.sound,
            self.mel().grid,
            self.columns(),
            inputs.scratch,
        )
        return Measured(table=table, quality={"rows": table.rows, "rows_scrubbed": scrubbed})

    def cepstra(self, y_N: Samples) -> Iterator[F32]:
        """Give the coefficients of all rows, (F, coefficients) at a time."""
        from scipy.fft import dct

        for level_FB in levels(y_N, self.mel()):
            cepstrum_FB = dct(level_FB, type=2, norm="ortho", axis=1)
            yield cepstrum_FB[:, : self.coefficients].astype(np.float32)
