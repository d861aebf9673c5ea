"""The official label files of a discovery as one sheet, with its known errors mended."""

from dataclasses import replace

from ..corrections.labels import correct_labels
from ..labels.base import LabelSheet
from ..labels.registry import FAMILIES, read_labels
from .registry import Discovery


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
    mended = correct_labels(family.corpus, sheet.rows, corrections)
    sheet = replace(sheet, mended=tuple(one.record() for one in mended))
    return sheet, [one.line for one in mended]
