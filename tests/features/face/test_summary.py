"""The figures and warnings of the facial track, on rows whose figures can be counted by hand."""

# F = frames

import json
from dataclasses import replace

import numpy as np
import pytest

from depx.features.face.summary import LISTED, MEDIANS, Rows

RATE_HZ = 10.0


def rows(
    pattern: str,
    *,
    faces: list[int] | None = None,
    shots: tuple[int, ...] = (),
    quality: float = 1.0,
) -> Rows:
    """Rows that a letter each names: who fills it, a dot for nobody."""
    known = sorted(set(pattern) - {"."})
    id_F = np.array([known.index(p) if p != "." else -1 for p in pattern], dtype=np.int64)
    frames = len(pattern)
    quality_F = np.where(id_F >= 0, quality, np.nan).astype(np.float32)
    return Rows(
        time_F=np.arange(frames) / RATE_HZ,
        rate_hz=RATE_HZ,
        face_id_F=id_F,
        n_faces_F=np.array(faces) if faces else (id_F >= 0).astype(np.int64),
        shot_F=np.isin(np.arange(frames), shots),
        quality_F=dict.fromkeys(MEDIANS, quality_F),
    )


def test_frames_are_counted_with_and_without_a_face() -> None:
    figures = rows("AA..AAAA").figures()
    assert (figures["frames"], figures["frames_valid"]) == (8, 6)
    assert figures["share_valid"] == 0.75


def test_gaps_are_listed_by_the_time_that_their_rows_own() -> None:
    figures = rows(".AA..AAA.").figures()
    assert figures["gaps"] == 3
    assert figures["gap"] == [
        pytest.approx((-0.05, 0.05)),
        pytest.approx((0.25, 0.45)),
        pytest.approx((0.75, 0.85)),
    ]
    assert figures["largest_gap_s"] == pytest.approx(0.2)


def test_without_a_gap_the_largest_is_zero() -> None:
    figures = rows("AAAA").figures()
    assert (figures["gaps"], figures["gap"], figures["largest_gap_s"]) == (0, [], 0.0)


def test_identities_are_listed_with_their_frames_and_times() -> None:
    figures = rows("AAA.BBAA").figures()
    assert figures["identities"] == 2
    assert figures["identity"] == [
        {"face_id": 0, "frames": 5, "first_s": 0.0, "last_s": 0.7},
        {"face_id": 1, "frames": 2, "first_s": 0.4, "last_s": 0.5},
    ]


def test_a_jump_is_a_row_that_another_person_fills_than_the_last_one_filled() -> None:
    figures = rows("AA..AB.A").figures()  # a gap alone is no jump
    assert figures["identity_jumps"] == 2
    assert figures["jump_s"] == [0.5, 0.7]


def test_several_faces_and_shots_are_counted() -> None:
    figures = rows("AAAAA", faces=[1, 2, 3, 2, 1], shots=(2, 4)).figures()
    assert figures["frames_of_several_faces"] == 3
    assert figures["faces_at_most"] == 3
    assert figures["shots"] == 3


def test_medians_are_over_rows_with_a_face() -> None:
    figures = rows("A..A", quality=0.25).figures()
    assert {figures[f"{name}_median"] for name in MEDIANS} == {0.25}


def test_without_any_face_there_is_no_median_and_no_nan() -> None:
    figures = rows("....").figures()
    assert not any(name.endswith("_median") for name in figures)
    json.dumps(figures, allow_nan=False)


def test_all_figures_are_plain_json() -> None:
    figures = rows("AA.BB", shots=(3,)).figures()
    assert json.loads(json.dumps(figures, allow_nan=False))["identities"] == 2


def test_long_lists_are_cut_but_counted() -> None:
    figures = rows("A." * (LISTED + 20)).figures()
    assert figures["gaps"] == LISTED + 20
    assert isinstance(figures["gap"], list)
    assert len(figures["gap"]) == LISTED


def test_a_good_track_has_no_warning() -> None:
    assert rows("AAAA.").warnings(None) == ()
    assert rows("A.").warnings(None) == ()


@pytest.mark.parametrize(("pattern", "got"), [("....", "0 of 4"), ("A....", "1 of 5")])
def test_too_few_faces_are_one_line_with_what_to_check(pattern: str, got: str) -> None:
    (line,) = rows(pattern).warnings(None)
    assert f"a face in {got} frames" in line
    assert "check that it is upright" in line
    assert "\n" not in line


def test_several_faces_are_warned_of_unless_one_was_chosen() -> None:
    several = rows("AAA", faces=[1, 2, 2])
    (line,) = several.warnings(None)
    assert "several faces in 2 of 3 frames" in line
    assert "--set face.choose=left|right|largest|X,Y" in line
    assert several.warnings("left") == ()


def test_identities_that_follow_one_another_are_warned_of_even_after_a_choice() -> None:
    for choose in (None, "right"):
        (line,) = rows("AAABBB").warnings(choose)
        assert "2 identities follow one another" in line


def test_what_nobody_looked_for_is_left_out() -> None:
    whole = rows("AA.A")
    part = replace(
        whole,
        rate_hz=None,
        shot_F=None,
        quality_F={"confidence": np.float32([1, np.nan, np.nan, 0.5])},
    )
    figures = part.figures()
    assert "shots" not in figures
    assert [name for name in figures if name.endswith("_median")] == ["confidence_median"]
    assert figures["confidence_median"] == 0.75  # of what is known
