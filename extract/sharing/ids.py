"""Which columns of a label table hold ids: those would undo every pseudonym beside them.

A column may hold the row's own id, the number in it (``3`` for ``p03``), or the id of somebody else
(a sibling, a matched control).  A text that is anybody's id is enough; numbers are compared with
the row's own ids only, as a score of 3 beside a session called ``3`` is a score.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from ...errors import StoreError
from ...features.words import INTERVIEWER_NAMES, PARTICIPANT_NAMES
from ..labels.base import AGE, GENDER, Cell
from ..store.reader import StoredSession
from .numerals import is_empty

Own: TypeAlias = tuple[str, ...]
"""Session, case and participant of a row, as far as they are known."""

WHY = "holds ids, or the numbers in them"
MOST = 0.5  # of a column's cells that hold the row's own id: then the column is one of ids
LEAST = 3  # such cells; fewer small numbers may be scores
LARGE = 100  # numbers from here on are no scores: one suffices
ALONE = 3  # letters of an id that is looked for inside longer words
ROLES = PARTICIPANT_NAMES | INTERVIEWER_NAMES
"""Names of speakers that name nobody; a group may be called so."""


def columns_of_ids(
    columns: Mapping[str, Sequence[Cell]], own: Sequence[Own], others: Iterable[str] = ()
) -> list[str]:
    """Name the columns that hold ids, in their order.

    Parameters
    ----------
    columns : mapping of name to cells
        Label columns, a cell a row; gender and age are not looked at.
    own : sequence of tuple of str
        The ids of each row.
    others : iterable of str
        Further ids: sessions, cases and participants without a row, and speakers.
    """
    known = {_plain(name) for ids in own for name in ids} | {_plain(name) for name in others}
    known.discard("")
    return [
        name
        for name, cells in columns.items()
        if name not in (GENDER, AGE)
        and (_names_anybody(cells, known) or _holds_own(cells, own) or _numbers_own(cells, own))
    ]


def speakers_of(sessions: Iterable[StoredSession]) -> set[str]:
    """Collect the names of speakers that may be somebody's: no role, no single letter."""
    found: set[str] = set()
    for stored in sessions:
        if stored.left_out is None and stored.has("words"):
            try:
                found |= stored.speakers()
            except StoreError:  # whoever reads its words says so
                continue
    return named_speakers(found)


def named_speakers(names: Iterable[str | None]) -> set[str]:
    """Keep the names of speakers that may be somebody's."""
    return {name for name in names if name and len(name) > 1 and _plain(name) not in ROLES}


def _names_anybody(cells: Sequence[Cell], known: Collection[str]) -> bool:
    return any(isinstance(cell, str) and _plain(cell) in known for cell in cells)


def _holds_own(cells: Sequence[Cell], own: Sequence[Own]) -> bool:
    """Say whether most texts have the row's own id in them: ``REC-p03``."""
    pairs = [(cell, ids) for cell, ids in zip(cells, own, strict=True) if not is_empty(cell)]
    held = sum(
        any(_is_in(_plain(name), _plain(cell)) for name in ids)
        for cell, ids in pairs
        if isinstance(cell, str)
    )
    return held > MOST * len(pairs)


def _numbers_own(cells: Sequence[Cell], own: Sequence[Own]) -> bool:
    """Say whether most cells are the number in the row's own id, with or without zeros."""
    pairs = [(cell, ids) for cell, ids in zip(cells, own, strict=True) if not is_empty(cell)]
    numbers = [
        number
        for cell, ids in pairs
        if (number := _whole(cell)) is not None and number in {_digits(name) for name in ids}
    ]
    enough = len(numbers) >= LEAST or any(number >= LARGE for number in numbers)
    return enough and len(numbers) > MOST * len(pairs)


def _is_in(name: str, cell: str) -> bool:
    """Look for an id; a short one (``a``) is in too many words and must stand by itself."""
    if len(name) >= ALONE:
        return name in cell
    return bool(name) and name in re.split(r"[\W_]+", cell)


def _whole(cell: Cell) -> int | None:
    """Take a cell as a whole number; of a text, all digits in it."""
    if isinstance(cell, str):
        return _digits(cell)
    if cell is None or not float(cell).is_integer():
        return None
    return int(cell)


def _digits(name: str) -> int | None:
    found = "".join(re.findall(r"[0-9]", name))
    return int(found) if 0 < len(found) <= 30 else None  # longer ones are hashes


def _plain(name: str) -> str:
    return name.strip().casefold()
