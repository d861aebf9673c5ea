"""Transcripts in, utterances out: the format is told by content, never by name.

DAIC-WOZ calls its tab table ``.csv``, users call anything ``.txt``; and a session folder holds
other tables (labels, OpenFace, COVAREP) that must not be taken for what was said.
"""

from pathlib import Path

from ...errors import TranscriptError
from ...features.words import Utterance
from . import daic_woz, srt, whisperx
from .base import Format, decode, head_of

FORMATS = (whisperx.FORMAT, daic_woz.FORMAT, srt.FORMAT)


def recognise(head: str | None) -> Format | None:
    """Tell the format of a file from its head (`head_of`); None where it is no transcript."""
    if head is None:
        return None
    return next((format_ for format_ in FORMATS if format_.matches(head)), None)


def read(path: Path) -> tuple[Utterance, ...]:
    """Read a transcript.

    Returns
    -------
    tuple of Utterance
        At least one, in the order of the file: times that run backwards are kept.

    Raises
    ------
    TranscriptError
        If no format recognises the file, a time is no number, or nothing was said in it.
    """
    format_ = recognise(head_of(path))
    if format_ is None:
        known = "; ".join(known.name for known in FORMATS)
        raise TranscriptError(f"{path.name}: is no transcript that depx knows; expected {known}")
    utterances = format_.parse(decode(path.read_bytes(), path.name), path.name)
    if not utterances:
        raise TranscriptError(f"{path.name}: holds no utterance; expected at least one")
    return utterances
