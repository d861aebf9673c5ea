"""The bytes of a text file into text, whatever its encoding: UTF-8, UTF-16 or Windows-1252.

A byte order mark decides.  Without one, zeros on every second byte are UTF-16's; of the rest what
is UTF-8 is read so, and a byte that is not is a letter of Windows-1252 (files that were joined have
both).  What is neither becomes U+FFFD and is counted, stray zero bytes are taken out and counted:
one bad byte costs no transcript.
"""

import codecs
import re
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import TranscriptError

HEAD_BYTES = 64 * 1024  # whisper's JSON opens with the whole text; 15 minutes of it are 20 kB
SHORTEST_HEAD = HEAD_BYTES // 4  # characters of a head that was cut, were all four bytes long
UNREADABLE = "\N{REPLACEMENT CHARACTER}"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOST_STRAY = 0.01  # share of zeros or control characters that a text may have and still be one
_SHORTEST = 32  # bytes; no file of a zip's or a recording's first bytes and zeros is a text
_HALF_LETTER = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # a surrogate, written as if it were one
_ESCAPED = re.compile("[\udc80-\udcff]")
_FEWEST_FOREIGN = 8  # letters; a word or two tell no language
_CONTROL = bytes(b for b in range(32) if b not in b"\0\t\n\v\f\r\x1a\x1b")
_CONTROL_SIGNS = {ord(c): None for c in _CONTROL.decode()}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and what was lost on the way to it."""

    text: str
    unreadable: int
    """Characters that stand as U+FFFD."""
    zeros: int
    """Zero bytes that were taken out."""
    mixed: int = 0
    """Bytes that were read as Windows-1252 in a file that has letters of UTF-8, too."""
    bytewise: int = 0
    """All bytes beyond ASCII that were read as Windows-1252."""

    @property
    def foreign(self) -> bool:
        """Whether most of it would be such letters: no language writes so in Windows-1252.

        It is Chinese in GBK, Japanese in Shift JIS, Russian in Windows-1251, ...
        """
        if self.bytewise < _FEWEST_FOREIGN:  # so the whole of a long text is seldom counted
            return False
        return 2 * self.bytewise > sum(not sign.isspace() for sign in self.text)


def head_of(path: Path) -> str | None:
    """Read what tells a file's format: its first `HEAD_BYTES`, decoded; None where it is no text.

    Feature files of other programs are told by the same beginning, so it is read once for both.
    """
    with path.open("rb") as file:
        return decode_head(file.read(HEAD_BYTES))


def decode_head(head: bytes) -> str | None:
    """Decode the beginning of a file; None where it is no text (media, AppleDouble, archives)."""
    decoded = _decode(head, final=False)
    return None if decoded is None else decoded.text


def decode(content: bytes, name: str) -> Decoded:
    """Decode a whole file.

    Raises
    ------
    TranscriptError
        If it is no text; `name` is the file's, for the message.
    """
    decoded = _decode(content, final=True)
    if decoded is None:
        raise TranscriptError(
            f"{name}: is no text in UTF-8, UTF-16 or Windows-1252; save it as UTF-8"
        )
    return decoded


def _decode(content: bytes, *, final: bool) -> Decoded | None:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strayless(_incremental(content, encoding, "replace", final=final))
    utf_16 = _utf_16(content) if b"\0" in content else None
    if utf_16 is not None:
        return _strayless(_incremental(content, utf_16, "replace", final=final))
    body = content.rstrip(b"\0")  # a full disk leaves a tail of zeros
    if len(body) < min(len(content), _SHORTEST):
        return None
    if body.count(0) > _MOST_STRAY * len(body):
        return None
    if len(body) - len(body.translate(None, _CONTROL)) > _MOST_STRAY * len(body):
        return None
    return _eight_bit(content, final=final)


def _strayless(text: str) -> Decoded:
    """Take zeros out, and count what could not be decoded."""
    return Decoded(text.replace("\0", ""), text.count(UNREADABLE), text.count("\0"))


def _eight_bit(content: bytes, *, final: bool) -> Decoded:
    """Decode as UTF-8, and bytes that are none as Windows-1252."""
    try:
        return _strayless(_incremental(content, "utf-8", "strict", final=final))
    except UnicodeDecodeError:
        whole = _HALF_LETTER.sub(UNREADABLE.encode(), content)
        text = _incremental(whole, "utf-8", "surrogateescape", final=final)
    bytewise = _ESCAPED.findall(text)
    beyond_ascii = sum(letter > "\x7f" for letter in text) - len(bytewise)
    decoded = _strayless(_ESCAPED.sub(_windows_1252, text))
    mixed = len(bytewise) if beyond_ascii else 0
    return replace(decoded, mixed=mixed, bytewise=len(bytewise))


def _windows_1252(escaped: re.Match[str]) -> str:
    return bytes([ord(escaped[0]) - 0xDC00]).decode("cp1252", "replace")


def _utf_16(content: bytes) -> str | None:
    """Tell UTF-16 without a mark by zeros that lie on one side only, and by what it then says."""
    sample = content[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if 10 * zeros >= len(sample) // 2 and 50 * others <= zeros:
            text = _incremental(sample, encoding, "replace", final=False)
            strange = len(text) - len(text.translate(_CONTROL_SIGNS)) + text.count(UNREADABLE)
            return encoding if strange <= _MOST_STRAY * len(text) else None
    return None


def _incremental(content: bytes, encoding: str, errors: str, *, final: bool) -> str:
    return codecs.getincrementaldecoder(encoding)(errors).decode(content, final)
