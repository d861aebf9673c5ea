"""What every transcript format shares: how it is recognised, decoded, and how its times are read.

A format is one file of this folder with a `Format` in it and one line in `registry.py`.  Nothing
here cleans words or tells roles: an utterance keeps its text as the file has it.  Messages name the
file and the row, never the text.
"""

import codecs
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import TranscriptError
from ...features.types import Seconds
from ...features.words import Utterance

HEAD_BYTES = 64 * 1024  # whisper's JSON opens with the whole text; 15 minutes of it are 20 kB

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A kind of transcript file."""

    name: str
    """As users call it; stands in the session's record."""
    rank: int
    """Of several transcripts the lowest is taken: 0 words are timed, 1 a table, 2 subtitles."""
    matches: Callable[[str], bool]
    """Says from the first `HEAD_BYTES` of a file, decoded, whether it has this format."""
    parse: Callable[[str, str], tuple[Utterance, ...]]
    """Turns the text and the name of a file (for messages) into utterances, in the file's order."""


def head_of(path: Path) -> str | None:
    """Read what tells a file's format: its first `HEAD_BYTES`, decoded; None where it is no text.

    Feature files of other programs are told by the same beginning, so it is read once for both.
    """
    with path.open("rb") as file:
        return decode_head(file.read(HEAD_BYTES))


def decode_head(head: bytes) -> str | None:
    """Decode the beginning of a file; None where it is no text (media, AppleDouble, archives)."""
    try:
        return _decode(head, final=False)
    except UnicodeDecodeError:
        return None


def decode(content: bytes, name: str) -> str:
    """Decode a whole file: by its byte order mark, else as UTF-8, else as Windows-1252.

    Raises
    ------
    TranscriptError
        If it is none of these.
    """
    try:
        text = _decode(content, final=True)
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise TranscriptError(
            f"{name}: is no text in UTF-8, UTF-16 (with its mark) or Windows-1252; save it as UTF-8"
        )
    return text


def seconds(value: object, name: str, where: str) -> Seconds:
    """Read a time.

    Parameters
    ----------
    value : str, int or float
        What the file has.
    name, where : str
        File and place, for the message.

    Raises
    ------
    TranscriptError
        If it is no finite number.
    """
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            time_s = float(value)
        except (ValueError, OverflowError):
            time_s = math.nan
        if math.isfinite(time_s):
            return time_s
    raise TranscriptError(f"{name}: {where} is no number; expected seconds, such as 12.345")


def _decode(content: bytes, *, final: bool) -> str | None:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return codecs.getincrementaldecoder(encoding)().decode(content, final)
    if b"\0" in content:
        return None
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(content, final)
    except UnicodeDecodeError:
        return content.decode("cp1252")
