"""How well a face could be seen: sizes, light and blur, and one figure of confidence.

"A face was found" says nothing: it is found in drawings and on faces that lie on their side.  So
confidence is the weakest of what can be told: what detector and mesh model say, how far the mesh is
from being a head, whether it holds still, how far the face is turned away, how small it is.
"""

# F = frames, V = 478 mesh vertices

import numpy as np

from ..types import F64, U8
from .finding.crop import SIDE_PX
from .head.canonical import HEAD_HEIGHT_MM
from .head.gaze import EYES
from .head.pose import Camera, Heads

# Each aspect counts fully up to the first number and not at all at the second.
SCORE = (0.6, -0.2)  # of the detector, which misses good faces at times: 0 is a doubt, no proof
PRESENCE = (0.95, 0.5)  # of the mesh model, which drops a face at 0.5
WOBBLE = (0.12, 0.4)  # speech and turns of real faces reach .116 of the face from frame to frame
MISFIT_MM = (6.0, 18.0)  # people differ from the neutral head by 3-5 mm, bad fits by 10
TURN_DEG = (40.0, 80.0)  # beyond 40 the far eye and mouth corner disappear behind nose and cheek
FACE_PX = (64.0, 16.0)  # the mesh model sees the face at 128 px: below half of that it is a blur

MIDDLE = slice(SIDE_PX // 4, 3 * SIDE_PX // 4)  # of a crop: skin, no background
BLUR_PX = 9  # length of the blur that a sharp picture suffers from, as in the reference


def visibility_columns(
    mesh_FV3: F64, faces: Heads, camera: Camera, score_F: F64, presence_F: F64, wobble_F: F64
) -> F64:
    """Measure the sizes of face and eyes, and the confidence.

    Parameters
    ----------
    mesh_FV3 : float64 array of shape (F, V, 3), px
    faces : Heads
        The same faces in millimetres.
    camera : Camera
    score_F, presence_F, wobble_F : float64 arrays of shape (F,)
        As in `following.Seen`.

    Returns
    -------
    float64 array of shape (F, 3)
        confidence, 0..1: the weakest of score, presence, stability, fit, turn and size.
        face_px: height of the face, hair line to chin, if it looked into the camera.
        eye_px: distance of the corners of an eye in the picture, mean of both.
    """
    distance_F = np.linalg.norm(faces.translation_F3, axis=1)
    face_px = HEAD_HEIGHT_MM * camera.focal_px / faces.translation_F3[:, 2]
    eye_px = np.mean([_distance(mesh_FV3, a, b) for _, a, b in EYES], axis=0)
    towards_F = (faces.rotation_F33[:, :, 2] * faces.translation_F3).sum(axis=1) / distance_F
    turn_deg = np.degrees(np.arccos(np.clip(towards_F, -1, 1)))
    confidence_F = np.minimum.reduce(
        [
            _ramp(score_F, SCORE),
            _ramp(presence_F, PRESENCE),
            _ramp(wobble_F, WOBBLE),
            _ramp(faces.misfit_mm, MISFIT_MM),
            _ramp(turn_deg, TURN_DEG),
            _ramp(face_px, FACE_PX),
        ]
    )
    return np.stack([confidence_F, face_px, eye_px], axis=1)


def light(crop: U8) -> tuple[float, float]:
    """Measure blur and brightness in the middle of a crop (192, 192, 3).

    Returns
    -------
    blur : 0 (sharp) to 1 (nothing left to blur)
        How little of the difference between neighbouring pixels another blur takes away (Crete et
        al., "The blur effect: perception and estimation with a new no-reference perceptual blur
        metric", SPIE 2007); the worse of both directions.  A small face is blurred too: its crop
        was enlarged.
    brightness : 0 (black) to 1 (white)
        Mean grey value.
    """
    import cv2

    grey = cv2.cvtColor(crop[MIDDLE, MIDDLE], cv2.COLOR_BGR2GRAY)
    blurs = []
    for turned in (grey, cv2.transpose(grey)):
        blurred = cv2.blur(turned, (BLUR_PX, 1))
        before = cv2.absdiff(turned[:, 1:], turned[:, :-1])
        after = cv2.absdiff(blurred[:, 1:], blurred[:, :-1])
        total = cv2.sumElems(before)[0]
        lost = cv2.sumElems(cv2.subtract(before, after))[0]  # stops at 0
        blurs.append(1 - lost / total if total > 0 else 1.0)
    return max(blurs), cv2.mean(grey)[0] / 255


def _distance(mesh_FV3: F64, a: int, b: int) -> F64:
    distance_F: F64 = np.linalg.norm(mesh_FV3[:, a, :2] - mesh_FV3[:, b, :2], axis=1)
    return distance_F


def _ramp(value_F: F64, full_and_none: tuple[float, float]) -> F64:
    full, none = full_and_none
    share_F: F64 = np.clip((value_F - none) / (full - none), 0, 1)
    return share_F
