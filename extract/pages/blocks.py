"""What a page is made of: sections of paragraphs, facts, tables and figures with their data.

Blocks hold values, not HTML: digits, escaping and layout are the page's (`render`).  A value that
is undefined stays None, is shown as a dash and is an empty cell of the data.
"""

import base64
import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

MOST_ROWS = 100  # of a table that are shown; all are in its data
DIGITS = 3


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


Cell: TypeAlias = str | bool | int | float | Estimate | None


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

    @property
    def numeric(self) -> list[bool]:
        """Tell the columns of numbers, which stand to the right."""
        return [
            all(not isinstance(row[c], str | bool) for row in self.rows) and c > 0
            for c in range(len(self.head))
        ]

    def lines(self) -> Iterator[list[tuple[str, str]]]:
        """Print the rows that are shown, each cell with its interval, which may be empty."""
        for row in self.rows[:MOST_ROWS]:
            yield [
                (shown(cell.value, self.digits), cell.interval(self.digits))
                if isinstance(cell, Estimate)
                else (shown(cell, self.digits), "")
                for cell in row
            ]

    @property
    def more(self) -> int:
        """Count the rows that are not shown."""
        return max(0, len(self.rows) - MOST_ROWS)

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


Block: TypeAlias = Text | Facts | Table | Figure


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
    if cell is None or cell != cell:
        return "\N{EN DASH}"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:z.{digits}f}" if isinstance(cell, float) else str(cell)


def _known(cell: Cell) -> Cell:
    """Make what is not a number None, an empty cell of the data."""
    return None if cell != cell else cell


def _parts(cell: Cell) -> tuple[Cell, Cell, Cell]:
    """Lay out an estimate's figure and ends; a cell that has none is a figure."""
    if isinstance(cell, Estimate):
        return _known(cell.value), _known(cell.low), _known(cell.high)
    return _known(cell), None, None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
