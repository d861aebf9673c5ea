"""Tables as text into rows of cells, by the rules of CSV as far as their quotes hold.

A quoted cell may hold the separator and doubled quotes, and run over several lines as long as none
of these looks like a row of its own: a quote that never closes must not swallow what others said.
Such a quote is read as a character of its cell.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from .base import lines_of

_LONGEST_CELL = 50  # lines


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    number: int
    """Of its first line, as an editor shows it."""
    cells: tuple[str, ...]
    unbalanced: bool
    """Whether a quote of it never closes."""


def rows_of(
    text: str,
    separator: str,
    *,
    quoted: bool = True,
    is_row: Callable[[list[str]], bool] = lambda _cells: False,
) -> Iterator[Row]:
    """Split a table; lines of nothing but white space are no rows.

    Parameters
    ----------
    text : str
    separator : str
        One character.
    quoted : bool
        Whether quotes have a meaning; otherwise they are characters like others.
    is_row : callable
        Says of the cells of a line, split without regard to quotes, whether it looks like a row.
    """
    lines = lines_of(text)
    i = 0
    while i < len(lines):
        first, i = i, i + 1
        if not lines[first].strip():
            continue
        if not quoted:
            odd = lines[first].count('"') % 2 == 1
            yield Row(first + 1, tuple(lines[first].split(separator)), odd)
            continue
        cells, unbalanced = split(lines[first], separator)
        if unbalanced:
            for last in range(first + 1, min(first + _LONGEST_CELL, len(lines))):
                if is_row(lines[last].split(separator)):
                    break
                longer, still = split("\n".join(lines[first : last + 1]), separator)
                if not still:
                    cells, unbalanced, i = longer, False, last + 1
                    break
        yield Row(first + 1, tuple(cells), unbalanced)


def split(line: str, separator: str) -> tuple[list[str], bool]:
    """Split a line into cells, and say whether a quote in it never closes."""
    quoted = _quoted_cell(separator)
    cells: list[str] = []
    unbalanced = False
    at = 0
    while True:
        if found := quoted.match(line, at):
            cells.append(found[1].replace('""', '"'))
            at = found.end()
        else:
            border = line.find(separator, at)
            stop = border if border >= 0 else len(line)
            cells.append(line[at:stop])
            unbalanced |= line.count('"', at, stop) % 2 == 1
            at = stop
        if at >= len(line):
            return cells, unbalanced
        at += 1


@cache
def _quoted_cell(separator: str) -> re.Pattern[str]:
    blank = " *" if separator == "\t" else r"[ \t]*"
    return re.compile(rf'{blank}"((?:[^"]|"")*+)"{blank}(?={re.escape(separator)}|\Z)')
