"""Pictures into face meshes: MediaPipe FaceMesh with attention, 478 vertices with both irises.

The models lie inside the wheel of mediapipe 0.10.21.  Every later release looks up a metrics host
when it runs and carries no face model, so no other version is accepted: recordings of patients are
not analysed by a library that opens connections.  Pictures are dropped as soon as their mesh is
known.  The model looks at the full frame; a face that it cannot find there is lost.

References
----------
Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", CVPR-W 2020.
"""

# F = frames of a batch, V = 478 mesh vertices

import importlib.metadata
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import ModelMissing
from ..extractor import Frame
from ..types import F64, Bool
from .canonical import VERTICES

VERSION = "0.10.21"
MODELS = {
    "face_landmark_with_attention.tflite": "modules/face_landmark",
    "face_detection_short_range.tflite": "modules/face_detection",
}
"""Model files of FaceMesh, and their folders inside mediapipe."""

BATCH = 256
"""Frames whose meshes are held at a time: 3 MB; the results do not depend on it."""

WIRE = np.dtype(
    [("head", "V3"), ("x", "<f4"), ("t", "V1"), ("y", "<f4"), ("u", "V1"), ("z", "<f4")]
)
"""One serialised landmark: protocol-buffer tags around three floats.  Reading the bytes takes
0.02 ms a face, reading 1434 attributes of messages 0.3 ms, a tenth of what the mesh costs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Meshes:
    """The faces of consecutive frames of one size."""

    time_s: F64
    """(F,) presentation times as they came."""
    mesh_FV3: F64
    """(F, V, 3) px: x right, y down, z away from the camera relative to the face, in the scale of x
    (weak perspective).  NaN where no face was found."""
    found_F: Bool
    width_px: int
    height_px: int


def model_files() -> Mapping[str, tuple[Path, str]]:
    """Find the model files without importing mediapipe.

    Returns
    -------
    mapping of file name to (path, licence)

    Raises
    ------
    ModelMissing
        If mediapipe is absent or another version than `VERSION`, or lacks a model file.
    """
    spec = importlib.util.find_spec("mediapipe")
    got = importlib.metadata.version("mediapipe") if spec is not None else "none"
    if spec is None or spec.origin is None or got != VERSION:
        raise ModelMissing(
            f"face: got mediapipe {got}, expected {VERSION} (later ones open network connections "
            f"and carry no face model); pip install mediapipe=={VERSION}"
        )
    package = Path(spec.origin).parent
    files = {name: package / folder / name for name, folder in MODELS.items()}
    for name, path in files.items():
        if not path.is_file():
            raise ModelMissing(
                f"face: {name} is not at {path}; pip install --force-reinstall mediapipe=={VERSION}"
            )
    return {name: (path, "Apache-2.0") for name, path in files.items()}


def meshes(frames: Iterable[Frame]) -> Iterator[Meshes]:
    """Find the face in each frame; every frame comes back, in order, also those without a face.

    Raises
    ------
    ModelMissing
        If mediapipe is not the version that works offline.
    """
    model_files()
    import cv2
    from mediapipe.python.solutions.face_mesh import FaceMesh

    times: list[float] = []
    faces: list[F64 | None] = []
    size = (0, 0)
    with FaceMesh(static_image_mode=False, max_num_faces=1, refine_landmarks=True) as model:
        for frame in frames:
            if times and (len(times) == BATCH or frame.image.shape[:2] != size):
                yield _batch(times, faces, size)
                times, faces = [], []
            size = (frame.image.shape[0], frame.image.shape[1])
            found = model.process(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB)).multi_face_landmarks
            times.append(frame.time_s)
            faces.append(normalised(found[0].SerializeToString()) if found else None)
    if times:
        yield _batch(times, faces, size)


def normalised(landmark_list: bytes) -> F64:
    """Read a serialised ``NormalizedLandmarkList`` of 478 landmarks.

    Returns
    -------
    float64 array of shape (V, 3)
        x in picture widths, y in heights, z in widths.

    Raises
    ------
    ValueError
        If the bytes are not 478 landmarks of three floats.
    """
    record_V = np.frombuffer(landmark_list, dtype=WIRE, count=VERTICES)
    return np.stack([record_V[axis].astype(np.float64) for axis in "xyz"], axis=1)


def _batch(times: list[float], faces: list[F64 | None], size: tuple[int, int]) -> Meshes:
    height, width = size
    mesh_FV3: F64 = np.full((len(faces), VERTICES, 3), np.nan)
    for f, face_V3 in enumerate(faces):
        if face_V3 is not None:
            mesh_FV3[f] = face_V3
    mesh_FV3 *= (width, height, width)
    return Meshes(
        time_s=np.asarray(times, dtype=np.float64),
        mesh_FV3=mesh_FV3,
        found_F=np.asarray([face is not None for face in faces], dtype=np.bool_),
        width_px=width,
        height_px=height,
    )
