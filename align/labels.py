"""Label tables: what is known of a session or a case, and the scale of the target.

A table is CSV, TSV, Parquet or JSON with a row a session or a row a case (a column ``session`` or
``case``), and optionally ``participant``, ``split``, ``gender``, ``age``; every other column is
carried along.  Cells are read as text first: ids keep their zeros, a cell of ``nan`` is empty.
Where names of a corpus differ (``Participant_ID``), its reader brings a table in these names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from ..errors import LabelError
from .dataset import Target
from .label_file import EMPTY, IDS, is_number, records
from .settings import AlignSettings

Cell: TypeAlias = str | float | None

SHOWN = 5  # ids named in a message

# Ends of the scale and the published cut-off.
SCALES = {
    "phq8": (0, 24, ">=10"),  # Kroenke et al., J. Affect. Disord. 114 (2009)
    "phq9": (0, 27, ">=10"),  # Kroenke et al., J. Gen. Intern. Med. 16 (2001)
    "bdi2": (0, 63, ">=14"),  # Beck et al., BDI-II manual (1996): mild and above
}
ALIASES = {
    **dict.fromkeys(("bdi", "bdi_ii", "bdi-ii", "bdiii"), "bdi2"),
    **dict.fromkeys(("phq8_score", "phq-8", "phq_8", "phq8_total"), "phq8"),
    **dict.fromkeys(("phq9_score", "phq-9", "phq_9", "phq9_total"), "phq9"),
}


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
    for name in header:
        if name != unit:
            numbers = name not in IDS and name != "split" and _all_numbers(rows, name)
            columns[name] = "number" if numbers else "text"
            if numbers:
                for cells in rows.values():
                    cell = cells[name]
                    cells[name] = None if cell is None else float(cell)
    return LabelTable(name=path.name, unit=unit, rows=rows, columns=columns)


def target_of(table: LabelTable, settings: AlignSettings) -> Target:
    """Find the scale of the target: what the settings say, else what is known of its name.

    Raises
    ------
    LabelError
        If the table has no such column, or a cell is no number or outside the scale.
    """
    name = settings.target
    if name in (*IDS, "split"):
        raise LabelError(
            f"{table.name}: the target is {name!r}, which names a person, session or split; "
            "expected a column of numbers that is no id; choose one with --target"
        )
    if name not in table.columns:
        raise LabelError(
            f"{table.name}: no column {name!r} for the target, got {', '.join(table.columns)}; "
            "choose one with --target"
        )
    for row, cells in table.rows.items():
        if isinstance(cells[name], str) and not is_number(str(cells[name])):
            raise LabelError(
                f"{table.name}: {name} of {table.unit} {row} is no number; mend or empty the cell"
            )
    scores: dict[str, float] = {}
    for row, cells in table.rows.items():
        cell = cells[name]
        if isinstance(cell, float):
            scores[row] = cell
    if not scores and any(cells[name] is not None for cells in table.rows.values()):
        raise LabelError(
            f"{table.name}: column {name!r} of the target holds codes that begin with 0, expected "
            "a column of numbers that is no id; choose one with --target, or remove the zeros"
        )
    if not scores:
        raise LabelError(f"{table.name}: column {name!r} of the target is empty")
    target = _scaled(name, settings)
    if target.kind == "class" and not set(scores.values()) <= {0.0, 1.0}:
        row = next(row for row, score in scores.items() if score not in (0.0, 1.0))
        raise LabelError(
            f"{table.name}: {name} of {table.unit} {row} is {scores[row]:g}, expected 0 or 1 for a "
            "class; mend the cell, or leave out --set target.kind=class"
        )
    if target.min is not None and target.max is not None:
        for row, score in scores.items():
            if not target.min <= score <= target.max:
                raise LabelError(
                    f"{table.name}: {name} of {table.unit} {row} is {score:g}, expected "
                    f"{target.min:g}..{target.max:g}; mend the cell, or --set target.min= and "
                    "target.max="
                )
    return target


def _scaled(name: str, settings: AlignSettings) -> Target:
    """Give a target the scale that is set, else the one known by its name, else none.

    A scale is never read off the labels: those of the tested would then shape the training.
    """
    low: float | None = None
    high: float | None = None
    rule = ""
    if settings.target_kind == "class":
        low, high, rule = 0.0, 1.0, "==1"
    elif _plain(name) in SCALES:
        low, high, rule = SCALES[_plain(name)]
    low = low if settings.target_min is None else settings.target_min
    high = high if settings.target_max is None else settings.target_max
    if (low is None) != (high is None) or (low is not None and high is not None and low >= high):
        raise LabelError(
            f"target {name}: expected both ends of its scale, min below max, got {low} and {high}; "
            "--set target.min= and target.max="
        )
    given = settings.target_positive_rule
    return Target(
        name=name,
        kind=settings.target_kind,
        min=None if low is None else float(low),
        max=None if high is None else float(high),
        positive_rule=rule if given is None else given,
    )


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
        If sessions of one case differ in target or participant, or a participant is in two splits.
    """
    joined = {session.session: _lay(table, session) for session in sessions}
    _check_blocks(table, joined.values(), target)
    return joined


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
            f"({_some(strangers)} here, {_some(sorted(here))} there); mend the ids, leading zeros "
            "included"
        )
    if strangers:
        lines.append(
            f"{table.name}: {len(strangers)} rows name no {table.unit} here: {_some(strangers)}"
        )
    if missing:
        lines.append(
            f"{table.name}: {len(missing)} sessions have no {target}, kept all the same: "
            f"{_some(missing)}"
        )
    return lines


def _lay(table: LabelTable, session: Known) -> Known:
    cells = table.rows.get(getattr(session, table.unit))
    labels = {name: None for name in table.columns if name not in (*IDS, "split")}
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
    """Hold that a case has one label, one participant, and a participant one split."""
    labels: dict[str, Cell] = {}
    owners: dict[str, str] = {}
    splits: dict[str, str | None] = {}
    for known in joined:
        if not known.found:
            continue
        if labels.setdefault(known.case, known.labels[target]) != known.labels[target]:
            raise LabelError(
                f"{table.name}: case {known.case} has two values of {target}; keep one"
            )
        if owners.setdefault(known.case, known.participant) != known.participant:
            raise LabelError(f"{table.name}: case {known.case} has two participants; keep one")
        if splits.setdefault(known.participant, known.split) != known.split:
            raise LabelError(
                f"{table.name}: participant {known.participant} is in two splits; "
                "put all sessions of a person in one"
            )


def _cell(value: object) -> str | None:
    """Read a cell as text; an id that a tool turned into ``300.0`` is ``300`` again."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    return None if text.casefold() in EMPTY else text


def _all_numbers(rows: Mapping[str, Mapping[str, Cell]], name: str) -> bool:
    cells = [str(cells[name]) for cells in rows.values() if cells[name] is not None]
    codes = any(len(cell) > 1 and cell[0] == "0" and cell.isdecimal() for cell in cells)  # 007
    return bool(cells) and not codes and all(is_number(cell) for cell in cells)


def _plain(name: str) -> str:
    folded = name.casefold()
    return ALIASES.get(folded, folded)


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:SHOWN]) + (", ..." if len(ids) > SHOWN else "")
