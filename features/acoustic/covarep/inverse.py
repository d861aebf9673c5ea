"""Glottal flow and its derivative by iterative adaptive inverse filtering (IAIF) at each GCI.

A frame of two periods around each glottal closure instant is split into glottal flow and vocal
tract by three linear predictions, each on what the one before has left; the frames' flows are
added where they lay.  Frames and conventions are COVAREP's, down to the sample: see `iaif`.

References
----------
Alku, "Glottal wave analysis with pitch synchronous iterative adaptive inverse filtering", Speech
Communication 11 (1992) 109-118.
"""

# G = glottal closure instants (GCIs), N = samples, R = frames of a batch, L = samples of a frame,
# M = samples of a frame with its ramp, K = filter coefficients

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import firls, lfilter

from ...types import F64, I64, Bool
from .lpc import lpc
from .pulses import batches, cosine_window, cut, framed_periods, periods

EARLY = 1  # samples that a frame's centre lies before its GCI: COVAREP takes (i - 1) for i
LEAK = 0.99  # of the integrator that stands for the radiation at the lips
STOP_HZ, PASS_HZ = 40.0, 70.0  # edges of the linear-phase high-pass: rumble bends the flow


def iaif(
    x_N: F64,
    rate_hz: int,
    gci_G: I64,
    *,
    previous: int | None = None,
    as_coded: bool = False,
) -> tuple[F64, F64]:
    """Estimate the glottal flow and its derivative around glottal closure instants.

    The frames reach one period to either side of the GCI; they are cut at the ends of the signal,
    and the window then spans what is left.  Frames overlap and add up without normalisation.

    Parameters
    ----------
    x_N : float64 array of shape (N,), finite
        Speech of positive polarity.
    rate_hz : int > 0
        Samples per second.
    gci_G : int64 array of shape (G,), rising
        Samples of the GCIs.
    previous : int, optional
        The GCI before the first: see `periods`.
    as_coded : bool
        Let the frame at the end of a pause be as long as two pauses, as COVAREP has it: it adds a
        second flow to that of the voice behind the pause.  Else that frame takes the next period.

    Returns
    -------
    flow_N, derivative_N : float64 arrays of shape (N,)
        Glottal flow and its derivative in the unit of `x_N`; 0 where no frame lies.
    """
    flow_N, derivative_N = np.zeros(x_N.size), np.zeros(x_N.size)
    period_G = periods(gci_G, previous)
    if not as_coded:
        period_G = framed_periods(period_G, rate_hz)
    centre_G = gci_G - EARLY
    start_G = np.maximum(centre_G - period_G, 0)
    length_G = np.minimum(centre_G + period_G + 1, x_N.size) - start_G
    framed_G = (period_G > 0) & (length_G > tract_order(rate_hz))
    for batch in batches(length_G, framed_G):
        start_R, length_R = start_G[batch], length_G[batch]
        frame_RL, inside_RL = cut(x_N, start_R, length_R)
        window_RL = cosine_window(length_R, 0.0) * inside_RL
        frame_RL *= window_RL
        part_RL, slope_RL = _split(frame_RL, inside_RL, window_RL, rate_hz)
        for r, (start, length) in enumerate(zip(start_R.tolist(), length_R.tolist(), strict=True)):
            flow_N[start : start + length] += part_RL[r, :length]
            derivative_N[start : start + length] += slope_RL[r, :length]
    return flow_N, derivative_N


def tract_order(rate_hz: int) -> int:
    """Prediction order of the vocal tract: one resonance a kHz, and two more."""
    return 2 * int(np.floor(rate_hz / 2000 + 0.5)) + 4


def source_order(rate_hz: int) -> int:
    """Prediction order of the glottal source."""
    return 2 * int(np.floor(rate_hz / 4000 + 0.5))


def _split(frame_RL: F64, inside_RL: Bool, window_RL: F64, rate_hz: int) -> tuple[F64, F64]:
    """Split windowed frames into glottal flow and vocal tract: the flow and its derivative."""
    tract, source = tract_order(rate_hz), source_order(rate_hz)
    x_RL = _high_pass(frame_RL, rate_hz) * inside_RL
    # A ramp up to the first sample spares the filters the jump from silence; it is cut off again.
    ramp = tract + 1
    x_RM = np.concatenate((x_RL[:, :1] * np.linspace(-1.0, 1.0, ramp), x_RL), axis=1)

    tilt_RK = lpc(x_RL * window_RL, 1)
    tract_RK = lpc(_filter(x_RM, tilt_RK)[:, ramp:] * window_RL, tract)
    flow_RM = _integrate(_filter(x_RM, tract_RK))
    source_RK = lpc(flow_RM[:, ramp:] * window_RL, source)
    speech_RM = _integrate(_filter(x_RM, source_RK))
    tract_RK = lpc(speech_RM[:, ramp:] * window_RL, tract)
    slope_RM = _filter(x_RM, tract_RK)
    return _integrate(slope_RM)[:, ramp:], slope_RM[:, ramp:]


def _high_pass(x_RL: F64, rate_hz: int) -> F64:
    """Filter each row by the linear-phase high-pass, without its delay."""
    taps_K = _high_pass_taps(rate_hz)
    delay = taps_K.size // 2
    length = x_RL.shape[1]
    points = next_fast_len(length + delay, real=True)  # what wraps round falls into the delay
    folded_K = np.zeros(points)
    np.add.at(folded_K, np.arange(taps_K.size) % points, taps_K)
    spectrum = rfft(x_RL, points)
    spectrum *= rfft(folded_K)
    filtered: F64 = irfft(spectrum, points)[:, delay : delay + length]
    return filtered


@lru_cache(maxsize=8)
def _high_pass_taps(rate_hz: int) -> F64:
    """Design the high-pass by least squares; its order is even, so that its delay is whole."""
    order = int(np.floor(300 / 16_000 * rate_hz + 0.5))
    order += order % 2
    nyquist = rate_hz / 2
    taps_K: F64 = firls(
        order + 1, [0, STOP_HZ / nyquist, PASS_HZ / nyquist, 1], [0.0, 0.0, 1.0, 1.0]
    )
    taps_K.flags.writeable = False
    return taps_K


def _filter(x_RM: F64, a_RK: F64) -> F64:
    """Filter each row by its own coefficients, from rest."""
    order = a_RK.shape[1] - 1
    padded = np.concatenate((np.zeros((x_RM.shape[0], order)), x_RM), axis=1)
    view = sliding_window_view(padded, order + 1, axis=1)
    filtered: F64 = np.einsum("rmk,rk->rm", view, np.ascontiguousarray(a_RK[:, ::-1]))
    return filtered


def _integrate(x_RM: F64) -> F64:
    """Integrate each row, leaking: what the lips differentiated."""
    integral: F64 = lfilter([1.0], [1.0, -LEAK], x_RM, axis=1)
    return integral
