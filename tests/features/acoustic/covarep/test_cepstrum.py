"""MCEP tells level from shape, and shape over the mel scale."""

from pathlib import Path

import numpy as np
import pytest

from depx.features.acoustic.covarep import cepstrum
from depx.features.acoustic.covarep.cepstrum import mel_cepstrum, warped_cepstrum
from depx.features.acoustic.covarep.envelope import STOP
from depx.features.acoustic.covarep.harmonics import harmonics
from depx.features.types import F64

RATE = 16_000
REFERENCES = ["librivox_0870", "numbers", "bdl16k", "bdl32k"]

# N = samples, F = frames, B = bins, C = coefficients


def pulses(f0_hz: float = 100.0, seconds: float = 0.5, rate_hz: int = RATE) -> F64:
    """A train of pulses through two resonances."""
    from scipy.signal import lfilter

    x_N = np.zeros(round(seconds * rate_hz))
    x_N[:: round(rate_hz / f0_hz)] = 1.0
    for at, width in ((600, 90), (1900, 140)):
        radius = np.exp(-np.pi * width / rate_hz)
        x_N = lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * at / rate_hz), radius**2], x_N)
    return x_N


def mceps(x_N: F64, rate_hz: int = RATE, f0_hz: float = 100.0, block: int = 128) -> F64:
    centre_F = np.arange(round(0.05 * rate_hz), x_N.size - round(0.05 * rate_hz), rate_hz // 100)
    found = harmonics(x_N, rate_hz, centre_F, np.full(len(centre_F), f0_hz), block=block)
    return np.concatenate([mel_cepstrum(some.spectrum_FB, some.f0_F, rate_hz) for some in found])


def test_a_quieter_voice_lowers_the_first_coefficient_and_no_other() -> None:
    loud_FC, quiet_FC = mceps(pulses()), mceps(pulses() * 0.1)
    np.testing.assert_allclose(quiet_FC[:, 0], loud_FC[:, 0] + np.log(0.1), atol=1e-4)
    np.testing.assert_allclose(quiet_FC[:, 1:], loud_FC[:, 1:], atol=1e-4)


def test_the_sign_of_the_sound_does_not_matter() -> None:
    np.testing.assert_allclose(mceps(-pulses()), mceps(pulses()), atol=1e-6)


def test_a_flat_curve_has_its_level_and_no_shape() -> None:
    cepstrum_FC = warped_cepstrum(np.full((2, 513), 0.25, np.float32), 8000, 24)
    np.testing.assert_allclose(cepstrum_FC[:, 0], np.log(0.25), rtol=1e-5)
    np.testing.assert_allclose(cepstrum_FC[:, 1:], 0, atol=1e-5)


def test_a_cosine_over_the_mel_scale_is_one_coefficient() -> None:
    frequency_B = np.linspace(0, 8000, 513)
    mel_B = np.log(1 + frequency_B / 700) / np.log(1 + 8000 / 700)
    curve_B = np.exp(-2 + 0.7 * np.cos(3 * np.pi * mel_B)).astype(np.float32)
    expected_C = np.zeros(13)
    expected_C[[0, 3]] = -2, 0.7
    np.testing.assert_allclose(warped_cepstrum(curve_B[None], 8000, 12)[0], expected_C, atol=1e-3)


def test_the_warped_cepstrum_is_that_of_an_inverse_fft() -> None:
    random = np.random.default_rng(2)
    curve_FB = random.uniform(0.1, 3, (4, 257)).astype(np.float32)
    mel_G = np.linspace(0, 1127 * np.log(1 + 8000 / 700), 257)
    warped_G = 700 * (np.exp(mel_G / 1127) - 1)
    for curve_B, found_C in zip(curve_FB, warped_cepstrum(curve_FB, 8000, 24), strict=True):
        log_G = np.log(np.interp(warped_G, np.linspace(0, 8000, 257), curve_B))
        slow_C = np.fft.irfft(log_G)[:25] * np.where(np.arange(25) > 0, 2, 1)
        np.testing.assert_allclose(found_C, slow_C, atol=1e-5)


def test_the_wider_grid_of_the_envelope_moves_no_coefficient_by_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noise_N = np.random.default_rng(3).normal(0, 0.1, RATE)
    wide_FC = np.concatenate([mceps(pulses()), mceps(noise_N, f0_hz=130.0)])
    monkeypatch.setattr(cepstrum, "ENVELOPE_BIN_HZ", 1.0)
    all_FC = np.concatenate([mceps(pulses()), mceps(noise_N, f0_hz=130.0)])
    assert 0 < np.abs(wide_FC - all_FC).max() < 0.06
    assert np.median(np.abs(wide_FC - all_FC)) < 3e-3


def test_a_resonance_that_moves_up_moves_the_coefficients_of_shape() -> None:
    frequency_B = np.linspace(0, 8000, 513)
    low_B, high_B = (np.exp(-(((frequency_B - at) / 300) ** 2)) + 0.01 for at in (500, 4000))
    low_C, high_C = warped_cepstrum(np.stack([low_B, high_B]).astype(np.float32), 8000, 24)
    assert low_C[1] > 0 > high_C[1]


def test_a_frame_is_measured_alike_in_any_block() -> None:
    x_N = pulses() + np.random.default_rng(4).normal(0, 1e-3, RATE // 2)
    # single precision: some processors sum a block of another size in another order
    np.testing.assert_allclose(mceps(x_N, block=7), mceps(x_N), atol=1e-5)
    np.testing.assert_allclose(mceps(x_N[1600:]), mceps(x_N)[10:], atol=1e-5)


def test_a_silent_frame_is_not_measured_and_harms_no_other() -> None:
    x_N = pulses(seconds=0.6)
    x_N[4000:7000] = 0
    cepstrum_FC = mceps(x_N)
    silent_F = np.isnan(cepstrum_FC).any(axis=1)
    assert 0 < silent_F.sum() < len(silent_F)
    assert np.isnan(cepstrum_FC[silent_F]).all()
    np.testing.assert_allclose(cepstrum_FC[:10], mceps(pulses(seconds=0.6))[:10], atol=1e-6)


@pytest.mark.parametrize("f0_hz", [np.nan, 0.0])
def test_a_frame_without_f0_is_not_measured(f0_hz: float) -> None:
    spectrum_FB = np.ones((1, 2049), complex)
    assert np.isnan(mel_cepstrum(spectrum_FB, np.array([f0_hz]), RATE)).all()


def test_no_frame_gives_no_row() -> None:
    assert mel_cepstrum(np.empty((0, 2049), complex), np.empty(0), RATE).shape == (0, 25)


def test_a_tone_without_noise_stays_finite() -> None:
    tone_N = np.sin(2 * np.pi * 1000 * np.arange(8000) / RATE)
    assert np.isfinite(mceps(tone_N)).all()


@pytest.mark.parametrize("rate_hz", [8000, 44_100, 48_000])
def test_any_rate_measures_the_level_of_pulses(rate_hz: int) -> None:
    x_N = np.zeros(rate_hz // 2)
    x_N[:: rate_hz // 100] = 1.0
    # a pulse in every period of P samples: each of its harmonics measures 1 / P
    level_F = mceps(x_N, rate_hz)[:, 0]
    np.testing.assert_allclose(level_F, np.log(1 / (rate_hz // 100)), atol=STOP)


@pytest.mark.parametrize("name", REFERENCES)
def test_mcep_agrees_with_covarep_at_its_own_frames(real_data: Path, name: str) -> None:
    from scipy.io import loadmat, wavfile

    rate_hz, samples = wavfile.read(real_data / "covarep" / f"{name}.wav")
    native = loadmat(real_data / "covarep" / f"{name}.native.mat")["nat"][0, 0]
    centre_F = np.rint(native["frame_t"].ravel() * rate_hz).astype(np.int64)
    found_FC = np.concatenate(
        [
            mel_cepstrum(some.spectrum_FB, some.f0_F, rate_hz)
            for some in harmonics(samples / 32768, rate_hz, centre_F, native["frame_f0"].ravel())
        ]
    )
    expected_FC = native["MCEP"]
    for found_F, expected_F in zip(found_FC.T, expected_FC.T, strict=True):
        assert np.corrcoef(found_F, expected_F)[0, 1] > 0.995
    assert np.median(np.abs(found_FC - expected_FC)) < 0.01
