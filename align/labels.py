"""Label tables: what is known of a session or a case, laid beside the sessions of a store.

A table is CSV, TSV, Parquet or JSON with a row a session or a row a case (a column ``session`` or
``case``), and optionally ``participant``, ``split``, ``gender``, ``age``; every other column is
carried along.  Cells are read as text first: ids keep their zeros, a cell of ``nan`` is empty.
Official files of a corpus (``Participant_ID``) become such a table in `depx.align.official`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from ..errors import LabelError
from .label_file import EMPTY, IDS, is_infinite, is_number, records

Cell: TypeAlias = str | float | None

SHOWN = 5  # ids named in a message


@dataclass(frozen=True, kw_only=True)
class LabelTable:
    """A label table as read."""

    name: str
    """File name, for messages."""
    unit: Literal["session", "case"]
    rows: Mapping[str, Mapping[str, Cell]]
    """Id of the session or case -> cells by column, without that id."""
    columns: Mapping[str, Literal["text", "number"]]
    """Columns in the order of the table, without the one that names the row."""
    infinite: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Column of numbers -> row -> its cell, which is infinite, and so is empty in `rows`."""

    def remarks(self) -> list[str]:
        """Say in a line a column which cells were not read."""
        return [
            f"{self.name}: {name} of {self.unit} "
            f"{some([f'{row} is {cell}' for row, cell in cells.items()])}, expected a finite "
            "number; read as empty"
            for name, cells in self.infinite.items()
        ]


@dataclass(frozen=True, kw_only=True)
class Known:
    """A session with what its label row says of it."""

    session: str
    case: str
    participant: str
    split: str | None
    labels: Mapping[str, Cell]
    """Every label column but ids and split."""
    found: bool
    """Whether the table has a row for the session."""
    corpus: str = ""
    """Where the recording is from; a participant may be in several."""


def read_labels(path: Path) -> LabelTable:
    """Read a label table.

    Raises
    ------
    LabelError
        If the file cannot be read, names neither session nor case, or has two rows for one.
    """
    read = records(path)
    header = list(dict.fromkeys(name for record in read for name in record))
    unit: Literal["session", "case"] = "session" if "session" in header else "case"
    if unit not in header:
        raise LabelError(
            f"{path}: expected a column 'session' or 'case', got {', '.join(header) or 'no row'}"
        )
    rows: dict[str, dict[str, Cell]] = {}
    for number, record in enumerate(read, start=1):
        cells: dict[str, Cell] = {name: _cell(record.get(name)) for name in header}
        name = cells.pop(unit)
        if not isinstance(name, str):
            if any(cell is not None for cell in cells.values()):
                raise LabelError(f"{path}: row {number} has no {unit}; name it or remove the row")
            continue  # a row of commas, as DAIC-WOZ's full_test_split.csv has before each row
        if name in rows:
            raise LabelError(f"{path}: {unit} {name} has two rows; keep one")
        rows[name] = cells
    columns: dict[str, Literal["text", "number"]] = {}
    infinite: dict[str, dict[str, str]] = {}
    for name in header:
        if name != unit:
            numbers = name not in IDS and name != "split" and _all_numbers(rows, name)
            columns[name] = "number" if numbers else "text"
            if numbers:
                for row, cells in rows.items():
                    cell = cells[name]
                    if isinstance(cell, str) and is_infinite(cell):
                        infinite.setdefault(name, {})[row] = cell
                        cell = None
                    cells[name] = None if cell is None else float(cell)
    return LabelTable(name=path.name, unit=unit, rows=rows, columns=columns, infinite=infinite)


def join(table: LabelTable, sessions: Iterable[Known], target: str) -> dict[str, Known]:
    """Lay the label rows beside the sessions of a store.

    Parameters
    ----------
    table : LabelTable
    sessions : iterable of Known
        All sessions of the store, as it knows them, without labels.
    target : str
        Column that models learn.

    Returns
    -------
    dict of session to Known
        With case, participant, split and labels of its row; labels are None where it has none.

    Raises
    ------
    LabelError
        If sessions of one case differ in target or participant.
    """
    joined = {session.session: _lay(table, session) for session in sessions}
    _check_blocks(table, joined.values(), target)
    return joined


def renamed(table: LabelTable, names: Mapping[str, str]) -> LabelTable:
    """Call rows as the sessions or cases are called now.

    Parameters
    ----------
    names : mapping of new id to the id that the table may know
        A row of the old id serves every new one that has no row of its own.
    """
    earlier = set(names.values())
    rows = {row: cells for row, cells in table.rows.items() if row not in earlier}
    rows |= {
        new: table.rows[old]
        for new, old in names.items()
        if new not in table.rows and old in table.rows
    }
    return replace(table, rows=rows)


def united(tables: Sequence[LabelTable]) -> LabelTable:
    """Unite the tables of several stores, whose ids differ; a column may be in some of them only.

    Raises
    ------
    LabelError
        If a column holds numbers in one and text in another.
    """
    if len(tables) == 1:
        return tables[0]
    columns: dict[str, Literal["text", "number"]] = {}
    rows: dict[str, Mapping[str, Cell]] = {}
    infinite: dict[str, dict[str, str]] = {}
    for table in tables:
        for name, kind in table.columns.items():
            if name not in columns or not _filled(table.rows, name):
                columns.setdefault(name, kind)
            elif columns[name] != kind and _filled(rows, name):
                raise LabelError(
                    f"{table.name}: column {name!r} holds {kind}s here and {columns[name]}s in "
                    "another store; rename one of the two"
                )
            else:
                columns[name] = kind
        rows |= table.rows
        for name, cells in table.infinite.items():
            infinite.setdefault(name, {}).update(cells)
    units = {table.unit for table in tables}
    return LabelTable(
        name=", ".join(table.name for table in tables),
        unit=units.pop() if len(units) == 1 else "session",
        rows=rows,
        columns=columns,
        infinite=infinite,
    )


def label_columns(table: LabelTable | None) -> list[str]:
    """List the columns of a table that are labels: all but ids and split."""
    return [name for name in (table.columns if table else ()) if name not in (*IDS, "split")]


def check_columns(table: LabelTable, taken: Iterable[str]) -> None:
    """Refuse label columns whose names ``sessions.parquet`` has for something else.

    Raises
    ------
    LabelError
        If there is one.
    """
    both = sorted(set(table.columns) & set(taken))
    if both:
        raise LabelError(f"{table.name}: column {both[0]!r} is depx's own; rename it")


def gaps(
    table: LabelTable, store: Iterable[Known], aligned: Iterable[Known], target: str
) -> list[str]:
    """Say in a line each which rows name no session, and which sessions have no label.

    Parameters
    ----------
    table : LabelTable
    store : iterable of Known
        All sessions of the store, as it knows them.
    aligned : iterable of Known
        Joined sessions that become part of the training set.
    target : str
        Column that models learn.
    """
    here = {getattr(session, table.unit) for session in store}
    strangers = sorted(set(table.rows) - here)
    missing = sorted(known.session for known in aligned if known.labels.get(target) is None)
    lines = []
    if strangers and len(strangers) == len(table.rows):
        raise LabelError(
            f"{table.name}: none of its {len(strangers)} rows names a {table.unit} of the store "
            f"({some(strangers)} here, {some(sorted(here))} there); mend the ids, leading zeros "
            "included"
        )
    if strangers:
        lines.append(
            f"{table.name}: {len(strangers)} rows name no {table.unit} here: {some(strangers)}"
        )
    if missing:
        lines.append(
            f"{table.name}: {len(missing)} session{'s have' if len(missing) > 1 else ' has'} no "
            f"{target}, kept all the same: "
            f"{some(missing)}"
        )
    return lines


def some(ids: Sequence[str]) -> str:
    """Name the first few ids."""
    return ", ".join(ids[:SHOWN]) + (", ..." if len(ids) > SHOWN else "")


def _filled(rows: Mapping[str, Mapping[str, Cell]], name: str) -> bool:
    return any(cells.get(name) is not None for cells in rows.values())


def _lay(table: LabelTable, session: Known) -> Known:
    cells = table.rows.get(getattr(session, table.unit))
    labels = dict.fromkeys(label_columns(table))
    if cells is None:
        return replace(session, labels=labels, found=False)
    case = str(cells.get("case") or session.case)
    # A store that knows nobody's identity names the participant after the case: so does the table.
    own = case if session.participant == session.case else session.participant
    split = cells.get("split")
    return replace(
        session,
        case=case,
        participant=str(cells.get("participant") or own),
        split=None if split is None else str(split),
        labels={name: cells[name] for name in labels},
        found=True,
    )


def _check_blocks(table: LabelTable, joined: Iterable[Known], target: str) -> None:
    """Hold that a case has one label and one participant; splits are held in `leaks`."""
    labels: dict[str, Cell] = {}
    owners: dict[str, str] = {}
    for known in joined:
        if not known.found:
            continue
        if labels.setdefault(known.case, known.labels.get(target)) != known.labels.get(target):
            raise LabelError(
                f"{table.name}: case {known.case} has two values of {target}; keep one"
            )
        if owners.setdefault(known.case, known.participant) != known.participant:
            raise LabelError(f"{table.name}: case {known.case} has two participants; keep one")


def _cell(value: object) -> str | None:
    """Read a cell as text; an id that a tool turned into ``300.0`` is ``300`` again."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    return None if text.casefold() in EMPTY else text


def _all_numbers(rows: Mapping[str, Mapping[str, Cell]], name: str) -> bool:
    cells = [str(cells[name]) for cells in rows.values() if cells[name] is not None]
    codes = any(len(cell) > 1 and cell[0] == "0" and cell.isdecimal() for cell in cells)  # 007
    finite = [cell for cell in cells if is_number(cell)]
    others = (cell for cell in cells if not is_number(cell))
    return bool(finite) and not codes and all(map(is_infinite, others))
