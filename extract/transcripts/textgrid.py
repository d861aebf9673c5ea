"""Praat's TextGrids: tiers of labelled intervals, in the long and the short text form.

Praat reads nothing but free-standing numbers, quoted texts and flags, in their order; all else
(``xmin =``, ``intervals [3]:``) is comment, and so both forms are one.  Counts of intervals are not
relied upon: files are edited by hand.  Points are no words and are left out.  (praatio, the library
for this, refuses a whole file for two intervals that overlap, one that runs backwards, or a missing
end; such a file is read here.)

References
----------
Boersma and Weenink, Praat manual, "TextGrid file formats".
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ...features.words import NO_TIME, Utterance
from .base import WORD_TIMED, Format, lines_of
from .decoding import SHORTEST_HEAD
from .faults import Faults
from .grouping import Token, is_silence
from .tiers import Holds, Tier, tier_of, utterances_in

Piece: TypeAlias = float | str
"""A number or a text; flags are left out."""

_HEAD = re.compile(
    r'\s*(?:File type\s*=\s*)?"ooTextFile(?: short)?"\s+(?:Object class\s*=\s*)?"TextGrid"'
)
_STRING = r'"((?:[^"]|"")*+)"(?=\s|$)'
_TO_THE_LINES_END = r'"(.*)"[ \t]*$'  # where quotes inside a label are not doubled
_NUMBER = r"([-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)(?=\s|$)"
_STRICT, _LENIENT = (
    re.compile(rf"(?:(?<=\s)|^)(?:{string}|{_NUMBER}|(--undefined--))", flags=re.MULTILINE)
    for string in (_STRING, _TO_THE_LINES_END)
)
_HEADER = 1000  # characters in which the number of tiers stands
_CLASSES = ("IntervalTier", "TextTier")


def matches(head: str) -> bool:
    """Tell a TextGrid by its first lines, and that something may be said in it."""
    if _HEAD.match(head) is None:
        return False
    if len(head) >= SHORTEST_HEAD:
        return True
    tiers = _tiers(head, Faults())
    return any(tier.holds is not Holds.OTHER for tier in tiers)


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read all interval tiers that hold speech."""
    return utterances_in(_tiers(text, faults), faults)


FORMAT = Format(name="Praat TextGrid", rank=WORD_TIMED + 2, matches=matches, parse=parse)


@dataclass(slots=True)
class _Raw:
    """A tier as the file has it."""

    kind: str
    name: str
    pieces: list[Piece] = field(default_factory=list)
    """What follows its name: bounds, count, and the labels with their times before them."""


def _tiers(text: str, faults: Faults) -> list[Tier]:
    lines = "\n".join(lines_of(text))
    read_to = max((found.end() for found in _STRICT.finditer(lines)), default=0)
    strict = '"' not in _STRICT.sub("", lines[:read_to])  # behind it the file may be cut
    raw = _raw(_pieces(lines, _STRICT if strict else _LENIENT))
    faults.add("quotes_unbalanced", times=int(not strict))
    promised = _tiers_promised(lines)
    whole = len(raw) >= promised
    faults.add("cut_short", f"tier {len(raw) + 1}", times=int(not whole))
    made: list[Tier] = []
    for number, tier in enumerate(raw, start=1):
        if tier.kind == "IntervalTier":
            spans = _spans(tier, number, faults, last=whole and number == len(raw))
            made.append(tier_of(tier.name, spans))
        else:
            faults.add("tiers_of_points")
    return made


def _tiers_promised(text: str) -> int:
    """Read the number of tiers, the last one before the first tier; 0 where there is none."""
    numbers = [piece for piece in _pieces(text[:_HEADER], _STRICT) if isinstance(piece, float)]
    return int(numbers[2]) if len(numbers) > 2 and math.isfinite(numbers[2]) else 0


def _pieces(text: str, pattern: re.Pattern[str]) -> Iterator[Piece]:
    """List the free-standing numbers and texts of a file behind its two first texts."""
    for count, found in enumerate(pattern.finditer(text)):
        string, number, undefined = found.groups()
        if count < 2:
            continue
        if string is not None:
            yield string.replace('""', '"')
        elif number is not None:
            yield float(number.replace(",", "."))
        elif undefined is not None:
            yield NO_TIME


def _raw(pieces: Iterator[Piece]) -> list[_Raw]:
    """Split what a file holds into tiers; the name of a class begins one where no label can be."""
    tiers: list[_Raw] = []
    for piece in pieces:
        if piece in _CLASSES and (not tiers or _expects_no_label(tiers[-1])):
            tiers.append(_Raw(str(piece), ""))
        elif not tiers:
            continue  # bounds and number of tiers
        elif isinstance(piece, str) and not tiers[-1].name and not tiers[-1].pieces:
            tiers[-1].name = piece
        else:
            tiers[-1].pieces.append(piece)
    return tiers


def _expects_no_label(tier: _Raw) -> bool:
    """Say whether a tier is complete: behind its three numbers, or behind a label."""
    return len(tier.pieces) == 3 or (bool(tier.pieces) and isinstance(tier.pieces[-1], str))


def _spans(tier: _Raw, number: int, faults: Faults, *, last: bool) -> list[Token]:
    """Pair labels with the numbers before them; a label without two of them is not timed."""
    spans: list[Token] = []
    bounds: list[float] = []
    for piece in tier.pieces[3:]:
        if not isinstance(piece, str):
            bounds.append(piece)
            continue
        start_s, stop_s = bounds[-2:] if len(bounds) >= 2 else (NO_TIME, NO_TIME)
        if math.isnan(start_s + stop_s):
            where = f"interval {len(spans) + 1} of tier {number}"
            faults.add("rows_untimed", where, times=int(not is_silence(piece)))
        spans.append((" ".join(piece.split()), start_s, stop_s))
        bounds = []
    intervals = tier.pieces[2] if len(tier.pieces) > 2 else 0
    if last and (bounds or (isinstance(intervals, float) and len(spans) < intervals)):
        faults.add("cut_short", f"interval {len(spans) + 1} of tier {number}")
    return spans
