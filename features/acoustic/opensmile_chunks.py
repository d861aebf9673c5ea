"""openSMILE's descriptors of a sound of any length, five minutes at a time.

openSMILE holds half a megabyte a second, so a sound is cut into chunks that see a few seconds on
both sides.  It reads 16-bit samples and does not look at what it is given: above 32767 / 32768 a
number wraps around to -1, NaN becomes anything, another rate than 16 kHz is taken for it.  None of
these reach it from here.

Row ``i`` of eGeMAPS and of ComParE is measured on windows that start at ``10 i`` ms and are 20 or
60 ms long; its time is the middle between their centres, ``10 i + 20`` ms.  What openSMILE follows
period by period (jitter, shimmer, the HNR of ComParE) it takes from the periods before the start of
the row: a displaced pulse, and a burst of noise, in a synthetic voice of 90, 120 and 220 Hz showed
-12 to 0 ms from there in most, -5 ms in the middle.

References
----------
Eyben, "Real-time speech and music classification by large audio feature space extraction",
Springer 2016.  Window lengths: ``GeMAPSv01b_core.lld.conf.inc`` and
``ComParE_2016_core.lld.conf.inc`` of openSMILE 3.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ...errors import ModelMissing, NothingToMeasure
from ..columns import Column, names
from ..extractor import SOUND_RATE_HZ, Inputs, Samples
from ..track import LongTrack
from ..types import F32, Bool, Seconds
from .refusals import refuse_no_numbers, refuse_shorter
from .rows import Grid, long_track

HOP_S: Seconds = 0.010
HOP_N = round(HOP_S * SOUND_RATE_HZ)
LONG_N = round(0.060 * SOUND_RATE_HZ)  # window of F0 and what is measured at its harmonics
CENTRE_S: Seconds = 0.020  # from the start of a row's windows to the row's time

# From the row's time to the centre of a 20 ms, of a 60 ms window, of the periods it is measured on,
# of the two 20 ms windows that a flux compares.
SHORT, LONG, PERIODS, FLUX = -0.010, +0.010, -0.025, -0.015

MIDDLE_N, REACH_N = LONG_N // 2, LONG_N // 2 + HOP_N
"""What a row sees (it is smoothed over 3): where the middle lies from its start, and the reach."""
GRID = Grid(
    first_n=round(CENTRE_S * SOUND_RATE_HZ),
    hop_n=HOP_N,
    middle_n=MIDDLE_N - round(CENTRE_S * SOUND_RATE_HZ),
    reach_n=REACH_N,
)

CHUNK_ROWS = 30_000  # 5 minutes: bounds the memory at 0.2 GB
CONTEXT_ROWS = 500  # 5 s on both sides; see `descriptors`
HIGHEST = np.float32(32767 / 32768)  # 1.0 itself is one more than 16 bits hold

LIBRARIES: Mapping[str, str] = {
    "opensmile": "audEERING Research License (non-commercial, also for use of its output)"
}

# F = rows, C = columns, N = samples


def described(
    inputs: Inputs,
    track: str,
    feature_set: str,
    columns: tuple[Column, ...],
    clean: Callable[[F32], F32] = lambda raw_FC: raw_FC,
) -> tuple[LongTrack, dict[str, int]]:
    """Make a track of a feature set's low-level descriptors.

    Parameters
    ----------
    inputs : Inputs
    track : str
        Its name, for messages.
    feature_set : str
        Name in ``opensmile.FeatureSet``.
    columns : tuple of C Column
        What the feature set must have.
    clean : callable
        Turns rows of openSMILE, with their neighbours, into rows of the track.

    Returns
    -------
    LongTrack
    dict
        ``rows``, ``rows_scrubbed``.

    Raises
    ------
    NothingToMeasure
        If the session has no sound.
    SignalError
        If it is shorter than 60 ms, or a sample is not finite.
    """
    if inputs.sound is None:
        raise NothingToMeasure(f"{track}: the session has no sound")
    refuse_shorter(inputs.sound, LONG_N, track)
    import opensmile

    level = opensmile.FeatureLevel.LowLevelDescriptors
    smile = opensmile.Smile(opensmile.FeatureSet[feature_set], level)
    expect(smile, columns)
    parts = descriptors(inputs.sound.y_N, smile, clean=clean)
    table, scrubbed = long_track(parts, inputs.sound, GRID, columns, inputs.scratch)
    return table, {"rows": table.rows, "rows_scrubbed": scrubbed}


def descriptors(
    y_N: Samples,
    smile: Any,
    *,
    chunk_rows: int = CHUNK_ROWS,
    context_rows: int = CONTEXT_ROWS,
    clean: Callable[[F32], F32] = lambda raw_FC: raw_FC,
) -> Iterator[F32]:
    """Run openSMILE over samples, in chunks that overlap.

    A chunk sees `context_rows` on both sides that are then cut off.  The result equals one run over
    the whole sound bit by bit, with two exceptions.  Jitter, shimmer and ComParE's logHNR differ in
    a voice that is held for longer than the context, since openSMILE follows its periods from where
    the voice begins.  ComParE's ``Rfilt`` and ``Rasta`` columns come from a filter that never quite
    forgets: on real speech the difference is below 1e-2 of a standard deviation after 1 s, 1e-5
    after 2 s, and nil after 5 s; all other columns are equal after 1 s.

    Parameters
    ----------
    y_N : samples of shape (N,), N >= `LONG_N`
        Mono at `SOUND_RATE_HZ`; cut at -1 and 1, beyond which openSMILE wraps around.
    smile : opensmile.Smile
        At the level of low-level descriptors.
    chunk_rows, context_rows : int > 0
        Rows that a chunk adds, and that it sees beside them.
    clean : callable
        Is given the rows of a chunk with their context, (F, C), and gives as many back.

    Yields
    ------
    float32 array of shape (F, C)
        Rows in openSMILE's columns; in all ``floor((seconds - .060) / .010) + 2``.

    Raises
    ------
    SignalError
        If a sample is not finite.
    """
    for first, last, skip, samples in _chunks(y_N.size, chunk_rows, context_rows):
        raw_FC = np.ascontiguousarray(run(smile, y_N[samples]).T)
        yield clean(raw_FC)[skip : skip + last - first]


def run(smile: Any, y_N: F32) -> F32:
    """Run openSMILE once over samples it can take; (C, F).

    Raises
    ------
    SignalError
        If a sample is not finite.
    """
    refuse_no_numbers(y_N)
    samples_N = np.clip(np.asarray(y_N, dtype=np.float32), -1, HIGHEST)
    value_CF: F32 = smile(samples_N, SOUND_RATE_HZ)[0]
    return value_CF


def expect(smile: Any, columns: tuple[Column, ...]) -> None:
    """Refuse an openSMILE whose columns are others than those that we name and describe.

    Raises
    ------
    ModelMissing
        If its configurations are those of another version.
    """
    if tuple(smile.feature_names) != names(columns):
        raise ModelMissing(
            f"opensmile: its {len(smile.feature_names)} columns are not the {len(columns)} of "
            "version 2.6; install 2.6"
        )


def row_count(samples: int) -> int:
    """Say how many rows openSMILE gives for that many samples."""
    return (samples - LONG_N) // HOP_N + 2


def surely_voiced(voiced_F: Bool) -> Bool:
    """Tell the rows whose smoothing (3 rows) sees voice only; beyond the ends it sees the end."""
    before_F = np.concatenate([voiced_F[:1], voiced_F[:-1]])
    after_F = np.concatenate([voiced_F[1:], voiced_F[-1:]])
    sure_F: Bool = before_F & voiced_F & after_F
    return sure_F


def in_voice_only(raw_FC: F32, f0: int, mixed: Sequence[int]) -> F32:
    """Unmeasure columns wherever openSMILE's number for "unvoiced" has part in them.

    Parameters
    ----------
    raw_FC : float32 array of shape (F, C)
        Rows of openSMILE.
    f0 : int
        Column that is above 0 in voice.
    mixed : sequence of int
        Columns in which that number is averaged with its neighbours like any other.
    """
    sure_F = surely_voiced(raw_FC[:, f0] > 0)
    value_FC = raw_FC.copy()
    value_FC[np.ix_(~sure_F, np.array(mixed))] = np.nan
    return value_FC


def count_voiced(table: LongTrack, f0: str) -> int:
    """Count the rows in which F0 was found; elsewhere openSMILE says 0."""
    column = names(table.columns).index(f0)
    return sum(int((part.value_FC[:, column] > 0).sum()) for part in table.parts())


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
