"""SubRip subtitles (``.srt``): cues with a start, a stop and lines of text, perhaps "Name: text".

When a prefix is a speaker, and when it is part of what was said ("note: ..."):

* ``[SPEAKER_00]:`` and names that say their role (``Participant:``) always are;
* any other short prefix is one if it opens at least two lines *and* such lines, role names
  included, are at least half of the file: naming speakers is the habit of a file, not of a line.

A line without a name goes on with the speaker before it, as subtitles do.  Two speakers in one cue
share its time by the length of their text.
"""

import re
from collections import Counter
from itertools import accumulate

from ...errors import TranscriptError
from ...features.words import INTERVIEWER_NAMES, PARTICIPANT_NAMES, Utterance
from .base import Format

_STAMP = r"\d{1,2}:\d{1,2}:\d{1,2}[.,]\d{1,3}"
_HEAD = re.compile(rf"^\s*(?:\d+[ \t]*\n)?[ \t]*{_STAMP}[ \t]*-->[ \t]*{_STAMP}")
_ARROW = re.compile(r"^\s*[\d:.,]+\s*-->")
_TIMES = re.compile(rf"^\s*{_STAMP}\s*-->\s*{_STAMP}")
_STYLE = re.compile(r"</?(?:i|b|u|s|font)\b[^<>]*>", flags=re.IGNORECASE)  # but not <laughter>
_BRACKETED = re.compile(r"^\W*\[([^\[\]:]{1,32})\]\s*:\s*(.*)$")
_PREFIX = re.compile(
    r"^[-\u2013\u2014\s>]*((?!\d+:)[^\W_][\w.'\u2019-]*(?: [\w.'\u2019-]+){0,2})\s*:\s+(.*)$"
)
_LONGEST_NAME = 24  # characters

ROLE_NAMES = PARTICIPANT_NAMES | INTERVIEWER_NAMES


def matches(head: str) -> bool:
    """Tell subtitles by their first cue: a number, then ``00:00:01,000 --> 00:00:02,000``."""
    return _HEAD.match(_unix(head)) is not None


def parse(text: str, name: str) -> tuple[Utterance, ...]:
    """Read the cues; one without text is an utterance without words.

    Raises
    ------
    TranscriptError
        If a line of times is damaged, with its number as an editor shows it.
    """
    from pysubs2 import SSAFile

    text = _unix(text)
    for row, line in enumerate(text.split("\n"), start=1):
        if _ARROW.match(line) and not _TIMES.match(line):
            raise TranscriptError(
                f"{name}: line {row} has no two times; expected 00:00:01,000 --> 00:00:02,000"
            )
    # Tags are kept because <laughter> is one to pysubs2, and would be lost.
    cues = SSAFile.from_string(text, format_="srt", keep_html_tags=True)
    lines = [[_STYLE.sub("", line).strip() for line in cue.plaintext.split("\n")] for cue in cues]
    names = _speakers([line for cue_lines in lines for line in cue_lines if line])
    utterances: list[Utterance] = []
    speaker: str | None = None
    for cue, cue_lines in zip(cues, lines, strict=True):
        parts = _parts(cue_lines, names, speaker)
        speaker = parts[-1][0]
        utterances += _share(parts, cue.start / 1000, cue.end / 1000)
    return tuple(utterances)


FORMAT = Format(name="SRT subtitles", rank=2, matches=matches, parse=parse)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _prefix(line: str) -> tuple[str, str, bool] | None:
    """Split "Name: text" into name, text and whether the name certainly is a speaker's."""
    if bracketed := _BRACKETED.match(line):
        return bracketed[1].strip(), bracketed[2].strip(), True
    # The colon of a bare name may be the line's end; a URL's or a clock's is followed by no space.
    plain = _PREFIX.match(line + " ")
    if plain is None or len(plain[1]) > _LONGEST_NAME:
        return None
    return plain[1], plain[2].strip(), plain[1].casefold() in ROLE_NAMES


def _speakers(lines: list[str]) -> frozenset[str]:
    """Decide which prefixes of a file are speakers; see the rule above."""
    found = [prefix for prefix in map(_prefix, lines) if prefix is not None]
    certain = {name for name, _, sure in found if sure}
    count = Counter(name for name, _, _ in found)
    repeated = {name for name, n in count.items() if n >= 2}
    labelled = sum(count[name] for name in certain | repeated)
    return frozenset(certain | repeated if 2 * labelled >= len(lines) else certain)


def _parts(
    lines: list[str], names: frozenset[str], speaker: str | None
) -> list[tuple[str | None, str]]:
    """Group the lines of a cue by speaker, who at first is the one before."""
    parts: list[tuple[str | None, str]] = []
    for line in lines:
        prefix = _prefix(line)
        if prefix is not None and prefix[0] in names:
            parts.append((prefix[0], prefix[1]))
        elif parts:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]} {line}".strip())
        else:
            parts.append((speaker, line))
    return parts


def _share(parts: list[tuple[str | None, str]], start_s: float, stop_s: float) -> list[Utterance]:
    """Give each speaker of a cue a part of its time, by the length of the text."""
    if len(parts) == 1:
        edge_s = [start_s, stop_s]
    else:
        length = [0, *accumulate(max(len(text), 1) for _, text in parts)]
        edge_s = [start_s + (stop_s - start_s) * at / length[-1] for at in length]
    return [
        Utterance(start_s=edge_s[i], stop_s=edge_s[i + 1], speaker=speaker, text=text)
        for i, (speaker, text) in enumerate(parts)
    ]
