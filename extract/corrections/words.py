"""A transcript as its file has it into one whose known errors are mended; all is counted.

In this order: times are shifted, rows before the interview begins are left out, then rows that are
nothing but a sync mark, then utterances that lie in an interruption.  Texts stay as they are, and
what is not left out stays in its order.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from ...features.types import Seconds
from ...features.words import INTERVIEWER_NAMES, Utterance
from ..transcripts.base import Transcript
from .base import OWN_FORMATS, Corrections

VERSION = "1"
"""Raised whenever the same corrections give other utterances."""
TRAILING = ".,;:!? "
"""What may stand behind a sync mark."""
MOST = 0.5  # share of the rows before the interview above which something else may be wrong


def corrected(said: Transcript, corrections: Corrections) -> Transcript:
    """Mend a transcript.

    Parameters
    ----------
    said : Transcript
        As read.
    corrections : Corrections
        What is known of the session.

    Returns
    -------
    Transcript
        Its reading counts, under ``corrections``, all that was shifted and left out: ``rows`` is
        the sum of those left out and those that are still there.  Where nothing is known it is
        `said` itself.
    """
    if not corrections.of_transcript():
        return said
    rows = list(said.utterances)
    counts: dict[str, object] = {"rows": len(rows)}
    warnings: list[str] = []
    if said.reading.format in OWN_FORMATS:
        if corrections.offset is not None:
            rows = [_shifted(row, corrections.offset.add_s) for row in rows]
            counts |= {"rows_shifted": len(rows), "shift_s": corrections.offset.add_s}
        marks = frozenset(corrections.sync.marks if corrections.sync is not None else ())
        if corrections.chatter is not None:
            first, begin = _begin(rows, marks)
            counts |= {"begin": begin, "rows_before_begin": first}
            if first > MOST * len(rows):
                warnings.append(
                    f"transcript: {first} of {len(rows)} rows stand before the interview begins "
                    f"({begin}), and are left out; --corrections none keeps them"
                )
            rows = rows[first:]
        if marks:
            kept = [row for row in rows if not is_mark(row.text, marks)]
            counts["rows_sync"] = len(rows) - len(kept)
            rows = kept
    elif corrections.offset is not None:
        warnings.append(
            f"transcript: the corpus's own runs {corrections.offset.add_s:g} s early; this one is "
            f"{said.reading.format}, so it is taken for timed on the sound, and nothing is added"
        )
    if corrections.interruptions:
        spans_s = [error.span_s for error in corrections.interruptions if error.span_s is not None]
        kept = [row for row in rows if not _is_interrupted(row, spans_s)]
        counts["rows_interrupted"] = len(rows) - len(kept)
        rows = kept
    reading = replace(
        said.reading, corrections=counts, warnings=(*said.reading.warnings, *warnings)
    )
    return replace(said, utterances=tuple(rows), reading=reading)


def is_mark(text: str, marks: frozenset[str]) -> bool:
    """Tell whether a text is nothing but sync marks, punctuation behind them aside."""
    pieces = [piece.rstrip(TRAILING) for piece in text.casefold().split()]
    bare = {mark.rstrip(TRAILING) for mark in marks}
    return any(pieces) and all(piece in bare for piece in pieces if piece)


def _begin(rows: Sequence[Utterance], marks: frozenset[str]) -> tuple[int, str]:
    """Find the first row of the interview, and say what told it.

    The staff's helper speaks before the interviewer does; where the interviewer has no rows, a
    sync mark is what ended the talk before.
    """
    if not any(row.speaker for row in rows):
        return 0, "not told: no speaker is named"
    for number, row in enumerate(rows):
        if (row.speaker or "").strip().casefold() in INTERVIEWER_NAMES:
            return number, "interviewer"
    for number, row in enumerate(rows):
        if is_mark(row.text, marks):
            return number + 1, "sync mark"
    return 0, "not told: neither interviewer nor sync mark"


def _shifted(row: Utterance, add_s: Seconds) -> Utterance:
    return replace(
        row,
        start_s=row.start_s + add_s,
        stop_s=row.stop_s + add_s,
        words=tuple((word, start_s + add_s, stop_s + add_s) for word, start_s, stop_s in row.words),
    )


def _is_interrupted(row: Utterance, spans_s: Sequence[tuple[Seconds, Seconds]]) -> bool:
    """Tell whether at least half of an utterance lies in one of the spans; untimed ones do not."""
    if math.isnan(row.start_s + row.stop_s):
        return False
    for start_s, stop_s in spans_s:
        if row.stop_s <= row.start_s:  # no length: a point
            if start_s <= row.start_s < stop_s:
                return True
            continue
        shared_s = min(row.stop_s, stop_s) - max(row.start_s, start_s)
        if shared_s > 0 and 2 * shared_s >= row.stop_s - row.start_s:
            return True
    return False
