"""The cells of official label tables: separators, column names, numbers, genders, splits.

The same table goes round in several spellings: with a byte order mark, with Windows line ends,
saved by Excel with semicolons, by pandas with ids as ``300.0`` and an index column in front, with
rows of commas.  All of them are read alike; a cell that means nothing on its scale is left empty
and remarked, never read as something else.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from ...errors import LabelError
from .base import DEV, FEMALE, MALE, SPLIT, TEST, TRAIN, Cell, Entry, Form, Remarks

Decode: TypeAlias = Callable[[str], Cell]
"""Reads a cell that is not blank; raises `ValueError` with what is wrong with it."""

EMPTY = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "#n/a"})
DELIMITERS = ",;\t"
SPLITS = {
    **dict.fromkeys(("train", "training", "trainset"), TRAIN),
    **dict.fromkeys(("dev", "devel", "development", "val", "valid", "validation"), DEV),
    **dict.fromkeys(("test", "testing", "testset"), TEST),
}
GENDERS = {
    **dict.fromkeys(("female", "f", "w", "woman", "\u5973"), FEMALE),
    **dict.fromkeys(("male", "m", "man", "\u7537"), MALE),
}
"""A word says it; what a digit says differs from corpus to corpus."""

_LINE = re.compile(r"\r\n|\r")
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, kw_only=True)
class Schema:
    """How the tables of a corpus are read."""

    ids: frozenset[str]
    """Names that the column of ids goes by, folded."""
    id_of: Decode
    """Reads an id as sessions or cases are called."""
    columns_of: Callable[[Sequence[str]], Mapping[str, str]]
    """Names the columns of a header that are carried: folded name -> column of the sheet."""
    decode: Mapping[str, Decode]
    """Column of the sheet -> how its cells are read."""


def fold(name: str) -> str:
    """Bring a column's name to letters and digits: ``PHQ_8Total`` and ``phq8 total`` are one."""
    return re.sub(r"[\W_]+", "", name.casefold())


def base_name(name: str) -> str:
    """Give the last part of a path in lower case."""
    return PurePosixPath(name.replace("\\", "/")).name.casefold()


def header_of(text: str) -> tuple[str, ...]:
    """Read the first line of a table that is not blank, as folded names."""
    for line in _LINE.sub("\n", text.removeprefix("\ufeff")).split("\n"):
        cells = _cells(line)
        if any(cells):
            return tuple(fold(cell) for cell in cells)
    return ()


def split_in(name: str) -> str | None:
    """Tell the split of everybody in a file by the file's name.

    ``full_train_split`` joins train and dev, ``complete`` all three: such a file says none.
    """
    words = _WORD.findall(base_name(name).rpartition(".")[0])
    splits = {SPLITS[word] for word in words if word in SPLITS}
    if len(splits) != 1 or "complete" in words or ("full" in words and TRAIN in splits):
        return None
    return splits.pop()


def number(low: float, high: float = math.inf) -> Decode:
    """Make a reader of numbers between two ends."""

    def decode(text: str) -> float:
        if text.count(",") == 1 and "." not in text:  # 12,5: the decimal comma of much of Europe
            text = text.replace(",", ".")
        try:
            value = math.nan if "_" in text else float(text)  # 1_5 is 15 to Python alone
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError("is no number")
        if not low <= value <= high:
            raise ValueError(f"is outside {low:g}..{high:g}")
        return value

    return decode


def choice(meaning: Mapping[str, Cell]) -> Decode:
    """Make a reader of words and codes; ``1.0`` is the code 1."""
    said = {value: word for word, value in reversed(list(meaning.items()))}  # one word a meaning

    def decode(text: str) -> Cell:
        plain = re.sub(r"^(\d+)\.0+$", r"\1", text.casefold())
        if plain not in meaning:
            raise ValueError(f"is none of {', '.join(reversed(list(said.values())))}")
        return meaning[plain]

    return decode


def split_of(text: str) -> Cell:
    """Read a split; ``training_001`` names one, too."""
    word = _WORD.match(text.casefold())
    if word is None or word[0] not in SPLITS:
        raise ValueError("is none of train, dev, test")
    return SPLITS[word[0]]


def whole_id(text: str) -> str:
    """Read a numbered id: ``300``, ``300.0``, ``300_P``."""
    found = re.fullmatch(r"0*(\d+)(?:\.0+)?(?:_?P)?", text, re.IGNORECASE)
    if found is None:
        raise ValueError("is no number of a participant")
    return found[1]


def by_name(columns: Mapping[str, str], header: Sequence[str]) -> dict[str, str]:
    """Name the columns of a header that are known: folded name -> column of the sheet."""
    return {column: columns[column] for column in header if column in columns}


def read_rows(form: Form, text: str, name: str, remarks: Remarks, *, schema: Schema) -> list[Entry]:
    """Read a table of one row a session or case.

    Parameters
    ----------
    form : Form
        What the file was recognised as; its split is everybody's.
    text, name : str
        The whole file, decoded, and its name for messages.
    remarks : Remarks
        Gets what was left empty or not carried.
    schema : Schema

    Raises
    ------
    LabelError
        If rows do not fit the header, a row has no id or one that is none, or an id has two rows.
    """
    header, rows = _table(text, name)
    folded = [fold(cell) for cell in header]
    ids = [c for c, cell in enumerate(folded) if cell in schema.ids]
    if len(ids) != 1:
        raise LabelError(f"{name}: expected one column of ids, got {len(ids)}; mend the header")
    carried = schema.columns_of(folded)
    places = {c: carried[cell] for c, cell in enumerate(folded) if cell in carried}
    for column in set(places.values()):
        if list(places.values()).count(column) > 1:
            raise LabelError(f"{name}: two columns hold {column}; remove one")
    others = [
        header[c]
        for c, cell in enumerate(folded)
        if c not in places and c not in ids and cell and not cell.startswith("unnamed")
    ]
    if others:
        remarks.say(f"{name}: columns not known and not carried: {', '.join(others)}")
    entries: dict[str, Entry] = {}
    for line, cells in rows:
        entry = _entry(form, cells, ids[0], places, schema, f"{name}: line {line}", name, remarks)
        if entry is None:
            continue
        if entries.setdefault(entry.id, entry) is not entry:
            raise LabelError(f"{name}: {entry.id} has two rows; keep one")
    return list(entries.values())


def _entry(
    form: Form,
    row: Sequence[str],
    id_at: int,
    places: Mapping[int, str],
    schema: Schema,
    where: str,
    name: str,
    remarks: Remarks,
) -> Entry | None:
    """Read a row; None if it is blank, as every other row of ``full_test_split.csv`` is."""
    if blank(row[id_at]):
        if any(not blank(row[c]) for c in places):
            raise LabelError(f"{where} has no id; name it or remove the row")
        return None
    try:
        one = str(schema.id_of(row[id_at]))
    except ValueError as error:
        raise LabelError(f"{where}: {row[id_at]!r} {error}; mend or remove the row") from None
    cells: dict[str, Cell] = {} if form.split is None else {SPLIT: form.split}
    for c, column in places.items():
        if blank(row[c]):
            continue
        try:
            value = schema.decode[column](row[c])
        except ValueError as error:
            remarks.add(f"{name}: {column} {error}, left empty", one)
            continue
        if cells.setdefault(column, value) != value:
            remarks.add(f"{name}: {column} is not the one of the file's name, which is kept", one)
    return Entry(id=one, cells=cells)


def blank(text: str) -> bool:
    """Tell whether a cell says nothing."""
    return text.casefold() in EMPTY


def _table(text: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Split a table into its header and its rows that are not blank, each with its line."""
    text = _LINE.sub("\n", text.removeprefix("\ufeff"))
    first = next((line for line in text.split("\n") if any(_cells(line))), "")
    delimiter = _delimiter(first)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any("\n" in cell for cell in cells):
                raise LabelError(f"{name}: line {reader.line_num}: a quote is not closed before it")
            if not any(cells):
                continue
            if not header:
                header = cells
                continue
            if any(cells[len(header) :]):
                raise LabelError(f"{name}: line {reader.line_num} has more cells than the header")
            rows.append((reader.line_num, cells + [""] * (len(header) - len(cells))))
    except csv.Error as error:
        raise LabelError(f"{name}: line {reader.line_num} cannot be read ({error})") from error
    return header, rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=_delimiter(line)), [])]


def _delimiter(header: str) -> str:
    """Choose the separator that parts a header into most cells."""
    return max(DELIMITERS, key=header.count)
