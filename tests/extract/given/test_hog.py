"""CLNF's binary HOG: mapped frame by frame, checked, placed by the table beside it."""

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from depx.errors import TrackError
from depx.extract.given import hog
from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.registry import read, recognise, refused
from depx.extract.heads import Head
from depx.features.columns import names
from depx.features.types import F32

Clnf: TypeAlias = Any  # the fixture of `conftest.py`
FRAME_BYTES = 17_872


def values(count: int) -> F32:
    return np.random.default_rng(1).uniform(0, 0.4, (count, 4464)).astype(np.float32)


def write(path: Path, value_FC: F32, lost: tuple[int, ...] = ()) -> Path:
    """Write frame by frame, as the documentation has them."""
    with path.open("wb") as file:
        for i, row in enumerate(value_FC):
            file.write(struct.pack("<iiif", 12, 12, 31, -1.0 if i in lost else 1.0))
            file.write(struct.pack("<4464f", *row))
    return path


def read_file(path: Path, *more: Path, video: Path | None = None) -> Reading:
    form = recognise(Head.of(path), path.name)
    assert form is not None
    assert form.track == "hog"
    return read(GivenFile(path=path, format=form, more=more), video, BytesIO, {})


def test_frames_are_read_as_struct_reads_them_at_the_times_of_the_table(
    clnf: Clnf, tmp_path: Path
) -> None:
    value_FC = values(6)
    path = write(tmp_path / "300_CLNF_hog.bin", value_FC, lost=(2,))
    assert path.stat().st_size == 6 * FRAME_BYTES
    table = clnf.write(tmp_path / "300_CLNF_AUs.txt", clnf.rows("AUs", 6, rate_hz=28.5))
    reading = read_file(path, table)
    track = reading.track.whole()
    assert names(track.columns)[::4463] == ("hog_0", "hog_4463")
    assert track.valid_F.tolist() == [True, True, False, True, True, True]
    value_FC[2] = np.nan
    np.testing.assert_array_equal(track.value_FC, value_FC)
    np.testing.assert_allclose(track.time_s, np.arange(6) / 28.5, atol=1e-6)
    assert reading.facts == {"time_source": "timestamp"}
    assert reading.warnings == ()


def test_parts_do_not_show(clnf: Clnf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "300_CLNF_hog.bin", values(7), lost=(4,))
    table = clnf.write(tmp_path / "300_CLNF_AUs.txt", clnf.rows("AUs", 7))
    whole = read_file(path, table).track.whole()
    monkeypatch.setattr(hog, "PART", 3)
    track = read_file(path, table).track
    assert [part.rows for part in track.parts()] == [3, 3, 1]
    np.testing.assert_array_equal(track.whole().value_FC, whole.value_FC)


def test_a_last_frame_that_breaks_off_is_left_out_and_counted(clnf: Clnf, tmp_path: Path) -> None:
    value_FC = values(5)
    path = write(tmp_path / "300_CLNF_hog.bin", value_FC)
    path.write_bytes(path.read_bytes()[:-1000])
    table = clnf.write(tmp_path / "300_CLNF_AUs.txt", clnf.rows("AUs", 4))
    reading = read_file(path, table)
    np.testing.assert_array_equal(reading.track.whole().value_FC, value_FC[:4])
    assert (reading.quality["rows_cut"], reading.quality["bytes_over"]) == (1, FRAME_BYTES - 1000)
    assert reading.warnings == ("300_CLNF_hog.bin: rows mended: 1 last frame broken off, left out",)


@pytest.mark.parametrize(("mark", "valid"), [(1.0, True), (0.0, False), (-1.0, False)])
def test_only_a_mark_above_0_is_a_face(
    clnf: Clnf, tmp_path: Path, mark: float, valid: bool
) -> None:
    path = tmp_path / "300_CLNF_hog.bin"
    path.write_bytes(struct.pack("<iiif4464f", 12, 12, 31, mark, *values(1)[0]))
    table = clnf.write(tmp_path / "300_CLNF_AUs.txt", clnf.rows("AUs", 1))
    assert read_file(path, table).track.whole().valid_F.tolist() == [valid]


def test_a_table_that_counts_from_0_places_the_first_frame_at_its_first_time(
    clnf: Clnf, tmp_path: Path
) -> None:
    path = write(tmp_path / "300_CLNF_hog.bin", values(6))
    rows = clnf.rows("AUs", 6, rate_hz=25.0).assign(frame=range(6))
    reading = read_file(path, clnf.write(tmp_path / "300_CLNF_AUs.txt", rows))
    np.testing.assert_allclose(reading.track.whole().time_s, np.arange(6) / 25, atol=1e-6)
    assert (reading.quality["frames_beyond"], reading.warnings) == (0, ())


def test_one_long_step_of_the_table_does_not_stretch_what_lies_behind_it(
    clnf: Clnf, tmp_path: Path
) -> None:
    path = write(tmp_path / "300_CLNF_hog.bin", values(8))
    rows = clnf.rows("AUs", 6, rate_hz=25.0)
    rows.loc[3:, "timestamp"] += 1.0  # the recording stood still
    reading = read_file(path, clnf.write(tmp_path / "300_CLNF_AUs.txt", rows))
    expected_s = np.arange(8) / 25 + np.where(np.arange(8) < 3, 0, 1)
    np.testing.assert_allclose(reading.track.whole().time_s, expected_s, atol=1e-6)


def test_frames_before_the_first_of_the_table_go_back_at_its_step(
    clnf: Clnf, tmp_path: Path
) -> None:
    path = write(tmp_path / "300_CLNF_hog.bin", values(6))
    rows = clnf.rows("AUs", 6, rate_hz=25.0).drop([0, 1, 2])
    reading = read_file(path, clnf.write(tmp_path / "300_CLNF_AUs.txt", rows))
    np.testing.assert_allclose(reading.track.whole().time_s, np.arange(6) / 25, atol=1e-6)
    assert reading.quality["times_moved"] == 0


@pytest.mark.parametrize(("listed", "beyond"), [(4, 2), (8, 0)])
def test_a_table_of_another_length_places_frames_by_number_and_is_told(
    clnf: Clnf, tmp_path: Path, listed: int, beyond: int
) -> None:
    path = write(tmp_path / "300_CLNF_hog.bin", values(6))
    rows = clnf.rows("AUs", listed, rate_hz=25.0).drop(1)
    reading = read_file(path, clnf.write(tmp_path / "300_CLNF_AUs.txt", rows))
    np.testing.assert_allclose(reading.track.whole().time_s, np.arange(6) / 25, atol=1e-6)
    assert reading.quality["frames_beyond"] == beyond
    assert f"has 6 frames, but 300_CLNF_AUs.txt {listed}" in reading.warnings[0]


def test_a_frame_of_another_shape_is_named(clnf: Clnf, tmp_path: Path) -> None:
    path = write(tmp_path / "300_CLNF_hog.bin", values(5))
    content = bytearray(path.read_bytes())
    content[3 * FRAME_BYTES : 3 * FRAME_BYTES + 4] = struct.pack("<i", 14)
    path.write_bytes(content)
    table = clnf.write(tmp_path / "300_CLNF_AUs.txt", clnf.rows("AUs", 5))
    with pytest.raises(TrackError, match=r"hog\.bin: frame 4 is 14 x 12 x 31, expected 12 x 12"):
        read_file(path, table)


def test_without_a_table_or_a_video_nothing_tells_the_times(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    path = write(tmp_path / "300_CLNF_hog.bin", values(5))
    with pytest.raises(TrackError, match="has no times, and nothing beside it tells them"):
        read_file(path)
    video = write_video(tmp_path / "v.mkv", [500 + 40 * i for i in range(5)])
    reading = read_file(path, video=video)
    np.testing.assert_allclose(reading.track.whole().time_s, 0.5 + 0.04 * np.arange(5), atol=1e-6)


def test_infinite_numbers_are_nan_and_counted(clnf: Clnf, tmp_path: Path) -> None:
    value_FC = values(3)
    value_FC[1, 5:8] = np.inf
    path = write(tmp_path / "300_CLNF_hog.bin", value_FC)
    reading = read_file(path, clnf.write(tmp_path / "300_CLNF_AUs.txt", clnf.rows("AUs", 3)))
    lost = np.argwhere(np.isnan(reading.track.whole().value_FC)).tolist()
    assert lost == [[1, 5], [1, 6], [1, 7]]
    assert reading.quality["cells_infinite"] == 3


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "got 0 bytes"),
        (struct.pack("<iiif", 14, 14, 31, 1.0), "got 14 x 14 x 31"),
        (b"no HOG at all", "got "),
    ],
)
def test_a_file_that_only_its_name_calls_hog_is_refused_with_what_it_holds(
    tmp_path: Path, content: bytes, got: str
) -> None:
    path = tmp_path / "300_CLNF_hog.bin"
    path.write_bytes(content)
    assert recognise(Head.of(path), path.name) is None
    refusal = refused(Head.of(path), path.name)
    assert refusal is not None
    assert (refusal[0].track, got in refusal[1]) == ("hog", True)


def test_less_than_a_frame_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "300_CLNF_hog.bin", values(1))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(
        TrackError, match="no whole frame: got 100 bytes, expected a multiple of 17"
    ):
        read_file(path)
