"""How lengths and labels are spread over a store, and how its groups differ."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...features.types import Seconds
from ..checks.base import Grade
from ..pages.blocks import Block, Cell, Figure, Mark, Table, Text
from ..pages.drawing import GRID, ONE, draw
from .judged import Judged, lasting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[Mapping[str, object]]
IDS = ("session", "case", "participant")
GROUPS = ("split", "gender", "corpus", "site", "age_band")
"""Columns of the labels by which sessions are told apart, where they are there."""
MOST_FIGURES = 8
FEW = 12  # distinct values that are counted one by one
HEIGHT = 2.2  # inches


def lengths(sessions: Sequence[Judged]) -> list[Block]:
    """Draw how long the recordings are."""
    known = [(one.id, one.length_s) for one in sessions if one.length_s is not None]
    if not known:
        return [Text(text="No session says how long it is.")]
    minutes = [length_s / 60 for _, length_s in known]
    lack = len(sessions) - len(known)
    about = f"{lasting(60 * sum(minutes))} in {len(known)} sessions"
    about += f"; of {lack} it is not known." if lack else "."
    return [_histogram("length", "Length of the recordings", "minutes", about, known, minutes)]


def labels(rows: Rows) -> list[Block]:
    """Draw how each column of the labels is spread, the first few of them."""
    columns = [name for name in (rows[0] if rows else ()) if name not in IDS]
    drawn: list[Block] = []
    left = []
    for name in columns:
        known = [(_name(row), row[name]) for row in rows if _known(row[name])]
        if not known or len(drawn) >= MOST_FIGURES:
            left.append(name)
        else:
            lack = len(rows) - len(known)
            about = f"{len(known)} rows" + (f", {lack} without" if lack else "") + "."
            drawn.append(_label(name, about, known))
    if left:
        drawn.append(Text(text=f"Not drawn (empty, or beyond {MOST_FIGURES}): {', '.join(left)}."))
    return drawn


def groups(sessions: Sequence[Judged], rows: Rows) -> list[Block]:
    """Compare groups: how many, how long, how many with a bad check."""
    of_session = {str(row.get("session")): row for row in rows if row.get("session") is not None}
    of_case = {str(row.get("case")): row for row in rows if row.get("case") is not None}
    lines: list[list[Cell]] = []
    for column in GROUPS:
        parts: dict[str, list[Judged]] = {}
        for one in sessions:
            row = of_session.get(one.id) or of_case.get(one.stored.case) or {}
            value = one.stored.corpus if column == "corpus" else row.get(column)
            parts.setdefault(str(value) if _known(value) else "not known", []).append(one)
        if len(parts) < 2:
            continue
        lines += [[f"{column}: {value}", *_group(ones)] for value, ones in sorted(parts.items())]
    if not lines:
        return []
    head = ["group", "sessions", "participants", "minutes, mean", "with a bad check", "share"]
    about = "Groups that differ in quality or length: a model can tell them apart by these."
    return [Table(head=head, rows=lines, file="groups.csv", about=about, digits=2)]


def _group(ones: Sequence[Judged]) -> list[Cell]:
    known: list[Seconds] = [one.length_s for one in ones if one.length_s is not None]
    bad = sum(one.grade is Grade.BAD for one in ones)
    return [
        len(ones),
        len({one.stored.participant for one in ones}),
        sum(known) / len(known) / 60 if known else None,
        bad,
        Mark(value=bad / len(ones), grade="", digits=2),
    ]


def _label(name: str, about: str, known: Sequence[tuple[str, object]]) -> Figure:
    values = [value for _, value in known]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    if len(numbers) == len(values) and len(set(numbers)) > FEW:
        rows = [(of, float(value)) for of, value in known if isinstance(value, int | float)]
        return _histogram(f"label-{name}", name, name, about, rows, numbers)
    if len(numbers) == len(values):
        counted = Counter(f"{number:g}" for number in sorted(numbers))
        counts = dict(counted)
    else:
        counts = dict(Counter(str(value) for value in values).most_common(FEW))
        rest = len(values) - sum(counts.values())
        about += f" {rest} of other values." if rest else ""

    def paint(axes: "Axes") -> None:
        axes.bar(list(counts), list(counts.values()), color=ONE, width=0.7)
        axes.set_ylabel("rows")
        axes.set_xlabel(name)

    return Figure(
        title=name,
        about=about,
        svg=draw(paint, name=_plain(f"label-{name}"), title=name, height=HEIGHT),
        table=Table(
            head=[name, "rows"],
            rows=[[value, count] for value, count in counts.items()],
            file=f"label-{_plain(name)}.csv",
        ),
    )


def _histogram(
    name: str,
    title: str,
    unit: str,
    about: str,
    rows: Sequence[tuple[str, float]],
    values: Sequence[float],
) -> Figure:
    def paint(axes: "Axes") -> None:
        axes.hist(values, bins="auto", color=ONE, edgecolor=GRID, linewidth=0.5)
        axes.set_xlabel(unit)
        axes.set_ylabel("sessions" if name == "length" else "rows")

    return Figure(
        title=title,
        about=about,
        svg=draw(paint, name=_plain(name), title=title, height=HEIGHT),
        table=Table(
            head=["session", "seconds" if name == "length" else title],
            rows=[[of, value] for of, value in rows],
            file=f"{_plain(name)}.csv",
        ),
    )


def _name(row: Mapping[str, object]) -> str:
    return str(row.get("session") or row.get("case") or row.get("participant") or "")


def _known(value: object) -> bool:
    return value is not None and value == value and value != ""


def _plain(name: str) -> str:
    """Keep letters, digits and dashes: of an id, or of a file."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name)
