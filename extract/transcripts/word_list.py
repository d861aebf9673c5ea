"""JSON that lists words: ``[{"word": ..., "start": ..., "end": ...}, ...]``, flat or in ``words``.

Many recognisers give it, each under names of its own; pocketsphinx writes ``t``, ``b`` (begin) and
``d`` (duration) below ``w``, one object a line an utterance, and appends the number of a
pronunciation (``was(2)``), which is taken off.  Objects that bound utterances themselves
(``segments``) are `whisperx.py`'s.
"""

import math
import re
from collections.abc import Mapping

from ...errors import TranscriptError
from ...features.types import Seconds
from ...features.words import Utterance
from .base import WORD_TIMED, Format, lines_of
from .entries import as_entry, document_of, text_in, time_in
from .faults import Faults
from .grouping import Token, is_silence, utterance_of, utterances_of

_WORD = r'\{[^{}]*"(?:word|text|t|token)"\s*:[^{}]*\}'
_HEAD = re.compile(
    rf'^\s*(?:\[\s*|\{{[^\[\]]*"(?:words|w)"\s*:\s*\[\s*)(?={_WORD})'
    r'\{[^{}]*"(?:start|begin|b|start_time|startTime|from)"\s*:'
)
_KEYS: Mapping[str, tuple[str, ...]] = {
    "text": ("word", "text", "t", "token"),
    "start": ("start", "begin", "b", "start_time", "startTime", "from"),
    "stop": ("end", "stop", "e", "end_time", "endTime", "to"),
    "duration": ("duration", "d", "dur"),
    "speaker": ("speaker", "speaker_id", "who"),
    "words": ("words", "w"),
}
_VARIANT = re.compile(r"\(\d+\)$")


def matches(head: str) -> bool:
    """Tell the format by its first word."""
    return _HEAD.match(head) is not None


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read the words; utterances are the file's objects, or parted by `grouping.py`.

    Raises
    ------
    TranscriptError
        If it is no JSON, or lists no words.
    """
    lines = [line for line in lines_of(text) if line.strip()]
    a_line_each = len(lines) > 1 and all(line.lstrip()[0] == "{" for line in lines)
    documents = [document_of(line) for line in (lines if a_line_each else ["\n".join(lines)])]
    utterances: list[Utterance] = []
    for number, document in enumerate(documents, start=1):
        spoken = _spoken(_words(document), faults, f"object {number}, " if a_line_each else "")
        if a_line_each and spoken and len({who for who, _ in spoken}) == 1:
            utterances.append(utterance_of(spoken[0][0], [token for _, token in spoken]))
        else:
            utterances += utterances_of(spoken)
    return utterances


FORMAT = Format(name="JSON list of words", rank=WORD_TIMED + 1, matches=matches, parse=parse)


def _words(document: object) -> list[object]:
    found = document
    if isinstance(document, dict):
        found = next((document[key] for key in _KEYS["words"] if key in document), None)
    if not isinstance(found, list):
        raise TranscriptError("has no list of words; expected words with a start and an end")
    return found


def _spoken(words: list[object], faults: Faults, within: str) -> list[tuple[str | None, Token]]:
    tokens: list[tuple[str | None, Token]] = []
    for number, item in enumerate(words, start=1):
        where = f"{within}word {number}"
        word = as_entry(item, "word")
        if word is None:
            faults.add("entries_odd", where)
            continue
        token = text_in(word, _key(word, "text"))
        if _key(word, "text") == "t":  # pocketsphinx
            token = _VARIANT.sub("", token)
        if is_silence(token):
            faults.add("silences", times=int(bool(token)))
            continue
        speaker = text_in(word, _key(word, "speaker")) or None
        tokens.append((speaker, (token, *_times(word, faults, where))))
    return tokens


def _times(word: Mapping[str, object], faults: Faults, where: str) -> tuple[Seconds, Seconds]:
    start_s = time_in(word, _key(word, "start"), faults, where)
    stop_s = time_in(word, _key(word, "stop"), faults, where)
    if math.isnan(stop_s):
        stop_s = start_s + time_in(word, _key(word, "duration"), faults, where)
    return start_s, stop_s


def _key(word: Mapping[str, object], what: str) -> str:
    return next((key for key in _KEYS[what] if key in word), "")
