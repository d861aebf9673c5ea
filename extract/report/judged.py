"""How a session stands: what became of each of its tracks, and what the checks say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import DamagedError
from ...features.registry import EXTRACTORS
from ...features.types import Seconds
from ..checks.base import Finding, Grade
from ..checks.run import Thresholds, check_session
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
    """Take the length of the sound as it was decoded, else the last time that is on record."""
    lengths = []
    for track in stored.tracks():
        quality = stored.manifest["tracks"][track]["quality"]
        length_s = quality.get("media", {}).get("duration_s")
        if length_s is not None:
            lengths.append(float(length_s))
    if lengths:
        return max(lengths)
    for track in stored.tracks():
        try:
            if stored.kind(track) == "samples" and (times := stored.open(track).time_s_F).size:
                lengths.append(float(times[-1]))
        except DamagedError:
            continue
    return max(lengths, default=None)
