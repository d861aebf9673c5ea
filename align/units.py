"""Rows put together: by turn for ``turns/``, all of a session for ``sessions/``.

A masked row shapes no unit.  A pause belongs to no turn, for it may lie between two of the same
speaker; the session's row has all its rows that are not masked, pauses among them.
"""

# R = rows of words/, U = units (turns, or the one session), C = columns

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ..features.types import F32, F64, I64, Bool
from ..features.words import Turn
from .frames import spans_of
from .rows import Rows
from .timing import Times

NO_UNIT = -1


@dataclass(frozen=True, eq=False, kw_only=True)
class Units:
    """Which rows are put together."""

    unit_R: I64
    """`NO_UNIT` where the row shapes none."""
    tokens_U: I64
    """Words (or windows) of the unit; pauses are not counted."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnUnits(Units):
    """The turns of a session that have a row, in order."""

    turns: tuple[Turn, ...]
    start_s_U: F64
    stop_s_U: F64
    """Seconds: the turn's own, else those of its words; NaN where neither has times."""
    masked_U: Bool
    """Of a role that was not chosen; its words are counted and have no vector."""


def session_unit(rows: Rows) -> Units:
    """Put all rows together that are not masked."""
    tokens = int((~rows.masked_R & ~rows.is_pause_R).sum())
    return Units(
        unit_R=np.where(rows.masked_R, NO_UNIT, 0).astype(np.int64), tokens_U=np.array([tokens])
    )


def turn_units(rows: Rows, turns: Sequence[Turn], times: Times) -> TurnUnits:
    """Put the rows of each turn together."""
    turn_R = np.array([word.turn for word in rows.words], dtype=np.int64)
    is_token_R = ~rows.is_pause_R
    here = tuple(turn for turn in turns if turn.index in set(turn_R[is_token_R].tolist()))
    number = {turn.index: u for u, turn in enumerate(here)}
    unit_R = np.array([number.get(turn, NO_UNIT) for turn in turn_R.tolist()], dtype=np.int64)
    unit_R[~is_token_R] = NO_UNIT
    token_U = np.bincount(unit_R[unit_R >= 0], minlength=len(here))
    chosen_R = ~rows.masked_R & (unit_R >= 0)
    masked_U = np.bincount(unit_R[chosen_R], minlength=len(here)) == 0
    span = {turn.index: times_s for turn, times_s in spans_of(turns, times)}
    unknown = (math.nan, math.nan)
    return TurnUnits(
        unit_R=np.where(rows.masked_R, NO_UNIT, unit_R),
        tokens_U=token_U.astype(np.int64),
        turns=here,
        start_s_U=np.array([span.get(turn.index, unknown)[0] for turn in here], dtype=np.float64),
        stop_s_U=np.array([span.get(turn.index, unknown)[1] for turn in here], dtype=np.float64),
        masked_U=masked_U,
    )


def unit_means(value_RC: F32, units: Units) -> F32:
    """Average the rows of each unit, element by element; NaN where no row of it has the element."""
    of_unit = _members(units)
    known_RC = np.isfinite(value_RC)
    count_UC = of_unit @ known_RC.astype(np.float64)
    total_UC = of_unit @ np.where(known_RC, value_RC, np.float64(0.0))
    mean_UC: F32 = (total_UC / np.where(count_UC > 0, count_UC, np.nan)).astype(np.float32)
    return mean_UC


def unit_shares(valid_R: F32, units: Units) -> F32:
    """Average over the words of each unit what share of them was measured; pauses have none."""
    tokens_U = np.maximum(units.tokens_U, 1)
    share_U: F32 = ((_members(units) @ valid_R.astype(np.float64)) / tokens_U).astype(np.float32)
    return share_U


def _members(units: Units) -> csr_array:
    """Lay the rows of each unit out as a matrix (U, R): times rows it sums over them."""
    row_K = np.flatnonzero(units.unit_R >= 0)
    shape = (units.tokens_U.size, units.unit_R.size)
    return csr_array((np.ones(row_K.size), (units.unit_R[row_K], row_K)), shape=shape)
