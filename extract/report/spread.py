"""How lengths and labels are spread over a store, and how its groups differ."""

from collections.abc import Mapping, Sequence

from ..checks.base import Grade
from ..pages.blocks import Block, Cell, Mark, Table, Text
from ..pages.charts import is_group, is_known, spread
from .judged import Judged, lasting, many, people_of

Rows = Sequence[Mapping[str, object]]
IDS = ("session", "case", "participant")
MOST_FIGURES = 8


def lengths(sessions: Sequence[Judged]) -> list[Block]:
    """Draw how long the recordings are."""
    known = [(one.id, one.length_s / 60) for one in sessions if one.length_s is not None]
    if not known:
        return [Text(text="No session says how long it is.")]
    lack = len(sessions) - len(known)
    about = f"{lasting(60 * sum(minutes for _, minutes in known))} in all"
    about += f"; of {lack} the length is not known." if lack else "."
    return [spread("Length of the recordings", known, about=about, unit="minutes", of="session")]


def labels(rows: Rows) -> list[Block]:
    """Draw how each column of the labels is spread, the first few of them."""
    columns = [name for name in (rows[0] if rows else ()) if name not in IDS]
    drawn: list[Block] = []
    left = []
    for name in columns:
        known = [(_name(row), row[name]) for row in rows if is_known(row[name])]
        if not known or len(drawn) >= MOST_FIGURES:
            left.append(name)
            continue
        lack = len(rows) - len(known)
        about = many(len(known), "row") + (f", {lack} without." if lack else ".")
        drawn.append(spread(name, known, about=about))
    if left:
        drawn.append(Text(text=f"Not drawn (empty, or beyond {MOST_FIGURES}): {', '.join(left)}."))
    return drawn


def groups(sessions: Sequence[Judged], rows: Rows) -> list[Block]:
    """Compare groups: how many, how long, how many with a bad check."""
    of_session = {str(row.get("session")): row for row in rows if row.get("session") is not None}
    of_case = {str(row.get("case")): row for row in rows if row.get("case") is not None}
    known = people_of(sessions) is not None
    lines: list[list[Cell]] = []
    columns = [name for name in (rows[0] if rows else ()) if name not in (*IDS, "corpus")]
    for column in ("corpus", *columns):
        if column in columns and not is_group(column, (row[column] for row in rows)):
            continue
        parts: dict[str, list[Judged]] = {}
        for one in sessions:
            row = of_session.get(one.id) or of_case.get(one.stored.case) or {}
            value = one.stored.corpus if column == "corpus" else row.get(column)
            parts.setdefault(str(value) if is_known(value) else "not known", []).append(one)
        if len(parts) < 2:
            continue
        lines += [
            [f"{column}: {value}", *_group(ones, people=known)]
            for value, ones in sorted(parts.items())
        ]
    if not lines:
        return []
    people = ["participants"] if known else []
    head = ["group", "sessions", *people, "minutes, mean", "bad", "share bad"]
    about = "Groups that differ in quality or length: a model can tell them apart by these."
    return [Table(head=head, rows=lines, file="groups.csv", about=about, digits=2)]


def _group(ones: Sequence[Judged], *, people: bool) -> list[Cell]:
    known = [one.length_s for one in ones if one.length_s is not None]
    bad = sum(one.grade is Grade.BAD for one in ones)
    return [
        len(ones),
        *([len({one.stored.participant for one in ones})] if people else []),
        sum(known) / len(known) / 60 if known else None,
        bad,
        Mark(value=bad / len(ones), grade="", digits=2),
    ]


def _name(row: Mapping[str, object]) -> str:
    return next((str(row[name]) for name in IDS if is_known(row.get(name))), "")
