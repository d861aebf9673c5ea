"""Whether the tables hold numbers: NaN among what is valid, Inf, columns that never change."""

# R = rows, C = columns

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ...features.columns import Column
from ...features.types import F32, F64, I64, Bool, Seconds
from .base import Check, Measured, Stretch
from .seen import Seen
from .spans import MOST

FEWEST = 100  # valid rows: in fewer a column may well stand still
MAY_STAND = frozenset({"quality", "au_c", "level", "vad"})
"""Groups of columns that are rightly the same throughout: one person, a unit that never came."""
ZERO = frozenset(f"HMPDM_{i}" for i in range(5))
"""Columns that COVAREP itself leaves at zero, the last of them nearly always."""


class _Part(NamedTuple):
    """Some rows of a table."""

    value_RC: F32
    valid_R: Bool
    time_R: F64 | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Figures:
    """What one pass over a table finds."""

    track: str
    columns: tuple[str, ...]
    groups: tuple[str, ...]
    valid: int
    """Rows that are."""
    nan_C: I64
    """NaN among them, a column."""
    infinite_C: I64
    """In all rows, a column."""
    low_C: F32
    high_C: F32
    """Over valid rows; Inf and -Inf where there is no number."""
    infinite_s: tuple[Seconds, ...] = field(default=())
    """When the first of them are, where rows have times."""

    @property
    def nan_share(self) -> float:
        """Share of the cells of valid rows."""
        cells = self.valid * len(self.columns)
        return int(self.nan_C.sum()) / cells if cells else 0.0

    def constant(self) -> list[str]:
        """List the columns that have one value throughout."""
        if self.valid < FEWEST:
            return []
        still_C = (self.low_C == self.high_C) & (self.nan_C < self.valid)
        return [
            name
            for name, group, still in zip(self.columns, self.groups, still_C, strict=True)
            if still and group not in MAY_STAND and name not in ZERO
        ]


def scanned(seen: Seen) -> tuple[Figures, ...]:
    """Scan every table of numbers, once a session."""
    if not seen.scanned:
        seen.scanned.update(
            (track, _scan(seen, track))
            for track in seen.stored.tracks()
            if seen.stored.kind(track) in ("samples", "vectors", "turns")
        )
    return tuple(seen.scanned.values())


def _scan(seen: Seen, track: str) -> Figures:
    columns, parts = _table(seen, track)
    width = len(columns)
    nan_C, infinite_C = (np.zeros(width, np.int64) for _ in range(2))
    low_C, high_C = np.full(width, np.inf, np.float32), np.full(width, -np.inf, np.float32)
    valid, when = 0, list[float]()
    for part in parts:
        infinite_RC = np.isinf(part.value_RC)
        if infinite_RC.any():
            infinite_C += infinite_RC.sum(axis=0)
            if part.time_R is not None and len(when) < MOST:
                when += part.time_R[infinite_RC.any(axis=1)][: MOST - len(when)].tolist()
        value_RC = part.value_RC[part.valid_R]
        valid += len(value_RC)
        nan_C += np.isnan(value_RC).sum(axis=0)
        if len(value_RC):
            low_C = np.fmin(low_C, np.fmin.reduce(value_RC, axis=0))
            high_C = np.fmax(high_C, np.fmax.reduce(value_RC, axis=0))
    return Figures(
        track=track,
        columns=tuple(column.name for column in columns),
        groups=tuple(column.group for column in columns),
        valid=valid,
        nan_C=nan_C,
        infinite_C=infinite_C,
        low_C=low_C,
        high_C=high_C,
        infinite_s=tuple(when),
    )


def _table(seen: Seen, track: str) -> tuple[tuple[Column, ...], Iterator[_Part]]:
    """Give the columns of a table and its rows in parts; only of samples is it not held whole."""
    match seen.stored.kind(track):
        case "samples":
            opened = seen.opened(track)
            names = [column.name for column in opened.columns]
            parts = (_Part(p.value_FC, p.valid_F, p.time_s) for p in opened.parts(names))
            return opened.columns, parts
        case "vectors":
            vectors = seen.stored.vectors(track)
            columns = tuple(Column(f"{track}_{c}", "1") for c in range(vectors.value_WD.shape[1]))
            return columns, iter([_Part(vectors.value_WD, vectors.valid_W, None)])
        case _:
            columns = seen.stored.columns(track)
            names = [column.name for column in columns]
            _, value_TC = seen.stored.turn_values(track, names)
            measured_T = ~np.isnan(value_TC).all(axis=1)  # a turn too short for it has none
            return columns, iter([_Part(value_TC, measured_T, None)])


def _missing(seen: Seen) -> Measured:
    figures = [one for one in scanned(seen) if one.valid]
    if not figures:
        return Measured(value=None, about="no valid row in any track")
    worst = max(figures, key=lambda one: one.nan_share)
    told = [f"{one.track} {100 * one.nan_share:.2g} %" for one in figures if one.nan_share]
    return Measured(value=worst.nan_share, about=", ".join(told))


def _infinite(seen: Seen) -> Measured:
    figures = scanned(seen)
    if not figures:
        return Measured(value=None, about="no table of numbers")
    hit = [one for one in figures if one.infinite_C.any()]
    return Measured(
        value=float(sum(int(one.infinite_C.sum()) for one in figures)),
        about=", ".join(f"{one.track} ({_some(_infinite_columns(one))})" for one in hit),
        stretches=tuple(
            Stretch(start_s=s, stop_s=s, about=f"Inf in {one.track}")
            for one in hit
            for s in one.infinite_s
        )[:MOST],
    )


def _infinite_columns(figures: Figures) -> list[str]:
    return [figures.columns[c] for c in np.flatnonzero(figures.infinite_C)]


def _constant(seen: Seen) -> Measured:
    figures = [one for one in scanned(seen) if one.valid >= FEWEST]
    if not figures:
        return Measured(value=None, about=f"no track with {FEWEST} valid rows")
    still = {one.track: one.constant() for one in figures}
    return Measured(
        value=float(sum(map(len, still.values()))),
        about=", ".join(f"{track} ({_some(names)})" for track, names in still.items() if names),
    )


def _some(names: list[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


CHECKS = (
    Check(
        name="numbers.missing",
        title="Missing cells",
        unit="share",
        about="Share of the cells that are NaN although their row is valid, in the track that has "
        "the most: what could not be measured (no voice, no neutral face). Models mask them.",
        doubtful=0.1,
        bad=0.6,
        measure=_missing,
    ),
    Check(
        name="numbers.infinite",
        title="Infinite cells",
        unit="count",
        about="Infinite numbers in any table. One is enough to spoil a mean, and a training.",
        doubtful=0.5,
        bad=1.0,
        measure=_infinite,
    ),
    Check(
        name="numbers.constant",
        title="Constant columns",
        unit="count",
        about="Columns with one value in 100 valid rows and more; presence of units and figures of "
        "quality left out. Nothing was measured there, or the wrong file was read.",
        doubtful=1.0,
        bad=20.0,
        measure=_constant,
    ),
)
