"""Voices whose F0, pulse shape and closures are known, as the whole track hears them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.signal import lfilter

from depx.features.types import F64

RATE = 16_000
FORMANTS = ((600, 60), (1100, 90), (2500, 120), (3500, 170), (4500, 250))


@dataclass(frozen=True, eq=False)
class Voice:
    """A vowel with what is true of it."""

    x_N: F64
    closure_s: F64
    """When the flow falls most steeply."""


@lru_cache
def _pulse(rd: float) -> tuple[Callable[[F64], F64], float]:
    """Draw the LF derivative over a period of 1 from Fant's definition; say when it closes."""
    ra, rk = (-1 + 4.8 * rd) / 100, (22.4 + 11.8 * rd) / 100
    rg = rk / 4 * (0.5 + 1.2 * rk) / (0.11 * rd - ra * (0.5 + 1.2 * rk))
    tp = 1 / (2 * rg)
    te, angular = tp * (1 + rk), np.pi / tp
    decay = brentq(lambda e: e * ra - 1 + np.exp(-e * (1 - te)), 1e-2 / ra, 2 / ra)

    def draw(growth: float, time_N: F64) -> F64:
        open_N = -np.exp(growth * (time_N - te)) * np.sin(angular * time_N) / np.sin(angular * te)
        closing_N = np.exp(-decay * (1 - te)) - np.exp(-decay * (time_N - te))
        return np.where(time_N < te, open_N, closing_N / (decay * ra))

    period_N = (np.arange(20_000) + 0.5) / 20_000
    growth = brentq(lambda growth: draw(growth, period_N).mean(), 0, 50)
    return lambda time_N: draw(growth, time_N), te


@pytest.fixture
def waveform() -> Callable[[float, F64], F64]:
    """Draw the LF derivative of some Rd at times 0 .. 1 in the period; its negative peak is -1."""
    return lambda rd, time_N: _pulse(rd)[0](time_N)


@pytest.fixture
def lf_train() -> Callable[..., F64]:
    """Repeat the LF derivative of some Rd."""

    def repeat(rd: float, f0_hz: float, rate_hz: int = RATE, seconds: float = 0.5) -> F64:
        return _pulse(rd)[0](np.arange(round(seconds * rate_hz)) * f0_hz / rate_hz % 1)

    return repeat


@pytest.fixture
def vowel() -> Callable[..., F64]:
    """Pass pulses through five resonances, as the vocal tract does in an open vowel."""
    return _through_a_vowel


def _through_a_vowel(x_N: F64, rate_hz: int = RATE) -> F64:
    for centre_hz, width_hz in FORMANTS:
        if centre_hz < rate_hz / 2:
            radius = np.exp(-np.pi * width_hz / rate_hz)
            turn = 2 * np.cos(2 * np.pi * centre_hz / rate_hz)
            x_N = lfilter([1], [1, -radius * turn, radius**2], x_N)
    return x_N


@pytest.fixture
def speak(lf_train: Callable[..., F64]) -> Callable[..., Voice]:
    """Make a steady vowel of LF pulses, with noise at -74 dB: nothing real is without."""

    def make(
        *, f0_hz: float = 110.0, rd: float = 1.0, seconds: float = 1.5, rate_hz: int = RATE
    ) -> Voice:
        x_N = _through_a_vowel(lf_train(rd, f0_hz, rate_hz, seconds), rate_hz)
        x_N = x_N * (0.5 / np.abs(x_N).max())
        noise_N = 1e-4 * np.random.default_rng(0).standard_normal(x_N.size)
        closure_s = (np.arange(int(seconds * f0_hz)) + _pulse(rd)[1]) / f0_hz
        return Voice(x_N=x_N + noise_N, closure_s=closure_s)

    return make
