"""Labels as BIDS has them: ``participants.tsv``; ``_sessions.tsv`` has what differs by session."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..labels import Cell, Known
from ..targets import ALIASES, SCALES
from .events import NA
from .names import Place

SPLIT = "split"
TAKEN = frozenset({"participant_id", "session_id", "case"})


def columns_of(known: Iterable[Known]) -> list[str]:
    """Name the columns of the labels, the split first."""
    sessions = list(known)
    names = dict.fromkeys(name for one in sessions for name in one.labels if name not in TAKEN)
    split = [SPLIT] if any(one.split is not None for one in sessions) else []
    return [*split, *names]


def of_people(known: Sequence[Known], columns: Sequence[str]) -> list[str]:
    """Name the columns that are the same in all sessions of each participant."""
    return [
        name
        for name in columns
        if all(len({_value(one, name) for one in of}) == 1 for of in _by_person(known).values())
    ]


def participants(
    known: Sequence[Known], places: Mapping[str, Place], columns: Sequence[str]
) -> list[list[str]]:
    """List the rows of ``participants.tsv``."""
    return sorted(
        [f"sub-{places[of[0].session].subject}", *(spelt(_value(of[0], name)) for name in columns)]
        for of in _by_person(known).values()
    )


def visits(
    known: Sequence[Known], places: Mapping[str, Place], columns: Sequence[str]
) -> dict[str, list[list[str]]]:
    """List the rows of each participant's ``_sessions.tsv``, by the label of the participant."""
    rows: dict[str, list[list[str]]] = {}
    for one in known:
        place = places[one.session]
        row = [f"ses-{place.visit}", *(spelt(_value(one, name)) for name in columns)]
        rows.setdefault(place.subject, []).append(row)
    return {subject: sorted(of) for subject, of in rows.items()}


def described(columns: Sequence[str]) -> dict[str, Any]:
    """Say what the columns of labels are, as far as their names tell."""
    return {name: _described(name) for name in columns}


def spelt(value: Cell) -> str:
    """Spell a cell; a whole number has no point."""
    if value is None or value != value:
        return NA
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return " ".join(value.split()) or NA


def _described(name: str) -> dict[str, str]:
    if name == SPLIT:
        return {"Description": "Split of the corpus: train, dev, test, or its own names"}
    folded = name.casefold()
    scale = SCALES.get(ALIASES.get(folded, folded))
    if scale is None:
        return {"Description": f"{name}, a column of the label table as it came"}
    rule = f"; positive by the published cut-off: {scale.rule}" if scale.rule else ""
    return {"Description": f"{name}, {scale.kind} from {scale.low:g} to {scale.high:g}{rule}"}


def _value(one: Known, name: str) -> Cell:
    return one.split if name == SPLIT else one.labels.get(name)


def _by_person(known: Sequence[Known]) -> dict[str, list[Known]]:
    people: dict[str, list[Known]] = {}
    for one in known:
        people.setdefault(one.participant, []).append(one)
    return people
