"""All sessions at a glance: sessions x checks, what each check asks, and sessions x tracks."""

from collections.abc import Iterator, Mapping, Sequence

from ..checks.base import Check, Finding, Grade, digits_of
from ..checks.seen import Seen
from ..pages.blocks import Cell, Link, Mark, Moment, Table
from ..store.manifest import SESSION
from .judged import OK, Judged, tracks_of

ALL = 1_000_000  # rows that are shown: an overview without some is none
FINE = "ok"


def bounds(check: Check[Seen]) -> list[str]:
    """Say where a check's grades begin: ``doubtful <= 0.9``, ``bad <= 0.7``."""
    sign = (
        "\N{LESS-THAN OR EQUAL TO}"
        if check.bad < check.doubtful
        else "\N{GREATER-THAN OR EQUAL TO}"
    )
    return [f"doubtful {sign} {check.doubtful:g}", f"bad {sign} {check.bad:g}"]


def checks_table(
    sessions: Sequence[Judged], anchors: Mapping[str, str], checks: Sequence[Check[Seen]]
) -> Table:
    """Lay out sessions x checks, as they are ordered; a click on a head sorts."""
    found = {one.id: {finding.check: finding for finding in one.findings} for one in sessions}
    head = ["session", "state", "bad", "doubtful", "length"]
    rows: list[list[Cell]] = [
        [
            Link(text=one.id, anchor=anchors[one.id]),
            Mark(
                value=one.state,
                grade="" if one.state == FINE else one.grade,
                about=one.reason,
            ),
            one.counted(Grade.BAD),
            one.counted(Grade.DOUBTFUL),
            None if one.length_s is None else Moment(time_s=one.length_s, timeline=None),
            *(_mark(check, found[one.id].get(check.name), one) for check in checks),
        ]
        for one in sessions
    ]
    return Table(
        head=[*head, *(check.title for check in checks)],
        rows=rows,
        file="checks.csv",
        about="A row a session; a click on a head sorts. Red is bad, yellow doubtful, green good; "
        "a dash is what could not be measured.",
        most=ALL,
        sortable=True,
        under={
            check.title: [check.unit, *bounds(check), _counts(check, found)] for check in checks
        },
        titles={check.title: check.about for check in checks},
    )


def _counts(check: Check[Seen], found: Mapping[str, Mapping[str, Finding]]) -> str:
    grades = [of[check.name].grade for of in found.values() if check.name in of]
    return f"{grades.count(Grade.BAD)} bad, {grades.count(Grade.DOUBTFUL)} doubtful"


def _mark(check: Check[Seen], finding: Finding | None, one: Judged) -> Mark:
    if finding is None:
        return Mark(value=None, grade=Grade.ABSENT, about=one.reason or "not looked at")
    return Mark(
        value=finding.measured.value,
        grade=finding.grade,
        about=finding.measured.about,
        digits=digits_of(check),
    )


def _begins(check: Check[Seen]) -> list[str]:
    side = "up to" if check.bad < check.doubtful else "from"
    return [f"{side} {bound:g}" for bound in (check.doubtful, check.bad)]


def checks_asked(sessions: Sequence[Judged], checks: Sequence[Check[Seen]]) -> Table:
    """Say what each check asks, and how many sessions are how."""
    grades = [
        {finding.check: finding.grade for finding in one.findings}
        for one in sessions
        if one.findings
    ]
    return Table(
        head=["check", "unit", "doubtful where", "bad where", *map(str, Grade), "what it asks"],
        rows=[
            [
                check.name,
                check.unit,
                *_begins(check),
                *(sum(of.get(check.name) is grade for of in grades) for grade in Grade),
                check.about,
            ]
            for check in checks
        ],
        file="check-counts.csv",
        about="What each check asks, where doubtful and bad begin, and the number of sessions of "
        "each grade. The name is that of its threshold in --fail-under.",
        digits=3,
        most=ALL,
    )


def missing(sessions: Sequence[Judged], anchors: Mapping[str, str]) -> list[Table]:
    """Lay out sessions x tracks, and give the reason of everything that is not there."""
    tracks = tracks_of([one.stored for one in sessions])
    whole = Table(
        head=["session", *tracks],
        rows=[
            [
                Link(text=one.id, anchor=anchors[one.id]),
                *(_there(one, track) for track in tracks),
            ]
            for one in sessions
        ],
        file="tracks.csv",
        about="What there is of each session: yes, or the share of its frames that were measured.",
        most=ALL,
        sortable=True,
        under={
            track: [f"{sum(_is_there(one, track) for one in sessions)} of {len(sessions)}"]
            for track in tracks
        },
    )
    reasons = list(_reasons(sessions, anchors))
    if not reasons:
        return [whole]
    why = Table(
        head=["session", "track", "state", "reason"],
        rows=reasons,
        file="missing.csv",
        about="Why something is not there.",
        most=ALL,
        sortable=True,
    )
    return [whole, why]


def _is_there(one: Judged, track: str) -> bool:
    part = one.parts.get(track)
    return part is not None and part.state == OK


def _there(one: Judged, track: str) -> Mark:
    part = one.parts.get(track)
    if part is None:  # of a session that failed as a whole nobody knows what was asked
        known = SESSION not in one.stored.manifest["failures"]
        return Mark(value="not asked for" if known else "not known", grade=Grade.ABSENT)
    said: float | str = part.state if part.share is None or part.state != OK else part.share
    return Mark(value=said, grade=part.grade, about=part.reason, digits=2)


def _reasons(sessions: Sequence[Judged], anchors: Mapping[str, str]) -> Iterator[list[Cell]]:
    for one in sessions:
        name = Link(text=one.id, anchor=anchors[one.id])
        if not one.parts or one.stored.left_out is not None:
            if one.reason:
                yield [name, "all", one.state, one.reason]
            continue
        for track, part in one.parts.items():
            if part.state != OK:
                yield [name, track, Mark(value=part.state, grade=part.grade), part.reason]
