"""Levels and noise that were put in are measured, within what their estimators promise."""

from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from depx.extract.checks.base import Grade
from depx.extract.sound import open_sound
from depx.features.acoustic.level import Level
from depx.features.extractor import Inputs
from depx.features.speech.activity import VoiceActivity
from depx.features.types import F32

RATE = 16_000


def voice(seconds: float) -> F32:
    """Vowels of half a second with pauses of as long between them."""
    t = np.arange(round(seconds * RATE)) / RATE
    harmonics = np.arange(1, 40) * 120.0
    gain = sum(1 / (1 + ((harmonics - f) / 80) ** 2) for f in (500, 1500, 2500))
    y = np.zeros(t.size)
    for harmonic, one in zip(harmonics, gain, strict=True):
        y += one * np.sin(2 * np.pi * harmonic * t)
    y *= (t % 2 < 1) * (0.7 + 0.3 * np.sin(2 * np.pi * 4 * t))
    return (y / np.abs(y).max()).astype(np.float32)


def heard(room: Any, tmp_path: Path, y_N: F32, rate_hz: int = RATE) -> dict[str, Any]:
    """Write a sound, have it measured by the extractors themselves, and check it."""
    soundfile.write(tmp_path / "a.wav", y_N, rate_hz, subtype="PCM_16")
    opened = open_sound(tmp_path / "a.wav", tmp_path)
    made, quality = {}, {}
    for extractor in (Level(), VoiceActivity()):
        measured = extractor(Inputs(sound=opened.sound))
        made[extractor.name] = measured.table
        quality[extractor.name] = {**measured.quality, "media": opened.facts}
    return dict(room.findings(made, quality=quality))


def with_noise(y_N: F32, speech_N: Any, snr_db: float, seed: int = 0) -> F32:
    """Add white noise so far below the power of the speech itself."""
    noise_N = np.random.default_rng(seed).normal(0, 1, y_N.size)
    power = np.square(y_N[speech_N], dtype=np.float64).mean()
    return (y_N + noise_N * np.sqrt(power * 10 ** (-snr_db / 10))).astype(np.float32)


@pytest.mark.parametrize("snr_db", [30.0, 20.0, 10.0])
def test_the_snr_of_noise_that_was_added_is_found(room: Any, tmp_path: Path, snr_db: float) -> None:
    y_N = 0.3 * voice(20)
    t = np.arange(y_N.size) / RATE
    found = heard(room, tmp_path, with_noise(y_N, t % 2 < 1, snr_db))["sound.snr"]
    assert found.measured.value == pytest.approx(snr_db, abs=1.5)
    assert found.grade is (Grade.GOOD if snr_db > 15 else Grade.DOUBTFUL)
    assert bool(found.measured.stretches) == (snr_db < 15)
    assert all(one.stop_s <= 20.01 for one in found.measured.stretches)  # no minute beyond the end


@pytest.mark.parametrize("snr_db", [15.0, 8.0])  # its own noise is some 20 dB below it
def test_so_it_is_in_real_speech(room: Any, tmp_path: Path, real_data: Path, snr_db: float) -> None:
    parts = [
        soundfile.read(real_data / "speech" / f"librivox_{n}.wav", dtype="float32")[0]
        for n in ("0870", "0880", "0890", "0930")
    ]
    y_N = np.concatenate(
        [np.concatenate([part, np.full(RATE, 1e-5, np.float32)]) for part in parts]
    )
    power_F = np.square(y_N[: y_N.size // 480 * 480]).reshape(-1, 480).mean(1)
    loud_N = np.repeat(power_F > 0.01 * np.quantile(power_F, 0.95), 480)  # 20 dB below the peaks
    noisy_N = with_noise(y_N[: loud_N.size], loud_N, snr_db)
    found = heard(room, tmp_path, noisy_N)["sound.snr"]
    assert found.measured.value == pytest.approx(snr_db, abs=2.0)


@pytest.mark.parametrize(("gain_db", "grade"), [(0, "good"), (-25, "doubtful"), (-45, "bad")])
def test_the_level_of_speech_falls_with_the_gain(
    room: Any, tmp_path: Path, gain_db: float, grade: str
) -> None:
    y_N = 0.5 * 10 ** (gain_db / 20) * voice(10)
    t = np.arange(y_N.size) / RATE
    rms_dbfs = 10 * np.log10(np.square(y_N[t % 2 < 1], dtype=np.float64).mean())
    found = heard(room, tmp_path, with_noise(y_N, t % 2 < 1, 30))["sound.level"]
    assert found.measured.value == pytest.approx(rms_dbfs, abs=2.0)
    assert found.grade is Grade(grade)


def test_seconds_that_clip_are_named_by_how_much(room: Any, tmp_path: Path) -> None:
    y_N = 0.3 * voice(20)
    y_N[4 * RATE : 5 * RATE] *= 10
    y_N[8 * RATE : 9 * RATE] *= 30
    clipped_N = np.clip(y_N, -1, 1)
    found = heard(room, tmp_path, clipped_N)["sound.clipped"]
    assert [one.start_s for one in found.measured.stretches] == [8.0, 4.0]
    flat = sum(
        len(run)
        for value, same in groupby(clipped_N.tolist())
        if abs(value) == 1 and len(run := list(same)) >= 3
    )
    assert found.measured.value == pytest.approx(flat / y_N.size, rel=1e-3)
    assert found.grade is Grade.BAD


def test_clean_speech_is_good_in_everything(room: Any, tmp_path: Path) -> None:
    t = np.arange(20 * RATE) / RATE
    found = heard(room, tmp_path, with_noise(0.3 * voice(20), t % 2 < 1, 25))
    graded = {name: one.grade for name, one in found.items() if name.startswith("sound.")}
    assert set(graded.values()) == {Grade.GOOD}, graded


def test_a_muted_stretch_is_silence_whether_zero_or_nearly(room: Any, tmp_path: Path) -> None:
    t = np.arange(40 * RATE) / RATE
    y_N = with_noise(0.3 * voice(40), t % 2 < 1, 25)
    y_N[5 * RATE : 15 * RATE] = 0
    y_N[20 * RATE : 30 * RATE] *= 10 ** (-60 / 20)
    both = heard(room, tmp_path, y_N)
    found, removed = both["sound.silence"], both["sound.removed"]
    assert found.measured.value == pytest.approx(0.5, abs=0.01)
    assert (removed.measured.value, removed.grade) == (
        pytest.approx(0.25, abs=0.005),
        Grade.DOUBTFUL,
    )
    assert [(one.start_s, one.stop_s) for one in found.measured.stretches] == [
        pytest.approx((5, 15), abs=0.05),
        pytest.approx((20, 30), abs=0.05),
    ]
    assert found.grade is Grade.GOOD  # a half may be pauses


@pytest.mark.parametrize(("offset", "grade"), [(0.001, "good"), (-0.05, "doubtful"), (0.2, "bad")])
def test_a_constant_part_is_measured_whatever_its_sign(
    room: Any, tmp_path: Path, offset: float, grade: str
) -> None:
    t = np.arange(10 * RATE) / RATE
    y_N = with_noise(0.3 * voice(10), t % 2 < 1, 25) + np.float32(offset)
    found = heard(room, tmp_path, y_N)["sound.dc"]
    assert found.measured.value == pytest.approx(abs(offset), abs=1e-3)
    assert found.grade is Grade(grade)


def test_silence_throughout_has_no_level_and_no_snr(room: Any, tmp_path: Path) -> None:
    found = heard(room, tmp_path, np.zeros(5 * RATE, np.float32))
    assert found["sound.level"].grade is Grade.ABSENT
    assert found["sound.snr"].measured.about.startswith("less than")
    assert found["sound.silence"].grade is Grade.BAD


def test_a_store_without_the_level_still_tells_what_stands_with_the_voice(room: Any) -> None:
    facts = {"sound_start_s": 0.0, "duration_s": 9.0, "clip_ratio": 0.02, "dc_offset": 0.0}
    found = room.findings({"vad": room.vad(9.0, [(1, 8)])}, quality={"vad": {"media": facts}})
    assert found["sound.clipped"].grade is Grade.BAD
    assert (found["sound.snr"].grade, found["sound.snr"].measured.about) == (
        Grade.ABSENT,
        "no level",
    )
