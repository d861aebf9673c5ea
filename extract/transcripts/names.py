"""Speakers that formats without a place for them put before the text: "Name: what was said".

When a prefix is a speaker, and when it is part of what was said ("note: ..."):

* ``[SPEAKER_00]:`` and names that say their role (``Participant:``) always are;
* any other short prefix is one if it opens at least two lines *and* such lines, role names
  included, are at least half of the file: naming speakers is the habit of a file, not of a line.

A line without a name goes on with the speaker before it, as subtitles do.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from ...features.types import Seconds
from ...features.words import INTERVIEWER_NAMES, PARTICIPANT_NAMES, Utterance
from .base import Transcript

LONGEST_NAME = 24  # characters
ROLE_NAMES = PARTICIPANT_NAMES | INTERVIEWER_NAMES

_BRACKETED = re.compile(r"^\W*\[([^\[\]:]{1,32})\]\s*[:\uff1a]\s*(.*)$", flags=re.DOTALL)
_PREFIX = re.compile(
    r"^[-\u2013\u2014\s>]*((?!\d+:)[^\W_][\w.'\u2019-]*(?: [\w.'\u2019-]+){0,2})\s*"
    r"(?::\s+|\uff1a\s*)(.*)$",  # the colon of Chinese and Japanese takes no blank
    flags=re.DOTALL,
)


def speakers_among(lines: Sequence[str]) -> frozenset[str]:
    """Decide which prefixes of the lines of a file are speakers; see the rule above."""
    found = [prefix for prefix in map(_prefix, lines) if prefix is not None]
    certain = {name for name, _, sure in found if sure}
    count = Counter(name for name, _, _ in found)
    repeated = {name for name, n in count.items() if n >= 2}
    labelled = sum(count[name] for name in certain | repeated)
    return frozenset(certain | repeated if 2 * labelled >= len(lines) else certain)


def parts_of(
    lines: Sequence[str], names: frozenset[str], speaker: str | None
) -> list[tuple[str | None, str]]:
    """Group the lines of a cue by speaker, who at first is the one before; at least one part."""
    parts: list[tuple[str | None, str]] = []
    for line in lines or ("",):
        prefix = _prefix(line)
        if prefix is not None and prefix[0] in names:
            parts.append((prefix[0], prefix[1]))
        elif parts:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]} {line}".strip())
        else:
            parts.append((speaker, line))
    return parts


def share(
    parts: Sequence[tuple[str | None, str]], start_s: Seconds, stop_s: Seconds
) -> list[Utterance]:
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


def _prefix(line: str) -> tuple[str, str, bool] | None:
    """Split "Name: text" into name, text and whether the name certainly is a speaker's."""
    if bracketed := _BRACKETED.match(line):
        return bracketed[1].strip(), bracketed[2].strip(), True
    # The colon of a bare name may be the line's end; a URL's or a clock's is followed by no space.
    plain = _PREFIX.match(line + " ")
    if plain is None or len(plain[1]) > LONGEST_NAME:
        return None
    return plain[1], plain[2].strip(), plain[1].casefold() in ROLE_NAMES


def spoken_by(said: Transcript, speaker: str | None) -> Transcript:
    """Give a transcript that names nobody its speaker, where the corpus says who it is."""
    if speaker is None or any(utterance.speaker for utterance in said.utterances):
        return said
    named = tuple(replace(utterance, speaker=speaker) for utterance in said.utterances)
    return replace(said, utterances=named)
