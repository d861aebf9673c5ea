"""Blendshapes come from the user's model file, whose absence or damage is one clear line."""

import os
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from depx.errors import ModelMissing
from depx.features.columns import BLENDSHAPES, names
from depx.features.extractor import Frame, Inputs, Picture
from depx.features.face.blendshapes import model_file
from depx.features.face.extractor import Face
from depx.features.track import LongTrack


@pytest.fixture
def model() -> str:
    """MediaPipe's ``face_landmarker.task``, which no wheel carries and depx may not ship."""
    path = os.environ.get("DEPX_FACE_LANDMARKER", "")
    if not Path(path).is_file():
        pytest.skip("set DEPX_FACE_LANDMARKER to a face_landmarker.task to test blendshapes")
    return path


def test_a_face_has_52_blendshapes_beside_its_other_columns(model: str, real_data: Path) -> None:
    capture = cv2.VideoCapture(str(real_data / "openface" / "webcam_light.wmv"))
    images = [capture.read()[1] for _ in range(20)]

    def frames() -> Iterator[Frame]:
        yield from (Frame(i / 25, np.asarray(image)) for i, image in enumerate(images))

    table = Face(model=model)(Inputs(picture=Picture(frames=frames, rate_hz=25.0))).table
    assert isinstance(table, LongTrack)
    track = table.whole()
    place = [c for c, column in enumerate(track.columns) if column.group == "blendshapes"]
    assert names(track.columns[c] for c in place) == names(BLENDSHAPES)
    shape_FB = track.value_FC[:, place]
    assert len(place) == 52
    assert ((shape_FB >= 0) & (shape_FB <= 1)).all()
    assert shape_FB.std(axis=0).max() > 0
    assert Face(model=model).models()[Path(model).name][0] == Path(model)


@pytest.mark.parametrize("content", [None, b"something", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_model_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "face_landmarker.task"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelMissing, match=r"face\.model: .*expected a face_landmarker\.task, got"):
        model_file(str(path))


def test_a_bundle_without_blendshapes_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "hand_landmarker.task"
    with ZipFile(path, "w") as bundle:
        bundle.writestr("hand_detector.tflite", b"")
    with pytest.raises(ModelMissing, match=r"got no face_blendshapes\.tflite in it"):
        model_file(str(path))


def test_a_bundle_that_mediapipe_cannot_open_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "face_landmarker.task"
    with ZipFile(path, "w") as bundle:
        bundle.writestr("face_blendshapes.tflite", b"no model")
    picture = Picture(frames=lambda: iter(()), rate_hz=25.0)
    with pytest.raises(ModelMissing, match="cannot open it"):
        Face(model=str(path))(Inputs(picture=picture))
