"""The ``egemaps`` track: the 25 low-level descriptors of eGeMAPSv02, every 10 ms, by openSMILE.

Names, order and values are openSMILE's but in the formants' amplitudes.  There -201 says
"unvoiced", and openSMILE averages it with its neighbours like a number: at the edges of voice, a
tenth of all voiced rows, -10 dB reads -80.  Both are NaN here.  The zeros of unvoiced rows in the
other ``sma3nz`` columns (F0, jitter, HNR, ...) are kept.  No functional is computed.

openSMILE counts rows by the start of a window, and its windows are 20 or 60 ms long.  A row's time
is the middle between their centres, and each column says how far its own lies from it.

References
----------
Eyben et al., "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and
affective computing", IEEE TAFFC 7(2), 2016.  Window lengths: ``GeMAPSv01b_core.lld.conf.inc`` of
openSMILE 3.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...errors import NothingToMeasure, SignalError
from ..columns import Column, names
from ..extractor import SOUND_RATE_HZ, Inputs, Measured, Takes
from ..track import Track, window_centres
from ..types import F32, Bool, Seconds

HOP_S: Seconds = 0.010
HOP_N = round(HOP_S * SOUND_RATE_HZ)
LONG_N = round(0.060 * SOUND_RATE_HZ)  # window of F0 and what is measured at its harmonics
CENTRE_S: Seconds = 0.020  # from the start of a row's windows to the row's time
SHORT, LONG = -0.010, +0.010  # from the row's time to the centre of a 20 ms, of a 60 ms window

CHUNK_ROWS = 30_000  # 5 minutes: bounds the memory at 0.3 GB
CONTEXT_ROWS = 500  # 5 s on both sides; 1 s was enough on real speech, .6 s was not

F0 = "F0semitoneFrom27.5Hz_sma3nz"
AMPLITUDE = "amplitudeLogRelF0"

# F = rows, C = columns, N = samples


def _column(name: str, unit: str, offset_s: Seconds) -> Column:
    return Column(name, unit, "egemaps", offset_s=offset_s)


COLUMNS = (
    _column("Loudness_sma3", "1", SHORT),
    _column("alphaRatio_sma3", "dB", SHORT),
    _column("hammarbergIndex_sma3", "dB", SHORT),
    _column("slope0-500_sma3", "dB/Hz", SHORT),
    _column("slope500-1500_sma3", "dB/Hz", SHORT),
    _column("spectralFlux_sma3", "1", SHORT),
    *(_column(f"mfcc{i}_sma3", "1", SHORT) for i in (1, 2, 3, 4)),
    _column(F0, "semitone", LONG),
    _column("jitterLocal_sma3nz", "1", LONG),
    _column("shimmerLocaldB_sma3nz", "dB", LONG),
    _column("HNRdBACF_sma3nz", "dB", LONG),
    _column("logRelF0-H1-H2_sma3nz", "dB", LONG),
    _column("logRelF0-H1-A3_sma3nz", "dB", LONG),
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
"""In openSMILE's order; loudness and flux are of no unit (auditory spectrum, differences of it)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Egemaps:
    """eGeMAPSv02 low-level descriptors."""

    name: ClassVar[str] = "egemaps"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "sound"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {
        "opensmile": "audEERING Research License (non-commercial, also for use of its output)"
    }

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """No file beyond openSMILE itself."""
        return {}

    def __call__(self, inputs: Inputs) -> Measured:
        """Describe the sound of a session, five minutes at a time.

        Raises
        ------
        NothingToMeasure
            If the session has no sound.
        SignalError
            If it is shorter than 60 ms, or a sample is not finite.
        """
        if inputs.sound is None:
            raise NothingToMeasure("egemaps: the session has no sound")
        value_FC = describe(inputs.sound.y_N)
        rows = value_FC.shape[0]
        voiced_F = value_FC[:, names(COLUMNS).index(F0)] > 0
        amplitudes = [c for c, column in enumerate(COLUMNS) if AMPLITUDE in column.name]
        value_FC[np.ix_(~surely_voiced(voiced_F), np.array(amplitudes))] = np.nan
        track = Track(
            time_s=window_centres(rows, hop_s=HOP_S, first_s=inputs.sound.start_s + CENTRE_S),
            value_FC=value_FC,
            columns=COLUMNS,
            valid_F=np.ones(rows, dtype=np.bool_),
            rate_hz=1 / HOP_S,
        )
        return Measured(table=track, quality={"rows": rows, "rows_voiced": int(voiced_F.sum())})


def describe(y_N: F32, *, chunk_rows: int = CHUNK_ROWS, context_rows: int = CONTEXT_ROWS) -> F32:
    """Run openSMILE over samples, in chunks that overlap.

    A chunk sees `context_rows` on both sides that are then cut off.  The result equals one run over
    the whole sound, but for jitter and shimmer in a voice that is held for longer than the context:
    openSMILE follows its periods from where the voice begins.

    Parameters
    ----------
    y_N : float32 array of shape (N,)
        Mono samples at `SOUND_RATE_HZ`; cut at -1 and 1, beyond which openSMILE wraps around.
    chunk_rows, context_rows : int > 0
        Rows that a chunk adds, and that it sees beside them.

    Returns
    -------
    float32 array of shape (F, 25), F = floor((seconds - .060) / .010) + 2
        `COLUMNS`, as openSMILE gives them.

    Raises
    ------
    SignalError
        If there are fewer samples than 60 ms, or one is not finite.
    """
    import opensmile

    if y_N.ndim != 1 or y_N.size < LONG_N:
        raise SignalError(
            f"sound: {y_N.size} samples; expected at least {LONG_N} (60 ms) of mono at 16 kHz"
        )
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.LowLevelDescriptors,
    )
    if tuple(smile.feature_names) != names(COLUMNS):
        raise SignalError("opensmile: its eGeMAPSv02 has other columns than 2.6's; install 2.6")
    value_FC = np.empty((row_count(y_N.size), len(COLUMNS)), dtype=np.float32)
    for first, last, skip, samples in _chunks(y_N.size, chunk_rows, context_rows):
        part_N = np.asarray(y_N[samples], dtype=np.float32)
        if not np.isfinite(part_N).all():
            raise SignalError("sound: a sample is NaN or infinite; expected numbers in -1 .. 1")
        table = smile.process_signal(np.clip(part_N, -1.0, 1.0), SOUND_RATE_HZ)
        value_FC[first:last] = table.to_numpy(dtype=np.float32)[skip : skip + last - first]
    return value_FC


def surely_voiced(voiced_F: Bool) -> Bool:
    """Tell the rows whose smoothing (3 rows) sees voice only; beyond the ends it sees the end."""
    before_F = np.concatenate([voiced_F[:1], voiced_F[:-1]])
    after_F = np.concatenate([voiced_F[1:], voiced_F[-1:]])
    sure_F: Bool = before_F & voiced_F & after_F
    return sure_F


def row_count(samples: int) -> int:
    """Say how many rows openSMILE gives for that many samples."""
    return (samples - LONG_N) // HOP_N + 2


def _chunks(
    samples: int, chunk_rows: int, context_rows: int
) -> Iterator[tuple[int, int, int, slice]]:
    """Yield a chunk's first and last row, the rows of context before it, the samples it sees."""
    rows = row_count(samples)
    edges = [*range(0, rows, chunk_rows), rows]
    if len(edges) > 2 and edges[-1] - edges[-2] < context_rows:
        del edges[-2]  # a short rest joins the chunk before it
    for first, last in pairwise(edges):
        start = max(first - context_rows, 0)
        stop = samples if last == rows else (last + context_rows) * HOP_N
        yield first, last, first - start, slice(start * HOP_N, min(stop, samples))
