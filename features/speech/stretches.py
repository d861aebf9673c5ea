"""Stretches: words that are placed together, and between which times they may lie.

A turn that has times, or words with times, is a stretch by itself; one of which only the start is
known (as many programs write) ends where the next one starts.  Turns without any times (plain text)
share what lies between the turns around them that have some, or between the recording's ends.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

import numpy as np

from ..spans import covered_s
from ..track import Track
from ..types import F64, Seconds
from ..words import NO_TIME, Turn, Word

Interval: TypeAlias = tuple[Seconds, Seconds]

UNBOUNDED: Interval = (NO_TIME, NO_TIME)
TOUCHING_S = 0.001  # stretches of voice that lie nearer to each other are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Consecutive words of the session."""

    first: int
    """Index of the first word in the session."""
    words: tuple[Word, ...]
    turns: int
    """How many turns it holds; more than one only where none of them has times."""
    bounds: Interval
    """Where the words lie, in seconds; NaN where nobody knows."""
    timed: bool
    """Whether the transcript bounds it."""


def stretches(turns: Sequence[Turn], recording: Interval = UNBOUNDED) -> list[Stretch]:
    """Group the turns of a session.

    Parameters
    ----------
    turns : sequence of Turn
        All of the session, in the transcript's order.
    recording : (start, stop)
        Ends of the recording in seconds; NaN where unknown.

    Returns
    -------
    list of Stretch
        Together they hold all words, in order.
    """
    starts_s = sorted(turn.start_s for turn in turns if not math.isnan(turn.start_s))
    own = [_own_bounds(turn, starts_s, recording[1]) for turn in turns]
    found: list[Stretch] = []
    first = 0
    for timed, group in groupby(range(len(turns)), key=lambda t: not math.isnan(own[t][0])):
        for run in [[t] for t in group] if timed else [list(group)]:
            words = tuple(word for t in run for word in turns[t].words)
            bounds = own[run[0]] if timed else _gap(own, run[0], run[-1], recording)
            found.append(
                Stretch(first=first, words=words, turns=len(run), bounds=bounds, timed=timed)
            )
            first += len(words)
    return found


def _own_bounds(turn: Turn, starts_s: Sequence[Seconds], end_s: Seconds) -> Interval:
    """Bound a turn: by its own times, else by those of its words, else by the next start."""
    if turn.stop_s > turn.start_s:
        return turn.start_s, turn.stop_s
    timed = [(w.start_s, w.stop_s) for w in turn.words if w.stop_s > w.start_s]
    if timed:
        return min(start_s for start_s, _ in timed), max(stop_s for _, stop_s in timed)
    if math.isnan(turn.stop_s) and not math.isnan(turn.start_s):
        after = bisect_right(starts_s, turn.start_s)
        stop_s = starts_s[after] if after < len(starts_s) else end_s
        if stop_s > turn.start_s:
            return turn.start_s, stop_s
    return UNBOUNDED


def _gap(own: Sequence[Interval], first: int, last: int, recording: Interval) -> Interval:
    """Say what lies between the turns before `first` and after `last`."""
    start_s = own[first - 1][1] if first else recording[0]
    stop_s = own[last + 1][0] if last + 1 < len(own) else recording[1]
    return (start_s, stop_s) if stop_s > start_s else UNBOUNDED


def voiced_runs(vad: Track) -> F64:
    """List the stretches of voice: start and stop in seconds, float64 of shape (R, 2)."""
    voiced_F = vad.valid_F & (vad.value_FC[:, vad.group("vad")[0]] > 0.5)
    start_s, stop_s = (edge_s[voiced_F] for edge_s in vad.owned())
    if start_s.size == 0:
        return np.empty((0, 2))
    apart = start_s[1:] - stop_s[:-1] > TOUCHING_S
    return np.stack([start_s[np.r_[True, apart]], stop_s[np.r_[apart, True]]], axis=1)


def voiced_share(runs_R2: F64, start_s_W: F64, stop_s_W: F64) -> F64:
    """Measure which share of each interval is voiced: (W,) in 0..1; 0 for an empty interval."""
    length_s_W = np.maximum(stop_s_W - start_s_W, 1e-9)
    share_W: F64 = np.clip(covered_s(runs_R2, start_s_W, stop_s_W) / length_s_W, 0.0, 1.0)
    return share_W
