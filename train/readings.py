"""How sessions are read when they are judged: whole, or the long ones in overlapping windows.

A window has as many words as a training crop, half of them shared with the window before; the last
one is flush with the end, so that it shares more.  What is said of the windows of a session is
averaged, each window alike.
"""

# S = sessions, R = readings: crops of all batches one after the other, B = crops of a batch

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..features.types import F64, I64, Bool
from .batches import Crops, Ragged, cut, whole_batches


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """Batches of an evaluation, and whose value each of their crops is."""

    batches: Sequence[Crops]
    session_R: I64
    counts_R: Bool
    """Whether a crop has a say; every session has a crop that does."""

    def means(self, value_R: F64) -> F64:
        """Average what was said of the crops (R, ...) over those of each session: (S, ...).

        What is said of a single crop is given back to the bit.
        """
        chosen = np.flatnonzero(self.counts_R)
        chosen = chosen[np.argsort(self.session_R[chosen], kind="stable")]
        _, first_S, count_S = np.unique(
            self.session_R[chosen], return_index=True, return_counts=True
        )
        sum_S: F64 = np.add.reduceat(value_R[chosen], first_S, axis=0)
        mean_S: F64 = sum_S / count_S.reshape(-1, *[1] * (value_R.ndim - 1))
        return mean_S


def reading_of(sessions: Ragged, *, size: int, window: int | None, grid: int = 1) -> Reading:
    """Decide how sessions are read.

    Parameters
    ----------
    sessions : Ragged
        At least one.
    size : int > 0
        Crops a batch at most.
    window : int > 0, or None
        Words a window; None reads every session whole.

    Returns
    -------
    Reading
        A session that fits in a window is read in the very batch in which it is read whole, so that
        its prediction is the same to the bit.  A longer one beside it in that batch has no say
        there: its windows follow, all of one length, so that nothing of them is padded.
    """
    batches = whole_batches(sessions, size=size)
    longest = int(sessions.lengths.max()) if window is None else window
    kept = [crops for crops in batches if (crops.words_B <= longest).any()]
    if longest < sessions.lengths.max():
        kept += cut(windows(sessions, longest), size)
    words_R = np.concatenate([crops.words_B for crops in kept])
    session_R = np.concatenate([crops.session_B for crops in kept])
    return Reading(kept, session_R, words_R <= longest)


def windows(sessions: Ragged, words: int) -> Crops:
    """Cut the sessions of more than so many words, at least one, in windows of so many."""
    step = words - words // 2
    long_L = np.flatnonzero(sessions.lengths > words)
    slack_L = sessions.lengths[long_L] - words
    first_L = [np.append(np.arange(0, slack, step), slack) for slack in slack_L]
    session_R = np.repeat(long_L, [first.size for first in first_L])
    first_R = np.concatenate(first_L) + sessions.offsets_S1[session_R]
    return Crops(session_R, first_R, np.full_like(session_R, words))
