"""OpenFace's CSV as the facial track: in every shape in which it is passed around."""

import math
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depx.errors import TrackError
from depx.extract.export import MEASURED
from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.openface import matches
from depx.extract.given.registry import read, recognise
from depx.extract.heads import Head
from depx.features.columns import ACTION_UNITS_C, ACTION_UNITS_R, FACE, GAZE, POSE, names

HEAD = ("frame", "timestamp", "confidence", "success")
E_DAIC = (*HEAD, *names(POSE), *names(GAZE), *names(ACTION_UNITS_R), *names(ACTION_UNITS_C))
Row = dict[str, float | str]


def rows_of(count: int, columns: Sequence[str] = E_DAIC, rate_hz: float = 25.0) -> list[Row]:
    """Rows whose every value tells its row and column."""
    return [
        {name: round(i + c / 1000, 6) for c, name in enumerate(columns)}
        | {"frame": i + 1, "timestamp": round(i / rate_hz, 3), "confidence": 0.9, "success": 1}
        for i in range(count)
    ]


def write(path: Path, rows: Sequence[Row], *, separator: str = ",", end: str = "\n") -> Path:
    lines = [separator.join(rows[0]), *(separator.join(map(str, row.values())) for row in rows)]
    path.write_bytes((end.join(lines) + end).encode())
    return path


def read_file(path: Path, video: Path | None = None, choose: str | None = None) -> Reading:
    form = recognise(Head.of(path), path.name)
    assert form is not None
    return read(GivenFile(path=path, format=form), video, BytesIO, {"choose": choose})


def column(reading: Reading, name: str) -> list[float]:
    at = names(reading.track.columns).index(name)
    return reading.track.whole().value_FC[:, at].tolist()


@pytest.mark.parametrize("clip", ["clip03.csv", "webcam_dark.csv"])
def test_a_real_file_of_2017_has_the_values_that_pandas_reads(
    real_data: Path, tmp_path: Path, clip: str
) -> None:
    path = real_data / "openface" / clip
    reading = read_file(path)
    theirs = pd.read_csv(path, skipinitialspace=True)
    track = reading.track.whole()
    assert track.valid_F.all()
    assert len(track.columns) == 431 - 40 - 3 + 2  # no shape, no bookkeeping, but gaze angles
    for c, name in enumerate(names(track.columns)):
        if name in theirs:
            ours_F = theirs[name].to_numpy().astype(np.float32)
            np.testing.assert_array_equal(track.value_FC[:, c], ours_F, err_msg=name)
    np.testing.assert_allclose(track.time_s, theirs["timestamp"], rtol=0, atol=0)
    assert reading.facts["time_source"] == "timestamp"
    assert reading.quality["columns_not_read"] == 40


def test_with_its_video_a_real_file_takes_the_pictures_times(
    real_data: Path, tmp_path: Path
) -> None:
    path = real_data / "openface" / "webcam_dark.csv"
    reading = read_file(path, path.with_suffix(".wmv"))
    assert reading.facts["time_source"] == "pts"
    assert reading.track.whole().time_s[0] == pytest.approx(0.072)  # the file says 0
    assert reading.track.rate_hz == 15.0
    assert reading.warnings == ()


def test_the_53_columns_of_e_daic_are_a_track_of_49_and_the_confidence(tmp_path: Path) -> None:
    assert len(E_DAIC) == 53
    reading = read_file(write(tmp_path / "a.csv", rows_of(5)))
    expected = [name for name in names(FACE) if name in E_DAIC]
    assert names(reading.track.columns) == tuple(expected)
    assert len(expected) == 50
    assert {column.tier for column in reading.track.columns} == {""}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ", ", ",  "])
@pytest.mark.parametrize("mark", ["", "\ufeff", "\n"])
def test_spaces_line_ends_marks_and_the_order_of_columns_do_not_matter(
    tmp_path: Path, separator: str, end: str, mark: str
) -> None:
    plain = read_file(write(tmp_path / "a.csv", rows_of(4))).track.whole()
    turned = [dict(reversed(row.items())) for row in rows_of(4)]
    other = write(tmp_path / "b.txt", turned, separator=separator, end=end)
    other.write_bytes(mark.encode() + other.read_bytes())
    track = read_file(other).track.whole()
    assert track.columns == plain.columns
    np.testing.assert_array_equal(track.value_FC, plain.value_FC)
    np.testing.assert_array_equal(track.time_s, plain.time_s)


def test_what_a_spreadsheet_adds_is_not_in_the_way(tmp_path: Path) -> None:
    frame = pd.DataFrame(rows_of(3))
    frame.to_csv(tmp_path / "a.csv", quoting=2)  # an index column, names in quotes
    plain = read_file(write(tmp_path / "b.csv", rows_of(3))).track.whole()
    np.testing.assert_array_equal(
        read_file(tmp_path / "a.csv").track.whole().value_FC, plain.value_FC
    )


def test_a_column_that_the_file_lacks_is_absent_from_the_track(tmp_path: Path) -> None:
    rows = rows_of(3, (*HEAD, "AU12_r", "pose_Tz", "AU45_c"))
    assert names(read_file(write(tmp_path / "a.csv", rows)).track.columns) == (
        "confidence",
        "pose_Tz",
        "AU12_r",
        "AU45_c",
    )


def test_gaze_angles_come_from_the_vectors_where_the_file_has_none(tmp_path: Path) -> None:
    vectors = names(GAZE)[:6]
    row: Row = {"frame": 1, "timestamp": 0.0, "confidence": 1, "success": 1}
    row |= dict(zip(vectors, (0.3, 0.1, -0.9, 0.1, 0.3, -0.9), strict=True))
    reading = read_file(write(tmp_path / "a.csv", [row, row | {"frame": 2, "timestamp": 0.04}]))
    expected = math.atan2(0.2, 0.9)
    assert column(reading, "gaze_angle_x") == pytest.approx([expected] * 2)
    assert column(reading, "gaze_angle_y") == pytest.approx([expected] * 2)
    given = write(tmp_path / "b.csv", [row | {"gaze_angle_x": 0.5, "gaze_angle_y": 0.25}])
    assert column(read_file(given), "gaze_angle_x") == [0.5]


def test_a_lost_face_keeps_its_row_and_its_confidence_and_nothing_else(tmp_path: Path) -> None:
    rows = rows_of(4)
    rows[2] |= {"success": 0, "confidence": 0.025}
    reading = read_file(write(tmp_path / "a.csv", rows))
    assert reading.track.whole().valid_F.tolist() == [True, True, False, True]
    lost_C = reading.track.whole().value_FC[2]
    assert lost_C[0] == np.float32(0.025)
    assert np.isnan(lost_C[1:]).all()
    assert reading.quality["frames_valid"] == 3
    assert np.isfinite(reading.track.whole().value_FC[reading.track.whole().valid_F]).all()


def test_every_spelling_of_nan_and_an_empty_cell_are_nan(tmp_path: Path) -> None:
    rows = rows_of(5)
    for row, text in zip(rows, ("NaN", "-nan(ind)", "", "nan", "inf"), strict=True):
        row["AU12_r"] = text
    reading = read_file(write(tmp_path / "a.csv", rows, separator=", "))
    assert np.isnan(column(reading, "AU12_r")).all()
    assert np.isfinite(column(reading, "AU25_r")).all()
    assert reading.quality["cells_infinite"] == 1
    assert reading.warnings == ("a.csv: rows mended: 1 infinite cells, made NaN",)


def test_rows_of_an_empty_success_are_lost_and_counted(tmp_path: Path) -> None:
    rows = rows_of(6)
    rows[1]["success"] = rows[4]["success"] = ""
    reading = read_file(write(tmp_path / "a.csv", rows))
    assert reading.track.whole().valid_F.tolist() == [True, False, True, True, False, True]
    assert reading.quality["rows_without_success"] == 2
    assert reading.warnings == ("a.csv: rows mended: 2 of an empty success, taken for lost",)


def test_of_duplicate_rows_the_first_counts_and_missing_frames_get_rows(tmp_path: Path) -> None:
    rows = rows_of(8)
    rows[2] = rows[1] | {"AU12_r": 99.0}  # frame 2 twice, frame 3 never
    del rows[5]  # frame 6
    reading = read_file(write(tmp_path / "a.csv", rows))
    track = reading.track.whole()
    assert track.rows == 8
    assert track.valid_F.tolist() == [True, True, False, True, True, False, True, True]
    assert column(reading, "AU12_r")[1] == pytest.approx(float(rows[1]["AU12_r"]))
    np.testing.assert_allclose(track.time_s, np.arange(8) / 25)
    assert track.rate_hz == 25.0
    assert reading.warnings == (
        "a.csv: rows mended: 1 more of the same frame and face, the first counts; "
        "2 of missing frames, given a row without a face",
    )


def test_rows_out_of_order_are_put_back_and_counted(tmp_path: Path) -> None:
    rows = rows_of(6)
    plain = read_file(write(tmp_path / "a.csv", rows)).track.whole()
    reading = read_file(write(tmp_path / "b.csv", rows[3:] + rows[:3]))
    np.testing.assert_array_equal(reading.track.whole().value_FC, plain.value_FC)
    assert reading.quality["rows_out_of_order"] == 1


def test_a_last_line_that_breaks_off_costs_its_row_and_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", rows_of(6))
    path.write_bytes(path.read_bytes()[:-200])
    reading = read_file(path)
    assert reading.track.rows == 5
    assert reading.quality["rows_cut"] == 1
    assert "1 last row broken off, left out" in reading.warnings[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\n3,", "\nx,", "'frame' of row 4 is no number; mend or write it anew"),
        ("\n3,", "\n3.5,", "'frame' of row 4 is no whole number from 0"),
        ("\n3,", "\n3,,", "row 4 has not the 53 columns of the header"),
        ("\n3,", "\n4000000,", "frame numbers run from 1 to 4000000 for 5 frames"),
        (",", ";", "its columns are separated by ';', expected ','"),
        (",", "\t", r"its columns are separated by '\\t', expected ','"),
    ],
)
def test_a_bad_file_is_one_line_that_says_where(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = write(tmp_path / "a.csv", rows_of(5))
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(TrackError, match=said) as raised:
        read_file(path)
    assert str(raised.value).startswith("a.csv: ")
    assert "\n" not in str(raised.value)


def test_a_bad_cell_far_down_is_found_in_its_row_and_column(tmp_path: Path) -> None:
    rows = rows_of(9000)
    rows[8000]["AU12_r"] = "much"
    with pytest.raises(TrackError, match=r"'AU12_r' of row 8002 is no number"):
        read_file(write(tmp_path / "a.csv", rows))


def test_a_header_alone_and_another_encoding_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",".join(E_DAIC) + "\n")
    with pytest.raises(TrackError, match="holds no row below its header"):
        read_file(tmp_path / "a.csv")
    text = write(tmp_path / "b.csv", rows_of(3)).read_text()
    (tmp_path / "b.csv").write_text(text, encoding="utf-16")
    with pytest.raises(TrackError, match="is no text in UTF-8"):
        read_file(tmp_path / "b.csv")


@pytest.mark.parametrize(
    "header",
    [
        "start_time\tstop_time\tspeaker\tvalue",
        "session,phq8,success",
        "frame, timestamp, confidence, success, x_0, y_0, z_0, x_1, y_1, z_1, x_h0, y_h0, z_h0",
        "frame,FaceScore,x_0,y_0,AU01,AU12",
        "0.1,0.2,0.3",
        "",
    ],
)
def test_other_tables_are_not_taken_for_openface(header: str) -> None:
    assert not matches(header + "\n1,2,3\n", "a.csv")


def test_of_2_2_s_714_columns_the_eye_landmarks_and_shape_parameters_are_counted(
    tmp_path: Path,
) -> None:
    known = {"face_id", "confidence", *MEASURED}
    ours = [name for name in names(FACE) if name in known and "eye_lmk" not in name]
    eyes = [f"eye_lmk_{axis}_{point}" for axis in "xyXYZ" for point in range(56)]
    shape = ["p_scale", *(f"p_r{a}" for a in "xyz"), "p_tx", "p_ty", *(f"p_{i}" for i in range(34))]
    rows = rows_of(3, ("frame", "timestamp", "success", *ours, *eyes, *shape))
    assert len(rows[0]) == 714
    reading = read_file(write(tmp_path / "a.csv", rows))
    assert names(reading.track.columns) == tuple(ours)
    assert reading.quality["columns_not_read"] == 320


def test_without_a_success_column_the_confidence_says_what_was_seen(tmp_path: Path) -> None:
    rows = rows_of(4, ("frame", "timestamp", "confidence", "AU12_r"))
    rows = [{name: row[name] for name in row if name != "success"} for row in rows]
    rows[1]["confidence"] = 0
    reading = read_file(write(tmp_path / "a.csv", rows))
    assert reading.track.whole().valid_F.tolist() == [True, False, True, True]
    assert "a.csv has no success column" in reading.warnings[0]
