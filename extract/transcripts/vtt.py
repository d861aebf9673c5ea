"""WebVTT subtitles (``.vtt``): cues with voices, times of words and entities.

``<v Name>`` says who speaks; without any voice in a file, prefixes do (`names.py`).  A time inside
the text (``so <00:00:01.500>well``) is where the piece behind it begins; pieces then carry their
own times.  NOTE, STYLE and REGION blocks, identifiers, cue settings and the tags of styles are not
said.  Lines that repeat as the next one rolls in are left out and counted.

References
----------
W3C, "WebVTT: The Web Video Text Tracks Format", Candidate Recommendation, 2019, section 4.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...features.types import Seconds
from ...features.words import Utterance
from .base import SUBTITLES, Format
from .cues import STAMP, Cue, cues_of, unrolled
from .faults import Faults
from .names import parts_of, share, speakers_among
from .times import time_of

_HEAD = re.compile(r"\s*WEBVTT(?:[ \t][^\r\n]*)?(?:[\r\n]|$)")
_TAG = re.compile(r"<(/?)([^<>\s.]*)([^<>]*)>")
_STAMP = re.compile(STAMP)
_STYLES = frozenset({"c", "i", "b", "u", "s", "ruby", "rt", "lang", "font", "span"})
_MARKS = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")  # say where letters go, not what is said


@dataclass(frozen=True, slots=True)
class _Piece:
    """Consecutive text of one voice with one start."""

    text: str
    speaker: str | None
    start_s: Seconds | None
    """None where it begins no new time."""


def matches(head: str) -> bool:
    """Tell WebVTT by the word that opens it."""
    return _HEAD.match(head) is not None


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read the cues; one without text is an utterance without words."""
    shown = cues_of(text, faults, web=True)
    cues = unrolled(shown, faults, lambda line: _text(_pieces([line])), _times_in)
    pieces = [_pieces(cue.lines) for cue in cues]
    if any(piece.speaker is not None for cue in pieces for piece in cue):
        return [
            utterance
            for cue, said in zip(cues, pieces, strict=True)
            for utterance in _utterances(cue, said)
        ]
    lines_of = [[_text(_pieces([line])) for line in cue.lines] for cue in cues]
    names = speakers_among([line for lines in lines_of for line in lines if line])
    utterances: list[Utterance] = []
    speaker: str | None = None
    for cue, said, lines in zip(cues, pieces, lines_of, strict=True):
        if any(piece.start_s is not None for piece in said):
            (speaker, text), *_ = parts_of([said[0].text], names, speaker)
            said = [replace(said[0], text=text), *said[1:]]
            utterances += _utterances(cue, [replace(piece, speaker=speaker) for piece in said])
        else:
            parts = parts_of(lines, names, speaker)
            speaker = parts[-1][0]
            utterances += share(parts, cue.start_s, cue.stop_s)
    return utterances


FORMAT = Format(name="WebVTT subtitles", rank=SUBTITLES + 1, matches=matches, parse=parse)


def _times_in(line: str) -> bool:
    return any(_STAMP.fullmatch(f"{tag[2]}{tag[3]}") for tag in _TAG.finditer(line))


def _pieces(lines: Sequence[str]) -> list[_Piece]:
    """Split the text of a cue at voices and times."""
    pieces: list[_Piece] = []
    speaker: str | None = None
    start_s: Seconds | None = None
    text, at = "\n".join(lines), 0
    gathered = ""
    for tag in _TAG.finditer(text):
        slash, name, rest = tag.groups()
        stamp = _STAMP.fullmatch(f"{name}{rest}") is not None
        voice = name.casefold() == "v"
        if not (stamp or voice or name.casefold() in _STYLES):
            continue  # <laughter> was said, or rather done
        gathered += text[at : tag.start()]
        at = tag.end()
        if stamp or voice:
            pieces.append(_Piece(_spoken(gathered), speaker, start_s))
            gathered = ""
            start_s = time_of(f"{name}{rest}") if stamp else None
        if voice:
            named = rest if not rest.startswith(".") else rest.partition(" ")[2]  # <v.loud Ann>
            speaker = None if slash else html.unescape(named).strip() or None
    pieces.append(_Piece(_spoken(gathered + text[at:]), speaker, start_s))
    return [piece for piece in pieces if piece.text]


def _spoken(text: str) -> str:
    return " ".join(_MARKS.sub("", html.unescape(text)).split())


def _text(pieces: Sequence[_Piece]) -> str:
    return " ".join(piece.text for piece in pieces)


def _utterances(cue: Cue, pieces: Sequence[_Piece]) -> list[Utterance]:
    """Make an utterance a voice; times inside the cue go to its pieces."""
    voices: list[list[_Piece]] = []
    for piece in pieces:
        if voices and voices[-1][0].speaker == piece.speaker:
            voices[-1].append(piece)
        else:
            voices.append([piece])
    parts = [(voice[0].speaker, _text(voice)) for voice in voices] or [(None, "")]
    shared = share(parts, cue.start_s, cue.stop_s)
    if all(piece.start_s is None for piece in pieces):
        return shared
    bounded: list[Utterance] = []
    for i, (voice, utterance) in enumerate(zip(voices, shared, strict=True)):
        first_s = voice[0].start_s
        later_s = voices[i + 1][0].start_s if i + 1 < len(voices) else None
        start_s = utterance.start_s if first_s is None else first_s
        stop_s = utterance.stop_s if later_s is None else later_s
        begin_s = [start_s, *(piece.start_s for piece in voice[1:])]
        words = _timed([piece.text for piece in voice], begin_s, stop_s)
        bounded.append(replace(utterance, start_s=start_s, stop_s=stop_s, words=words))
    return bounded


def _timed(
    texts: Sequence[str], begin_s: Sequence[Seconds | None], stop_s: Seconds
) -> tuple[tuple[str, Seconds, Seconds], ...]:
    """Let each piece last until the next one begins; pieces that begin no time go together."""
    merged: list[tuple[str, Seconds]] = []
    for text, start_s in zip(texts, begin_s, strict=True):
        if start_s is None:
            merged[-1] = (f"{merged[-1][0]} {text}", merged[-1][1])
        else:
            merged.append((text, start_s))
    ends = [*(start_s for _, start_s in merged[1:]), stop_s]
    return tuple((text, begin, end) for (text, begin), end in zip(merged, ends, strict=True))
