"""eGeMAPS: openSMILE's numbers on the session's clock, whatever the length of the recording."""

import re
from pathlib import Path

import numpy as np
import pytest

from depx.errors import ModelMissing, NothingToMeasure, SignalError
from depx.features.acoustic.egemaps import AMPLITUDES, COLUMNS, Egemaps
from depx.features.acoustic.opensmile_chunks import descriptors, expect, row_count, surely_voiced
from depx.features.extractor import Inputs, Sound
from depx.features.track import LongTrack, Track
from depx.features.types import F32

RATE = 16_000
F0 = [column.name for column in COLUMNS].index("F0semitoneFrom27.5Hz_sma3nz")
# what follows the periods of a voice from its beginning
PERIODS = [c for c, column in enumerate(COLUMNS) if re.match("jitter|shimmer", column.name)]


def voice(seconds: float, f0_hz: float = 120.0, glide_hz: float = 0.0, noise: float = 1e-3) -> F32:
    """Harmonics with falling level; F0 moves by `glide_hz` a second."""
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (f0_hz * t + glide_hz * t**2 / 2)
    y = sum(np.sin(k * phase) / k for k in range(1, 20))
    noisy = 0.2 * y + np.random.default_rng(0).normal(0, noise, t.size)
    return noisy.astype(np.float32)


def room(seconds: float) -> F32:
    """A quiet room: no two samples of silence are alike."""
    return np.random.default_rng(9).normal(0, 1e-4, round(seconds * RATE)).astype(np.float32)


def measure(y_N: F32, start_s: float = 0.0) -> tuple[Track, dict[str, object]]:
    measured = Egemaps()(Inputs(sound=Sound(y_N, start_s)))
    assert isinstance(measured.table, LongTrack)
    return measured.table.whole(), dict(measured.quality)


def describe(y_N: F32, **how: int) -> F32:
    """openSMILE's own rows, chunk by chunk."""
    import opensmile

    smile = opensmile.Smile(
        opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors
    )
    return np.concatenate(list(descriptors(y_N, smile, **how)))


def hertz(semitone: F32) -> F32:
    return 27.5 * 2 ** (semitone / 12)


def test_the_columns_are_those_of_opensmile() -> None:
    import opensmile

    smile = opensmile.Smile(
        opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors
    )
    assert [column.name for column in COLUMNS] == smile.feature_names
    assert all(column.unit and column.group == "egemaps" for column in COLUMNS)


@pytest.mark.parametrize("samples", [960, 961, 1119, 1120, 16_000, 31_999, 113_600])
def test_the_number_of_rows_is_known_from_the_number_of_samples(samples: int) -> None:
    track = measure(voice(8)[:samples])[0]
    assert track.rows == row_count(samples) == (samples - 960) // 160 + 2


def test_rows_lie_ten_milliseconds_apart_on_the_clock_of_the_session() -> None:
    track = measure(voice(1), start_s=1.52)[0]
    assert track.time_s[0] == pytest.approx(1.54)
    np.testing.assert_allclose(np.diff(track.time_s), 0.010)


def test_short_windows_are_centred_where_their_columns_say() -> None:
    """A click is loudest in the row whose 20 ms window it is in the middle of."""
    loudness = COLUMNS[0]
    for click_s in (0.500, 0.603, 0.707):
        y_N = room(1)
        background = measure(y_N)[0].value_FC[:, 0]
        y_N[round(click_s * RATE)] = 0.9
        track = measure(y_N)[0]
        level = np.maximum(track.value_FC[:, 0].astype(np.float64) - background, 0) ** 2
        centre_s = (level * (track.time_s + loudness.offset_s)).sum() / level.sum()
        assert centre_s == pytest.approx(click_s, abs=0.004)


def test_a_flux_lies_between_the_two_windows_that_it_compares() -> None:
    """A click changes the spectrum as it comes and as it goes, alike to both sides."""
    flux = next(c for c, column in enumerate(COLUMNS) if column.name == "spectralFlux_sma3")
    late_s = []
    for click_s in 0.5 + np.arange(10) * 0.0137:
        y_N = room(1)
        y_N[round(click_s * RATE)] = 0.9
        track = measure(y_N)[0]
        weight = np.maximum(track.value_FC[:, flux].astype(np.float64) - 0.01, 0)
        own_s = track.time_s + COLUMNS[flux].offset_s
        late_s.append((weight * own_s).sum() / weight.sum() - click_s)
    assert np.mean(late_s) == pytest.approx(0, abs=0.002)


def test_long_windows_are_centred_where_their_columns_say() -> None:
    """F0 of a glide is the pitch at the window's centre; 1 Hz off is 10 ms off."""
    track = measure(voice(2, f0_hz=100.0, glide_hz=100.0))[0]
    time_s = track.time_s + COLUMNS[F0].offset_s
    inside = (time_s > 0.3) & (time_s < 1.7)
    lag_s = (hertz(track.value_FC[:, F0]) - (100 + 100 * time_s))[inside] / 100
    assert abs(float(np.median(lag_s))) < 0.004


def test_pitch_is_measured_in_semitones_above_27_5_hertz() -> None:
    track = measure(voice(2, f0_hz=220.0))[0]
    assert float(np.median(track.value_FC[20:-20, F0])) == pytest.approx(36.0, abs=0.1)


def test_the_amplitude_of_a_formant_is_measured_in_voice_only() -> None:
    gap = np.random.default_rng(0).normal(0, 1e-3, RATE).astype(np.float32)
    y_N = np.concatenate([gap, voice(1), gap])
    raw_FC, (track, quality) = describe(y_N), measure(y_N)
    value_FC = track.value_FC
    missing = np.isnan(value_FC)
    assert missing[raw_FC == -201].all()
    # openSMILE's smoothing has mixed -201 into these; no true level is as low
    assert missing[:, AMPLITUDES][raw_FC[:, AMPLITUDES] < -60].all()
    assert 0 < missing[:, AMPLITUDES[0]].sum() < 0.8 * len(raw_FC)
    others = np.setdiff1d(np.arange(25), AMPLITUDES)
    np.testing.assert_array_equal(value_FC[:, others], raw_FC[:, others])
    np.testing.assert_array_equal(value_FC[~missing], raw_FC[~missing])
    assert quality["rows_voiced"] == (raw_FC[:, F0] > 0).sum()


def test_a_row_is_surely_voiced_if_its_neighbours_are() -> None:
    voiced = np.array([1, 1, 1, 0, 1, 0, 1, 1, 1, 1], dtype=bool)
    expected = np.array([1, 1, 0, 0, 0, 0, 0, 1, 1, 1], dtype=bool)
    np.testing.assert_array_equal(surely_voiced(voiced), expected)


def interrupted(count: int) -> F32:
    parts = [
        part
        for i in range(count)
        for part in (voice(0.9, f0_hz=100.0 + 9 * i, glide_hz=30.0), np.zeros(4_000, np.float32))
    ]
    noise = np.random.default_rng(1).normal(0, 1e-3, sum(part.size for part in parts))
    return (np.concatenate(parts) + noise).astype(np.float32)


@pytest.mark.parametrize("chunk_rows", [300, 512, 700])
def test_chunks_with_context_equal_the_whole(chunk_rows: int) -> None:
    y_N = interrupted(12)[:-77]
    np.testing.assert_array_equal(
        describe(y_N, chunk_rows=chunk_rows, context_rows=200), describe(y_N)
    )


def test_in_a_voice_longer_than_the_context_chunks_differ_in_jitter_and_shimmer_alone() -> None:
    y_N = voice(12, glide_hz=5.0, noise=0.02)
    whole, chunked = describe(y_N), describe(y_N, chunk_rows=300, context_rows=100)
    others = np.setdiff1d(np.arange(25), PERIODS)
    np.testing.assert_array_equal(chunked[:, others], whole[:, others])
    assert not np.array_equal(chunked[:, PERIODS], whole[:, PERIODS])


def test_repeated_runs_give_the_same_bytes() -> None:
    y_N = interrupted(2)
    assert measure(y_N)[0].value_FC.tobytes() == measure(y_N)[0].value_FC.tobytes()


def test_zeros_that_say_no_voice_are_told_of_and_formants_are_measured_without_voice() -> None:
    gap = np.random.default_rng(0).normal(0, 1e-3, RATE).astype(np.float32)
    value_FC = measure(np.concatenate([gap, voice(1), gap]))[0].value_FC
    unvoiced_F = value_FC[:, F0] == 0
    assert 0.4 < unvoiced_F.mean() < 0.8
    for c, column in enumerate(COLUMNS):
        if c in AMPLITUDES:
            assert np.isnan(value_FC[unvoiced_F, c]).all(), column.name
        else:
            zero = (value_FC[unvoiced_F, c] == 0).all()
            assert zero == (column.absent == 0), column.name
            assert zero or (value_FC[unvoiced_F, c] != 0).all(), column.name
    assert sum(column.absent is not None for column in COLUMNS) == 6


def test_another_opensmile_is_refused() -> None:
    class Other:
        feature_names = ("loudness",)

    with pytest.raises(ModelMissing, match=r"its 1 columns are not the 25 of version 2\.6"):
        expect(Other(), COLUMNS)


def test_silence_is_measured() -> None:
    track = measure(room(1))[0]
    others = np.setdiff1d(np.arange(25), AMPLITUDES)
    assert track.valid_F.all()
    assert np.isfinite(track.value_FC[:, others]).all()
    assert (track.value_FC[:, F0] == 0).all()


def test_samples_beyond_one_are_cut_and_not_wrapped() -> None:
    y_N = voice(1) * 5
    np.testing.assert_array_equal(describe(y_N), describe(np.clip(y_N, -1, 1)))
    just_below_N = np.clip(y_N, -1, 32767 / 32768)  # 16 bits reach no further
    np.testing.assert_array_equal(describe(y_N), describe(just_below_N.astype(np.float32)))


def test_rows_that_a_scrubbed_span_reaches_are_not_measured() -> None:
    """A row sees its 60 ms window, smoothed with the rows beside it: 640 samples either way."""
    y_N = voice(3)
    y_N[RATE : RATE + 3_200] = 0
    track, quality = measure(y_N)
    middle_F = np.arange(track.rows) * 160 + 480
    reached_F = (middle_F + 640 >= RATE) & (middle_F - 640 < RATE + 3_200)
    np.testing.assert_array_equal(track.valid_F, ~reached_F)
    assert np.isnan(track.value_FC[reached_F]).all()
    others = np.setdiff1d(np.arange(25), AMPLITUDES)
    assert np.isfinite(track.value_FC[~reached_F][:, others]).all()
    assert quality["rows_scrubbed"] == reached_F.sum()


def test_the_track_comes_in_parts_that_lie_on_one_clock() -> None:
    table = Egemaps()(Inputs(sound=Sound(np.tile(room(20), 10), 0.5))).table
    assert isinstance(table, LongTrack)
    parts = list(table.parts())
    assert len(parts) > 1
    assert sum(part.rows for part in parts) == table.rows == row_count(200 * RATE)
    time_s = np.concatenate([part.time_s for part in parts])
    np.testing.assert_allclose(time_s, 0.52 + 0.01 * np.arange(table.rows), rtol=0, atol=1e-9)


@pytest.mark.parametrize("samples", [0, 1, 959])
def test_a_sound_too_short_for_one_window_is_an_error(samples: int) -> None:
    with pytest.raises(
        SignalError, match=r"^the sound is \d\S* ms long; egemaps takes at least 60; check"
    ):
        measure(np.zeros(samples, dtype=np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_sample_that_is_no_number_is_an_error(bad: float) -> None:
    y_N = voice(1)
    y_N[500] = bad
    with pytest.raises(SignalError, match="NaN or infinite"):
        measure(y_N)


def test_a_session_without_sound_has_no_descriptors() -> None:
    with pytest.raises(NothingToMeasure):
        Egemaps()(Inputs())


def test_the_licence_of_opensmile_is_named() -> None:
    assert "non-commercial" in Egemaps().libraries["opensmile"]


@pytest.mark.parametrize("name", ["librivox_0870", "librivox_0880", "librivox_0890"])
def test_a_real_voice_of_a_man_has_a_plausible_pitch(real_data: Path, name: str) -> None:
    import soundfile

    y_N, rate = soundfile.read(real_data / "speech" / f"{name}.wav", dtype="float32")
    assert rate == RATE
    track = measure(y_N)[0]
    assert track.rows == int((y_N.size / RATE - 0.060) / 0.010 + 1e-9) + 2
    voiced = track.value_FC[:, F0] > 0
    assert 0.4 < voiced.mean() < 0.8
    assert 75 < np.median(hertz(track.value_FC[voiced, F0])) < 160


def test_real_pitch_agrees_with_covarep_at_the_time_that_the_column_says(real_data: Path) -> None:
    """COVAREP tracks F0 by another algorithm, and says where its rows are centred."""
    import soundfile

    y_N, _ = soundfile.read(real_data / "covarep" / "librivox_0870.wav", dtype="float32")
    track = measure(y_N)[0]
    path = real_data / "covarep" / "librivox_0870.covarep.csv"
    covarep = np.genfromtxt(path, delimiter=",", names=True)

    def off_by(offset_s: float) -> tuple[float, float]:
        at_s = track.time_s + offset_s
        f0_hz, vuv = (np.interp(at_s, covarep["time"], covarep[name]) for name in ("F0", "VUV"))
        both = (track.value_FC[:, F0] > 0) & (vuv == 1)
        error = np.abs(hertz(track.value_FC[both, F0]) / f0_hz[both] - 1)
        return float(np.median(error)), float((error > 0.2).mean())

    offset_s = COLUMNS[F0].offset_s
    assert off_by(offset_s)[0] < 0.01
    assert off_by(offset_s)[1] < 0.10
    assert off_by(offset_s)[0] < min(off_by(offset_s - 0.02)[0], off_by(offset_s + 0.02)[0])


def test_real_speech_in_chunks_equals_the_whole(real_data: Path) -> None:
    import soundfile

    files = sorted((real_data / "speech").glob("*.wav"))
    y_N = np.concatenate([soundfile.read(file, dtype="float32")[0] for file in files])
    np.testing.assert_array_equal(describe(y_N, chunk_rows=700, context_rows=200), describe(y_N))


def test_real_speech_that_is_20_db_fainter_keeps_pitch_and_timbre_but_not_slopes(
    real_data: Path,
) -> None:
    import soundfile

    files = sorted((real_data / "speech").glob("*.wav"))
    y_N = np.concatenate([soundfile.read(file, dtype="float32")[0] for file in files])
    loud, faint = (measure(y_N * np.float32(gain))[0].value_FC for gain in (1, 0.1))
    both = (loud[:, F0] > 0) & (faint[:, F0] > 0)
    assert ((loud[:, F0] > 0) == (faint[:, F0] > 0)).mean() > 0.97
    assert (np.abs(faint - loud)[both, F0] < 0.1).mean() > 0.98
    spread = np.nanstd(loud[both], axis=0)
    moved = np.nanmedian((faint - loud)[both], axis=0) / spread
    level = [c for c, column in enumerate(COLUMNS) if re.match("Loud|slope|spectralF", column.name)]
    assert (np.abs(moved[level]) > 0.5).all()
    assert (np.abs(np.delete(moved, level)) < 0.05).all()
