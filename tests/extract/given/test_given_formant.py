"""DAIC-WOZ's formants: told by the file's name, zeros that are none."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.formant import FORMAT
from depx.extract.given.registry import read
from depx.features.types import F64

ReadGiven = Callable[..., Reading]


def formants(rows: int) -> F64:
    base_5 = np.array([500.0, 1500, 2500, 3500, 4500])
    return (base_5 + np.random.default_rng(0).uniform(-99, 99, (rows, 5))).round(3)


def write(path: Path, value_F5: F64) -> Path:
    np.savetxt(path, value_F5, delimiter=",", fmt="%g")
    return path


def test_five_numbers_of_a_file_of_that_name_are_frequencies_every_10_ms(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    path = write(tmp_path / "300_FORMANT.csv", formants(200))
    track = read_given(path).track.whole()
    assert [(column.name, column.unit) for column in track.columns] == [
        (f"F{i}", "Hz") for i in range(1, 6)
    ]
    np.testing.assert_array_equal(
        track.value_FC, np.loadtxt(path, delimiter=",").astype(np.float32)
    )
    np.testing.assert_array_equal(track.time_s, 79 / 16_000 + 0.01 * np.arange(200))
    assert track.rate_hz == 100.0


def test_a_zero_is_no_formant_and_a_row_of_zeros_was_scrubbed(
    read_given: ReadGiven, tmp_path: Path
) -> None:
    value_F5 = formants(30)
    value_F5[4:9] = 0
    value_F5[20, 3:] = 0
    reading = read_given(write(tmp_path / "300_FORMANT.csv", value_F5))
    track = reading.track.whole()
    assert track.valid_F.tolist() == [not 4 <= i < 9 for i in range(30)]
    np.testing.assert_array_equal(np.isnan(track.value_FC), value_F5 == 0)
    assert (reading.quality["rows_scrubbed"], reading.quality["formants_not_found"]) == (5, 2)


def test_a_video_beside_it_tells_no_times_of_sound(tmp_path: Path) -> None:
    path = write(tmp_path / "300_FORMANT.csv", formants(10))
    (tmp_path / "v.mp4").write_bytes(b"no video")
    reading = read(GivenFile(path=path, format=FORMAT), tmp_path / "v.mp4", BytesIO, {})
    assert reading.warnings == ()
    assert reading.facts == {"time_source": "row"}


@pytest.mark.parametrize(
    ("name", "width", "label"),
    [
        ("300_FORMANT.csv", 5, "COVAREP formants"),
        ("300_formant.txt", 5, "COVAREP formants"),
        ("300_numbers.csv", 5, None),
        ("300_FORMANT.csv", 4, None),
        ("300_FORMANT.csv", 74, None),
    ],
)
def test_neither_the_numbers_nor_the_name_alone_tell_the_file(
    read_given: ReadGiven, tmp_path: Path, name: str, width: int, label: str | None
) -> None:
    path = write(tmp_path / name, np.full((10, width), 500.0))
    assert read_given.label(path) == label
