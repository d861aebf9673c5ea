"""The voice is heard, whichever channels it is in; and what was done about it is said."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from depx.extract.clipping import in_runs
from depx.extract.sound import OpenedSound, open_sound
from depx.features.types import F32

RATE = 16_000
SECONDS = 4
SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")


def noise(level: float, seed: int = 0) -> F32:
    return np.random.default_rng(seed).normal(0, level, SECONDS * RATE).astype(np.float32)


def voice() -> F32:
    t = np.arange(SECONDS * RATE) / RATE
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * t)
    return (0.3 * swell * np.sin(2 * np.pi * 200 * t) + noise(1e-3)).astype(np.float32)


def heard(folder: Path, *planes: F32, channel: str = "mean") -> OpenedSound:
    soundfile.write(folder / "a.wav", np.stack(planes, 1), RATE, subtype="FLOAT")
    return open_sound(folder / "a.wav", folder, channel=channel)


def surround(folder: Path, **planes: F32) -> OpenedSound:
    """Write a 5.1 file whose other channels are silent, with its channels named."""
    silent = np.zeros(SECONDS * RATE, np.float32)
    y_KN = np.stack([planes.get(name, silent) for name in SURROUND])
    path = folder / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=RATE, layout="5.1")
        for first in range(0, y_KN.shape[1], 4_000):
            pcm = np.rint(y_KN[:, first : first + 4_000] * 32_767).astype(np.int16)
            packed = np.ascontiguousarray(pcm.T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="5.1")
            frame.sample_rate, frame.pts = RATE, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return open_sound(path, folder)


def level_db(opened: OpenedSound, y_N: F32) -> float:
    got = opened.sound.y_N[:]
    return float(10 * np.log10(np.square(got).mean() / np.square(y_N).mean()))


def test_channels_are_averaged_or_chosen(tmp_path: Path) -> None:
    left, right = voice(), noise(0.1, seed=1)
    both = heard(tmp_path, left, right)
    np.testing.assert_allclose(both.sound.y_N[:], (left + right) / 2, atol=1e-3)
    assert both.warnings == ()
    assert both.facts["channels_taken"] == [0, 1]
    for channel, plane in [("left", left), ("1", right), ("right", right)]:
        one = heard(tmp_path, left, right, channel=channel)
        np.testing.assert_allclose(one.sound.y_N[:], plane, atol=1e-3)
        assert one.warnings == ()


def test_mono_is_taken_as_it_is(tmp_path: Path) -> None:
    opened = heard(tmp_path, voice())
    assert opened.warnings == ()
    assert opened.facts["channels_taken"] == [0]
    assert opened.facts["correlation"] is None
    assert level_db(opened, voice()) == pytest.approx(0, abs=0.01)


def test_anti_phase_stereo_is_not_cancelled(tmp_path: Path) -> None:
    opened = heard(tmp_path, 0.9 * voice(), -voice())
    assert opened.facts["channels_taken"] == [1]
    assert opened.facts["correlation"] == pytest.approx(-1, abs=1e-3)
    assert opened.facts["mean_db"] < -20
    assert level_db(opened, voice()) == pytest.approx(0, abs=0.01)
    (line,) = opened.warnings
    assert "the mean of 2 channels cancels the sound" in line
    assert "took channel 1" in line
    assert "--set audio.channel=" in line


def test_a_speaker_who_alone_is_in_anti_phase_is_not_lost(tmp_path: Path) -> None:
    right = voice()
    right[: RATE * SECONDS // 4] *= -1
    opened = heard(tmp_path, voice(), right)
    assert opened.facts["mean_db"] > 0  # on the whole there is nothing to be seen of it
    assert opened.facts["cancelled_share"] == pytest.approx(0.25)
    assert len(opened.facts["channels_taken"]) == 1
    assert "25 % of the time" in opened.warnings[0]


def test_a_dead_channel_does_not_halve_the_level(tmp_path: Path) -> None:
    for dead in (np.zeros_like(voice()), noise(1e-5, seed=3)):
        opened = heard(tmp_path, dead, voice())
        assert opened.facts["channels_taken"] == [1]
        assert level_db(opened, voice()) == pytest.approx(0, abs=0.01)
        (line,) = opened.warnings
        assert line.startswith("1 of 2 channels is heard, the others at least 40 dB less")


def test_a_constant_part_does_not_make_a_dead_channel_sound(tmp_path: Path) -> None:
    opened = heard(tmp_path, voice(), np.full_like(voice(), 0.25))
    assert opened.facts["channels_taken"] == [0]
    assert opened.facts["channels_dbfs"][1] is None


def test_two_microphones_with_a_delay_are_left_alone(tmp_path: Path) -> None:
    left, right = voice(), np.roll(voice(), 20)  # 1.25 ms, 43 cm
    opened = heard(tmp_path, left, right)
    np.testing.assert_allclose(opened.sound.y_N[:], (left + right) / 2, atol=1e-3)
    assert opened.warnings == ()
    expected = np.corrcoef(left, right)[0, 1]
    assert opened.facts["correlation"] == pytest.approx(expected, abs=1e-3)


def test_a_quieter_second_speaker_is_heard(tmp_path: Path) -> None:
    opened = heard(tmp_path, voice(), 0.03 * noise(0.3, seed=2))
    assert opened.facts["channels_taken"] == [0, 1]
    assert opened.warnings == ()


def test_a_voice_in_the_centre_of_surround_sound_is_taken_whole(tmp_path: Path) -> None:
    opened = surround(tmp_path, FC=voice(), LFE=noise(0.3, seed=5))
    assert opened.facts["channels"] == list(SURROUND)
    assert opened.facts["channels_taken"] == [2]
    assert level_db(opened, voice()) == pytest.approx(0, abs=0.05)
    assert "channel 2 (FC) at" in opened.warnings[0]


def test_a_voice_in_the_centre_is_not_buried_under_quiet_channels(tmp_path: Path) -> None:
    rooms = {n: noise(0.005, seed=s) for s, n in enumerate(("FL", "FR", "BL", "BR"), start=7)}
    opened = surround(tmp_path, FC=voice(), **rooms)
    assert opened.facts["channels_taken"] == [2]
    assert len(opened.warnings) == 1


@pytest.mark.parametrize("louder_db", [-10, 0, 18])
def test_music_around_the_centre_does_not_drown_the_voice(tmp_path: Path, louder_db: int) -> None:
    level = float(voice().std()) * 0.25
    music = {n: noise(level, seed=s) for s, n in enumerate(("FL", "FR", "BL", "BR"), start=7)}
    quiet = voice() * 10 ** (-max(louder_db, 0) / 20) * 0.25
    music = {n: y_N * 10 ** (min(louder_db, 0) / 20) for n, y_N in music.items()}
    opened = surround(tmp_path, FC=quiet, **music)
    assert opened.facts["channels_taken"] == [2]
    assert level_db(opened, quiet) == pytest.approx(0, abs=0.05)
    (line,) = opened.warnings
    assert "in its centre; took channel 2 (FC) at" in line


def test_a_hum_in_anti_phase_between_words_cancels_no_voice(tmp_path: Path) -> None:
    spoken = np.arange(SECONDS * RATE) < RATE
    left, right = (np.where(spoken, voice(), sign * voice() / 300) for sign in (1, -1))
    opened = heard(tmp_path, left + noise(1e-6), right + noise(1e-6, seed=1))
    assert opened.facts["channels_taken"] == [0, 1]
    assert opened.warnings == ()


def test_no_speaker_is_lost_where_each_has_a_microphone(tmp_path: Path) -> None:
    planes = [noise(1e-3, seed=s) for s in range(4)]
    for speaker, plane in enumerate(planes):
        turn = slice(speaker * RATE, (speaker + 1) * RATE)
        plane[turn] += (1, 0.3, 0.3, 0.1)[speaker] * voice()[turn]
    opened = heard(tmp_path, *planes)
    np.testing.assert_allclose(opened.sound.y_N[:], sum(planes) / 4, atol=1e-3)
    assert opened.facts["mean_db"] == pytest.approx(0, abs=0.1)  # nothing in common
    assert opened.warnings == ()


def test_low_frequency_effects_are_no_part_of_the_mean(tmp_path: Path) -> None:
    planes = {name: noise(0.1, seed=4) for name in SURROUND if name != "LFE"}
    planes["FC"] = 0.05 * planes["FC"]  # 26 dB below: no voice is there
    opened = surround(tmp_path, LFE=noise(0.3, seed=9), **planes)
    assert opened.facts["channels_taken"] == [0, 1, 2, 4, 5]
    np.testing.assert_allclose(opened.sound.y_N[:], 4.05 / 5 * noise(0.1, seed=4), atol=1e-3)
    assert opened.warnings == ()


def test_many_channels_are_read(tmp_path: Path) -> None:
    opened = heard(tmp_path, *(voice() for _ in range(32)))
    assert opened.facts["channels_taken"] == list(range(32))
    assert level_db(opened, voice()) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("value", [0.0, 0.25])
def test_digital_silence_is_one_clear_warning(tmp_path: Path, value: float) -> None:
    plane = np.full(SECONDS * RATE, value, np.float32)
    opened = heard(tmp_path, plane, plane)
    (line,) = opened.warnings
    assert "digital silence throughout" in line
    assert not opened.sound.y_N[:].any()
    assert opened.facts["rms_dbfs"] is None
    assert opened.facts["lufs"] is None


def test_a_chosen_channel_that_is_silent_names_one_that_is_not(tmp_path: Path) -> None:
    opened = heard(tmp_path, np.zeros_like(voice()), voice(), channel="left")
    (line,) = opened.warnings
    assert "--set audio.channel=1 takes it" in line


def test_a_sample_that_is_no_number_in_one_channel_spoils_no_level(tmp_path: Path) -> None:
    left = voice()
    left[1_000] = np.nan
    opened = heard(tmp_path, left, voice())
    assert opened.facts["channels_dbfs"] == pytest.approx([-17.73, -17.73], abs=0.02)
    assert opened.facts["channels_taken"] == [0, 1]


def test_runs_are_counted_from_three() -> None:
    where = np.array([1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1], bool)
    np.testing.assert_array_equal(np.flatnonzero(in_runs(where)), [3, 4, 5, 8, 9, 10, 11])
    assert not in_runs(np.zeros(5, bool)).any()
    assert in_runs(np.zeros(0, bool)).size == 0
