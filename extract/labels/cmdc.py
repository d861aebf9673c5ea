"""CMDC: ``SubjectInfo.csv``, a row a subject, with the PHQ-9 and for patients the HAMD-17.

A subject is a case of twelve answers.  Who is a patient stands in the id itself (``MDD07``,
``HC31``), so that `mdd` is known of subjects that the table lacks, too.  No split was released.
"""

import re
from collections.abc import Sequence

from .base import AGE, GENDER, Cell, Entry, Family, Form, Remarks
from .cells import GENDERS, Schema, base_name, by_name, choice, header_of, number, read_rows

CORPUS = "cmdc"
PHQ9, HAMD, MDD = "phq9", "hamd17", "mdd"
ITEMS = tuple(f"phq9_{n}" for n in range(1, 10))
IDS = frozenset({"id", "subject", "subjectid", "subjectno"})
_GROUPS = {"mdd": 1.0, "hc": 0.0}
_COLUMNS = {
    **dict.fromkeys(("phqtotal", "phq9total", "phqscore", "phq9score"), PHQ9),
    **dict.fromkeys(
        ("hamd", "hamd17", "hamdtotal", "hamd17total", "hamdscore", "hamd17score"), HAMD
    ),
    **dict.fromkeys(("mdd", "group", "type", "label", "diagnosis"), MDD),
    **dict.fromkeys(("gender", "sex"), GENDER),
    "age": AGE,
}
_SUBJECT = re.compile(r"(hc|mdd)[\s_-]*0*(\d+)", re.IGNORECASE | re.ASCII)
_ITEM = re.compile(r"(phq|phq9|phqitem|phq9item)([1-9])", re.ASCII)


def case_of(text: str) -> str:
    """Spell a subject as cases are called: ``hc1`` and ``HC_01`` are ``HC01``."""
    found = _SUBJECT.fullmatch(text.strip())
    if found is None:
        raise ValueError("is no subject such as HC01 or MDD01")
    return f"{found[1].upper()}{int(found[2]):02d}"


def group_of(case: str) -> dict[str, Cell]:
    """Read off the id whether a subject is a patient."""
    found = _SUBJECT.fullmatch(case)
    return {} if found is None else {MDD: _GROUPS[found[1].casefold()]}


def _participant(case: str) -> str:
    return f"cmdc-{case}"


def _recognise(head: str, name: str) -> Form | None:
    header = set(header_of(head))
    columns = set(_columns(tuple(header)).values())
    named = base_name(name).startswith("subjectinfo")
    if not IDS & header or not (PHQ9 in columns or (named and columns)):
        return None
    return Form(kind="cmdc-subjects", corpus=CORPUS, official=named)


def _columns(header: Sequence[str]) -> dict[str, str]:
    found = by_name(_COLUMNS, header)
    items = {column: _ITEM.fullmatch(column) for column in header}
    found |= {column: f"{PHQ9}_{item[2]}" for column, item in items.items() if item}
    if "phq9" in header and "phq8" not in header:
        found["phq9"] = PHQ9  # not the ninth item of many but the scale
    return found


SCHEMA = Schema(
    ids=IDS,
    id_of=case_of,
    columns_of=_columns,
    decode={
        PHQ9: number(0, 27),
        HAMD: number(0, 52),
        MDD: choice({"mdd": 1.0, "hc": 0.0, "1": 1.0, "0": 0.0}),
        **dict.fromkeys(ITEMS, number(0, 3)),
        GENDER: choice(GENDERS),
        AGE: number(0, 130),
    },
)


def _read(form: Form, text: str, name: str, remarks: Remarks) -> list[Entry]:
    entries = read_rows(form, text, name, remarks, schema=SCHEMA)
    for entry in entries:
        own = group_of(entry.id)
        if entry.cells.get(MDD, own[MDD]) != own[MDD]:
            remarks.add(f"{name}: {MDD} is not what the id says, which is kept", entry.id)
        entry.cells.update(own)
    return entries


FAMILY = Family(
    corpus=CORPUS,
    unit="case",
    columns=(PHQ9, *ITEMS, HAMD, MDD),
    total=PHQ9,
    items=ITEMS,
    recognise=_recognise,
    read=_read,
    participant=_participant,
    of_id=group_of,
)
