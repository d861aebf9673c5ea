"""Pulses that were made with an Rd give it back, alone, through a vowel, softly, late, in noise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat
from scipy.io.wavfile import read
from scipy.optimize import fminbound

from depx.features.acoustic.covarep import shape
from depx.features.acoustic.covarep.harmonics import harmonics
from depx.features.types import F64

RATE = 16_000
SHAPES = [0.4, 0.6, 0.9, 1.3, 1.7, 2.2]

Make = Callable[..., F64]

# N = samples, F = frames


def measure(
    x_N: F64, f0_hz: float, rate_hz: int = RATE, *, as_coded: bool = False, late: int = 0
) -> tuple[F64, F64]:
    centre_F = np.arange(rate_hz // 8, x_N.size - rate_hz // 8, rate_hz // 100) + late
    parts = [
        shape.rd(part, as_coded=as_coded)
        for part in harmonics(x_N, rate_hz, centre_F, np.full(len(centre_F), f0_hz))
    ]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100])
@pytest.mark.parametrize("f0_hz", [90.0, 123.0, 220.0, 310.0])
@pytest.mark.parametrize("rd", SHAPES)
def test_a_train_of_pulses_gives_its_rd_back(
    rd: float, f0_hz: float, rate_hz: int, lf_train: Make
) -> None:
    rd_F, confidence_F = measure(lf_train(rd, f0_hz, rate_hz), f0_hz, rate_hz)
    np.testing.assert_allclose(np.median(rd_F), rd, atol=0.03)
    np.testing.assert_allclose(rd_F, rd, atol=0.1)
    assert confidence_F.min() > 0.95


@pytest.mark.parametrize("f0_hz", [90.0, 123.0])
@pytest.mark.parametrize("rd", SHAPES)
def test_a_vowel_leaves_rd(rd: float, f0_hz: float, lf_train: Make, vowel: Make) -> None:
    rd_F, confidence_F = measure(vowel(lf_train(rd, f0_hz)), f0_hz)
    np.testing.assert_allclose(rd_F, rd, atol=0.1)
    assert confidence_F.min() > 0.8


@pytest.mark.parametrize("rd", SHAPES)
def test_30_db_of_noise_below_a_vowel_moves_rd_little(
    rd: float, lf_train: Make, vowel: Make
) -> None:
    x_N = vowel(lf_train(rd, 110.0))
    noise_N = np.random.default_rng(0).normal(size=x_N.size) * x_N.std() * 10 ** (-30 / 20)
    rd_F, _ = measure(x_N + noise_N, 110.0)
    np.testing.assert_allclose(np.median(rd_F), rd, atol=0.1)


def test_20_db_less_leave_rd(lf_train: Make, vowel: Make) -> None:
    x_N = vowel(lf_train(0.8, 130.0))
    loud, quiet = measure(x_N, 130.0), measure(x_N / 10, 130.0)
    np.testing.assert_allclose(quiet, loud, rtol=1e-6)


def test_where_in_its_period_a_pulse_is_seen_leaves_rd(lf_train: Make, vowel: Make) -> None:
    x_N = vowel(lf_train(1.1, 110.0))
    rds = [measure(x_N, 110.0, late=late)[0].mean() for late in range(0, 145, 29)]
    np.testing.assert_allclose(rds, rds[0], atol=0.03)


def test_an_offset_leaves_rd(lf_train: Make, vowel: Make) -> None:
    x_N = vowel(lf_train(0.8, 130.0))
    clean, offset = measure(x_N, 130.0), measure(x_N + 0.3 * np.abs(x_N).max(), 130.0)
    np.testing.assert_allclose(offset[0], clean[0], atol=0.02)


def test_a_wrong_polarity_is_less_sure(lf_train: Make, vowel: Make) -> None:
    x_N = vowel(lf_train(1.0, 110.0))
    assert measure(-x_N, 110.0)[1].max() < measure(x_N, 110.0)[1].min() - 0.2


def test_the_references_sign_reads_another_rd(lf_train: Make) -> None:
    """Why both are offered: what the reference calls Rd is no Rd of the LF model."""
    rd_F, confidence_F = measure(lf_train(1.0, 110.0), 110.0, as_coded=True)
    assert np.abs(rd_F - 1.0).min() > 0.25
    assert confidence_F.max() < 0.8


def test_the_search_ends_where_the_same_search_of_scipy_ends() -> None:
    random = np.random.default_rng(0)
    weight_FW, place_FW = random.normal(size=(200, 6)), random.uniform(0, 9, (200, 6))

    def wavy(x_F: F64) -> F64:
        waves_F: F64 = (weight_FW * np.cos(3 * x_F[:, None] + place_FW)).sum(axis=1)
        return waves_F + (x_F - 1.1) ** 2

    at_F, least_F = shape._minimise(wavy, 200)
    for frame in range(200):
        expected = fminbound(
            lambda x, frame=frame: wavy(np.full(200, x))[frame],
            shape.RD_LOWEST,
            shape.RD_HIGHEST,
            xtol=shape.TOLERANCE,
            maxfun=shape.ITERATIONS,
        )
        assert at_F[frame] == pytest.approx(expected, abs=1e-6)
    np.testing.assert_array_equal(least_F, wavy(at_F))


@pytest.mark.parametrize("count", [8, 9, 40, 161])
def test_minimum_phases_are_those_of_the_folded_cepstrum(count: int) -> None:
    log_K = np.random.default_rng(count).normal(size=count)
    half_K = np.concatenate([log_K[:1], log_K])  # 0 Hz is taken to be as strong as the first
    cepstrum_K = np.fft.ifft(np.concatenate([half_K, half_K[-2:0:-1]])).real
    cepstrum_K[1:count] *= 2
    cepstrum_K[count + 1 :] = 0
    expected_J = np.fft.fft(cepstrum_K).imag[1:9]
    weight_JK = shape._minimum_phase(count)
    np.testing.assert_allclose(weight_JK[:, :count] @ log_K, expected_J, atol=1e-12)
    assert not weight_JK[:, count:].any()


@pytest.mark.parametrize(
    "x_N",
    [np.zeros(8000), np.full(8000, 0.1), np.zeros(3), np.full(8000, np.nan)],
    ids=["silence", "constant", "three samples", "nan"],
)
def test_nothing_to_measure_is_nan_without_a_warning(x_N: F64) -> None:
    centre_F, f0_F = np.array([0, 1000, 4000]), np.array([np.nan, 0.0, 120.0])
    for part in harmonics(x_N, RATE, centre_F, f0_F):
        for value_F in shape.rd(part):
            assert value_F.shape == (3,)
            assert np.isnan(value_F).all()


def test_fewer_than_8_harmonics_are_no_shape(lf_train: Make) -> None:
    (part,) = harmonics(lf_train(1.0, 110.0), RATE, np.array([4000]), np.array([1300.0]))
    assert np.isnan(shape.rd(part)).all()


@pytest.mark.parametrize("name", ["librivox_0870", "numbers", "bdl16k", "bdl32k"])
def test_the_references_are_met(real_data: Path, name: str) -> None:
    """Acceptance is r >= .9 where the reference is sure; the definition itself gives .999."""
    rate_hz, sample_N = read(real_data / "covarep" / f"{name}.wav")
    native = loadmat(real_data / "covarep" / f"{name}.native.mat")["nat"][0, 0]
    time_F, rd_F, confidence_F = native["rds"].T
    x_N = sample_N / 32768 * native["polarity"].item()
    centre_F = np.floor(time_F * rate_hz + 0.5).astype(np.int64)
    parts = [
        shape.rd(part, as_coded=True)
        for part in harmonics(x_N, rate_hz, centre_F, native["frame_f0"].ravel())
    ]
    ours_F = np.concatenate([part[0] for part in parts])
    sure_F = confidence_F > 0.6
    assert np.corrcoef(ours_F[sure_F], rd_F[sure_F])[0, 1] > 0.99
    assert np.corrcoef(ours_F, rd_F)[0, 1] > 0.97
    assert np.median(np.abs(ours_F - rd_F)) < 0.001
    ours_confidence_F = np.concatenate([part[1] for part in parts])
    assert np.median(np.abs(ours_confidence_F - confidence_F)) < 0.001
