"""The rows of ``words/``: all words of a session, whose of them count, and the pauses between them.

Words keep their order and their index in the session; events (laughter) are rows like words.  Rows
of a role that was not chosen stay, masked.  A pause is the silence before a word: since the last
voice of anybody, and since the last word of the same side.  It is heard, not read: what the
transcript has of the other side shapes no row, and neither does how long the other one talked.
Where nothing is known of voice a pause lies between two words of one turn.
"""

# W = words of the session, R = rows of the training set

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ..features.types import F32, F64, I64, Bool, Seconds
from ..features.words import Kind, Role, Timing, Word
from .timing import Times

CLICK_S = 0.1  # a voice that is shorter is none: frames of the detector last .03 s
NO_INDEX = -1
"""Index of a row that is no word of the transcript (a pause, a window)."""


Row: TypeAlias = tuple[int, Word, Seconds, Seconds, float, Timing | None]


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """What is said of each row but its vectors."""

    index_R: I64
    """Index of the word in the session; `NO_INDEX` for a pause or a window."""
    words: tuple[Word, ...]
    """The word of each row; a pause carries the turn and speaker of the word behind it."""
    masked_R: Bool
    """Of a role that was not chosen: such a row has no vector."""
    is_pause_R: Bool
    start_s_R: F64
    stop_s_R: F64
    """Seconds; NaN where the word has no times."""
    confidence_R: F32
    timing: tuple[Timing | None, ...]
    """A pause is timed as the word behind it."""

    @property
    def spoken(self) -> list[int]:
        """Indices of the chosen words in the session."""
        return [int(w) for w in self.index_R[~self.masked_R] if w >= 0]

    def chosen(self) -> list[Word]:
        """List the tokens that are not masked."""
        return [word for word, out in zip(self.words, self.masked_R, strict=True) if not out]


def rows_from(order: Sequence[Row], roles: Collection[Role]) -> Rows:
    """Lay rows out as columns; those of other roles than `roles` are masked."""
    index, words, starts, stops, confidence, timing = (
        zip(*order, strict=True) if order else [()] * 6
    )
    return Rows(
        index_R=np.array(index, dtype=np.int64),
        words=tuple(words),
        masked_R=np.array([word.role not in roles for word in words], dtype=np.bool_),
        is_pause_R=np.array([word.kind is Kind.PAUSE for word in words], dtype=np.bool_),
        start_s_R=np.array(starts, dtype=np.float64),
        stop_s_R=np.array(stops, dtype=np.float64),
        confidence_R=np.array(confidence, dtype=np.float32),
        timing=tuple(timing),
    )


def rows_of(
    words: Sequence[Word],
    times: Times,
    roles: Collection[Role],
    pauses_s: Seconds | None = None,
    voiced_R2: F64 | None = None,
) -> Rows:
    """List the rows of a session.

    Parameters
    ----------
    words : sequence of Word
        All words of the session.
    times : Times
        Their chosen times.
    roles : collection of Role
        Whose words are not masked.
    pauses_s : float > 0 or None
        Silences longer than this become rows; None makes no such rows.
    voiced_R2 : float64 array of shape (R, 2) or None
        Stretches of voice, in seconds, increasing; None where nothing is known of voice.
    """
    order: list[Row] = []
    silences = {} if pauses_s is None else dict(_silences(words, times, pauses_s, voiced_R2))
    for w, word in enumerate(words):
        if w in silences:
            order.append(silences[w])
        start_s, stop_s = float(times.start_s_W[w]), float(times.stop_s_W[w])
        order.append((w, word, start_s, stop_s, float(times.confidence_W[w]), times.method_W[w]))
    return rows_from(order, roles)


def _silences(
    words: Sequence[Word], times: Times, longer_s: Seconds, voiced_R2: F64 | None
) -> Iterator[tuple[int, Row]]:
    """Find the silences before words: the index of the word behind, and the row of the pause."""
    if voiced_R2 is not None:  # a click is no voice
        voiced_R2 = voiced_R2[voiced_R2[:, 1] - voiced_R2[:, 0] >= CLICK_S]
    last: dict[bool, int | None] = {False: None, True: None}  # by the interviewer, or not
    until_s = {False: -np.inf, True: -np.inf}  # a long word can outlast those that follow it
    for w, word in enumerate(words):
        side = word.role is Role.INTERVIEWER  # an unknown role is treated as the participant
        method, before = times.method_W[w], last[side]
        last[side] = w
        if method is None or (before is not None and times.method_W[before] is None):
            # its sound lies somewhere in the silence around it, which is therefore none
            until_s[side] = -np.inf if method is None else float(times.stop_s_W[w])
            continue
        start_s, stop_s = float(times.start_s_W[w]), float(times.stop_s_W[w])
        if voiced_R2 is not None:
            begin_s, end_s = _unvoiced(voiced_R2, start_s)
            begin_s = max(begin_s, until_s[side])
        else:  # who spoke between two turns is not known
            within = before is not None and words[before].turn == word.turn
            begin_s, end_s = until_s[side] if within else np.inf, start_s
        if np.isfinite(begin_s) and end_s - begin_s > longer_s:
            pause = replace(word, text="", raw="", kind=Kind.PAUSE)
            yield w, (NO_INDEX, pause, begin_s, end_s, float("nan"), method)
        until_s[side] = max(until_s[side], stop_s)


def _unvoiced(voiced_R2: F64, at_s: Seconds) -> tuple[Seconds, Seconds]:
    """Say between which times nobody speaks before a word; from minus infinity if nobody did."""
    r = int(np.searchsorted(voiced_R2[:, 0], at_s, side="right")) - 1
    end_s = at_s
    if r >= 0 and voiced_R2[r, 1] > at_s:  # the voice that the word is part of
        end_s, r = float(voiced_R2[r, 0]), r - 1
    return float(voiced_R2[r, 1]) if r >= 0 else -np.inf, end_s
