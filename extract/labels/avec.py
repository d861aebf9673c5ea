"""AVEC 2013 and 2014: one file a recording date, which holds one number, the BDI-II.

``203_1_Depression.csv`` is of the case ``203_1``; ``203_1`` and ``203_2`` are one person on two
dates.  The split is told by the folders on the way (``Training/DepressionLabels/...``), or by those
of the recordings, where all labels lie in one.
"""

import re
from collections.abc import Sequence

from ...errors import LabelError
from .base import SPLIT, Cell, Entry, Family, Form, Remarks
from .cells import SPLITS, base_name, blank, number

CORPUS = "avec2014"
BDI = "bdi2"
_NAME = re.compile(r"(\d+_\d+)_depression\.(?:csv|txt)", re.ASCII)
_WORD = re.compile(r"[a-z]+")
_read_number = number(0, 63)


def _participant(case: str) -> str:
    return f"avec-{case.partition('_')[0]}"


def _recognise(head: str, name: str) -> Form | None:
    del head  # a number tells nothing
    if _NAME.fullmatch(base_name(name)) is None:
        return None
    folders = name.replace("\\", "/").split("/")[:-1]
    return Form(kind="avec-depression", corpus=CORPUS, official=True, split=_split_by(folders))


def _split_by(folders: Sequence[str]) -> str | None:
    """Tell the split by the folders that a label lies in."""
    words = (word for part in folders for word in _WORD.findall(part.casefold()))
    return _only({SPLITS[word] for word in words if word in SPLITS})


def _split_of_recording(folders: Sequence[str]) -> str | None:
    """Tell the split by folders that are called nothing else; others are the user's own."""
    return _only({SPLITS[part.casefold()] for part in folders if part.casefold() in SPLITS})


def _only(splits: set[str]) -> str | None:
    return splits.pop() if len(splits) == 1 else None


def _read(form: Form, text: str, name: str, remarks: Remarks) -> list[Entry]:
    found = _NAME.fullmatch(base_name(name))
    case = "" if found is None else found[1]
    cells: dict[str, Cell] = {} if form.split is None else {SPLIT: form.split}
    lines = [_words(line) for line in text.removeprefix("\ufeff").splitlines()]
    lines = [words for words in lines if words]
    if len(lines) > 1 and not any(map(_is_number, lines[0])):
        lines = lines[1:]  # a header; that there is none has not been checked on the real files
    held = [word for words in lines for word in words]
    if len(held) > 1:
        raise LabelError(f"{name}: expected one number, got {len(held)}; mend the file")
    if not held or blank(held[0]):
        remarks.add(f"DepressionLabels: {BDI} is empty", case)
        return [Entry(id=case, cells=cells)]
    try:
        cells[BDI] = _read_number(held[0])
    except ValueError as error:
        remarks.add(f"DepressionLabels: {BDI} {error}, left empty", case)
    return [Entry(id=case, cells=cells)]


def _words(line: str) -> list[str]:
    return [word.strip(",;") for word in line.split() if word.strip(",;")]


def _is_number(word: str) -> bool:
    try:
        _read_number(word)
    except ValueError:
        return False
    return True


FAMILY = Family(
    corpus=CORPUS,
    unit="case",
    columns=(BDI,),
    recognise=_recognise,
    read=_read,
    participant=_participant,
    split_by=_split_of_recording,
)
