"""Polarity: a voice turned upside down is noticed, and pieces decide as the whole does."""

# N = samples

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import skew

from depx.features.acoustic.covarep.polarity import (
    Moments,
    high_passed,
    moments,
    polarity,
    residual_order,
    skewed_residuals,
)
from depx.features.types import F64

RATE = 16_000


def voice(rate_hz: int, *, f0_hz: float = 120.0, seconds: float = 2.0) -> F64:
    """Speak a vowel: the flow's derivative falls slowly, and returns at once when it closes."""
    phase_N = np.arange(int(seconds * rate_hz)) * f0_hz / rate_hz % 1
    open_N = np.exp(3 * phase_N) * np.sin(np.pi * phase_N / 0.45)
    x_N = np.where(phase_N < 0.6, open_N, 0.0)
    x_N += 0.01 * np.random.default_rng(0).standard_normal(x_N.size)
    for hz, width_hz in ((600, 80), (1400, 100), (2600, 150)):
        r = np.exp(-np.pi * width_hz / rate_hz)
        x_N = lfilter([1], [1, -2 * r * np.cos(2 * np.pi * hz / rate_hz), r * r], x_N)
    return np.asarray(x_N / np.abs(x_N).max())


def decided(x_N: F64, rate_hz: int = RATE) -> int:
    formantless_N, plain_N = skewed_residuals(x_N, rate_hz)
    return polarity(moments(formantless_N), moments(plain_N))


def test_skewness_is_scipys() -> None:
    x_N = np.random.default_rng(0).gamma(2.0, size=5000) - 7
    assert moments(x_N).skewness == pytest.approx(skew(x_N), rel=1e-12)


def test_moments_of_pieces_add_up_to_those_of_the_whole() -> None:
    x_N = np.random.default_rng(1).gamma(1.0, size=9000) + np.linspace(0, 5, 9000)
    joined = Moments()
    for piece_N in np.split(x_N, [0, 10, 11, 4000]):
        joined += moments(piece_N)
    whole = moments(x_N)
    for name in ("count", "mean", "m2", "m3"):
        assert getattr(joined, name) == pytest.approx(getattr(whole, name), rel=1e-10), name


@pytest.mark.parametrize("samples", [0, 1, 50])
def test_what_does_not_vary_is_not_skewed(samples: int) -> None:
    assert (moments(np.full(samples, 0.5)) + Moments()).skewness == 0


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100])
def test_a_voice_turned_upside_down_is_noticed(rate_hz: int) -> None:
    x_N = voice(rate_hz)
    assert decided(x_N, rate_hz) == 1
    assert decided(-x_N, rate_hz) == -1
    assert decided(-0.1 * x_N, rate_hz) == -1


def test_pieces_decide_as_the_whole_does() -> None:
    x_N = voice(RATE, seconds=4.0)
    whole = [moments(residual_N) for residual_N in skewed_residuals(x_N, RATE)]
    joined = [Moments(), Moments()]
    for first in range(0, x_N.size, RATE):
        before, behind = min(first, RATE), RATE
        pair = skewed_residuals(x_N[first - before : first + RATE + behind], RATE)
        joined = [
            sum_ + moments(residual_N[before : before + RATE])
            for sum_, residual_N in zip(joined, pair, strict=True)
        ]
    for one, other in zip(whole, joined, strict=True):
        assert other.count == one.count
        assert other.skewness == pytest.approx(one.skewness, rel=1e-6)


@pytest.mark.parametrize("x_N", [np.zeros(8000), np.full(8000, 0.2), np.zeros(0), np.ones(1)])
def test_what_has_no_polarity_is_left_as_it_is(x_N: F64) -> None:
    assert decided(x_N) == 1


def test_the_plain_residual_turns_with_the_signal() -> None:
    x_N = voice(RATE, seconds=0.5)
    np.testing.assert_array_equal(skewed_residuals(-x_N, RATE)[1], -skewed_residuals(x_N, RATE)[1])


def test_the_high_pass_keeps_what_lies_above_and_does_not_delay_it() -> None:
    time_N = np.arange(4 * RATE) / RATE
    low_N, high_N = np.sin(2 * np.pi * 450 * time_N), np.sin(2 * np.pi * 900 * time_N)
    inner = slice(RATE, 3 * RATE)
    left_N = high_passed(low_N, RATE, stop_hz=480, pass_hz=500)[inner]
    kept_N = high_passed(high_N, RATE, stop_hz=480, pass_hz=500)[inner]
    assert np.abs(left_N).max() < 10 ** (-2 * 58 / 20)  # 60 dB, twice
    assert kept_N.max() > 10 ** (-2 * 3.1 / 20)  # at most 3 dB, twice
    scaled_N = kept_N / kept_N.max()
    np.testing.assert_allclose(scaled_N, high_N[inner], atol=1e-3)


def test_the_high_pass_forgets_within_a_second() -> None:
    for stop_hz, pass_hz in ((480, 500), (30, 50)):
        click_N = np.zeros(6 * RATE)
        click_N[3 * RATE] = 1
        y_N = np.abs(high_passed(click_N, RATE, stop_hz=stop_hz, pass_hz=pass_hz))
        assert max(y_N[: 2 * RATE].max(), y_N[4 * RATE :].max()) < 1e-6 * y_N.max()


def test_the_order_is_that_of_a_voice() -> None:
    assert [residual_order(rate_hz) for rate_hz in (8000, 16_000, 44_100)] == [10, 18, 46]


@pytest.mark.parametrize("name", ["librivox_0870", "numbers", "bdl16k", "bdl32k"])
def test_references_have_the_polarity_that_covarep_gives_them(real_data: Path, name: str) -> None:
    import soundfile
    from scipy.io import loadmat

    x_N, rate_hz = soundfile.read(real_data / "covarep" / f"{name}.wav")
    native = loadmat(real_data / "covarep" / f"{name}.native.mat")["nat"][0, 0]
    assert decided(x_N, rate_hz) == native["polarity"].item()
    assert decided(-x_N, rate_hz) == -native["polarity"].item()
