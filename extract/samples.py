"""The samples of a sound, in a nameless file that is read a stretch at a time.

An hour of sound costs no more memory than a minute: plain reads, as mapped pages would count.  What
a whole file says of its samples is known only at its end, so its constant part is taken off, a gain
given and the spans without a measurement made exact zeros while reading.
"""

# N = samples, S = spans

from dataclasses import dataclass, field

import numpy as np

from ..features.spool import Spool
from ..features.types import F32, I64

NO_SPANS: I64 = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class FileSamples:
    """Samples (N,) of one channel, float32 within [-1, 1]; `Samples` of the extractors."""

    spool: Spool
    """Of width 1."""
    blank_S2: I64 = field(default_factory=NO_SPANS.copy)
    """(S, 2) first sample of each span without a measurement and the first one after it."""
    offset: float = 0.0
    """Taken off every sample."""
    gain: float = 1.0
    """Given to every sample, after that."""

    @property
    def size(self) -> int:
        """N, the number of samples."""
        return self.spool.rows

    def __getitem__(self, stretch: slice, /) -> F32:
        """Read a stretch, into an array of its own.

        Raises
        ------
        TypeError
            If it is no slice, or one with a step.
        """
        if not isinstance(stretch, slice) or stretch.step not in (None, 1):
            raise TypeError("samples of a file are read by slices without a step, as y_N[4:9]")
        first, stop, _ = stretch.indices(self.size)
        y_N = self.spool.read(first, max(first, stop))[:, 0].copy()
        if self.offset or self.gain != 1:
            y_N = (y_N - np.float32(self.offset)) * np.float32(self.gain)
            np.clip(y_N, -1, 1, out=y_N)
        ahead, behind = np.searchsorted(self.blank_S2[:, 1], first, side="right"), len(y_N)
        for blank_first, blank_stop in self.blank_S2[ahead:].tolist():
            if blank_first >= first + behind:
                break
            y_N[max(blank_first - first, 0) : blank_stop - first] = 0
        return y_N
