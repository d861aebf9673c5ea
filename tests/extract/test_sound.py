"""Any sound, at 16 kHz mono, at its own place on the clock."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.errors import NothingToMeasure, UsageError
from depx.extract.settings import Audio
from depx.extract.sound import open_original, open_sound
from depx.features.acoustic.scrubbed import zero_spans


def _tone(rate_hz: int, seconds: float = 1.0, hz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate_hz * seconds)) / rate_hz)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "PCM_U8", "FLOAT", "DOUBLE"])
def test_every_sample_format_has_the_same_scale(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "a.wav", _tone(16_000), 16_000, subtype=subtype)
    y_N = open_sound(tmp_path / "a.wav", tmp_path).sound.y_N[:]
    assert y_N.dtype == np.float32
    np.testing.assert_allclose(y_N, _tone(16_000), atol=0.01 if subtype == "PCM_U8" else 1e-4)


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_telephone_codecs_in_a_wav_are_read(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "a.wav", _tone(8_000), 8_000, subtype=subtype)
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    y_N = opened.sound.y_N[1_000:15_000]
    assert np.corrcoef(y_N, _tone(16_000)[1_000:15_000])[0, 1] > 0.98
    (line,) = opened.warnings
    assert "8000 samples a second and holds nothing above 4000 Hz" in line


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_other_rates_become_16_khz_without_a_shift(tmp_path: Path, rate_hz: int) -> None:
    soundfile.write(tmp_path / "a.wav", _tone(rate_hz), rate_hz)
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    y_N = opened.sound.y_N[:]
    assert y_N.size == pytest.approx(16_000, abs=2)
    inside = slice(1_000, 15_000)  # a cut tone rings at its ends
    np.testing.assert_allclose(y_N[inside], _tone(16_000)[inside], atol=2e-3)
    assert opened.facts["file_rate_hz"] == rate_hz
    assert any("nothing above" in line for line in opened.warnings) == (rate_hz < 16_000)


def test_an_unknown_channel_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.ones((1_000, 2)), 16_000)
    for channel in ("2", "-1", "middle", "\N{ARABIC-INDIC DIGIT ONE}"):
        with pytest.raises(UsageError, match=rf"audio\.channel={channel}, but it has 2 channels "):
            open_sound(tmp_path / "a.wav", tmp_path, channel=channel)
    soundfile.write(tmp_path / "b.wav", np.ones(1_000), 16_000)
    with pytest.raises(UsageError, match="but it has 1 channel "):
        open_sound(tmp_path / "b.wav", tmp_path, channel="right")


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


def test_16_khz_sound_passes_bit_by_bit(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "speech" / "acoustic_corpus.wav"
    theirs, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(open_sound(path, tmp_path).sound.y_N[:], theirs)


def test_the_samples_that_prime_an_mp3_do_not_shift_it(tmp_path: Path) -> None:
    click = np.zeros(32_000)
    click[16_000] = 0.9
    soundfile.write(tmp_path / "a.mp3", click, 16_000)
    sound = open_sound(tmp_path / "a.mp3", tmp_path).sound
    at_s = sound.start_s + int(np.abs(sound.y_N[:]).argmax()) / 16_000
    assert at_s == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_scrubbed_spans_are_exact_zeros_at_any_rate(tmp_path: Path, rate_hz: int) -> None:
    y_N = _tone(rate_hz, 4)
    y_N[rate_hz : 2 * rate_hz] = 0
    y_N[3 * rate_hz : 3 * rate_hz + rate_hz // 10] = 0  # just long enough
    soundfile.write(tmp_path / "a.wav", y_N, rate_hz)
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    spans = zero_spans(opened.sound.y_N, 16_000)
    np.testing.assert_allclose(spans, [(16_000, 32_000), (48_000, 49_600)], atol=1)
    assert opened.facts["scrubbed_s"] == pytest.approx(1.1, abs=1e-3)


def test_a_constant_part_is_taken_off_and_scrubbed_spans_stay_zero(tmp_path: Path) -> None:
    y_N = _tone(48_000, 3) + 0.1
    y_N[48_000:96_000] = 0
    soundfile.write(tmp_path / "a.wav", y_N, 48_000, subtype="FLOAT")
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    heard = opened.sound.y_N[:]
    np.testing.assert_allclose(heard[1_000:15_000], _tone(16_000)[1_000:15_000], atol=2e-3)
    assert not heard[16_000:32_000].any()
    assert opened.facts["dc_offset"] == pytest.approx(0.1, abs=1e-4)
    assert opened.facts["dc_removed"] is True


def test_a_constant_part_may_be_left_in(tmp_path: Path) -> None:
    y_N = _tone(16_000).astype(np.float32) + np.float32(0.1)
    soundfile.write(tmp_path / "a.wav", y_N, 16_000, subtype="FLOAT")
    opened = open_sound(tmp_path / "a.wav", tmp_path, remove_dc=False)
    np.testing.assert_array_equal(opened.sound.y_N[:], y_N)
    assert opened.facts["dc_removed"] is False


def test_a_constant_part_below_every_noise_is_left_alone(tmp_path: Path) -> None:
    y_N = _tone(16_000).astype(np.float32) + np.float32(5e-5)
    soundfile.write(tmp_path / "a.wav", y_N, 16_000, subtype="FLOAT")
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    np.testing.assert_array_equal(opened.sound.y_N[:], y_N)
    assert opened.facts["dc_removed"] is False


def test_a_constant_part_of_minus_50_db_is_taken_off(tmp_path: Path) -> None:
    y_N = _tone(16_000) + 0.003
    soundfile.write(tmp_path / "a.wav", y_N, 16_000, subtype="FLOAT")
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    assert opened.facts["dc_removed"] is True
    assert abs(float(opened.sound.y_N[:].mean(dtype=float))) < 1e-5


def test_silence_of_eight_bits_is_exactly_zero(tmp_path: Path) -> None:
    y_N = _tone(16_000, 2)
    y_N[8_000:16_000] = 0
    soundfile.write(tmp_path / "a.wav", y_N, 16_000, subtype="PCM_U8")
    assert open_sound(tmp_path / "a.wav", tmp_path).facts["scrubbed_s"] == pytest.approx(0.5)
    heard = open_original(tmp_path / "a.wav", tmp_path).sound.y_N[:]
    np.testing.assert_allclose(heard, y_N, atol=1 / 128)


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_a_sample_that_is_no_number_spoils_no_other(tmp_path: Path, rate_hz: int) -> None:
    good = _tone(rate_hz, 2)
    bad = good.copy()
    bad[rate_hz] = np.nan
    for name, y_N in (("good.wav", good), ("bad.wav", bad)):
        soundfile.write(tmp_path / name, y_N, rate_hz, subtype="FLOAT")
    theirs, ours = (open_sound(tmp_path / name, tmp_path) for name in ("good.wav", "bad.wav"))
    for part in (slice(15_100), slice(16_900, None)):
        np.testing.assert_allclose(ours.sound.y_N[part], theirs.sound.y_N[part], atol=1e-4)
    assert ours.facts["dc_offset"] == pytest.approx(0, abs=1e-3)
    assert ours.facts["rms_dbfs"] == pytest.approx(theirs.facts["rms_dbfs"], abs=0.1)


def test_the_original_is_the_first_channel_as_it_is(tmp_path: Path) -> None:
    both = np.stack([_tone(44_100) + 0.2, _tone(44_100, hz=300)], 1).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", both, 44_100, subtype="FLOAT")
    sound = open_original(tmp_path / "a.wav", tmp_path).sound
    assert sound.rate_hz == 44_100
    np.testing.assert_array_equal(sound.y_N[:], both[:, 0])
    named = open_original(tmp_path / "a.wav", tmp_path, channel="right").sound
    np.testing.assert_array_equal(named.y_N[:], both[:, 1])


def test_a_sound_is_read_a_stretch_at_a_time(tmp_path: Path) -> None:
    y_N = (_tone(16_000) + 0.1).astype(np.float32)
    y_N[4_000:8_000] = 0
    soundfile.write(tmp_path / "a.wav", y_N, 16_000, subtype="FLOAT")
    samples = open_sound(tmp_path / "a.wav", tmp_path).sound.y_N
    whole = samples[:]
    for first, stop in [(0, 1), (3_999, 4_001), (5_000, 6_000), (7_999, 9_000), (15_000, 99_999)]:
        np.testing.assert_array_equal(samples[first:stop], whole[first:stop])
    assert samples[9:9].size == samples[20_000:].size == 0
    for index in (3, slice(0, 10, 2)):
        with pytest.raises(TypeError, match="slices without a step"):
            samples[index]
    samples[0:10][:] = 7  # an array of its own
    np.testing.assert_array_equal(samples[:], whole)


def test_equal_files_give_equal_samples_and_facts(tmp_path: Path) -> None:
    y_N = np.random.default_rng(0).normal(0, 0.1, (44_100 * 3, 2))
    soundfile.write(tmp_path / "a.wav", y_N, 44_100)
    first, second = (open_sound(tmp_path / "a.wav", tmp_path) for _ in range(2))
    np.testing.assert_array_equal(first.sound.y_N[:], second.sound.y_N[:])
    assert first.facts == second.facts


def test_a_loudness_target_is_a_loudness() -> None:
    assert Audio(loudness_target=-23.0).loudness_target == -23
    for target in (-70.0, 3.0, float("nan")):
        with pytest.raises(UsageError, match=r"audio\.loudness_target"):
            Audio(loudness_target=target)
