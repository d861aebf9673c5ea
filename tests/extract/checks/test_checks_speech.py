"""Transcripts that were shifted, stretched or cut are found out by the voice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.extract.checks.base import Grade
from depx.extract.checks.shift import best_shift
from depx.extract.checks.spans import merged, within
from depx.features.words import Role, Timing

Speak = Callable[..., list[tuple[float, float]]]


def talk(room: Any, spans: list[tuple[float, float]], said: Any, seconds: float, **how: Any) -> Any:
    return room.findings({"vad": room.vad(seconds, spans), "words": room.turns(said, **how)})


def test_a_transcript_that_fits_is_good_in_everything(room: Any, speak: Speak) -> None:
    spans = speak(600.0)
    turns = room.turns(spans)
    times = room.times(turns, {Timing.FORCED: 1.0})
    made = {"vad": room.vad(600.0, spans), "words": turns, "word_times": times}
    found = room.findings(made)
    graded = {name: one.grade for name, one in found.items() if name.startswith("speech.")}
    assert set(graded.values()) == {Grade.GOOD}, graded
    assert found["speech.shift"].measured.value == 0
    assert found["speech.drift"].measured.value == 0


@pytest.mark.parametrize("late_s", [-12.0, -0.9, 0.6, 3.0, 25.0])
@pytest.mark.parametrize("timed", [False, True])
def test_a_shifted_transcript_is_late_by_what_it_was_shifted(
    room: Any, speak: Speak, late_s: float, timed: bool
) -> None:
    spans = speak(600.0)
    said = [(a + late_s, b + late_s) for a, b in spans if a + late_s > 0]
    found = talk(room, spans, said, 600.0, timed=timed)
    assert found["speech.shift"].measured.value == pytest.approx(abs(late_s), abs=0.1)
    assert ("late" if late_s > 0 else "early") in found["speech.shift"].measured.about
    assert found["speech.shift"].measured.side == ("late" if late_s > 0 else "early")
    assert found["speech.drift"].measured.value == pytest.approx(0, abs=0.1)
    assert found["speech.shift"].grade is (Grade.DOUBTFUL if abs(late_s) < 2 else Grade.BAD)


@pytest.mark.parametrize("seed", range(3))
def test_a_clock_that_runs_fast_drifts_by_what_lies_between_the_thirds(
    room: Any, speak: Speak, seed: int
) -> None:
    spans = speak(900.0, seed=seed)
    said = [(1.01 * a, 1.01 * b) for a, b in spans]  # late by 1 % of the time
    found = talk(room, spans, said, 900.0)
    assert found["speech.drift"].measured.about.count("late by ") == 2
    early = talk(room, spans, [(a / 1.01, b / 1.01) for a, b in spans], 900.0)
    assert early["speech.drift"].measured.about.count("early by ") == 2
    assert found["speech.drift"].measured.value == pytest.approx(0.01 * 600, abs=1.0)
    assert found["speech.drift"].grade is Grade.BAD


def test_turns_that_are_looser_than_the_voice_are_not_late(room: Any, speak: Speak) -> None:
    spans = speak(600.0)
    loose = [(a - 0.15, b + 0.2) for a, b in spans]
    found = talk(room, spans, loose, 600.0)
    assert found["speech.shift"].grade is Grade.GOOD
    assert found["speech.drift"].grade is Grade.GOOD


def test_a_transcript_of_something_else_fits_nowhere(room: Any, speak: Speak) -> None:
    found = talk(room, speak(600.0), speak(600.0, seed=9), 600.0)
    assert found["speech.shift"].grade is Grade.ABSENT
    assert found["speech.covered"].grade is not Grade.GOOD


@given(
    late=st.integers(-100, 100),
    gaps=st.lists(st.tuples(st.integers(5, 90), st.integers(5, 60)), min_size=12, max_size=30),
)
@settings(max_examples=60, deadline=None)
def test_any_shift_is_found_on_any_pattern_to_the_sample(
    late: int, gaps: list[tuple[int, int]]
) -> None:
    voiced_N = np.concatenate([[False] * 200, *([True] * a + [False] * b for a, b in gaps),
                               [False] * 200]).astype(bool)  # fmt: skip
    time_s_N = 0.03 * (np.arange(voiced_N.size) + 0.5)
    edges = np.flatnonzero(np.diff(voiced_N, prepend=False, append=False)).reshape(-1, 2)
    said_S2 = 0.03 * (edges + late)
    found = best_shift(time_s_N, voiced_N, np.ones_like(voiced_N), said_S2)
    assert found is not None
    # of shifts within 2 % of the best the least is taken, so never one farther out
    assert abs(found.late_s) <= abs(0.03 * late) + 1e-9
    shifted_N = within(time_s_N + found.late_s, said_S2)
    assert np.corrcoef(shifted_N, voiced_N)[0, 1] == pytest.approx(found.correlation, abs=0.02)
    assert found.correlation >= 0.98 * 0.999


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), max_size=20))
def test_merged_spans_hold_what_any_of_them_holds(spans: list[tuple[float, float]]) -> None:
    time_s = np.linspace(-1, 51, 500)
    by_hand = np.array([any(a <= t < b for a, b in spans) for t in time_s], bool)
    np.testing.assert_array_equal(within(time_s, merged(spans)), by_hand)


def test_voice_that_is_not_transcribed_is_measured_and_placed(room: Any, speak: Speak) -> None:
    spans = speak(600.0)
    said = [(a, b) for a, b in spans if not 200 < a < 320]
    missing_s = sum(b - a for a, b in spans if 200 < a < 320)
    found = talk(room, spans, said, 600.0)["speech.covered"]
    assert found.measured.value == pytest.approx(
        1 - missing_s / sum(b - a for a, b in spans), abs=0.005
    )
    stretch = found.measured.stretches[0]
    assert stretch.start_s <= 206
    assert stretch.stop_s >= 314
    assert f"{missing_s:.0f}." in stretch.about or f"{missing_s - 1:.0f}." in stretch.about


def test_turns_without_voice_are_measured_and_placed(room: Any, speak: Speak) -> None:
    spans = speak(300.0)
    silent = [(a, b) for k, (a, b) in enumerate(spans) if k % 3 == 0]
    loud = [span for span in spans if span not in silent]
    found = talk(room, loud, spans, 300.0)["speech.voiced"]
    share = sum(b - a for a, b in loud) / sum(b - a for a, b in spans)
    assert found.measured.value == pytest.approx(share, abs=0.01)
    assert {(one.start_s, one.stop_s) for one in found.measured.stretches} <= set(silent)


def test_words_a_minute_are_the_participants(room: Any) -> None:
    turns = room.turns([(0, 30), (30, 90)], rate=2.0)  # the interviewer, then the participant
    found = room.findings({"words": turns})
    assert found["speech.slow"].measured.value == pytest.approx(120)
    assert found["speech.participant"].measured.value == pytest.approx(60 / 90)
    quick = room.findings({"words": room.turns([(0, 30), (30, 90)], rate=6.0)})
    assert quick["speech.fast"].grade is Grade.BAD
    assert [one.start_s for one in quick["speech.fast"].measured.stretches] == [30]
    slow = room.findings({"words": room.turns([(0, 30), (30, 90)], rate=0.5)})
    assert slow["speech.slow"].grade is Grade.DOUBTFUL


def test_what_is_timed_by_guess_is_counted(room: Any) -> None:
    turns = room.turns([(10 * k, 10 * k + 8) for k in range(20)])
    times = room.times(turns, {Timing.GIVEN: 0.1, Timing.FORCED: 0.4, Timing.PROPORTIONAL: 0.3})
    found = room.findings({"words": turns, "word_times": times})["speech.untimed"]
    assert found.measured.value == pytest.approx(0.5)  # 20 % have no times at all
    assert found.measured.about == (
        "given 10.0 %, forced 40.0 %, proportional 30.0 %, untimed 20.0 %"
    )


def test_unknown_speakers_are_counted_by_name(room: Any) -> None:
    for roles, expected in (
        ((Role.INTERVIEWER, Role.PARTICIPANT), Grade.GOOD),
        ((Role.UNKNOWN,), Grade.DOUBTFUL),
        ((Role.UNKNOWN, Role.UNKNOWN), Grade.BAD),
    ):
        found = room.findings({"words": room.turns([(0, 5), (5, 10)], roles=roles)})
        assert found["speech.roles"].grade is expected


def test_a_transcript_without_times_says_so(room: Any) -> None:
    (turn,) = room.turns([(0, 5)])
    turns = (replace(turn, start_s=float("nan"), stop_s=float("nan")),)
    found = room.findings({"vad": room.vad(60.0, [(1, 5)]), "words": turns})
    for name in ("covered", "voiced", "shift", "drift"):
        assert found[f"speech.{name}"].grade is Grade.ABSENT
        assert found[f"speech.{name}"].measured.about == "the transcript has no times"
