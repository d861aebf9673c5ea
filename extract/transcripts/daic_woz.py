"""DAIC-WOZ transcripts: a tab table ``start_time stop_time speaker value``, a row an utterance.

Times are seconds.  Real files have blank lines, empty values, quotes that never close and the
spoken word "null"; so a tab is a border and nothing else has a meaning.  Columns are found by name,
in any order and case; ``speaker`` may be absent.  The corpus's offsets and interruptions are not
applied here.

References
----------
Gratch et al., "The Distress Analysis Interview Corpus of human and computer interviews", LREC 2014.
"""

import re

from ...errors import TranscriptError
from ...features.words import Utterance
from .base import Format, seconds

_LINE = re.compile(r"\r\n|\r|\n")  # str.splitlines would also cut at form feeds and U+2028


def matches(head: str) -> bool:
    """Tell a DAIC-WOZ table by its header line."""
    return {"start_time", "stop_time", "value"} <= set(_header(_LINE.split(head)))


def parse(text: str, name: str) -> tuple[Utterance, ...]:
    """Read the rows below the header; rows of nothing but white space are no utterances.

    Raises
    ------
    TranscriptError
        If a row has no time, with its number as an editor shows it.
    """
    lines = _LINE.split(text)
    header = _header(lines)
    first = next(i for i, line in enumerate(lines) if line.strip()) + 1
    return tuple(
        _utterance(line, header, name, row)
        for row, line in enumerate(lines[first:], start=first + 1)
        if line.strip()
    )


FORMAT = Format(
    name="DAIC-WOZ table (tabs: start_time, stop_time, speaker, value)",
    rank=1,
    matches=matches,
    parse=parse,
)


def _header(lines: list[str]) -> list[str]:
    line = next((line for line in lines if line.strip()), "")
    return [cell.strip().casefold().replace(" ", "_") for cell in line.split("\t")]


def _utterance(line: str, header: list[str], name: str, row: int) -> Utterance:
    last = len(header) - 1  # a tab inside the last column is part of what was said
    cells = dict(zip(header, line.split("\t", last), strict=False))
    if "start_time" not in cells or "stop_time" not in cells:
        raise TranscriptError(
            f"{name}: row {row} has {len(cells)} of {len(header)} columns; expected tabs in between"
        )
    return Utterance(
        start_s=seconds(cells["start_time"], name, f"start_time of row {row}"),
        stop_s=seconds(cells["stop_time"], name, f"stop_time of row {row}"),
        speaker=cells.get("speaker", "").strip() or None,
        text=cells.get("value", "").strip(),
    )
