"""How fast and by whom the words are said, and how they were timed."""

from collections import Counter

import numpy as np

from ...features.types import Seconds
from ...features.words import Kind, Role, Timing, Turn
from .base import Check, Measured, Stretch
from .seen import Seen
from .spans import merged, worst

SPOKEN = frozenset({Kind.WORD, Kind.FILLER})
MINE = frozenset({Role.PARTICIPANT, Role.UNKNOWN})  # an unknown role is the participant's
FAST, SLOW = 260.0, 50.0  # words a minute
WORTH_S: Seconds = 2.0  # of a turn: in a shorter one a word more or less decides
LOW = 0.5  # a confidence below which a forced time is doubtful


def _nothing(why: str) -> Measured:
    return Measured(value=None, about=why)


def _rate(seen: Seen) -> Measured:
    """Count the participant's words a minute of his turns."""
    if not seen.has("words"):
        return _nothing(seen.lacks("words"))
    mine = [turn for turn in seen.turns if turn.role in MINE and turn.stop_s > turn.start_s]
    minutes = sum(b - a for a, b in merged((t.start_s, t.stop_s) for t in mine).tolist()) / 60
    if not minutes:
        return _nothing("no turn of the participant has times")
    words = sum(word.kind in SPOKEN for turn in mine for word in turn.words)
    return Measured(value=words / minutes, about=f"{words} words in {minutes:.1f} min")


def _fastest(seen: Seen) -> Measured:
    return _with_turns(seen, fast=True)


def _slowest(seen: Seen) -> Measured:
    return _with_turns(seen, fast=False)


def _with_turns(seen: Seen, *, fast: bool) -> Measured:
    measured = _rate(seen)
    if measured.value is None:
        return measured
    found = []
    for turn in seen.turns:
        length_s = turn.stop_s - turn.start_s
        if turn.role in MINE and length_s >= WORTH_S:
            rate = 60 * _count(turn) / length_s
            if (rate >= FAST) if fast else (rate <= SLOW):
                stretch = Stretch(
                    start_s=turn.start_s, stop_s=turn.stop_s, about=f"{rate:.0f} words a minute"
                )
                found.append((rate if fast else -rate, stretch))
    return Measured(value=measured.value, about=measured.about, stretches=worst(found))


def _count(turn: Turn) -> int:
    return sum(word.kind in SPOKEN for word in turn.words)


def _sources(seen: Seen) -> Measured:
    if not seen.has("word_times"):
        return _nothing(seen.lacks("word_times"))
    spoken = [w for w, word in enumerate(seen.words) if word.kind in SPOKEN]
    if not spoken:
        return _nothing("no word")
    best: dict[int, Timing] = {}
    order = list(Timing)
    for row in seen.word_times:
        usable = row.stop_s > row.start_s and row.confidence != 0  # as `align` takes them
        held = best.get(row.word)
        if usable and (held is None or order.index(row.method) < order.index(held)):
            best[row.word] = row.method
    counted = Counter(best.get(w) for w in spoken)
    share = {method: counted[method] / len(spoken) for method in (*order, None)}
    return Measured(
        value=share[Timing.PROPORTIONAL] + share[None],
        about=", ".join(
            f"{'untimed' if method is None else method.value} {100 * part:.1f} %"
            for method, part in share.items()
        ),
    )


def _confidence(seen: Seen) -> Measured:
    if not seen.has("word_times"):
        return _nothing(seen.lacks("word_times"))
    rows = [row for row in seen.word_times if row.method is Timing.FORCED]
    judged = [row.confidence for row in rows if row.confidence == row.confidence]
    if not judged:
        return _nothing("no word has forced times")
    low = [row for row in rows if row.confidence < LOW]
    return Measured(
        value=float(np.mean(judged)),
        about=f"{100 * len(low) / len(judged):.1f} % of {len(judged)} words below {LOW:g}",
        stretches=worst(
            (
                1 - row.confidence,
                Stretch(
                    start_s=row.start_s,
                    stop_s=row.stop_s,
                    about=f"a word of confidence {row.confidence:.2f}",
                ),
            )
            for row in low
            if row.stop_s > row.start_s
        ),
    )


def _participant(seen: Seen) -> Measured:
    if not seen.has("words"):
        return _nothing(seen.lacks("words"))
    mine_s = theirs_s = 0.0
    for turn in seen.turns:
        length_s = turn.stop_s - turn.start_s
        if length_s > 0:
            mine_s, theirs_s = (
                (mine_s + length_s, theirs_s)
                if turn.role in MINE
                else (mine_s, theirs_s + length_s)
            )
    if not mine_s + theirs_s:
        return _nothing("the transcript has no times")
    return Measured(value=mine_s / (mine_s + theirs_s), about=f"{mine_s / 60:.1f} min")


def _roles(seen: Seen) -> Measured:
    if not seen.has("words"):
        return _nothing(seen.lacks("words"))
    unknown = {turn.speaker for turn in seen.turns if turn.role is Role.UNKNOWN}
    words = [word for word in seen.words if word.kind in SPOKEN]
    of_them = sum(word.role is Role.UNKNOWN for word in words)
    return Measured(
        value=float(len(unknown)),
        about=f"they say {100 * of_them / len(words):.0f} % of the words" if of_them else "",
    )


CHECKS = (
    Check(
        name="speech.slow",
        title="Words a minute",
        unit="/min",
        about="The participant's words a minute of his turns. Conversation runs at some 120 to "
        "200, slowed by depression to perhaps half; far less says that words are missing.",
        doubtful=SLOW,
        bad=20.0,
        measure=_slowest,
    ),
    Check(
        name="speech.fast",
        title="Words a minute, at most",
        unit="/min",
        about="The same number: nobody keeps up 260 words a minute over an interview; more says "
        "that turns are too short for what is in them.",
        doubtful=FAST,
        bad=350.0,
        measure=_fastest,
    ),
    Check(
        name="speech.untimed",
        title="Words placed by guess",
        unit="share",
        about="Share of the words that neither the transcript nor forced alignment times: they "
        "share their turn's voice by their length, and are off by some tenths of a second.",
        doubtful=0.2,
        bad=0.9,
        measure=_sources,
    ),
    Check(
        name="speech.confidence",
        title="Confidence of forced times",
        unit="0..1",
        about="Mean confidence of the words that were looked for in the sound, 0 where alignment "
        "refused its own times: those are not used, see the words placed by guess.",
        doubtful=0.6,
        bad=0.4,
        measure=_confidence,
    ),
    Check(
        name="speech.participant",
        title="Participant speaks",
        unit="share",
        about="Share of the participant's turns in the time of all turns. In an interview it is "
        "more than half; little leaves little to learn from, or roles were mixed up.",
        doubtful=0.3,
        bad=0.1,
        measure=_participant,
    ),
    Check(
        name="speech.roles",
        title="Unknown speakers",
        unit="count",
        about="Speakers whose role no name tells. One alone is taken for the participant; of "
        "several nobody is, until --participant NAME says who.",
        doubtful=1.0,
        bad=2.0,
        measure=_roles,
    ),
)
