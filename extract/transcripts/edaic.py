"""E-DAIC transcripts: a comma table ``Start_Time,End_Time,Text,Confidence``, a row an utterance.

Google's recogniser wrote them.  Times are seconds; nobody is named, so interviewer and participant
cannot be told apart here.  A text may be empty, and times may run backwards: kept and counted.  The
confidence rates the recogniser's words, not their times, and is not kept.

References
----------
Ringeval et al., "AVEC 2019 Workshop and Challenge", AVEC 2019 (DDS).
"""

from .base import TABLE, Format, lines_of
from .columns import named_layout
from .table import parse


def matches(head: str) -> bool:
    """Tell an E-DAIC table by its header line."""
    layout = named_layout(lines_of(head))
    names = [cell.strip().casefold() for cell in layout.header] if layout is not None else []
    return names == ["start_time", "end_time", "text", "confidence"]


FORMAT = Format(name="E-DAIC table", rank=TABLE + 1, matches=matches, parse=parse)
