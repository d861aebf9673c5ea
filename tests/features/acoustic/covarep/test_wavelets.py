"""The wavelet bank against full convolution, and what MDQ and peakSlope say of known signals."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, wavfile

from depx.features.acoustic.covarep.lpc import lp_residual
from depx.features.acoustic.covarep.wavelets import (
    frame_hop,
    frame_length,
    maxima_dispersion,
    octave,
    peak_slope,
)
from depx.features.types import F64

REFERENCES = ("librivox_0870", "numbers", "bdl16k", "bdl32k")


def full_octave(x_N: F64, scale: int) -> F64:
    n = np.arange(-1000, 1001) / scale
    wavelet = -np.cos(np.pi * n) * np.exp(-(n**2) / 2)
    return np.convolve(x_N, wavelet)[1000 : 1000 + x_N.size]


def noise(samples: int, *, tilt: float = 0.0, seed: int = 0) -> F64:
    """Noise from 1/200 of its bandwidth on, amplitude as frequency to the power of `tilt`."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0, 0.1, samples))
    frequency = (np.arange(spectrum.size) + 1) / spectrum.size
    return np.fft.irfft(spectrum * frequency**tilt * (frequency > 0.005), samples)


@pytest.mark.parametrize("samples", [1, 300, 8192, 20_000])
def test_blocks_and_shortened_wavelets_equal_the_full_convolution(samples: int) -> None:
    x_N = noise(samples + samples % 2, tilt=-0.5)[:samples]
    for scale in (1, 2, 4, 8, 16, 32, 64):
        full_N = full_octave(x_N, scale)
        np.testing.assert_allclose(
            octave(x_N, scale), full_N, atol=1e-7 * max(np.abs(full_N).max(), 1e-6)
        )


def test_mdq_equals_a_walk_through_the_windows() -> None:
    gci_G = np.cumsum(np.random.default_rng(1).integers(60, 240, 100))
    residual_N = noise(16_000)[: int(gci_G[-1]) + 30]
    expected = []
    octaves = [full_octave(residual_N, s) for s in (4, 8, 16, 32, 64)]
    for n, gci in enumerate(gci_G):
        period = int(gci_G[1] - gci_G[0]) if n == 0 else int(gci - gci_G[n - 1])
        near = int(0.2 * period + 0.5)
        if gci - period < 0 or gci + period >= residual_N.size:
            expected.append(np.nan)
            continue
        places = [np.argmax(o[gci - near : gci + near + 1]) - near for o in octaves]
        expected.append(np.mean([abs(place + 1) for place in places]) / period)
    assert np.isnan(expected[-1])
    found = maxima_dispersion(residual_N, 16_000, gci_G, as_coded=True)
    np.testing.assert_allclose(found, expected)


def test_octaves_that_meet_are_not_dispersed_and_those_that_part_are() -> None:
    """Unlike a positive impulse, a negative one is where every octave is highest."""
    gci_G = np.arange(400, 15_000, 160)
    sharp_N, spread_N = np.zeros(16_000), np.zeros(16_000)
    sharp_N[gci_G] = -1.0
    spread_N[gci_G] = -0.5
    spread_N[gci_G + 15] = -0.6
    # The widest wavelets still see the neighbours, which the first and the last GCI lack.
    assert not maxima_dispersion(sharp_N, 16_000, gci_G)[1:-1].any()
    assert maxima_dispersion(spread_N, 16_000, gci_G).min() > 0.05


def test_a_pause_is_no_period() -> None:
    x_N = noise(48_000)
    gci_G = np.concatenate([np.arange(300, 10_000, 130), np.arange(30_000, 47_000, 130)])
    onset = int(np.argmax(np.diff(gci_G))) + 1
    assert np.flatnonzero(np.isnan(maxima_dispersion(x_N, 16_000, gci_G))).tolist() == [onset]


def test_a_tilt_of_six_decibels_an_octave_lowers_peak_slope_by_two_to_the_power_of_ten() -> None:
    flat = np.median(peak_slope(noise(64_000), 16_000))
    tilted = np.median(peak_slope(noise(64_000, tilt=-1.0), 16_000))
    assert flat - tilted == pytest.approx(np.log10(2), abs=0.03)


def test_twenty_decibels_less_move_neither() -> None:
    x_N, gci_G = noise(16_000, tilt=-0.5), np.arange(300, 15_500, 130)
    np.testing.assert_allclose(
        peak_slope(0.1 * x_N, 16_000), peak_slope(x_N, 16_000), rtol=0, atol=1e-10
    )
    np.testing.assert_array_equal(
        maxima_dispersion(0.1 * x_N, 16_000, gci_G), maxima_dispersion(x_N, 16_000, gci_G)
    )


def test_a_piece_gives_what_the_whole_gives() -> None:
    x_N, gci_G = noise(96_000, tilt=-0.5), np.arange(300, 95_000, 130)
    first, last = 32_000, 72_000
    inside_G = (gci_G >= first) & (gci_G < last)
    mdq_G = maxima_dispersion(
        x_N[first:last], 16_000, gci_G[inside_G] - first, previous=int(gci_G[~inside_G][0])
    )
    np.testing.assert_array_equal(
        mdq_G[10:-10], maxima_dispersion(x_N, 16_000, gci_G)[inside_G][10:-10]
    )
    slope_F = peak_slope(x_N[first:last], 16_000)
    np.testing.assert_allclose(
        slope_F[10:-10], peak_slope(x_N, 16_000)[200:][: slope_F.size][10:-10], atol=1e-9
    )


@pytest.mark.parametrize(("rate_hz", "samples"), [(8_000, 320), (44_100, 1764), (48_000, 1920)])
def test_frames_are_forty_milliseconds_and_whole(rate_hz: int, samples: int) -> None:
    assert frame_length(rate_hz) == samples
    assert frame_hop(rate_hz) == samples // 4
    for extra, frames in ((-1, 0), (0, 1), (samples // 4 - 1, 1), (samples // 4, 2)):
        assert peak_slope(np.ones(samples + extra), rate_hz).size == frames


def test_silence_is_not_measured() -> None:
    x_N = noise(32_000)
    x_N[8_000:16_000] = 0.0
    gci_G = np.arange(300, 31_000, 100)
    silent_F = np.array(
        [not x_N[f * 160 : f * 160 + 640].any() for f in range((32_000 - 640) // 160 + 1)]
    )
    silent_G = np.array([not x_N[g - 20 : g + 21].any() for g in gci_G])
    assert silent_F.any()
    assert silent_G.any()
    np.testing.assert_array_equal(np.isnan(peak_slope(x_N, 16_000)), silent_F)
    np.testing.assert_array_equal(np.isnan(maxima_dispersion(x_N, 16_000, gci_G)), silent_G)


@pytest.mark.parametrize("samples", [0, 1, 100, 5000])
@pytest.mark.parametrize("gci", [(), (60,), (60, 90), (0, 1, 4999)])
def test_too_little_to_measure_gives_no_warning(samples: int, gci: tuple[int, ...]) -> None:
    gci_G = np.array([g for g in gci if g < samples], dtype=np.int64)
    for x_N in (np.zeros(samples), np.full(samples, 0.5)):
        mdq_G = maxima_dispersion(x_N, 16_000, gci_G)
        assert mdq_G.shape == gci_G.shape
        assert not np.isinf(mdq_G).any()
        assert not np.isinf(peak_slope(x_N, 16_000)).any()


@pytest.mark.parametrize("name", REFERENCES)
def test_both_columns_are_covareps(name: str, real_data: Path) -> None:
    """Interpolated to the output grid, every row of every reference, as far as the CSV is printed.

    From COVAREP's own GCIs; the acceptance asks for r > .95 on voiced rows.
    """
    native = loadmat(real_data / "covarep" / f"{name}.native.mat")["nat"][0, 0]
    rate_hz, x_N = wavfile.read(real_data / "covarep" / f"{name}.wav")
    x_N = np.atleast_2d(x_N.T)[0] / 32_768 * native["polarity"].item()
    with (real_data / "covarep" / f"{name}.covarep.csv").open() as lines:
        names = lines.readline().strip().split(",")
        table = np.loadtxt(lines, delimiter=",")
    grid_F = np.round(table[:, 0] * rate_hz)
    gci_G = native["GCI"].ravel().astype(np.int64)
    residual_N = lp_residual(x_N, rate_hz, rate_hz // 1000 + 2)
    mdq_G = np.nan_to_num(maxima_dispersion(residual_N, rate_hz, gci_G, as_coded=True))
    slope_F = peak_slope(x_N, rate_hz)
    frame_F = np.arange(slope_F.size) * frame_hop(rate_hz) + frame_length(rate_hz) // 2 - 1
    for column, at, values in (("MDQ", gci_G - 1, mdq_G), ("peakSlope", frame_F, slope_F)):
        rows_F = np.interp(grid_F, at, values, left=0, right=0)
        np.testing.assert_allclose(rows_F, table[:, names.index(column)], rtol=0, atol=1e-8)
