"""Where a model with attention looked: how it is laid out in ``attention.csv``.

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


def laid_out(look: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Lay out a record of a look: a row a cue, then a row a cue and segment, from 1.

    Cues go by name: a record that was read back has them in no other order than a fresh one.
    """
    window = {name: look[name] for name in ("case", "session", "start_s", "stop_s", "window_share")}
    for cue, share in sorted(look["cues"].items()):
        yield {**window, "cue": cue, "segment": None, "looked": share}
    for cue, shares in sorted(look["segments"].items()):
        for segment, share in enumerate(shares, 1):
            yield {**window, "cue": cue, "segment": segment, "looked": share}
