"""E-DAIC's vectors of windows of 4 s: bags of words, and DeepSpectrum's features."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from depx.errors import TrackError
from depx.extract.given.base import Reading
from depx.extract.given.registry import recognise, refused
from depx.extract.heads import Head
from depx.features.types import F64

ReadGiven = Callable[..., Reading]
BAGS = {
    "boaw_egemaps": "300_BoAW_openSMILE_2.3.0_eGeMAPS.csv",
    "boaw_mfcc": "300_BoAW_openSMILE_2.3.0_MFCC.csv",
    "bovw_openface": "300_BoVW_openFace_2.1.0_Pose_Gaze_AUs.csv",
}
NETWORKS = {
    "deepspectrum_densenet201": ("densenet201", 1920),
    "deepspectrum_vgg16": ("vgg16", 4096),
}


def values(rows: int, width: int) -> F64:
    return np.random.default_rng(5).uniform(0.001, 3, (rows, width)).round(6)


def write_bags(path: Path, value_RC: F64, *, hop_s: float = 0.1, name: str = "'300'") -> Path:
    lines = [
        ";".join([name, f"{i * hop_s:.1f}", *(f"{x:g}" for x in row)])
        for i, row in enumerate(value_RC)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="cp1252")
    return path


def write_spectrum(path: Path, header: list[str], columns: list[list[str]]) -> Path:
    rows = [",".join(cells) for cells in zip(*columns, strict=True)]
    path.write_text("\n".join([",".join(header), *rows] if header else rows) + "\n")
    return path


@pytest.mark.parametrize("track", BAGS)
@pytest.mark.parametrize("lower", [False, True])
def test_a_bag_lies_where_openxbow_says_that_its_centre_is(
    read_given: ReadGiven, tmp_path: Path, track: str, *, lower: bool
) -> None:
    value_RC = values(25, 100)
    value_RC[4] = 0
    name = BAGS[track].lower() if lower else BAGS[track]
    path = write_bags(tmp_path / name, value_RC)
    form = recognise(Head.of(path), path.name)
    assert form is not None
    assert form.track == track
    reading = read_given(path)
    made = reading.track.whole()
    expected = np.loadtxt(path, delimiter=";", usecols=range(2, 102), encoding="cp1252")
    expected[4] = np.nan
    np.testing.assert_array_equal(made.value_FC, expected.astype(np.float32))
    np.testing.assert_allclose(made.time_s, 0.1 * np.arange(25), atol=1e-9)
    assert made.valid_F.tolist() == [i != 4 for i in range(25)]
    assert made.rate_hz == 10.0


def test_a_letter_of_windows_in_a_name_and_a_header_do_no_harm(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    value_RC = values(5, 100)
    plain = write_bags(tmp_path / BAGS["boaw_mfcc"], value_RC, name="Müller")
    expected = read_given(plain).track.whole()
    header = ";".join(["name", "timeStamp", *(f"w{i}" for i in range(100))])
    plain.write_text(f"{header}\n{plain.read_text(encoding='cp1252')}", encoding="utf-8-sig")
    np.testing.assert_array_equal(read_given(plain).track.whole().value_FC, expected.value_FC)


@pytest.mark.parametrize("width", [99, 101])
def test_a_bag_of_another_size_is_refused(tmp_path: Path, width: int) -> None:
    path = write_bags(tmp_path / BAGS["boaw_egemaps"], values(3, width))
    assert recognise(Head.of(path), path.name) is None
    refusal = refused(Head.of(path), path.name)
    assert refusal is not None
    assert refusal[0].track == "boaw_egemaps"


@pytest.mark.parametrize("track", NETWORKS)
@pytest.mark.parametrize("order", ["written", "turned", "labelled"])
def test_deepspectrum_is_read_by_its_header_2_s_behind_its_times(
    read_given: ReadGiven, tmp_path: Path, track: str, order: str
) -> None:
    word, width = NETWORKS[track]
    value_RC = values(6, width)
    head = [("name", ["300.wav"] * 6), ("timeStamp", [str(float(i)) for i in range(6)])]
    neurons = [(f"neuron_{i}", [f"{x:g}" for x in value_RC[:, i]]) for i in range(width)]
    columns = [*head, *neurons]
    if order == "turned":
        columns = [*reversed(neurons), *head]
    if order == "labelled":
        columns += [("depressed", ["no"] * 6)]
    path = write_spectrum(
        tmp_path / f"300_{word}.csv", [name for name, _ in columns], [cells for _, cells in columns]
    )
    made = read_given(path).track.whole()
    expected = np.array([[float(cell) for cell in cells] for _, cells in neurons]).T
    np.testing.assert_array_equal(made.value_FC, expected.astype(np.float32))
    np.testing.assert_array_equal(made.time_s, np.arange(6) + 2.0)
    assert made.rate_hz == 1.0


@pytest.mark.parametrize("header", [False, True])
def test_a_time_under_another_name_is_told_by_its_steps(
    read_given: ReadGiven, tmp_path: Path, *, header: bool
) -> None:
    value_RC = values(5, 1920)
    columns = [["300.wav"] * 5, [f"{2 * i}" for i in range(5)], *value_RC.T.astype(str).tolist()]
    called = ["file", "t", *(f"f{i}" for i in range(1920))] if header else []
    path = write_spectrum(tmp_path / "300_densenet201.csv", called, columns)
    made = read_given(path).track.whole()
    np.testing.assert_array_equal(made.time_s, 2.0 * np.arange(5) + 2)
    np.testing.assert_array_equal(made.value_FC, value_RC.astype(np.float32))


def test_a_column_that_stands_still_is_no_time(read_given: ReadGiven, tmp_path: Path) -> None:
    value_RC = values(4, 1920)
    columns = [["7"] * 4, ["0", "1", "2", "3"], *value_RC.T.astype(str).tolist()]
    called = ["a", "b", *(f"f{i}" for i in range(1920))]
    made = read_given(write_spectrum(tmp_path / "300_densenet201.csv", called, columns)).track
    np.testing.assert_array_equal(made.whole().time_s, np.arange(4) + 2.0)


def test_long_rows_come_in_short_parts(read_given: ReadGiven, tmp_path: Path) -> None:
    columns = [[str(i) for i in range(1100)], *[["1"] * 1100] * 4096]
    called = ["timeStamp", *(f"neuron_{i}" for i in range(4096))]
    track = read_given(write_spectrum(tmp_path / "300_vgg16.csv", called, columns)).track
    parts = list(track.parts())
    assert sum(part.rows for part in parts) == 1100
    assert max(part.value_FC.nbytes for part in parts) <= 8 << 20


@pytest.mark.parametrize("steps", [["0", "1", "1", "5"], ["0", "1", "x", "3"], None])
def test_where_no_column_or_two_can_be_the_time_the_file_is_refused(
    read_given: ReadGiven, tmp_path: Path, steps: list[str] | None
) -> None:
    value_RC = values(4, 1920)
    grows = ["0", "1", "2", "3"]
    first = [steps, ["a"] * 4] if steps else [grows, grows]
    columns = [*first, *value_RC.T.astype(str).tolist()]
    called = ["a", "b", *(f"f{i}" for i in range(1920))]
    path = write_spectrum(tmp_path / "300_densenet201.csv", called, columns)
    count = "none" if steps else "2"
    with pytest.raises(TrackError, match=f"{count} of its columns can be the time"):
        read_given(path)


def test_a_row_longer_than_the_end_that_is_looked_at_is_no_torn_one(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    value_RC = np.random.default_rng(0).uniform(0, 1, (3, 4096))
    rows = [[f"{x:.17f}" for x in row] for row in value_RC]  # 80 kB a row
    columns = [["a"] * 3, ["0", "1", "2"], *map(list, zip(*rows, strict=True))]
    called = ["name", "timeStamp", *(f"neuron_{i}" for i in range(4096))]
    path = write_spectrum(tmp_path / "300_vgg16.csv", called, columns)
    reading = read_given(path)
    assert (reading.track.rows, reading.quality["rows_cut"]) == (3, 0)
    path.write_bytes(path.read_bytes()[:-100])
    reading = read_given(path)
    assert (reading.track.rows, reading.quality["rows_cut"]) == (2, 1)
