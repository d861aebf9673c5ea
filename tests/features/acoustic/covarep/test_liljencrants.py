"""The LF pulse's spectrum against its waveform, built here from the model's definition."""

from collections.abc import Callable

import numpy as np
import pytest

from depx.features.acoustic.covarep.liljencrants import pulse, spectrum
from depx.features.types import F64

SHAPES = [0.3, 0.5, 0.8, 1.0, 1.4, 1.9, 2.2, 2.5]


def middles(count: int) -> F64:
    return (np.arange(count) + 0.5) / count


@pytest.mark.parametrize("rd", SHAPES)
def test_the_spectrum_is_the_transform_of_the_waveform(
    rd: float, waveform: Callable[[float, F64], F64]
) -> None:
    time_N = middles(20_000)
    turn_KN = np.exp(-2j * np.pi * np.arange(1, 31)[:, None] * time_N)
    numeric_K = (turn_KN * waveform(rd, time_N)).mean(axis=1)
    np.testing.assert_allclose(spectrum(np.array([rd]), 30)[0], numeric_K, atol=2e-7)


def test_the_return_phase_solves_its_equation_and_ends_at_zero() -> None:
    lf = pulse(np.array(SHAPES))
    np.testing.assert_allclose(
        lf.decay_R * lf.return_R, 1 - np.exp(-lf.decay_R * (1 - lf.closure_R)), rtol=1e-12
    )
    assert (lf.decay_R > 0).all()
    assert (lf.peak_R < lf.closure_R).all()
    assert (lf.closure_R < 1).all()


@pytest.mark.parametrize("rd", SHAPES)
def test_rd_is_the_flow_over_its_steepest_fall(
    rd: float, waveform: Callable[[float, F64], F64]
) -> None:
    """Fant's definition, U0 / (Ee T0) = .11 Rd, as nearly as his regression holds it."""
    time_N = middles(20_000)
    flow_N = np.cumsum(waveform(rd, time_N)) / time_N.size
    assert flow_N.max() / 0.11 == pytest.approx(rd, rel=0.15)
    assert time_N[flow_N.argmax()] == pytest.approx(pulse(np.array([rd])).peak_R[0], abs=1e-4)


def test_a_laxer_pulse_has_the_weaker_second_harmonic() -> None:
    """Fant (1997): H1 - H2 = -7.6 + 11.1 Rd dB, within what a line can follow."""
    rd_R = np.linspace(0.5, 2.2, 9)
    level_RK = 20 * np.log10(np.abs(spectrum(rd_R, 2)))
    difference_R = level_RK[:, 0] - level_RK[:, 1]
    assert (np.diff(difference_R) > 0).all()
    np.testing.assert_allclose(difference_R, -7.6 + 11.1 * rd_R, atol=3.1)
