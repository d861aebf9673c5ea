"""Which way up a recording is: an inverted microphone turns glottal closures into positive peaks.

The residual of a voice is skewed by its closures, and the more so the more of the glottal formant
(below 500 Hz) was taken out before its filters were estimated; the sign of the difference tells the
polarity (RESKEW: Drugman, "Residual excitation skewness for automatic speech polarity detection",
IEEE Signal Processing Letters 2013).  Skewness belongs to a whole recording: `moments` of its
pieces are merged, and `polarity` is decided once.
"""

# N = samples

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.signal import ellip, ellipord, sosfiltfilt

from ...types import F64
from .lpc import lp_residual

STOP_HZ, PASS_HZ = 480, 500  # edges of the high-pass that takes the glottal formant out
RIPPLE_DB, REJECTION_DB = 3, 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """Count, mean and sums of powers of the deviations from it; `+` joins two sets of samples."""

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0
    """Sum of squared deviations."""
    m3: float = 0.0
    """Sum of cubed deviations."""

    def __add__(self, other: "Moments") -> "Moments":
        """Merge without a look at the samples (Pebay, Sandia report SAND2008-6212, 2008)."""
        count = self.count + other.count
        if count == 0:
            return self
        step, p, q = other.mean - self.mean, self.count / count, other.count / count
        return Moments(
            count=count,
            mean=self.mean + step * q,
            m2=self.m2 + other.m2 + step**2 * p * other.count,
            m3=self.m3
            + other.m3
            + step**3 * p * other.count * (p - q)
            + 3 * step * (p * other.m2 - q * self.m2),
        )

    @property
    def skewness(self) -> float:
        """Third standardised moment; 0 where all samples are equal, or none is there."""
        deviation = (self.m2 / max(self.count, 1)) ** 0.5
        return self.m3 / self.m2 / deviation if deviation > 0 else 0.0


def moments(x_N: F64) -> Moments:
    """Summarise samples, so that their skewness can be had together with that of others."""
    if x_N.size == 0:
        return Moments()
    mean = float(x_N.mean())
    deviation_N = x_N - mean
    square_N = deviation_N**2
    return Moments(
        count=x_N.size, mean=mean, m2=float(square_N.sum()), m3=float(square_N @ deviation_N)
    )


def skewed_residuals(x_N: F64, rate_hz: int) -> tuple[F64, F64]:
    """Filter a signal inversely in two ways, whose skewness differs as the polarity says.

    Parameters
    ----------
    x_N : float64 array of shape (N,)
        Mono signal, finite.
    rate_hz : int > 1000
        Samples per second.

    Returns
    -------
    formantless_N, plain_N : float64 arrays of shape (N,)
        Residual by filters estimated above 500 Hz, and by filters of the signal itself; the latter
        is the residual that other measures of the voice take, too.
    """
    order = residual_order(rate_hz)
    plain_N = lp_residual(x_N, rate_hz, order)
    above_N = high_passed(x_N, rate_hz, stop_hz=STOP_HZ, pass_hz=PASS_HZ)
    return lp_residual(x_N, rate_hz, order, predict_N=above_N), plain_N


def polarity(formantless: Moments, plain: Moments) -> Literal[-1, 1]:
    """Decide from the moments of the two residuals of a whole recording.

    Returns
    -------
    1 or -1
        What to multiply the signal by.  COVAREP's sign function gives 0 where both are equally
        skewed, and so wipes out a signal that is silent or symmetric: here it stays as it is.
    """
    return -1 if plain.skewness < formantless.skewness else 1


def voted(blocks: Sequence[tuple[Moments, Moments]]) -> Literal[-1, 1]:
    """Decide from the moments of both residuals in each of many stretches, as most of them say.

    A third moment is the loudest thing that happens: one knock outweighs a minute of voice.
    """
    steps = [plain.skewness - formantless.skewness for formantless, plain in blocks]
    return -1 if steps and np.median(steps) < 0 else 1


def residual_order(rate_hz: int) -> int:
    """Order of linear prediction for a voice: two for the source, one more a kHz."""
    return int(np.floor(rate_hz / 1000 + 0.5)) + 2


def high_passed(x_N: F64, rate_hz: int, *, stop_hz: float, pass_hz: float) -> F64:
    """Take low frequencies out by an elliptic filter that runs forth and back, without a delay.

    Parameters
    ----------
    x_N : float64 array of shape (N,)
        Signal; one that is no longer than the filter's own edges comes back as zeros.
    rate_hz : int > 2 `pass_hz`
        Samples per second.
    stop_hz, pass_hz : float > 0
        Where 60 dB are reached, and where at most 3 dB are lost, in one pass.
    """
    order, edge_hz = ellipord(pass_hz, stop_hz, RIPPLE_DB, REJECTION_DB, fs=rate_hz)
    padding = 3 * order  # as MATLAB and Octave pad; SciPy's own default is a little more
    if x_N.size <= padding:
        return np.zeros_like(x_N)
    sections = ellip(order, RIPPLE_DB, REJECTION_DB, edge_hz, "high", output="sos", fs=rate_hz)
    return np.asarray(sosfiltfilt(sections, x_N, padlen=padding))
