"""Tables of comma, semicolon, tab or bar: a row an utterance, or a row a word.

Columns are found by the names of a header line, or as the user says (`columns.py`).  A row is kept
whatever is wrong with it: what it has too much belongs to the text, a time that is none is unknown.
The words "null" and "NA" are words.

Plain numbers are seconds unless the header says milliseconds.  Where it says nothing (Whisper's
``.tsv``), whole numbers under which fewer than `SLOWEST` words were said a second are milliseconds:
people say two to four, and a thousandth of that otherwise.  A row that has only a start is taken
for this to last until the next (and fewer than `SLOWEST_OF_STARTS`); its stop stays unknown.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...errors import TranscriptError
from ...features.types import Seconds
from ...features.words import Utterance
from .base import TABLE, WORD_TIMED, Format, lines_of
from .columns import MS, Layout, is_excels, mapped_layout, may_be_said, named_layout
from .faults import Faults
from .grouping import is_silence, utterances_of
from .sheet import Row, rows_of
from .times import time_of

SLOWEST = 0.03  # words a second
SLOWEST_OF_STARTS = 0.005  # also where notes stand minutes apart, and silence is between them

_CLOCK_AND_S = r"\t\d+:\d\d:\d\d\.\d{3}\t\d+\.\d+"
_ELANS = re.compile(rf"\s*[^\t\r\n]+\t[^\t\r\n]*(?:{_CLOCK_AND_S}){{3}}\t")
_ELANS_COLUMNS = {"speaker": "1", "start": "4", "stop": "6", "text": "9"}


@dataclass(frozen=True, slots=True)
class _Line:
    """A row read."""

    start: str
    stop: str
    text: str
    speaker: str | None


def utterances_in(text: str, layout: Layout, faults: Faults) -> list[Utterance]:
    """Read the rows of a table whose layout is known."""
    lines: list[_Line] = []
    per_s = layout.per_s or 1.0
    rows = rows_of(text, layout.separator, quoted=layout.quoted, is_row=layout.is_row)
    for row in _below_header(rows, layout, faults):
        lines.append(_line(row, layout, faults))
        start_s, stop_s = _times(lines[-1], layout, per_s)
        if math.isnan(start_s if layout.has_only_starts else start_s + stop_s):
            faults.add("rows_untimed", f"row {row.number}")
    if layout.per_s is None and _in_milliseconds(lines, layout):
        faults.add("times_in_ms", times=len(lines))
        per_s = MS
    timed = [(line, *_times(line, layout, per_s)) for line in lines]
    if not layout.by_word:
        return [
            Utterance(start_s=start_s, stop_s=stop_s, speaker=line.speaker, text=line.text)
            for line, start_s, stop_s in timed
        ]
    spoken = [part for part in timed if not is_silence(part[0].text)]
    faults.add("silences", times=len(timed) - len(spoken))
    return utterances_of(
        [(line.speaker, (line.text, start_s, stop_s)) for line, start_s, stop_s in spoken]
    )


def mapped(columns: Mapping[str, str]) -> Format:
    """Make the format of tables that have the columns which the user named."""

    def parse(text: str, faults: Faults) -> list[Utterance]:
        layout = mapped_layout(lines_of(text), columns)
        if layout is None:
            raise TranscriptError("has not the columns that transcript.columns names")
        return utterances_in(text, layout, faults)

    return Format(
        name="table by transcript.columns",
        rank=WORD_TIMED + 5 if "word" in columns else TABLE + 3,
        matches=lambda head: mapped_layout(lines_of(head), columns) is not None,
        parse=parse,
    )


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read a table by the names in its header."""
    layout = named_layout(lines_of(text))
    if layout is None:
        raise TranscriptError("has no header that names a start and a text")
    return utterances_in(text, layout, faults)


def _parse_elans(text: str, faults: Faults) -> list[Utterance]:
    return list(mapped(_ELANS_COLUMNS).parse(text, faults))


def _matches(head: str, *, by_word: bool) -> bool:
    lines = lines_of(head)
    layout = named_layout(lines)
    return layout is not None and layout.by_word == by_word and may_be_said(lines, layout)


BY_WORD = Format(
    name="table of words",
    rank=WORD_TIMED + 4,
    matches=lambda head: _matches(head, by_word=True),
    parse=parse,
)
FORMAT = Format(
    name="table of utterances",
    rank=TABLE + 2,
    matches=lambda head: _matches(head, by_word=False),
    parse=parse,
)
ELANS = Format(
    name="ELAN tab-delimited text",
    rank=TABLE + 5,
    matches=lambda head: _ELANS.match(head) is not None,
    parse=_parse_elans,
)
"""As ELAN exports it by default: no header; tier, participant, then start, stop and duration, each
as a clock and in seconds, and the text."""


def _below_header(rows: Iterator[Row], layout: Layout, faults: Faults) -> Iterator[Row]:
    """Leave the header out, also where files were joined and it stands among the rows."""
    header: tuple[str, ...] | None = None
    for row in rows:
        if header is None and is_excels(row.cells):
            continue
        if header is None:
            header = row.cells if layout.header else ()
            if layout.header:
                continue
        if row.cells == header:
            faults.add("headers_repeated", f"row {row.number}")
            continue
        if row.unbalanced:
            kind = "quotes_unbalanced" if layout.quoted else "quotes_odd"
            faults.add(kind, f"row {row.number}")
        yield row


def _line(row: Row, layout: Layout, faults: Faults) -> _Line:
    """Find what a row says, whatever the number of its cells."""
    cells, more = list(row.cells), len(row.cells) - layout.width
    while more > 0 and not cells[-1].strip():
        cells.pop()
        more -= 1
    text = layout.text
    if more > 0:  # the separator was said, or written, without quotes around it
        faults.add("rows_long", f"row {row.number}")
        cells[text : text + more + 1] = [layout.separator.join(cells[text : text + more + 1])]
    elif more < 0:
        timed = layout.is_row(cells)
        faults.add("rows_without_text" if timed else "rows_short", f"row {row.number}")
        if not timed:  # no row of its own: all of it was said
            cells = ["" if c != text else layout.separator.join(cells) for c in range(text + 1)]
    used = (layout.start, layout.stop, layout.duration, layout.speaker, text)
    last = max(column for column in used if column is not None)  # few rows may have it
    cells += [""] * (max(layout.width, last + 1) - len(cells))
    stop = layout.stop if layout.stop is not None else layout.duration
    return _Line(
        start=cells[layout.start],
        stop=cells[stop] if stop is not None else "",
        text=cells[text].strip(),
        speaker=(cells[layout.speaker].strip() or None) if layout.speaker is not None else None,
    )


def _times(line: _Line, layout: Layout, per_s: float) -> tuple[Seconds, Seconds]:
    start_s, stop_s = time_of(line.start, per_s), time_of(line.stop, per_s)
    return start_s, stop_s if layout.duration is None else start_s + stop_s


def _in_milliseconds(lines: Sequence[_Line], layout: Layout) -> bool:
    words = length = 0.0
    ends = [line.stop for line in lines]
    if layout.has_only_starts:
        ends = [*(line.start for line in lines[1:]), ""][: len(lines)]
    for line, end in zip(lines, ends, strict=True):
        start, stop = _times(replace(line, stop=end), layout, 1.0)
        if math.isnan(start + stop):
            continue
        if not (line.start.strip().isdecimal() and end.strip().isdecimal()):
            return False
        words += len(line.text.split())
        length += max(stop - start, 0.0)
    return 0 < words < (SLOWEST_OF_STARTS if layout.has_only_starts else SLOWEST) * length
