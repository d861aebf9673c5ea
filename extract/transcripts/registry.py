"""Transcripts in, utterances out: the format is told by content, never by name.

DAIC-WOZ calls its tab table ``.csv``, users call anything ``.txt``; and a session folder holds
other tables (labels, OpenFace, COVAREP) that must not be taken for what was said.  Plain text alone
is told by its name too, by whoever sees the folder.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ...errors import TranscriptError
from ...features.words import Reading, Utterance
from . import (
    daic_woz,
    edaic,
    elan,
    plain,
    srt,
    table,
    textgrid,
    vtt,
    whisper_cpp,
    whisperx,
    word_list,
)
from .base import Format, Transcript
from .decoding import UNREADABLE, decode, head_of
from .faults import Faults

READING = "3"
"""Raised whenever reading the same file gives other utterances."""

FORMATS = (
    whisperx.FORMAT,
    word_list.FORMAT,
    textgrid.FORMAT,
    elan.FORMAT,
    table.BY_WORD,
    daic_woz.FORMAT,
    edaic.FORMAT,
    table.FORMAT,
    table.ELANS,
    whisper_cpp.FORMAT,
    vtt.FORMAT,
    srt.FORMAT,
)

_SURROGATE = re.compile("[\ud800-\udfff]")


def recognise(head: str | None, columns: Mapping[str, str] | None = None) -> Format | None:
    """Tell the format of a file from its head; None where it is no transcript.

    Parameters
    ----------
    head : str or None
        From `head_of`.
    columns : mapping of str to str, or None
        What the user said of the columns of tables; see `columns.columns_of`.
    """
    if head is None:
        return None
    return next((format_ for format_ in _known(columns) if format_.matches(head)), None)


def read(path: Path, columns: Mapping[str, str] | None = None) -> Transcript:
    """Read a transcript.

    Raises
    ------
    TranscriptError
        If no format recognises the file, it breaks its format, or nothing was said in it.
    """
    head = head_of(path)
    format_ = recognise(head, columns)
    if format_ is None and _may_be_plain(path, head):
        format_ = plain.FORMAT
    if format_ is None:
        raise TranscriptError(f"{path.name}: {_unknown(head)}")
    faults = Faults()
    decoded = decode(path.read_bytes(), path.name)
    if decoded.foreign:
        raise TranscriptError(
            f"{path.name}: is in an encoding that depx does not read (GBK?); expected UTF-8, "
            "UTF-16 or Windows-1252; save it as UTF-8"
        )
    faults.add("characters_unreadable", times=decoded.unreadable)
    faults.add("zero_bytes", times=decoded.zeros)
    faults.add("encodings_mixed", times=decoded.mixed)
    try:
        utterances = tuple(_encodable(format_.parse(decoded.text, faults), faults))
    except TranscriptError as error:
        raise TranscriptError(f"{path.name}: {error}") from None
    if not utterances:
        apart = ", ".join(f"{kind} {times}" for kind, times in faults.counts().items())
        raise TranscriptError(
            f"{path.name}: holds no utterance, read as {format_.name}; expected at least one"
            + (f" (found: {apart})" if apart else "")
        )
    warnings = faults.warnings(path.name)
    found = Reading(format=format_.name, faults=faults.counts(), warnings=warnings)
    return Transcript(utterances=utterances, reading=found)


def _known(columns: Mapping[str, str] | None) -> tuple[Format, ...]:
    """List the formats; the names that a user gives go before those that a header tells."""
    if columns is None:
        return FORMATS
    mapped = table.mapped(columns)
    by_number = any(name.isdecimal() for name in columns.values())
    return (*FORMATS, mapped) if by_number else (mapped, *FORMATS)


def _may_be_plain(path: Path, head: str | None) -> bool:
    return path.suffix.lower() in plain.EXTENSIONS and head is not None and plain.matches(head)


def _unknown(head: str | None) -> str:
    """Say what a file is that is in no known format."""
    if head is None:
        return "is no text in UTF-8, UTF-16 or Windows-1252, so it is no transcript"
    if not head.strip():
        return "is empty, so it is no transcript"
    known = ", ".join(format_.name for format_ in (*FORMATS, plain.FORMAT))
    return (
        f"is no transcript that depx knows; expected {known}; of another table, "
        "--set transcript.columns=start:A,stop:B,text:C says what is what"
    )


def _encodable(utterances: Iterable[Utterance], faults: Faults) -> Iterable[Utterance]:
    """Replace halves of letters (surrogates, as JSON may have), which no table can hold."""
    for utterance in utterances:
        texts = (utterance.text, utterance.speaker or "", *(word for word, _, _ in utterance.words))
        halves = sum(len(_SURROGATE.findall(text)) for text in texts)
        if not halves:
            yield utterance
            continue
        faults.add("characters_unreadable", times=halves)
        yield replace(
            utterance,
            text=_whole(utterance.text),
            speaker=utterance.speaker and _whole(utterance.speaker),
            words=tuple((_whole(word), start, stop) for word, start, stop in utterance.words),
        )


def _whole(text: str) -> str:
    return _SURROGATE.sub(UNREADABLE, text)
