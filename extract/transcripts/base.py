"""What every transcript format shares: how it is recognised, and what reading it yields.

A format is one file of this folder with a `Format` in it and one line in `registry.py`.  Nothing
here cleans words or tells roles: an utterance keeps its text as the file has it.  Messages name the
file and the row, never the text.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...features.words import Reading, Utterance
from .faults import Faults

WORD_TIMED, TABLE, SUBTITLES, PLAIN = 0, 10, 20, 30
"""Ranks: of several transcripts of a session the lowest is taken; each format has its own, so that
only two files of the same format leave a choice to the user."""

_LINE = re.compile(r"\r\n|\r|\n")  # str.splitlines would also cut at form feeds and U+2028


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A kind of transcript file."""

    name: str
    """As users call it; stands in the session's record."""
    rank: int
    """Of several transcripts the lowest is taken."""
    matches: Callable[[str], bool]
    """Says from the first `HEAD_BYTES` of a file, decoded, whether it has this format."""
    parse: Callable[[str, Faults], Iterable[Utterance]]
    """Turns the text of a file into utterances, in the file's order, and adds its faults; raises
    `TranscriptError` (without the file's name) where nothing can be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """A file as utterances, and what was found while reading it."""

    utterances: tuple[Utterance, ...]
    """At least one, in the order of the file: times that run backwards are kept."""
    reading: Reading
    """Kinds of faults: see `faults.TOLD`."""


def lines_of(text: str) -> list[str]:
    """Split a text at the line ends of any system."""
    return _LINE.split(text)
