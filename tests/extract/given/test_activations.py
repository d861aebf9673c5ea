"""E-DAIC's activations: MATLAB's matrices either way round, and their copies as text."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from depx.errors import TrackError
from depx.extract.given.base import GivenFile, Reading
from depx.extract.given.registry import read, recognise, refused
from depx.extract.heads import Head
from depx.features.columns import names
from depx.features.types import F32

NAME = "300_CNN_ResNet.mat"
WIDTH = 2048


def values(rows: int = 6, width: int = WIDTH) -> F32:
    return np.random.default_rng(4).uniform(0.01, 2, (rows, width)).astype(np.float32)


def table(folder: Path, frames: int = 6) -> Path:
    """A table of OpenFace at a rate of its own."""
    path = folder / "300_OpenFace2.1.0_Pose_gaze_AUs.csv"
    rows = [f"{i + 1}, {i / 26.3:.3f}, 0.98, 1, 1.5" for i in range(frames)]
    path.write_text("\n".join(["frame, timestamp, confidence, success, AU12_r", *rows]) + "\n")
    return path


def read_file(path: Path, *more: Path) -> Reading:
    form = recognise(Head.of(path), path.name)
    assert form is not None
    return read(GivenFile(path=path, format=form, more=more), None, BytesIO, {})


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("called", "width"), [("ResNet", 2048), ("VGG", 4096), ("vgg", 4096)])
def test_a_matrix_is_a_row_a_frame_whichever_way_it_lies(
    tmp_path: Path, called: str, width: int, *, turned: bool, compressed: bool
) -> None:
    value_FD = values(width=width)
    path = tmp_path / f"300_CNN_{called}.mat"
    savemat(path, {"feature": value_FD.T if turned else value_FD}, do_compression=compressed)
    track = read_file(path, table(tmp_path)).track.whole()
    np.testing.assert_array_equal(track.value_FC, value_FD)
    np.testing.assert_array_equal(track.time_s, [round(i / 26.3, 3) for i in range(6)])
    assert names(track.columns)[-1] == f"cnn_{called.lower()}_{width - 1}"


def test_rows_of_zeros_or_nan_are_not_measured(tmp_path: Path) -> None:
    value_FD = values()
    value_FD[1], value_FD[2], value_FD[3, 5] = 0, np.nan, np.inf
    savemat(tmp_path / NAME, {"feature": value_FD})
    reading = read_file(tmp_path / NAME, table(tmp_path))
    track = reading.track.whole()
    assert np.flatnonzero(~track.valid_F).tolist() == [1, 2]
    assert np.isnan(track.value_FC).sum() == 2 * WIDTH + 1
    assert (reading.quality["frames_valid"], reading.quality["cells_infinite"]) == (4, 1)


def test_a_table_of_another_length_is_refused(tmp_path: Path) -> None:
    savemat(tmp_path / NAME, {"feature": values()})
    said = rf"{NAME}: has 6 rows, but 300_OpenFace2\.1\.0_Pose_gaze_AUs\.csv 7 frames"
    with pytest.raises(TrackError, match=said):
        read_file(tmp_path / NAME, table(tmp_path, 7))
    with pytest.raises(TrackError, match="has no times, and nothing beside it tells them"):
        read_file(tmp_path / NAME)


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ({"features": np.ones((3, WIDTH))}, "holds no matrix called 'feature'"),
        ({"feature": np.ones((3, 7))}, r"'feature' is 3 x 7, expected 2048 numbers a frame"),
        ({"feature": np.array([["a"] * WIDTH], dtype=object)}, "holds no numbers"),
    ],
)
def test_another_matrix_is_one_line(tmp_path: Path, inside: dict[str, object], said: str) -> None:
    savemat(tmp_path / NAME, inside)
    with pytest.raises(TrackError, match=said) as raised:
        read_file(tmp_path / NAME, table(tmp_path))
    assert str(raised.value).startswith(NAME)


def test_version_7_3_and_damage_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / NAME
    savemat(path, {"feature": values()}, do_compression=True)
    content = path.read_bytes()
    for cut in (140, 1000, len(content) // 2):
        path.write_bytes(content[:cut])
        with pytest.raises(TrackError, match="is a damaged MATLAB file"):
            read_file(path, table(tmp_path))
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(400))
    with pytest.raises(TrackError, match=r"version 7\.3, expected version 5; save it in MATLAB"):
        read_file(path, table(tmp_path))


@pytest.mark.parametrize(("header", "index"), [(False, False), (True, False), (True, True)])
def test_a_copy_as_text_is_the_matrix(tmp_path: Path, *, header: bool, index: bool) -> None:
    value_FD = values(3)
    path = tmp_path / f"{NAME}.csv"
    pd.DataFrame(value_FD).to_csv(path, header=header, index=index)
    track = read_file(path, table(tmp_path, 3)).track.whole()
    np.testing.assert_allclose(track.value_FC, value_FD, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "content"), [(NAME, b""), (NAME, b"1,2"), (f"{NAME}.csv", b"1,2")]
)
def test_what_only_its_name_calls_activations_is_refused(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    refusal = refused(Head.of(path), name)
    assert refusal is not None
    assert refusal[0].track == "cnn_resnet"
    assert refusal[1].startswith("not ")
