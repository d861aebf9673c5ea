"""Whose face fills a row, on made sightings whose right answer is plain."""

# F = frames, G = sightings

import numpy as np
import pytest

from depx.errors import UsageError
from depx.features.face.choosing import MOMENT_S, SURE_S, Sightings, believed, checked, fill
from depx.features.types import F64

RATE_HZ = 10.0
LEFT, RIGHT = 0, 1
MIDDLE_PX = {LEFT: (100.0, 200.0), RIGHT: (500.0, 240.0)}


def clock(rows: int) -> F64:
    return np.arange(rows) / RATE_HZ


def seen(
    frames: dict[int, list[int]],
    size: dict[int, float] | None = None,
    score: dict[int, float] | None = None,
) -> Sightings:
    """Face -> the frames in which it is seen; sightings in the order of frames."""
    pairs = sorted((frame, face) for face, of in frames.items() for frame in of)
    faces = [face for _, face in pairs]
    return Sightings(
        frame_G=np.array([frame for frame, _ in pairs], dtype=np.int64),
        face_id_G=np.array(faces, dtype=np.int64),
        middle_G2=np.array([MIDDLE_PX.get(face, (0.0, 0.0)) for face in faces]).reshape(-1, 2),
        size_G=np.array([(size or {}).get(face, 100.0) for face in faces]),
        score_G=np.array([(score or {}).get(face, 0.9) for face in faces]),
        picture_px=(600, 400),
    )


def filled_by(sightings: Sightings, rows: int, choose: str | None = None) -> list[int]:
    """Whose face fills each row; -1 nobody's."""
    row_F = fill(sightings, clock(rows), choose)
    for frame in np.flatnonzero(row_F >= 0):  # a row is filled from its own frame
        assert sightings.frame_G[row_F[frame]] == frame
    return [int(sightings.face_id_G[g]) if g >= 0 else -1 for g in row_F]


BOTH = {LEFT: [0, 1, 2, 3], RIGHT: [0, 1, 2, 3]}


@pytest.mark.parametrize(
    ("choose", "wanted"),
    [
        ("left", LEFT),
        ("right", RIGHT),
        ("largest", RIGHT),
        ("90,210", LEFT),
        ("510,210", RIGHT),
        ("0.1,0.5", LEFT),
        ("0.9,0.5", RIGHT),
        (None, RIGHT),
    ],
)
def test_of_two_faces_in_a_picture_the_one_asked_for_fills_the_row(
    choose: str | None, wanted: int
) -> None:
    assert filled_by(seen(BOTH, size={LEFT: 90, RIGHT: 120}), 4, choose) == [wanted] * 4


def test_unasked_it_is_who_is_seen_longest_times_largest() -> None:
    long_and_small = {LEFT: list(range(8)), RIGHT: [0, 1, 2]}
    assert filled_by(seen(long_and_small, size={LEFT: 50, RIGHT: 120}), 8) == [LEFT] * 8
    large_enough = filled_by(seen(long_and_small, size={LEFT: 50, RIGHT: 140}), 8)
    assert large_enough == [RIGHT] * 3 + [LEFT] * 5


def test_the_largest_is_the_largest_however_briefly_it_is_seen() -> None:
    brief = seen({LEFT: [0, 1, 2, 3], RIGHT: [0]}, size={LEFT: 100, RIGHT: 101})
    assert filled_by(brief, 4, "largest") == [RIGHT, LEFT, LEFT, LEFT]


def test_of_equals_it_is_who_came_first() -> None:
    assert filled_by(seen({1: [0, 1], 0: [0, 1]}, size={0: 80, 1: 80}), 2) == [0, 0]


@pytest.mark.parametrize("choose", [None, "left", "right", "largest", "0.5,0.5"])
def test_a_lone_face_fills_its_row_whoever_is_asked_for(choose: str | None) -> None:
    one_after_the_other = seen({LEFT: [0, 1, 2], RIGHT: [3, 4, 5]})
    assert filled_by(one_after_the_other, 6, choose) == [LEFT] * 3 + [RIGHT] * 3


def test_while_the_wanted_one_is_lost_for_a_moment_no_other_fills_the_row() -> None:
    away = round(MOMENT_S * RATE_HZ) - 1  # rows between the last and the next sighting
    rows = 20 + away
    gone = seen({LEFT: [*range(10), *range(10 + away, rows)], RIGHT: list(range(rows))})
    assert filled_by(gone, rows, "left") == [LEFT] * 10 + [-1] * away + [LEFT] * 10


def test_after_a_longer_absence_the_other_fills_the_rows_meanwhile() -> None:
    away = round(MOMENT_S * RATE_HZ)
    rows = 20 + away
    gone = seen({LEFT: [*range(10), *range(10 + away, rows)], RIGHT: list(range(rows))})
    assert filled_by(gone, rows, "left") == [LEFT] * 10 + [RIGHT] * away + [LEFT] * 10


def test_who_leaves_for_good_leaves_the_rows_to_the_other() -> None:
    gone = seen({LEFT: list(range(5)), RIGHT: list(range(12))})
    assert filled_by(gone, 12, "left") == [LEFT] * 5 + [RIGHT] * 7


def test_the_absences_of_others_do_not_touch_the_rows_of_the_wanted_one() -> None:
    flickering = seen({LEFT: list(range(12)), RIGHT: [0, 3, 6, 9]})
    assert filled_by(flickering, 12, "left") == [LEFT] * 12


def test_a_moment_is_measured_in_seconds_whatever_the_rate() -> None:
    gone = seen({LEFT: [0, 2], RIGHT: [0, 1, 2]})
    slow_s = np.array([0.0, MOMENT_S, 2 * MOMENT_S])
    assert fill(gone, slow_s, "left").tolist() == [0, 2, 3]
    assert fill(gone, slow_s / 2, "left").tolist() == [0, -1, 3]


def test_frames_without_anybody_are_lost_rows() -> None:
    assert filled_by(seen({LEFT: [1, 4]}), 6) == [-1, LEFT, -1, -1, LEFT, -1]
    assert filled_by(seen({}), 3) == [-1, -1, -1]


def test_a_face_is_believed_that_is_surely_detected_once_or_stays() -> None:
    stays = list(range(round(SURE_S * RATE_HZ) + 1))
    faces = seen(
        {0: [0], 1: [0, 1], 2: stays, 3: stays[:-1]}, score={0: 0.71, 1: 0.6, 2: 0.6, 3: 0.69}
    )
    believed_G = believed(faces, clock(len(stays) + 5))
    assert set(faces.face_id_G[believed_G]) == {0, 2}
    assert set(faces.face_id_G[~believed_G]) == {1, 3}
    assert set(faces.of(believed_G).face_id_G) == {0, 2}


def test_in_a_video_of_a_few_frames_a_face_that_is_there_throughout_is_believed() -> None:
    faces = seen({0: [0, 1, 2], 1: [1, 2]}, score={0: 0.6, 1: 0.6})
    assert set(faces.face_id_G[believed(faces, clock(3))]) == {0}
    alone = seen({0: [0]}, score={0: 0.6})
    assert believed(alone, clock(1)).all()


def test_one_sure_look_makes_all_sightings_of_a_face_believed() -> None:
    faces = seen({0: [0, 1, 2]})
    faces.score_G[:] = (0.5, 0.9, 0.0)
    assert believed(faces, clock(3)).all()


@pytest.mark.parametrize("choose", ["left", "right", "largest", "0,0", "0.5,0.5", "12, 700", None])
def test_these_choices_are_understood(choose: str | None) -> None:
    assert checked(choose) == choose


@pytest.mark.parametrize("choose", ["", "middle", "LEFT", "1", "1,2,3", "-1,2", "nan,1", "inf,1"])
def test_other_choices_are_refused_in_one_line(choose: str) -> None:
    with pytest.raises(UsageError, match=r"face\.choose: expected left, right, largest or X,Y"):
        checked(choose)


def test_who_is_of_unknown_size_or_place_is_wanted_last() -> None:
    sightings = seen(BOTH)
    sightings.size_G[sightings.face_id_G == RIGHT] = np.nan
    sightings.middle_G2[sightings.face_id_G == LEFT] = np.nan
    assert filled_by(sightings, 4) == [LEFT] * 4
    assert filled_by(sightings, 4, "left") == [RIGHT] * 4
