"""E-DAIC (AVEC 2019): its split files, the sheets of items, and the sheet of the AVEC names.

``train_``, ``dev_`` and ``test_split.csv`` have PHQ-8, PTSD and gender in words;
``Detailed_PHQ8_Labels.csv`` the items of the PHQ-8, ``detailed_lables.csv`` (so spelt) besides
age, split and the 17 items of the PCL-C; ``metadata_mapped.csv`` names each participant as AVEC
did, which tells the split.

The released class ``PHQ_Binary`` is **not** a PHQ-8 of 10 or more: 20 of 275 have 10 to 16 points
and the class 0.  Both are carried as they are; a rule is chosen where models are trained.
"""

import re
from collections.abc import Sequence
from functools import partial

from .base import AGE, GENDER, SPLIT, Family, Form
from .cells import (
    GENDERS,
    Schema,
    base_name,
    by_name,
    choice,
    header_of,
    number,
    read_rows,
    split_in,
    split_of,
    whole_id,
)
from .daic_woz import BINARY, IDS, ITEMS, PHQ8, SCALES, SCORES, participant

CORPUS = "e-daic"
PTSD, PTSD_SEVERITY = "ptsd_binary", "ptsd_severity"
PCLC = tuple(
    f"pclc_{item}"
    for item in (
        "memories",
        "dreams",
        "reliving",
        "upset",
        "physical",
        "thought_avoidance",
        "activity_avoidance",
        "trouble_remembering",
        "no_interest",
        "feel_distant",
        "feel_numb",
        "future_cut_short",
        "sleep",
        "irritability",
        "concentration",
        "hyper_alert",
        "jumpy",
    )
)
"""Items of the PTSD checklist, civilian version, in its order."""
_COLUMNS = {
    **SCORES,
    "gender": GENDER,
    "sex": GENDER,
    "age": AGE,
    "split": SPLIT,
    "avecparticipantid": SPLIT,
    "depressionseverity": PHQ8,
    "depressionlabel": BINARY,
    "pclcptsd": PTSD,
    "ptsdlabel": PTSD,
    "ptsdseverity": PTSD_SEVERITY,
}
_ITEM = re.compile(r"(phq8|pclc)(\d+)[a-z]+", re.ASCII)
"""``PHQ8_7_Concentration``, ``PCL-C_12_Future_Cut_Short``: the number tells which."""
_OFFICIAL = re.compile(r"(train|dev|test)_split\.csv", re.ASCII)
_OWN = frozenset(_COLUMNS) - frozenset(SCORES) - {"gender", "sex", "age", "split"}


def _recognise(head: str, name: str) -> Form | None:
    header = header_of(head)
    columns = _columns(header)
    official = _OFFICIAL.fullmatch(base_name(name)) is not None
    own = set(header) & _OWN or "phq8total" in header or set(columns.values()) & set(PCLC)
    if not IDS & set(header) or not (own or (official and columns)):
        return None
    return Form(
        kind="e-daic-split" if official else "e-daic-detailed",
        corpus=CORPUS,
        official=official,
        split=split_in(name),
    )


def _columns(header: Sequence[str]) -> dict[str, str]:
    found = by_name(_COLUMNS, header)
    for column in header:
        item = _ITEM.fullmatch(column)
        items = {"phq8": ITEMS, "pclc": PCLC}[item[1]] if item else ()
        if item and column not in found and 1 <= int(item[2]) <= len(items):
            found[column] = items[int(item[2]) - 1]
    return found


SCHEMA = Schema(
    ids=IDS,
    id_of=whole_id,
    columns_of=_columns,
    decode={
        **SCALES,
        **dict.fromkeys(PCLC, number(1, 5)),
        PTSD: choice({"0": 0.0, "1": 1.0}),
        PTSD_SEVERITY: number(17, 85),  # 17 items of 1 to 5
        GENDER: choice(GENDERS),
        AGE: number(0, 130),
        SPLIT: split_of,
    },
)


FAMILY = Family(
    corpus=CORPUS,
    unit="session",
    columns=(PHQ8, BINARY, *ITEMS, PTSD, PTSD_SEVERITY, *PCLC),
    total=PHQ8,
    items=ITEMS,
    recognise=_recognise,
    read=partial(read_rows, schema=SCHEMA),
    participant=participant,
)
