"""The sound of a session as a file that is nowhere: what is heard when, and any part of it."""

import io
import random
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from depx.errors import MediaError, NothingToMeasure
from depx.extract.sound import open_sound
from depx.extract.viewing.wave import HEAD, Wave, open_wave


def noise(seconds: float, rate_hz: int = 16_000, channels: int = 1) -> np.ndarray:
    chance = np.random.default_rng(5)
    return (chance.normal(size=(round(seconds * rate_hz), channels)) * 3000).astype(np.int16)


def pcm(found: Wave) -> np.ndarray:
    """Read it as another program does."""
    with wave.open(io.BytesIO(b"".join(found.read(0, found.size)))) as file:
        assert file.getsampwidth() == 2
        data = file.readframes(file.getnframes())
        return np.frombuffer(data, "<i2").reshape(-1, file.getnchannels())


def encode(path: Path, codec: str, pcm_NK: np.ndarray, *, rate_hz: int, start_s: float = 0) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.layout = "mono"
        for first in range(0, len(pcm_NK), 960):
            block = np.ascontiguousarray(pcm_NK[None, first : first + 960, 0])
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate, frame.time_base = rate_hz, Fraction(1, rate_hz)
            frame.pts = first + round(start_s * rate_hz)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_wav_file_comes_as_it_is(tmp_path: Path) -> None:
    pcm_NK = noise(2.5, 44_100, 2)
    soundfile.write(tmp_path / "a.wav", pcm_NK, 44_100, subtype="PCM_16")
    found = open_wave(tmp_path / "a.wav", 0.0, None)
    assert (found.rate_hz, found.channels) == (44_100, 2)
    np.testing.assert_array_equal(pcm(found), pcm_NK)


def test_any_part_is_a_part_of_the_whole(tmp_path: Path) -> None:
    pcm_NK = noise(6.0, 16_000, 2)
    soundfile.write(tmp_path / "a.wav", pcm_NK, 16_000, subtype="PCM_16")
    found = open_wave(tmp_path / "a.wav", -0.7, 7.5)
    all_of_it = b"".join(found.read(0, found.size))
    assert len(all_of_it) == found.size
    chance = random.Random(4)
    for _ in range(60):
        first = chance.choice([0, HEAD - 1, HEAD, chance.randrange(found.size)])
        stop = min(found.size, first + chance.choice([1, 3, 1000, 100_000]))
        assert b"".join(found.read(first, stop)) == all_of_it[first:stop], (first, stop)


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.mkv", "a.ogg", "a.flac"])
def test_a_part_lies_where_it_does_in_the_whole(name: str, tmp_path: Path) -> None:
    codecs = {"mp3": "libmp3lame", "m4a": "aac", "mkv": "aac", "ogg": "libopus", "flac": "flac"}
    path = encode(tmp_path / name, codecs[name[2:]], noise(8.0, 48_000), rate_hz=48_000)
    found = open_wave(path, 0.0, None)
    all_of_it = b"".join(found.read(0, found.size))
    for second in (0.5, 3.0, 6.2):
        first = HEAD + 2 * round(second * found.rate_hz)
        part = np.frombuffer(b"".join(found.read(first, first + 48_000)), "<i2").astype(float)
        same = np.frombuffer(all_of_it[first : first + 48_000], "<i2").astype(float)
        lags = range(-60, 61)  # samples; mkv rounds to a millisecond
        middle = slice(100, -100)
        match = [np.corrcoef(np.roll(part, lag)[middle], same[middle])[0, 1] for lag in lags]
        assert max(match) > 0.9  # AAC makes noise up anew each time
        assert abs(lags[int(np.argmax(match))]) <= 24


@pytest.mark.parametrize("start_s", [0.0, 1.5])
def test_it_is_heard_when_it_was_measured(tmp_path: Path, start_s: float) -> None:
    path = encode(tmp_path / "a.mkv", "pcm_s16le", noise(2.0), rate_hz=16_000, start_s=start_s)
    found = open_wave(path, 0.0, 5.0)
    measured = open_sound(path, tmp_path, remove_dc=False).sound
    assert found.samples == 80_000
    heard = pcm(found)[:, 0] / 32768
    first = round(measured.start_s * 16_000)
    assert first == round(start_s * 16_000)
    assert not heard[:first].any()
    assert not heard[first + measured.y_N.size :].any()
    np.testing.assert_allclose(
        heard[first : first + measured.y_N.size], measured.y_N[: measured.y_N.size], atol=1e-4
    )


def test_a_gap_in_the_sound_stays_a_gap(tmp_path: Path) -> None:
    path, pcm_NK = tmp_path / "a.mkv", noise(1.0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000)
        stream.layout = "mono"
        for place in (0, 3):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(pcm_NK.T), format="s16", layout="mono"
            )
            frame.sample_rate, frame.time_base = 16_000, Fraction(1, 16_000)
            frame.pts = place * 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    heard = pcm(open_wave(path, 0.0, 4.0))
    np.testing.assert_array_equal(heard[:16_000], pcm_NK)
    assert not heard[16_000:48_000].any()
    np.testing.assert_array_equal(heard[48_000:], pcm_NK)


def test_no_sound_is_silence_that_keeps_the_time() -> None:
    found = open_wave(None, 0.25, 3.5)
    assert found.start_s == 0
    assert len(pcm(found)) == 3.5 * found.rate_hz
    assert not pcm(found).any()


def test_the_clock_begins_where_the_picture_does_if_that_is_earlier(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(1.0), 16_000)
    found = open_wave(tmp_path / "a.wav", -2.0, None)
    assert found.start_s == -2.0
    assert not pcm(found)[: 2 * 16_000].any()
    assert pcm(found)[2 * 16_000 :].any()


def test_a_file_without_sound_is_told_from_a_broken_one(
    tmp_path: Path, write_video: "object"
) -> None:
    path = write_video(tmp_path / "mute.mkv")  # type: ignore[operator]
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing of the kind")
    with pytest.raises((NothingToMeasure, MediaError), match="mute"):
        open_wave(path, 0.0, None)
    with pytest.raises(MediaError, match=r"broken\.wav: no video or sound"):
        open_wave(tmp_path / "broken.wav", 0.0, None)


def test_a_long_file_is_read_a_piece_at_a_time(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(20.0), 16_000)
    found = open_wave(tmp_path / "a.wav", 0.0, 7200.0)
    pieces = found.read(0, found.size)
    assert max(len(next(pieces)) for _ in range(30)) <= 2 * 16_000
    last = b"".join(found.read(found.size - 10, found.size))
    assert last == bytes(10)
