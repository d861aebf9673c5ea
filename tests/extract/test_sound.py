"""Any sound, at 16 kHz mono, at its own place on the clock."""

import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.errors import MediaError, NothingToMeasure, UsageError
from depx.extract.sound import open_sound


def _tone(rate_hz: int, seconds: float = 1.0, hz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate_hz * seconds)) / rate_hz)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "PCM_U8", "FLOAT", "DOUBLE"])
def test_every_sample_format_has_the_same_scale(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "a.wav", _tone(16_000), 16_000, subtype=subtype)
    y_N = open_sound(tmp_path / "a.wav", tmp_path).sound.y_N
    assert y_N.dtype == np.float32
    np.testing.assert_allclose(y_N, _tone(16_000), atol=0.01 if subtype == "PCM_U8" else 1e-4)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_other_rates_become_16_khz_without_a_shift(tmp_path: Path, rate_hz: int) -> None:
    soundfile.write(tmp_path / "a.wav", _tone(rate_hz), rate_hz)
    y_N = open_sound(tmp_path / "a.wav", tmp_path).sound.y_N
    assert y_N.size == pytest.approx(16_000, abs=2)
    inside = slice(1_000, 15_000)  # a cut tone rings at its ends
    np.testing.assert_allclose(y_N[inside], _tone(16_000)[inside], atol=2e-3)


def test_channels_are_averaged_or_chosen(tmp_path: Path) -> None:
    left, right = _tone(16_000), _tone(16_000, hz=300)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], 1), 16_000, subtype="FLOAT")

    def heard(channel: str) -> np.ndarray:
        return open_sound(tmp_path / "a.wav", tmp_path, channel=channel).sound.y_N

    np.testing.assert_allclose(heard("mean"), (left + right) / 2, atol=1e-5)
    np.testing.assert_allclose(heard("left"), left, atol=1e-5)
    np.testing.assert_allclose(heard("1"), right, atol=1e-5)
    with pytest.raises(UsageError, match=r"audio\.channel=2, but it has 2 channels"):
        heard("2")


def test_samples_beyond_full_scale_are_clipped_and_counted(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", 3 * _tone(16_000), 16_000, subtype="FLOAT")
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    assert np.abs(opened.sound.y_N).max() == 1
    assert opened.facts["clipped"] > 1000


def test_nan_samples_are_refused_not_zeroed(tmp_path: Path) -> None:
    y_N = _tone(16_000)
    y_N[5000] = np.nan
    soundfile.write(tmp_path / "a.wav", y_N, 16_000, subtype="FLOAT")
    with pytest.raises(MediaError, match="NaN or infinite"):
        open_sound(tmp_path / "a.wav", tmp_path)


def test_sound_lies_at_its_start_time(tmp_path: Path, write_video) -> None:
    path = write_video(tmp_path / "a.mkv", sound_s=1.0, sound_start_s=1.5)
    opened = open_sound(path, tmp_path)
    assert opened.sound.start_s == pytest.approx(1.5, abs=2e-3)
    assert opened.sound.y_N.size == pytest.approx(16_000, abs=2)


def test_nothing_is_left_on_disk(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", _tone(16_000), 16_000)
    sound = open_sound(tmp_path / "a.wav", tmp_path).sound
    assert sound.y_N.size == 16_000
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_video_without_sound_is_nothing_to_measure(real_data: Path, tmp_path: Path) -> None:
    with pytest.raises(NothingToMeasure, match="holds no sound"):
        open_sound(real_data / "video" / "small_face.mkv", tmp_path)


def test_an_empty_wav_is_one_clear_line(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
    with pytest.raises(MediaError, match=r"a\.wav"):
        open_sound(tmp_path / "a.wav", tmp_path)


def test_16_khz_sound_passes_bit_by_bit(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "speech" / "acoustic_corpus.wav"
    theirs, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(open_sound(path, tmp_path).sound.y_N, theirs)


def test_the_samples_that_prime_an_mp3_do_not_shift_it(tmp_path: Path) -> None:
    click = np.zeros(32_000)
    click[16_000] = 0.9
    soundfile.write(tmp_path / "a.mp3", click, 16_000)
    sound = open_sound(tmp_path / "a.mp3", tmp_path).sound
    at_s = sound.start_s + int(np.abs(sound.y_N).argmax()) / 16_000
    assert at_s == pytest.approx(1.0, abs=2e-3)
