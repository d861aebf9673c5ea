"""How a session stands: what became of each of its tracks, and what the checks say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import DamagedError
from ...features.registry import EXTRACTORS
from ...features.types import Seconds
from ..checks.base import Finding, Grade
from ..checks.run import Thresholds, check_session
from ..checks.seen import Seen, Span
from ..store.manifest import SESSION
from ..store.reader import StoredSession

OK, SHARE = "yes", "share_valid"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What became of a track."""

    state: str
    """``yes``, ``absent``, ``failed``, ``damaged``, ``stale``, ``left out``, ``not asked for``."""
    reason: str = ""
    share: float | None = None
    """Of its rows that are valid, where `extract` has counted them."""

    @property
    def grade(self) -> str:
        """Say how that is shown: what can be mended is bad, what was never there is absent."""
        if self.state == OK:
            return Grade.GOOD
        return Grade.BAD if self.state in ("failed", "damaged", "stale") else Grade.ABSENT


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What is said of one session."""

    stored: StoredSession
    parts: Mapping[str, Part]
    """By track, in canonical order."""
    findings: tuple[Finding, ...]
    length_s: Seconds | None
    """Of the recording; None where nothing tells."""

    @property
    def id(self) -> str:
        """Its name."""
        return self.stored.id

    @property
    def state(self) -> str:
        """Say what became of it: ``ok``, ``left out``, ``failed``, ``damaged``, ``stale``."""
        states = {part.state for part in self.parts.values()}
        if self.stored.left_out is not None:
            return "left out"
        if self.stored.damaged:
            return "damaged"
        if SESSION in self.stored.manifest["failures"]:
            return "failed"
        return next((one for one in ("failed", "damaged", "stale") if one in states), "ok")

    @property
    def reason(self) -> str:
        """Say why it is not ok; empty if it is."""
        if self.stored.left_out is not None:
            return self.stored.left_out
        failure = self.stored.manifest["failures"].get(SESSION)
        if failure is not None:
            return str(failure["reason"])
        return "; ".join(
            f"{track}: {part.reason}" for track, part in self.parts.items() if part.grade == "bad"
        )

    def count(self, grade: Grade) -> int:
        """Count the checks of a grade."""
        return sum(found.grade is grade for found in self.findings)

    def counted(self, grade: Grade) -> int | None:
        """Count them; None where there are none because what they would read is not whole."""
        return self.count(grade) or (0 if self.state == "ok" else None)

    @property
    def grade(self) -> Grade:
        """Grade it by its worst check; what failed is bad, what was left out is absent."""
        if self.state == "left out":
            return Grade.ABSENT
        if self.state != "ok" or self.count(Grade.BAD):
            return Grade.BAD
        if self.count(Grade.DOUBTFUL):
            return Grade.DOUBTFUL
        return Grade.GOOD if self.count(Grade.GOOD) else Grade.ABSENT

    @property
    def damaged(self) -> tuple[str, ...]:
        """Name the tracks whose tables are damaged."""
        return tuple(track for track, part in self.parts.items() if part.state == "damaged")


def judged(stored: StoredSession, thresholds: Thresholds) -> Judged:
    """Look at a session of a store; `thresholds` stand in the place of the checks' own."""
    return Judged(
        stored=stored,
        parts={track: _part(stored, track) for track in tracks_of([stored])},
        findings=() if stored.left_out is not None else _findings(stored, thresholds),
        length_s=_length_s(stored),
    )


def _findings(stored: StoredSession, thresholds: Thresholds) -> tuple[Finding, ...]:
    return tuple(
        replace(
            found,
            measured=replace(found.measured, about=without_place(stored, found.measured.about)),
        )
        for found in check_session(stored, thresholds)
    )


def without_place(stored: StoredSession, line: str) -> str:
    """Name files from the store on: a page is the same wherever the store lies."""
    return line.replace(f"{stored.folder.parent}/", "")


def many(count: int, what: str) -> str:
    """Print ``1 session``, ``2 sessions``."""
    return f"{count} {what}{'s' * (count != 1)}"


def people_of(sessions: Sequence[Judged]) -> int | None:
    """Count participants; None where each has its session's id, as if nobody came twice.

    Plain folders are of that kind: who is who is not known there.
    """
    known = [one.stored for one in sessions if not one.stored.damaged]
    if all(stored.participant == stored.id for stored in known):
        return None
    return len({stored.participant for stored in known})


def lasting(length_s: Seconds) -> str:
    """Print a length: ``2.4 hours``, ``9.5 minutes``."""
    return f"{length_s / 3600:.1f} hours" if length_s >= 3600 else f"{length_s / 60:.1f} minutes"


def tracks_of(sessions: Sequence[StoredSession]) -> tuple[str, ...]:
    """List the tracks that sessions have, lack or failed at, in canonical order."""
    known = {
        track
        for stored in sessions
        for named in ("tracks", "absent", "failures")
        for track in stored.manifest[named]
    } - {SESSION}
    order = {track: place for place, track in enumerate(EXTRACTORS)}
    return tuple(sorted(known, key=lambda track: (order.get(track, len(order)), track)))


def _part(stored: StoredSession, track: str) -> Part:
    records: Mapping[str, Any] = stored.manifest
    if stored.left_out is not None:
        return Part(state="left out", reason=stored.left_out)
    if track in records["failures"]:
        return Part(state="failed", reason=records["failures"][track]["reason"])
    if track in records["absent"]:
        return Part(state="absent", reason=records["absent"][track]["reason"])
    if not stored.has(track):
        return Part(state="stale", reason="made from another input; extract again")
    try:
        stored.check(track)
    except DamagedError:
        why = "its table is not the one on record; depx verify says more, depx extract mends it"
        return Part(state="damaged", reason=why)
    return Part(state=OK, share=records["tracks"][track]["quality"].get(SHARE))


def _length_s(stored: StoredSession) -> Seconds | None:
    """Measure from the first start to the last end of sound and face, as they lie on the clock.

    Without either of them, of whatever has times.
    """
    seen = Seen(stored)
    spans = [span for span in (seen.sound, _picture(seen)) if span is not None]
    if not spans:
        spans = [span for track in stored.tracks() if (span := _owned(seen, track)) is not None]
    if not spans:
        return None
    return max(span.stop_s for span in spans) - min(span.start_s for span in spans)


def _picture(seen: Seen) -> Span | None:
    try:
        return seen.picture
    except DamagedError:
        return None


def _owned(seen: Seen, track: str) -> Span | None:
    """Give the time that the rows of a track own; None where it has none that can be read."""
    try:
        if seen.stored.kind(track) != "samples":
            return None
        start_s_F, stop_s_F = seen.opened(track).owned()
    except DamagedError:
        return None
    return Span(float(start_s_F[0]), float(stop_s_F[-1])) if start_s_F.size else None
