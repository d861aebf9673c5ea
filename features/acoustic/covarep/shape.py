"""Rd, the shape of the glottal pulse, and how sure it is, from the phases of the harmonics.

If the right pulse is taken out of a voice, what is left is a vocal tract, which is of minimum
phase; if that is taken out as well, only a delay is left.  So of all pulses between tense and lax
the one is sought that leaves the least phase beyond a delay (mean squared phase).

The reference implementation adds the pulse's phase where the paper takes it away: its numbers are
reproduced to the third digit by that sign and no other.  It finds the least phase all the same,
but Rd no longer means Rd: pulses made with Rd = 1 read .65.  Both are offered, see `rd`.

References
----------
Degottex, Roebel & Rodet, "Phase minimization for glottal model estimation", IEEE TASLP 19(5),
2011.  Brent, "Algorithms for minimization without derivatives", 1973, chapter 5.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...types import F64, I64, Bool
from .harmonics import Harmonics, wrap
from .liljencrants import RD_HIGHEST, RD_LOWEST, spectrum

HIGHEST_HZ = 8000.0  # harmonics above tell nothing of the pulse
JUDGED = 8  # harmonics whose phases are compared
TOLERANCE = 0.01  # of Rd, where the search stops
ITERATIONS = 32  # of the search, at most
STEP = 0.005  # of Rd, in the table of pulses; linear in between
MOST = 200  # harmonics that the table goes to: F0 down to 40 Hz

# F = frames, R = values of Rd in the table, K = harmonics from 1 on, J = judged harmonics,
# D = J - 1 differences between them, T = counts of harmonics that the table has (0 .. MOST)


def rd(harmonics: Harmonics, *, as_coded: bool = False) -> tuple[F64, F64]:
    """Estimate Rd and its confidence for a block of frames.

    Parameters
    ----------
    harmonics : Harmonics
        Of sound in the polarity in which the flow's derivative peaks downwards.
    as_coded : bool
        With the reference implementation's sign of the pulse's phase, instead of the paper's.

    Returns
    -------
    rd_F : float64 array of shape (F,), in .3 .. 2.5
        The pulse's shape, tense to lax; NaN where there are fewer than 8 harmonics.
    confidence_F : float64 array of shape (F,), in 0 .. 1
        1 minus the root of the mean squared phase that is left, over pi; NaN where Rd is.
    """
    table = _table(as_coded)
    rd_F = np.full(len(harmonics.count_F), np.nan)
    confidence_F = rd_F.copy()
    count_F = np.zeros(len(rd_F), dtype=np.int64)
    some_F = harmonics.count_F > 0
    below_F = np.floor(HIGHEST_HZ / harmonics.f0_F[some_F]).astype(np.int64)
    count_F[some_F] = np.minimum(np.minimum(below_F, harmonics.count_F[some_F]), MOST)
    told_F = count_F >= JUDGED
    if not told_F.any():
        return rd_F, confidence_F
    count_F = count_F[told_F]
    left_FD = _left_by_source(harmonics, told_F, count_F, table)

    def error(rd_F: F64) -> F64:
        place_F = (rd_F - RD_LOWEST) / STEP
        row_F = np.minimum(place_F.astype(np.int64), table.source_TRD.shape[1] - 2)
        share_F = (place_F - row_F)[:, None]
        lower_FD = table.source_TRD[count_F, row_F]
        upper_FD = table.source_TRD[count_F, row_F + 1]
        rest_FD = wrap(left_FD - lower_FD - share_F * (upper_FD - lower_FD))
        squared_F: F64 = np.mean(rest_FD**2, axis=1)
        return squared_F

    rd_F[told_F], error_F = _minimise(error, len(count_F))
    confidence_F[told_F] = 1 - np.sqrt(error_F) / np.pi
    return rd_F, confidence_F


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    weight_TJK: F64  # from log magnitudes to minimum phases
    source_TRD: F64  # the pulses' own phase, less their minimum phase and a delay


@lru_cache(maxsize=2)
def _table(as_coded: bool) -> _Table:
    """Tabulate what depends on Rd and on the count of harmonics only."""
    rds_R = np.linspace(RD_LOWEST, RD_HIGHEST, round((RD_HIGHEST - RD_LOWEST) / STEP) + 1)
    pulse_RK = spectrum(rds_R, MOST)
    phase_RJ = np.angle(pulse_RK[:, :JUDGED])
    weight_TJK = np.zeros((MOST + 1, JUDGED, MOST))
    for count in range(JUDGED, MOST + 1):
        weight_TJK[count] = _minimum_phase(count)
    minimum_TRJ = np.log(np.abs(pulse_RK)) @ weight_TJK.transpose(0, 2, 1)
    source_TRJ = (-phase_RJ if as_coded else phase_RJ) - minimum_TRJ
    return _Table(weight_TJK, np.unwrap(_undelayed(source_TRJ), axis=1))


def _minimum_phase(count: int) -> F64:
    """Weigh log magnitudes of harmonics into the minimum phases of the first ones.

    This is the real cepstrum, folded, as one matrix (J, K): a discrete Hilbert transform over the
    harmonics 0 .. count .. 0, the magnitude at 0 Hz taken to be that of the first.
    """
    order_J1, order_K = np.arange(1, JUDGED + 1)[:, None], np.arange(1, MOST + 1)

    def kernel(apart: I64) -> F64:
        odd = apart % 2 == 1
        angle = np.where(odd, apart * np.pi / (2 * count), np.pi / 2)
        weight: F64 = np.where(odd, -1 / np.tan(angle) / count, 0.0)
        return weight

    weight_JK = kernel(order_J1 - order_K)
    weight_JK += np.where(order_K < count, kernel(order_J1 + order_K), 0.0)
    weight_JK += np.where(order_K == 1, kernel(order_J1), 0.0)
    weight_JK[:, count:] = 0
    return weight_JK


def _left_by_source(harmonics: Harmonics, told_F: Bool, count_F: I64, table: _Table) -> F64:
    """Take the minimum phase of the whole voice out of its phases, and a delay: (F, D)."""
    amplitude_FK = harmonics.amplitude_FK[told_F, 1 : MOST + 1]
    known_FK = np.arange(1, amplitude_FK.shape[1] + 1) <= count_F[:, None]
    floor = np.finfo(np.float64).tiny
    log_FK = np.log(np.where(known_FK, np.maximum(amplitude_FK, floor), 1.0))
    weight_FJK = table.weight_TJK[count_F, :, : amplitude_FK.shape[1]]
    minimum_FJ = (weight_FJK @ log_FK[:, :, None])[:, :, 0]
    return _undelayed(harmonics.phase_FK[told_F, 1 : JUDGED + 1] - minimum_FJ)


def _undelayed(phase: F64) -> F64:
    """Difference phases (..., J) and take out the step that a delay makes, the first phase."""
    step: F64 = np.diff(phase, axis=-1) - phase[..., :1]
    return step


def _minimise(function: Callable[[F64], F64], rows: int) -> tuple[F64, F64]:
    """Minimise functions of Rd by Brent's method, all at once.

    It finds *a* minimum, and which one depends on the steps it takes; so the steps are Brent's.
    To look everywhere first was tried: in noise it ends at the bounds more often.
    Returns where each of the `rows` functions is least, and how much.
    """
    golden = (3 - np.sqrt(5)) / 2
    low_F, high_F = np.full(rows, RD_LOWEST), np.full(rows, RD_HIGHEST)
    best_F = low_F + golden * (high_F - low_F)
    second_F, third_F = best_F, best_F
    at_best_F = function(best_F)
    at_second_F, at_third_F = at_best_F, at_best_F
    step_F, before_F = np.zeros((2, rows))  # the last step, and the one before it
    for _ in range(ITERATIONS):
        middle_F = (low_F + high_F) / 2
        least_F = np.sqrt(np.finfo(np.float64).eps) * best_F + TOLERANCE / 3
        open_F = np.abs(best_F - middle_F) > 2 * least_F - (high_F - low_F) / 2
        if not open_F.any():
            break
        # A parabola through the three best, if it stays inside and its steps become smaller.
        r_F = (best_F - second_F) * (at_best_F - at_third_F)
        q_F = (best_F - third_F) * (at_best_F - at_second_F)
        p_F = (best_F - third_F) * q_F - (best_F - second_F) * r_F
        q_F = 2 * (q_F - r_F)
        p_F, q_F = np.where(q_F > 0, -p_F, p_F), np.abs(q_F)
        bent_F = (np.abs(before_F) > least_F) & (np.abs(p_F) < np.abs(q_F * before_F / 2))
        bent_F &= (p_F > q_F * (low_F - best_F)) & (p_F < q_F * (high_F - best_F))
        bent_step_F = p_F / np.where(bent_F, q_F, 1.0)
        bent_to_F = best_F + bent_step_F
        edge_F = (bent_to_F - low_F < 2 * least_F) | (high_F - bent_to_F < 2 * least_F)
        inward_F = np.where(middle_F >= best_F, least_F, -least_F)
        bent_step_F = np.where(edge_F, inward_F, bent_step_F)
        # Else a golden section of the larger side.
        side_F = np.where(best_F >= middle_F, low_F, high_F) - best_F
        before_F = np.where(bent_F, step_F, side_F)
        step_F = np.where(bent_F, bent_step_F, golden * side_F)
        sign_F = np.where(step_F >= 0, 1.0, -1.0)
        tried_F = best_F + sign_F * np.maximum(np.abs(step_F), least_F)
        tried_F = np.where(open_F, tried_F, best_F)
        at_tried_F = function(tried_F)

        better_F = open_F & (at_tried_F <= at_best_F)
        worse_F = open_F & ~better_F
        right_F = tried_F >= best_F
        low_F = np.where(better_F & right_F, best_F, np.where(worse_F & ~right_F, tried_F, low_F))
        high_F = np.where(better_F & ~right_F, best_F, np.where(worse_F & right_F, tried_F, high_F))
        next_F = worse_F & ((at_tried_F <= at_second_F) | (second_F == best_F))
        last_F = (at_tried_F <= at_third_F) | (third_F == best_F) | (third_F == second_F)
        last_F &= worse_F & ~next_F
        shift_F = better_F | next_F
        third_F, at_third_F = (
            np.where(shift_F, second_F, np.where(last_F, tried_F, third_F)),
            np.where(shift_F, at_second_F, np.where(last_F, at_tried_F, at_third_F)),
        )
        second_F, at_second_F = (
            np.where(better_F, best_F, np.where(next_F, tried_F, second_F)),
            np.where(better_F, at_best_F, np.where(next_F, at_tried_F, at_second_F)),
        )
        best_F = np.where(better_F, tried_F, best_F)
        at_best_F = np.where(better_F, at_tried_F, at_best_F)
    return best_F, at_best_F
