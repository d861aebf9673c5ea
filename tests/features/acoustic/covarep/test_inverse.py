"""Glottal inverse filtering: against one frame worked out slowly, and against its own pieces."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, wavfile
from scipy.linalg import solve_toeplitz
from scipy.signal import firls, lfilter

from depx.features.acoustic.covarep.glottal import PARAMETERS, glottal_parameters
from depx.features.acoustic.covarep.inverse import iaif, source_order, tract_order
from depx.features.acoustic.covarep.pulses import batches, cut, periods
from depx.features.types import F64, I64

REFERENCES = ("librivox_0870", "numbers", "bdl16k", "bdl32k")


def voice(seconds: float, rate_hz: int = 16_000, seed: int = 0) -> tuple[F64, I64]:
    """Two resonances struck at irregular instants, with a pause of .4 s in every 2 s."""
    rng = np.random.default_rng(seed)
    count = int(seconds * rate_hz)
    struck = np.cumsum(rng.integers(rate_hz // 160, rate_hz // 90, count * 160 // rate_hz))
    struck = struck[(struck < count - 50) & (struck % (2 * rate_hz) > 0.4 * rate_hz)]
    x_N = rng.normal(0, 1e-3, count)
    x_N[struck] += 1.0
    for centre_hz, width_hz in ((600, 80), (1300, 120), (rate_hz / 2 * 0.6, 300)):
        pole = np.exp(np.pi / rate_hz * (-width_hz + 2j * centre_hz))
        x_N = lfilter([1.0], [1.0, -2 * pole.real, abs(pole) ** 2], x_N)
    return 0.1 * x_N / np.abs(x_N).max(), struck


def slow_lpc(x: F64, order: int) -> F64:
    r = np.correlate(x, x, "full")[x.size - 1 : x.size + order]
    return np.concatenate(([1.0], -solve_toeplitz(r[:order], r[1:])))


def slow_iaif(x_N: F64, rate_hz: int, gci_G: I64) -> tuple[F64, F64]:
    """Frame by frame, filter by filter, from the definition in the paper."""
    flow_N, slope_N = np.zeros(x_N.size), np.zeros(x_N.size)
    tract, source = tract_order(rate_hz), source_order(rate_hz)
    order = int(300 / 16_000 * rate_hz + 0.5)
    order += order % 2
    edges = [0, 40 / (rate_hz / 2), 70 / (rate_hz / 2), 1]
    taps = firls(order + 1, edges, [0, 0, 1, 1])
    for n, gci in enumerate(gci_G):
        period = gci_G[1] - gci_G[0] if n == 0 else gci - gci_G[n - 1]
        start, stop = max(gci - 1 - period, 0), min(gci + period, x_N.size)
        window = np.hanning(stop - start)
        frame = np.concatenate((x_N[start:stop] * window, np.zeros(order // 2)))
        frame = lfilter(taps, 1, frame)[order // 2 :]
        ramp = tract + 1
        ramped = np.concatenate((np.linspace(-frame[0], frame[0], ramp), frame))
        tilt = slow_lpc(frame * window, 1)
        first = slow_lpc(lfilter(tilt, 1, ramped)[ramp:] * window, tract)
        glottis = slow_lpc(lfilter(first, [1, -0.99], ramped)[ramp:] * window, source)
        second = slow_lpc(lfilter(glottis, [1, -0.99], ramped)[ramp:] * window, tract)
        flow_N[start:stop] += lfilter(second, [1, -0.99], ramped)[ramp:]
        slope_N[start:stop] += lfilter(second, 1, ramped)[ramp:]
    return flow_N, slope_N


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_batched_frames_equal_frames_filtered_one_by_one(rate_hz: int) -> None:
    x_N, gci_G = voice(1.2, rate_hz)
    for fast_N, slow_N in zip(
        iaif(x_N, rate_hz, gci_G, as_coded=True), slow_iaif(x_N, rate_hz, gci_G), strict=True
    ):
        np.testing.assert_allclose(fast_N, slow_N, atol=1e-8 * np.abs(slow_N).max())


def test_the_flow_is_the_leaking_integral_of_its_derivative_between_frame_starts() -> None:
    x_N, gci_G = voice(0.6)
    one = gci_G[10:11]
    flow_N, slope_N = iaif(x_N, 16_000, one, previous=int(one[0]) - 100)
    inside = slice(int(one[0]) - 99, int(one[0]) + 99)
    rise_N = flow_N[1:] - 0.99 * flow_N[:-1]
    np.testing.assert_allclose(rise_N[inside], slope_N[1:][inside], atol=1e-10)


def test_twenty_decibels_less_give_a_tenth_of_the_flow() -> None:
    x_N, gci_G = voice(1.0)
    for loud_N, soft_N in zip(
        iaif(x_N, 16_000, gci_G), iaif(0.1 * x_N, 16_000, gci_G), strict=True
    ):
        np.testing.assert_allclose(10 * soft_N, loud_N, atol=1e-9 * np.abs(loud_N).max())


def test_a_shift_in_time_shifts_the_flow() -> None:
    x_N, gci_G = voice(1.0)
    late_N = np.concatenate((np.zeros(777), x_N))
    for now_N, later_N in zip(
        iaif(x_N, 16_000, gci_G[5:], previous=int(gci_G[4])),
        iaif(late_N, 16_000, gci_G[5:] + 777, previous=int(gci_G[4]) + 777),
        strict=True,
    ):
        np.testing.assert_allclose(later_N[777:], now_N, atol=1e-9 * np.abs(now_N).max())


def test_a_piece_with_context_gives_what_the_whole_gives() -> None:
    x_N, gci_G = voice(9.0)
    whole = np.stack(iaif(x_N, 16_000, gci_G, as_coded=True))
    first, last, context = 48_000, 96_000, 16_800
    inside_G = (gci_G >= first - context) & (gci_G < last + context)
    piece = np.stack(
        iaif(
            x_N[first - context : last + context],
            16_000,
            gci_G[inside_G] - (first - context),
            previous=int(gci_G[~inside_G & (gci_G < first)][-1]) - (first - context),
            as_coded=True,
        )
    )[:, context:-context]
    np.testing.assert_allclose(piece, whole[:, first:last], atol=1e-8 * np.abs(whole).max())


def test_the_voice_behind_a_pause_has_the_flow_that_it_has_without() -> None:
    x_N, gci_G = voice(3.0)
    onset = int(np.argmax(np.diff(gci_G))) + 1
    alone_N, _ = iaif(x_N, 16_000, gci_G[onset:])
    flow_N, _ = iaif(x_N, 16_000, gci_G)
    behind = slice(int(gci_G[onset]), None)
    np.testing.assert_allclose(flow_N[behind], alone_N[behind], atol=1e-9)


def test_no_frame_spans_a_pause_unless_as_coded() -> None:
    x_N, gci_G = voice(3.0)
    pause = np.flatnonzero(np.diff(gci_G) > 0.3 * 16_000)
    assert pause.size
    unlimited_N, _ = iaif(x_N, 16_000, gci_G, as_coded=True)
    limited_N, _ = iaif(x_N, 16_000, gci_G)
    silent = slice(int(gci_G[pause[0]]) + 400, int(gci_G[pause[0] + 1]) - 400)
    assert unlimited_N[silent].any()
    assert not limited_N[silent].any()


@pytest.mark.parametrize("samples", [0, 1, 10, 400, 16_000])
@pytest.mark.parametrize("gci", [(), (5,), (5, 8), (0, 150, 390), (3, 15_999)])
@pytest.mark.parametrize("level", [0.0, 0.5])
def test_nothing_to_filter_gives_no_flow_and_no_warning(
    samples: int, gci: tuple[int, ...], level: float
) -> None:
    x_N = np.full(samples, level)
    gci_G = np.array([g for g in gci if g < samples], dtype=np.int64)
    flow_N, slope_N = iaif(x_N, 16_000, gci_G)
    assert flow_N.shape == slope_N.shape == x_N.shape
    assert np.isfinite(flow_N).all()
    assert np.isfinite(slope_N).all()
    if level == 0:
        assert not flow_N.any()
        assert np.isnan(glottal_parameters(flow_N, slope_N, 16_000, gci_G)).all()


def test_the_first_period_is_the_second_unless_the_gci_before_is_known() -> None:
    gci_G = np.array([100, 130, 190])
    np.testing.assert_array_equal(periods(gci_G), [30, 30, 60])
    np.testing.assert_array_equal(periods(gci_G, previous=-20), [120, 30, 60])
    np.testing.assert_array_equal(periods(gci_G[:1]), [0])
    assert periods(gci_G[:0]).size == 0


def test_every_wanted_piece_is_in_one_batch_of_pieces_alike() -> None:
    length_G = np.random.default_rng(0).integers(20, 40_000, 500)
    wanted_G = length_G % 7 != 0
    groups = list(batches(length_G, wanted_G))
    np.testing.assert_array_equal(np.sort(np.concatenate(groups)), np.flatnonzero(wanted_G))
    assert all(length_G[group].max() <= 1.25 * length_G[group].min() for group in groups)


def test_a_cut_piece_is_followed_by_zeros() -> None:
    piece_RL, inside_RL = cut(np.arange(1.0, 9.0), np.array([2, 6]), np.array([3, 2]))
    np.testing.assert_array_equal(piece_RL, [[3, 4, 5], [7, 8, 0]])
    np.testing.assert_array_equal(inside_RL, [[1, 1, 1], [1, 1, 0]])


@pytest.mark.parametrize("name", REFERENCES)
def test_pulses_measure_what_covarep_measures(name: str, real_data: Path) -> None:
    """From COVAREP's own GCIs: every value of every reference, where the acceptance asks r > .95.

    A zero there is a value that could not be measured: NaN here.
    """
    native = loadmat(real_data / "covarep" / f"{name}.native.mat")["nat"][0, 0]
    rate_hz, x_N = wavfile.read(real_data / "covarep" / f"{name}.wav")
    x_N = np.atleast_2d(x_N.T)[0] / 32_768 * native["polarity"].item()
    gci_G = native["GCI"].ravel().astype(np.int64)
    flow_N, slope_N = iaif(x_N, rate_hz, gci_G, as_coded=True)
    measured_G4 = glottal_parameters(flow_N, slope_N, rate_hz, gci_G)
    for column, parameter in enumerate(PARAMETERS):
        np.testing.assert_allclose(native[parameter][:, 0] * rate_hz, gci_G + 1, atol=1e-6)
        expected_G = native[parameter][:, 1]
        measured_G = measured_G4[:, column]
        np.testing.assert_array_equal(np.isnan(measured_G), expected_G == 0)
        known_G = expected_G != 0
        np.testing.assert_allclose(measured_G[known_G], expected_G[known_G], rtol=0, atol=1e-6)
