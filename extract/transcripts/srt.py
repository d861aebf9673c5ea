"""SubRip subtitles (``.srt``): cues with a start, a stop and lines of text, perhaps "Name: text".

Who speaks is told by `names.py`.  Two speakers in one cue share its time by the length of their
text.  Lines that repeat as the next one rolls in are left out and counted.
"""

import re

from ...features.words import Utterance
from .base import SUBTITLES, Format
from .cues import TIMES, cues_of, unrolled
from .faults import Faults
from .names import parts_of, share, speakers_among

_HEAD = re.compile(r"\s*(?:\d+[ \t]*[\r\n]+)?[ \t]*\d[^\s>]*[ \t]*-->")
_CUE = re.compile(rf"(?:^|[\r\n]){TIMES}")
_STYLE = re.compile(r"</?(?:i|b|u|s|font)\b[^<>]*>", flags=re.IGNORECASE)  # but not <laughter>
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")  # as in {\an8}: where a line stands on the screen


def matches(head: str) -> bool:
    """Tell subtitles by their first cue: a number, then ``00:00:01,000 --> 00:00:02,000``."""
    return _HEAD.match(head) is not None and _CUE.search(head) is not None


def parse(text: str, faults: Faults) -> list[Utterance]:
    """Read the cues; one without text is an utterance without words."""
    cues = unrolled(cues_of(text, faults), faults, _unstyled)
    lines = [[spoken for line in cue.lines if (spoken := _unstyled(line))] for cue in cues]
    names = speakers_among([line for cue_lines in lines for line in cue_lines])
    utterances: list[Utterance] = []
    speaker: str | None = None
    for cue, cue_lines in zip(cues, lines, strict=True):
        parts = parts_of(cue_lines, names, speaker)
        speaker = parts[-1][0]
        utterances += share(parts, cue.start_s, cue.stop_s)
    return utterances


FORMAT = Format(name="SRT subtitles", rank=SUBTITLES, matches=matches, parse=parse)


def _unstyled(line: str) -> str:
    return _OVERRIDE.sub("", _STYLE.sub("", line)).replace(r"\N", " ").strip()
