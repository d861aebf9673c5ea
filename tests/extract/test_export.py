"""The facial track as OpenFace's CSV, and back again."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from depx.cli import main
from depx.extract.export import MEASURED, write_openface
from depx.extract.store.reader import Store
from depx.features.columns import FACE, names
from depx.features.track import Track

HEAD = ("frame", "face_id", "timestamp", "confidence", "success")
OURS = {name for name in names(FACE) if name not in (*HEAD, *MEASURED)}


def depx(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def openface(path: Path, columns: Sequence[str], count: int = 40) -> Path:
    """A file whose every value is another odd float32; the face is lost in every seventh row."""
    chance = np.random.default_rng(7)
    value = chance.normal(0, 1, (count, len(columns))).astype(np.float32)
    value *= np.float32(10.0) ** chance.integers(-6, 6, value.shape)
    frame = pd.DataFrame({c: [repr(float(x)) for x in value[:, i]] for i, c in enumerate(columns)})
    frame["frame"] = range(1, count + 1)
    frame["face_id"] = 0
    frame["timestamp"] = [i / 30 for i in range(count)]
    frame["success"] = [int(i % 7 != 3) for i in range(count)]
    frame["confidence"] = [0.97 if i % 7 != 3 else 0.0 for i in range(count)]
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return path


def face(store: Path, session: str) -> Track:
    stored = next(one for one in Store.open(store).sessions() if one.id == session)
    return stored.samples("face")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of one session with every column that OpenFace has, and one with few."""
    measured = [name for name in MEASURED if name in names(FACE)]
    openface(tmp_path / "S" / "all" / "of.csv", measured)
    openface(tmp_path / "S" / "few" / "of.csv", ["AU12_r", "pose_Rx"], count=5)
    assert depx("extract", tmp_path / "S", "-o", tmp_path / "F", "--tracks", "face", "-q") == 0
    return tmp_path / "F"


def test_what_is_exported_reads_back_as_the_same_track(store: Path, tmp_path: Path) -> None:
    assert depx("export", store, "-o", tmp_path / "O", "--as", "openface") == 0
    for name in ("all", "few"):
        (tmp_path / "T" / name).mkdir(parents=True)
        (tmp_path / "O" / f"{name}.csv").rename(tmp_path / "T" / name / f"{name}.csv")
    assert depx("extract", tmp_path / "T", "-o", tmp_path / "G", "--tracks", "face", "-q") == 0
    for name in ("all", "few"):
        before, after = face(store, name), face(tmp_path / "G", name)
        assert after.columns == before.columns
        assert after.rate_hz == before.rate_hz == 30.0
        np.testing.assert_array_equal(after.time_s, before.time_s)
        np.testing.assert_array_equal(after.valid_F, before.valid_F)
        np.testing.assert_array_equal(after.value_FC, before.value_FC)
        assert not before.valid_F.all()


@pytest.mark.parametrize("eyes", [False, True])
def test_the_columns_stand_in_the_order_of_openface_2_2(
    tmp_path: Path, write_video: Callable[..., Path], *, eyes: bool
) -> None:
    (tmp_path / "S" / "all").mkdir(parents=True)
    write_video(tmp_path / "S" / "all" / "v.mkv")
    wanted = ("--tracks", "face", "--set", f"face.eye_lmk={eyes}", "-q")
    assert depx("extract", tmp_path / "S", "-o", tmp_path / "F", *wanted) == 0
    assert depx("export", tmp_path / "F", "-o", tmp_path / "O", "--as", "openface") == 0
    header = (tmp_path / "O" / "all.csv").read_text().partition("\n")[0]
    points = range(68)
    units = ("01", "02", "04", "05", "06", "07", "09", "10", "12", "14", "15", "17", "20", "23")
    expected = [
        *HEAD,
        *(f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz"),
        *(f"gaze_angle_{axis}" for axis in "xy"),
        *(f"eye_lmk_{axis}_{point}" for axis in "xyXYZ" for point in range(56) if eyes),
        *(f"pose_{what}{axis}" for what in "TR" for axis in "xyz"),
        *(f"{axis}_{point}" for axis in "xyXYZ" for point in points),
        *(f"AU{unit}_r" for unit in (*units, "25", "26", "45")),
        *(f"AU{unit}_c" for unit in (*units, "25", "26", "28", "45")),
    ]
    assert header.split(",") == expected
    assert len(expected) == 714 - 40 - (0 if eyes else 280)  # all but p_*


def test_columns_that_the_track_lacks_are_left_out(store: Path, tmp_path: Path) -> None:
    assert depx("export", store, "-o", tmp_path / "O", "--as", "openface") == 0
    few = (tmp_path / "O" / "few.csv").read_text().partition("\n")[0]
    assert few == "frame,face_id,timestamp,confidence,success,pose_Rx,AU12_r"


def test_a_lost_face_is_nan_and_never_zero(store: Path, tmp_path: Path) -> None:
    assert depx("export", store, "-o", tmp_path / "O", "--as", "openface") == 0
    lines = (tmp_path / "O" / "few.csv").read_text().splitlines()
    assert lines[4] == f"4,0,{3 / 30!r},0,0,NaN,NaN"
    table = pd.read_csv(tmp_path / "O" / "all.csv")
    assert table["frame"].tolist() == list(range(1, 41))
    assert set(table["success"]) == {0, 1}
    lost = table[table["success"] == 0]
    assert lost[[name for name in table.columns if name in MEASURED]].isna().to_numpy().all()
    assert (lost["confidence"] == 0).all()


@pytest.mark.parametrize("rows", [1024, 2])
def test_face_id_is_a_whole_number_where_the_face_was_lost_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("depx.extract.export.ROWS", rows)
    ids = {"some": [".", ".", ".", "3", ".", ".", ".", "5", "5", ".", "3", "."], "none": ["."] * 3}
    for name, letters in ids.items():
        path = openface(tmp_path / "S" / name / "of.csv", ["AU12_r"], count=len(letters))
        table = pd.read_csv(path)
        table["timestamp"] = [5.0 * i for i in range(len(letters))]  # none is lost for a moment
        table["face_id"] = [0 if letter == "." else int(letter) for letter in letters]
        table["success"] = [int(letter != ".") for letter in letters]
        table.to_csv(path, index=False)
    assert depx("extract", tmp_path / "S", "-o", tmp_path / "F", "--tracks", "face", "-q") == 0
    assert depx("export", tmp_path / "F", "-o", tmp_path / "O", "--as", "openface") == 0
    some, none = (pd.read_csv(tmp_path / "O" / f"{name}.csv") for name in ids)
    assert some["face_id"].dtype == none["face_id"].dtype == np.int64
    assert some["face_id"].tolist() == [3, 3, 3, 3, 3, 3, 3, 5, 5, 5, 3, 3]
    assert none["face_id"].tolist() == [0, 0, 0]
    assert np.isnan(face(tmp_path / "F", "some").value_FC[0, 0])


def test_a_measured_track_gives_the_columns_that_openface_has_and_no_others(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    (tmp_path / "S" / "one").mkdir(parents=True)
    write_video(tmp_path / "S" / "one" / "v.mkv")
    assert depx("extract", tmp_path / "S", "-o", tmp_path / "F", "--tracks", "face", "-q") == 0
    assert depx("export", tmp_path / "F", "-o", tmp_path / "O", "--as", "openface") == 0
    table = pd.read_csv(tmp_path / "O" / "one.csv")
    assert not OURS & set(table.columns)
    assert len(table) == 25
    assert (table["success"] == 0).all()
    assert (table["confidence"] == 0).all()


def test_the_same_export_again_writes_nothing_and_another_needs_force(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("export", store, "-o", tmp_path / "O", "--as", "openface")
    assert depx(*command) == 0
    path = tmp_path / "O" / "few.csv"
    before, content = path.stat().st_mtime_ns, path.read_bytes()
    assert depx(*command) == 0
    assert path.stat().st_mtime_ns == before
    path.write_text("mine")
    capsys.readouterr()
    assert depx(*command) == 1
    assert path.read_text() == "mine"
    assert "few.csv is there and differs; --force replaces it" in capsys.readouterr().err
    assert depx(*command, "--force") == 0
    assert path.read_bytes() == content
    assert sorted(one.name for one in (tmp_path / "O").iterdir()) == ["all.csv", "few.csv"]


def test_a_session_without_a_face_is_named_and_is_no_failure(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "S" / "few" / "of.csv").rename(tmp_path / "of.csv")
    (tmp_path / "S" / "few" / "t.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    assert depx("extract", tmp_path / "S", "-o", store, "--tracks", "face", "-q") == 0
    command = ("export", store, "-o", tmp_path / "O", "--as", "openface")
    assert depx(*command) == 0
    assert "few: no facial track: the session has no video" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "O").iterdir()] == ["all.csv"]
    assert depx(*command, "--only", "few") == 1  # nothing written is not "all done"


def test_a_damaged_table_fails_alone(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (store / "all" / "face.parquet").write_bytes(b"PAR1")
    assert depx("export", store, "-o", tmp_path / "O", "--as", "openface", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    damaged, whole = told["sessions"]
    assert "the same depx extract then mends it" in damaged["failure"]
    assert (whole["session"], whole["rows"]) == ("few", 5)
    assert [path.name for path in (tmp_path / "O").iterdir()] == ["few.csv"]


@pytest.mark.parametrize("where", ["F", "F/all", "F/new"])
def test_nothing_is_written_into_a_store(
    store: Path, tmp_path: Path, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert depx("export", store, "-o", tmp_path / where, "--as", "openface") == 3
    assert "lies in a store; choose another -o" in capsys.readouterr().err


def test_what_is_no_store_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert depx("export", tmp_path, "-o", tmp_path / "O", "--as", "openface") == 3
    assert "expected a store" in capsys.readouterr().err
    assert not (tmp_path / "O").exists()


def test_a_track_of_many_batches_and_row_groups_is_numbered_through(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("depx.extract.export.ROWS", 7)
    stored = Store.open(store).sessions()[0]
    assert pq.ParquetFile(store / "all" / "face.parquet").metadata.num_rows == 40
    assert write_openface(stored, tmp_path / "a.csv") == 40
    assert pd.read_csv(tmp_path / "a.csv")["frame"].tolist() == list(range(1, 41))
