"""Voice activity: one row a frame, on the session's clock, for any length of sound."""

from pathlib import Path

import numpy as np
import pytest

from depx.errors import NothingToMeasure, SignalError, UsageError
from depx.features.extractor import Inputs, Sound
from depx.features.speech import activity
from depx.features.speech.activity import VoiceActivity, snr_db
from depx.features.track import Track
from depx.features.types import F32

RATE = 16_000


def voice(seconds: float, seed: int = 0) -> F32:
    """Vowel-like: harmonics of 120 Hz through three resonances, with a syllable rhythm."""
    t = np.arange(round(seconds * RATE)) / RATE
    harmonics = np.arange(1, 40) * 120.0
    gain = sum(1 / (1 + ((harmonics - f) / 80) ** 2) for f in (500, 1500, 2500))
    y = (gain[:, None] * np.sin(2 * np.pi * harmonics[:, None] * t)).sum(0)
    y *= 0.6 + 0.4 * np.sin(2 * np.pi * 4 * t)
    noise = np.random.default_rng(seed).normal(0, 1e-3, t.size)
    return (0.3 * y / np.abs(y).max() + noise).astype(np.float32)


def silence(seconds: float) -> F32:
    noise = np.random.default_rng(1).normal(0, 1e-4, round(seconds * RATE))
    return noise.astype(np.float32)


def vad(y_N: F32, start_s: float = 0.0, **parameters: int) -> Track:
    return VoiceActivity(**parameters)(Inputs(sound=Sound(y_N, start_s))).table


def test_voice_is_speech_and_silence_is_not() -> None:
    track = vad(np.concatenate([silence(2), voice(2), silence(2)]))
    speech = track.value_FC[:, 0] > 0.5
    assert speech[(track.time_s > 2.2) & (track.time_s < 3.8)].mean() > 0.9
    assert speech[(track.time_s < 1.8) | (track.time_s > 4.5)].mean() < 0.05


def test_rows_are_centred_in_their_frames_on_the_clock_of_the_session() -> None:
    track = vad(silence(1.0), start_s=1.52)
    assert track.rows == 33
    assert track.time_s[0] == pytest.approx(1.52 + 0.015)
    np.testing.assert_allclose(np.diff(track.time_s), 0.030)
    assert track.rate_hz == pytest.approx(1 / 0.030)


def test_slices_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    y_N = np.concatenate([silence(1), voice(2), silence(1), voice(1)])
    whole = vad(y_N)
    monkeypatch.setattr(activity, "SLICE_FRAMES", 7)
    np.testing.assert_array_equal(vad(y_N).value_FC, whole.value_FC)


def test_strictness_takes_less_for_speech() -> None:
    noise = np.random.default_rng(0).normal(0, 0.02, 4 * RATE).astype(np.float32)
    y_N = noise + np.concatenate([voice(2), silence(2)])
    assert vad(y_N, strictness=3).value_FC.sum() <= vad(y_N, strictness=0).value_FC.sum()


def test_samples_beyond_one_are_cut_and_not_wrapped() -> None:
    y_N = voice(2)
    np.testing.assert_array_equal(vad(y_N * 20).value_FC, vad(np.clip(y_N * 20, -1, 1)).value_FC)


@pytest.mark.parametrize("samples", [0, 1, 479])
def test_a_sound_shorter_than_a_frame_is_an_error(samples: int) -> None:
    with pytest.raises(
        SignalError, match=r"^the sound is \d\S* ms long; vad takes at least 30; check the file$"
    ):
        vad(np.zeros(samples, dtype=np.float32))


def test_a_sample_that_is_no_number_is_an_error() -> None:
    y_N = silence(1)
    y_N[9_000] = np.nan
    with pytest.raises(SignalError, match="NaN"):
        vad(y_N)


def test_a_session_without_sound_has_no_voice_activity() -> None:
    with pytest.raises(NothingToMeasure):
        VoiceActivity()(Inputs())


def test_an_unknown_strictness_is_refused() -> None:
    with pytest.raises(UsageError, match=r"vad.strictness"):
        VoiceActivity(strictness=4)


def test_real_words_are_speech(real_data: Path) -> None:
    import json

    import soundfile

    folder = real_data / "sessions" / "901_P"
    y_N, rate = soundfile.read(folder / "901_AUDIO.wav", dtype="float32")
    assert rate == RATE
    track = vad(y_N)
    segments = json.loads((folder / "901_whisperx.json").read_text())["segments"]
    words = [(w["start"], w["end"]) for segment in segments for w in segment["words"]]
    spoken = np.zeros(track.rows, dtype=bool)
    for start_s, stop_s in words:
        spoken |= (track.time_s >= start_s) & (track.time_s < stop_s)
    speech = track.value_FC[:, 0] > 0.5
    assert speech[spoken].mean() > 0.95
    assert speech[~spoken].mean() < 0.3


def test_scrubbed_frames_are_neither_speech_nor_silence() -> None:
    y_N = np.concatenate([silence(1), voice(2), silence(1)])
    y_N[RATE + 8_000 : RATE + 16_000] = 0
    measured = VoiceActivity()(Inputs(sound=Sound(y_N, 0.0)))
    track = measured.table
    first, stop = (RATE + 8_000) // 480, -(-(RATE + 16_000) // 480)
    scrubbed = np.zeros(track.rows, dtype=bool)
    scrubbed[first:stop] = True
    np.testing.assert_array_equal(~track.valid_F, scrubbed)
    np.testing.assert_array_equal(np.isnan(track.value_FC[:, 0]), scrubbed)
    assert measured.quality["rows_scrubbed"] == stop - first


def test_what_follows_a_scrubbed_span_is_heard_as_without_it() -> None:
    before, after = np.concatenate([silence(1), voice(2)]), np.concatenate([silence(1), voice(1)])
    gap = np.zeros(480 * 100, dtype=np.float32)
    before = before[: before.size // 480 * 480]
    with_gap = vad(np.concatenate([before, gap, after]))
    without = vad(np.concatenate([before, after]))
    np.testing.assert_array_equal(with_gap.value_FC[with_gap.valid_F], without.value_FC)


def test_digital_silence_is_never_measured() -> None:
    measured = VoiceActivity()(Inputs(sound=Sound(np.zeros(RATE, np.float32), 0.0)))
    assert not measured.table.valid_F.any()
    assert measured.quality["speech_share"] is measured.quality["snr_db"] is None
    assert measured.quality["speech_s"] == 0


@pytest.mark.parametrize("snr", [10.0, 20.0, 30.0])
def test_the_level_of_speech_above_noise_is_estimated(snr: float) -> None:
    speech = voice(6)
    level = np.sqrt(np.square(speech, dtype=np.float64).mean())
    noise = np.random.default_rng(2).normal(0, level * 10 ** (-snr / 20), 12 * RATE)
    y_N = (noise + np.concatenate([speech, np.zeros(6 * RATE, np.float32)])).astype(np.float32)
    measured = VoiceActivity()(Inputs(sound=Sound(y_N, 0.0)))
    assert measured.quality["snr_db"] == pytest.approx(snr, abs=1.5)
    assert measured.quality["speech_share"] == pytest.approx(0.5, abs=0.1)


def test_a_cough_in_a_pause_is_no_noise() -> None:
    quiet, coughs = np.full(100, 1e-6), np.full(10, 1e-2)
    assert snr_db(np.full(50, 1e-3), np.concatenate([quiet, coughs])) == pytest.approx(30, abs=0.1)


def test_speech_alone_has_no_ratio_to_noise() -> None:
    assert snr_db(np.full(5, 1e-3), np.zeros(0)) is None
    assert snr_db(np.zeros(0), np.full(5, 1e-3)) is None
    assert snr_db(np.full(5, 1e-3), np.zeros(5)) is None
    assert snr_db(np.full(5, 1e-6), np.full(5, 1e-3)) is None
