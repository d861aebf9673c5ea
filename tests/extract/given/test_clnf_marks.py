"""By which marks CLNF's frames are placed and taken for lost: where exactly each line is drawn."""

from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from depx.errors import TrackError
from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.registry import read, recognise
from depx.extract.heads import Head

Clnf: TypeAlias = Any  # the fixture of `conftest.py`


def read_set(*paths: Path) -> Reading:
    form = recognise(Head.of(paths[0]), paths[0].name)
    assert form is not None
    return read(GivenFile(path=paths[0], format=form, more=paths[1:]), None, BytesIO, {})


@pytest.mark.parametrize(("apart_s", "frames"), [(1e-4, 0), (1e-3, 1)])
def test_times_of_two_files_are_one_up_to_half_a_millisecond(
    clnf: Clnf, tmp_path: Path, apart_s: float, frames: int
) -> None:
    units, pose = clnf.rows("AUs", 5), clnf.rows("pose", 5)
    pose.loc[3, "timestamp"] += apart_s
    reading = read_set(
        clnf.write(tmp_path / "300_CLNF_AUs.txt", units),
        clnf.write(tmp_path / "300_CLNF_pose.txt", pose),
    )
    assert reading.quality["frames_of_two_times"] == frames


def test_a_file_most_of_whose_times_are_lacking_is_not_placed_by_the_rest(
    clnf: Clnf, tmp_path: Path
) -> None:
    rows = clnf.rows("AUs", 10)
    rows.loc[2:8, "timestamp"] = np.nan
    with pytest.raises(TrackError, match="timestamps that are missing or stand still"):
        read_set(clnf.write(tmp_path / "300_CLNF_AUs.txt", rows))


def test_without_success_a_confidence_of_0_is_a_lost_face(clnf: Clnf, tmp_path: Path) -> None:
    rows = clnf.rows("AUs", 4).drop(columns="success")
    rows["confidence"] = [0.9, 0.0, 0.02, 0.9]
    track = read_set(clnf.write(tmp_path / "300_CLNF_AUs.txt", rows)).track.whole()
    assert track.valid_F.tolist() == [True, False, True, True]


def test_a_gaze_along_an_axis_has_a_direction(clnf: Clnf, tmp_path: Path) -> None:
    rows = clnf.rows("gaze", 3)
    rows.loc[1, ["x_0", "y_0", "z_0"]] = (0, 0, -1)
    reading = read_set(clnf.write(tmp_path / "300_CLNF_gaze.txt", rows))
    track = reading.track.whole()
    gaze = [column.name for column in track.columns].index("gaze_0_x")
    assert track.value_FC[1, gaze : gaze + 3].tolist() == [0, 0, -1]
    assert reading.quality["gaze_vectors_of_zeros"] == 0
