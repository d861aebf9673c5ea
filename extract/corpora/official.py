"""The official label files of a discovery as one sheet, with its known errors mended."""

from collections.abc import Sequence
from dataclasses import replace

from ..corrections.labels import correct_labels
from ..labels.base import SPLIT, Family, LabelSheet
from ..labels.registry import FAMILIES, read_labels
from ..sessions import Session
from .registry import Discovery

NEAR = 2  # folders around a recording; those further out are the user's own


def sheet_of(found: Discovery, corrections: str) -> tuple[LabelSheet | None, list[str]]:
    """Read the label files.

    Parameters
    ----------
    found : Discovery
    corrections : str
        Which known errors are mended: ``published``, ``none`` or ``strict``.

    Returns
    -------
    LabelSheet or None
        None where the corpus has no labels, or none were found.
    list of str
        A line each for what was mended.

    Raises
    ------
    LabelError
        If a file cannot be read, or somebody is in two splits.
    """
    family = FAMILIES.get(found.corpus.name)
    if family is None or not (found.labels or family.of_id):
        return None, []
    sessions = [session for session in found.sessions if session.corpus == family.corpus]
    ids = {session.id if family.unit == "session" else session.case for session in sessions}
    files = [(place.name, place.content()) for place in found.labels]
    sheet = read_labels(family.corpus, files, sorted(ids))
    _place(sheet, family, sessions)
    mended = correct_labels(family.corpus, sheet.rows, corrections)
    sheet = replace(sheet, mended=tuple(one.record() for one in mended))
    return sheet, [one.line for one in mended]


def _place(sheet: LabelSheet, family: Family, sessions: Sequence[Session]) -> None:
    """Fill in the splits that only the folders of the recordings tell."""
    if family.split_by is None:
        return
    for session in sessions:
        row = sheet.rows.get(session.id if family.unit == "session" else session.case)
        if row is not None and row[SPLIT] is None:
            for path in session.files.values():
                row[SPLIT] = row[SPLIT] or family.split_by(path.parts[-NEAR - 1 : -1])
