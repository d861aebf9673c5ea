"""WhisperX and Whisper JSON: ``segments[]``, each with ``words[]`` that carry their own times.

WhisperX leaves ``start`` and ``end`` out for numerals and symbols, which its aligner does not know;
such a token keeps NaN here and is placed later, between its neighbours.  Where diarisation gives
the words of one segment different speakers, the segment becomes an utterance a speaker, so that no
role is mixed into another's turn.  Scores are not kept: they rate characters, not times.

References
----------
Bain et al., "WhisperX: time-accurate speech transcription of long-form audio", Interspeech 2023.
"""

import math
import re
from collections.abc import Mapping

from ...errors import TranscriptError
from ...features.words import Utterance
from .base import WORD_TIMED, Format
from .decoding import SHORTEST_HEAD
from .entries import as_entry, document_of, text_in, time_in
from .faults import Faults
from .grouping import Token, first_time, is_silence, last_time, runs

_HEAD = re.compile(
    r'^\s*\{.*"segments"\s*:\s*\[\s*(?:\]|\{[^{}]*"(?:text|words)"\s*:)', flags=re.DOTALL
)
_ALL_TEXT = re.compile(r'\s*\{\s*"text"\s*:\s*"(?:[^"\\]|\\.)*+\\?', flags=re.DOTALL)


def matches(head: str) -> bool:
    """Tell the format by an object whose ``segments`` have a text or words.

    Whisper puts all of the text before them, which of three hours is more than a head.
    """
    return _HEAD.match(head) is not None or (
        len(head) >= SHORTEST_HEAD and _ALL_TEXT.fullmatch(head) is not None
    )


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read the segments that say something.

    Raises
    ------
    TranscriptError
        If it is no JSON, or not as WhisperX writes it.
    """
    document = document_of(text)
    segments = document.get("segments") if isinstance(document, dict) else None
    if not isinstance(segments, list):
        raise TranscriptError('has no list "segments"; expected WhisperX output')
    return [
        utterance
        for number, segment in enumerate(segments, start=1)
        for utterance in _utterances(as_entry(segment, "text"), faults, f"segment {number}")
    ]


FORMAT = Format(name="WhisperX JSON", rank=WORD_TIMED, matches=matches, parse=parse)


def _utterances(
    segment: Mapping[str, object] | None, faults: Faults, where: str
) -> list[Utterance]:
    if segment is None:
        faults.add("entries_odd", where)
        return []
    start_s, stop_s = (time_in(segment, key, faults, where) for key in ("start", "end"))
    speaker, text = text_in(segment, "speaker") or None, text_in(segment, "text")
    tokens = _tokens(segment.get("words"), faults, where)
    if not tokens:
        untimed = Utterance(start_s=start_s, stop_s=stop_s, speaker=speaker, text=text)
        return [untimed] if text else []
    spoken = runs(tokens, speaker)
    last = len(spoken) - 1
    return [
        Utterance(
            start_s=first_time(run) if r > 0 or math.isnan(start_s) else start_s,
            stop_s=last_time(run) if r < last or math.isnan(stop_s) else stop_s,
            speaker=who,
            text=text if last == 0 and text else " ".join(token for token, _, _ in run),
            words=tuple(run),
        )
        for r, (who, run) in enumerate(spoken)
    ]


def _tokens(words: object, faults: Faults, where: str) -> list[tuple[str | None, Token]]:
    tokens: list[tuple[str | None, Token]] = []
    for position, item in enumerate(words if isinstance(words, list) else (), start=1):
        place = f"{where}, word {position}"
        word = as_entry(item, "word")
        if word is None:
            faults.add("entries_odd", place)
            continue
        token = text_in(word, "word")
        if is_silence(token):
            faults.add("silences", times=int(bool(token)))
            continue
        times = (time_in(word, "start", faults, place), time_in(word, "end", faults, place))
        tokens.append((text_in(word, "speaker") or None, (token, *times)))
    return tokens
