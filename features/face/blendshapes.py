"""The 52 blendshapes of MediaPipe's Face Landmarker, from a model file that the user brings.

The file, ``face_landmarker.task``, is in no wheel that depx accepts; MediaPipe's site has it.
Pose-normalised distances agree with OpenFace better than blendshapes on nearly every action unit,
and cost a third, so these are an addition, not a source: cheekPuff, cheekSquint, noseSneer, nearly
also eyeWide and jawForward, hardly ever leave zero.
"""

# B = 52 blendshapes

from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from ...errors import ModelMissing
from ..columns import BLENDSHAPES
from ..types import F32, U8
from .finding.crop import around, cut_out
from .finding.following import Seen

LICENCE = "as its provider states (MediaPipe's own is Apache-2.0)"
WIDER = 1.3  # of the crop for the mesh: the model has a detector of its own, which wants a margin
PART = "face_blendshapes.tflite"  # the model that makes a bundle one with blendshapes
SIDE_PX = 256  # what its mesh model takes
NAMES = tuple(column.name for column in BLENDSHAPES)


def model_file(model: str) -> Path:
    """Find the model file.

    Raises
    ------
    ModelMissing
        If it is not there, or is no bundle of models with blendshapes.
    """
    path = Path(model).expanduser()
    got = f"no {PART} in it"
    try:
        with ZipFile(path) as bundle:
            if PART in bundle.namelist():
                return path
    except OSError:
        got = "no file"
    except BadZipFile:
        got = "something else"
    raise ModelMissing(f"face.model: {model}: expected a face_landmarker.task, got {got}")


class Blendshapes:
    """The model, ready to look; `close` it."""

    def __init__(self, path: Path) -> None:
        import mediapipe
        from mediapipe.tasks.python import BaseOptions, vision

        self._mediapipe = mediapipe
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(path)), output_face_blendshapes=True
        )
        try:
            self._model: Any = vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise ModelMissing(
                f"face.model: {path}: MediaPipe cannot open it as a face_landmarker.task; "
                "fetch it again"
            ) from error

    def of(self, image: U8, face: Seen) -> F32:
        """Give the blendshapes (B,) of a face in a picture, 0..1; NaN if the model sees none."""
        import cv2

        region = around(face.mesh_V3)
        wide = replace(region, side_px=WIDER * region.side_px)
        rgb = cv2.cvtColor(cut_out(image, wide, SIDE_PX), cv2.COLOR_BGR2RGB)
        picture = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(rgb)
        )
        found = self._model.detect(picture).face_blendshapes
        if not found:
            return np.full(len(NAMES), np.nan, dtype=np.float32)
        score = {f"bs_{shape.category_name.lstrip('_')}": shape.score for shape in found[0]}
        return np.array([score.get(name, np.nan) for name in NAMES], dtype=np.float32)

    def close(self) -> None:
        """Give back what the model holds."""
        self._model.close()
