"""Track: what is measured along the clock of a session, and the one rule by which samples own time.

A row that could not be measured stays a row: ``valid`` is false and its values are NaN.
Nothing here resamples, pools or reads a file.
"""

# F = samples, C = columns

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..errors import TrackError
from .columns import Column
from .types import F32, F64, Bool, Seconds

REACH = 1.5  # nominal periods that a sample owns at most
NUDGE_S = 1e-6  # how far an equal or backward time is moved behind the one before it


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where numbers come from: all that would make them differ."""

    extractor: str
    version: str
    origin: Literal["computed", "given"] = "computed"
    parameters: Mapping[str, object] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Versions of the libraries that computed, by distribution name."""
    models: Mapping[str, str] = field(default_factory=dict)
    """sha256 of each model file, by file name."""
    licences: Mapping[str, str] = field(default_factory=dict)
    """Licence of each model and library that shaped the numbers."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Track:
    """Samples along the clock of a session.

    Raises
    ------
    TrackError
        If shapes disagree, or times are not finite and increasing.
    """

    time_s: F64
    """(F,) seconds, strictly increasing: presentation time of a frame, centre of a window."""
    value_FC: F32
    """(F, C); NaN means "not measured"."""
    columns: tuple[Column, ...]
    valid_F: Bool
    """(F,) false where nothing was measured (a lost face); the row's measurements are NaN."""
    rate_hz: float | None
    """Nominal rate, or None where there is none."""

    def __post_init__(self) -> None:
        rows = self.time_s.shape[0] if self.time_s.ndim == 1 else -1
        if self.value_FC.shape != (rows, len(self.columns)) or self.valid_F.shape != (rows,):
            raise TrackError(
                f"track: times {self.time_s.shape}, values {self.value_FC.shape} and valid "
                f"{self.valid_F.shape} do not fit {len(self.columns)} columns"
            )
        if not np.isfinite(self.time_s).all() or (np.diff(self.time_s) <= 0).any():
            raise TrackError("track: times must be finite and strictly increasing")

    @property
    def rows(self) -> int:
        """Number of samples."""
        return int(self.time_s.shape[0])

    def group(self, *groups: str) -> tuple[int, ...]:
        """List the indices of the columns that belong to any of `groups`, in order."""
        return tuple(c for c, column in enumerate(self.columns) if column.group in groups)

    def owned(self) -> tuple[F64, F64]:
        """Say which interval each sample owns; see `owned_intervals`."""
        return owned_intervals(self.time_s, self.rate_hz)


@dataclass(frozen=True, eq=False, kw_only=True)
class LongTrack:
    """A track that may be too long to be held: its rows come in parts, as often as one asks."""

    rows: int
    columns: tuple[Column, ...]
    rate_hz: float | None
    parts: Callable[[], Iterator[Track]]
    """Consecutive rows under the same columns; times increase across parts too."""

    def whole(self) -> Track:
        """Hold all rows at once."""
        parts = list(self.parts())
        return Track(
            time_s=np.concatenate([part.time_s for part in parts]),
            value_FC=np.concatenate([part.value_FC for part in parts]),
            columns=self.columns,
            valid_F=np.concatenate([part.valid_F for part in parts]),
            rate_hz=self.rate_hz,
        )


def owned_intervals(time_s: F64, rate_hz: float | None) -> tuple[F64, F64]:
    """Give each sample the time between the midpoints to its neighbours, within `REACH` periods.

    The one rule by which samples fall under words.  It makes no assumption of a constant rate, and
    a gap in the recording is owned by nobody.  The first and the last sample reach half a period
    outwards.

    Parameters
    ----------
    time_s : float64 array of shape (F,)
        Strictly increasing, in seconds.
    rate_hz : float > 0 or None
        Nominal rate; None takes the median step.

    Returns
    -------
    start_s, stop_s : float64 arrays of shape (F,)
        Half-open intervals; ``start_s[i + 1] >= stop_s[i]``.  A lone sample of no known rate owns
        an empty interval.
    """
    if time_s.size == 0:
        return time_s.copy(), time_s.copy()
    step_s = np.diff(time_s)
    if rate_hz is not None:
        period_s = 1.0 / rate_hz
    else:
        period_s = float(np.median(step_s)) if step_s.size else 0.0
    reach_s = np.minimum(step_s / 2, REACH / 2 * period_s)
    start_s = time_s - np.concatenate([[period_s / 2], reach_s])
    stop_s = time_s + np.concatenate([reach_s, [period_s / 2]])
    return start_s, np.minimum(stop_s, np.append(start_s[1:], np.inf))


def strictly_increasing(time_s: F64) -> tuple[F64, int]:
    """Move equal and backward times `NUDGE_S` behind the one before, and count them.

    Returns
    -------
    time_s : float64 array of shape (F,)
        Strictly increasing.
    moved : int
        How many were moved.
    """
    fixed_s = time_s.astype(np.float64, copy=True)
    moved = 0
    for i in np.flatnonzero(np.diff(fixed_s) <= 0) + 1:
        for k in range(int(i), fixed_s.size):
            if fixed_s[k] > fixed_s[k - 1]:
                break
            fixed_s[k] = fixed_s[k - 1] + NUDGE_S
            moved += 1
    return fixed_s, moved


def window_centres(count: int, *, hop_s: Seconds, first_s: Seconds) -> F64:
    """Place the centres of `count` analysis windows, `hop_s` apart, the first at `first_s`."""
    return first_s + hop_s * np.arange(count, dtype=np.float64)
