"""The LF model of the glottal pulse, with its shape told by the one number Rd, in one period.

Time and frequency are in units of the period, so that a pulse depends on Rd alone, and its
spectrum at the harmonics can be tabulated once for every F0 and rate.  The pulse is the derivative
of the glottal flow, what the lips radiate: its negative peak, the closure of the glottis, is -1.

References
----------
Fant, Liljencrants & Lin, "A four-parameter model of glottal flow", STL-QPSR 4/1985.
Fant, "The LF-model revisited", STL-QPSR 2-3/1995 (Rd).  Doval, d'Alessandro & Henrich, "The
spectrum of glottal flow models", Acta Acustica 92, 2006.
"""

from dataclasses import dataclass

import numpy as np

from ...types import C128, F64

RD_LOWEST, RD_HIGHEST = 0.3, 2.5  # tense .. lax; Fant's regression holds in between

# R = values of Rd, K = harmonics


@dataclass(frozen=True, slots=True, eq=False)
class Pulse:
    """The parameters of LF pulses, each of shape (R,), in periods or per period."""

    peak_R: F64
    """tp, when the flow is greatest."""
    closure_R: F64
    """te, when the flow falls fastest."""
    return_R: F64
    """ta, the time constant of the return phase."""
    growth_R: F64
    """alpha, the rate at which the open phase grows."""
    decay_R: F64
    """epsilon, the rate at which the return phase decays."""


def pulse(rd_R: F64) -> Pulse:
    """Solve the LF model's implicit equations.

    Parameters
    ----------
    rd_R : float array of shape (R,), in .3 .. 2.5
        Fant's shape parameter.
    """
    ra_R = (-1 + 4.8 * rd_R) / 100
    rk_R = (22.4 + 11.8 * rd_R) / 100
    rise_R = 0.5 + 1.2 * rk_R
    rg_R = rk_R * rise_R / 4 / (0.11 * rd_R - ra_R * rise_R)
    peak_R: F64 = 1 / (2 * rg_R)
    closure_R: F64 = peak_R * (1 + rk_R)
    rest_R: F64 = 1 - closure_R
    decay_R = _decay(ra_R, rest_R)
    growth_R = _growth(np.pi / peak_R, closure_R, _return_area(ra_R, decay_R, rest_R))
    return Pulse(peak_R, closure_R, ra_R, growth_R, decay_R)


def spectrum(rd_R: F64, harmonics: int) -> C128:
    """Transform pulses, analytically.

    Parameters
    ----------
    rd_R : float array of shape (R,), in .3 .. 2.5
        Fant's shape parameter.
    harmonics : int > 0
        How many.

    Returns
    -------
    complex128 array of shape (R, harmonics)
        Column ``k - 1`` is the integral of the pulse times ``exp(-2 pi i k t)`` over the period
        ``t`` = 0 .. 1 that begins as the glottis opens.  At 0 Hz it is 0: the glottis closes.
    """
    lf = pulse(rd_R)
    te_R, decay_R, angular_R = (
        lf.closure_R[:, None],
        lf.decay_R[:, None],
        np.pi / lf.peak_R[:, None],
    )
    turn_RK = 2j * np.pi * np.arange(1, harmonics + 1)[None, :]
    grow_RK = lf.growth_R[:, None] - turn_RK
    sine_R, cosine_R = np.sin(angular_R * te_R), np.cos(angular_R * te_R)
    open_RK = (
        np.exp(-turn_RK * te_R) * (grow_RK * sine_R - angular_R * cosine_R)
        + np.exp(-lf.growth_R[:, None] * te_R) * angular_R
    ) / (-sine_R * (grow_RK**2 + angular_R**2))
    rest_R = 1 - te_R
    fade_RK, end_R = decay_R + turn_RK, np.exp(-decay_R * rest_R)
    closing_RK = (1 - np.exp(-fade_RK * rest_R)) / fade_RK
    closing_RK -= end_R * (1 - np.exp(-turn_RK * rest_R)) / turn_RK
    closing_RK *= -np.exp(-turn_RK * te_R) / (decay_R * lf.return_R[:, None])
    whole_RK: C128 = open_RK + closing_RK
    return whole_RK


def _decay(return_R: F64, rest_R: F64) -> F64:
    """Solve ``decay * return = 1 - exp(-decay * rest)`` for the root above 0."""
    decay_R = 1 / return_R  # right of the root of a concave function: Newton only goes left
    for _ in range(50):
        gone_R = np.exp(-decay_R * rest_R)
        slope_R = rest_R * gone_R - return_R
        decay_R = decay_R - (1 - gone_R - decay_R * return_R) / slope_R
    return decay_R


def _return_area(return_R: F64, decay_R: F64, rest_R: F64) -> F64:
    gone_R = np.exp(-decay_R * rest_R)
    area_R: F64 = -((1 - gone_R) / decay_R - rest_R * gone_R) / (decay_R * return_R)
    return area_R


def _growth(angular_R: F64, closure_R: F64, return_area_R: F64) -> F64:
    """Bisect for the growth that makes the flow of the open phase what the return phase takes."""
    sine_R, cosine_R = np.sin(angular_R * closure_R), np.cos(angular_R * closure_R)
    low_R, high_R = np.zeros_like(closure_R), np.full_like(closure_R, 100.0)
    for _ in range(60):
        growth_R = (low_R + high_R) / 2
        area_R = growth_R * sine_R - angular_R * cosine_R
        area_R = area_R + angular_R * np.exp(-growth_R * closure_R)
        area_R = area_R / (-sine_R * (growth_R**2 + angular_R**2))
        too_slow_R = area_R + return_area_R > 0
        low_R, high_R = (
            np.where(too_slow_R, growth_R, low_R),
            np.where(too_slow_R, high_R, growth_R),
        )
    return (low_R + high_R) / 2
