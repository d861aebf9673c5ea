"""Timed words into utterances, where a format times words and bounds no utterance.

An utterance ends where the speaker changes, or where the same speaker is silent for longer than
`GAP_S`.  Marks of silence, which aligners write as if they were words, are none and are left out.

References
----------
Jefferson, "Preliminary notes on a possible metric which provides for a 'standard maximum' silence
of approximately one second in conversation", 1989.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ...features.types import Seconds
from ...features.words import NO_TIME, Utterance
from .faults import Faults

Token: TypeAlias = tuple[str, Seconds, Seconds]
"""A word, its start, its stop; NaN where it has no times."""

GAP_S = 1.0  # Jefferson 1989: longer silences are lapses

# MFA, Kaldi, HTK, pocketsphinx, WebMAUS.
_SILENCES = frozenset(
    {"", "sp", "sil", "<sil>", "[sil]", "(sil)", "{sl}", "{sil}", "<p>", "<p:>", "<eps>", "!sil"}
    | {"#", "##", "_", "<s>", "</s>", "h#", "pau", "<pau>", "#p:", "<usb>", "<sp>"}
    | {"!enter", "!exit", "<silence>", "[silence]", "<s/>"}
)


def is_silence(label: str) -> bool:
    """Say whether a label of a timed word is a mark of silence."""
    return label.strip().casefold() in _SILENCES


def without_silences(tokens: Iterable[Token], faults: Faults) -> list[Token]:
    """Leave marks of silence out; those that are more than empty labels are counted."""
    kept: list[Token] = []
    for token in tokens:
        if is_silence(token[0]):
            faults.add("silences", times=int(bool(token[0].strip())))
        else:
            kept.append(token)
    return kept


def runs(
    tokens: Sequence[tuple[str | None, Token]], speaker: str | None
) -> list[tuple[str | None, list[Token]]]:
    """Group words by speaker; one without a speaker goes with the one before.

    Parameters
    ----------
    tokens : sequence of (speaker or None, token)
    speaker : str or None
        Of words before which nobody is named, if nobody is named later.
    """
    current = next((who for who, _ in tokens if who is not None), speaker)
    grouped: list[tuple[str | None, list[Token]]] = []
    for who, token in tokens:
        current = who if who is not None else current
        if grouped and grouped[-1][0] == current:
            grouped[-1][1].append(token)
        else:
            grouped.append((current, [token]))
    return grouped


def utterances_of(tokens: Sequence[tuple[str | None, Token]]) -> list[Utterance]:
    """Make utterances of words, in their order."""
    return [
        utterance_of(who, part) for who, run in runs(tokens, None) for part in _between_gaps(run)
    ]


def utterance_of(speaker: str | None, tokens: Sequence[Token]) -> Utterance:
    """Make one utterance of the words of a speaker, from the first known time to the last."""
    return Utterance(
        start_s=first_time(tokens),
        stop_s=last_time(tokens),
        speaker=speaker,
        text=" ".join(token for token, _, _ in tokens),
        words=tuple(tokens),
    )


def first_time(tokens: Sequence[Token]) -> Seconds:
    """Give the first known start; NaN where there is none."""
    return next((start_s for _, start_s, _ in tokens if not math.isnan(start_s)), NO_TIME)


def last_time(tokens: Sequence[Token]) -> Seconds:
    """Give the last known stop; NaN where there is none."""
    return next((stop_s for _, _, stop_s in reversed(tokens) if not math.isnan(stop_s)), NO_TIME)


def _between_gaps(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split where nothing is said for longer than `GAP_S`, or time jumps back by more."""
    parts: list[list[Token]] = []
    last_stop_s = NO_TIME
    for token in tokens:
        _, start_s, stop_s = token
        if not parts or abs(start_s - last_stop_s) > GAP_S:  # never where one is NaN
            parts.append([])
        parts[-1].append(token)
        last_stop_s = last_stop_s if math.isnan(stop_s) else stop_s
    return parts
