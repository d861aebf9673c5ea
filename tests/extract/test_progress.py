"""What a track costs, and how far it is in its recording; the numbers stay what they are."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.extract import progress
from depx.extract.picture import open_film
from depx.extract.progress import Meter, Place, Progress
from depx.extract.sound import open_sound
from depx.features.extractor import Inputs


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Progress]:
    """Progress that is told at every step."""
    monkeypatch.setattr(progress, "EVERY_S", 0.0)
    return []


TWO_TRACKS = """
from mmap import mmap
from depx.extract.progress import Meter
greedy = Meter()
taken = mmap(-1, 200 << 20)  # its pages go back to the system when it closes; a heap may keep them
taken.write(b"x" * len(taken))
taken.close()
print(greedy.cost().peak_mb, Meter().cost().peak_mb)
"""


def test_the_peak_is_that_of_the_track_and_not_of_one_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_TRACKS], capture_output=True, text=True, check=True
    )
    most, modest = map(float, done.stdout.split())
    assert most > 200
    assert modest < most - 150


def test_seconds_are_those_of_the_clock_and_of_the_cpu() -> None:
    meter = Meter()
    time.sleep(0.05)
    cost = meter.cost()
    assert cost.seconds >= 0.05
    assert 0 <= cost.cpu_s < cost.seconds
    assert set(cost.rounded()) == {"seconds", "cpu_s", "peak_mb"}


def test_a_picture_is_at_the_time_of_its_last_frame(
    tmp_path: Path, told: list[Progress], write_video: Callable[..., Path]
) -> None:
    film = open_film(write_video(tmp_path / "v.mkv", range(0, 2000, 40)))
    place = Place(told.append)
    place.begin("face")
    watched = place.watch(Inputs(picture=film.picture()), float(film.listed_s[-1])).picture
    assert watched is not None
    times = [frame.time_s for frame in watched.frames()]
    assert told[0] == Progress(track="face")
    shares = [one.done_s / one.of_s for one in told[1:]]
    assert len(shares) == len(times) == 50
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert times == [frame.time_s for frame in film.picture().frames()]


def test_a_sound_is_at_the_stretch_that_is_read(tmp_path: Path, told: list[Progress]) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 64_000)
    soundfile.write(tmp_path / "a.wav", noise, 16_000)
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    place = Place(told.append)
    place.begin("vad")
    watched = place.watch(Inputs(sound=opened.sound, original=lambda: opened.sound))
    assert watched.sound is not None
    assert watched.original is not None
    for sound in (watched.sound, watched.original()):
        del told[:]
        read_N = np.concatenate([sound.y_N[n : n + 16_000] for n in range(0, 64_000, 16_000)])
        assert [(one.done_s, one.of_s) for one in told] == [(n, 4.0) for n in range(4)]
        assert np.array_equal(read_N, opened.sound.y_N[:])
        assert sound.y_N.size == 64_000


def test_it_is_told_at_most_twice_a_second() -> None:
    told: list[Progress] = []
    place = Place(told.append)
    place.begin("face")
    began = time.monotonic()
    for number in range(20_000):
        place.at(float(number), 20_000.0)
    assert len(told) <= 2 + (time.monotonic() - began) / progress.EVERY_S
