"""Which column of a table is what: told by its header, or by the user.

A header is recognised by the names that people give a start, a stop (or a duration) and a text, in
English and German; where a row is an utterance, a start is enough.  Units that a name carries
(``start_ms``, ``Begin Time - msec``) are honoured.  What no name tells the user does: ``--set
transcript.columns=start:A,stop:B,text:C,speaker:D``.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...errors import UsageError
from .sheet import split
from .times import time_of

SEPARATORS = ("\t", ";", ",", "|")
_ENOUGH = 100  # rows that tell what a table holds
MS = 1000.0  # in a second

KEYS = ("start", "stop", "duration", "text", "word", "speaker", "unit")
UNITS: Mapping[str, float] = {"s": 1.0, "ms": MS}

_NAMES: Mapping[str, tuple[str, ...]] = {
    "start": (
        *("start", "begin", "onset", "from", "tmin", "xmin", "beginning", "starts", "t_start"),
        *("start_time", "begin_time", "time_start", "time_begin", "starttime", "begintime"),
        *("start_timestamp", "timestamp_start", "onset_time", "time_in"),
        *("beginn", "anfang", "von", "startzeit", "anfangszeit"),
        *("time", "timestamp", "timecode", "zeit", "zeitmarke", "zeitstempel"),
    ),
    "stop": (
        *("stop", "end", "offset", "to", "tmax", "xmax", "finish", "ends", "until", "t_end"),
        *("stop_time", "end_time", "time_stop", "time_end", "stoptime", "endtime"),
        *("end_timestamp", "timestamp_end", "offset_time", "time_out"),
        *("ende", "bis", "endzeit"),
    ),
    "duration": ("duration", "dur", "length", "dauer"),
    "text": (
        *("text", "value", "utterance", "transcript", "transcription", "sentence", "content"),
        *("words", "said", "utterances", "transcripts"),
        *("transkript", "transkription", "äußerung", "aussage"),
    ),
    "word": ("word", "token", "wort"),
    "speaker": (
        *("speaker", "who", "role", "speaker_name", "speaker_id", "speaker_label", "spk"),
        *("talker", "person", "participant", "voice", "sprecher", "sprecherin"),
    ),
}
_NOT_SAID_ALONE = frozenset({"value", "content"})  # with one time only, they are measurements
_MILLI = frozenset({"ms", "msec", "msecs", "millis", "millisecond", "milliseconds"})
_SECOND = frozenset({"s", "sec", "secs", "second", "seconds", "hh", "h", "mm", "ss", "hhmmss"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where things stand in the rows of a table; columns count from 0."""

    separator: str
    width: int
    """How many cells a row has."""
    start: int
    text: int
    stop: int | None = None
    duration: int | None = None
    """Without this and a stop only starts are known."""
    speaker: int | None = None
    by_word: bool = False
    """Whether a row is a word; otherwise it is an utterance."""
    per_s: float | None = None
    """Units of a plain number in a second; None where nothing says, which is seconds."""
    header: tuple[str, ...] = ()
    """The cells of the header line; empty where there is none."""
    quoted: bool = True
    """Whether quotes have a meaning."""

    @property
    def has_only_starts(self) -> bool:
        """Whether nothing says how long a row lasts."""
        return self.stop is None and self.duration is None

    def is_row(self, cells: Sequence[str]) -> bool:
        """Say whether cells look like a row: a time where the start stands."""
        return len(cells) > self.start and not math.isnan(time_of(cells[self.start]))


def columns_of(text: str | None) -> dict[str, str] | None:
    """Read a mapping of the user's: ``start:A,stop:B,text:C`` -> key, name or number of a column.

    Raises
    ------
    UsageError
        If a key is none of `KEYS`, or the mapping leaves open where time or text stands.
    """
    if text is None:
        return None
    columns: dict[str, str] = {}
    for part in text.split(","):
        key, colon, name = (piece.strip() for piece in part.partition(":"))
        if key not in KEYS or not colon or not name or key in columns:
            raise UsageError(
                f"transcript.columns: {part.strip()!r} is no KEY:COLUMN; expected "
                f"start:A,stop:B,text:C,speaker:D, of the keys {', '.join(KEYS)}, each once"
            )
        columns[key] = name
    if "start" not in columns or ("stop" in columns and "duration" in columns):
        raise UsageError("transcript.columns: expected start and at most one of stop and duration")
    if ("text" in columns) == ("word" in columns):
        raise UsageError("transcript.columns: expected one of text (a row an utterance) and word")
    if "word" in columns and "stop" not in columns and "duration" not in columns:
        raise UsageError("transcript.columns: expected a stop or a duration of each word")
    if columns.get("unit", "s") not in UNITS:
        raise UsageError(f"transcript.columns: expected unit:{' or unit:'.join(UNITS)}")
    return columns


def named_layout(lines: Sequence[str]) -> Layout | None:
    """Tell a layout by the names in a header line; None where they do not tell it."""
    line = next(iter(_filled(lines)), "")
    for separator in SEPARATORS:
        header = split(line, separator)[0]
        names = [_plain(cell) for cell in header]
        found = {key: _first(names, known) for key, known in _NAMES.items()}
        start, stop, duration = found["start"], found["stop"], found["duration"]
        spoken = found["word"] if found["text"] is None else found["text"]
        if start is None or spoken is None:
            continue
        by_word = found["text"] is None
        start_only = stop is None and duration is None
        if start_only and (by_word or names[spoken] in _NOT_SAID_ALONE):
            continue
        return Layout(
            separator=separator,
            width=len(header),
            start=start,
            stop=stop,
            duration=None if stop is not None else duration,
            text=spoken,
            speaker=found["speaker"],
            by_word=by_word,
            per_s=_per_s(header[start]),
            header=tuple(header),
        )
    return None


def mapped_layout(lines: Sequence[str], columns: Mapping[str, str]) -> Layout | None:
    """Find the user's columns in a table; None where it has not got them.

    Names stand in the first line.  Numbers count from 1; a first line without a time where the
    start should be is then a header, too.
    """
    filled = _filled(lines)
    for separator in SEPARATORS if filled else ():
        header = tuple(split(filled[0], separator)[0])
        wanted = {key: name for key, name in columns.items() if key != "unit"}
        folded = [cell.strip().casefold() for cell in header]
        if all(name.casefold() in folded for name in wanted.values()):
            places = {key: folded.index(name.casefold()) for key, name in wanted.items()}
        elif all(name.isdecimal() and int(name) > 0 for name in wanted.values()):
            places = {key: int(name) - 1 for key, name in wanted.items()}
        else:
            continue
        if max(places.values()) >= len(header):  # the table has no such column
            continue
        layout = Layout(
            separator=separator,
            width=len(header),
            start=places["start"],
            stop=places.get("stop"),
            duration=places.get("duration"),
            text=places["word" if "word" in places else "text"],
            speaker=places.get("speaker"),
            by_word="word" in places,
            per_s=UNITS.get(columns.get("unit", "")),
            header=header,
        )
        if layout.is_row(header):
            layout = _headless(layout, filled)
        elif layout.per_s is None and layout.start < len(header):
            layout = replace(layout, per_s=_per_s(header[layout.start]))
        rows = [split(line, separator)[0] for line in filled[bool(layout.header) :][:_ENOUGH]]
        if any(_says_something(row, layout) for row in rows):
            return layout
    return None


def may_be_said(lines: Sequence[str], layout: Layout) -> bool:
    """Say whether rows below a header hold letters where the text stands, if there are rows."""
    rows = [split(line, layout.separator)[0] for line in _filled(lines)[1:][:_ENOUGH]]
    said = ["".join(row[layout.text :]) for row in rows]
    return not said or any(sign.isalpha() for text in said for sign in text)


def is_excels(cells: Sequence[str]) -> bool:
    """Say whether cells are those of the line with which Excel names the separator."""
    return cells[0].startswith("sep=") and len("".join(cells)) <= len("sep=;")


def _filled(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.strip() and not is_excels([line])]


def _headless(layout: Layout, lines: Sequence[str]) -> Layout:
    """Take the most common number of cells as the width of a table without a header."""
    widths = Counter(len(split(line, layout.separator)[0]) for line in lines[:_ENOUGH])
    return replace(layout, header=(), width=max(widths, key=lambda width: widths[width]))


def _says_something(cells: Sequence[str], layout: Layout) -> bool:
    """Say whether a row has its times in order and, where the text stands, a letter."""
    stop = layout.stop if layout.stop is not None else layout.duration
    if len(cells) <= max(stop or 0, layout.start, layout.text) or not layout.is_row(cells):
        return False
    said = any(sign.isalpha() for sign in cells[layout.text])
    start_s = time_of(cells[layout.start]) if layout.stop is not None else 0.0
    return said and (stop is None or start_s <= time_of(cells[stop]))


def _words(cell: str) -> list[str]:
    return re.findall(r"[^\W_]+", _CAMEL.sub(" ", cell).casefold())


def _plain(cell: str) -> str:
    """Give the name of a column without the unit that it carries."""
    return "_".join(word for word in _words(cell) if word not in _MILLI | _SECOND)


def _per_s(cell: str) -> float | None:
    words = set(_words(cell))
    if words & _SECOND:  # "ss.msec" and "hh:mm:ss.ms" are not in milliseconds
        return 1.0
    return MS if words & _MILLI else None


def _first(names: Sequence[str], known: Sequence[str]) -> int | None:
    """Find the column of the best known of several names."""
    return next((names.index(name) for name in known if name in names), None)
