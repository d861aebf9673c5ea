"""Glottal pulses of known shape: Fant's transformed LF model, made and measured here."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.signal import lfilter

from depx.features.acoustic.covarep.glottal import glottal_parameters
from depx.features.acoustic.covarep.inverse import iaif
from depx.features.acoustic.covarep.parabola import spectral_parabola, steady_curvature
from depx.features.acoustic.covarep.partials import h1h2
from depx.features.types import F64, I64

RATE_HZ = 16_000


def lf_cycle(rd: float, phase: F64) -> tuple[F64, F64, float]:
    """LF model of one period (Fant 1995), Ee = 1: flow, derivative, and the instant of its minimum.

    Times are shares of the period.
    """
    ra, rk = (-1 + 4.8 * rd) / 100, (22.4 + 11.8 * rd) / 100
    rg = rk / 4 * (0.5 + 1.2 * rk) / (0.11 * rd - ra * (0.5 + 1.2 * rk))
    tp = 1 / (2 * rg)
    te, omega = tp * (1 + rk), np.pi / tp
    epsilon = brentq(lambda e: e * ra - 1 + np.exp(-e * (1 - te)), 1e-3 / ra, 2 / ra)

    def opening(alpha: float, t: F64) -> F64:
        scale = -1 / (np.exp(alpha * te) * np.sin(omega * te))
        turned = np.exp(alpha * t) * (alpha * np.sin(omega * t) - omega * np.cos(omega * t))
        return scale * (turned + omega) / (alpha**2 + omega**2)

    def closing(t: F64) -> F64:
        rest = np.exp(-epsilon * (1 - te))
        return -(((1 - np.exp(-epsilon * (t - te))) / epsilon) - rest * (t - te)) / (epsilon * ra)

    alpha = brentq(lambda a: float(opening(a, np.array(te)) + closing(np.array(1.0))), -40.0, 80.0)
    scale = -1 / (np.exp(alpha * te) * np.sin(omega * te))
    rising = phase < te
    flow = np.where(rising, opening(alpha, phase), opening(alpha, np.array(te)) + closing(phase))
    returning = (np.exp(-epsilon * (phase - te)) - np.exp(-epsilon * (1 - te))) / (epsilon * ra)
    slope = np.where(rising, scale * np.exp(alpha * phase) * np.sin(omega * phase), -returning)
    return flow, slope, te


def lf_train(rd: float, f0_hz: float, rate_hz: int = RATE_HZ) -> tuple[F64, F64, I64]:
    """Half a second: flow and derivative per sample, and the samples of the GCIs."""
    time = np.arange(rate_hz // 2) * f0_hz / rate_hz
    flow_N, slope_N, te = lf_cycle(rd, time % 1.0)
    gci_G = np.round((np.arange(int(time[-1])) + te) * rate_hz / f0_hz).astype(np.int64)
    return flow_N * rate_hz / f0_hz, slope_N, gci_G[gci_G < time.size]


def vowel(slope_N: F64, formants: tuple[tuple[float, float], ...]) -> F64:
    x_N = slope_N
    for centre_hz, width_hz in formants:
        pole = np.exp(np.pi / RATE_HZ * (-width_hz + 2j * centre_hz))
        x_N = lfilter([1.0], [1.0, -2 * pole.real, abs(pole) ** 2], x_N)
    return 0.3 * x_N / np.abs(x_N).max()


A = ((700, 80), (1200, 90), (2600, 120), (3300, 150), (4500, 200))


@pytest.mark.parametrize("f0_hz", [80.0, 110.0, 173.0])
@pytest.mark.parametrize("rd", [0.5, 0.8, 1.2, 1.8, 2.4])
def test_pulses_of_the_lf_model_give_their_quotients_back(rd: float, f0_hz: float) -> None:
    """Against the continuous model: Uac above the flow at the GCI, Ee = 1, the time above half."""
    fine_flow, _, te = lf_cycle(rd, np.linspace(0, 1, 200_001)[:-1])
    level = fine_flow - fine_flow[round(te * 200_000)]
    naq, qoq = level.max(), (level > level.max() / 2).mean()
    flow_N, slope_N, gci_G = lf_train(rd, f0_hz, 96_000)
    measured_G4 = glottal_parameters(flow_N, slope_N, 96_000, gci_G)
    np.testing.assert_allclose(measured_G4[3:, 0], naq, rtol=0.04)
    np.testing.assert_allclose(measured_G4[3:, 1], qoq, atol=3 * f0_hz / 96_000)


def test_the_lf_model_has_fants_amplitude_quotient() -> None:
    """Rd is defined by it: Uac / Ee * F0 / 110 * 1000; so the test's own model is right."""
    for rd in (0.5, 1.0, 2.0):
        flow, _, _ = lf_cycle(rd, np.linspace(0, 1, 20_001))
        assert flow.max() == pytest.approx(0.11 * rd, rel=0.08)


def test_inverse_filtering_a_vowel_gives_the_pulses_back() -> None:
    """At a sound card's noise; without any, linear prediction cancels the source as well."""
    given, found = [], []
    for rd in (0.5, 0.8, 1.2, 1.8, 2.4):
        flow_N, slope_N, gci_G = lf_train(rd, 110.0)
        x_N = vowel(slope_N, A) + np.random.default_rng(0).normal(0, 3e-5, slope_N.size)
        filtered = iaif(x_N, RATE_HZ, gci_G)
        for into, pulses in ((given, (flow_N, slope_N)), (found, filtered)):
            values_G4 = glottal_parameters(*pulses, RATE_HZ, gci_G)
            into.append(np.median(values_G4[5:-5], axis=0))
    given, found = np.array(given), np.array(found)
    assert np.all(np.diff(found, axis=0) > 0)  # with Rd, each of the four rises
    np.testing.assert_allclose(found[:, 0], 0.11 * np.array([0.5, 0.8, 1.2, 1.8, 2.4]), rtol=0.35)
    np.testing.assert_allclose(found[:, 0], given[:, 0], rtol=0.25)
    np.testing.assert_allclose(found[:, 1], given[:, 1], rtol=0.4)
    np.testing.assert_allclose(found[:, 2], given[:, 2], atol=2.0)
    np.testing.assert_allclose(found[:, 3], given[:, 3], rtol=0.4)


def test_twenty_decibels_less_move_nothing() -> None:
    _, slope_N, gci_G = lf_train(1.0, 123.0)
    x_N = vowel(slope_N, A) + np.random.default_rng(0).normal(0, 1e-3, slope_N.size)
    loud = glottal_parameters(*iaif(x_N, RATE_HZ, gci_G), RATE_HZ, gci_G)
    soft = glottal_parameters(*iaif(0.1 * x_N, RATE_HZ, gci_G), RATE_HZ, gci_G)
    assert np.isfinite(loud[1:]).all()
    np.testing.assert_allclose(soft, loud, atol=1e-7)


def test_a_shift_in_time_moves_nothing_but_the_time() -> None:
    flow_N, slope_N, gci_G = lf_train(1.0, 123.0)
    still = glottal_parameters(flow_N, slope_N, RATE_HZ, gci_G[4:], previous=int(gci_G[3]))
    cut = 50
    moved = glottal_parameters(
        flow_N[cut:], slope_N[cut:], RATE_HZ, gci_G[4:] - cut, previous=int(gci_G[3]) - cut
    )
    np.testing.assert_allclose(moved, still, atol=1e-9)


def test_h1h2_is_the_level_difference_of_two_tones() -> None:
    time_N = np.arange(8000) / RATE_HZ
    for f0_hz in (100, 160, 320):
        slope_N = sum(
            level * np.sin(2 * np.pi * f0_hz * k * time_N)
            for k, level in ((1, 1.0), (2, 0.5), (3, 0.3), (4, 0.1), (5, 0.1))
        )
        gci_G = np.arange(2000, 6000, RATE_HZ // f0_hz)
        out_G = h1h2(
            slope_N,
            RATE_HZ,
            gci_G,
            np.full(gci_G.size, RATE_HZ // f0_hz),
            np.ones(gci_G.size, dtype=np.bool_),
        )
        np.testing.assert_allclose(out_G, 20 * np.log10(2), atol=0.3)


def slow_h1h2(slope_N: F64, gci: int, period: int) -> float:
    """The whole spectrum, and the peaks thinned one list at a time."""
    half = int(1.5 * period + 0.5)
    frame = slope_N[max(gci - half, 0) : gci + half + 1]
    level = 20 * np.log10(np.abs(np.fft.rfft(frame * np.hamming(frame.size), RATE_HZ)))
    peaks = [
        k for k in range(1, level.size - 1) if level[k - 1] < level[k] and level[k] >= level[k + 1]
    ]
    f0_hz = RATE_HZ / period
    while True:
        struck = {
            (b if level[a] >= level[b] else a) for a, b in pairwise(peaks) if b - a <= f0_hz / 2
        }
        if not struck:
            break
        peaks = [k for k in peaks if k not in struck]
    first = min(peaks, key=lambda k: abs(k + 1 - f0_hz))
    second = min(peaks, key=lambda k: abs(k + 1 - 2 * f0_hz))
    return float(level[first] - level[second]) if first != second else np.nan


def test_h1h2_of_the_low_spectrum_equals_the_whole_spectrum_peak_by_peak() -> None:
    rng = np.random.default_rng(0)
    slope_N = lfilter([1.0], [1.0, -0.9], rng.normal(0, 1, 40_000))
    period_G = rng.integers(35, 700, 120)
    gci_G = np.linspace(1200, 39_990, 120).astype(np.int64)
    fast_G = h1h2(slope_N, RATE_HZ, gci_G, period_G, np.ones(120, dtype=np.bool_))
    slow_G = [slow_h1h2(slope_N, int(g), int(t)) for g, t in zip(gci_G, period_G, strict=True)]
    np.testing.assert_allclose(fast_G, slow_G, atol=1e-7)
    assert np.isnan(fast_G).any()
    assert np.isfinite(fast_G).sum() > 60


def slow_curvature(pulse: F64) -> float:
    level = 20 * np.log10(np.abs(np.fft.rfft(pulse, 2048)) + 1e-300)
    for count in range(3, level.size + 1):
        k = np.arange(count)
        design = np.stack((k**2.0, np.ones(count)), axis=1)
        fit, *_ = np.linalg.lstsq(design, level[:count], rcond=None)
        if np.sum((level[:count] - design @ fit) ** 2) >= 0.01 * np.sum(level[:count] ** 2):
            break
    return float(fit[0])


@pytest.mark.parametrize("period", [20, 64, 145, 333, 799])
def test_psp_equals_parabolas_fitted_one_by_one(period: int) -> None:
    steady = np.full(period, 1 / period)
    assert steady_curvature(np.array([period]))[0] == pytest.approx(slow_curvature(steady))
    for rd in (0.4, 1.0, 2.5):
        pulse = lf_cycle(rd, np.arange(period) / period)[0]
        scaled = (pulse - pulse.min()) / np.ptp(pulse)
        inside = np.ones((1, period), dtype=np.bool_)
        fast = spectral_parabola(7 * pulse[None], inside, np.array([period]))[0]
        assert fast == pytest.approx(slow_curvature(scaled) / slow_curvature(steady), rel=1e-6)


def test_only_periods_of_a_voice_are_pulses() -> None:
    flow_N = np.random.default_rng(0).normal(0, 1, 40_000)
    gci_G = np.cumsum([5000, 100, 799, 800, 33, 32, 2000, 100])
    measured_G4 = glottal_parameters(flow_N, np.gradient(flow_N), RATE_HZ, gci_G)
    expected = [True, True, True, False, True, False, False, True]
    np.testing.assert_array_equal(np.isfinite(measured_G4[:, 0]), expected)
    assert np.isnan(measured_G4[0, 3])  # the first pulse has 5001 samples


def test_a_flow_that_never_rises_above_its_ends_has_no_quotients() -> None:
    flow_N = np.tile(np.concatenate(([1.0], np.linspace(0.2, 0, 99))), 10)
    measured_G4 = glottal_parameters(
        flow_N, np.gradient(flow_N), RATE_HZ, np.arange(100, 1000, 100)
    )
    assert np.isnan(measured_G4[:, :2]).all()
    assert np.isfinite(measured_G4[:, 3]).all()


def test_a_flat_flow_is_not_measured() -> None:
    for level in (0.0, 3.0):
        measured_G4 = glottal_parameters(
            np.full(2000, level), np.zeros(2000), RATE_HZ, np.arange(100, 2000, 100)
        )
        assert np.isnan(measured_G4).all()
