"""``report.html`` of a store, laid out: a function of what the store holds and of what is asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ...errors import DepxError
from ..checks.base import Check, Grade
from ..checks.registry import IN_ORDER
from ..checks.seen import Seen
from ..pages.blocks import Block, Page, Section, Text
from ..pages.charts import plain
from ..pages.render import render
from ..pages.scripts import PLOTLY, TIMELINE, script
from ..pages.timeline import Timeline
from . import spread
from .judged import Judged, lasting, many, people_of, without_place
from .lanes import timeline
from .overview import checks_asked, checks_table, missing
from .session import part

MB = 1_000_000
NOTICE = (
    "Made to inspect recordings, not people: a check speaks of picture, sound and transcript, "
    "never of anybody's health. {shown} Keep it as you keep the store."
)
WORDS = "This page holds what was said in the interviews, word by word, and when."
LEFT_OUT = "This page holds when somebody spoke, moved and how; what was said is left out."
UNSAID = (
    "This page holds when somebody spoke, moved and how; the store holds nothing of what was said."
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What of a store is to be shown."""

    max_mb: float = 40.0
    """Size up to which timelines are put into the page, in millions of bytes."""
    text: bool = True
    """Whether words are written in the timelines."""


@dataclass(frozen=True, kw_only=True)
class Laid:
    """A page, and what there was no room for."""

    html: str
    timelines: int
    left: tuple[str, ...]
    """Sessions whose timeline there was no room for."""


def lay_out(
    sessions: Sequence[Judged],
    label_rows: spread.Rows,
    alarms: Sequence[str],
    asked: Asked,
    checks: Sequence[Check[Seen]],
    *,
    corpus: str,
) -> Laid:
    """Lay a store out as HTML.

    Parameters
    ----------
    sessions : sequence of Judged
        Those that are wanted, in order.
    label_rows : sequence of mappings
        Rows of the store's labels; none where there are none.
    alarms : sequence of str
        What is wrong with the store as a whole.
    asked : Asked
    checks : sequence of Check
        As they were asked.
    corpus : str
    """
    telling = frozenset(one.id for one in sessions if _tells(one))
    anchors = {one.id: f"session-{n}-{plain(one.id)}" for n, one in enumerate(sessions)}

    def page(timelines: Mapping[str, Timeline], instead: Mapping[str, str]) -> str:
        parts = (
            "Sessions",
            [
                part(
                    one,
                    checks,
                    timelines.get(one.id),
                    instead.get(one.id, ""),
                    anchor=anchors[one.id],
                    is_open=len(sessions) == 1,
                )
                for one in sessions
            ],
        )
        table, counts = checks_table(sessions, anchors, checks), checks_asked(sessions, checks)
        overview, explained = ("Checks", [table]), ("What each check asks", [counts])
        tracks = ("Tracks", missing(sessions, anchors))
        spreads = (
            ("Lengths", spread.lengths(sessions)),
            ("Labels", spread.labels(label_rows) or [Text(text="The store holds no labels.")]),
            ("Groups", spread.groups(sessions, label_rows)),
        )
        one_alone = len(sessions) == 1  # then it is what the page is about
        sections: Sequence[tuple[str, Sequence[Block]]] = (
            (parts, overview, tracks, explained)
            if one_alone
            else (overview, tracks, *spreads, parts, explained)
        )
        return render(
            Page(
                title=f"Feature store, corpus {corpus}: {many(len(sessions), 'session')}",
                notice=NOTICE.format(shown=_shown(telling, timelines, asked)),
                lead=lead(sessions),
                alarms=[*alarms, *_alarms(sessions)],
                sections=[
                    Section(title=title, blocks=blocks) for title, blocks in sections if blocks
                ],
            )
        )

    timelines, instead, left = _timelines(sessions, anchors, asked, len(page({}, {}).encode()))
    html = page(timelines, instead)
    return Laid(html=html, timelines=len(timelines), left=tuple(left))


def _shown(telling: Collection[str], timelines: Collection[str], asked: Asked) -> str:
    """Say what of the interviews the page holds."""
    if not telling:
        return UNSAID
    return WORDS if asked.text and not set(timelines).isdisjoint(telling) else LEFT_OUT


def _tells(one: Judged) -> bool:
    """Say whether a session's words can be read and hold any text; those of a share do not."""
    if one.stored.left_out is not None or "words" in one.damaged:
        return False
    try:
        return any(word.text.strip() for word in Seen(one.stored).words)
    except DepxError:
        return False  # then its timeline says why it has none


def _timelines(
    sessions: Sequence[Judged], anchors: Mapping[str, str], asked: Asked, base_bytes: int
) -> tuple[dict[str, Timeline], dict[str, str], list[str]]:
    """Make timelines until the page is full, of the sessions with most bad checks first."""
    room = asked.max_mb * MB - base_bytes - sum(len(script(one)) for one in (PLOTLY, TIMELINE))
    made: dict[str, Timeline] = {}
    instead: dict[str, str] = {}
    left: list[str] = []
    worst = sorted(sessions, key=lambda one: (-one.count(Grade.BAD), -one.count(Grade.DOUBTFUL)))
    for one in worst:
        if room <= 0:
            left.append(one.id)
            continue
        try:
            drawn = timeline(
                Seen(one.stored),
                one.findings,
                IN_ORDER,
                anchor=f"timeline-{anchors[one.id]}",
                text=asked.text,
                left_out=one.damaged,
            )
        except DepxError as error:
            instead[one.id] = f"No timeline: {without_place(one.stored, str(error))}"
            continue
        if drawn is None:
            instead[one.id] = "No timeline: nothing of this session is on its clock."
            continue
        room -= len(drawn.data.encode())
        if room > 0:
            made[one.id] = drawn
        else:
            left.append(one.id)
    for name in left:
        instead[name] = (
            f"This page has no room for its timeline ({asked.max_mb:g} MB, --max-mb). It is in the "
            f"page that this makes: depx report STORE --only {name} -o FILE.html"
        )
    return made, instead, left


def lead(sessions: Sequence[Judged]) -> str:
    """Sum all up in a few sentences."""
    counts = [(grade, sum(one.grade is grade for one in sessions)) for grade in Grade]
    told = ", ".join(f"{count} {_called(grade)}" for grade, count in counts if count)
    known = [one.length_s for one in sessions if one.length_s is not None]
    people = people_of(sessions)
    of_them = "" if people is None else f" of {many(people, 'participant')}"
    hours = f"; {lasting(sum(known))}{of_them}" if known else ""
    return (
        f"{many(len(sessions), 'session')}: {told or 'none'}{hours}. A session is as good as the "
        f"worst of its {many(len(IN_ORDER), 'check')}; one that failed is bad."
    )


def _called(grade: Grade) -> str:
    return "left out, or with nothing to measure" if grade is Grade.ABSENT else str(grade)


def _alarms(sessions: Sequence[Judged]) -> list[str]:
    """Name, in a line each state, the sessions that are not whole."""
    lines = []
    for state, unread, of_one, of_several in (
        ("failed", False, "failed when it was extracted", "failed when they were extracted"),
        (
            "damaged",
            True,
            "has a session.json that is damaged or gone: extract again",
            "have a session.json that is damaged or gone: extract again",
        ),
        (
            "damaged",
            False,
            "holds a table that is not the one on record: run depx verify",
            "hold a table that is not the one on record: run depx verify",
        ),
        (
            "stale",
            False,
            "holds tables of other inputs: extract again",
            "hold tables of other inputs: extract again",
        ),
    ):
        names = [one.id for one in sessions if one.state == state and one.stored.damaged is unread]
        if names:
            what = of_one if len(names) == 1 else of_several
            few = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            lines.append(f"{many(len(names), 'session')} {what}: {few}.")
    return lines
