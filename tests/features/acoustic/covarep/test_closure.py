"""Closures: one a period of a known voice, where it closes; and those of the references."""

# N = samples, G = closures

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter

from depx.features.acoustic.covarep.closure import (
    closures,
    intervals,
    mean_based,
    relative_peaks,
)
from depx.features.acoustic.covarep.lpc import lp_residual
from depx.features.acoustic.covarep.polarity import residual_order
from depx.features.types import F64, I64

RATE = 16_000
CLOSES = 0.6  # of a period


def voice(rate_hz: int, f0_hz: float, seconds: float = 2.0) -> tuple[F64, I64]:
    """Speak a vowel whose glottal closures are known: (signal, samples of the closures)."""
    phase_N = np.arange(int(seconds * rate_hz)) * f0_hz / rate_hz % 1
    open_N = np.exp(3 * phase_N) * np.sin(np.pi * phase_N / 0.45)
    x_N = np.where(phase_N < CLOSES, open_N, 0.0)
    x_N += 0.002 * np.random.default_rng(0).standard_normal(x_N.size)
    for hz, width_hz in ((600, 80), (1400, 100), (2600, 150)):
        r = np.exp(-np.pi * width_hz / rate_hz)
        x_N = lfilter([1], [1, -2 * r * np.cos(2 * np.pi * hz / rate_hz), r * r], x_N)
    closes_N = (phase_N[1:] >= CLOSES) & (phase_N[:-1] < CLOSES)
    return np.asarray(x_N / np.abs(x_N).max()), np.flatnonzero(closes_N) + 1


def found(x_N: F64, rate_hz: int, f0_hz: float) -> I64:
    """Collect, take the median, and find: what a caller does with a whole recording."""
    mean_N = mean_based(x_N, rate_hz, f0_hz)
    residual_N = lp_residual(x_N, rate_hz, residual_order(rate_hz))
    places = relative_peaks(mean_N, residual_N, np.abs(residual_N).max(initial=0.0))
    return closures(mean_N, residual_N, float(np.median(places)) if places.size else np.nan)


def inside(at_G: I64, first: int, last: int) -> I64:
    return at_G[(at_G >= first) & (at_G < last)]


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100])
@pytest.mark.parametrize("f0_hz", [80.0, 120.0, 210.0])
def test_each_period_of_a_voice_has_one_closure_where_it_closes(rate_hz: int, f0_hz: float) -> None:
    x_N, truth_G = voice(rate_hz, f0_hz)
    ends = (rate_hz // 5, x_N.size - rate_hz // 5)
    truth_G, at_G = inside(truth_G, *ends), inside(found(x_N, rate_hz, f0_hz), *ends)
    away_s = np.abs(at_G[:, None] - truth_G).min(1) / rate_hz
    assert abs(at_G.size - truth_G.size) <= 1
    assert (away_s <= 0.5e-3).mean() > 0.97  # the rest: noise on a shallow peak
    assert away_s.max() < 1e-3
    assert np.median(away_s) <= 1.5 / rate_hz


def test_closures_do_not_depend_on_loudness() -> None:
    x_N, _ = voice(RATE, 110.0)
    np.testing.assert_array_equal(found(0.1 * x_N, RATE, 110.0), found(x_N, RATE, 110.0))


def test_a_voice_that_starts_later_closes_later() -> None:
    x_N, _ = voice(RATE, 110.0)
    shift = 3 * 80 * 40
    late_G = found(np.concatenate([np.zeros(shift), x_N]), RATE, 110.0)
    at_G = found(x_N, RATE, 110.0)
    inner = (RATE // 5, x_N.size)
    np.testing.assert_array_equal(inside(late_G - shift, *inner), inside(at_G, *inner))


def test_pieces_have_the_closures_of_the_whole() -> None:
    x_N, _ = voice(RATE, 130.0, seconds=8.0)
    mean_N, residual_N = mean_based(x_N, RATE, 130.0), lp_residual(x_N, RATE, 18)
    largest = np.abs(residual_N).max()
    ratio = float(np.median(relative_peaks(mean_N, residual_N, largest)))
    start, stop, context = 2 * RATE, 6 * RATE, 2 * RATE
    piece_N = x_N[start - context : stop + context - 800]
    piece_mean_N = mean_based(piece_N, RATE, 130.0)
    np.testing.assert_allclose(
        piece_mean_N[context : context + stop - start],
        mean_N[start:stop],
        atol=1e-6 * np.abs(mean_N).max(),
    )
    piece_G = closures(piece_mean_N, lp_residual(piece_N, RATE, 18), ratio) + start - context
    whole_G = closures(mean_N, residual_N, ratio)
    assert inside(whole_G, start, stop).size > 500
    np.testing.assert_array_equal(inside(piece_G, start, stop), inside(whole_G, start, stop))


def test_the_mean_based_signal_is_a_moving_average_without_its_drift() -> None:
    x_N, _ = voice(RATE, 125.0, seconds=1.0)
    half = 109  # 1.7 x 128 samples / 2, rounded
    window = 0.42 - 0.5 * np.cos(np.pi * np.arange(219) / 109)
    window += 0.08 * np.cos(2 * np.pi * np.arange(219) / 109)
    slow_N = np.zeros(x_N.size)
    for n in range(half, x_N.size - half):
        slow_N[n] = np.mean(x_N[n - half : n + half + 1] * window)
    fast_N = mean_based(x_N + 0.2, RATE, 125.0)
    inner = slice(RATE // 3, -RATE // 3)
    bands = [np.abs(np.fft.rfft(y_N[inner] * np.hanning(fast_N[inner].size)))
             for y_N in (slow_N, fast_N)]  # fmt: skip
    f0_bin = round(125 * fast_N[inner].size / RATE)
    assert 10 ** (-2 * 3.1 / 20) < bands[1][f0_bin] / bands[0][f0_bin] < 1.01
    assert abs(fast_N[inner].mean()) < 1e-4  # the offset that was added is gone
    places = [y_N[inner].argmax() % 128 for y_N in (slow_N, fast_N)]
    assert abs(places[0] - places[1]) <= 3


def test_an_interval_runs_from_a_minimum_to_the_next_maximum() -> None:
    mean_N = np.array([3, 2, 1, 2, 4, 3, 0, 5, 6, 7, 1, 0.0])
    start_I, stop_I = intervals(mean_N)
    assert (start_I.tolist(), stop_I.tolist()) == ([2, 6], [4, 9])


def test_peaks_are_placed_by_the_nearest_minimum_and_closures_by_their_usual_place() -> None:
    mean_N = -np.cos(2 * np.pi * np.arange(1000) / 100)  # minima at 100, 200, ...; rise for 50
    residual_N = np.zeros(1000)
    residual_N[110:1000:100] = 1.0
    residual_N[[350, 570]] = 0.39, 5  # too weak to count; too far off to be found
    places = relative_peaks(mean_N, residual_N, largest=1.0)
    assert np.median(places) == pytest.approx(0.2)
    assert places.size == 10
    np.testing.assert_array_equal(closures(mean_N, residual_N, 0.2), np.arange(110, 1000, 100))
    assert closures(mean_N, residual_N, 1.2).tolist() == [350, 570]


def test_what_holds_no_sound_has_no_closures() -> None:
    x_N, _ = voice(RATE, 120.0, seconds=3.0)
    x_N[RATE : 2 * RATE] = 0
    at_G = found(x_N, RATE, 120.0)
    assert inside(at_G, RATE + 401, 2 * RATE - 401).size == 0
    assert inside(at_G, 0, RATE).size > 100
    for nothing_N in (np.zeros(RATE), np.full(RATE, 0.2), np.zeros(0), np.ones(1), np.ones(500)):
        assert found(nothing_N, RATE, 120.0).size == 0
    assert closures(np.sin(np.arange(900) / 20), np.ones(900), np.nan).size == 0


@pytest.mark.parametrize("name", ["librivox_0870", "numbers", "bdl16k", "bdl32k"])
def test_references_have_covareps_closures(real_data: Path, name: str) -> None:
    import soundfile
    from scipy.io import loadmat

    x_N, rate_hz = soundfile.read(real_data / "covarep" / f"{name}.wav")
    native = loadmat(real_data / "covarep" / f"{name}.native.mat")["nat"][0, 0]
    at_G = found(x_N * native["polarity"].item(), rate_hz, native["F0med"].item())
    time_F, voiced_F = native["srh_time"].ravel(), native["srh_vuv"].ravel()
    voiced_G = np.interp(at_G / rate_hz, time_F, voiced_F, left=0, right=0) >= 0.5
    ours_s = (at_G[voiced_G] + 1) / rate_hz
    theirs_s = native["NAQ"][:, 0]
    away_s = np.abs(ours_s[:, None] - theirs_s)
    assert (away_s.min(1) <= 0.5e-3).mean() >= 0.99  # none is added
    assert (away_s.min(0) <= 0.5e-3).mean() >= 0.99  # none is missed
    np.testing.assert_array_equal(native["GCI"].ravel(), np.rint(theirs_s * rate_hz) - 1)
