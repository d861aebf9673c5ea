"""CLNF's text files as one facial track, joined by the numbers of the frames."""

import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depx.errors import TrackError
from depx.extract.given import spooled, table
from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.gather import gathered
from depx.extract.given.registry import read, recognise, refused
from depx.extract.heads import Head
from depx.features.columns import FACE_ALL, FACE_VECTOR, names

Clnf: TypeAlias = Any  # the fixture of `conftest.py`


def read_set(folder: Path, video: Path | None = None) -> Reading:
    found = []
    for path in sorted(folder.iterdir()):
        form = recognise(Head.of(path), path.name)
        if form is not None:
            found.append(GivenFile(path=path, format=form))
    ((file,), _) = gathered(found)
    return read(file, video, BytesIO, {})


def by_pandas(clnf: Clnf, folder: Path) -> pd.DataFrame:
    """Join the files as users do: by name, on the frame, in single precision."""
    joined: pd.DataFrame | None = None
    for kind in clnf.columns:
        path = folder / f"300_CLNF_{kind}.txt"
        if path.exists():
            rows = pd.read_csv(path, skipinitialspace=True, float_precision="round_trip")
            rows = rows.drop_duplicates("frame").set_index("frame")
            called = rows.add_prefix(f"{kind}:") if joined is not None else rows
            called.columns = [name.split(":")[-1] for name in called.columns]
            for mark in ("timestamp", "confidence", "success"):
                called = called.rename(columns={mark: f"{mark} {kind}"})
            joined = called if joined is None else joined.join(called, how="outer")
    assert joined is not None
    return joined.sort_index().rename(
        columns=lambda name: name if " " in name else clnf.in_track(name)
    )


def test_five_files_are_one_track_with_the_values_that_pandas_reads(
    clnf: Clnf, tmp_path: Path
) -> None:
    clnf.write_set(tmp_path)
    reading = read_set(tmp_path)
    track, theirs = reading.track.whole(), by_pandas(clnf, tmp_path)
    called = names(track.columns)
    assert set(called) == {"confidence", "gaze_angle_x", "gaze_angle_y"} | {
        clnf.in_track(name) for columns in clnf.columns.values() for name in columns
    }
    assert list(called) == [name for name in names(FACE_ALL) if name in called]
    for c, name in enumerate(called):
        if name in theirs:
            expected_F = theirs[name].to_numpy().astype(np.float32)
            np.testing.assert_array_equal(track.value_FC[:, c], expected_F, err_msg=name)
    assert track.valid_F.all()
    np.testing.assert_array_equal(track.time_s, [float(f"{i / 30:.6g}") for i in range(20)])
    assert reading.facts == {"time_source": "timestamp"}
    assert reading.warnings == ()
    assert reading.quality["rows_by_kind"] == dict.fromkeys(clnf.columns, 20)
    assert track.rate_hz == pytest.approx(30.0, abs=1e-3)
    assert {column.tier for column in track.columns} == {""}


def test_gaze_angles_are_of_the_mean_vector_and_head_gaze_is_in_no_vector(
    clnf: Clnf, tmp_path: Path
) -> None:
    rows = clnf.rows("gaze", 3)
    for eye, vector in (("0", (0.3, 0.1, -0.9)), ("1", (0.1, 0.3, -0.9))):
        for axis, value in zip("xyz", vector, strict=True):
            rows[f"{axis}_{eye}"] = value
    clnf.write(tmp_path / "300_CLNF_gaze.txt", rows)
    track = read_set(tmp_path).track.whole()
    for name, expected in (("x", math.atan2(0.2, 0.9)), ("y", math.atan2(0.2, 0.9))):
        angle_F = track.value_FC[:, names(track.columns).index(f"gaze_angle_{name}")]
        np.testing.assert_allclose(angle_F, expected, rtol=1e-6)
    head = [column for column in track.columns if column.group == "gaze_head"]
    assert names(head) == tuple(f"gaze_h{eye}_{a}" for eye in (0, 1) for a in "xyz")
    assert {column.unit for column in head} == {"1"}
    assert not set(head) & set(FACE_VECTOR)


def test_the_name_that_the_documentation_gives_to_the_pose_is_known(
    clnf: Clnf, tmp_path: Path
) -> None:
    rows = clnf.rows("pose", 4)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    clnf.write(tmp_path / "a" / "300_CLNF_pose.txt", rows)
    renamed = rows.rename(columns={f"T{a}": a.upper() for a in "xyz"})
    clnf.write(tmp_path / "b" / "300_CLNF_pose.csv", renamed)
    ours, theirs = (read_set(tmp_path / one).track.whole() for one in "ab")
    assert ours.columns == theirs.columns
    np.testing.assert_array_equal(ours.value_FC, theirs.value_FC)


def test_a_lost_frame_is_nan_but_for_its_confidence(clnf: Clnf, tmp_path: Path) -> None:
    for kind in clnf.columns:
        rows = clnf.rows(kind, 6)
        rows.loc[2, ["success", "confidence"]] = (0, 0.1)
        clnf.write(tmp_path / f"300_CLNF_{kind}.txt", rows)
    track = read_set(tmp_path).track.whole()
    assert track.valid_F.tolist() == [True, True, False, True, True, True]
    known = np.isfinite(track.value_FC[2])
    assert [
        name for name, is_known in zip(names(track.columns), known, strict=True) if is_known
    ] == ["confidence"]
    assert track.value_FC[2][known] == np.float32(0.1)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "nothing",
    [
        *("-1.#IND", "1.#QNAN", "-nan(ind)", "-1.#IND0", "nan", "1.#INF"),
        *("inf", "-inf", "1e39", "-3.5e38", ""),
    ],
)
def test_what_is_no_number_in_any_spelling_is_nan_in_its_cell(
    clnf: Clnf, tmp_path: Path, nothing: str, end: str
) -> None:
    rows = clnf.rows("gaze", 5).astype(object)
    rows["frame"] = range(1, 6)
    rows.loc[3, "x_h0"] = nothing
    clnf.write(tmp_path / "300_CLNF_gaze.txt", rows, end)
    reading = read_set(tmp_path)
    track = reading.track.whole()
    lost = np.argwhere(np.isnan(track.value_FC))
    assert lost.tolist() == [[3, names(track.columns).index("gaze_h0_x")]]
    infinite = nothing in ("inf", "-inf", "1e39", "-3.5e38")  # or beyond float32
    assert reading.quality["cells_nan"] == int(not infinite)
    assert reading.quality["cells_infinite"] == int(infinite)
    assert any("infinite" in line for line in reading.warnings) == infinite


def test_negative_intensities_stay_and_a_gaze_of_zeros_has_no_direction(
    clnf: Clnf, tmp_path: Path
) -> None:
    units, gaze = clnf.rows("AUs", 4), clnf.rows("gaze", 4)
    units["AU01_r"] = -0.25
    gaze.loc[1, ["x_0", "y_0", "z_0"]] = 0.0
    clnf.write(tmp_path / "300_CLNF_AUs.txt", units)
    clnf.write(tmp_path / "300_CLNF_gaze.txt", gaze)
    reading = read_set(tmp_path)
    track = reading.track.whole()
    assert (track.value_FC[:, names(track.columns).index("AU01_r")] == -0.25).all()
    lost = {names(track.columns)[c] for _, c in np.argwhere(np.isnan(track.value_FC))}
    assert lost == {"gaze_0_x", "gaze_0_y", "gaze_0_z", "gaze_angle_x", "gaze_angle_y"}
    assert reading.quality["gaze_vectors_of_zeros"] == 1
    assert reading.warnings == (
        "300_CLNF_gaze.txt: rows mended: 1 gaze vectors of zeros, made NaN",
    )


def test_the_zeros_of_a_lost_frame_are_no_gaze_and_no_warning(clnf: Clnf, tmp_path: Path) -> None:
    units, gaze = clnf.rows("AUs", 4), clnf.rows("gaze", 4)
    units.loc[2, "success"] = 0
    gaze.loc[2, ["success", "x_0", "y_0", "z_0", "x_1", "y_1", "z_1"]] = 0
    clnf.write(tmp_path / "300_CLNF_AUs.txt", units)
    clnf.write(tmp_path / "300_CLNF_gaze.txt", gaze)
    reading = read_set(tmp_path)
    assert np.isnan(reading.track.whole().value_FC[2]).sum() > 0
    assert reading.quality["gaze_vectors_of_zeros"] == 0
    assert reading.warnings == ()


gaps = st.sets(st.integers(1, 30), max_size=8)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    left_out=st.fixed_dictionaries({kind: gaps for kind in ("AUs", "gaze", "pose")}),
    lost=st.sets(st.integers(1, 30)),
    seed=st.integers(0, 99),
)
def test_rows_meet_by_frame_whatever_each_file_has_left_out_and_in_whatever_order(
    clnf: Clnf, tmp_path: Path, left_out: dict[str, set[int]], lost: set[int], seed: int
) -> None:
    there = {kind: set(range(1, 31)) - gap for kind, gap in left_out.items()}
    for kind, numbers in there.items():
        rows = clnf.rows(kind, 30)
        rows.loc[rows["frame"].isin(lost if kind == "gaze" else ()), "success"] = 0
        rows = rows[rows["frame"].isin(numbers)]
        order = np.random.default_rng(seed).permutation(len(rows))
        clnf.write(tmp_path / f"300_CLNF_{kind}.txt", rows.iloc[[*order, order[0]]])
    reading = read_set(tmp_path)
    track, theirs = reading.track.whole(), by_pandas(clnf, tmp_path)
    theirs = theirs.reindex(range(theirs.index.min(), theirs.index.max() + 1))
    said = theirs[[f"success {kind}" for kind in there]]
    valid_F = (said.eq(1).any(axis=1) & ~said.eq(0).any(axis=1)).to_numpy()
    np.testing.assert_array_equal(track.valid_F, valid_F)
    for c, name in enumerate(names(track.columns)):
        if name in theirs:
            expected_F = np.where(valid_F, theirs[name], np.nan).astype(np.float32)
            np.testing.assert_array_equal(track.value_FC[:, c], expected_F, err_msg=name)
    every = set().union(*there.values())
    assert {name: reading.quality[name] for name in ("rows_duplicate", "frames_missing")} == {
        "rows_duplicate": 3,
        "frames_missing": sum(len(every - numbers) for numbers in there.values()),
    }
    disputed = lost & there["gaze"] & (there["AUs"] | there["pose"])
    assert reading.quality["frames_in_dispute"] == len(disputed)
    assert reading.quality["frames_left_out"] == len(theirs) - len(every)


def test_each_kind_of_fault_is_one_line_that_names_its_file(clnf: Clnf, tmp_path: Path) -> None:
    paths = clnf.write_set(tmp_path, 40)
    clnf.write(paths["gaze"], clnf.rows("gaze", 40).drop(range(30, 40)))
    clnf.write(paths["pose"], clnf.rows("pose", 40).iloc[[0, *range(40)]])
    rows = clnf.rows("AUs", 40)
    rows.loc[5, "success"] = 0
    clnf.write(paths["AUs"], rows)
    text = paths["features"].read_text()
    paths["features"].write_text(text[: text.rindex(", ")])
    reading = read_set(tmp_path)
    assert reading.warnings == (
        "300_CLNF_features.txt: rows mended: 1 last row broken off, left out; "
        "1 of frames missing that other files have, made NaN",
        "300_CLNF_gaze.txt: rows mended: 10 of frames missing that other files have, made NaN",
        "300_CLNF_pose.txt: rows mended: 1 more of the same frame, the first counts",
        "300_CLNF_AUs.txt and 4 more: rows mended: "
        "1 lost in one file and not in another, taken for lost",
    )
    track = reading.track.whole()
    assert int(track.valid_F.sum()) == 39
    gaze = names(track.columns).index("gaze_h1_z")
    assert np.isnan(track.value_FC[:, gaze]).nonzero()[0].tolist() == [5, *range(30, 40)]


def test_times_that_run_back_are_moved_and_those_of_two_files_are_told(
    clnf: Clnf, tmp_path: Path
) -> None:
    paths = clnf.write_set(tmp_path, 40, kinds=("AUs", "gaze"))
    rows = clnf.rows("AUs", 40)
    rows.loc[20, "timestamp"] = 0.1
    clnf.write(paths["AUs"], rows)
    reading = read_set(tmp_path)
    time_s = reading.track.whole().time_s
    assert (np.diff(time_s) > 0).all()
    np.testing.assert_array_equal(
        np.delete(time_s, 20), [float(f"{i / 30:.6g}") for i in range(40) if i != 20]
    )
    assert reading.quality["times_moved"] == reading.quality["frames_of_two_times"] == 1


def test_an_hour_of_times_in_six_digits_increases_and_is_off_by_5_ms_at_most(
    clnf: Clnf,
    tmp_path: Path,
) -> None:
    for rate_hz in (25.96, 30.0, 32.85):
        count = int(3700 * rate_hz)
        rows = clnf.rows("pose", count, rate_hz=rate_hz)
        clnf.write(tmp_path / "300_CLNF_pose.txt", rows)
        reading = read_set(tmp_path)
        time_s = reading.track.whole().time_s
        assert reading.quality["times_moved"] == 0
        assert np.abs(time_s - np.arange(count) / rate_hz).max() <= 0.00501
        assert reading.track.rate_hz == pytest.approx(rate_hz, abs=1e-3)


def test_a_frame_without_a_time_lies_between_its_neighbours(clnf: Clnf, tmp_path: Path) -> None:
    rows = clnf.rows("pose", 40).astype({"timestamp": object})
    rows.loc[7, "timestamp"] = "-1.#IND"
    clnf.write(tmp_path / "300_CLNF_pose.txt", rows)
    reading = read_set(tmp_path)
    assert reading.track.whole().time_s[7] == pytest.approx(7 / 30, abs=1e-5)
    assert reading.quality["frames_untimed"] == 1
    rows.loc[7:, "timestamp"] = "-1.#IND"
    clnf.write(tmp_path / "300_CLNF_pose.txt", rows)
    with pytest.raises(TrackError, match="timestamps that are missing or stand still"):
        read_set(tmp_path)


def test_neither_blocks_nor_parts_show(
    clnf: Clnf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = clnf.write_set(tmp_path, 60)
    clnf.write(paths["gaze"], clnf.rows("gaze", 60).iloc[::-1].drop(range(20, 30)))
    plain = read_set(tmp_path).track.whole()
    monkeypatch.setattr(table, "BLOCK_BYTES", 9000)
    monkeypatch.setattr(spooled, "PART", 7)
    track = read_set(tmp_path).track
    assert max(part.rows for part in track.parts()) == 7
    np.testing.assert_array_equal(track.whole().value_FC, plain.value_FC)


@pytest.mark.parametrize(
    ("kind", "columns", "name", "label"),
    [
        ("AUs", 20, "300_CLNF_AUs.txt", "CLNF"),
        ("AUs", 20, "units.csv", "CLNF"),  # exactly CLNF's
        ("AUs", 3, "300_CLNF_AUs.txt", "CLNF"),
        ("AUs", 3, "units.csv", "OpenFace"),
        ("features", 136, "of1.txt", "CLNF"),
        ("features3D", 204, "of2.txt", "CLNF"),
        ("gaze", 12, "of3.txt", "CLNF"),
        ("gaze", 6, "of4.txt", "CLNF"),
        ("gaze", 5, "of5.txt", None),
        ("pose", 6, "of6.txt", "CLNF"),
        ("pose", 3, "of7.txt", None),
    ],
)
def test_a_file_is_told_by_its_header(
    clnf: Clnf, tmp_path: Path, kind: str, columns: int, name: str, label: str | None
) -> None:
    path = clnf.write(tmp_path / name, clnf.rows(kind, 3).iloc[:, : 4 + columns])
    form = recognise(Head.of(path), path.name)
    assert (form.label if form else None) == label


@pytest.mark.parametrize(
    ("text", "lack"),
    [
        ("frame, timestamp, confidence, success", "a header of 4 columns"),
        ("", "nothing"),
        ("1, 2, 3", "3 numbers a row"),
    ],
)
def test_a_file_called_clnf_that_is_none_is_named_with_what_it_holds(
    clnf: Clnf, tmp_path: Path, text: str, lack: str
) -> None:
    path = tmp_path / "300_CLNF_gaze.txt"
    path.write_text(text)
    refusal = refused(Head.of(path), path.name)
    assert refusal is not None
    assert refusal[0].track == "face"
    assert lack in refusal[1]


def test_the_files_of_a_recording_are_a_set_and_its_copies_are_named(
    clnf: Clnf, tmp_path: Path
) -> None:
    paths = clnf.write_set(tmp_path)
    clnf.write(tmp_path / "300_CLNF_AUs.csv", clnf.rows("AUs", 3))
    other = clnf.write_set(tmp_path, kinds=("gaze", "pose"), name="301")
    files = [
        GivenFile(path=path, format=form)
        for path in sorted(tmp_path.iterdir())
        if (form := recognise(Head.of(path), path.name)) is not None
    ]
    sets, others = gathered(files)
    assert [one.paths for one in sets] == [tuple(paths.values()), tuple(other.values())]
    assert others == {"300_CLNF_AUs.csv": "300_CLNF_AUs.txt goes before it"}


def test_two_files_of_a_set_that_hold_the_same_are_refused(clnf: Clnf, tmp_path: Path) -> None:
    clnf.write_set(tmp_path, kinds=("gaze",))
    clnf.write(tmp_path / "300_CLNF_pose.txt", clnf.rows("gaze", 20))
    with pytest.raises(TrackError, match=r"300_CLNF_pose\.txt: holds gaze, as 300_CLNF_gaze\.txt"):
        read_set(tmp_path)


def test_a_bad_cell_and_a_header_alone_are_one_line(clnf: Clnf, tmp_path: Path) -> None:
    rows = clnf.rows("gaze", 5).astype(object)
    rows.loc[2, "z_1"] = "much"
    path = clnf.write(tmp_path / "300_CLNF_gaze.txt", rows)
    with pytest.raises(TrackError, match=r"300_CLNF_gaze\.txt: 'z_1' of row 4 is no number"):
        read_set(tmp_path)
    path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(TrackError, match="holds no row below its header"):
        read_set(tmp_path)


def test_with_a_video_of_as_many_pictures_frames_take_their_times(
    clnf: Clnf, tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    clnf.write_set(tmp_path, 20, kinds=("gaze", "pose"))
    video = write_video(tmp_path / "v.mkv", [500 + 40 * i for i in range(20)])
    reading = read_set(tmp_path, video)
    assert reading.facts["time_source"] == "pts"
    np.testing.assert_allclose(reading.track.whole().time_s, 0.5 + 0.04 * np.arange(20), atol=1e-6)
