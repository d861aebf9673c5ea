"""DAIC-WOZ: the split files of AVEC 2017, and what others made of them.

``train_`` and ``dev_split_Depression_AVEC2017.csv`` have the PHQ-8 with its items,
``test_split_...`` ids and genders only; ``full_test_split.csv`` (later releases) has the scores of
the test participants, a row of commas before each, and spells its columns ``PHQ_``.
``full_train_split_...`` and ``complete_Depression_AVEC2017.csv`` are third parties' joins: they
give labels and say no split.

Gender is 0 = female, 1 = male: checked on all 189 participants against the words that E-DAIC
has for the same people; a public page on the schema says the opposite.
"""

import re
from functools import partial

from .base import AGE, FEMALE, GENDER, MALE, SPLIT, Family, Form
from .cells import (
    GENDERS,
    Schema,
    base_name,
    by_name,
    choice,
    fold,
    header_of,
    number,
    read_rows,
    split_in,
    split_of,
    whole_id,
)

CORPUS = "daic-woz"
PHQ8, BINARY = "phq8", "phq8_binary"
ITEMS = (
    "phq8_nointerest",
    "phq8_depressed",
    "phq8_sleep",
    "phq8_tired",
    "phq8_appetite",
    "phq8_failure",
    "phq8_concentrating",
    "phq8_moving",
)
IDS = frozenset({"participantid", "participant"})
SCORES = {
    **dict.fromkeys(("phq8score", "phqscore", "phq8total", "phqtotal"), PHQ8),
    **dict.fromkeys(("phq8binary", "phqbinary"), BINARY),
    **{fold(item): item for item in ITEMS},
}
"""Folded name of a column -> column of the sheet."""
SCALES = {PHQ8: number(0, 24), BINARY: choice({"0": 0.0, "1": 1.0})} | {
    item: number(0, 3) for item in ITEMS
}
_OFFICIAL = re.compile(
    r"(train|dev|test)_split_depression_avec2017\.csv|full_test_split\.csv", re.ASCII
)
_FOREIGN = re.compile("pclc|ptsd|avecparticipantid|depression(severity|label)|phq8total")
"""Names of columns that only E-DAIC's files have."""
_COLUMNS = {**SCORES, "gender": GENDER, "sex": GENDER, "age": AGE, "split": SPLIT}


def participant(session: str) -> str:
    """Name who a session is of; E-DAIC holds the same people under the same numbers."""
    return f"daic-{session}"


def _recognise(head: str, name: str) -> Form | None:
    header = header_of(head)
    if not IDS & set(header) or any(_FOREIGN.match(column) for column in header):
        return None
    has_scores = bool(set(header) & set(SCORES))
    split = split_in(name)
    if not has_scores and (split is None or not set(header) <= {*IDS, *_COLUMNS}):
        return None
    return Form(
        kind="avec2017-split" if split else "avec2017-joined",
        corpus=CORPUS,
        official=_OFFICIAL.fullmatch(base_name(name)) is not None,
        split=split,
    )


SCHEMA = Schema(
    ids=IDS,
    id_of=whole_id,
    columns_of=partial(by_name, _COLUMNS),
    decode={
        **SCALES,
        GENDER: choice({"0": FEMALE, "1": MALE, **GENDERS}),
        AGE: number(0, 130),
        SPLIT: split_of,
    },
)


FAMILY = Family(
    corpus=CORPUS,
    unit="session",
    columns=(PHQ8, BINARY, *ITEMS),
    total=PHQ8,
    items=ITEMS,
    recognise=_recognise,
    read=partial(read_rows, schema=SCHEMA),
    participant=participant,
)
