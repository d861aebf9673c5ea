"""The times of OpenFace's tables: from the video beside them, or their own."""

from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from depx.errors import TrackError
from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.clock import increasing
from depx.extract.given.registry import read, recognise
from depx.extract.heads import Head

RATE_HZ = 25.0
Row = dict[str, float]


def rows_of(count: int) -> list[Row]:
    return [
        {"frame": i + 1, "timestamp": round(i / RATE_HZ, 3), "success": 1, "AU12_r": i}
        for i in range(count)
    ]


def write(path: Path, rows: Sequence[Row]) -> Path:
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def read_file(path: Path, video: Path | None = None) -> Reading:
    form = recognise(Head.of(path), path.name)
    assert form is not None
    return read(GivenFile(path=path, format=form), video, BytesIO, {})


def test_a_file_of_every_third_frame_misses_none(tmp_path: Path) -> None:
    reading = read_file(write(tmp_path / "a.csv", rows_of(31)[::3]))
    assert reading.track.whole().valid_F.all()
    assert reading.track.rate_hz == pytest.approx(25 / 3, abs=0.001)
    assert reading.warnings == ()


def test_the_video_tells_the_times_of_variable_rate(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    times_ms = [100, 140, 300, 310, 700]
    video = write_video(tmp_path / "v.mkv", times_ms)
    rows = rows_of(5)
    del rows[3]
    reading = read_file(write(tmp_path / "a.csv", rows), video)
    np.testing.assert_allclose(reading.track.whole().time_s, np.array(times_ms) / 1000)
    assert reading.track.whole().valid_F.tolist() == [True, True, True, False, True]
    assert reading.facts["time_source"] == "pts"


def test_a_file_of_another_length_than_the_video_keeps_its_times_from_the_streams_start(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    video = write_video(tmp_path / "v.mkv", [1520 + 40 * i for i in range(10)], sound_s=0.5)
    reading = read_file(write(tmp_path / "a.csv", rows_of(8)), video)
    np.testing.assert_allclose(reading.track.whole().time_s, 1.52 + np.arange(8) / 25)
    assert reading.facts["time_source"] == "timestamp+start"
    assert "ends at frame 8, but the video has 10" in reading.warnings[0]


def test_without_times_the_rate_of_the_video_tells_them_or_nothing_does(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    video = write_video(tmp_path / "v.mkv", [40 * i for i in range(10)])
    rows = [{name: cell for name, cell in row.items() if name != "timestamp"} for row in rows_of(8)]
    path = write(tmp_path / "a.csv", rows)
    reading = read_file(path, video)
    assert reading.facts["time_source"] == "frame/rate+start"
    np.testing.assert_allclose(reading.track.whole().time_s, np.arange(8) / 25)
    with pytest.raises(TrackError, match=r"a\.csv: has no timestamp column; expected seconds"):
        read_file(path)
    standing = write(tmp_path / "b.csv", [row | {"timestamp": 0} for row in rows_of(8)])
    with pytest.raises(TrackError, match="timestamps that are missing or stand still"):
        read_file(standing)


def test_a_video_that_cannot_be_opened_costs_its_times_only(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_text("no video")
    reading = read_file(write(tmp_path / "a.csv", rows_of(4)), tmp_path / "v.mp4")
    assert reading.track.rows == 4
    assert "v.mp4 cannot be opened" in reading.warnings[0]


def test_a_file_that_begins_late_takes_the_times_of_its_own_frames(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    video = write_video(tmp_path / "v.mkv", [100, 140, 300, 310, 700])
    reading = read_file(write(tmp_path / "a.csv", rows_of(5)[2:]), video)
    np.testing.assert_allclose(reading.track.whole().time_s, [0.3, 0.31, 0.7])


@given(
    steps=st.lists(st.integers(1, 50), min_size=1, max_size=9),
    wild=st.dictionaries(st.integers(0, 8), st.integers(-500, 500), max_size=4),
)
def test_the_fewest_times_are_taken_for_damaged(steps: list[int], wild: dict[int, int]) -> None:
    time_s = np.cumsum(steps) / 10
    for row, tenths in wild.items():
        if row < time_s.size:
            time_s[row] = tenths / 10
    placed_s, moved = increasing(time_s)
    rises = (
        part
        for count in range(time_s.size, 0, -1)
        for part in combinations(time_s, count)
        if (np.diff(part) > 0).all()
    )
    assert moved == time_s.size - len(next(rises))
    assert (np.diff(placed_s) > 0).all()


def test_a_time_far_ahead_costs_its_own_row_alone() -> None:
    time_s = np.arange(120) / 30
    damaged_s = time_s.copy()
    damaged_s[50] = 166667.0
    placed_s, moved = increasing(damaged_s)
    assert moved == 1
    assert_allclose(placed_s, time_s, atol=1e-9)
