"""The rule by which samples own time."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.errors import TrackError
from depx.features.columns import FACE, FACE_VECTOR, Column, names
from depx.features.track import Track, owned_intervals, strictly_increasing, window_centres

TIMES = st.lists(st.floats(0.001, 5), min_size=1, max_size=50).map(np.cumsum)


def test_regular_samples_own_their_period() -> None:
    start_s, stop_s = owned_intervals(np.arange(5) / 25, 25.0)
    np.testing.assert_allclose(stop_s - start_s, 0.04)
    np.testing.assert_allclose(start_s[0], -0.02)


def test_a_gap_is_owned_by_nobody() -> None:
    start_s, stop_s = owned_intervals(np.array([0.0, 0.04, 1.0, 1.04]), 25.0)
    assert stop_s[1] == pytest.approx(0.04 + 0.03)  # half of 1.5 periods
    assert start_s[2] == pytest.approx(1.0 - 0.03)


@given(TIMES, st.one_of(st.none(), st.floats(0.5, 100)))
def test_intervals_hold_their_sample_never_overlap_and_are_at_most_one_and_a_half_periods(
    time_s: np.ndarray, rate_hz: float | None
) -> None:
    start_s, stop_s = owned_intervals(time_s, rate_hz)
    assert (start_s <= time_s).all()
    assert (stop_s >= time_s).all()
    assert (start_s[1:] >= stop_s[:-1]).all()
    steps = np.diff(time_s)
    period = 1 / rate_hz if rate_hz else (np.median(steps) if steps.size else 0.0)
    assert (stop_s - start_s <= 1.5 * period + 1e-9).all()


def test_without_gaps_no_time_is_lost_between_samples() -> None:
    time_s = np.cumsum(np.random.default_rng(0).uniform(0.03, 0.05, 100))
    start_s, stop_s = owned_intervals(time_s, 25.0)
    np.testing.assert_allclose(start_s[1:], stop_s[:-1])


def test_equal_and_backward_times_are_moved_a_microsecond_and_counted() -> None:
    fixed_s, moved = strictly_increasing(np.array([0.0, 0.04, 0.04, 0.03, 0.12]))
    assert moved == 2
    np.testing.assert_allclose(fixed_s, [0, 0.04, 0.040001, 0.040002, 0.12])


@given(st.lists(st.floats(0, 10), min_size=1, max_size=40).map(np.array))
def test_mended_times_increase_and_good_ones_stay(time_s: np.ndarray) -> None:
    fixed_s, moved = strictly_increasing(time_s)
    assert (np.diff(fixed_s) > 0).all()
    assert int((fixed_s != time_s).sum()) <= moved


def test_window_centres_are_hops_apart() -> None:
    np.testing.assert_allclose(window_centres(3, hop_s=0.01, first_s=0.02), [0.02, 0.03, 0.04])


def test_a_track_refuses_shapes_that_disagree() -> None:
    with pytest.raises(TrackError, match="do not fit 1 columns"):
        Track(
            time_s=np.arange(3.0),
            value_FC=np.zeros((2, 1), np.float32),
            columns=(Column("a", "1"),),
            valid_F=np.ones(3, bool),
            rate_hz=1.0,
        )


def test_a_track_refuses_times_that_stand_still() -> None:
    with pytest.raises(TrackError, match="strictly increasing"):
        Track(
            time_s=np.zeros(2),
            value_FC=np.zeros((2, 1), np.float32),
            columns=(Column("a", "1"),),
            valid_F=np.ones(2, bool),
            rate_hz=1.0,
        )


def test_the_facial_vector_has_the_49_columns_of_openface() -> None:
    assert len(FACE_VECTOR) == 49
    assert names(FACE_VECTOR)[:3] == ("pose_Tx", "pose_Ty", "pose_Tz")
    assert len(set(names(FACE))) == len(FACE)
    assert set(FACE_VECTOR) <= set(FACE)


def test_our_names_are_openfaces_own(real_data: Path) -> None:
    text = (real_data / "openface" / "clip01.csv").read_text()
    theirs = {name.strip() for name in text.partition("\n")[0].split(",")}
    ours = {c.name for c in FACE if c.group not in ("quality", "au_side")}
    newer = {"gaze_angle_x", "gaze_angle_y"}  # OpenFace 2.2 has them, the reference is of 2017
    assert ours - newer <= theirs
