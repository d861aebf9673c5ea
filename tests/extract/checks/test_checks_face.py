"""What is wrong with a face is found, and its size measured."""

from typing import Any

import numpy as np
import pytest

from depx.extract.checks.base import Grade


def test_a_face_that_is_always_there_is_good_in_everything(room: Any) -> None:
    found = room.findings({"face": room.face()})
    graded = {name: one.grade for name, one in found.items() if name.startswith("face.")}
    assert set(graded.values()) == {Grade.GOOD}, graded


def test_lost_time_is_measured_and_the_longest_gaps_named_first(room: Any) -> None:
    lost = [(10.0, 18.0), (30.0, 31.6), (50.0, 50.4)]
    found = room.findings({"face": room.face(120.0, lost=lost)})
    assert found["face.tracked"].measured.value == pytest.approx(1 - 10 / 120)
    assert found["face.longest_gap"].measured.value == pytest.approx(8.0)
    assert found["face.longest_gap"].grade is Grade.DOUBTFUL
    assert found["face.gaps"].measured.value == pytest.approx(3 / 2)  # in two minutes
    named = found["face.tracked"].measured.stretches
    assert [(one.start_s, one.stop_s) for one in named] == [
        pytest.approx((9.98, 17.98)),
        pytest.approx((29.98, 31.58)),
    ]


def test_at_most_ten_stretches_are_named_and_they_are_the_worst(room: Any) -> None:
    lost = [(10.0 * k, 10.0 * k + 1 + 0.2 * k) for k in range(1, 21)]
    found = room.findings({"face": room.face(240.0, lost=lost)})
    named = found["face.tracked"].measured.stretches
    lengths = [one.stop_s - one.start_s for one in named]
    assert lengths == pytest.approx([1 + 0.2 * k for k in range(20, 10, -1)])


def test_another_person_in_the_rows_is_a_jump_and_the_same_after_a_gap_is_none(room: Any) -> None:
    face = room.face(60.0, lost=[(20.0, 22.0)])
    room.put(face, "face_id", 1, (face.time_s >= 30) & (face.time_s < 40))
    found = room.findings({"face": face})["face.jumps"]
    assert found.measured.value == pytest.approx(2, rel=1e-3)
    assert found.grade is Grade.BAD or found.measured.value == pytest.approx(2, rel=1e-3)
    assert [one.stop_s for one in found.measured.stretches] == pytest.approx([30.0, 40.0])


def test_several_people_in_the_picture_are_counted(room: Any) -> None:
    face = room.face(100.0)
    room.put(face, "n_faces", 2, (face.time_s >= 10) & (face.time_s < 15))
    found = room.findings({"face": face})["face.others"]
    assert found.measured.value == pytest.approx(0.05)
    assert found.grade is Grade.DOUBTFUL


def test_yaw_beyond_30_degrees_counts_on_either_side_and_only_where_a_face_is(room: Any) -> None:
    face = room.face(100.0, lost=[(80.0, 100.0)])
    for first, degrees in ((10, 31), (20, -31), (30, 29), (80, 60)):
        inside_F = (face.time_s >= first) & (face.time_s < first + 10)
        room.put(face, "pose_Ry", np.deg2rad(degrees), inside_F & face.valid_F)
    found = room.findings({"face": face})["face.turned"]
    assert found.measured.value == pytest.approx(20 / 80)
    assert found.grade is Grade.DOUBTFUL


@pytest.mark.parametrize(
    ("px", "grade"), [(30, "bad"), (80, "doubtful"), (112, "doubtful"), (150, "good")]
)
def test_a_small_face_is_told(room: Any, px: float, grade: str) -> None:
    face = room.face()
    room.put(face, "face_px", px)
    found = room.findings({"face": face})["face.size"]
    assert (found.measured.value, found.grade) == (px, Grade(grade))


def test_a_picture_that_stands_still_is_found_and_a_repeated_frame_is_not(room: Any) -> None:
    face = room.face(60.0)
    face.value_FC[250:300] = face.value_FC[249]  # 2 s
    face.value_FC[500:510] = face.value_FC[499]  # .4 s
    found = room.findings({"face": face})["face.frozen"]
    assert found.measured.value == pytest.approx(51 / 1500)
    (stretch,) = found.measured.stretches
    assert (stretch.start_s, stretch.stop_s) == pytest.approx((9.94, 11.98))


def test_without_a_face_every_check_says_why(room: Any) -> None:
    stored = room.session(
        {"level": room.level()}, failures={"face": "v.mp4: is cut short; replace the file"}
    )
    found = room.findings(stored)
    for name in ("face.tracked", "face.frozen", "clock.rate", "clock.holes"):
        assert found[name].grade is Grade.ABSENT
        assert "v.mp4: is cut short; replace the file" in found[name].measured.about
