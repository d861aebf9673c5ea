"""Words and turns of a session as ``_events.tsv``: onset, duration, what it is, who speaks.

What was said stands in it only where that is asked for (``bids.text=true``).  Names of speakers
never do, their roles do.  A word that nobody could time has no onset and is left out; the caller
says how many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ...extract.store.reader import StoredSession
from ..frames import spans_of
from ..timing import Times, choose

NA = "n/a"
TURN = "turn"
COLUMNS = ("onset", "duration", "trial_type", "role", "turn", "timing", "confidence")
TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Events:
    """Rows of the table, ascending in time."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    untimed: int
    """Words that are left out, for want of times."""


def events_of(stored: StoredSession, *, text: bool) -> Events:
    """List the turns and words of a session; text only where it is asked for."""
    turns = stored.turns()
    words = [word for turn in turns for word in turn.words]
    timed = stored.word_times() if stored.has("word_times") else ()
    times = choose(len(words), timed)
    rows: list[tuple[float, float, tuple[str, ...]]] = []
    for turn, (start_s, stop_s) in spans_of(turns, times):
        cells = (TURN, turn.role.value, str(turn.index), NA, NA, *((NA,) if text else ()))
        rows.append((start_s, stop_s, cells))
    for w, word in enumerate(words):
        start_s, stop_s = float(times.start_s_W[w]), float(times.stop_s_W[w])
        if isfinite(start_s) and isfinite(stop_s):
            cells = (word.kind.value, word.role.value, str(word.turn), *_judged(times, w))
            rows.append((start_s, stop_s, (*cells, *((_cell(word.text),) if text else ()))))
    rows.sort(key=lambda row: (row[0], -row[1]))  # a turn before its first word
    return Events(
        columns=(*COLUMNS, *((TEXT,) if text else ())),
        rows=tuple(
            (_number(start_s), _number(stop_s - start_s), *cells) for start_s, stop_s, cells in rows
        ),
        untimed=len(words) - sum(cells[0] != TURN for _, _, cells in rows),
    )


def sidecar(*, text: bool, task: dict[str, str]) -> dict[str, Any]:
    """Say what the columns are."""
    said = {"Description": "What was said, cleaned; n/a: a turn, or a sound that is no word"}
    return {
        **task,
        "trial_type": {
            "Description": "What it is",
            "Levels": {
                TURN: "a turn of one speaker",
                "word": "a word",
                "filler": "a filler, such as uhm",
                "event": "a sound that is no word, such as laughter",
            },
        },
        "role": {
            "Description": "Who speaks",
            "Levels": {
                "participant": "the person whom the labels are about",
                "interviewer": "a person, or an agent, who asks",
                "unknown": "the transcript does not tell",
            },
        },
        TURN: {"Description": "Number of the turn, from 0"},
        "timing": {
            "Description": "Where the times of the word are from",
            "Levels": {
                "given": "the transcript",
                "forced": "found in the sound by forced alignment",
                "proportional": "a share of the voiced span of the turn",
            },
        },
        "confidence": {"Description": "How sure the times are, 0 to 1; n/a: not judged"},
        **({TEXT: said} if text else {}),
    }


def lines_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay a table out as BIDS has it: tabs in between, no quotes."""
    return "".join("\t".join(row) + "\n" for row in (columns, *rows))


def _judged(times: Times, w: int) -> tuple[str, str]:
    method, confidence = times.method_W[w], float(times.confidence_W[w])
    known = f"{confidence:.6g}" if isfinite(confidence) else NA
    return (NA if method is None else method.value), known


def _number(value: float) -> str:
    return f"{value:.9g}"  # a billionth of the length of an interview


def _cell(text: str) -> str:
    """Keep a text in its cell."""
    return " ".join(text.split()) or NA
