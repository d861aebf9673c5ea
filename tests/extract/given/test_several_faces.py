"""OpenFace's tables of several faces: whose row fills a frame, and what is told of it."""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depx.errors import TrackError
from depx.extract.given import spooled, table
from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.registry import read, recognise
from depx.extract.heads import Head
from depx.features.columns import names

RATE_HZ = 25.0
LEFT, RIGHT = 0, 1
Row = dict[str, float]


def multi(*faces: tuple[int, int, float], count: int = 10) -> list[Row]:
    """Rows of several faces: (face_id, seen in so many frames, distance in mm)."""
    plain = {"confidence": 0.9, "success": 1}
    return [
        {"frame": i + 1, "face_id": face, "timestamp": i / RATE_HZ, **plain}
        | {"pose_Tz": distance, "AU12_r": face}
        for i in range(count)
        for face, seen, distance in faces
        if i < seen
    ]


def pair(*, landmarks: bool = True, count: int = 10) -> list[Row]:
    """Rows of a small face on the left of 640 x 480 px, and of one twice as large on the right."""
    rows = multi((LEFT, count, 1000.0), (RIGHT, count, 500.0), count=count)
    for row in rows:
        across, width = ((100, 40), (540, 80))[int(row["face_id"])]
        row |= {"pose_Tx": (across - 320) * row["pose_Tz"] / 500, "pose_Ty": 0.0}
        if landmarks:
            row |= {"x_36": across - width / 2, "y_36": 240, "x_45": across + width / 2}
            row |= {"y_45": 240}
    return rows


def write(path: Path, rows: Sequence[Row]) -> Path:
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def read_file(path: Path, video: Path | None = None, choose: str | None = None) -> Reading:
    form = recognise(Head.of(path), path.name)
    assert form is not None
    return read(GivenFile(path=path, format=form), video, BytesIO, {"choose": choose})


def column(reading: Reading, name: str) -> list[float]:
    at = names(reading.track.columns).index(name)
    return reading.track.whole().value_FC[:, at].tolist()


def test_of_several_faces_the_longest_times_largest_is_the_participant(tmp_path: Path) -> None:
    rows = multi((0, 10, 2000.0), (3, 8, 500.0))  # 8 / 500 is more than 10 / 2000
    reading = read_file(write(tmp_path / "a.csv", rows))
    assert column(reading, "AU12_r") == [3.0] * 8 + [0.0] * 2  # a lone face fills its row
    assert column(reading, "face_id") == [3.0] * 8 + [0.0] * 2
    assert reading.quality["faces"] == 2
    assert reading.quality["rows_of_other_faces"] == 8
    assert any("8 of other faces, left out" in line for line in reading.warnings)


def test_landmarks_measure_a_face_before_its_distance_does(tmp_path: Path) -> None:
    rows = multi((0, 5, 500.0), (1, 5, 900.0), count=5)
    for row in rows:
        width = 60 if row["face_id"] == 1 else 40
        row |= {"x_36": 0, "y_36": 0, "x_45": width, "y_45": 0}
    assert column(read_file(write(tmp_path / "a.csv", rows)), "face_id") == [1.0] * 5


def test_a_frame_of_strangers_only_is_a_row_without_a_face(tmp_path: Path) -> None:
    rows = multi((0, 10, 500.0), (1, 10, 2000.0), (2, 10, 2000.0))
    rows = [row for row in rows if not (row["face_id"] == 0 and row["frame"] == 4)]
    reading = read_file(write(tmp_path / "a.csv", rows))
    assert reading.track.whole().valid_F.tolist() == [i != 3 for i in range(10)]
    assert reading.quality["frames_of_other_faces"] == 1


@pytest.mark.parametrize(("away", "fills"), [(25, float("nan")), (75, 1.0)])
def test_who_is_lost_for_a_moment_leaves_a_lost_row_and_who_is_gone_leaves_it_to_a_lone_face(
    tmp_path: Path, away: int, fills: float
) -> None:
    rows = multi((0, 200, 500.0), (1, 200, 2000.0), count=200)
    rows = [row for row in rows if row["face_id"] == 1 or not 50 <= row["frame"] - 1 < 50 + away]
    reading = read_file(write(tmp_path / "a.csv", rows))
    expected = np.zeros(200)
    expected[50 : 50 + away] = fills
    np.testing.assert_array_equal(column(reading, "face_id"), expected)


@pytest.mark.parametrize("landmarks", [True, False])
@pytest.mark.parametrize("filmed", [True, False])
@pytest.mark.parametrize(
    ("choose", "wanted"),
    [
        (None, RIGHT),
        ("left", LEFT),
        ("right", RIGHT),
        ("largest", RIGHT),
        ("90,210", LEFT),
        ("510,210", RIGHT),
        ("0.1,0.5", LEFT),
        ("0.9,0.5", RIGHT),
    ],
)
def test_the_user_says_whose_face_fills_the_rows(
    tmp_path: Path,
    write_video: Callable[..., Path],
    *,
    landmarks: bool,
    filmed: bool,
    choose: str | None,
    wanted: int,
) -> None:
    path = write(tmp_path / "a.csv", pair(landmarks=landmarks))
    video = None
    if filmed:
        video = write_video(tmp_path / "v.mkv", range(0, 400, 40), size=(640, 480))
    untold = choose is not None and "," in choose and not filmed
    if untold and (choose == "0.1,0.5" or choose == "0.9,0.5" or not landmarks):
        with pytest.raises(TrackError, match=r"a\.csv: face\.choose=.* needs the size of the pic"):
            read_file(path, video, choose)
    else:
        assert column(read_file(path, video, choose), "face_id") == [wanted] * 10


def test_a_choice_that_the_table_cannot_tell_is_refused_but_not_for_a_lone_face(
    tmp_path: Path,
) -> None:
    rows = [{k: v for k, v in row.items() if not k.startswith(("x_", "y_"))} for row in pair()]
    rows = [{k: v for k, v in row.items() if k != "pose_Tx"} for row in rows]
    path = write(tmp_path / "a.csv", rows)
    with pytest.raises(TrackError, match="neither landmarks nor pose_Tx, pose_Ty, pose_Tz to tell"):
        read_file(path, choose="left")
    assert column(read_file(path, choose="largest"), "face_id") == [RIGHT] * 10
    lone = write(tmp_path / "b.csv", [row for row in rows if row["face_id"] == LEFT])
    assert column(read_file(lone, choose="right"), "face_id") == [LEFT] * 10


def test_a_row_of_unknown_size_or_place_does_not_cost_its_person_the_rows(tmp_path: Path) -> None:
    rows = pair()
    for row in rows:
        if row["frame"] == 2:
            row |= {"x_36": float("nan"), "pose_Tz": float("nan")}
    path = write(tmp_path / "a.csv", rows)
    assert column(read_file(path), "face_id") == [RIGHT] * 10
    assert column(read_file(path, choose="left"), "face_id") == [LEFT] * 10


def test_faces_without_a_number_are_one_face_of_their_own(tmp_path: Path) -> None:
    rows = pair()
    for row in rows:
        if row["face_id"] == RIGHT:
            row["face_id"] = float("nan")
    reading = read_file(write(tmp_path / "a.csv", rows))
    assert column(reading, "AU12_r") == [RIGHT] * 10
    assert reading.quality["faces"] == 2
    assert reading.quality["frames_valid"] == 10


def test_the_track_is_summed_up_as_a_computed_one(tmp_path: Path) -> None:
    rows = multi((0, 10, 500.0), (1, 4, 2000.0)) + [
        row | {"frame": row["frame"] + 100, "timestamp": row["timestamp"] + 4.0}
        for row in multi((2, 5, 500.0), count=5)
    ]
    reading = read_file(write(tmp_path / "a.csv", rows))
    quality = reading.quality
    assert (quality["frames"], quality["frames_valid"]) == (105, 15)
    assert quality["identity"] == [
        {"face_id": 0, "frames": 10, "first_s": 0.0, "last_s": 0.36},
        {"face_id": 2, "frames": 5, "first_s": 4.0, "last_s": 4.16},
    ]
    assert (quality["identity_jumps"], quality["jump_s"]) == (1, [4.0])
    assert (quality["gaps"], quality["largest_gap_s"]) == (1, pytest.approx(3.6))
    assert (quality["frames_of_several_faces"], quality["faces_at_most"]) == (4, 2)
    assert quality["confidence_median"] == 0.9
    assert "shots" not in quality  # nobody looked for them
    said = "\n".join(reading.warnings)
    assert "a.csv: a face in 15 of 105 frames, expected at least half" in said
    assert "a.csv: several faces in 4 of 105 frames" in said
    assert "a.csv: 2 identities follow one another" in said


@pytest.mark.parametrize("shuffled", [False, True])
def test_neither_blocks_nor_parts_nor_the_order_of_the_file_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shuffled: bool
) -> None:
    rows = multi((0, 60, 500.0), (1, 50, 800.0), count=60)
    del rows[41:47]
    plain = read_file(write(tmp_path / "a.csv", rows)).track.whole()
    monkeypatch.setattr(table, "BLOCK_BYTES", 600)
    monkeypatch.setattr(spooled, "PART", 7)
    if shuffled:
        rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    track = read_file(write(tmp_path / "b.csv", rows)).track
    assert max(part.rows for part in track.parts()) == 7
    np.testing.assert_array_equal(track.whole().value_FC, plain.value_FC)
    np.testing.assert_array_equal(track.whole().time_s, plain.time_s)
    np.testing.assert_array_equal(track.whole().valid_F, plain.valid_F)


def test_every_row_is_told_of(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    rows = multi((0, 30, 500.0), (1, 20, 800.0), (2, 25, 300.0), count=30)
    for row in rows:
        row["success"] = int(chance.random() > 0.3)
    rows += rows[:5]
    quality = read_file(write(tmp_path / "a.csv", rows)).quality
    lost = sum(row["success"] == 0 for row in rows[:-5])
    told = ("rows_duplicate", "rows_of_other_faces", "frames_valid")
    assert quality["rows"] == len(rows) == lost + sum(int(quality[name]) for name in told)
