"""The steady view averages what each step holds, and knows whose turn it is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depx.align.frames import Steps, frame_columns, resample, roles_at
from depx.align.timing import choose
from depx.features.columns import FACE, FACE_VECTOR, Column, names
from depx.features.track import Track
from depx.features.types import F64, Bool
from depx.features.words import Kind, Role, Turn, Word


def whole(track: Track, names: list[str], rate_hz: float) -> Steps:
    return resample(track.time_s, [track], names, rate_hz)


def track_of(time_s: F64, value_FC: F64, valid_F: Bool) -> Track:
    columns = tuple(Column(f"c{c}", "1") for c in range(value_FC.shape[1]))
    return Track(
        time_s=time_s,
        value_FC=value_FC.astype(np.float32),
        columns=columns,
        valid_F=valid_F,
        rate_hz=30.0,
    )


@settings(deadline=None)
@given(st.sets(st.integers(1, 400), min_size=1, max_size=60), st.integers(0, 9))
def test_each_step_is_the_naive_mean_of_its_valid_frames(ticks: set[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    time_s = np.array(sorted(ticks)) / 37
    value_FC = rng.normal(size=(time_s.size, 70)).astype(np.float32).astype(np.float64)
    value_FC[rng.random(value_FC.shape) < 0.3] = np.nan
    valid_F = rng.random(time_s.size) < 0.8
    steps = whole(track_of(time_s, value_FC, valid_F), [f"c{c}" for c in range(70)], 3.0)
    for t, centre_s in enumerate(steps.time_s_T):
        inside = np.floor(time_s * 3).astype(int) == round(centre_s * 3 - 0.5)
        assert steps.valid_T[t] == (inside & valid_F).any()
        for c in (0, 69):
            cells = value_FC[inside & valid_F, c]
            cells = cells[np.isfinite(cells)]
            expected = cells.mean() if cells.size else np.nan
            assert steps.value_TC[t, c] == pytest.approx(expected, rel=1e-6, abs=1e-7, nan_ok=True)


def test_steps_have_no_hole_and_stand_at_their_centres() -> None:
    track = track_of(np.array([1.52, 4.0]), np.ones((2, 1)), np.array([True, True]))
    steps = whole(track, ["c0"], 3.0)
    np.testing.assert_allclose(np.diff(steps.time_s_T), 1 / 3)
    assert steps.time_s_T[0] == pytest.approx(4.5 / 3)
    assert steps.valid_T.tolist() == [True, *[False] * 7, True]
    assert np.isnan(steps.value_TC[1:-1]).all()


def test_parts_give_the_steps_of_the_whole() -> None:
    rng = np.random.default_rng(0)
    value_FC = rng.normal(size=(90, 2))
    value_FC[40:50, 1] = np.nan
    track = track_of(0.4 + np.arange(90) / 30, value_FC, rng.random(90) < 0.7)
    cuts = [0, 1, 4, 33, 34, 90]
    parts = [
        track_of(track.time_s[a:b], value_FC[a:b], track.valid_F[a:b]) for a, b in pairwise(cuts)
    ]
    straight = whole(track, ["c1", "none", "c0"], 3.0)
    parted = resample(track.time_s, parts, ["c1", "none", "c0"], 3.0)
    np.testing.assert_allclose(parted.value_TC, straight.value_TC, rtol=1e-6)
    np.testing.assert_array_equal(parted.valid_T, straight.valid_T)


def test_no_frame_gives_no_step() -> None:
    track = track_of(np.empty(0), np.empty((0, 1)), np.empty(0, dtype=np.bool_))
    assert whole(track, ["c0"], 3.0).value_TC.shape == (0, 1)


def test_columns_unite_in_canonical_order_and_others_follow() -> None:
    other = (Column("z_h", "1"), Column("a_h", "1"))
    united = names(frame_columns([other, FACE_VECTOR[::-1], FACE[:3]]))
    canonical = [name for name in names(FACE) if name in united]
    assert list(united) == [*canonical, "a_h", "z_h"]
    assert "face_id" not in united


def turn(role: Role, start_s: float, stop_s: float) -> Turn:
    word = Word(text="x", raw="x", kind=Kind.WORD, speaker="s", role=role, turn=0)
    return Turn(index=0, speaker="s", role=role, start_s=start_s, stop_s=stop_s, words=(word,))


def test_a_step_belongs_to_who_holds_more_of_it() -> None:
    turns = [
        turn(Role.INTERVIEWER, 0.0, 1.4),
        turn(Role.INTERVIEWER, 0.5, 1.4),  # said twice, held once
        turn(Role.UNKNOWN, 1.4, 3.0),
        turn(Role.PARTICIPANT, 7.0, 7.5),
    ]
    roles = roles_at(np.arange(9) + 0.5, 1.0, turns, choose(4, []))
    assert roles == (
        "interviewer",
        "participant",
        "participant",
        *["none"] * 4,
        "participant",
        "none",
    )


def test_a_step_that_both_hold_as_long_is_the_participants() -> None:
    turns = [turn(Role.INTERVIEWER, 0.0, 0.5), turn(Role.PARTICIPANT, 0.5, 1.0)]
    assert roles_at(np.array([0.5]), 1.0, turns, choose(2, [])) == ("participant",)


def test_without_times_of_turns_or_words_nobody_holds_a_step() -> None:
    unknown = turn(Role.PARTICIPANT, float("nan"), float("nan"))
    assert roles_at(np.array([0.5]), 1.0, [unknown], choose(1, [])) == ("none",)
