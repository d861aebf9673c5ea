"""One session: its tracks pooled under its words, its face at the steady rate, its figures.

A track that the session does not have is NaN under every word, with no frame and nothing valid.
The interviewer's words are described by three figures for probes, and shape nothing else.
"""

# R = rows of words/, W = words of the session, C = columns, D = width of an embedding

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import AlignmentError
from ..extract.store.reader import StoredSession
from ..features.columns import names
from ..features.types import F32, I64
from ..features.words import Kind, Role, Timing, Turn, WordVectors, words_of
from .frames import Steps, resample, roles_at
from .plan import FACE, Part, Plan, transcript
from .pool import Pooled, Statistic, pool, samples_of
from .rows import Rows
from .settings import STATISTICS, AlignSettings
from .timing import UNTIMED, Times

HALF_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True, eq=False, kw_only=True)
class Aligned:
    """What a session gives to the training set."""

    rows: Rows
    vectors: Mapping[str, F32]
    """Column of ``words/`` -> (R, C)."""
    n_frames: Mapping[str, I64]
    """Modality of samples -> (R,)."""
    valid: Mapping[str, F32]
    """Modality -> (R,) share of the word that was measured, 0..1."""
    steps: Steps | None
    """None where the session has no face."""
    step_roles: tuple[str, ...]
    figures: Mapping[str, float | int | str | None]
    """Columns of ``sessions.parquet`` that are computed here."""
    interviewer_text: F32 | None
    """(D,) mean vector of the interviewer's words; NaN where there are none; None without text."""


def align_session(stored: StoredSession, plan: Plan, settings: AlignSettings) -> Aligned:
    """Align one session.

    Raises
    ------
    DepxError
        If the session cannot be aligned; nothing of it is written then.
    """
    turns, rows, times = transcript(stored, settings)
    statistics = [name for name in STATISTICS if name in settings.pool]
    vectors: dict[str, F32] = {}
    n_frames: dict[str, I64] = {}
    valid: dict[str, F32] = {}
    steps: Steps | None = None
    step_roles: tuple[str, ...] = ()
    stop_s = [float(np.nanmax(rows.stop_s_R))]
    for part in plan.parts:
        name = part.modality.name
        if part.kind == "vectors":
            read = stored.vectors(name) if stored.has(name) else None
            vectors[name], valid[name] = _vectors_of(rows, read, part, times)
            continue
        if part.kind == "turns":
            vectors[name] = _turns_of(rows, stored, part)
            valid[name] = np.isfinite(vectors[name]).any(axis=1).astype(np.float32)
            continue
        if stored.has(name):
            track = stored.samples(name)
            samples = samples_of(track, part.modality.names)
            pooled = pool(samples, rows.start_s_R, rows.stop_s_R, statistics)
            stop_s += samples.stop_s_F[-1:].tolist()
            if name == FACE:
                steps = resample(track, names(plan.frame_columns), settings.frame_rate_hz)
                step_s = 1 / settings.frame_rate_hz
                step_roles = roles_at(steps.time_s_T, step_s, turns, times)
        else:
            pooled = _nothing(len(rows.words), part.modality.width, statistics)
        vectors |= {f"{name}_{statistic}": pooled.value[statistic] for statistic in statistics}
        n_frames[name], valid[name] = pooled.n_frames_W, pooled.valid_W
    if settings.dtype == "float16":
        _fits_half(vectors)
    heard = _interviewer(turns, times)
    return Aligned(
        rows=rows,
        vectors=vectors,
        n_frames=n_frames,
        valid=valid,
        steps=steps,
        step_roles=step_roles,
        figures={
            "duration_s": max(stop_s),
            **_counts(rows, times),
            **_measured(stored, plan.parts, rows, n_frames, valid),
            "interviewer_words": len(heard),
            "interviewer_s": float(np.nansum((times.stop_s_W - times.start_s_W)[heard])),
        },
        interviewer_text=_mean_text(stored, heard, plan.parts),
    )


def figure_names(parts: Sequence[Part]) -> tuple[str, ...]:
    """Name the columns of ``sessions.parquet`` that are computed here."""
    measured = [
        f"{part.modality.name}_{what}"
        for part in parts
        for what in ("words_without_frames", "share_valid", "origin")
        if part.kind == "samples" or what != "words_without_frames"
    ]
    spoken = ("words", "pauses", *(f"words_{how}" for how in (*Timing, UNTIMED)))
    roles = ("words_unknown_role", "words_events")
    interviewer = ("interviewer_words", "interviewer_s", "interviewer_text")
    return ("duration_s", *spoken, *roles, *measured, *interviewer)


def _vectors_of(rows: Rows, read: WordVectors | None, part: Part, times: Times) -> tuple[F32, F32]:
    """Lay the vector of each word beside its row; a pause has none."""
    width, words = part.modality.width, len(times.method_W)
    value_RD = np.full((len(rows.words), width), np.nan, dtype=np.float32)
    valid_R = np.zeros(len(rows.words), dtype=np.float32)
    if read is not None:
        if read.value_WD.shape != (words, width):
            raise AlignmentError(
                f"{part.modality.name}: vectors {read.value_WD.shape}, expected {(words, width)}; "
                "extract again"
            )
        is_word_R = rows.index_R >= 0
        index_R = rows.index_R[is_word_R]
        valid_W = read.valid_W & np.isfinite(read.value_WD).any(axis=1)
        value_RD[is_word_R] = np.where(valid_W[index_R, None], read.value_WD[index_R], np.nan)
        valid_R[is_word_R] = valid_W[index_R]
    return value_RD, valid_R


def _turns_of(rows: Rows, stored: StoredSession, part: Part) -> F32:
    """Lay the numbers of its turn beside each row; a pause belongs to no turn's sound alone."""
    value_RC = np.full((len(rows.words), part.modality.width), np.nan, dtype=np.float32)
    if stored.has(part.modality.name):
        turn_T, value_TC = stored.turn_values(part.modality.name, part.modality.names)
        row_of = {int(turn): t for t, turn in enumerate(turn_T)}
        for r, word in enumerate(rows.words):
            if rows.index_R[r] >= 0 and word.turn in row_of:
                value_RC[r] = value_TC[row_of[word.turn]]
    return value_RC


def _nothing(rows: int, width: int, statistics: Sequence[Statistic]) -> Pooled:
    return Pooled(
        value={name: np.full((rows, width), np.nan, dtype=np.float32) for name in statistics},
        n_frames_W=np.zeros(rows, dtype=np.int64),
        valid_W=np.zeros(rows, dtype=np.float32),
    )


def _fits_half(vectors: Mapping[str, F32]) -> None:
    for name, value_RC in vectors.items():
        largest = float(np.nanmax(np.abs(value_RC), initial=0.0))
        if largest > HALF_MAX:
            raise AlignmentError(
                f"{name}: {largest:g} does not fit float16 (at most {HALF_MAX:g}); "
                "align with --dtype float32"
            )


def _counts(rows: Rows, times: Times) -> dict[str, int]:
    spoken = [int(w) for w in rows.index_R if w >= 0]
    counted = times.counts(spoken)
    return {
        "words": len(spoken),
        "pauses": len(rows.words) - len(spoken),
        **{f"words_{method}": count for method, count in counted.items()},
        "words_unknown_role": sum(word.role is Role.UNKNOWN for word in rows.words),
        "words_events": sum(word.kind is Kind.EVENT for word in rows.words),
    }


def _measured(
    stored: StoredSession,
    parts: Sequence[Part],
    rows: Rows,
    n_frames: Mapping[str, I64],
    valid: Mapping[str, F32],
) -> dict[str, float | int | str | None]:
    """Describe each modality over the words; pauses are not among them."""
    is_word_R = rows.index_R >= 0
    figures: dict[str, float | int | str | None] = {}
    for part in parts:
        name = part.modality.name
        if part.kind == "samples":
            figures[f"{name}_words_without_frames"] = int((n_frames[name][is_word_R] == 0).sum())
        figures[f"{name}_share_valid"] = float(valid[name][is_word_R].mean(dtype=np.float64))
        record = stored.manifest["tracks"][name] if stored.has(name) else None
        figures[f"{name}_origin"] = None if record is None else str(record["source"]["origin"])
    return figures


def _interviewer(turns: Sequence[Turn], times: Times) -> list[int]:
    return [
        w
        for w, word in enumerate(words_of(turns))
        if word.role is Role.INTERVIEWER and word.kind in (Kind.WORD, Kind.FILLER)
    ]


def _mean_text(stored: StoredSession, heard: Sequence[int], parts: Sequence[Part]) -> F32 | None:
    """Average the interviewer's words in the first text model of the set."""
    first = next((part.modality for part in parts if part.kind == "vectors"), None)
    if first is None:
        return None
    if stored.has(first.name):
        text = stored.vectors(first.name)
        said = [w for w in heard if text.valid_W[w]]
        if said:
            mean_D: F32 = text.value_WD[said].mean(axis=0, dtype=np.float64).astype(np.float32)
            return mean_D
    return np.full(first.width, np.nan, dtype=np.float32)
