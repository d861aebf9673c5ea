"""The level of a sound: an envelope that misses nothing, and decibels of known waves."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.errors import NothingToMeasure, SignalError
from depx.features.acoustic import level
from depx.features.acoustic.level import Level
from depx.features.extractor import Inputs, Measured, Recorded, Sound
from depx.features.types import F32

RATE = 16_000


def measure(y_N: F32, start_s: float = 0.0, recorded: Recorded | None = None) -> Measured:
    return Level()(Inputs(sound=Sound(y_N, start_s, recorded=recorded)))


def tone(seconds: float, amplitude: float, hz: float = 200) -> F32:
    t = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def test_a_sine_lies_3_db_below_its_peak_and_is_silent_nowhere() -> None:
    measured = measure(tone(2, 0.5))
    track = measured.table.whole()
    np.testing.assert_allclose(track.value_FC[:, 2], 20 * np.log10(0.5) - 3.0103, atol=1e-3)
    np.testing.assert_allclose(track.value_FC[:, 0], -0.5, atol=1e-3)
    np.testing.assert_allclose(track.value_FC[:, 1], 0.5, atol=1e-3)
    assert measured.quality["silence_share"] == 0
    assert measured.quality["duration_s"] == 2


def test_rows_of_20_ms_are_centred_on_the_clock_of_the_session() -> None:
    track = measure(tone(1.015, 0.5), start_s=1.52).table.whole()
    assert track.rows == 50
    assert track.rate_hz == 50
    assert track.time_s[0] == pytest.approx(1.53)
    np.testing.assert_allclose(np.diff(track.time_s), 0.02)


@given(seed=st.integers(0, 1_000), rows=st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_the_envelope_holds_every_sample_and_touches_both_extremes(seed: int, rows: int) -> None:
    y_N = np.random.default_rng(seed).uniform(-1, 1, rows * 320).astype(np.float32)
    value_FC = measure(y_N).table.whole().value_FC
    for f in range(rows):
        row_N = y_N[f * 320 : (f + 1) * 320]
        assert (value_FC[f, 0], value_FC[f, 1]) == (row_N.min(), row_N.max())
        assert 10 ** (value_FC[f, 2] / 10) == pytest.approx(np.mean(row_N**2), rel=1e-4)


def test_20_db_less_is_20_db_lower() -> None:
    loud, quiet = (measure(tone(1, a)).table.whole().value_FC[:, 2] for a in (0.5, 0.05))
    np.testing.assert_allclose(loud - quiet, 20, atol=1e-3)


def test_parts_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    y_N = np.random.default_rng(0).normal(0, 0.1, 3 * RATE).astype(np.float32)
    whole = measure(y_N)
    monkeypatch.setattr(level, "PART_ROWS", 7)
    parts = measure(y_N)
    np.testing.assert_array_equal(parts.table.whole().value_FC, whole.table.whole().value_FC)
    assert parts.quality == whole.quality


def test_a_scrubbed_second_is_not_measured_and_counts_as_silence() -> None:
    y_N = np.concatenate([tone(1, 0.5), np.zeros(RATE, np.float32), tone(2, 0.5)])
    measured = measure(y_N)
    track = measured.table.whole()
    gone_F = (track.time_s > 1) & (track.time_s < 2)
    assert not track.valid_F[gone_F].any()
    assert np.isnan(track.value_FC[~track.valid_F]).all()
    assert measured.quality["silence_share"] == 0.25


def test_what_is_quieter_than_60_db_is_silence() -> None:
    y_N = np.concatenate([tone(1, 10 ** (-55 / 20)), tone(1, 10 ** (-60 / 20))])  # -58 and -63 dB
    assert measure(y_N).quality["silence_share"] == 0.5


def test_without_a_file_clipping_is_not_measured_and_with_one_it_is_laid_beside() -> None:
    assert np.isnan(measure(tone(1, 1)).table.whole().value_FC[:, 3]).all()
    recorded = Recorded(
        clipped_F=np.linspace(0, 1, 49, dtype=np.float32),
        clipped=30, samples=1_000, peak=1.0, offset=0.02,
    )  # fmt: skip
    measured = measure(tone(1, 1), recorded=recorded)
    np.testing.assert_array_equal(
        measured.table.whole().value_FC[:, 3], [*recorded.clipped_F.tolist(), 0]
    )
    assert measured.quality["clipped_share"] == 0.03
    assert measured.quality["dc_offset"] == 0.02


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(NothingToMeasure, match="no sound"):
        Level()(Inputs())
    with pytest.raises(SignalError, match="takes at least 20"):
        measure(tone(0.019, 0.5))
    with pytest.raises(SignalError, match="NaN"):
        measure(np.full(RATE, np.nan, np.float32))


def test_real_speech_has_the_level_that_soundfile_and_numpy_find(real_data: Path) -> None:
    import soundfile

    y_N, rate_hz = soundfile.read(real_data / "speech" / "librivox_0870.wav", dtype="float32")
    assert rate_hz == RATE
    value_FC = measure(y_N).table.whole().value_FC
    rows = y_N.size // 320
    np.testing.assert_allclose(
        10 ** (value_FC[:, 2] / 10),
        np.maximum((y_N[: rows * 320].astype(np.float64) ** 2).reshape(-1, 320).mean(1), 1e-10),
        rtol=1e-4,
    )
