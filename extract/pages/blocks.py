"""What a page is made of: sections of paragraphs, facts, tables and figures with their data.

Blocks hold values, not HTML: digits, escaping and layout are the page's (`render`).  A value that
is undefined stays None, is shown as a dash and is an empty cell of the data.
"""

import base64
import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from ...features.types import Seconds
from .timeline import Timeline

MOST_ROWS = 100  # of a table that are shown; all are in its data
DIGITS = 3
PAPER = 14  # columns that a page of paper has room for


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure and its interval; each end may be undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def shown(self, digits: int = DIGITS) -> str:
        """Print ``0.412 [0.301, 0.523]``, without an interval where there is none."""
        return f"{shown(self.value, digits)} {self.interval(digits)}".strip()

    def interval(self, digits: int = DIGITS) -> str:
        """Print ``[0.301, 0.523]``; nothing where there is no interval."""
        if self.low is None or self.high is None:
            return ""
        return f"[{shown(self.low, digits)}, {shown(self.high, digits)}]"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A value with how it stands, which is a colour and a word."""

    value: float | str | None
    grade: str
    """A name of the page's style: ``good``, ``doubtful``, ``bad``, ``absent``."""
    about: str = ""
    """Why, for who points at it."""
    digits: int = DIGITS


@dataclass(frozen=True, kw_only=True)
class Link:
    """A name that leads to a part of the page."""

    text: str
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A time that leads to its place in a timeline of the page."""

    time_s: Seconds
    timeline: str | None
    """Its anchor; None where the page has no room for it."""

    def __str__(self) -> str:
        """Print ``1:02.5``."""
        tenths = round(10 * self.time_s)
        sign, tenths = ("-", -tenths) if tenths < 0 else ("", tenths)
        return f"{sign}{tenths // 600}:{tenths % 600 / 10:04.1f}"


Cell: TypeAlias = str | bool | int | float | Estimate | Mark | Link | Moment | None


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Names with what is said of each."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under a head; the first cell of a row names it."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    file: str
    """Name that the data get when they are saved: ``groups.csv``."""
    about: str = ""
    """What it shows, in a sentence or two."""
    digits: int = DIGITS
    """Of numbers after the point, where they are shown."""
    strong: Collection[str] = frozenset()
    """Names of the rows that stand out."""
    most: int = MOST_ROWS
    """Rows that are shown; all are in its data."""
    sortable: bool = False
    """Whether a click on a head sorts it."""
    under: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name in the head -> lines that stand under it in small."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Name in the head -> what it is, for who points at it."""

    @cached_property
    def numeric(self) -> list[bool]:
        """Tell the columns of numbers, which stand to the right."""
        return [
            all(not isinstance(_plain(row[c]), str | bool) for row in self.rows) and c > 0
            for c in range(len(self.head))
        ]

    def lines(self) -> Iterator[list["Printed"]]:
        """Print the rows that are shown."""
        for row in self.rows[: self.most]:
            yield [
                Printed(
                    cell=cell,
                    text=shown(cell.value if isinstance(cell, Estimate) else cell, self.digits),
                    interval=cell.interval(self.digits) if isinstance(cell, Estimate) else "",
                )
                for cell in row
            ]

    @property
    def broad(self) -> bool:
        """Say whether no paper has room for it."""
        return self.sortable and len(self.head) > PAPER

    @property
    def more(self) -> int:
        """Count the rows that are not shown."""
        return max(0, len(self.rows) - self.most)

    def data(self) -> str:
        """Write all rows as CSV, to the last digit; an estimate has three columns."""
        columns = range(len(self.head))
        whole = [any(isinstance(row[c], Estimate) for row in self.rows) for c in columns]
        text = io.StringIO()
        written = csv.writer(text, lineterminator="\n")
        ends = ("", " low", " high")
        written.writerow(
            name + end
            for name, three in zip(self.head, whole, strict=True)
            for end in (ends if three else ("",))
        )
        for row in self.rows:
            written.writerow(
                part
                for cell, three in zip(row, whole, strict=True)
                for part in (_parts(cell) if three else (_known(cell),))
            )
        return text.getvalue()

    @property
    def link(self) -> str:
        """Give the data as the address of a file that a browser saves."""
        return "data:text/csv;charset=utf-8;base64," + _base64(self.data().encode())


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A cell as it is shown."""

    cell: Cell
    text: str
    interval: str = ""

    @property
    def mark(self) -> Mark | None:
        """Give the cell if it says how it stands."""
        return self.cell if isinstance(self.cell, Mark) else None

    @property
    def link(self) -> str:
        """Give the part that it leads to; empty where it leads nowhere."""
        return self.cell.anchor if isinstance(self.cell, Link) else ""

    @property
    def moment(self) -> Moment | None:
        """Give the cell if it leads to a place of a timeline."""
        there = isinstance(self.cell, Moment) and self.cell.timeline is not None
        return self.cell if there and isinstance(self.cell, Moment) else None

    @property
    def sorts(self) -> str | None:
        """Give the number by which it sorts; empty if it is unknown, None if text does."""
        plain = _plain(self.cell)
        if isinstance(plain, str):
            return None
        return "" if plain is None or plain != plain else repr(float(plain))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing and its data."""

    title: str
    about: str
    """What it shows, and how to read it."""
    table: Table
    svg: str = ""
    """As `drawing.draw` gives it: trusted, never escaped."""
    png: bytes = b""
    """A picture instead."""

    @property
    def source(self) -> str:
        """Give the picture as an address."""
        return "data:image/png;base64," + _base64(self.png)


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Blocks that are folded away under a line."""

    title: str
    anchor: str
    blocks: Sequence["Block"]
    grade: str = ""
    """Of what is in it, as `Mark` has it; empty for none."""
    about: str = ""
    """Beside the title."""
    open: bool = False


Block: TypeAlias = Text | Facts | Table | Figure | Timeline | Fold


@dataclass(frozen=True, kw_only=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: Sequence[Block]

    @property
    def anchor(self) -> str:
        """Name it for links."""
        return "".join(c if c.isalnum() else "-" for c in self.title.lower())


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole page."""

    title: str
    notice: str
    """What must be read first; stands at the top and at the foot."""
    lead: str
    """All in one paragraph."""
    alarms: Sequence[str]
    """What speaks against what the page shows; a red line each."""
    sections: Sequence[Section]


def shown(cell: Cell, digits: int = DIGITS) -> str:
    """Print a value; a dash where it is undefined."""
    if isinstance(cell, Estimate):
        return cell.shown(digits)
    if isinstance(cell, Mark):
        return shown(cell.value, cell.digits)
    if isinstance(cell, Link):
        return cell.text
    if cell is None or cell != cell:
        return "\N{EN DASH}"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:z.{digits}f}" if isinstance(cell, float) else str(cell)


def whole(cells: Sequence[Cell]) -> list[Cell]:
    """Show a column of numbers without a point where all of them are whole: ids, scores, ages."""
    numbers = [cell for cell in cells if isinstance(cell, float) and cell == cell]
    if not all(number.is_integer() for number in numbers):
        return list(cells)
    return [int(cell) if isinstance(cell, float) and cell == cell else cell for cell in cells]


def _plain(cell: Cell) -> str | bool | int | float | None:
    """Give what a cell says, without how it stands or where it leads."""
    if isinstance(cell, Estimate | Mark):
        return cell.value
    if isinstance(cell, Link):
        return cell.text
    return cell.time_s if isinstance(cell, Moment) else cell


def _known(cell: Cell) -> str | bool | int | float | None:
    """Make what is not a number None, an empty cell of the data."""
    plain = _plain(cell)
    return None if plain != plain else plain


def _parts(cell: Cell) -> tuple[object, object, object]:
    """Lay out an estimate's figure and ends; a cell that has none is a figure."""
    if isinstance(cell, Estimate):
        return _known(cell.value), _known(cell.low), _known(cell.high)
    return _known(cell), None, None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
