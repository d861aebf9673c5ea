"""The part of a session: its facts, its timeline, its worst stretches, its checks."""

from collections.abc import Iterator, Sequence

from ..checks.base import Check, Grade, digits_of, printed
from ..checks.registry import CHECKS
from ..checks.seen import Seen
from ..pages.blocks import Block, Facts, Fold, Mark, Moment, Table, Text
from ..pages.timeline import Timeline
from .judged import OK, Judged
from .overview import bounds

MOST = 20  # stretches that are listed
BOTH = (Grade.BAD, Grade.DOUBTFUL)
WORST_FIRST = (*BOTH, Grade.GOOD, Grade.ABSENT)


def part(
    one: Judged,
    checks: Sequence[Check[Seen]],
    timeline: Timeline | None,
    instead: str,
    *,
    anchor: str,
    is_open: bool,
) -> Fold:
    """Lay a session out.

    Parameters
    ----------
    one : Judged
    checks : sequence of Check
        As they were asked.
    timeline : Timeline or None
    instead : str
        What is said where there is no timeline.
    anchor : str
        Id of the part.
    is_open : bool
        Whether it is unfolded from the start.
    """
    blocks: list[Block] = [
        Facts(rows=list(_facts(one))),
        Text(text=instead) if timeline is None else timeline,
    ]
    if one.findings:
        blocks += [*_stretches(one, timeline), _checks(one, checks)]
    return Fold(
        title=one.id,
        anchor=anchor,
        blocks=blocks,
        grade=one.grade,
        about=said_of(one),
        open=is_open,
    )


def said_of(one: Judged) -> str:
    """Sum a session up in a few words."""
    if one.state != "ok":
        return f"{one.state}: {one.reason}"
    counts = [f"{one.count(grade)} {grade}" for grade in BOTH if one.count(grade)]
    length = "" if one.length_s is None else str(Moment(time_s=one.length_s, timeline=None))
    fallback = "nothing bad or doubtful" if one.findings else "nothing to measure"
    return ", ".join(filter(None, (length, *(counts or [fallback]))))


def _facts(one: Judged) -> Iterator[tuple[str, str]]:
    stored, manifest = one.stored, one.stored.manifest
    if one.reason:
        yield one.state, one.reason
    for name in ("participant", "case"):
        if getattr(stored, name) != stored.id:
            yield name, getattr(stored, name)
    if one.length_s is not None:
        yield "length", f"{Moment(time_s=one.length_s, timeline=None)} ({one.length_s:.2f} s)"
    if manifest["inputs"]:
        read = (f"{role}: {file['file']}" for role, file in sorted(manifest["inputs"].items()))
        yield "read", "; ".join(read)
    made = [track for track, of in one.parts.items() if of.state == OK]
    if made:
        yield "tracks", ", ".join(made)
    for track in made:
        for warning in manifest["tracks"][track]["warnings"]:
            yield f"warned, {track}", str(warning)
    for track, of in one.parts.items():
        if of.state == "absent":
            yield f"no {track}", of.reason


def _checks(one: Judged, checks: Sequence[Check[Seen]]) -> Table:
    found = {finding.check: finding for finding in one.findings}
    return Table(
        head=["check", "value", "unit", "stands", "where it begins", "what it says"],
        rows=[
            [
                check.title,
                Mark(
                    value=found[check.name].measured.value,
                    grade=found[check.name].grade,
                    digits=digits_of(check),
                ),
                check.unit,
                str(found[check.name].grade),
                ", ".join(bounds(check)),
                found[check.name].measured.about,
            ]
            for check in sorted(
                (check for check in checks if check.name in found),
                key=lambda check: WORST_FIRST.index(found[check.name].grade),
            )
        ],
        file="checks-of-session.csv",
        sortable=True,
    )


def _stretches(one: Judged, timeline: Timeline | None) -> list[Table]:
    """List where it is worst: of bad checks first, and of each check its worst first.

    The order within a check is the check's own: its minutes are all as long.
    """
    listed = [
        ((WORST_FIRST.index(found.grade), rank, at.start_s - at.stop_s, at.start_s), found, at)
        for found in one.findings
        for rank, at in enumerate(found.measured.stretches)
    ]
    if not listed:
        return []
    to = None if timeline is None else timeline.anchor
    return [
        Table(
            head=["check", "from", "to", "seconds", "what"],
            rows=[
                [
                    Mark(value=CHECKS[found.check].title, grade=found.grade),
                    Moment(time_s=stretch.start_s, timeline=to),
                    Moment(time_s=stretch.stop_s, timeline=to),
                    stretch.stop_s - stretch.start_s,
                    stretch.about,
                ]
                for _, found, stretch in sorted(listed, key=lambda row: (*row[0], row[1].check))
            ],
            file="stretches.csv",
            about="The worst stretches"
            + (": a click on a time goes there in the timeline." if to else "."),
            digits=1,
            most=MOST,
        )
    ]


def worst_of(one: Judged) -> Sequence[str]:
    """Say what is bad about a session, a few words a check, for a terminal."""
    found = [(CHECKS[one.check], one.measured) for one in one.findings if one.grade is Grade.BAD]
    return [
        f"{_within(check.title)}: {printed(check, measured.value, measured.side)}"
        for check, measured in found
        if measured.value is not None
    ]


def _within(title: str) -> str:
    """Write a title as it stands within a line; ``SNR`` stays."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
