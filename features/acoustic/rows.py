"""Rows that come in parts, as one long track: those whose windows touch a scrubbed span are NaN.

Parts go to a spool and come back with their times, so a track of hours takes the memory of one
part.
"""

# F = rows, S = spans, C = columns

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from ..columns import Column
from ..extractor import Sound
from ..spool import Spool
from ..track import LongTrack, Track, window_centres
from ..types import F32, I64, Bool
from .scrubbed import in_spans, zero_spans

PART = 1 << 13  # rows read back at a time, 80 s of a track


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Where the rows of a track lie in the sound, all in samples."""

    first_n: int
    """Centre of the first row: its time."""
    hop_n: int
    middle_n: int = 0
    """Middle of all that shapes a row, from the row's centre."""
    reach_n: int
    """From that middle to the first and to the last sample that shapes the row."""

    def touching(self, spans_S2: I64, first: int, rows: int) -> Bool:
        """Say which of `rows` rows, from row `first` on, touch one of the spans."""
        middle_F = self.first_n + self.middle_n + self.hop_n * np.arange(first, first + rows)
        return in_spans(spans_S2, middle_F, self.reach_n)


def long_track(
    parts: Iterable[F32],
    sound: Sound,
    grid: Grid,
    columns: tuple[Column, ...],
    scratch: Callable[[], IO[bytes]],
    *,
    unmeasure: bool = True,
) -> tuple[LongTrack, int]:
    """Gather the parts of a track; leave unmeasured what touches a scrubbed span.

    Parameters
    ----------
    parts : iterable of float32 arrays of shape (F, C)
        All rows, in order.
    sound : Sound
        What they were measured on.
    grid : Grid
    columns : tuple of C Column
    scratch : callable
        Opens a nameless file, see `Inputs.scratch`.
    unmeasure : bool
        Whether rows that touch a scrubbed span become NaN; else they keep their numbers.

    Returns
    -------
    LongTrack
        Rows in which nothing is measured, or that touch a scrubbed span, are not valid.
    int
        Number of rows that touch a scrubbed span.
    """
    spans_S2 = zero_spans(sound.y_N, sound.rate_hz)
    spool, scrubbed = Spool(scratch(), len(columns)), 0
    for value_FC in parts:
        lost_F = grid.touching(spans_S2, spool.rows, len(value_FC))
        scrubbed += int(lost_F.sum())
        if unmeasure:
            value_FC = np.where(lost_F[:, np.newaxis], np.float32(np.nan), value_FC)
        spool.append(value_FC)
    hop_s, first_s = grid.hop_n / sound.rate_hz, sound.start_s + grid.first_n / sound.rate_hz

    def read() -> Iterator[Track]:
        for first in range(0, spool.rows, PART):
            rows = min(PART, spool.rows - first)
            value_FC = spool.read(first, first + rows)
            yield Track(
                time_s=window_centres(first + rows, hop_s=hop_s, first_s=first_s)[first:],
                value_FC=value_FC,
                columns=columns,
                valid_F=np.isfinite(value_FC).any(axis=1) & ~grid.touching(spans_S2, first, rows),
                rate_hz=1 / hop_s,
            )

    return LongTrack(rows=spool.rows, columns=columns, rate_hz=1 / hop_s, parts=read), scrubbed
