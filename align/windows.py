"""Windows of a fixed length in place of words, for recordings without a transcript.

The session's clock is cut every S seconds, from 0 on as the steps of ``frames/`` are.  A window is
a row if voice fills at least `LEAST` of it; without sound, if the recording does.
Where there is a transcript with times, a window has the turn of whoever holds most of it; nobody's
window, and every one without a transcript, is of unknown role, which counts as the participant.
"""

# N = windows

import math
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from ..errors import AlignmentError
from ..features.track import Track
from ..features.types import I64, Seconds
from ..features.words import Kind, Role, Turn, Word
from .frames import roles_at, spans_of
from .rows import NO_INDEX, Rows, rows_from
from .timing import Times

LEAST = 0.1  # share of a window: a short word in a second; better a window too many than too few
NO_TURN = -1
ROUNDING = 1e-9  # of a window: an edge that lies this close behind the last cut makes no window


def voiced_windows(vad: Track, window_s: Seconds) -> I64:
    """List the windows that voice fills by at least `LEAST`; number 0 begins at 0 s."""
    start_s_F, stop_s_F = vad.owned()
    speaks_F = vad.value_FC[:, 0] > 0.5  # NaN (scrubbed) is no voice
    spans = zip(start_s_F[speaks_F].tolist(), stop_s_F[speaks_F].tolist(), strict=True)
    return filled_windows(spans, window_s)


def filled_windows(spans: Iterable[tuple[Seconds, Seconds]], window_s: Seconds) -> I64:
    """List the windows that disjoint spans of time fill by at least `LEAST`."""
    filled_s: dict[int, float] = {}
    for start_s, stop_s in spans:
        for n in _windows_under(start_s, stop_s, window_s):
            held_s = min(stop_s, (n + 1) * window_s) - max(start_s, n * window_s)
            filled_s[n] = filled_s.get(n, 0.0) + held_s
    least_s = (LEAST - ROUNDING) * window_s
    return np.array(sorted(n for n, s in filled_s.items() if s >= least_s), dtype=np.int64)


def window_rows(
    window_N: I64, window_s: Seconds, turns: Sequence[Turn], times: Times, roles: Collection[Role]
) -> Rows:
    """Make rows of windows.

    Parameters
    ----------
    window_N : int64 array of shape (N,)
        Numbers of the windows, ascending.
    window_s : float > 0
    turns, times
        The transcript and the times of its words; empty where there is none.
    roles : collection of Role
        Whose windows are not masked.

    Raises
    ------
    AlignmentError
        If no window is of a chosen role.
    """
    holder_N = _holders(window_N, window_s, turns, times)
    rows = rows_from(
        [
            (NO_INDEX, _window(turn), n * window_s, (n + 1) * window_s, math.nan, None)
            for n, turn in zip(window_N.tolist(), holder_N, strict=True)
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


def _holders(
    window_N: I64, window_s: Seconds, turns: Sequence[Turn], times: Times
) -> list[Turn | None]:
    """Find each window's turn: of the role that holds most of it, the turn that holds most."""
    role_N = roles_at((window_N + 0.5) * window_s, window_s, turns, times)
    at = {n: k for k, n in enumerate(window_N.tolist())}
    best: list[tuple[float, Turn | None]] = [(0.0, None)] * window_N.size
    for turn, (start_s, stop_s) in spans_of(turns, times):
        held_by = Role.INTERVIEWER if turn.role is Role.INTERVIEWER else Role.PARTICIPANT
        for n in _windows_under(start_s, stop_s, window_s):
            k = at.get(n)
            if k is not None and role_N[k] == held_by.value:
                held_s = min(stop_s, (n + 1) * window_s) - max(start_s, n * window_s)
                if held_s > best[k][0]:
                    best[k] = (held_s, turn)
    return [turn for _, turn in best]
