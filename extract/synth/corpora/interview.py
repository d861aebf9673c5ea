"""An invented interview: who says what and when, before anything is heard, seen or written.

An agent (Ellie) asks, the participant answers in one to five sentences, a row each, with the
person's own pauses.  It begins as real recordings do: setup talk, a sync marker, then the agent's
first words.  Some rows carry an event that a transcript shows in its own way: `EVENTS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....features.types import Seconds
from . import sentences
from .signal import TALK, Person, stream

ELLIE, PARTICIPANT = "Ellie", "Participant"

EVENTS = ("laughter", "unintelligible", "cut", "null", "quote", "empty")
"""What may befall a participant's row: laughter instead of words, unintelligible, a word cut short,
the single word "null", a quotation mark that is never closed, nothing written down.  Event `k`
occurs in every session whose number plus `k` is even."""
SCRUBBED, SYNC, SETUP = "scrubbed", "sync", "setup"
SCRUBBED_EVERY_S = 300.0  # one name to remove for each five minutes begun

SETUP_S = 12.0  # setup talk before the agent's first words
WORD_S, ONSET_S = 0.30, 0.15  # a row takes the onset and so much a word
BACKCHANNEL = 0.12  # of the participant's sentences the agent answers before they end
OVERLAP_S = 0.35
LEAST_S = 30.0  # an interview shorter than this has no room for a question


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What one speaker says in one go; times are whole hundredths of a second."""

    speaker: str
    start_s: Seconds
    stop_s: Seconds
    text: str
    mood: int = 0
    """-1 gloomy, 0 plain, 1 bright."""
    event: str = ""
    """One of `EVENTS`, or scrubbed, sync, setup; empty for plain words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interview:
    """A session before it is rendered."""

    duration_s: Seconds
    begin_s: Seconds
    """The agent's first words; what is earlier is setup."""
    rows: tuple[Row, ...]
    """By start; neighbours may overlap."""
    interruption_s: tuple[Seconds, Seconds] | None = None

    def scrubbed_s(self) -> list[tuple[Seconds, Seconds]]:
        """List the spans in which the sound is exact zeros."""
        return [(r.start_s, r.stop_s) for r in self.rows if r.event == SCRUBBED]


def hold(
    seed: int,
    person: Person,
    duration_s: Seconds,
    *,
    begin_s: Seconds = SETUP_S,
    interruption_s: tuple[Seconds, Seconds] | None = None,
) -> Interview:
    """Hold an interview.

    Parameters
    ----------
    seed : int
    person : Person
    duration_s : float >= begin_s + LEAST_S
        Of the whole recording.
    begin_s : float >= SETUP_S
        When the agent's first words come.
    interruption_s : (float, float) or None
        A span in which somebody else comes in and the interview rests.
    """
    chance = stream(seed, person.number, TALK)
    rows = _setup(chance, begin_s)
    last_s = duration_s - 6.0
    clock_s = _say(rows, ELLIE, begin_s, sentences.OPENING).stop_s
    waiting = interruption_s
    while True:
        clock_s += chance.uniform(0.4, 0.9)
        if clock_s > last_s - 4.0:
            break
        if waiting is not None and clock_s + 12.0 > waiting[0]:
            clock_s = _interrupt(rows, waiting)
            waiting = None
        asked = _say(rows, ELLIE, clock_s, sentences.question(chance))
        clock_s = asked.stop_s + chance.uniform(0.3, 0.9)
        for _ in range(int(chance.integers(1, 6))):
            text, mood = sentences.answer(chance, person.gloomy)
            said = _say(rows, PARTICIPANT, clock_s, text, mood)
            if chance.random() < BACKCHANNEL:
                _say(rows, ELLIE, said.stop_s - OVERLAP_S, sentences.backchannel(chance))
            clock_s = said.stop_s + chance.gamma(4, person.pause_s / 4)
            if clock_s > last_s - 4.0:
                break
    _say(rows, ELLIE, last_s, sentences.CLOSING)
    rows = sorted(rows, key=lambda row: (row.start_s, row.speaker))
    return Interview(
        duration_s=duration_s,
        begin_s=begin_s,
        rows=tuple(_with_events(chance, rows, person.number, duration_s)),
        interruption_s=interruption_s,
    )


def _setup(chance: np.random.Generator, begin_s: Seconds) -> list[Row]:
    rows: list[Row] = []
    first, second = chance.permutation(len(sentences.CHATTER))[:2]
    said = _say(rows, PARTICIPANT, begin_s - 10.0, sentences.CHATTER[first], event=SETUP)
    _say(rows, PARTICIPANT, said.stop_s + 0.8, sentences.CHATTER[second], event=SETUP)
    _say(rows, PARTICIPANT, begin_s - 1.5, "beep", event=SYNC)
    return rows


def _interrupt(rows: list[Row], span_s: tuple[Seconds, Seconds]) -> Seconds:
    """Have others talk through a span; give the time at which the interview goes on."""
    step_s = (span_s[1] - span_s[0]) / len(sentences.INTERRUPTION)
    for i, text in enumerate(sentences.INTERRUPTION):
        _say(rows, PARTICIPANT, span_s[0] + 1.0 + i * step_s, text, event=SETUP)
    return span_s[1] + 0.5


def _say(
    rows: list[Row], speaker: str, start_s: Seconds, text: str, mood: int = 0, event: str = ""
) -> Row:
    start_s = round(start_s, 2)
    stop_s = round(start_s + ONSET_S + WORD_S * len(text.split()), 2)
    rows.append(
        Row(speaker=speaker, start_s=start_s, stop_s=stop_s, text=text, mood=mood, event=event)
    )
    return rows[-1]


def _with_events(
    chance: np.random.Generator, rows: Sequence[Row], number: int, duration_s: Seconds
) -> list[Row]:
    """Let events befall rows of answers, no row twice, scrubbed ones apart from what overlaps."""
    due = [event for k, event in enumerate(EVENTS) if (number + k) % 2 == 0]
    names = 1 + int(duration_s // SCRUBBED_EVERY_S)
    found = list(rows)
    answers = [i for i, r in enumerate(rows) if r.speaker == PARTICIPANT and not r.event]
    alone = [i for i in answers if not _overlaps(rows, i)]
    for i in sorted(chance.permutation(alone)[:names]):
        found[i] = replace(rows[i], event=SCRUBBED, mood=0)
    left = chance.permutation([i for i in answers if not found[i].event])
    for i, event in zip(left, due, strict=False):
        mood = rows[i].mood if event in ("cut", "quote") else 0
        found[i] = replace(rows[i], event=event, mood=mood)
    return found


def _overlaps(rows: Sequence[Row], i: int) -> bool:
    others = [*rows[max(i - 1, 0) : i], *rows[i + 1 : i + 2]]
    return any(o.stop_s > rows[i].start_s and o.start_s < rows[i].stop_s for o in others)
