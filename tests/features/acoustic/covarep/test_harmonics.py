"""Sums of cosines give their amplitudes and phases back, whatever the rate and the neighbours."""

import numpy as np
import pytest

from depx.features.acoustic.covarep.harmonics import Harmonics, fft_size, harmonics, wrap
from depx.features.types import F64, I64

RATE = 16_000

# N = samples, F = frames, K = 0 .. harmonics


def voice(rate_hz: int, f0_hz: float, seconds: float, partials: int) -> tuple[F64, F64, F64]:
    """Sum cosines whose amplitudes fall like speech and whose phases are random."""
    random = np.random.default_rng(5)
    amplitude_K = 0.5 * np.arange(1, partials + 1) ** -1.2 * random.uniform(0.5, 1.5, partials)
    phase_K = random.uniform(-np.pi, np.pi, partials)
    angle_KN = 2 * np.pi * f0_hz * np.arange(1, partials + 1)[:, None] * _time(rate_hz, seconds)
    return (amplitude_K[:, None] * np.cos(angle_KN + phase_K[:, None])).sum(0), amplitude_K, phase_K


def _time(rate_hz: int, seconds: float) -> F64:
    return np.arange(round(rate_hz * seconds)) / rate_hz


def centres(rate_hz: int, seconds: float, margin_s: float = 0.05) -> I64:
    """Every 10 ms, away from the ends."""
    return np.arange(
        round(margin_s * rate_hz), round((seconds - margin_s) * rate_hz), rate_hz // 100
    )


def whole(x_N: F64, rate_hz: int, centre_F: I64, f0_F: F64, block: int = 10_000) -> Harmonics:
    (only,) = harmonics(x_N, rate_hz, centre_F, f0_F, block=block)
    return only


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("f0_hz", [80.0, 133.0, 240.0])
def test_amplitudes_and_phases_of_a_sum_of_cosines_come_back(rate_hz: int, f0_hz: float) -> None:
    partials = round((rate_hz / 2 - f0_hz / 2) / f0_hz)
    x_N, amplitude_K, phase_K = voice(rate_hz, f0_hz, 0.4, partials)
    centre_F = centres(rate_hz, 0.4)
    found = whole(x_N, rate_hz, centre_F, np.full(len(centre_F), f0_hz))
    assert (found.count_F == partials).all()
    inner = slice(1, partials - 1)  # the last lies next to half the rate, where it mirrors
    np.testing.assert_allclose(
        2 * found.amplitude_FK[:, inner],
        np.tile(amplitude_K[: partials - 2], (len(centre_F), 1)),
        rtol=0.03,
    )
    order_K = np.arange(1, partials - 1)
    expected_FK = (
        phase_K[: partials - 2] + 2 * np.pi * f0_hz * order_K * centre_F[:, None] / rate_hz
    )
    assert np.abs(wrap(found.phase_FK[:, inner] - expected_FK)).max() < 0.05


def test_the_constant_part_of_a_sound_is_the_harmonic_at_0_hz() -> None:
    x_N, _, _ = voice(RATE, 120.0, 0.3, 30)
    centre_F = centres(RATE, 0.3)
    found = whole(x_N - 0.25, RATE, centre_F, np.full(len(centre_F), 120.0))
    np.testing.assert_allclose(found.amplitude_FK[:, 0], 0.25, rtol=0.01)
    np.testing.assert_allclose(np.abs(found.phase_FK[:, 0]), np.pi, atol=1e-9)


def test_the_spacing_of_the_peaks_corrects_an_f0_that_is_off() -> None:
    x_N, _, _ = voice(RATE, 121.3, 0.3, 60)
    centre_F = centres(RATE, 0.3)
    found = whole(x_N, RATE, centre_F, np.full(len(centre_F), 120.0))
    np.testing.assert_allclose(found.f0_F, 121.3, atol=0.25)


def test_a_slow_loop_over_peaks_finds_the_same() -> None:
    random = np.random.default_rng(3)
    x_N = random.normal(size=RATE)
    centre_F = centres(RATE, 1.0)
    f0_F = random.integers(50, 500, len(centre_F)).astype(float)
    found = whole(x_N, RATE, centre_F, f0_F)
    for frame in range(0, len(centre_F), 9):
        half = int(3 * RATE / f0_F[frame] / 2 + 0.5)
        window_N = np.blackman(2 * half + 1) / np.blackman(2 * half + 1).sum()
        time_N = np.arange(-half, half + 1)
        frame_N = x_N[centre_F[frame] - half : centre_F[frame] + half + 1] * window_N
        turn_BN = np.exp(-2j * np.pi * np.arange(2049)[:, None] * time_N / 4096)
        spectrum_B = turn_BN @ frame_N
        np.testing.assert_allclose(found.spectrum_FB[frame], spectrum_B, atol=1e-10)
        log_B, phase_B = np.log(np.abs(spectrum_B)), np.unwrap(np.angle(spectrum_B))
        peaks = []
        for b in range(1, 2048):
            left, top, right = log_B[b - 1 : b + 2]
            if left < top >= right:
                shift = (left - right) / (left - 2 * top + right) / 2
                peaks.append((b + shift, top - (left - right) * shift / 4))
        places = []
        for k in range(1, round((RATE / 2 - f0_F[frame] / 2) / f0_F[frame]) + 1):
            wanted = k * f0_F[frame] * 4096 / RATE
            place, log = min(peaks, key=lambda peak: abs(peak[0] - wanted))
            if abs(place - wanted) > f0_F[frame] * 4096 / RATE / 2:
                place, log = wanted, log_B[int(wanted + 0.5)]
            places.append(place)
            assert np.log(found.amplitude_FK[frame, k]) == pytest.approx(log, abs=1e-9)
            phase = np.interp(place, np.arange(2049), phase_B)
            assert wrap(found.phase_FK[frame, k] - phase) == pytest.approx(0, abs=1e-8)
        assert found.f0_F[frame] == pytest.approx(np.median(np.diff(places)) * RATE / 4096)


def test_20_db_less_scale_amplitudes_and_leave_phases() -> None:
    x_N, _, _ = voice(RATE, 150.0, 0.3, 40)
    x_N += np.random.default_rng(1).normal(size=x_N.size) * 1e-3
    centre_F = centres(RATE, 0.3)
    loud = whole(x_N, RATE, centre_F, np.full(len(centre_F), 150.0))
    quiet = whole(x_N / 10, RATE, centre_F, np.full(len(centre_F), 150.0))
    np.testing.assert_allclose(quiet.amplitude_FK, loud.amplitude_FK / 10, rtol=1e-9)
    assert np.nanmax(np.abs(wrap(quiet.phase_FK - loud.phase_FK))) < 1e-9


def test_a_shift_in_time_shifts_only() -> None:
    x_N = np.random.default_rng(2).normal(size=RATE)
    centre_F = centres(RATE, 1.0)
    f0_F = np.linspace(60, 400, len(centre_F))
    here = whole(x_N, RATE, centre_F, f0_F)
    later = whole(np.concatenate([np.ones(777), x_N]), RATE, centre_F + 777, f0_F)
    np.testing.assert_allclose(later.amplitude_FK, here.amplitude_FK, rtol=1e-9)
    np.testing.assert_allclose(later.f0_F, here.f0_F, rtol=1e-9)


def test_blocks_hold_what_one_block_holds() -> None:
    x_N = np.random.default_rng(4).normal(size=RATE)
    centre_F = centres(RATE, 1.0)
    f0_F = np.linspace(60, 400, len(centre_F))
    one = whole(x_N, RATE, centre_F, f0_F)
    rows = 0
    for part in harmonics(x_N, RATE, centre_F, f0_F, block=7):
        assert part.frames.start == rows
        width = part.amplitude_FK.shape[1]
        assert width == part.count_F.max() + 1
        np.testing.assert_allclose(
            part.amplitude_FK, one.amplitude_FK[part.frames, :width], rtol=1e-9
        )
        np.testing.assert_allclose(part.spectrum_FB, one.spectrum_FB[part.frames], atol=1e-12)
        rows = part.frames.stop
    assert rows == len(centre_F)


def test_a_frame_that_the_ends_cut_is_not_measured_and_keeps_its_row() -> None:
    x_N = np.random.default_rng(6).normal(size=4000)
    reach = 150  # half of three periods of 160 Hz
    centre_F = np.array([-5, 0, reach - 1, reach, 4000 - reach - 1, 4000 - reach, 3999, 9000])
    found = whole(x_N, RATE, centre_F, np.full(8, 160.0))
    measured_F = np.array([False, False, False, True, True, False, False, False])
    np.testing.assert_array_equal(found.count_F > 0, measured_F)
    for value in (found.spectrum_FB, found.amplitude_FK, found.phase_FK, found.f0_F[:, None]):
        np.testing.assert_array_equal(np.isfinite(value).all(axis=1), measured_F)
        assert np.isnan(value[~measured_F]).all()


@pytest.mark.parametrize("unknown", [0.0, -1.0, np.nan, np.inf])
def test_an_unknown_f0_reads_100_hz(unknown: float) -> None:
    x_N, _, _ = voice(RATE, 100.0, 0.2, 50)
    known = whole(x_N, RATE, np.array([1600]), np.array([100.0]))
    guessed = whole(x_N, RATE, np.array([1600]), np.array([unknown]))
    np.testing.assert_array_equal(guessed.amplitude_FK, known.amplitude_FK)


@pytest.mark.parametrize("f0_hz", [5.0, 30.0, 7000.0, 40_000.0])
def test_an_f0_without_room_for_its_harmonics_is_not_measured_or_finite(f0_hz: float) -> None:
    x_N = np.random.default_rng(6).normal(size=RATE)
    found = whole(x_N, RATE, np.array([8000]), np.array([f0_hz]))
    assert np.isfinite(found.f0_F[0]) == (found.count_F[0] > 0)


@pytest.mark.parametrize(
    "x_N",
    [np.zeros(8000), np.full(8000, 0.3), np.zeros(1), np.zeros(0), np.full(8000, np.nan)],
    ids=["silence", "constant", "one sample", "nothing", "nan"],
)
def test_nothing_to_measure_gives_no_warning_and_no_infinity(x_N: F64) -> None:
    for found in harmonics(x_N, RATE, np.array([0, 4000, 7999]), np.array([100.0, 0.0, np.nan])):
        for value in (found.amplitude_FK, found.phase_FK, found.f0_F):
            assert not np.isinf(value).any()
        assert not found.count_F.any()


def test_exact_zeros_are_not_measured_between_sounds() -> None:
    x_N = np.random.default_rng(8).normal(size=8000)
    x_N[3000:5000] = 0
    found = whole(x_N, RATE, np.array([2000, 4000, 6000]), np.full(3, 100.0))
    np.testing.assert_array_equal(found.count_F > 0, [True, False, True])


def test_no_frame_is_no_block() -> None:
    assert not list(harmonics(np.zeros(100), RATE, np.zeros(0, np.int64), np.zeros(0)))


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 44_100, 48_000, 96_000, 192_000])
def test_three_periods_of_50_hz_fit_the_transform(rate_hz: int) -> None:
    assert fft_size(rate_hz) >= 2 * int(3 * rate_hz / 50 / 2 + 0.5) + 1
    assert fft_size(rate_hz) == 4096 or rate_hz > 68_000
