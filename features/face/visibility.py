"""How well a face could be seen: its size in the picture and one figure of confidence.

FaceMesh in video mode hands out no score, and "a face was found" says nothing: it is found in
drawings and on faces that lie on their side.  So confidence is what can be told from the geometry:
how far the mesh is from being a head, how far the face is turned away, how small it is.
"""

# F = frames, V = 478 mesh vertices

import numpy as np

from ..types import F64
from .canonical import HEAD_HEIGHT_MM
from .gaze import EYES
from .pose import Camera, Heads

# Each aspect counts fully up to the first number and not at all at the second.
MISFIT_MM = (
    6.0,
    18.0,
)  # people differ from the neutral head by 3-5 mm (real clips), bad fits by 10
TURN_DEG = (40.0, 80.0)  # beyond 40 the far eye and mouth corner disappear behind nose and cheek
FACE_PX = (64.0, 16.0)  # FaceMesh sees the face at 128 px: below half of that it looks at a blur


def visibility_columns(mesh_FV3: F64, faces: Heads, camera: Camera) -> F64:
    """Measure the sizes of face and eyes, and the confidence.

    Returns
    -------
    float64 array of shape (F, 3)
        confidence, 0..1: the weakest of fit, turn and size.
        face_px: height of the face, hair line to chin, if it looked into the camera.
        eye_px: distance of the corners of an eye in the picture, mean of both.
    """
    distance_F = np.linalg.norm(faces.translation_F3, axis=1)
    face_px = HEAD_HEIGHT_MM * camera.focal_px / faces.translation_F3[:, 2]
    eye_px = np.mean([_distance(mesh_FV3, a, b) for _, a, b in EYES], axis=0)
    towards_F = (faces.rotation_F33[:, :, 2] * faces.translation_F3).sum(axis=1) / distance_F
    turn_deg = np.degrees(np.arccos(np.clip(towards_F, -1, 1)))
    confidence_F = np.minimum.reduce(
        [_ramp(faces.misfit_mm, MISFIT_MM), _ramp(turn_deg, TURN_DEG), _ramp(face_px, FACE_PX)]
    )
    return np.stack([confidence_F, face_px, eye_px], axis=1)


def _distance(mesh_FV3: F64, a: int, b: int) -> F64:
    distance_F: F64 = np.linalg.norm(mesh_FV3[:, a, :2] - mesh_FV3[:, b, :2], axis=1)
    return distance_F


def _ramp(value_F: F64, full_and_none: tuple[float, float]) -> F64:
    full, none = full_and_none
    share_F: F64 = np.clip((value_F - none) / (full - none), 0, 1)
    return share_F
