"""Which times a word gets: the best that the store has, or the method that the user names.

The times themselves are made by ``extract``, where the sound is; here one row a word is chosen.
A word that no admitted method could time stays a word, with NaN times.
"""

# W = words of the session

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..errors import AlignmentError
from ..features.types import F32, F64
from ..features.words import NO_TIME, Timing, WordTime

AUTO = "auto"
UNTIMED = "untimed"
"""Under which words without times are counted."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Times:
    """The chosen times of a session's words."""

    start_s_W: F64
    stop_s_W: F64
    """Seconds; NaN where the word has no times."""
    confidence_W: F32
    """0..1; NaN where the method has no judgement, or no method timed the word."""
    method_W: tuple[Timing | None, ...]
    """None where no admitted method timed the word."""

    def counts(self, words: Sequence[int]) -> dict[str, int]:
        """Count the methods over the given words; `UNTIMED` counts those without times."""
        counted = Counter(self.method_W[w] for w in words)
        return {method.value: counted[method] for method in Timing} | {UNTIMED: counted[None]}


def choose(words: int, times: Sequence[WordTime], timing: str = AUTO) -> Times:
    """Choose each word's times by itself.

    Parameters
    ----------
    words : int >= 0
        Number of words in the session.
    times : sequence of WordTime
        At most one row a word and method, in any order.  A row whose times are not finite or run
        backwards times nothing.
    timing : "auto" or the name of a `Timing`
        ``auto`` takes the first of given, forced, proportional that times the word, but no row of
        confidence 0, by which a method refuses its own times; a name admits that method alone, and
        all that it has.

    Raises
    ------
    AlignmentError
        If a row names a word that the session does not have, or times a word twice by one method.
    """
    admitted = tuple(Timing) if timing == AUTO else (Timing(timing),)
    best: list[WordTime | None] = [None] * words
    seen: set[tuple[int, Timing]] = set()
    for row in times:
        if not 0 <= row.word < words:
            raise AlignmentError(
                f"word_times: a row times word {row.word}, expected 0..{words - 1}; extract again"
            )
        if (row.word, row.method) in seen:
            raise AlignmentError(
                f"word_times: word {row.word} has two rows by {row.method.value}, expected one; "
                "extract again"
            )
        seen.add((row.word, row.method))
        held = best[row.word]
        better = held is None or row.method in admitted[: admitted.index(held.method)]
        refused = timing == AUTO and row.confidence == 0.0
        if better and row.method in admitted and _usable(row) and not refused:
            best[row.word] = row
    return Times(
        start_s_W=np.array([row.start_s if row else NO_TIME for row in best], dtype=np.float64),
        stop_s_W=np.array([row.stop_s if row else NO_TIME for row in best], dtype=np.float64),
        confidence_W=np.array([row.confidence if row else np.nan for row in best], np.float32),
        method_W=tuple(row.method if row else None for row in best),
    )


def _usable(row: WordTime) -> bool:
    return isfinite(row.start_s) and isfinite(row.stop_s) and row.start_s <= row.stop_s
