"""The file of a label table: its rows as they are written, in any of the four formats.

A ``.csv`` is separated by commas, semicolons (as Excel writes it in much of Europe) or tabs: by
that under which its header names a session or a case.  Where semicolons part the cells, ``12,5`` is
12.5.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..errors import LabelError

IDS = ("session", "case", "participant")
UNITS = ("session", "case")
KNOWN = (*IDS, "split", "gender", "age")  # compared without regard to case
EMPTY = frozenset({"", "na", "n/a", "nan", "null", "none"})
DELIMITERS = {".csv": (",", ";", "\t"), ".tsv": ("\t",)}
"""Suffix -> what may part its cells; the first where the header does not tell."""


def records(path: Path) -> list[dict[str, object]]:
    """Read the rows of a label table as mappings of column to cell.

    Raises
    ------
    LabelError
        If the file cannot be read, or its rows do not fit its header.
    """
    try:
        suffix = path.suffix.lower()
        if suffix == ".parquet":
            import pyarrow as pa  # 0.1 s, and only for this format
            import pyarrow.parquet as pq

            try:
                rows = pq.read_table(path, partitioning=None).to_pylist()
            except pa.ArrowInvalid as error:
                raise LabelError(f"{path}: is not Parquet; convert it or rename it") from error
        elif suffix == ".json":
            rows = json.loads(path.read_text(encoding="utf-8-sig"))
        elif suffix in DELIMITERS:
            rows = _delimited(path, DELIMITERS[suffix])
        else:
            raise LabelError(f"{path}: expected .csv, .tsv, .parquet or .json")
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise LabelError(
            f"{path}: cannot be read as a label table ({type(error).__name__}); expected UTF-8"
        ) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LabelError(f"{path}: expected a list of objects, one a session or case")
    if any("" in row for row in rows):
        number = next(number for number, row in enumerate(rows, start=1) if "" in row)
        raise LabelError(f"{path}: row {number} has more cells than the header, or one has no name")
    return [_named(path, row) for row in rows]


def _named(path: Path, row: Mapping[str, object]) -> dict[str, object]:
    named: dict[str, object] = {}
    for name, cell in row.items():
        if _column(str(name)) in named:
            raise LabelError(f"{path}: two columns are called {_column(str(name))!r}; rename one")
        named[_column(str(name))] = cell
    return named


def _delimited(path: Path, delimiters: Sequence[str]) -> list[dict[str, object]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        delimiter = _delimiter(lines.readline(), delimiters)
        lines.seek(0)
        reader = csv.DictReader(lines, delimiter=delimiter, restkey="")
        header = list(reader.fieldnames or ())
        twice = next((name for name in header if header.count(name) > 1), None)
        if twice is not None:
            raise LabelError(f"{path}: two columns are called {twice!r}; rename one")
        rows = list(reader)
        lines.seek(0)
        is_clean = _is_clean(csv.reader(lines, delimiter=delimiter, strict=True))
    for number, row in enumerate(rows, start=1):
        # a remark of two lines has a quote at each end, and cells behind it
        several = any("\n" in cell for cell in row.values() if isinstance(cell, str))
        if several and (not is_clean or None in row.values() or "" in row):
            raise LabelError(f"{path}: row {number} runs over lines: a quote is not closed there")
    if not rows:
        raise LabelError(f"{path}: has a header and no row; expected a row a session or case")
    commas = _decimals(rows, header) if delimiter == ";" else frozenset()
    return [
        {
            name: cell.replace(",", ".") if name in commas and cell is not None else cell
            for name, cell in row.items()
        }
        for row in rows
    ]


def _is_clean(strict: Iterator[list[str]]) -> bool:
    """Say whether every quote that is opened is closed, and nothing but a delimiter follows."""
    try:
        for _ in strict:
            pass
    except csv.Error:
        return False
    return True


def _delimiter(header: str, delimiters: Sequence[str]) -> str:
    """Choose what parts the cells: the first under which a column names the session or case."""
    for delimiter in delimiters:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        if any(_column(cell) in UNITS for cell in cells):
            return delimiter
    return delimiters[0]


def _decimals(rows: Sequence[Mapping[str, str | None]], header: Sequence[str]) -> frozenset[str]:
    """Name the columns of numbers with decimal commas.

    A column with a point beside the commas has thousands in it, or two ways of writing: it stays.
    """
    found: set[str] = set()
    for name in header:
        cells = [str(row[name]).strip() for row in rows if row[name] is not None]
        filled = [cell for cell in cells if cell.casefold() not in EMPTY]
        if (
            _column(name) not in IDS
            and any("," in cell for cell in filled)
            and not any("." in cell for cell in filled)
            and all(is_number(cell.replace(",", ".")) or is_infinite(cell) for cell in filled)
        ):
            found.add(name)
    return frozenset(found)


def _column(name: str) -> str:
    stripped = name.strip()
    return stripped.casefold() if stripped.casefold() in KNOWN else stripped


def is_number(text: str) -> bool:
    """Tell whether a cell is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def is_infinite(text: str) -> bool:
    """Tell whether a cell is an infinite number: ``inf``, or one that no float holds."""
    try:
        return math.isinf(float(text))
    except ValueError:
        return False
