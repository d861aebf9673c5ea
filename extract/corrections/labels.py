"""Known errors of label tables: single cells, mended only where they are wrong.

Copies of the same table differ, as somebody may have mended them before: so a cell is looked at,
never assumed.  Messages name session and column, and no value.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ..labels.base import Cell
from ..labels.daic_woz import ITEMS, PHQ8
from .base import KnownError
from .table import mode_of, table

Row: TypeAlias = Mapping[str, Cell]

CUT_OFF = 10  # PHQ-8: Kroenke et al., J Affect Disord 2009; so in DAIC-WOZ
MOST = 3  # of an item


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A cell that was mended."""

    session: str
    column: str
    was: Cell
    now: int
    error: KnownError
    table: int
    """Version of the table of known errors."""

    def record(self) -> dict[str, Cell | list[str]]:
        """As the metadata of the label table has it."""
        return {
            "row": self.session,
            "column": self.column,
            "was": self.was,
            "now": self.now,
            "says": self.error.says,
            "source": list(self.error.sources),
            "table": self.table,
        }

    @property
    def line(self) -> str:
        """Say it in a line that quotes no label."""
        return f"{self.session}: {self.column} mended: {self.error.says}"


def correct_labels(corpus: str, rows: dict[str, dict[str, Cell]], mode: str) -> list[Applied]:
    """Mend the labels of a corpus in place, where they are still wrong.

    Parameters
    ----------
    corpus : str
        Name of the corpus.
    rows : dict of session id to row
        A row is column -> cell, with the columns of a store's labels (``phq8``, ``phq8_binary``,
        ``phq8_sleep``, ...); None, NaN and "" are empty.  Columns may be missing.
    mode : str
        ``published`` and ``strict`` mend, ``none`` does not.

    Returns
    -------
    list of Applied
        What was mended, in the order of the table.
    """
    known = table()
    if mode_of(mode) == "none":
        return []
    applied: list[Applied] = []
    for error in known.of(corpus):
        if error.what != "label" or error.rule is None or error.column is None:
            continue
        for number in error.sessions:
            row = rows.get(str(number))
            if row is None or error.column not in row:
                continue
            was, now = row[error.column], RIGHT[error.rule](row, error.column)
            if now is not None:
                row[error.column] = now
                applied.append(
                    Applied(
                        session=str(number),
                        column=error.column,
                        was=was,
                        now=now,
                        error=error,
                        table=known.version,
                    )
                )
    return applied


def _by_cut_off(row: Row, column: str) -> int | None:
    """Give the binary label that the score demands, where it says no and the score says yes."""
    score, binary = _number(row.get(PHQ8)), _number(row[column])
    return 1 if score is not None and score >= CUT_OFF and binary == 0 else None


def _rest_of_total(row: Row, column: str) -> int | None:
    """Give the item that the score leaves for it, where its cell is empty and no other is."""
    others = [_number(row.get(item)) for item in ITEMS if item != column]
    score = _number(row.get(PHQ8))
    known = [item for item in others if item is not None]
    if _number(row[column]) is not None or score is None or len(known) < len(others):
        return None
    rest = score - sum(known)
    return int(rest) if 0 <= rest <= MOST and rest.is_integer() else None


RIGHT: Mapping[str, Callable[[Row, str], int | None]] = {
    "cut-off": _by_cut_off,
    "rest-of-total": _rest_of_total,
}
"""Rule of the table -> what gives the right value; None where nothing is known to be wrong."""


def _number(cell: Cell) -> float | None:
    """Read a cell; None where it is empty or no number."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        number = float(cell)
    except ValueError:
        return None
    return None if math.isnan(number) else number
