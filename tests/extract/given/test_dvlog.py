"""D-Vlog's arrays: a row a second, numbered, never unpacked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from depx.errors import TrackError
from depx.extract.given.base import Reading
from depx.extract.given.registry import recognise, refused
from depx.extract.heads import Head
from depx.features.columns import names
from depx.features.types import F64

ReadGiven = Callable[..., Reading]


def array(rows: int = 30, width: int = 136) -> F64:
    return np.random.default_rng(2).normal(3, 1, (rows, width))


def save(path: Path, value: object) -> Path:
    np.save(path, value)
    return path


@pytest.mark.parametrize(("word", "width"), [("visual", 136), ("acoustic", 25)])
def test_a_row_is_the_middle_of_a_second_and_columns_are_numbered(
    read_given: ReadGiven, tmp_path: Path, word: str, width: int
) -> None:
    value_FC = array(width=width)
    track = read_given(save(tmp_path / f"7_{word}.npy", value_FC)).track.whole()
    np.testing.assert_array_equal(track.value_FC, value_FC.astype(np.float32))
    np.testing.assert_array_equal(track.time_s, np.arange(30) + 0.5)
    assert track.rate_hz == 1.0
    assert names(track.columns) == tuple(f"dvlog_{word}_{i}" for i in range(width))


def test_rows_of_zeros_or_nan_are_not_measured_and_infinite_cells_are_counted(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    value_FC = array(10)
    value_FC[2] = 0
    value_FC[3] = np.nan
    value_FC[4, 7] = 0
    value_FC[5, 8] = -np.inf
    reading = read_given(save(tmp_path / "7_visual.npy", value_FC))
    track = reading.track.whole()
    assert np.flatnonzero(~track.valid_F).tolist() == [2, 3]
    assert np.isnan(track.value_FC[[2, 3]]).all()
    assert track.value_FC[4, 7] == 0
    assert np.isnan(track.value_FC[5, 8])
    assert (reading.quality["rows_valid"], reading.quality["cells_infinite"]) == (8, 1)
    assert "1 infinite numbers, made NaN" in reading.warnings[0]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4"])
def test_the_order_in_memory_and_the_precision_do_not_matter(
    read_given: ReadGiven, tmp_path: Path, order: str, dtype: str
) -> None:
    value_FC = array().astype(dtype)
    path = save(tmp_path / "7_visual.npy", np.array(value_FC, order=order))  # type: ignore[call-overload]
    track = read_given(path).track.whole()
    np.testing.assert_array_equal(track.value_FC, value_FC.astype(np.float32))


def test_a_file_that_breaks_off_keeps_its_whole_rows(read_given: ReadGiven, tmp_path: Path) -> None:
    path = save(tmp_path / "7_visual.npy", array(10))
    path.write_bytes(path.read_bytes()[: -2 * 136 * 8 - 5])
    reading = read_given(path)
    np.testing.assert_array_equal(reading.track.whole().value_FC, array(10)[:7].astype(np.float32))
    assert reading.quality["rows_cut"] == 3
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(
        TrackError, match=r"7_visual\.npy: breaks off: got 200 bytes, expected 11008"
    ):
        read_given(path)
    with pytest.raises(TrackError, match="holds no row"):
        read_given(save(tmp_path / "8_visual.npy", array(0)))


class Bomb:
    """Python objects in an array run what they like when they are unpacked."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("unpacked",)


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (np.array([[Bomb()]], dtype=object), "got 1 x 1 of Python objects"),
        (array(width=135), "got 30 x 135 of float64"),
        (np.zeros(136), "got 136 of float64"),
        (np.zeros((3, 136), dtype=np.complex64), "got 3 x 136 of complex64"),
    ],
)
def test_another_array_and_python_objects_are_refused_with_what_they_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: object, got: str
) -> None:
    path = save(tmp_path / "7_visual.npy", value)
    assert recognise(Head.of(path), path.name) is None
    refusal = refused(Head.of(path), path.name)
    assert refusal is not None
    assert got in refusal[1]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00\x10"])
def test_what_is_no_array_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "7_acoustic.npy"
    path.write_bytes(content)
    refusal = refused(Head.of(path), path.name)
    assert refusal is not None
    assert refusal[1].startswith("not 25 numbers a row in a NumPy array")


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': (), 'fortran_order': False, 'shape': (3, 136)}",
        "{[]: 1}",
        "{1: 2, 'a': 3}",
        "{'descr': '<f8'" + "(" * 300,
        "('descr',, '<f8'",
    ],
    ids=["no-type", "a-list-as-a-key", "mixed-keys", "brackets", "no-python"],
)
def test_a_header_that_numpy_stumbles_over_is_none(tmp_path: Path, header: str) -> None:
    path = tmp_path / "7_visual.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    assert recognise(Head.of(path), path.name) is None
    _, lack = refused(Head.of(path), path.name) or (None, "")
    assert lack == "not 136 numbers a row in a NumPy array (got none)"


def test_an_array_that_python_2_wrote_is_read(read_given: ReadGiven, tmp_path: Path) -> None:
    value_FC = array(3)
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (3L, 136L), }".ljust(117) + b"\n"
    path = tmp_path / "7_visual.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + header + value_FC.tobytes())
    track = read_given(path).track.whole()
    np.testing.assert_array_equal(track.value_FC, value_FC.astype(np.float32))


def test_whole_numbers_are_numbers(read_given: ReadGiven, tmp_path: Path) -> None:
    path = tmp_path / "0_visual.npy"
    value = np.arange(3 * 136, dtype=np.int16).reshape(3, 136)
    np.save(path, value)
    np.testing.assert_array_equal(read_given(path).track.whole().value_FC, value)
