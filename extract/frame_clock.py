"""The presentation time of each decoded frame, from the listed times of its stream.

Each decoded frame takes the listed PTS nearest to the position that the decoder reports, so frames
that fail to decode do not shift those behind them.  Where a container has no PTS the reported
position counts, and where there is none either, frame number over rate; which one was used is
recorded.  The same rule holds whichever library decodes.
"""

# F = listed packets

import numpy as np

from ..features.types import F64, Seconds


class FrameClock:
    """Gives each decoded frame its time.

    Parameters
    ----------
    listed_s : float64 array of shape (F,)
        Sorted presentation times on the session's clock; empty where the container has none.
    start_s : float
        Start of the stream on the session's clock, in seconds.
    rate_hz : float > 0
        Nominal rate.
    """

    def __init__(self, listed_s: F64, start_s: Seconds, rate_hz: float) -> None:
        self.listed_s, self.start_s, self.period_s = listed_s, start_s, 1 / rate_hz
        self.frames = 0
        """Frames that have been given a time."""
        self.used: set[str] = set()
        self._next = 0  # first listed time that no frame has taken
        self._moves = False  # whether the reported position has ever left zero

    def time_s(self, position_s: Seconds) -> Seconds:
        """Time of the next decoded frame, whose reported position is `position_s`.

        A position counts from the start of the stream; a decoder that has none reports 0.
        """
        i = self.frames
        self.frames += 1
        self._moves = self._moves or position_s > self.period_s / 4
        reported_s = self.start_s + position_s
        if self._next < self.listed_s.size:
            k = self._next
            if self._moves:  # listed packets that did not decode are passed over
                k += _nearest(self.listed_s[self._next :], reported_s)
            if abs(self.listed_s[k] - reported_s) > self.period_s:
                k = self._next  # the reported position is no presentation time: take them in order
            self._next = k + 1
            self.used.add("pts")
            return float(self.listed_s[k])
        if self._moves:
            self.used.add("position")
            return reported_s
        self.used.add("frame_number")
        return self.start_s + i * self.period_s

    def source(self) -> str:
        """Name where the times came from."""
        return "+".join(sorted(self.used))


def _nearest(sorted_s: F64, wanted_s: Seconds) -> int:
    after = int(np.searchsorted(sorted_s, wanted_s))
    if after == sorted_s.size or (
        after > 0 and wanted_s - sorted_s[after - 1] < sorted_s[after] - wanted_s
    ):
        return after - 1
    return after
