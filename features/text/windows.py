"""Windows over the words of one role: what a text model that sees 512 pieces is shown at a time.

What does not fit one window is shared out evenly among as few as will do.  Neighbours reach past
the middle between them by a ninth of a window each, to the outermost border of a turn in the outer
half of that reach, else between words; each word takes its vector from the window where it has the
most context on its poorer side.  So, in windows of 510 pieces, the worst placed word has 28 pieces
of context there, less half a word, and about 56 where turns are long; and a model is fed at most
1.29 times the pieces of the text, its two marks a window included.  Every piece of overlap is paid
for: half a window of it, as is common, feeds 2 times.

No tokeniser is known here: words come as counts of pieces.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import ceil

REACH = 9  # a window reaches one part in so many of the limit past the middle to its neighbour


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
    """Pack the turns of one role into overlapping windows of nearly the same length.

    Parameters
    ----------
    turns : sequence of sequences of int >= 0
        Pieces of each word, by turn.
    limit : int > 2
        Pieces that a window holds; a single word may exceed it.

    Returns
    -------
    tuple of Window
        In order.  What they keep partitions the words.  Where one window does not hold all, a word
        of more pieces than neighbours share has a window of its own.
    """
    counts = [count for turn in turns for count in turn]
    before = [0, *accumulate(counts)]  # pieces before each word
    starts = [0, *accumulate(len(turn) for turn in turns)]
    reach = max(1, limit // REACH)
    runs = _runs(counts, 2 * reach) if before[-1] > limit else [(0, len(counts))]
    spans = [
        span for first, last in runs for span in _spans(first, last, before, starts, limit, reach)
    ]
    return _shared_out(spans, before) if counts else ()


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


def least_context(windows: Sequence[Window], counts: Sequence[int]) -> int | None:
    """Count the pieces that the worst placed word sees on its poorer side.

    The beginning and the end of all that was said do not count as poor; None where every word sees
    everything.
    """
    before = [0, *accumulate(counts)]
    return min(
        (
            side
            for left, right in pairwise(windows)
            for side in (
                before[left.last] - before[left.keep_last],
                before[right.keep_first] - before[right.first],
            )
        ),
        default=None,
    )


def _runs(counts: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Divide words into those of more than `most` pieces, one by one, and what lies between."""
    first = 0
    for w, count in enumerate(counts):
        if count > most:
            if first < w:
                yield first, w
            yield w, w + 1
            first = w + 1
    if first < len(counts):
        yield first, len(counts)


def _spans(
    first: int,
    last: int,
    before: Sequence[int],
    starts: Sequence[int],
    limit: int,
    reach: int,
) -> Iterator[tuple[int, int]]:
    """Lay windows over a run of words; no word of several has more than two reaches of pieces."""
    begin, total = before[first], before[last] - before[first]
    if total > limit and last - first > 1:
        number = ceil((total - 2 * reach) / (limit - 2 * reach))
        length = (total + 2 * reach * (number - 1)) / number
        for i in range(number - 1):
            middle = begin + (i + 1) * length - (2 * i + 1) * reach
            # As there is a border of words within reach of the middle, no word is left between.
            stop = bisect_right(before, middle + reach, first, last + 1) - 1
            turn = starts[bisect_right(starts, stop) - 1]
            yield first, turn if before[turn] >= middle + reach / 2 else stop
            first = bisect_left(before, middle - reach, first, last + 1)
            turn = starts[bisect_left(starts, first)]
            first = turn if before[turn] <= middle - reach / 2 else first
    yield first, last


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
