"""Parabolic spectral parameter (PSP): how fast the spectrum of a glottal pulse falls.

A parabola is fitted to the low end of the pulse's spectrum in decibels, over as many bins as it
fits, and its curvature is related to that of a steady flow over the same period: near 0 for a
pulse that is short and sharp, towards 1 for one that fills its period.

References
----------
Alku, Strik & Vilkman, "Parabolic spectral parameter - a new method for quantification of the
glottal flow", Speech Communication 22 (1997) 67-79.
"""

# R = pulses of a batch, L = samples of the longest, B = bins of the spectrum

import numpy as np
from scipy.fft import rfft

from ...types import F64, I64, Bool

POINTS = 2048  # of the spectrum; a longer pulse has no PSP
BINS = 128  # where the fit is looked for at first
FEWEST = 3  # bins that a parabola is fitted to
MISFIT = 0.01  # share of the spectrum's energy that ends the fit
FLOOR = 1e-300  # keeps the logarithm of a spectral zero finite; it ends every fit


def spectral_parabola(pulse_RL: F64, inside_RL: Bool, period_R: I64) -> F64:
    """Relate the curvature of each pulse's spectrum to that of a steady flow.

    Parameters
    ----------
    pulse_RL : float64 array of shape (R, L), L <= 2048
        Flow over one period, zeros behind its end.
    inside_RL : bool array of shape (R, L)
        Where the pulses are.
    period_R : int64 array of shape (R,), > 0
        Periods in samples: of the steady flow.

    Returns
    -------
    float64 array of shape (R,)
        PSP; NaN for a flat pulse.
    """
    low_R = np.where(inside_RL, pulse_RL, np.inf).min(axis=1)
    high_R = np.where(inside_RL, pulse_RL, -np.inf).max(axis=1)
    span_R = high_R - low_R
    flat_R = ~(span_R > 0)
    unit_RL = (pulse_RL - low_R[:, None]) * inside_RL / np.where(flat_R, 1.0, span_R)[:, None]
    unit_RL[flat_R, 0] = 1.0
    ratio_R: F64 = _curvature(np.abs(rfft(unit_RL, POINTS))) / steady_curvature(period_R)
    ratio_R[flat_R] = np.nan
    return ratio_R


def steady_curvature(period_R: I64) -> F64:
    """Fit the parabola to a steady flow of one period and unit area: the steepest there is."""
    distinct, which_R = np.unique(period_R, return_inverse=True)
    angle_B = np.pi / POINTS * np.arange(POINTS // 2 + 1)
    angle_B[0] = 1.0  # a placeholder: the spectrum of a unit area starts at 1
    height = np.sin(distinct[:, None] * angle_B) / (distinct[:, None] * np.sin(angle_B))
    height[:, 0] = 1.0
    steady: F64 = _curvature(np.abs(height))[which_R]
    return steady


def _curvature(height_RB: F64) -> F64:
    """Fit ``a k**2 + b`` dB to growing numbers of bins until it misfits: the `a` that does."""
    a_R, misfit_R = _fit(height_RB[:, :BINS])
    rest = np.flatnonzero(~misfit_R)
    if rest.size:
        a_R[rest] = _fit(height_RB[rest])[0]
    return a_R


def _fit(height_RB: F64) -> tuple[F64, Bool]:
    """Fit all numbers of bins at once; where none misfits, the last fit stands."""
    level_RB = 20 * np.log10(np.maximum(height_RB, FLOOR))
    k2_B = np.arange(level_RB.shape[1], dtype=np.float64) ** 2
    count_B = np.arange(1, level_RB.shape[1] + 1)
    sum_k2_B, sum_k4_B = np.cumsum(k2_B), np.cumsum(k2_B**2)
    sum_RB = np.cumsum(level_RB, axis=1)
    sum_k2_RB = np.cumsum(level_RB * k2_B, axis=1)
    energy_RB = np.cumsum(level_RB**2, axis=1)
    spread_B = count_B * sum_k4_B - sum_k2_B**2
    spread_B[0] = 1.0  # one bin has no curvature; it is not looked at
    a_RB = (count_B * sum_k2_RB - sum_RB * sum_k2_B) / spread_B
    b_RB = (sum_RB - a_RB * sum_k2_B) / count_B
    error_RB = energy_RB - b_RB * sum_RB - a_RB * sum_k2_RB
    misfit_RB = error_RB[:, FEWEST - 1 :] >= MISFIT * energy_RB[:, FEWEST - 1 :]
    found_R = misfit_RB.any(axis=1)
    at_R = np.where(found_R, misfit_RB.argmax(axis=1), misfit_RB.shape[1] - 1) + FEWEST - 1
    return a_RB[np.arange(at_R.size), at_R], found_R
