"""Faults of the clock that were planted are measured."""

from typing import Any

import numpy as np
import pytest

from depx.extract.checks.base import Grade


def media(seconds: float, start_s: float = 0.0) -> dict[str, Any]:
    return {"media": {"sound_start_s": start_s, "duration_s": seconds, "clip_ratio": 0.0,
                      "dc_offset": 0.0}}  # fmt: skip


def test_a_steady_camera_has_neither_drift_nor_jitter_nor_holes(room: Any) -> None:
    found = room.findings(
        {"face": room.face(60.0), "level": room.level(60.0)}, quality={"level": media(60.0)}
    )
    for name in ("rate", "drift", "jitter", "holes", "length", "offset"):
        assert found[f"clock.{name}"].grade is Grade.GOOD
    assert found["clock.rate"].measured.value == pytest.approx(0, abs=1e-6)
    assert found["clock.length"].measured.value == pytest.approx(0.02, abs=1e-6)


def test_a_hole_is_measured_in_frames_and_placed(room: Any) -> None:
    time_s = np.arange(1500) / 25
    time_s = time_s[(time_s < 20) | (time_s >= 23)]  # 75 frames
    found = room.findings({"face": room.face(time_s=time_s)})
    holes = found["clock.holes"].measured
    assert holes.value == pytest.approx(3 / (1499 / 25), rel=1e-6)
    assert holes.about == "about 75 frames in 1 place"
    (stretch,) = holes.stretches
    assert (stretch.start_s, stretch.stop_s) == pytest.approx((19.96, 23.0))
    assert found["clock.holes"].grade is Grade.DOUBTFUL
    assert found["clock.drift"].grade is Grade.GOOD  # a hole is no slow camera


def test_a_camera_that_slows_down_drifts(room: Any) -> None:
    step_s = np.linspace(1 / 25, 1 / 24, 3_000)
    time_s = np.concatenate([[0.0], np.cumsum(step_s)])
    found = room.findings({"face": room.face(time_s=time_s)})["clock.drift"]
    third = 1000
    by_hand = abs(100 * (step_s[:third].mean() / step_s[-third:].mean() - 1))
    assert found.measured.value == pytest.approx(by_hand, rel=1e-6)
    assert found.grade is Grade.DOUBTFUL


def test_a_nominal_rate_that_is_not_the_rate_is_told(room: Any) -> None:
    found = room.findings({"face": room.face(60.0, rate_hz=24.0, nominal_hz=25.0)})["clock.rate"]
    assert found.measured.value == pytest.approx(4.0, abs=1e-6)
    assert found.measured.about == "24.000 frames a second, 25.000 nominal"


def test_jitter_is_the_spread_of_the_steps(room: Any) -> None:
    step_s = 1 / 25 + np.random.default_rng(0).normal(0, 0.004, 2_000)
    time_s = np.concatenate([[0.0], np.cumsum(step_s)])
    found = room.findings({"face": room.face(time_s=time_s)})["clock.jitter"]
    own_s = step_s[step_s <= 0.06]
    assert found.measured.value == pytest.approx(100 * own_s.std() * 25, rel=1e-4)
    assert found.grade is Grade.DOUBTFUL


def test_times_that_are_rounded_to_a_millisecond_are_no_jitter(room: Any) -> None:
    found = room.findings({"face": room.face(time_s=np.round(np.arange(1800) / 30, 3))})
    assert found["clock.jitter"].grade is Grade.GOOD
    assert found["clock.drift"].grade is Grade.GOOD


@pytest.mark.parametrize(
    ("start_s", "seconds", "offset_s", "begins", "length_s", "ends"),
    [
        (0.5, 59.5, 0.5, "later", 0.02, "later"),
        (0.0, 40.0, 0.0, "", 19.98, "earlier"),
        (-0.25, 90.0, 0.25, "earlier", 29.77, "later"),
    ],
)
def test_where_sound_begins_and_ends_is_measured_against_the_picture(
    room: Any,
    start_s: float,
    seconds: float,
    offset_s: float,
    begins: str,
    length_s: float,
    ends: str,
) -> None:
    found = room.findings(
        {"face": room.face(60.0), "level": room.level(seconds, start_s=start_s)},
        quality={"level": media(seconds, start_s)},
    )
    assert found["clock.offset"].measured.value == pytest.approx(offset_s, abs=1e-6)
    assert found["clock.length"].measured.value == pytest.approx(length_s, abs=1e-6)
    assert found["clock.offset"].measured.side == begins
    assert found["clock.length"].measured.side == ends
    assert (found["clock.offset"].grade is Grade.GOOD) == (offset_s < 0.2)
    assert (found["clock.length"].grade is Grade.GOOD) == (length_s < 2)


def test_a_transcript_beyond_the_recording_is_told_with_its_turns(room: Any) -> None:
    turns = room.turns([(1, 5), (50, 58), (58, 75)])
    made = {"words": turns, "face": room.face(60.0), "level": room.level(60.0)}
    found = room.findings(made, quality={"level": media(60.0)})["clock.beyond"]
    assert found.measured.value == pytest.approx(15.0)
    assert found.measured.about == "1 of 3 turns reach beyond the recording"
    assert found.grade is Grade.BAD
    assert [one.stop_s for one in found.measured.stretches] == [75]
