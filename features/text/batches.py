"""Batches of windows by length: how many a model is fed at a time, and how little of it is padding.

On a CPU a batch costs as much as `OVERHEAD` pieces of its own, and pieces come dearer in batches
that outgrow the caches (MiniLM, one thread: 0.34 ms a piece at 512 pieces a batch, 0.41 at 1,024,
0.53 at 16,384).  So batches are small, and padded only where that costs less than another batch.
"""

from collections.abc import Iterator, Sequence

BUDGET = 1024  # pieces of a batch, padding included; a window longer than that is one by itself
OVERHEAD = 24  # pieces that the model computes in the time that a batch costs as such


def batched(lengths: Sequence[int]) -> Iterator[slice]:
    """Divide windows into batches.

    Parameters
    ----------
    lengths : sequence of int > 0
        Pieces of each window, marks included, ascending.

    Yields
    ------
    slice
        Windows of one batch; the last of them is the longest.
    """
    first = 0
    for i, length in enumerate(lengths):
        padding = (i - first) * (length - lengths[i - 1]) if i else 0
        if first < i and (padding > OVERHEAD or (i - first + 1) * length > BUDGET):
            yield slice(first, i)
            first = i
    if first < len(lengths):
        yield slice(first, len(lengths))


def fed(lengths: Sequence[int]) -> int:
    """Count what a model computes on: pieces, marks and padding of all batches of `lengths`."""
    return sum((batch.stop - batch.start) * lengths[batch.stop - 1] for batch in batched(lengths))
