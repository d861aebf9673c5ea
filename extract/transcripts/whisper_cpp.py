"""whisper.cpp's JSON (``-oj``): ``transcription[]`` of texts with ``offsets`` in milliseconds.

Its tokens (``-ojf``) are parts of words whose times are guesses, and are not read.  A speaker is
there only where it was asked to tell two channels apart; "?" is none.

References
----------
ggml-org/whisper.cpp, ``examples/cli/cli.cpp``, ``output_json``.
"""

import re

from ...errors import TranscriptError
from ...features.words import Utterance
from .base import TABLE, Format
from .columns import MS
from .entries import as_entry, document_of, text_in, time_in
from .faults import Faults

_HEAD = re.compile(
    r'^\s*\{.*"transcription"\s*:\s*\[\s*(?:\]|\{\s*"(?:timestamps|offsets|text)"\s*:)',
    flags=re.DOTALL,
)


def matches(head: str) -> bool:
    """Tell the format by the name of its list and the first entry."""
    return _HEAD.match(head) is not None


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read the segments that say something.

    Raises
    ------
    TranscriptError
        If it is no JSON, or not as whisper.cpp writes it.
    """
    document = document_of(text)
    segments = document.get("transcription") if isinstance(document, dict) else None
    if not isinstance(segments, list):
        raise TranscriptError('has no list "transcription"; expected the JSON of whisper.cpp')
    utterances: list[Utterance] = []
    for number, item in enumerate(segments, start=1):
        where = f"segment {number}"
        segment = as_entry(item, "text")
        if segment is None:
            faults.add("entries_odd", where)
            continue
        offsets = as_entry(segment.get("offsets", {}), "") or {}
        start_s, stop_s = (time_in(offsets, key, faults, where) / MS for key in ("from", "to"))
        speaker = text_in(segment, "speaker").strip("?") or None
        if said := text_in(segment, "text"):
            utterances.append(Utterance(start_s=start_s, stop_s=stop_s, speaker=speaker, text=said))
    return utterances


FORMAT = Format(name="whisper.cpp JSON", rank=TABLE + 4, matches=matches, parse=parse)
