"""Where a model with attention looked: how it is laid out in ``attention.csv``.

The rows of a segment have its own times, those of a whole cue its window's.

How much a token was looked at is not how much it mattered: attention says where a model took its
numbers from, not what it would have said without them (``drop_modality`` does).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FIRST = ("seed", "fold", "case", "session", "start_s", "stop_s", "window_share", "cue", "segment")


@dataclass(frozen=True, kw_only=True)
class Look:
    """Where the model looked in a window of a session."""

    session: int
    """Number of the session among those tested."""
    start_s: float
    stop_s: float
    """On the session's clock."""
    window_share: float
    """Weight of the window in its case; sums to 1 over the case's windows."""
    cues: Mapping[str, float]
    """Share of looks that fell on each cue, over the whole window; sums to 1."""
    segments: Mapping[str, Sequence[float]]
    """Cue -> share of looks within it that fell on each segment of the window; sums to 1."""
    edges_s: Sequence[list[float] | None]
    """Start and stop of each segment on the session's clock; None of one without a frame.  What
    lies between turns is in a window, and in its segments, without being looked at."""


def laid_out(look: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Lay out a record of a look: a row a cue, then a row a cue and segment, from 1.

    Cues go by name: a record that was read back has them in no other order than a fresh one.
    """
    window = {name: look[name] for name in ("case", "session", "start_s", "stop_s", "window_share")}
    for cue, share in sorted(look["cues"].items()):
        yield {**window, "cue": cue, "segment": None, "looked": share}
    for cue, shares in sorted(look["segments"].items()):
        for segment, (share, edges) in enumerate(zip(shares, look["edges_s"], strict=True), 1):
            start_s, stop_s = edges or (None, None)
            of_segment = {"start_s": start_s, "stop_s": stop_s, "segment": segment}
            yield {**window, **of_segment, "cue": cue, "looked": share}
