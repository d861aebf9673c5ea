"""Voice activity: one row a frame, on the session's clock, for any length of sound."""

from pathlib import Path

import numpy as np
import pytest

from depx.errors import NothingToMeasure, SignalError, UsageError
from depx.features.extractor import Inputs, Sound
from depx.features.speech import activity
from depx.features.speech.activity import VoiceActivity
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
    with pytest.raises(SignalError, match=f"{samples} samples; expected at least 480"):
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
