"""Large given files in a run: read, and hashed, when asked for by name; on record from then on."""

import json
import struct
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.io import savemat

from depx.extract.run import ExtractSummary, extract
from depx.extract.settings import parse
from depx.extract.store.reader import Store

Clnf: TypeAlias = Any  # the fixture of `conftest.py`


def run(sessions: Path, store: Path, *tracks: str, **values: str) -> ExtractSummary:
    chosen = {name.replace("__", "."): value for name, value in values.items()}
    settings = parse(tracks, chosen, corpus="folder")
    return extract([sessions], store, settings, lambda _outcome: None, lambda _line: None)


def record(store: Path, session: str) -> dict[str, Any]:
    return json.loads((store / session / "session.json").read_text())


@pytest.fixture
def daic(clnf: Clnf, tmp_path: Path) -> Path:
    folder = tmp_path / "S" / "300_P"
    folder.mkdir(parents=True)
    clnf.write_set(folder, 20)
    frame = struct.pack("<iiif", 12, 12, 31, 1.0) + np.ones(4464, dtype="<f4").tobytes()
    (folder / "300_CLNF_hog.bin").write_bytes(20 * frame)
    return folder


def test_hog_is_read_on_request_at_the_times_of_the_face_and_stays_on_record(
    daic: Path, tmp_path: Path
) -> None:
    run(daic, tmp_path / "F", "face")
    assert "given.hog" not in record(tmp_path / "F", "300_P")["inputs"]
    assert '300_CLNF_hog.bin"' not in (tmp_path / "F" / "log.jsonl").read_text()
    (made,) = run(daic, tmp_path / "F", "hog").outcomes
    assert dict(made.made) == {"hog": 20}
    path = tmp_path / "F" / "300_P" / "hog.parquet"
    assert pq.read_schema(path).names == ["time_s", "valid", "vector"]
    inputs = record(tmp_path / "F", "300_P")["inputs"]
    assert inputs["given.hog"]["file"] == "300_CLNF_hog.bin"
    assert inputs["given.hog.2"] == inputs["given.face"]
    run(daic, tmp_path / "F", "face")  # nobody asks for it, but it is there
    (stored,) = Store.open(tmp_path / "F").sessions()
    assert set(stored.tracks()) == {"face", "hog"}
    np.testing.assert_array_equal(stored.samples("hog").time_s, stored.samples("face").time_s)
    rows = (daic / "300_CLNF_AUs.txt").read_text().splitlines()
    (daic / "300_CLNF_AUs.txt").write_text("\n".join(rows[:-1]) + "\n")
    run(daic, tmp_path / "F", "face")
    (stored,) = Store.open(tmp_path / "F").sessions()
    assert stored.tracks() == ("face",)  # its times were those of another table


def test_what_is_not_asked_for_by_name_is_not_made(daic: Path, tmp_path: Path) -> None:
    (made,) = run(daic, tmp_path / "F").outcomes
    assert dict(made.made) == {"face": 20}
    assert "hog" not in made.absent


def test_activations_are_read_with_little_memory_at_the_times_of_openface_s_table(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "S" / "600"
    folder.mkdir(parents=True)
    rows = [f"{i + 1}, {i / 26:.3f}, 0.9, 1, 2" for i in range(40)]
    header = "frame, timestamp, confidence, success, AU12_r"
    (folder / "600_OpenFace2.1.0_Pose_gaze_AUs.csv").write_text("\n".join([header, *rows]))
    savemat(folder / "600_CNN_ResNet.mat", {"feature": np.ones((40, 2048), dtype=np.float32)})
    savemat(folder / "600_CNN_VGG.mat", {"feature": np.ones((39, 4096), dtype=np.float32)})
    (made,) = run(folder, tmp_path / "F", "cnn_resnet", "cnn_vgg", limits__memory_gb="0.5").outcomes
    assert dict(made.made) == {"cnn_resnet": 40}
    assert made.failures["cnn_vgg"].startswith("600_CNN_VGG.mat: has 39 rows, but 600_OpenFace")
    (stored,) = Store.open(tmp_path / "F").sessions()
    np.testing.assert_allclose(stored.samples("cnn_resnet").time_s, np.arange(40) / 26, atol=5.1e-4)


def test_d_vlog_s_arrays_are_tracks_by_default(tmp_path: Path) -> None:
    for word, width in (("visual", 136), ("acoustic", 25)):
        folder = tmp_path / "S" / "7"
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"7_{word}.npy", np.full((30, width), 2.0))
    (made,) = run(tmp_path / "S" / "7", tmp_path / "F").outcomes
    assert dict(made.made) == {"dvlog_visual": 30, "dvlog_acoustic": 30}
    assert record(tmp_path / "F", "7")["failures"] == {}


def test_a_damaged_file_is_told_of_if_its_track_is_asked_for(daic: Path, tmp_path: Path) -> None:
    (daic / "300_CLNF_hog.bin").write_bytes(b"")
    (made,) = run(daic, tmp_path / "F", "face").outcomes
    assert made.warnings == ()
    lack = record(tmp_path / "F", "300_P")["others"]["300_CLNF_hog.bin"]
    assert lack == "not frames of HOG, 12 x 12 x 31 (got 0 bytes)"
    (made,) = run(daic, tmp_path / "F", "hog").outcomes
    assert made.warnings == (
        f"300_CLNF_hog.bin is not taken: {lack}; without it hog cannot be made",
    )
