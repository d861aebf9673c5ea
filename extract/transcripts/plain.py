"""Plain text: what was said and nothing else, no times; a line an utterance, perhaps "Name: text".

Nothing in it says that it is a transcript, so its name has to: it holds "transcript", or it is
that of the session or of a recording beside it (``901.txt`` in ``901_P``, ``Q1.txt`` by
``Q1.wav``).  A text that looks like something else (a table, markup, numbers) is none.

Where paragraphs are parted by blank lines and wrapped, a paragraph is an utterance.  Who speaks is
told by `names.py`.  Times at the beginning of a line (``[00:01:05]``, ``01:05-01:09``) are its own;
where lines are a name and a time (``Ann  0:03``), these are of the line below.  ``#00:00:05-5#``
(f4transkript, MAXQDA) is when what stands before it stops, and what follows starts.  Numbers of
lines, as GAT 2 has them, are not said.
"""

import math
import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import PurePath

from ...features.types import Seconds
from ...features.words import NO_TIME, Utterance
from .base import PLAIN, Format, lines_of
from .faults import Faults
from .names import parts_of, speakers_among
from .times import time_of

EXTENSIONS = frozenset({".txt", ".lab", ".text"})

_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_STAMP = re.compile(
    rf"\s*[\[(]?\s*({_CLOCK})(?:\s*(?:-->|[-\u2013\u2014])\s*({_CLOCK}))?\s*[\])]?(?:\s+|$)"
)
_NAME_AND_TIME = re.compile(rf"([^\W\d_][\w.,'\u2019 -]{{0,23}}?)\s+[\[(]?({_CLOCK})[\])]?")
_ENDS = re.compile(r"\s*#(\d{1,2}:\d{2}:\d{2}(?:[-.,]\d{1,3})?)#\s*")
_LINE_NUMBER = re.compile(r"\s*(\d{1,5})[.:)]?\s+(?=\S)")
_MARKUP = re.compile(r'\s*(?:[{\[]\s*["\[{\]}]|<[?!a-zA-Z]|WEBVTT|"?ooTextFile|File type\s*=|%PDF)')
_SESSION_TAIL = re.compile(r"[_-](?:p|session)$")  # DAIC-WOZ: 901_P holds 901_*
_ABOUT = re.compile(r"note|readme|licen[cs]e|label|guide|convention|protocol|info")
_MOST_TABLE = 0.5  # share of lines that look like rows


def is_named_so(path: PurePath, session: str, recordings: Collection[str]) -> bool:
    """Say whether the name of a file makes it a transcript.

    Parameters
    ----------
    path : PurePath
    session : str
        The name of its folder.
    recordings : collection of str
        The names of the sound and video files beside it, without extensions.
    """
    if path.suffix.lower() not in EXTENSIONS:
        return False
    if is_called_transcript(path):
        return True
    owners = {_folded(session), *(_folded(name).rstrip("-") for name in recordings)}
    owners |= {_SESSION_TAIL.sub("", owner) for owner in owners} - {""}
    return _folded(path.stem) in owners


def is_called_transcript(path: PurePath) -> bool:
    """Say whether a file calls itself a transcript, and not notes on one."""
    stem = path.stem.casefold()
    return "transcript" in stem and _ABOUT.search(stem) is None


def _folded(name: str) -> str:
    """Make names comparable: of an umlaut there are two spellings, and macOS writes the long."""
    return unicodedata.normalize("NFC", name).casefold()


def matches(head: str) -> bool:
    """Say whether a text may be what somebody said, as its name claims."""
    lines = [line for line in lines_of(head) if line.strip()]
    if not lines or _MARKUP.match(head):
        return False
    if any("-->" in line and (_STAMP.match(line) is None or not _split(line)[2]) for line in lines):
        return False
    rows = sum(
        "\t" in line.strip()
        or line.count(";") > 2
        or not any(sign.isalpha() for sign in line)
        or bool(re.match(r"\s*\d+\s+\d+\s+\S+\s*$", line))  # HTK's labels
        for line in lines
    )
    return rows <= _MOST_TABLE * len(lines)


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read the lines; blank ones, and those of nothing but a name or a time, are no utterances."""
    pieces = [piece for line in _said(text) for piece in _pieces(line)]
    names = speakers_among([_split(said)[2] for said, _ in pieces])
    utterances: list[Utterance] = []
    speaker: str | None = None
    start_s = stop_s = NO_TIME
    for piece, end_s in pieces:
        own_start_s, own_stop_s, said = _split(piece)
        if not math.isnan(own_start_s):
            start_s, stop_s = own_start_s, own_stop_s
        (speaker, spoken), *_ = parts_of([said], names, speaker)
        if spoken:
            utterances.append(
                Utterance(start_s=start_s, stop_s=stop_s, speaker=speaker, text=spoken)
            )
            start_s = stop_s = NO_TIME
        if not math.isnan(end_s):
            if utterances and math.isnan(utterances[-1].stop_s):
                utterances[-1] = replace(utterances[-1], stop_s=end_s)
            start_s = end_s
    return utterances


FORMAT = Format(name="plain text", rank=PLAIN, matches=matches, parse=parse)


def _said(text: str) -> list[str]:
    """Split a text into utterances: its lines, or its paragraphs where they are wrapped."""
    lines = _unnumbered([line.strip() for line in lines_of(text)])
    blocks = [list(block) for filled, block in groupby(lines, bool) if filled]
    headed = [len(block) > 1 and bool(_NAME_AND_TIME.fullmatch(block[0])) for block in blocks]
    if sum(headed) > 1:  # written as names.py knows names for certain
        for block in (block for block, head in zip(blocks, headed, strict=True) if head):
            block[0] = _NAME_AND_TIME.sub(r"[\2] [\1]: ", block[0])
    names = speakers_among([line for block in blocks for line in block])
    opens = [[_opens(line, names) for line in block[1:]] for block in blocks]
    if len(blocks) > 1 and any(opens) and not any(map(any, opens)):
        return [" ".join(block) for block in blocks]
    return [line for block in blocks for line in block]


def _unnumbered(lines: list[str]) -> list[str]:
    """Take numbers off the lines where each has one, and they increase."""
    found = [_LINE_NUMBER.match(line) for line in lines if line]
    numbers = [int(number[1]) for number in found if number is not None]
    increase = all(above < below for above, below in pairwise(numbers))
    if len(found) < 2 or len(numbers) < len(found) or not increase:
        return lines
    return [_LINE_NUMBER.sub("", line, count=1) for line in lines]


def _pieces(line: str) -> list[tuple[str, Seconds]]:
    """Split a line behind each time at which it stops; NaN where it has none."""
    texts = _ENDS.split(line)
    ends_s = [time_of(end.replace("-", ".")) for end in texts[1::2]]
    pieces = list(zip(texts[::2], [*ends_s, NO_TIME], strict=True))
    return pieces if pieces[-1][0] or len(pieces) == 1 else pieces[:-1]


def _opens(line: str, names: frozenset[str]) -> bool:
    """Say whether a line names its speaker or its time."""
    start_s, _, said = _split(line)
    return not math.isnan(start_s) or parts_of([said], names, None)[0][0] is not None


def _split(line: str) -> tuple[Seconds, Seconds, str]:
    """Take the times off the beginning of a line."""
    found = _STAMP.match(line)
    if found is None:
        return NO_TIME, NO_TIME, line.strip()
    return time_of(found[1]), time_of(found[2]), line[found.end() :].strip()
