"""WhisperX and Whisper JSON: ``segments[]``, each with ``words[]`` that carry their own times.

WhisperX leaves ``start`` and ``end`` out for numerals and symbols, which its aligner does not know;
such a token keeps NaN here and is placed later, between its neighbours.  Where diarisation gives
the words of one segment different speakers, the segment becomes an utterance a speaker, so that no
role is mixed into another's turn.  Scores are not kept: they rate characters, not times.

References
----------
Bain et al., "WhisperX: time-accurate speech transcription of long-form audio", Interspeech 2023.
"""

import json
import math
import re
from collections.abc import Mapping
from itertools import groupby
from typing import TypeAlias

from ...errors import TranscriptError
from ...features.types import Seconds
from ...features.words import NO_TIME, Utterance
from .base import Format, seconds

Token: TypeAlias = tuple[str, Seconds, Seconds]

_HEAD = re.compile(
    r'^\s*\{.*"segments"\s*:\s*\[\s*(?:\]|\{[^{}]*"(?:text|words)"\s*:)', flags=re.DOTALL
)


def matches(head: str) -> bool:
    """Tell the format by an object whose ``segments`` have a text or words."""
    return _HEAD.match(head) is not None


def parse(text: str, name: str) -> tuple[Utterance, ...]:
    """Read the segments that say something.

    Raises
    ------
    TranscriptError
        If it is no JSON, a segment or word is not as WhisperX writes it, or a time is no number.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptError(
            f"{name}: is no valid JSON at line {error.lineno}, column {error.colno}; "
            "was it written to its end?"
        ) from None
    except (RecursionError, ValueError) as error:
        raise TranscriptError(
            f"{name}: is no JSON that can be read ({type(error).__name__}); expected WhisperX's"
        ) from None
    segments = document.get("segments") if isinstance(document, dict) else None
    if not isinstance(segments, list):
        raise TranscriptError(f'{name}: has no list "segments"; expected WhisperX output')
    return tuple(
        utterance
        for number, segment in enumerate(segments, start=1)
        for utterance in _utterances(_mapping(segment, name, f"segment {number}"), name, number)
    )


FORMAT = Format(
    name='WhisperX JSON ("segments" with "words")', rank=0, matches=matches, parse=parse
)


def _utterances(segment: Mapping[str, object], name: str, number: int) -> list[Utterance]:
    where = f"segment {number}"
    start_s, stop_s = (_time(segment, key, name, where) for key in ("start", "end"))
    tokens: list[tuple[str | None, Token]] = []
    speaker = _speaker(segment)
    words = segment.get("words")
    for position, item in enumerate(words if isinstance(words, list) else (), start=1):
        place = f"{where}, word {position}"
        word = _mapping(item, name, place)
        token = str(word.get("word") or "").strip()
        if token:
            times = (_time(word, "start", name, place), _time(word, "end", name, place))
            tokens.append((_speaker(word), (token, *times)))
    text = str(segment.get("text") or "").strip()
    if not tokens:
        untimed = Utterance(start_s=start_s, stop_s=stop_s, speaker=speaker, text=text)
        return [untimed] if text else []
    runs = _runs(tokens, speaker)
    last = len(runs) - 1
    return [
        Utterance(
            start_s=_first_time(run) if r > 0 or math.isnan(start_s) else start_s,
            stop_s=_last_time(run) if r < last or math.isnan(stop_s) else stop_s,
            speaker=who,
            text=text if last == 0 and text else " ".join(token for token, _, _ in run),
            words=tuple(run),
        )
        for r, (who, run) in enumerate(runs)
    ]


def _runs(
    tokens: list[tuple[str | None, Token]], speaker: str | None
) -> list[tuple[str | None, list[Token]]]:
    """Group the tokens of a segment by speaker; one without a speaker goes with the one before."""
    current = next((who for who, _ in tokens if who is not None), speaker)
    named: list[tuple[str | None, Token]] = []
    for who, token in tokens:
        current = who if who is not None else current
        named.append((current, token))
    return [(who, [token for _, token in run]) for who, run in groupby(named, lambda pair: pair[0])]


def _first_time(run: list[Token]) -> Seconds:
    return next((start_s for _, start_s, _ in run if not math.isnan(start_s)), NO_TIME)


def _last_time(run: list[Token]) -> Seconds:
    return next((stop_s for _, _, stop_s in reversed(run) if not math.isnan(stop_s)), NO_TIME)


def _speaker(item: Mapping[str, object]) -> str | None:
    return str(item.get("speaker") or "").strip() or None


def _time(item: Mapping[str, object], key: str, name: str, where: str) -> Seconds:
    value = item.get(key)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NO_TIME
    return seconds(value, name, f'"{key}" of {where}')


def _mapping(item: object, name: str, where: str) -> Mapping[str, object]:
    if not isinstance(item, dict):
        raise TranscriptError(f"{name}: {where} is no object; expected WhisperX output")
    return item
