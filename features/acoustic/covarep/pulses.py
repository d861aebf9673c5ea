"""Glottal pulses: their periods, and batches of pieces that are alike in length.

A pulse is short and no two are equally long, while NumPy wants rectangles.  Pieces are sorted by
length and worked on in batches, padded with zeros to the longest of a batch; whatever is computed
on them must not see the padding.  Nothing is measured here.
"""

# G = glottal closure instants (GCIs), N = samples, R = pieces of a batch, L = samples of the
# longest

from collections.abc import Iterator

import numpy as np

from ...types import F64, I64, Bool

SAMPLES = 65_536  # of a batch: its arrays stay in the cache, and pauses need no more memory
STRETCH = 1.25  # longest over shortest piece of a batch: bounds the padding
RANGE_HZ = (20.0, 500.0)  # what 1 / period must lie between for a pulse to be one (COVAREP)


def periods(gci_G: I64, previous: int | None = None) -> I64:
    """Measure how far each GCI lies from the one before it.

    Parameters
    ----------
    gci_G : int64 array of shape (G,)
        Samples of the GCIs, rising.
    previous : int, optional
        Sample of the GCI before the first one, negative where it lies before a piece of a
        recording.  None: the recording starts here, and the first GCI takes the period of the
        second.

    Returns
    -------
    int64 array of shape (G,)
        Periods in samples; 0 for a GCI that has no neighbour at all.
    """
    if gci_G.size == 0:
        return np.zeros(0, dtype=np.int64)
    if previous is not None:
        return np.diff(gci_G, prepend=np.int64(previous))
    between = np.diff(gci_G)
    return np.concatenate((between[:1] if between.size else np.zeros(1, dtype=np.int64), between))


def is_pulse(period_G: I64, rate_hz: int) -> Bool:
    """Tell the periods that a voice can have from gaps: `RANGE_HZ`."""
    f0_G = rate_hz / np.maximum(period_G, 1)
    return (period_G > 0) & (f0_G > RANGE_HZ[0]) & (f0_G < RANGE_HZ[1])


def framed_periods(period_G: I64, rate_hz: int) -> I64:
    """Give each GCI the period that its frame is measured by: its own, or the next behind a pause.

    Returns
    -------
    int64 array of shape (G,)
        Periods in samples; 0 for a GCI between two pauses.
    """
    following_G = np.append(period_G[1:], 0)
    framed_G = np.where(is_pulse(period_G, rate_hz), period_G, following_G)
    return np.where(is_pulse(framed_G, rate_hz), framed_G, 0)


def batches(length_G: I64, wanted_G: Bool) -> Iterator[I64]:
    """Group the wanted pieces by length: yields indices, shortest pieces first."""
    order = np.argsort(length_G, kind="stable")
    order = order[wanted_G[order]]
    sorted_length = length_G[order]
    first = 0
    while first < order.size:
        fitting = np.searchsorted(sorted_length, STRETCH * sorted_length[first], side="right")
        most = max(1, SAMPLES // max(1, int(sorted_length[first])))
        last = min(int(fitting), first + most)
        yield order[first:last]
        first = last


def cut(x_N: F64, start_R: I64, length_R: I64) -> tuple[F64, Bool]:
    """Copy pieces out of a signal into the rows of an array.

    Returns
    -------
    float64 array of shape (R, L)
        The pieces, zeros behind their ends.
    bool array of shape (R, L)
        Where the pieces are.
    """
    at_L = np.arange(int(length_R.max()))
    inside_RL = at_L < length_R[:, None]
    piece_RL = x_N.take(start_R[:, None] + at_L, mode="clip")
    piece_RL *= inside_RL
    return piece_RL, inside_RL


def cosine_window(length_R: I64, edge: float) -> F64:
    """Raise a cosine from `edge` at both ends of each piece to 1: 0 is Hann's, .08 Hamming's.

    The first and the last sample of a piece count, so that Hann's window starts and ends with 0.
    Behind the end of a piece: whatever the cosine is there.
    """
    at_L = np.arange(int(length_R.max()))
    phase_RL = (2 * np.pi / np.maximum(length_R - 1, 1))[:, None] * at_L
    np.cos(phase_RL, out=phase_RL)
    phase_RL *= -(1 - edge) / 2
    phase_RL += (1 + edge) / 2
    return phase_RL
