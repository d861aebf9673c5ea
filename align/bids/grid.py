"""Samples at the times that they have, as rows of a steady rate, which BIDS wants of a recording.

Where the times are steady to half a period, a row is a sample, whichever it is.  Else a row is an
instant of a grid at the nominal rate and holds the sample that owns it (see `owned_intervals`): a
gap becomes rows of nothing, and a sample that owns no instant is left out and counted.  The true
time of the sample stands in each row.
"""

# F = samples, R = rows

from dataclasses import dataclass

import numpy as np

from ...features.track import owned_intervals
from ...features.types import F64, I64

NEAR = 0.5  # of a period: then the nearest row of a steady rate is the sample's own
NOTHING = -1


@dataclass(frozen=True, eq=False, kw_only=True)
class Grid:
    """Rows of a steady rate."""

    rate_hz: float
    start_s: float
    """Time of the first row on the clock of the session."""
    sample_R: I64
    """The sample of each row, never descending; `NOTHING` in a gap."""
    left_out: int
    """Samples that stand in no row."""
    repeated: int
    """Rows whose sample stands in the row before, too."""

    @property
    def empty(self) -> int:
        """Rows in which there is nothing."""
        return int((self.sample_R == NOTHING).sum())


def grid_of(time_s_F: F64, rate_hz: float | None) -> Grid:
    """Lay samples out at a steady rate.

    Parameters
    ----------
    time_s_F : float64 array of shape (F,), F > 0
        Strictly increasing, seconds.
    rate_hz : float > 0 or None
        Nominal rate; None takes the median step.
    """
    samples = time_s_F.size
    whole = np.arange(samples, dtype=np.int64)
    rates = [rate_hz] if rate_hz is not None else []
    if samples > 1:
        rates.append(float((samples - 1) / (time_s_F[-1] - time_s_F[0])))  # the mean rate
    for rate in rates or [1.0]:
        if np.abs(time_s_F - (time_s_F[0] + whole / rate)).max() <= NEAR / rate:
            return Grid(
                rate_hz=rate,
                start_s=float(time_s_F[0]),
                sample_R=whole,
                left_out=0,
                repeated=0,
            )
    rate = rate_hz or float(1 / np.median(np.diff(time_s_F)))
    rows = int(np.floor((time_s_F[-1] - time_s_F[0]) * rate + NEAR)) + 1
    instant_s_R = time_s_F[0] + np.arange(rows) / rate
    start_s_F, stop_s_F = owned_intervals(time_s_F, rate)
    sample_R = np.searchsorted(start_s_F, instant_s_R, side="right").astype(np.int64) - 1
    sample_R = np.where(instant_s_R < stop_s_F[sample_R], sample_R, NOTHING)
    held = np.unique(sample_R[sample_R != NOTHING]).size
    return Grid(
        rate_hz=rate,
        start_s=float(time_s_F[0]),
        sample_R=sample_R,
        left_out=samples - held,
        repeated=int((sample_R != NOTHING).sum()) - held,
    )
