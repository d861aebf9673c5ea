"""The rows of ``words/``: all words of a session, whose of them count, and the pauses between them.

Words keep their order and their index in the session; events (laughter) are rows like words.  Rows
of a role that was not chosen stay, masked.  A pause lies between two words that follow each other
in the transcript and are spoken by the same role: a silence while the other one talks is no pause,
and how long somebody else talked must not shape the rows.
"""

# W = words of the session, R = rows of the training set

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ..features.types import F32, F64, I64, Bool, Seconds
from ..features.words import Kind, Role, Timing, Word
from .timing import Times

NO_INDEX = -1
"""Index of a row that is no word of the transcript (a pause, a window)."""


Row: TypeAlias = tuple[int, Word, Seconds, Seconds, float, Timing | None]


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """What is said of each row but its vectors."""

    index_R: I64
    """Index of the word in the session; `NO_INDEX` for a pause or a window."""
    words: tuple[Word, ...]
    """The word of each row; a pause carries the turn and speaker of the word before it."""
    masked_R: Bool
    """Of a role that was not chosen: such a row has no vector."""
    is_pause_R: Bool
    start_s_R: F64
    stop_s_R: F64
    """Seconds; NaN where the word has no times."""
    confidence_R: F32
    timing: tuple[Timing | None, ...]
    """A pause is timed as well as the worse of its two neighbours."""

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
    words: Sequence[Word], times: Times, roles: Collection[Role], pauses_s: Seconds | None = None
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
    """
    order: list[Row] = []
    silences = {} if pauses_s is None else dict(_silences(words, times, pauses_s))
    for w, word in enumerate(words):
        if w in silences:
            order.append(silences[w])
        start_s, stop_s = float(times.start_s_W[w]), float(times.stop_s_W[w])
        order.append((w, word, start_s, stop_s, float(times.confidence_W[w]), times.method_W[w]))
    return rows_from(order, roles)


def _silences(words: Sequence[Word], times: Times, longer_s: Seconds) -> Iterator[tuple[int, Row]]:
    """Find the silences before words: the index of the word after, and the row of the pause."""
    methods = list(Timing)
    before: int | None = None
    spoken_until = -np.inf  # words may overlap: a long one can outlast those that follow it
    for w, word in enumerate(words):
        method = times.method_W[w]
        if (
            before is None
            or method is None
            or _by_interviewer(word) != _by_interviewer(words[before])
        ):
            before, spoken_until = None, -np.inf
        if method is None:
            continue  # its sound lies somewhere in the silence around it, which is therefore none
        start_s, stop_s = float(times.start_s_W[w]), float(times.stop_s_W[w])
        if before is not None and start_s - spoken_until > longer_s:
            worse = max(methods.index(method), methods.index(times.method_W[before] or method))
            pause = replace(words[before], text="", raw="", kind=Kind.PAUSE)
            yield w, (NO_INDEX, pause, spoken_until, start_s, float("nan"), methods[worse])
        before, spoken_until = w, max(spoken_until, stop_s)


def _by_interviewer(word: Word) -> bool:
    """Whether the interviewer speaks; an unknown role is treated as the participant."""
    return word.role is Role.INTERVIEWER
