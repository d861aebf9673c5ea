"""D-Vlog: ``labels.csv`` with a row a video: index, label, duration, gender, fold.

The label is a word (depression, normal) or 0 | 1, and a class only: nobody filled in a
questionnaire.
"""

from functools import partial

from .base import GENDER, SPLIT, Cell, Family, Form
from .cells import GENDERS, Schema, by_name, choice, header_of, number, read_rows, split_of

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


def _id(text: str) -> Cell:
    """Read an index; pandas writes 7.0 where a cell is missing."""
    head, point, tail = text.partition(".")
    return head if point and head.isdecimal() and not tail.strip("0") else text


SCHEMA = Schema(
    ids=IDS,
    id_of=_id,
    columns_of=partial(by_name, _COLUMNS),
    decode={
        DEPRESSED: choice({"depression": 1.0, "depressed": 1.0, "normal": 0.0, "1": 1.0, "0": 0.0}),
        DURATION: number(0),
        GENDER: choice(GENDERS),
        SPLIT: split_of,
    },
)


FAMILY = Family(
    corpus=CORPUS,
    unit="session",
    columns=(DEPRESSED, DURATION),
    recognise=_recognise,
    read=partial(read_rows, schema=SCHEMA),
    participant=_participant,
)
