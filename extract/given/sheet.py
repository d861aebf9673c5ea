"""What formats of sound share: a row a window, read once into a spool, given back as a long track.

Rows are 10 ms apart.  Their times are those of the file where it has some, else they follow from
the number of the row.  A row of nothing but zeros and NaN is one that was scrubbed, where a name
was spoken: zeros are not silence, so it stays a row in which nothing was measured.
"""

# R = rows of a block, F = rows of the file, C = columns of the track

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np

from ...errors import TrackError
from ...features.columns import Column, names
from ...features.spool import Spool
from ...features.track import LongTrack, Track, window_centres
from ...features.types import F32, F64, Bool, Seconds
from .base import Reading, mended
from .clock import DECIMALS, Times, increasing, is_clock
from .table import NumberTable

HOP_S: Seconds = 0.010
PART = 8192  # rows of a part at most: 2.4 MB of COVAREP's columns
PART_CELLS = PART * 256  # numbers of a part at most: 8 MB
TIMES = ("frameTime", "time", "timestamp", "time_s")
"""Columns that hold seconds; the first that the file has counts."""
TOLD = {
    "rows_cut": "last row broken off, left out",
    "times_moved": "of times that do not increase, moved",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Sheet:
    """The rows of a file."""

    table: NumberTable
    columns: tuple[Column, ...]
    spool: Spool
    """Values of all columns, NaN where the file has no such column."""
    stamp_F: F64 | None
    """Times of the file in seconds; None where it has none."""
    measured_F: Bool
    """Whether the row has a number that tells of something."""
    held: Mapping[str, F64]
    """The columns that were asked for, by name, all rows."""
    zeros: int
    """Cells that are exactly 0 in the rows that measure something."""


def spooled(
    table: NumberTable,
    columns: tuple[Column, ...],
    scratch: Callable[[], IO[bytes]],
    *,
    held: Sequence[str] = (),
    nothing: Sequence[float] = (0.0,),
) -> Sheet:
    """Read a file.

    Parameters
    ----------
    table : NumberTable
    columns : tuple of Column
        Of the track; by name.
    scratch : callable
        Opens a nameless file.
    held : sequence of str
        Columns that are wanted at once.
    nothing : sequence of float
        Numbers that tell of nothing, besides NaN.

    Raises
    ------
    TrackError
        If the file has no row, or a cell is no number.
    """
    wanted, known = names(columns), set(table.header)
    there = [name for name in wanted if name in known]
    stamp = next(([name] for name in TIMES if name in table.header), [])
    place = {name: c for c, name in enumerate(wanted)}
    place_C = [place[name] for name in there]
    spool = Spool(scratch(), len(wanted))
    measured: list[Bool] = []
    stamps: list[F64] = []
    kept: list[F64] = []
    zeros = 0
    for _, block_RC in table.blocks([*there, *stamp]):
        value_RC = np.full((len(block_RC), len(wanted)), np.nan)
        value_RC[:, place_C] = block_RC[:, : len(there)]
        idle_RC = np.isnan(value_RC)
        for number in nothing:
            idle_RC |= value_RC == number
        measured.append(~idle_RC.all(axis=1))
        zeros += int((value_RC[measured[-1]] == 0).sum())
        if stamp:
            stamps.append(block_RC[:, -1].copy())  # a view would hold the block
        kept.append(value_RC[:, [place[name] for name in held]])
        spool.append(value_RC.astype(np.float32))
    if spool.rows == 0:
        raise TrackError(f"{table.path.name}: holds no row of numbers; write it anew")
    return Sheet(
        table=table,
        columns=columns,
        spool=spool,
        stamp_F=np.concatenate(stamps) if stamps else None,
        measured_F=np.concatenate(measured),
        held=dict(zip(held, np.concatenate(kept).T, strict=True)),
        zeros=zeros,
    )


def times(sheet: Sheet, *, first_s: Seconds, centre_s: Seconds) -> Times:
    """Place the rows on the session's clock.

    Parameters
    ----------
    sheet : Sheet
    first_s : float
        Centre of the first row's window, for a file without times.
    centre_s : float
        From a time of the file to the centre of the row's window.

    Raises
    ------
    TrackError
        If a time is missing, or they stand still or run back again and again.
    """
    rows = sheet.spool.rows
    if sheet.stamp_F is None:
        time_s = window_centres(rows, hop_s=HOP_S, first_s=first_s)
        return Times(time_s=time_s, rate_hz=round(1 / HOP_S, DECIMALS), source="row", moved=0)
    if not is_clock(sheet.stamp_F):
        raise TrackError(
            f"{sheet.table.path.name}: has times that are missing or stand still; expected "
            "seconds that increase; mend them, or leave their column out to take 10 ms a row"
        )
    time_s, moved = increasing(sheet.stamp_F + centre_s)
    step_s = float(np.median(np.diff(time_s))) if rows > 1 else HOP_S
    return Times(time_s=time_s, rate_hz=round(1 / step_s, DECIMALS), source="file", moved=moved)


def as_read(value_FC: F32, _rows: slice) -> F32:
    """Leave values as the file has them: what `reading` takes where there is nothing to finish."""
    return value_FC


def reading(
    sheet: Sheet,
    placed: Times,
    valid_F: Bool,
    finish: Callable[[F32, slice], F32],
    quality: Mapping[str, object],
) -> Reading:
    """Offer the rows as a track.

    Parameters
    ----------
    sheet : Sheet
    placed : Times
    valid_F : bool array of shape (F,)
        Rows in which nothing was measured are NaN throughout.
    finish : callable
        Makes the values of the track, (rows, C), from those of the file; it also takes which rows
        they are.
    quality : mapping
        Figures of the format.
    """

    def parts() -> Iterator[Track]:
        step = min(PART, PART_CELLS // len(sheet.columns))
        for first in range(0, valid_F.size, step):
            part = slice(first, min(first + step, valid_F.size))
            value_FC = finish(sheet.spool.read(part.start, part.stop).copy(), part)
            value_FC[~valid_F[part]] = np.nan
            yield Track(
                time_s=placed.time_s[part],
                value_FC=value_FC,
                columns=sheet.columns,
                valid_F=valid_F[part],
                rate_hz=placed.rate_hz,
            )

    table, wanted = sheet.table, set(names(sheet.columns))
    counts = {
        "rows": int(valid_F.size),
        "rows_cut": table.cut,
        "rows_scrubbed": int((~valid_F).sum()),
        "cells_infinite": sum(table.infinite.values()),
        "times_moved": placed.moved,
        "columns_absent": len(wanted - set(table.header)),
    }
    warnings = mended(table.path.name, counts, TOLD)
    if not valid_F.any():
        warnings += (f"{table.path.name}: no row holds a measurement; replace the file",)
    track = LongTrack(
        rows=int(valid_F.size), columns=sheet.columns, rate_hz=placed.rate_hz, parts=parts
    )
    return Reading(
        track=track,
        quality={**counts, **quality},
        facts={"time_source": placed.source},
        warnings=warnings,
    )
