"""The ``level`` track: how loud the sound is and where it clipped, a row every 20 ms.

The least and the greatest sample of a row are the envelope that a waveform is drawn by.  Where the
recording clipped only the file's own samples tell (`Recorded`); the rest is measured on the sound
as every extractor hears it.  It serves checks and pages; nothing is trained on it.
"""

# F = rows, N = samples, C = columns

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...errors import NothingToMeasure
from ..columns import Column
from ..extractor import LEVEL_HZ, SOUND_RATE_HZ, Inputs, Measured, Sound, Takes
from ..types import F32, Bool
from .refusals import refuse_no_numbers, refuse_shorter
from .rows import Grid, long_track

COLUMNS = (
    Column("level_low", "1", "level"),
    Column("level_high", "1", "level"),
    Column("rms_dbfs", "dB", "level"),
    Column("clipped", "0..1", "level"),
)
ROW_N = SOUND_RATE_HZ // LEVEL_HZ
GRID = Grid(first_n=ROW_N // 2, hop_n=ROW_N, reach_n=ROW_N // 2)
"""One sample more than a row has at its end counts as touched; no harm in a margin of 1 / 16 ms."""
FLOOR = 1e-10  # power of digital silence: -100 dB, below the noise of 16 bits (-98)
SILENT_DBFS = -60.0  # FFmpeg's silencedetect: what is quieter is silence
PART_ROWS = 3_000  # a minute at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """The envelope of the waveform, its level, and the share of it that is clipped."""

    name: ClassVar[str] = "level"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "sound"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {"numpy": "BSD-3-Clause"}

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """No file."""
        return {}

    def __call__(self, inputs: Inputs) -> Measured:
        """Measure the sound of a session.

        The end of the sound that fills no row has none.  Of a sound that comes from no file,
        ``clipped`` is not measured.

        Raises
        ------
        NothingToMeasure
            If the session has no sound.
        SignalError
            If it is shorter than one row, or a sample is not finite.
        """
        sound = inputs.sound
        if sound is None:
            raise NothingToMeasure("level: the session has no sound")
        refuse_shorter(sound, ROW_N, self.name)
        silent: list[Bool] = []
        parts = _parts(sound, silent)
        table, scrubbed = long_track(parts, sound, GRID, COLUMNS, inputs.scratch)
        recorded = sound.recorded
        return Measured(
            table=table,
            quality={
                "clipped_share": (
                    None if recorded is None else round(recorded.clipped / recorded.samples, 7)
                ),
                "peak_dbfs": None if recorded is None else _decibels(recorded.peak),
                "dc_offset": None if recorded is None else round(recorded.offset, 7),
                "silence_share": round(float(np.concatenate(silent).mean()), 6),
                "start_s": round(sound.start_s, 6),
                "duration_s": round(sound.y_N.size / SOUND_RATE_HZ, 6),
                "rows": table.rows,
                "rows_scrubbed": scrubbed,
            },
        )


def _parts(sound: Sound, silent: list[Bool]) -> Iterator[F32]:
    """Measure the rows a minute at a time, (F, C); note which are silent."""
    rows = sound.y_N.size // ROW_N
    clipped_F = np.full(rows, np.nan, dtype=np.float32)
    if sound.recorded is not None:
        known_F = sound.recorded.clipped_F[:rows]
        clipped_F[: known_F.size] = known_F
        clipped_F[known_F.size :] = 0  # rates that do not divide: nothing is left for the last row
    for first in range(0, rows, PART_ROWS):
        stop = min(first + PART_ROWS, rows)
        y_FN = sound.y_N[first * ROW_N : stop * ROW_N].reshape(-1, ROW_N)
        refuse_no_numbers(y_FN)
        power_F = np.square(y_FN, dtype=np.float64).mean(axis=1)
        rms_dbfs_F = 10 * np.log10(np.maximum(power_F, FLOOR))
        silent.append(rms_dbfs_F < SILENT_DBFS)
        columns = (y_FN.min(axis=1), y_FN.max(axis=1), rms_dbfs_F, clipped_F[first:stop])
        yield np.stack(columns, axis=1, dtype=np.float32, casting="same_kind")


def _decibels(magnitude: float) -> float | None:
    """Give a magnitude in dB to full scale; None for none."""
    return round(20 * math.log10(magnitude), 2) if magnitude > 0 else None
