"""All corpora whose label files depx reads: what a file is, and a corpus's files as one sheet."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from ...errors import LabelError, TranscriptError
from ..transcripts.decoding import decode, decode_head
from . import avec, cmdc, daic_woz, dvlog, edaic
from .base import Family, Form, LabelFile, LabelSheet, Remarks
from .cells import base_name
from .merge import Read, merged

FAMILIES: dict[str, Family] = {
    module.FAMILY.corpus: module.FAMILY for module in (edaic, daic_woz, cmdc, avec, dvlog)
}
"""Corpus -> how its label files are read.  E-DAIC's files go before DAIC-WOZ's, whose columns are
among theirs."""


CALLED = re.compile(
    r"(?:train|dev|test)_split|detailed_(?:phq8_)?la?b[el]+s|metadata_mapped|subjectinfo",
    re.IGNORECASE,
)
"""Names of official label files; by itself a name proves nothing."""
NAMED = 3  # of the files that were tried in vain


def is_called_so(name: str) -> bool:
    """Say whether a file has the name of an official label file."""
    return CALLED.search(base_name(name)) is not None


def recognise(head: bytes | str, name: str) -> Form | None:
    """Tell what a file is, if it is an official label file of some corpus.

    Parameters
    ----------
    head : bytes or str
        The beginning of the file, with its first line at least.
    name : str
        Its path in the corpus: in some corpora folders tell the split.
    """
    text = decode_head(head) if isinstance(head, bytes) else head
    if text is None:
        return None
    forms = (family.recognise(text, name) for family in FAMILIES.values())
    return next((form for form in forms if form is not None), None)


def read_labels(
    corpus: str, files: Sequence[tuple[str, bytes]], ids: Iterable[str] = ()
) -> LabelSheet:
    """Merge all official label files of a corpus.

    Parameters
    ----------
    corpus : str
        See `FAMILIES`.
    files : sequence of (str, bytes)
        Path in the corpus, and content; their order does not matter.
    ids : iterable of str
        Sessions or cases that were found; where an id itself says something (CMDC: who is a
        patient), these get a row even if no file names them.

    Returns
    -------
    LabelSheet
        Where files differ, an official split file is believed, then the first by name, and a note
        counts whom that concerns.

    Raises
    ------
    LabelError
        If no file is one of the corpus, a file cannot be read, or somebody is in two splits.
    """
    family = FAMILIES[corpus]
    remarks = Remarks()
    read: list[Read] = []
    for name, content in sorted(files):
        text = _text(content, name)
        form = family.recognise(text, name)
        if form is None:
            remarks.say(f"{name}: is no label file of {corpus} that depx knows; not read")
            continue
        file = LabelFile(name=name, kind=form.kind, sha256=hashlib.sha256(content).hexdigest())
        read.append(Read(file, form, family.read(form, text, name, remarks)))
    if not read and family.of_id is None:
        tried = ", ".join(name for name, _ in sorted(files)[:NAMED])
        raise LabelError(
            f"{corpus}: none of {len(files)} files ({tried or 'none'}) is a label file of this "
            "corpus; expected its official split files"
        )
    return merged(family, read, ids, remarks)


def _text(content: bytes, name: str) -> str:
    try:
        return decode(content, name).text
    except TranscriptError as error:
        raise LabelError(str(error)) from error
