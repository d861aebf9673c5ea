"""Faults that were put into media files are found behind the engine that measured them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from depx.extract.checks.base import Finding, Grade
from depx.extract.checks.run import check_session
from depx.extract.run import extract
from depx.extract.settings import parse
from depx.extract.store.reader import Store


def checked(sessions: Path, store: Path, *tracks: str) -> dict[str, dict[str, Finding]]:
    summary = extract(
        [sessions], store, parse(tracks, {}), lambda _outcome: None, lambda _line: None
    )
    assert summary.exit_code == 0
    return {
        one.id: {finding.check: finding for finding in check_session(one)}
        for one in Store.open(store).sessions()
    }


def test_holes_offsets_and_ends_of_a_film_are_those_that_were_put_in(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    folder = tmp_path / "sessions" / "one"
    folder.mkdir(parents=True)
    times_ms = [*range(0, 4_000, 40), *range(6_000, 12_000, 40)]
    write_video(folder / "v.mkv", times_ms, sound_s=8.0, sound_start_s=0.5)
    (folder / "t.csv").write_text(
        "start_time\tstop_time\tspeaker\tvalue\n1.0\t2.0\tEllie\tso\n14\t17\tParticipant\twell\n"
    )
    found = checked(tmp_path / "sessions", tmp_path / "F", "face", "level", "vad", "words")["one"]
    assert found["clock.offset"].measured.value == pytest.approx(0.5, abs=0.01)
    assert found["clock.offset"].grade is Grade.DOUBTFUL
    assert found["clock.length"].measured.value == pytest.approx(12.0 - 8.5, abs=0.05)
    assert found["clock.holes"].measured.value == pytest.approx(2.0 / 11.96, rel=0.01)
    (hole,) = found["clock.holes"].measured.stretches
    assert (hole.start_s, hole.stop_s) == pytest.approx((3.96, 6.0), abs=1e-3)
    assert found["clock.rate"].measured.value == pytest.approx(0, abs=0.1)
    assert found["clock.beyond"].measured.value == pytest.approx(5.0, abs=0.05)
    assert found["face.tracked"].grade is Grade.BAD
    (lost,) = [one for one in found["face.longest_gap"].measured.stretches[:1]]
    assert lost.start_s == pytest.approx(-0.02, abs=0.01)


def test_what_is_wrong_with_a_wav_is_found_and_with_a_good_one_nothing(tmp_path: Path) -> None:
    t = np.arange(20 * 44_100) / 44_100
    wave = 0.3 * np.sin(2 * np.pi * 150 * t) * (t % 2 < 1)
    noisy = wave + np.random.default_rng(0).normal(0, 0.005, t.size)
    for name, sound in (
        ("good", noisy),
        ("clipped", np.clip(8 * noisy, -1, 1)),
        ("biased", noisy + 0.15),
        ("quiet", noisy / 1_000),
    ):
        (tmp_path / "sessions" / name).mkdir(parents=True)
        stereo = np.stack([sound, 0.5 * noisy], 1)  # the mean of both hides what is in one
        soundfile.write(tmp_path / "sessions" / name / "a.wav", stereo, 44_100)
    found = checked(tmp_path / "sessions", tmp_path / "F", "level", "vad")
    grades: dict[str, Any] = {name: of["sound.clipped"].grade for name, of in found.items()}
    assert grades == {"good": "good", "clipped": "bad", "biased": "good", "quiet": "good"}
    assert found["biased"]["sound.dc"].measured.value == pytest.approx(0.075, abs=1e-3)
    assert found["good"]["sound.dc"].grade is Grade.GOOD
    assert found["good"]["sound.silence"].grade is Grade.GOOD
