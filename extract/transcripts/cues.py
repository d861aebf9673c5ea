"""Cues of subtitles: a line of two times, ``A --> B``, and what is said between them.

The line of times is the anchor: what stands above it may be a number or an identifier, what stands
below it is said, up to the next cue.  A cue whose times are damaged keeps its text.  (pysubs2, the
library for this, takes a damaged line of times for speech, loses ``<laughter>`` as a tag or keeps
``<v Name>`` and word times as text, and knows no line numbers.)

Automatic captions repeat a line as the next one rolls in.  A file does so where words have times
(WebVTT), or where half of its cues open with the line that closed the cue before, without a pause
between them, and some go on with a new line.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ...features.types import Seconds
from .base import lines_of
from .faults import Faults
from .times import time_of

STAMP = r"(?:\d{1,3}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}"
TIMES = rf"[ \t]*{STAMP}[ \t]*-->[ \t]*{STAMP}"
ARROW = re.compile(r"^\s*(?=.*\d)((?:\d[^\s>]*)?)\s*-->\s*(\S*)")
BLOCKS = ("NOTE", "STYLE", "REGION")  # of WebVTT: what follows up to a blank line is not said
ROLLING = 0.5  # share of cues that repeat the line before in a file that rolls
TOUCHING_S = 0.1
_NUMBER = re.compile(r"\s*\d+\s*")


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue of a file."""

    start_s: Seconds
    stop_s: Seconds
    lines: tuple[str, ...]
    """Of its text, stripped, none of them empty."""


def cues_of(text: str, faults: Faults, *, web: bool = False) -> list[Cue]:
    """Read the cues of a file; those without text too.

    Parameters
    ----------
    text : str
    faults : Faults
    web : bool
        Whether it is WebVTT, in which `BLOCKS` are not said and a cue may have a name.
    """
    lines = lines_of(text)
    arrows = [row for row, line in enumerate(lines) if ARROW.match(line)]
    cues: list[Cue] = []
    for row, following in pairwise([*arrows, len(lines)]):
        found = ARROW.match(lines[row])
        start_s, stop_s = map(time_of, found.groups()) if found else (math.nan, math.nan)
        if math.isnan(start_s + stop_s):
            faults.add("rows_untimed", f"line {row + 1}")
        more = following < len(lines)
        label = _label(lines, row + 1, following, web=web) if more else following
        cues.append(Cue(start_s, stop_s, tuple(_said(lines, row + 1, label, faults, web=web))))
    return cues


def unrolled(
    cues: Sequence[Cue],
    faults: Faults,
    text_of: Callable[[str], str],
    is_timed: Callable[[str], bool] = lambda _line: False,
) -> list[Cue]:
    """Leave out lines that repeat the line before, in files whose captions roll.

    Parameters
    ----------
    cues : sequence of Cue
    faults : Faults
    text_of : callable
        Gives what a line says, without tags.
    is_timed : callable
        Says whether the words of a line have times; such a line repeats none.
    """
    timed = any(is_timed(line) for cue in cues for line in cue.lines)
    if not timed and not _rolls(cues, text_of):
        return list(cues)
    shown = ""
    kept: list[Cue] = []
    for cue in cues:
        lines: list[str] = []
        for number, line in enumerate(cue.lines):
            text = text_of(line)
            if text == shown and not is_timed(line) and (timed or number == 0):
                faults.add("lines_rolled", times=1)
            else:
                lines.append(line)
                shown = text
        if lines or not cue.lines:
            kept.append(replace(cue, lines=tuple(lines)))
    return kept


def _rolls(cues: Sequence[Cue], text_of: Callable[[str], str]) -> bool:
    repeating = [
        cue
        for before, cue in pairwise([cue for cue in cues if cue.lines])
        if text_of(before.lines[-1]) == text_of(cue.lines[0])
        and cue.start_s - before.stop_s <= TOUCHING_S
    ]
    going_on = sum(len(cue.lines) > 1 for cue in repeating)
    return going_on > 1 and len(repeating) >= ROLLING * len(cues)


def _said(lines: Sequence[str], first: int, stop: int, faults: Faults, *, web: bool) -> list[str]:
    """Find the lines of a cue; a blank line ends it, and what else is said is counted as stray."""
    said: list[str] = []
    after_blank = in_block = False
    for row in range(first, stop):
        line = lines[row].strip()
        if not line:
            if not (web and lines[row]):  # in WebVTT a line of blanks is none that ends a cue
                after_blank, in_block = True, False
        elif web and after_blank and line.split()[0] in BLOCKS:
            in_block = True
        elif not in_block:
            if after_blank:
                faults.add("lines_stray", f"line {row + 1}")
            said.append(line)
    return said


def _label(lines: Sequence[str], first: int, stop: int, *, web: bool) -> int:
    """Find the row of the number, or the name, above the next cue's times, else `stop`."""
    above = stop - 1
    if above < first or not lines[above].strip():
        return stop
    named = web and above > first and not lines[above - 1].strip()
    return above if named or _NUMBER.fullmatch(lines[above]) else stop
