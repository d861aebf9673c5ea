"""What a report says on a terminal, and to a script."""

from collections.abc import Iterator

from ..checks.base import Grade
from .judged import Judged, many
from .run import Reported
from .session import worst_of

WORST = 5  # sessions that are named
REASONS = 3  # checks that are named a session


def lines(found: Reported) -> Iterator[str]:
    """Say how many sessions are how, the worst of them, and where the page is."""
    yield from found.alarms
    bad = sorted(
        (one for one in found.sessions if one.grade is Grade.BAD),
        key=lambda one: (one.state == "ok", -one.count(Grade.BAD), -one.count(Grade.DOUBTFUL)),
    )
    for one in bad[:WORST]:
        yield f"{one.id}: {_why(one)}"
    if len(bad) > WORST:
        yield f"... and {len(bad) - WORST} more with something bad"
    counts = [
        f"{_count(found, grade)} {grade}" for grade in (Grade.GOOD, Grade.DOUBTFUL, Grade.BAD)
    ]
    absent = _count(found, Grade.ABSENT)
    rest = f", {absent} left out or with nothing to measure" if absent else ""
    yield f"{many(len(found.sessions), 'session')}: {', '.join(counts)}{rest}"
    if found.left:
        left = many(len(found.left), "timeline")
        yield f"{left} found no room: --max-mb, or --only ID -o FILE.html"
    yield f"-> {found.out} ({found.bytes / 1e6:.1f} MB, {many(found.timelines, 'timeline')})"


def document(found: Reported) -> dict[str, object]:
    """Give all of it as JSON has it."""
    return {
        "out": str(found.out),
        "bytes": found.bytes,
        "exit_code": found.exit_code,
        "timelines": found.timelines,
        "timelines_left": list(found.left),
        "alarms": list(found.alarms),
        "missed": [one.line for one in found.missed if one.failed],
        "unmeasured": [one.line for one in found.missed if not one.failed],
        "sessions": [
            {
                "session": one.id,
                "state": one.state,
                "reason": one.reason,
                "grade": str(one.grade),
                "length_s": one.length_s,
                "checks": {
                    of.check: {
                        "value": _known(of.measured.value),
                        "grade": str(of.grade),
                        "about": of.measured.about,
                        "stretches": [
                            {"start_s": at.start_s, "stop_s": at.stop_s, "about": at.about}
                            for at in of.measured.stretches
                        ],
                    }
                    for of in one.findings
                },
            }
            for one in found.sessions
        ],
    }


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else value


def _count(found: Reported, grade: Grade) -> int:
    return sum(one.grade is grade for one in found.sessions)


def _why(one: Judged) -> str:
    if one.state != "ok":
        return f"{one.state}: {one.reason}"
    said = worst_of(one)
    more = f", and {len(said) - REASONS} more" if len(said) > REASONS else ""
    return ", ".join(said[:REASONS]) + more
