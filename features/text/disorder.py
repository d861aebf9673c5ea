"""Times of a transcript that contradict each other: counted, and told of where a user should look.

Nothing is moved or left out: people speak over each other, and transcribers go back.
"""

import math
from collections.abc import Mapping, Sequence

from ..types import Seconds
from ..words import Utterance

TOLD: Mapping[str, str] = {
    "utterances_out_of_order": "start before the one above them by more than a second",
    "utterances_backwards": "end before they start",
    "utterances_before_zero": "start before 0 s",
    "utterances_repeated": "say the same at the same time as one above them, and count twice",
    "words_backwards": "hold words that end before they start",
}
"""Counts that become a warning, with what it says."""
SLACK_S = 1.0  # turns that overlap may stand in either order

Span = tuple[Seconds, Seconds]


def disorder(utterances: Sequence[Utterance]) -> tuple[dict[str, int], dict[str, int]]:
    """Count what is wrong with the times of utterances.

    Returns
    -------
    counts : dict
        By kind, all of `TOLD` and ``utterances_overlapping``, zeros too.
    first : dict
        Number, from 1, of the utterance in which a kind was met first.
    """
    counts = {"utterances_overlapping": 0, **dict.fromkeys(TOLD, 0)}
    first: dict[str, int] = {}
    seen: set[tuple[str | None, str, Span]] = set()
    last_start_s = last_stop_s = -math.inf
    for number, utterance in enumerate(utterances, start=1):
        start_s, stop_s = utterance.start_s, utterance.stop_s
        found = {"words_backwards": any(stop < start for _, start, stop in utterance.words)}
        if not math.isnan(start_s + stop_s):
            same = (utterance.speaker, utterance.text, (start_s, stop_s))
            found |= {
                "utterances_overlapping": start_s < last_stop_s,
                "utterances_out_of_order": start_s < last_start_s - SLACK_S,
                "utterances_backwards": stop_s < start_s,
                "utterances_before_zero": start_s < 0,
                "utterances_repeated": bool(utterance.text) and same in seen,
            }
            seen.add(same)
            last_start_s = start_s
            last_stop_s = max(last_stop_s, stop_s)
        for kind in (kind for kind, met in found.items() if met):
            counts[kind] += 1
            first.setdefault(kind, number)
    return counts, first


def warnings(counts: Mapping[str, int], first: Mapping[str, int]) -> tuple[str, ...]:
    """Say in a line a kind what `disorder` found."""
    return tuple(
        f"transcript: {counts[kind]} utterances {what}, the first is number {first[kind]}; "
        "kept as they are"
        for kind, what in TOLD.items()
        if counts[kind]
    )
