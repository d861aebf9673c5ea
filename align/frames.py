"""The ``frames/`` view: the face at a steady low rate, for models that look at time, not at words.

Each step of ``1 / rate`` seconds holds the mean of the valid frames whose presentation time falls
into it, column by column; steps lie on the session's clock, step 0 starting at 0 s.  A binary
action unit (``AU12_c``) becomes the share of the step's frames in which it was present.
``face_id`` is left out: the mean of two names is nobody.
"""

# F = frames of the track, T = steps, C = columns

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..features.columns import FACE, Column
from ..features.track import Track
from ..features.types import F32, F64, Bool, Seconds
from ..features.words import Role, Turn
from .timing import Times

NOBODY = "none"
BLOCK = 64  # columns summed at once; bounds memory for tracks with all landmarks
IDENTIFIES = "id"  # unit of columns that name things


@dataclass(frozen=True, eq=False, kw_only=True)
class Steps:
    """Rows of the view for one session."""

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


def resample(track: Track, names: Sequence[str], rate_hz: float) -> Steps:
    """Average the valid frames of each step.

    Parameters
    ----------
    track : Track
    names : sequence of str
        Columns of the result; one that the track lacks is NaN throughout.
    rate_hz : float > 0
        Steps per second.

    Returns
    -------
    Steps
        From the step of the first frame to that of the last, without a hole.
    """
    step_F = np.floor(track.time_s * rate_hz).astype(np.int64)
    if step_F.size == 0:
        empty = np.empty(0)
        return Steps(
            time_s_T=empty,
            valid_T=empty.astype(np.bool_),
            value_TC=np.empty((0, len(names)), np.float32),
        )
    step, begin = np.unique(step_F, return_index=True)
    row = step - step[0]
    steps = int(row[-1]) + 1
    valid_T = np.zeros(steps, dtype=np.bool_)
    valid_T[row] = np.logical_or.reduceat(track.valid_F, begin)
    value_TC = np.full((steps, len(names)), np.nan, dtype=np.float32)
    index = {column.name: c for c, column in enumerate(track.columns)}
    here = [(to, index[name]) for to, name in enumerate(names) if name in index]
    for at in range(0, len(here), BLOCK):
        to_C, from_C = (list(side) for side in zip(*here[at : at + BLOCK], strict=True))
        value_FC = track.value_FC[:, from_C].astype(np.float64)
        known_FC = np.isfinite(value_FC) & track.valid_F[:, None]
        count = np.add.reduceat(known_FC.astype(np.float64), begin, axis=0)
        count[count == 0] = np.nan
        total = np.add.reduceat(np.where(known_FC, value_FC, 0.0), begin, axis=0)
        value_TC[np.ix_(row, to_C)] = total / count
    centre_s_T = (step[0] + np.arange(steps) + 0.5) / rate_hz
    return Steps(time_s_T=centre_s_T, valid_T=valid_T, value_TC=value_TC)


def roles_at(
    time_s_T: F64, step_s: Seconds, turns: Sequence[Turn], times: Times
) -> tuple[str, ...]:
    """Say whose turn each step is: participant, interviewer or none.

    A turn spans its own times, or where the transcript gives none, those of its words.  The role
    that holds more of the step has it; the participant where both hold as much.  An unknown role
    counts as the participant's, as everywhere.
    """
    spans: dict[bool, list[tuple[Seconds, Seconds]]] = {True: [], False: []}
    first = 0
    for turn in turns:
        words = slice(first, first + len(turn.words))
        first = words.stop
        span = (turn.start_s, turn.stop_s)
        if not (isfinite(span[0]) and isfinite(span[1])):
            timed = np.isfinite(times.start_s_W[words])
            if not timed.any():
                continue
            starts, stops = times.start_s_W[words][timed], times.stop_s_W[words][timed]
            span = (float(starts.min()), float(stops.max()))
        if span[1] > span[0]:
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


def _held(time_s_T: F64, step_s: Seconds, spans: list[tuple[Seconds, Seconds]]) -> F64:
    """Measure how many seconds of each step the union of the spans covers."""
    merged: list[list[Seconds]] = []
    for start_s, stop_s in sorted(spans):
        if merged and start_s <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], stop_s)
        else:
            merged.append([start_s, stop_s])
    if not merged:
        return np.zeros(time_s_T.size)
    knot_s = np.array(
        merged
    ).ravel()  # start, stop, start, stop, ...: the cover grows inside spans only
    covered_s = np.cumsum(np.diff(knot_s, prepend=knot_s[0]) * (np.arange(knot_s.size) % 2))
    before_s, after_s = time_s_T - step_s / 2, time_s_T + step_s / 2
    held = np.interp(after_s, knot_s, covered_s) - np.interp(before_s, knot_s, covered_s)
    return np.where(held > 1e-9, held, 0.0)  # a billionth of a second is rounding, not speech
