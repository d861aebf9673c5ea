"""What is known to be wrong with a session, and what of it is mended: what flows from the table.

A reader asks `table.corrections_of` and hangs the answer on its session; the worker mends the
transcript by it (`words.py`).  Nothing is applied here.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ...features.types import Seconds
from ..transcripts import daic_woz

Mode: TypeAlias = Literal["published", "none", "strict"]
What: TypeAlias = Literal[
    "offset", "interruption", "chatter", "sync-marks", "label", "incomplete", "note", "always"
]
OWN_FORMATS = frozenset({daic_woz.FORMAT.name})
"""Formats of the transcripts that came with a corpus: offsets and marks are theirs, not those of
another transcript that a user laid beside the same sound."""


@dataclass(frozen=True, kw_only=True)
class KnownError:
    """An entry of the table."""

    what: What
    corpora: tuple[str, ...]
    sessions: tuple[int, ...] = ()
    """Numbers of the sessions that it holds for; empty is all of the corpora."""
    says: str
    sources: tuple[str, ...]
    disagree: str | None = None
    """How sources contradict each other, and what was made of it."""
    add_s: Seconds = 0.0
    span_s: tuple[Seconds, Seconds] | None = None
    marks: tuple[str, ...] = ()
    column: str | None = None
    rule: str | None = None

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        figures: dict[str, Any] = {}
        if self.what == "offset":
            figures["add_s"] = self.add_s
        if self.span_s is not None:
            figures["start_s"], figures["stop_s"] = self.span_s
        if self.disagree is not None:
            figures["disagree"] = self.disagree
        return {"what": self.what, **figures, "says": self.says, "source": list(self.sources)}


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """What the table says of one session, and which of it is applied; the default is nothing."""

    mode: Mode = "none"
    table: int | None = None
    """Version of the table; None where it says nothing of the corpus."""
    offset: KnownError | None = None
    chatter: KnownError | None = None
    sync: KnownError | None = None
    interruptions: tuple[KnownError, ...] = ()
    notes: tuple[KnownError, ...] = ()
    """What names this very session and changes no number."""
    left_out: str | None = None
    """Why the session is left out altogether, as the user asked; one line."""

    def of_this_session(self) -> tuple[str, ...]:
        """Name what is mended because of the session's number; empty where nothing is."""
        if self.mode == "none":
            return ()
        own = (self.offset, *self.interruptions)
        return tuple(dict.fromkeys(error.what for error in own if error is not None))

    def of_transcript(self) -> dict[str, Any]:
        """Say all that may change the utterances; empty where nothing does.

        It is part of the key of what is made from them, so it holds what is applied to this
        session, and neither the table's version nor its prose.
        """
        if self.mode == "none":
            return {}
        shaping: dict[str, Any] = {
            "add_s": self.offset and self.offset.add_s,
            "from_interviewer": self.chatter is not None,
            "marks": self.sync and list(self.sync.marks),
            "interrupted_s": [list(error.span_s or ()) for error in self.interruptions],
        }
        return shaping if any(shaping.values()) else {}

    def record(self, transcript_format: str | None) -> dict[str, Any]:
        """Say what is applied and what is not, as ``session.json`` has it.

        Rows are counted where they are read, in the quality of the ``words``.

        Parameters
        ----------
        transcript_format : str or None
            Of the session's transcript; None where it has none, or an unknown one.
        """
        if self.table is None:
            return {}
        own = [error for error in (self.offset, self.chatter, self.sync) if error is not None]
        is_own = transcript_format in OWN_FORMATS
        mends = self.mode != "none" and self.left_out is None and transcript_format is not None
        applied = [*(own if is_own else ()), *self.interruptions] if mends else []
        idle = [error for error in (*own, *self.interruptions) if error not in applied]
        return {
            "table": self.table,
            "mode": self.mode,
            "applied": [error.record() for error in applied],
            "not_applied": [error.record() for error in idle],
            "notes": [error.record() for error in self.notes],
            **({"left_out": self.left_out} if self.left_out is not None else {}),
        }
