"""DAIC-WOZ transcripts: a tab table ``start_time stop_time speaker value``, a row an utterance.

Times are seconds.  Real files have blank lines, empty values, quotes that never close and the
spoken word "null"; so a tab is a border and nothing else has a meaning.  Columns are found by name,
in any order and case; ``speaker`` may be absent.  A table of just these four columns with commas or
semicolons is one that a spreadsheet has saved anew, with quotes that mean something.  The corpus's
offsets and interruptions are not applied here.

References
----------
Gratch et al., "The Distress Analysis Interview Corpus of human and computer interviews", LREC 2014.
"""

from dataclasses import replace

from ...errors import TranscriptError
from ...features.words import Utterance
from .base import TABLE, Format, lines_of
from .columns import Layout, named_layout
from .faults import Faults
from .table import utterances_in

SAVED_ANEW = frozenset({"start_time", "stop_time", "speaker", "value"})


def matches(head: str) -> bool:
    """Tell a DAIC-WOZ table by its header line."""
    return _layout(head) is not None


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read the rows below the header; a tab inside the last column is part of what was said."""
    layout = _layout(text)
    if layout is None:
        raise TranscriptError("has no header start_time, stop_time, speaker, value")
    return utterances_in(text, layout, faults)


FORMAT = Format(name="DAIC-WOZ table", rank=TABLE, matches=matches, parse=parse)


def _layout(text: str) -> Layout | None:
    layout = named_layout(lines_of(text))
    if layout is None:
        return None
    names = {cell.strip().casefold().replace(" ", "_") for cell in layout.header}
    if layout.separator != "\t":
        return layout if names == SAVED_ANEW else None
    return replace(layout, quoted=False) if {"start_time", "stop_time", "value"} <= names else None
