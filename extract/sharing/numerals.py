"""Numbers in cells of a label table, also where a text beside them made the column one of texts."""

import math
import re

from ..labels.base import Cell

NUMERAL = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:[.,][0-9]+)?")
"""A number as text; one that begins with a zero is a code."""


def number_of(cell: Cell) -> float | None:
    """Take a cell as a number; None if it is empty, or a text that is more than one."""
    if isinstance(cell, str):
        plain = cell.strip()
        return float(plain.replace(",", ".")) if NUMERAL.fullmatch(plain) else None
    return None if is_empty(cell) else float(cell or 0)


def is_empty(cell: Cell) -> bool:
    """Say whether nothing is known."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))
