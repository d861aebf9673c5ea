"""Shape of the glottal pulses: NAQ, QOQ, H1H2 and PSP, one value a GCI.

Each is taken from one glottal cycle of the flow that `inverse.iaif` estimates, the cycle that ends
at the GCI; none depends on the level of the speech.  Definitions are COVAREP's, down to the sample.

References
----------
Alku, Backstrom & Vilkman, "Normalized amplitude quotient for parametrization of the glottal flow",
JASA 112 (2002) 701-710.  Hacki, "Klassifizierung von Glottisdysfunktionen mit Hilfe der
Elektroglottographie", Folia Phoniatrica 41 (1989) 43-48.
"""

# G = glottal closure instants (GCIs), N = samples, R = pulses of a batch, L = samples of the
# longest

import numpy as np

from ...types import F64, I64, Bool
from .parabola import POINTS, spectral_parabola
from .partials import h1h2
from .pulses import batches, cut, is_pulse, periods

PARAMETERS = ("NAQ", "QOQ", "H1H2", "PSP")

AFTER_S = 0.0005  # s behind the GCI in which the flow's steepest fall may lie
OPEN = 0.5  # of the peak flow, above which the glottis counts as open
ROUNDING = 1e-12  # of the largest flow: a peak below it is a rounding error


def glottal_parameters(
    flow_N: F64, derivative_N: F64, rate_hz: int, gci_G: I64, *, previous: int | None = None
) -> F64:
    """Measure the glottal pulse that ends at each GCI.

    COVAREP writes the values down one sample behind the GCI.

    Parameters
    ----------
    flow_N, derivative_N : float64 arrays of shape (N,)
        Glottal flow and its derivative: see `inverse.iaif`.
    rate_hz : int > 0
        Samples per second.
    gci_G : int64 array of shape (G,), rising, >= 0
        Samples of the GCIs.
    previous : int, optional
        The GCI before the first: see `periods`.  None: the first pulse starts with the signal.

    Returns
    -------
    float64 array of shape (G, 4)
        Columns are `PARAMETERS`, H1H2 in dB.  NaN: not measured, where COVAREP writes 0: where
        1 / period is outside 20 .. 500 Hz; NAQ and QOQ also where the flow does not rise over the
        line between the pulse's ends, H1H2 also where both harmonics are one peak, PSP also where
        the pulse is flat or has more than 2048 samples.
    """
    out_G4 = np.full((gci_G.size, len(PARAMETERS)), np.nan)
    period_G = periods(gci_G, previous)
    pulse_G = is_pulse(period_G, rate_hz) & (gci_G < flow_N.size)
    start_G = np.maximum(gci_G - period_G, 0)
    if previous is None:
        start_G[:1] = 0
    length_G = gci_G - start_G + 1
    for batch in batches(length_G, pulse_G):
        start_R, length_R, period_R = start_G[batch], length_G[batch], period_G[batch]
        pulse_RL, inside_RL = cut(flow_N, start_R, length_R)
        short = np.flatnonzero(length_R <= POINTS)
        if short.size:
            out_G4[batch[short], 3] = spectral_parabola(
                pulse_RL[short, :POINTS], inside_RL[short, :POINTS], period_R[short]
            )
        _straighten(pulse_RL, length_R)
        peak_R = np.where(inside_RL, pulse_RL, -np.inf).max(axis=1)
        reach_R = np.minimum(length_R + int(AFTER_S * rate_hz + 0.5), flow_N.size - start_R)
        fall_R = np.abs(cut(derivative_N, start_R, reach_R)[0]).max(axis=1)
        risen_R = (peak_R > ROUNDING * np.abs(pulse_RL).max(axis=1)) & (fall_R > 0)
        fall_R[~risen_R] = np.nan
        out_G4[batch, 0] = peak_R / fall_R / period_R
        open_R = _open_samples(pulse_RL, inside_RL, peak_R, length_R)
        out_G4[batch, 1] = np.where(risen_R, open_R / period_R, np.nan)
    out_G4[:, 2] = h1h2(derivative_N, rate_hz, gci_G, period_G, pulse_G)
    return out_G4


def _straighten(pulse_RL: F64, length_R: I64) -> None:
    """Take the line through both ends off each pulse, in place."""
    rows = np.arange(length_R.size)
    first_R, last_R = pulse_RL[:, 0].copy(), pulse_RL[rows, length_R - 1]
    slope_R = (last_R - first_R) / np.maximum(length_R - 1, 1)
    pulse_RL -= first_R[:, None] + slope_R[:, None] * np.arange(pulse_RL.shape[1])
    pulse_RL[rows, length_R - 1] = 0.0


def _open_samples(pulse_RL: F64, inside_RL: Bool, peak_R: F64, length_R: I64) -> F64:
    """Count the samples around each pulse's peak in which the flow stays above `OPEN`.

    The walk from the peak ends at the third sample and at the last but two, as in COVAREP.
    """
    at_L = np.arange(pulse_RL.shape[1])
    top_R = np.where(inside_RL, pulse_RL, -np.inf).argmax(axis=1)
    shut_RL = pulse_RL <= OPEN * peak_R[:, None]
    ahead_RL = (at_L >= top_R[:, None]) & (shut_RL | (at_L >= length_R[:, None] - 3))
    behind_RL = (at_L <= top_R[:, None]) & (shut_RL | (at_L <= 2))
    right_R = ahead_RL.argmax(axis=1)
    left_R = at_L.size - 1 - behind_RL[:, ::-1].argmax(axis=1)
    count: F64 = (right_R - left_R).astype(np.float64)
    return count
