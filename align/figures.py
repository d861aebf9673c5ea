"""The columns of ``sessions.parquet`` that say what a session's rows are and how far measured."""

# R = rows of words/

from collections.abc import Mapping, Sequence

import numpy as np

from ..extract.store.reader import StoredSession
from ..features.types import F32, I64
from ..features.words import Timing
from .plan import Part
from .rows import Rows
from .timing import UNTIMED


def figure_names(parts: Sequence[Part]) -> tuple[str, ...]:
    """Name the columns of ``sessions.parquet`` that are computed."""
    of_parts = [
        f"{part.modality.name}_{what}"
        for part in parts
        for what in ("words_without_frames", "share_valid", "origin")
        if part.kind == "samples" or what != "words_without_frames"
    ]
    rows = ("rows", "rows_masked", "words", "pauses", "windows")
    spoken = (*(f"words_{how}" for how in (*Timing, UNTIMED)), "confidence_median")
    roles = ("words_unknown_role", "words_events")
    interviewer = ("interviewer_words", "interviewer_s", "interviewer_text")
    return ("duration_s", *rows, *spoken, *roles, *of_parts, *interviewer)


def measured(
    stored: StoredSession,
    parts: Sequence[Part],
    rows: Rows,
    n_frames: Mapping[str, I64],
    valid: Mapping[str, F32],
) -> dict[str, float | int | str | None]:
    """Describe each modality over the chosen words (or windows); pauses are not among them."""
    is_token_R = ~rows.masked_R & ~rows.is_pause_R
    figures: dict[str, float | int | str | None] = {}
    for part in parts:
        name = part.modality.name
        if part.kind == "samples":
            figures[f"{name}_words_without_frames"] = int((n_frames[name][is_token_R] == 0).sum())
        figures[f"{name}_share_valid"] = float(valid[name][is_token_R].mean(dtype=np.float64))
        record = stored.manifest["tracks"][name] if stored.has(name) else None
        figures[f"{name}_origin"] = None if record is None else str(record["source"]["origin"])
    return figures
