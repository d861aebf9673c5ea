"""One session: its tracks pooled under its words, its face at the steady rate, its figures.

Tracks are read in parts, so that a session's length costs little more memory than its rows do.  A
track that the session does not have is NaN under every word, with no frame and nothing valid; so is
every track under a masked row.  The interviewer's words are described by three figures for probes,
and shape nothing else.
"""

# R = rows of words/, W = words of the session, C = columns, D = width of an embedding

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import AlignmentError
from ..extract.store.reader import StoredSamples, StoredSession
from ..features.columns import names
from ..features.types import F32, I64
from ..features.words import Kind, Role, Turn, WordVectors, words_of
from .counts import counts
from .figures import measured
from .frames import Steps, resample, roles_at
from .moments import STATISTICS, Moments, Statistic
from .plan import FACE, Part, Plan
from .pool import pool
from .rows import Rows
from .samples import stored_samples
from .settings import FRAMES, SESSIONS, TURNS, WORDS, AlignSettings
from .timing import Times
from .tokens import Tokens, tokens_of
from .units import TurnUnits, Units, session_unit, turn_units, unit_means, unit_shares

HALF_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True, eq=False, kw_only=True)
class Vectors:
    """The vector columns of a view: a row a word, a turn, or the session."""

    value: dict[str, F32] = field(default_factory=dict)
    """Column -> (R, C)."""
    n_frames: dict[str, I64] = field(default_factory=dict)
    """Modality of samples -> (R,)."""
    valid: dict[str, F32] = field(default_factory=dict)
    """Modality -> (R,) share of the row that was measured, 0..1."""

    def add_moments(self, name: str, moments: Moments, statistics: Sequence[Statistic]) -> None:
        """Add the statistics of a modality of samples."""
        pooled = moments.pooled(statistics)
        self.value.update({f"{name}_{which}": pooled.value[which] for which in statistics})
        self.n_frames[name], self.valid[name] = pooled.n_frames_W, pooled.valid_W


@dataclass(frozen=True, eq=False, kw_only=True)
class Aligned:
    """What a session gives to the training set."""

    rows: Rows
    turns: TurnUnits
    session: Units
    views: Mapping[str, Vectors]
    """``words``, and ``turns`` and ``sessions`` where they are wanted."""
    steps: Steps | None
    """None where the session has no face, or ``frames`` are not wanted."""
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
    tokens = tokens_of(stored, settings)
    rows, times = tokens.rows, tokens.times
    turns, session = turn_units(rows, tokens.turns, times), session_unit(rows)
    units: dict[str, Units] = {TURNS: turns, SESSIONS: session}
    views = {view: Vectors() for view in (WORDS, TURNS, SESSIONS) if view in settings.views}
    heard = _interviewer(tokens.turns)
    interviewer_text: F32 | None = None
    opened = {track: stored.open(track) for track in plan.samples if stored.has(track)}
    for part in plan.parts:
        name = part.modality.name
        if part.kind == "samples":
            _add_samples(views, part, opened.get(name), rows, units, settings)
            continue
        if part.kind == "vectors":
            read = stored.vectors(name) if stored.has(name) else None
            value_RC, valid_R = _vectors_of(rows, read, part, times)
            if interviewer_text is None:  # by the first text model of the set
                interviewer_text = _mean_text(read, heard, part.modality.width)
        else:
            value_RC = _turns_of(rows, stored, part)
            valid_R = np.isfinite(value_RC).any(axis=1).astype(np.float32)
        for view, vectors in views.items():
            if view == WORDS:
                vectors.value[name], vectors.valid[name] = value_RC, valid_R
            else:
                vectors.value[name] = unit_means(value_RC, units[view])
                vectors.valid[name] = unit_shares(valid_R, units[view])
    if settings.dtype == "float16":
        for vectors in views.values():
            _fits_half(vectors.value)
    steps, step_roles = _steps(opened.get(FACE), plan, settings, tokens)
    words = views[WORDS]
    return Aligned(
        rows=rows,
        turns=turns,
        session=session,
        views=views,
        steps=steps,
        step_roles=step_roles,
        figures={
            "duration_s": _end_s(opened, rows),
            **counts(rows, times),
            **measured(stored, plan.parts, rows, words.n_frames, words.valid),
            "interviewer_words": len(heard),
            "interviewer_s": float(np.nansum((times.stop_s_W - times.start_s_W)[heard])),
        },
        interviewer_text=interviewer_text,
    )


def _add_samples(
    views: Mapping[str, Vectors],
    part: Part,
    opened: StoredSamples | None,
    rows: Rows,
    units: Mapping[str, Units],
    settings: AlignSettings,
) -> None:
    """Pool a track of samples under the rows that are not masked, and put the rows together."""
    name = part.modality.name
    statistics = [statistic for statistic in STATISTICS if statistic in settings.pool]
    parts = () if opened is None else stored_samples(opened, part.columns)
    moments = pool(
        parts,
        np.where(rows.masked_R, np.nan, rows.start_s_R),
        np.where(rows.masked_R, np.nan, rows.stop_s_R),
        width=part.modality.width,
        statistics=statistics,
    )
    for view, vectors in views.items():
        if view == WORDS:
            vectors.add_moments(name, moments, statistics)
        else:
            of_units = moments.by_unit(units[view].unit_R, units[view].tokens_U.size)
            vectors.add_moments(name, of_units, statistics)


def _steps(
    opened: StoredSamples | None, plan: Plan, settings: AlignSettings, tokens: Tokens
) -> tuple[Steps | None, tuple[str, ...]]:
    """Resample the face, and say whose turn each step is."""
    if FRAMES not in settings.views or opened is None:
        return None, ()
    columns = names(plan.frame_columns)
    steps = resample(opened.time_s_F, opened.parts(columns), columns, settings.frame_rate_hz)
    step_s = 1 / settings.frame_rate_hz
    return steps, roles_at(steps.time_s_T, step_s, tokens.turns, tokens.times)


def _end_s(opened: Mapping[str, StoredSamples], rows: Rows) -> float:
    """Say when the last word or sample of a session ends."""
    ends = [float(np.nanmax(rows.stop_s_R))]
    for track in opened.values():
        ends += [float(stop_s) for stop_s in track.owned()[1][-1:]]
    return max(ends)


def _vectors_of(rows: Rows, read: WordVectors | None, part: Part, times: Times) -> tuple[F32, F32]:
    """Lay the vector of each chosen word beside its row; a pause or a window has none."""
    width, words = part.modality.width, len(times.method_W)
    value_RD = np.full((len(rows.words), width), np.nan, dtype=np.float32)
    valid_R = np.zeros(len(rows.words), dtype=np.float32)
    if read is not None and rows.spoken:
        if read.value_WD.shape != (words, width):
            raise AlignmentError(
                f"{part.modality.name}: vectors {read.value_WD.shape}, expected {(words, width)}; "
                "extract again"
            )
        valid_W = read.valid_W & np.isfinite(read.value_WD).any(axis=1)
        kept = np.flatnonzero((rows.index_R >= 0) & ~rows.masked_R)
        kept = kept[valid_W[rows.index_R[kept]]]
        value_RD[kept] = read.value_WD[rows.index_R[kept]]
        valid_R[kept] = 1.0
    return value_RD, valid_R


def _turns_of(rows: Rows, stored: StoredSession, part: Part) -> F32:
    """Lay the numbers of its turn beside each chosen row; a pause is no turn's sound alone."""
    value_RC = np.full((len(rows.words), part.modality.width), np.nan, dtype=np.float32)
    if stored.has(part.modality.name):
        turn_T, value_TC = stored.turn_values(part.modality.name, part.columns)
        row_of = {int(turn): t for t, turn in enumerate(turn_T)}
        for r in np.flatnonzero(~rows.masked_R & ~rows.is_pause_R):
            turn = rows.words[r].turn
            if turn in row_of:
                value_RC[r] = value_TC[row_of[turn]]
    return value_RC


def _fits_half(vectors: Mapping[str, F32]) -> None:
    for name, value_RC in vectors.items():
        largest = float(np.nanmax(np.abs(value_RC), initial=0.0))
        if largest > HALF_MAX:
            raise AlignmentError(
                f"{name}: {largest:g} does not fit float16 (at most {HALF_MAX:g}); "
                "align with --dtype float32"
            )


def _interviewer(turns: Sequence[Turn]) -> list[int]:
    return [
        w
        for w, word in enumerate(words_of(turns))
        if word.role is Role.INTERVIEWER and word.kind in (Kind.WORD, Kind.FILLER)
    ]


def _mean_text(read: WordVectors | None, heard: Sequence[int], width: int) -> F32:
    """Average the vectors of the interviewer's words; NaN where there are none."""
    said = [] if read is None else [w for w in heard if read.valid_W[w]]
    if read is None or not said:
        return np.full(width, np.nan, dtype=np.float32)
    mean_D: F32 = read.value_WD[said].mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean_D
