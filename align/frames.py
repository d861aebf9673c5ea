"""The ``frames/`` view: the face at a steady low rate, for models that look at time, not at words.

Each step of ``1 / rate`` seconds holds the mean of the valid frames whose presentation time falls
into it, column by column; steps lie on the session's clock, step 0 starting at 0 s.  A binary
action unit (``AU12_c``) becomes the share of the step's frames in which it was present.
``face_id`` is left out: the mean of two names is nobody.
"""

# F = frames of the track, P = frames of a part, T = steps, K = steps of a part, C = columns

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..features.columns import FACE, Column
from ..features.spans import covered_s
from ..features.track import Track
from ..features.types import F32, F64, I64, Bool, Seconds
from ..features.words import Role, Turn
from .timing import Times

NOBODY = "none"
IDENTIFIES = "id"  # unit of columns that name things


@dataclass(frozen=True, eq=False, kw_only=True)
class Steps:
    """Rows of the view for one session."""

    columns: tuple[str, ...]
    time_s_T: F64
    """Centre of the step, seconds."""
    valid_T: Bool
    """Whether any valid frame fell into the step."""
    value_TC: F32
    """NaN where no valid frame of the step measured the column."""


def frame_columns(tracks: Iterable[Sequence[Column]]) -> tuple[Column, ...]:
    """Unite the columns of facial tracks: the canonical ones in order, then others by name."""
    found = {column.name: column for columns in tracks for column in columns}
    canonical = [column for column in FACE if column.name in found]
    known = {column.name for column in canonical}
    others = sorted(set(found) - known)
    united = (*canonical, *(found[name] for name in others))
    return tuple(column for column in united if column.unit != IDENTIFIES)


def resample(time_s_F: F64, parts: Iterable[Track], names: Sequence[str], rate_hz: float) -> Steps:
    """Average the valid frames of each step.

    Parameters
    ----------
    time_s_F : float64 array of shape (F,)
        Presentation time of every frame.
    parts : iterable of Track
        The frames, in consecutive parts.
    names : sequence of str
        Columns of the result; one that the track lacks is NaN throughout.
    rate_hz : float > 0
        Steps per second.

    Returns
    -------
    Steps
        From the step of the first frame to that of the last, without a hole.
    """
    step_F = np.floor(time_s_F * rate_hz).astype(np.int64)
    begin = int(step_F[0]) if step_F.size else 0
    steps = int(step_F[-1]) - begin + 1 if step_F.size else 0
    valid_T = np.zeros(steps, dtype=np.bool_)
    value_TC = np.full((steps, len(names)), np.nan, dtype=np.float32)
    first, open_step = 0, _Sums.nothing(len(names))
    for part in parts:
        step_P = step_F[first : first + part.rows] - begin
        first += part.rows
        sums = open_step.join(_sums(step_P, part, names))
        open_step = sums.last()
        valid_T[sums.step_K] = sums.valid_K
        count_KC = np.where(sums.count_KC > 0, sums.count_KC, np.nan)
        value_TC[sums.step_K] = sums.total_KC / count_KC
    return Steps(
        columns=tuple(names),
        time_s_T=(begin + np.arange(steps) + 0.5) / rate_hz,
        valid_T=valid_T,
        value_TC=value_TC,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Sums:
    """Sums over the valid frames of some steps, ascending."""

    step_K: I64
    valid_K: Bool
    total_KC: F64
    count_KC: F64

    @classmethod
    def nothing(cls, width: int) -> "_Sums":
        none_KC = np.empty((0, width))
        return cls(
            step_K=np.empty(0, dtype=np.int64),
            valid_K=np.empty(0, dtype=np.bool_),
            total_KC=none_KC,
            count_KC=none_KC,
        )

    def last(self) -> "_Sums":
        """Keep the last step alone: frames of the next part may fall into it."""
        return _Sums(
            step_K=self.step_K[-1:],
            valid_K=self.valid_K[-1:],
            total_KC=self.total_KC[-1:],
            count_KC=self.count_KC[-1:],
        )

    def join(self, later: "_Sums") -> "_Sums":
        """Add what is known of one last step to the steps that follow; it may be the first."""
        if self.step_K.size and later.step_K.size and self.step_K[0] == later.step_K[0]:
            later.valid_K[0] |= self.valid_K[0]
            later.total_KC[0] += self.total_KC[0]
            later.count_KC[0] += self.count_KC[0]
        return later if later.step_K.size else self


def _sums(step_P: I64, part: Track, names: Sequence[str]) -> _Sums:
    step_K, begin_K = np.unique(step_P, return_index=True)
    index = {column.name: c for c, column in enumerate(part.columns)}
    here = [(to, index[name]) for to, name in enumerate(names) if name in index]
    total_KC = np.zeros((step_K.size, len(names)))
    count_KC = np.zeros((step_K.size, len(names)))
    if here and step_K.size:
        to_C, from_C = (list(side) for side in zip(*here, strict=True))
        value_PC = part.value_FC[:, from_C].astype(np.float64)
        known_PC = np.isfinite(value_PC) & part.valid_F[:, None]
        ends_K = np.append(begin_K, part.rows)
        ones_P = np.ones(part.rows)
        of_step = csr_array((ones_P, np.arange(part.rows), ends_K), (step_K.size, part.rows))
        total_KC[:, to_C] = of_step @ np.where(known_PC, value_PC, 0.0)
        count_KC[:, to_C] = of_step @ known_PC.astype(np.float64)
    return _Sums(
        step_K=step_K,
        valid_K=np.logical_or.reduceat(part.valid_F, begin_K) if step_K.size else part.valid_F,
        total_KC=total_KC,
        count_KC=count_KC,
    )


def roles_at(
    time_s_T: F64, step_s: Seconds, turns: Sequence[Turn], times: Times
) -> tuple[str, ...]:
    """Say whose turn each step is: participant, interviewer or none.

    A turn spans its own times, or where the transcript gives none, those of its words.  The role
    that holds more of the step has it; the participant where both hold as much.  An unknown role
    counts as the participant's, as everywhere.
    """
    spans: dict[bool, list[tuple[Seconds, Seconds]]] = {True: [], False: []}
    for turn, span in spans_of(turns, times):
        spans[turn.role is not Role.INTERVIEWER].append(span)
    participant_T = _held(time_s_T, step_s, spans[True])
    interviewer_T = _held(time_s_T, step_s, spans[False])
    return tuple(
        NOBODY
        if p <= 0 and i <= 0
        else Role.PARTICIPANT.value
        if p >= i
        else Role.INTERVIEWER.value
        for p, i in zip(participant_T, interviewer_T, strict=True)
    )


def spans_of(turns: Sequence[Turn], times: Times) -> Iterator[tuple[Turn, tuple[Seconds, Seconds]]]:
    """Give the time that each turn spans: its own, or where it has none, that of its words."""
    first = 0
    for turn in turns:
        words = slice(first, first + len(turn.words))
        first = words.stop
        span = (turn.start_s, turn.stop_s)
        if not span[1] > span[0]:  # NaN compares false
            timed = np.isfinite(times.start_s_W[words])
            if not timed.any():
                continue
            starts, stops = times.start_s_W[words][timed], times.stop_s_W[words][timed]
            span = (float(starts.min()), float(stops.max()))
        if span[1] > span[0]:
            yield turn, span


def _held(time_s_T: F64, step_s: Seconds, spans: list[tuple[Seconds, Seconds]]) -> F64:
    """Measure how many seconds of each step the union of the spans covers."""
    merged: list[list[Seconds]] = []
    for start_s, stop_s in sorted(spans):
        if merged and start_s <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], stop_s)
        else:
            merged.append([start_s, stop_s])
    spans_R2 = np.array(merged).reshape(-1, 2)
    held = covered_s(spans_R2, time_s_T - step_s / 2, time_s_T + step_s / 2)
    return np.where(held > 1e-9, held, 0.0)  # a billionth of a second is rounding, not speech
