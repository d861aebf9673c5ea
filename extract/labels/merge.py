"""Several files of one corpus into one sheet: who is believed, and what the user is told.

An official split file is believed before others, then the first by name; a difference is never
resolved in silence.  Nobody may be in two splits.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...errors import LabelError
from .base import (
    AGE,
    PARTICIPANT,
    TEXTS,
    Cell,
    Entry,
    Family,
    Form,
    Kind,
    LabelFile,
    LabelSheet,
    Remarks,
    some,
)


class Read(NamedTuple):
    """A file, and what it says."""

    file: LabelFile
    form: Form
    entries: list[Entry]


def merged(
    family: Family, read: Sequence[Read], ids: Iterable[str], remarks: Remarks
) -> LabelSheet:
    """Lay what the files of a corpus say into one sheet.

    Parameters
    ----------
    family : Family
    read : sequence of Read
    ids : iterable of str
        Who gets a row for what the id alone says; see `Family.of_id`.
    remarks : Remarks
        What was remarked while reading; differences are added.

    Raises
    ------
    LabelError
        If somebody is in two splits.
    """
    ranked = sorted(read, key=lambda one: (not one.form.official, one.file.name))
    _check_splits(family, ranked)
    rows: dict[str, dict[str, Cell]] = {}
    said_by: dict[tuple[str, str], str] = {}
    for file, _, entries in ranked:
        for entry in entries:
            row = rows.setdefault(entry.id, {})
            for column, cell in entry.cells.items():
                if row.setdefault(column, cell) != cell:
                    kept = said_by[entry.id, column]
                    remarks.add(
                        f"{file.name}: {column} differs from {kept}, which is kept", entry.id
                    )
                else:
                    said_by.setdefault((entry.id, column), file.name)
    if family.of_id is not None:
        for one in ids:
            said = family.of_id(one)
            if said:
                rows[one] = said | rows.get(one, {})
    _check_sums(family, rows, remarks)
    columns = _columns(family, rows)
    whole: dict[str, dict[str, Cell]] = {}
    for one in sorted(rows):
        row = {PARTICIPANT: family.participant(one), **rows[one]}
        whole[one] = {column: row.get(column) for column in columns}
    return LabelSheet(
        corpus=family.corpus,
        unit=family.unit,
        columns=columns,
        rows=whole,
        notes=tuple(remarks.lines(family.unit)),
        files=tuple(sorted((one.file for one in read), key=lambda file: file.name)),
    )


def _columns(family: Family, rows: dict[str, dict[str, Cell]]) -> dict[str, Kind]:
    filled = {column for row in rows.values() for column in row}
    order = [*TEXTS, *(column for column in (AGE, *family.columns) if column in filled)]
    return {column: "text" if column in TEXTS else "number" for column in order}


def _check_splits(family: Family, ranked: Sequence[Read]) -> None:
    """Refuse files that put somebody into two splits; copies of lesser standing do not count."""
    claims: dict[str, tuple[bool, dict[str, str]]] = {}
    for file, form, entries in ranked:
        if form.split is None:
            continue
        for entry in entries:
            official, splits = claims.setdefault(entry.id, (form.official, {}))
            if official == form.official:
                splits.setdefault(form.split, file.name)
    torn = {one: splits for one, (_, splits) in sorted(claims.items()) if len(splits) > 1}
    if torn:
        files = sorted({name for splits in torn.values() for name in splits.values()})
        raise LabelError(
            f"{family.corpus}: {len(torn)} {family.unit}{'s' * (len(torn) != 1)} in two official "
            f"splits ({', '.join(files)}): {some(list(torn))}; keep each in one file"
        )


def _check_sums(family: Family, rows: dict[str, dict[str, Cell]], remarks: Remarks) -> None:
    """Remark whose items do not add up to the total."""
    if family.total is None or not family.items:
        return
    for one in sorted(rows):
        row = rows[one]
        scores = [row.get(item) for item in family.items]
        total = row.get(family.total)
        whole = [score for score in scores if isinstance(score, float)]
        if isinstance(total, float) and len(whole) == len(scores) and sum(whole) != total:
            remarks.add(
                f"{family.total} is not the sum of its {len(whole)} items, kept as it is", one
            )
