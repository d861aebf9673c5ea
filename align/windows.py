"""Windows of a fixed length in place of words, for recordings without a transcript.

The session's clock is cut every S seconds, from 0 on as the steps of ``frames/`` are.  A window is
a row if voice fills at least `LEAST` of it; without sound, if the recording does.  It is of unknown
role, which counts as the participant.

Where there is a transcript with times each turn is cut by itself, from its start on, into windows
of its own role: no window holds two, and what the interviewer says or how long moves none of the
participant's.  A rest of less than half a window goes to the window before it.
"""

# N = windows

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

import numpy as np

from ..errors import AlignmentError
from ..features.speech.stretches import voiced_runs
from ..features.track import Track
from ..features.types import I64, Seconds
from ..features.words import Kind, Role, Turn, Word
from .frames import spans_of
from .rows import NO_INDEX, Rows, rows_from
from .timing import Times

LEAST = 0.1  # share of a window: a short word in a second; better a window too many than too few
NO_TURN = -1
ROUNDING = 1e-9  # of a window: an edge that lies this close behind the last cut makes no window


def voiced_windows(vad: Track, window_s: Seconds) -> I64:
    """List the windows that voice fills by at least `LEAST`; number 0 begins at 0 s."""
    return filled_windows(voiced_runs(vad).tolist(), window_s)


def filled_windows(spans: Iterable[Sequence[Seconds]], window_s: Seconds) -> I64:
    """List the windows that disjoint spans of time fill by at least `LEAST`."""
    filled_s: dict[int, float] = {}
    for start_s, stop_s in spans:
        for n in _windows_under(start_s, stop_s, window_s):
            held_s = min(stop_s, (n + 1) * window_s) - max(start_s, n * window_s)
            filled_s[n] = filled_s.get(n, 0.0) + held_s
    least_s = (LEAST - ROUNDING) * window_s
    return np.array(sorted(n for n, s in filled_s.items() if s >= least_s), dtype=np.int64)


def clock_rows(window_N: I64, window_s: Seconds, roles: Collection[Role]) -> Rows:
    """Make rows of windows of the clock.

    Parameters
    ----------
    window_N : int64 array of shape (N,)
        Numbers of the windows, ascending.
    window_s : float > 0
    roles : collection of Role
        Whose windows are not masked.

    Raises
    ------
    AlignmentError
        If no window is of a chosen role.
    """
    return _rows([(None, n * window_s, (n + 1) * window_s) for n in window_N.tolist()], roles)


def turn_rows(
    turns: Sequence[Turn], times: Times, window_s: Seconds, roles: Collection[Role]
) -> Rows:
    """Cut the turns of a transcript into windows, in order of their starts.

    Raises
    ------
    AlignmentError
        If no turn has times, or no window is of a chosen role.
    """
    windows: list[tuple[Turn | None, Seconds, Seconds]] = []
    for turn, (start_s, stop_s) in spans_of(turns, times):
        count = max(1, math.floor((stop_s - start_s) / window_s + 0.5))
        edges = [start_s + k * window_s for k in range(count)] + [stop_s]
        windows += [(turn, begin, end) for begin, end in pairwise(edges)]
    if not windows:
        raise AlignmentError(
            f"none of {len(turns)} turns has times, so nobody knows whose windows are whose; "
            "extract word_times, or see --timing"
        )
    return _rows(sorted(windows, key=lambda window: window[1]), roles)


def _rows(windows: Sequence[tuple[Turn | None, Seconds, Seconds]], roles: Collection[Role]) -> Rows:
    rows = rows_from(
        [
            (NO_INDEX, _window(turn), start_s, stop_s, math.nan, None)
            for turn, start_s, stop_s in windows
        ],
        roles,
    )
    if rows.masked_R.all():
        raise AlignmentError(
            f"all of {len(rows.words)} windows are of the other role; see --speakers"
        )
    return rows


def _windows_under(start_s: Seconds, stop_s: Seconds, window_s: Seconds) -> range:
    return range(math.floor(start_s / window_s + ROUNDING), math.ceil(stop_s / window_s - ROUNDING))


def _window(turn: Turn | None) -> Word:
    return Word(
        text="",
        raw="",
        kind=Kind.WINDOW,
        speaker="" if turn is None else turn.speaker,
        role=Role.UNKNOWN if turn is None else turn.role,
        turn=NO_TURN if turn is None else turn.index,
    )
