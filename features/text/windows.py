"""Windows over the words of one role: what a text model that sees 512 pieces is shown at a time.

A window is a run of whole turns; windows overlap by about a half, and each word takes its vector
from the one where it has the most context on its poorer side.  A turn longer than a window is cut
between words.  No tokeniser is known here: words come as counts of pieces.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise


@dataclass(frozen=True, slots=True)
class Window:
    """Words that a model sees together; half-open ranges of indices into the words of the role."""

    first: int
    last: int
    """Behind its last word."""
    keep_first: int
    keep_last: int
    """The words, of those it sees, whose vectors are taken from it."""


def session_windows(turns: Sequence[Sequence[int]], limit: int) -> tuple[Window, ...]:
    """Pack the turns of one role into overlapping windows.

    Parameters
    ----------
    turns : sequence of sequences of int >= 0
        Pieces of each word, by turn.
    limit : int > 0
        Pieces that a window holds; a single word may exceed it.

    Returns
    -------
    tuple of Window
        In order.  What they keep partitions the words.
    """
    before = [0, *accumulate(count for turn in turns for count in turn)]  # pieces before each word
    borders = _borders(turns, before, limit)
    if borders[-1] == 0:
        return ()
    stop_of = [_stop(b, borders, before, limit) for b in range(len(borders) - 1)]
    spans: list[tuple[int, int]] = []
    b = 0
    while True:
        first, stop = borders[b], borders[stop_of[b]]
        spans.append((first, stop))
        if stop == borders[-1]:
            break
        half = (before[first] + before[stop]) / 2
        b = next(  # at the latest where this one stops
            c
            for c in range(b + 1, stop_of[b] + 1)
            if before[borders[c]] >= half and stop_of[c] > stop_of[b]
        )
    return _shared_out(spans, before)


def turn_windows(turns: Sequence[Sequence[int]], limit: int) -> tuple[Window, ...]:
    """Give each turn a window of its own, or several where it is longer than `limit`."""
    windows: list[Window] = []
    first = 0
    for turn in turns:
        windows += [
            Window(first + w.first, first + w.last, first + w.keep_first, first + w.keep_last)
            for w in session_windows([turn], limit)
        ]
        first += len(turn)
    return tuple(windows)


def _borders(turns: Sequence[Sequence[int]], before: Sequence[int], limit: int) -> list[int]:
    """List the words where a window may begin or end: turns, and all words of too long a turn."""
    borders = [0]
    for turn in turns:
        first, last = borders[-1], borders[-1] + len(turn)
        if before[last] - before[first] > limit:
            borders.extend(range(first + 1, last))
        if last > first:
            borders.append(last)
    return borders


def _stop(b: int, borders: Sequence[int], before: Sequence[int], limit: int) -> int:
    """Say at which border a window from border `b` has to stop."""
    reach = bisect_right(before, before[borders[b]] + limit) - 1
    return max(bisect_right(borders, reach) - 1, b + 1)


def _shared_out(spans: Sequence[tuple[int, int]], before: Sequence[int]) -> tuple[Window, ...]:
    """Hand each word to the window where it is most central.

    Of two windows that overlap, the earlier has less behind a word than before it, the later less
    before than behind: the middle of the overlap divides their words.
    """
    twice_centre = [left + right for left, right in pairwise(before)]
    cuts = [
        bisect_right(twice_centre, before[start] + before[stop], start, stop)
        for (_, stop), (start, _) in pairwise(spans)
    ]
    edges = pairwise([0, *cuts, len(twice_centre)])
    return tuple(Window(*span, *keep) for span, keep in zip(spans, edges, strict=True))
