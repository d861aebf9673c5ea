"""When the frames of a feature file were shown.

OpenFace's ``timestamp`` is (frame - 1) / fps, which is wrong on video of variable rate and leaves
out where the stream starts.  So a file with as many frames as the video has pictures takes the
pictures' presentation times; else its own times are moved by the start of the stream; without a
video they stand as they are.

A damaged time is placed between its neighbours.  Which times are damaged is told by the fewest
without which all others increase: so a time far ahead costs its own row, not those behind it.
"""

# F = frames

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from ...errors import TrackError
from ...features.track import strictly_increasing
from ...features.types import F64, I64, Bool
from ..picture import Film

STANDING = 0.1  # share of times that may stand still or run back before they are no times at all
DECIMALS = 3  # of a rate in Hz that is told from the times themselves


@dataclass(frozen=True, eq=False, kw_only=True)
class Times:
    """When the frames were shown."""

    time_s: F64
    """(F,) seconds on the session's clock, strictly increasing."""
    rate_hz: float | None
    """None for a lone frame of no video."""
    source: str
    """``pts``, ``timestamp+start``, ``timestamp`` or ``frame/rate+start``; see also `sheet`."""
    moved: int
    """How many did not increase and were moved."""
    warnings: tuple[str, ...] = ()


def times(
    number_F: I64, stamp_F: F64 | None, film: Film | None, name: str, *, step: int = 1
) -> Times:
    """Place frames on the session's clock.

    Parameters
    ----------
    number_F : int64 array of shape (F,)
        Frame numbers, increasing; 0 or 1 is the first of the video.
    stamp_F : float64 array of shape (F,) or None
        Times of the file, in seconds from the first picture; None where it has none.
    film : Film or None
        The video of the session.
    name : str
        Of the file, for messages.
    step : int > 0
        Between frame numbers.

    Raises
    ------
    TrackError
        If there are no times to be had.
    """
    base = min(int(number_F[0]), 1)
    warnings: tuple[str, ...] = ()
    if film is not None:
        frames = int(number_F[-1]) - base + 1
        if frames == film.listed_s.size:
            source, placed_s = "pts", film.listed_s[number_F - base]
            return _placed(placed_s, film.rate_hz / step, source, warnings)
        if film.listed_s.size:  # not where the container lists no times
            warnings = (
                f"{name} ends at frame {frames}, but the video has {film.listed_s.size}, so its "
                "own times are taken, from the video's start; check that they belong together",
            )
    if stamp_F is not None and is_clock(stamp_F):
        rate_hz = _rate_hz(number_F, stamp_F, step)
        if film is None:
            return _placed(stamp_F, rate_hz, "timestamp", warnings)
        return _placed(stamp_F + film.start_s, rate_hz, "timestamp+start", warnings)
    if film is None:
        lack = (
            "has no timestamp column"
            if stamp_F is None
            else "has timestamps that are missing or stand still"
        )
        raise TrackError(
            f"{name}: {lack}; expected seconds that increase, or the video beside it to tell them"
        )
    placed_s = film.start_s + (number_F - base) / film.rate_hz
    return _placed(placed_s, film.rate_hz / step, "frame/rate+start", warnings)


def _placed(time_s: F64, rate_hz: float | None, source: str, warnings: tuple[str, ...]) -> Times:
    increasing_s, moved = increasing(time_s)
    return Times(
        time_s=increasing_s, rate_hz=rate_hz, source=source, moved=moved, warnings=warnings
    )


def increasing(time_s: F64) -> tuple[F64, int]:
    """Place the times without which the others increase between their neighbours; count them."""
    kept_F = _rising(time_s)
    row_F = np.arange(time_s.size)
    placed_s, _ = strictly_increasing(np.interp(row_F, row_F[kept_F], time_s[kept_F]))
    return placed_s, int((~kept_F).sum())


def _rising(time_s: F64) -> Bool:
    """Mark a longest part of the times that increases throughout."""
    if (np.diff(time_s) > 0).all():
        return np.ones(time_s.size, dtype=np.bool_)
    least: list[float] = []  # last time of the rises of each length that ends lowest
    ends: list[int] = []  # its row
    before = np.full(time_s.size, -1)
    for row, time in enumerate(time_s.tolist()):
        length = bisect_left(least, time)
        before[row] = ends[length - 1] if length else -1
        least[length : length + 1] = [time]
        ends[length : length + 1] = [row]
    kept_F = np.zeros(time_s.size, dtype=np.bool_)
    row = ends[-1]
    while row >= 0:
        kept_F[row] = True
        row = int(before[row])
    return kept_F


def is_clock(stamp_F: F64) -> bool:
    """Say whether times run on; OpenFace writes 0 throughout for a folder of pictures."""
    steps = np.diff(stamp_F)
    return bool(np.isfinite(stamp_F).all() and (steps <= 0).sum() <= STANDING * steps.size)


def _rate_hz(number_F: I64, stamp_F: F64, step: int) -> float | None:
    """Tell the nominal rate; over the whole file, as OpenFace rounds times to milliseconds."""
    span_s = float(stamp_F[-1] - stamp_F[0])
    if span_s <= 0:
        return None
    return round(float(number_F[-1] - number_F[0]) / step / span_s, DECIMALS)
