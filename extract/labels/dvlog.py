"""D-Vlog: ``labels.csv`` with a row a video: index, label, duration, gender, fold.

The label is a word (depression, normal) or 0 | 1, and a class only: nobody filled in a
questionnaire.
"""

from collections.abc import Sequence

from .base import GENDER, SPLIT, Cell, Entry, Family, Form, Remarks
from .cells import GENDERS, Schema, choice, header_of, number, read_rows, split_of

CORPUS = "d-vlog"
DEPRESSED, DURATION = "depressed", "length_s"
IDS = frozenset({"index"})
_COLUMNS = {
    "label": DEPRESSED,
    "duration": DURATION,
    "gender": GENDER,
    **dict.fromkeys(("fold", "split"), SPLIT),
}


def _participant(session: str) -> str:
    return f"{CORPUS}-{session}"


def _recognise(head: str, name: str) -> Form | None:
    del name  # labels.csv is anybody's
    header = set(header_of(head))
    if not header >= {"index", "label"} or not header & {"duration", "fold"}:
        return None
    return Form(kind="d-vlog-labels", corpus=CORPUS, official=True)


def _columns(header: Sequence[str]) -> dict[str, str]:
    return {column: _COLUMNS[column] for column in header if column in _COLUMNS}


def _id(text: str) -> Cell:
    """Read an index; pandas writes 7.0 where a cell is missing."""
    head, point, tail = text.partition(".")
    return head if point and head.isdecimal() and not tail.strip("0") else text


SCHEMA = Schema(
    ids=IDS,
    id_of=_id,
    columns_of=_columns,
    decode={
        DEPRESSED: choice({"depression": 1.0, "depressed": 1.0, "normal": 0.0, "1": 1.0, "0": 0.0}),
        DURATION: number(0),
        GENDER: choice(GENDERS),
        SPLIT: split_of,
    },
)


def _read(form: Form, text: str, name: str, remarks: Remarks) -> list[Entry]:
    return read_rows(form, text, name, SCHEMA, remarks)


FAMILY = Family(
    corpus=CORPUS,
    unit="session",
    columns=(DEPRESSED, DURATION),
    recognise=_recognise,
    read=_read,
    participant=_participant,
)
