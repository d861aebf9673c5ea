"""ComParE: openSMILE's 65 descriptors, each where its column says it lies."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from depx.errors import NothingToMeasure, SignalError
from depx.features.acoustic.compare import COLUMNS, Compare
from depx.features.acoustic.egemaps import COLUMNS as EGEMAPS
from depx.features.acoustic.opensmile_chunks import descriptors, row_count
from depx.features.extractor import Inputs, Sound
from depx.features.track import LongTrack, Track
from depx.features.types import F32

RATE = 16_000
NAMES = [column.name for column in COLUMNS]
FILTERED = [c for c, name in enumerate(NAMES) if "Rfilt" in name or "Rasta" in name]


def smile(feature_set: str = "ComParE_2016") -> object:
    import opensmile

    level = opensmile.FeatureLevel.LowLevelDescriptors
    return opensmile.Smile(opensmile.FeatureSet[feature_set], level)


def measure(y_N: F32, start_s: float = 0.0) -> Track:
    table = Compare()(Inputs(sound=Sound(y_N, start_s))).table
    assert isinstance(table, LongTrack)
    return table.whole()


def pulses(f0_hz: float, phase_s: float = 0.0) -> F32:
    """Two seconds of a pulse train through three formants, with a little noise."""
    from scipy.signal import lfilter

    y_N = np.zeros(2 * RATE)
    at_n = (phase_s + np.arange(1, round(1.9 * f0_hz)) / f0_hz) * RATE
    for n in at_n:
        i = np.arange(int(n) - 30, int(n) + 30)
        y_N[i] += np.sinc((i - n) / 2) * np.exp(-(((i - n) / 20) ** 2))
    for hz, width_hz in ((700, 80), (1200, 100), (2500, 150)):
        r = np.exp(-np.pi * width_hz / RATE)
        y_N = lfilter([1 - r], [1, -2 * r * np.cos(2 * np.pi * hz / RATE), r * r], y_N)
    noise_N = np.random.default_rng(0).normal(0, 1e-4, y_N.size)
    return (0.5 * y_N / np.abs(y_N).max() + noise_N).astype(np.float32)


def step(before: Callable[[int], F32], after: Callable[[int], F32], at_s: float) -> F32:
    n = round(at_s * RATE)
    return np.concatenate([before(n), after(2 * RATE - n)]).astype(np.float32)


def half_way_s(name: str, before: Callable[[int], F32], after: Callable[[int], F32]) -> float:
    """How late a column shows a step, by the times that it claims; averaged over places."""
    c = NAMES.index(name)
    grid_s = np.arange(-0.1, 0.1, 0.001)
    curves = []
    for at_s in 1 + np.arange(20) * 0.00137:
        track = measure(step(before, after, at_s))
        own_s = track.time_s + COLUMNS[c].offset_s - at_s
        curves.append(np.interp(grid_s, own_s, track.value_FC[:, c]))
    mean = np.mean(curves, axis=0)
    low, high = mean[:20].mean(), mean[-20:].mean()
    return float(grid_s[np.argmax((mean - low) / (high - low) > 0.5)])


def noise(level: float, high_pass: bool) -> Callable[[int], F32]:
    rng = np.random.default_rng(1)

    def make(count: int) -> F32:
        white = rng.normal(0, level, count + 1)
        return np.diff(white) if high_pass else white[1:]

    return make


def test_the_columns_are_those_of_opensmile() -> None:
    assert smile().feature_names == NAMES
    assert len(COLUMNS) == 65
    assert all(column.unit for column in COLUMNS)


def test_the_values_are_those_of_opensmile_but_hnr_where_there_is_no_voice() -> None:
    noise_N = np.random.default_rng(2).normal(0, 1e-3, RATE).astype(np.float32)
    y_N = np.concatenate([noise_N, pulses(120), noise_N])
    raw_FC, value_FC = smile()(y_N, RATE)[0].T, measure(y_N).value_FC
    hnr = NAMES.index("logHNR_sma")
    lost_F = np.isnan(value_FC[:, hnr])
    np.testing.assert_array_equal(np.delete(value_FC, hnr, 1), np.delete(raw_FC, hnr, 1))
    np.testing.assert_array_equal(value_FC[~lost_F, hnr], raw_FC[~lost_F, hnr])
    assert lost_F[raw_FC[:, hnr] < -20].all()  # -100 alone, and averaged with its neighbours
    assert 0 < ((raw_FC[:, 0] > 0) & lost_F).sum() <= 0.1 * (raw_FC[:, 0] > 0).sum()
    unvoiced_F = raw_FC[:, 0] == 0
    zero = {name for c, name in enumerate(NAMES) if (value_FC[unvoiced_F, c] == 0).all()}
    told = {column.name for column in COLUMNS if column.absent == 0}
    assert told <= zero <= told | {"voicingFinalUnclipped_sma"}  # which measures it
    assert len(told) == 4


@pytest.mark.parametrize(
    "name",
    ["pcm_RMSenergy_sma", "pcm_fftMag_spectralCentroid_sma", "pcm_fftMag_spectralRollOff50.0_sma"],
)
def test_the_spectrum_is_centred_where_its_columns_say(name: str) -> None:
    assert abs(half_way_s(name, noise(0.05, False), noise(0.05, True))) < 0.005


def test_zero_crossings_are_counted_in_the_long_window() -> None:
    assert abs(half_way_s("pcm_zcr_sma", noise(0.05, False), noise(0.05, True))) < 0.004


@pytest.mark.parametrize(
    ("feature_set", "names"),
    [
        (
            "ComParE_2016",
            [
                *("jitterLocal_sma", "jitterDDP_sma", "shimmerLocal_sma", "logHNR_sma"),
                "voicingFinalUnclipped_sma",
            ],
        ),
        ("eGeMAPSv02", ["jitterLocal_sma3nz", "shimmerLocaldB_sma3nz", "HNRdBACF_sma3nz"]),
    ],
)
def test_a_burst_shows_around_the_time_that_a_column_says(
    feature_set: str, names: list[str]
) -> None:
    """10 ms of noise in a steady voice: HNR is disturbed in its window, jitter in its periods."""
    columns = {column.name: column for column in (*COLUMNS, *EGEMAPS)}
    runner = smile(feature_set)
    rng = np.random.default_rng(3)
    late_s: dict[str, list[float]] = {name: [] for name in names}
    for trial in range(12):
        y_N = pulses(220 if trial % 2 else 120, phase_s=rng.uniform(0, 0.01))
        at_s = 1 + rng.uniform(0, 0.05)
        burst_N = y_N.copy()
        n = round(at_s * RATE)
        burst_N[n - 80 : n + 80] += rng.normal(0, 0.03, 160).astype(np.float32)
        moved_FC = np.abs(runner(burst_N, RATE)[0].T - runner(y_N, RATE)[0].T)
        for name in names:
            own_s = 0.02 + 0.01 * np.arange(len(moved_FC)) + columns[name].offset_s - at_s
            weight_F = moved_FC[:, runner.feature_names.index(name)] * (np.abs(own_s) < 0.15)
            if weight_F.sum() > 0:
                late_s[name].append(float((weight_F * own_s).sum() / weight_F.sum()))
    assert all(len(found) > 6 for found in late_s.values())
    assert {name for name in names if abs(np.mean(late_s[name])) > 0.008} == set()


def test_hnr_is_in_decibels() -> None:
    y_N, noise_N = pulses(125), np.random.default_rng(4).normal(0, 1, 2 * RATE)
    hnr = [
        np.median(measure((y_N + level * noise_N).astype(np.float32)).value_FC[40:150, 5])
        for level in (0.01, 0.01 * 10**0.5)
    ]
    assert hnr[0] - hnr[1] == pytest.approx(10, abs=1.5)


def test_white_noise_fills_the_spectrum() -> None:
    white = np.random.default_rng(5).normal(0, 0.05, 2 * RATE).astype(np.float32)
    value = dict(zip(NAMES, np.median(measure(white).value_FC[20:-20], axis=0), strict=True))
    assert value["pcm_fftMag_spectralCentroid_sma"] == pytest.approx(4000, rel=0.02)
    assert value["pcm_fftMag_spectralVariance_sma"] == pytest.approx(8000**2 / 12, rel=0.05)
    # an exponential spectrum of 256 bins: log2(256) less (1 - Euler's constant) / ln 2
    assert value["pcm_fftMag_spectralEntropy_sma"] == pytest.approx(8 - 0.61, abs=0.1)
    assert value["pcm_RMSenergy_sma"] == pytest.approx(0.05, rel=0.05)
    assert value["pcm_zcr_sma"] == pytest.approx(0.5, abs=0.02)


def test_real_speech_in_chunks_equals_the_whole(real_data: Path) -> None:
    """Only RASTA's filter remembers more than a second; after five it has forgotten."""
    import soundfile

    files = sorted((real_data / "speech").glob("*.wav"))
    y_N = np.concatenate([soundfile.read(file, dtype="float32")[0] for file in files])
    whole = np.concatenate(list(descriptors(y_N, smile())))
    spread_C = whole.std(axis=0)
    others = np.setdiff1d(np.arange(65), FILTERED)

    def off_by(context_rows: int) -> F32:
        parts = descriptors(y_N, smile(), chunk_rows=1500, context_rows=context_rows)
        return (np.abs(np.concatenate(list(parts)) - whole) / spread_C).max(axis=0)

    assert (off_by(100)[others] == 0).all()
    assert 0 < off_by(100)[FILTERED].max() < 0.02
    assert off_by(200)[FILTERED].max() < 1e-4
    assert (off_by(500) == 0).all()


def test_rows_that_a_scrubbed_span_reaches_are_not_measured() -> None:
    y_N = pulses(120)
    y_N[RATE : RATE + 1_600] = 0
    track = measure(y_N)
    assert track.valid_F[:90].all()
    assert not track.valid_F[98:108].any()
    assert np.isnan(track.value_FC[~track.valid_F]).all()
    others_FC = np.delete(track.value_FC, NAMES.index("logHNR_sma"), axis=1)
    assert np.isfinite(others_FC[track.valid_F]).all()


def test_a_sound_too_short_for_one_window_is_an_error() -> None:
    with pytest.raises(
        SignalError, match=r"^the sound is 59\.94 ms long; compare takes at least 60; check"
    ):
        measure(np.zeros(959, dtype=np.float32))
    assert measure(pulses(120)[:960]).rows == row_count(960) == 2


def test_a_session_without_sound_has_no_descriptors() -> None:
    with pytest.raises(NothingToMeasure):
        Compare()(Inputs())


def test_the_licence_of_opensmile_is_named() -> None:
    assert "non-commercial" in Compare().libraries["opensmile"]
