"""Time among words: given times put in order, gaps filled, stretches of voice divided by phones.

The words of a stretch keep their order and do not overlap.  Nothing is heard here.
"""

# W = words of a stretch, R = stretches of voice

from collections.abc import Sequence

import numpy as np

from ..types import F64
from .stretches import Interval

SHORTEST_WORD_S = 0.001  # less is no room for a word
RESOLUTION_S = 0.015  # half a frame of the detector: what it cannot tell from a pause's edge


def in_order(times: Sequence[Interval]) -> list[Interval | None]:
    """Keep given times that advance; None for words without times or whose times run backwards."""
    kept: list[Interval | None] = []
    last: int | None = None
    for start_s, stop_s in times:
        before = kept[last] if last is not None else None
        if not stop_s > start_s or (before is not None and start_s <= before[0]):
            kept.append(None)  # NaN compares false, so it is here too
            continue
        if last is not None and before is not None:
            kept[last] = (before[0], min(before[1], start_s))
        last = len(kept)
        kept.append((start_s, stop_s))
    return kept


def between_neighbours(
    own: Sequence[Interval | None], weight_W: Sequence[int], bounds: Interval
) -> list[Interval | None]:
    """Place words without times in the gap between those that have them.

    The first and last words of a turn reach to its bounds.  Where no word has times, or the gap
    has no room, a word stays without.
    """
    filled = list(own)
    if not any(own):
        return filled
    w = 0
    while w < len(own):
        if own[w] is not None:
            w += 1
            continue
        end = next((v for v in range(w, len(own)) if own[v] is not None), len(own))
        before = own[w - 1] if w else None
        after = own[end] if end < len(own) else None
        gap = (before[1] if before else bounds[0], after[0] if after else bounds[1])
        filled[w:end] = share(weight_W[w:end], np.array([gap]))
        w = end
    return filled


def share(weight_W: Sequence[int], runs_R2: F64) -> list[Interval | None]:
    """Divide stretches of time among words by weight; a pause between stretches is nobody's.

    Parameters
    ----------
    weight_W : sequence of int > 0
        Phones of each word.
    runs_R2 : float64 array of shape (R, 2), R > 0
        Start and stop of each stretch in seconds, increasing; NaN where unknown.

    Returns
    -------
    list of W times
        All None if the stretches are unknown or too short to hold the words.
    """
    length_R = runs_R2[:, 1] - runs_R2[:, 0]
    reached_s = np.concatenate([[0.0], np.cumsum(length_R)])
    if not reached_s[-1] >= SHORTEST_WORD_S * len(weight_W):
        return [None] * len(weight_W)
    share_s = np.concatenate([[0.0], np.cumsum(weight_W) / sum(weight_W)]) * reached_s[-1]
    _snap(share_s, reached_s[1:-1])
    last = length_R.size - 1
    # A word that starts where a stretch ends starts in the next one; one that stops there, stops.
    start_run = np.minimum(np.searchsorted(reached_s, share_s[:-1], side="right") - 1, last)
    stop_run = np.clip(np.searchsorted(reached_s, share_s[1:], side="left") - 1, 0, last)
    start_s = runs_R2[start_run, 0] + (share_s[:-1] - reached_s[start_run])
    stop_s = runs_R2[stop_run, 0] + (share_s[1:] - reached_s[stop_run])
    stop_s = np.minimum(stop_s, runs_R2[stop_run, 1])  # rounding, here and below
    start_s[1:] = np.maximum(start_s[1:], stop_s[:-1])
    return list(zip(start_s.tolist(), stop_s.tolist(), strict=True))


def _snap(share_s: F64, pause_s: F64) -> None:
    """Move borders of words that lie at a pause onto it, so that no sliver drags a word across."""
    if pause_s.size == 0:
        return
    reach_s = min(RESOLUTION_S, np.diff(share_s).min() / 2)  # so that no two borders meet
    inner_s = share_s[1:-1]
    nearest_s = pause_s[np.abs(inner_s[:, np.newaxis] - pause_s).argmin(axis=1)]
    inner_s[:] = np.where(np.abs(inner_s - nearest_s) < reach_s, nearest_s, inner_s)
