"""DAIC-WOZ's tables of the face, as OpenFace 1 (CLNF) wrote them, and its binary HOG.

``", "`` between columns, a header with it, six significant digits.  A frame without a face holds
zeros; its gaze reads ``-1.#IND`` in sessions with an even number, as eyes that were lost do.
"""

# F = frames, L = landmarks

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ....features.types import F32, F64
from .face import Face, project

MARKS = ("frame", "timestamp", "confidence", "success")
UNITS_R = ("01", "02", "04", "05", "06", "09", "10", "12", "14", "15", "17", "20", "25", "26")
UNITS_C = ("04", "12", "15", "23", "28", "45")
GAZE = ("x_0", "y_0", "z_0", "x_1", "y_1", "z_1",
        "x_h0", "y_h0", "z_h0", "x_h1", "y_h1", "z_h1")  # fmt: skip
POSE = ("Tx", "Ty", "Tz", "Rx", "Ry", "Rz")
IND = "-1.#IND"  # how Microsoft's C++ printed NaN
HOG_SHAPE = (12, 12, 31)
HOG_BYTES = 4 * (3 + 1 + 12 * 12 * 31)  # a record: shape, validity, values
HOG_BLOCK = 256  # frames written at a time


def action_units(face: Face) -> Iterator[bytes]:
    """Write ``_CLNF_AUs.txt``."""
    names = (*(f"AU{u}_r" for u in UNITS_R), *(f"AU{u}_c" for u in UNITS_C))
    rated = [_blank(face, face.intensity[u]) for u in UNITS_R]
    seen = [(face.present[u] & face.success_F).astype(np.int8) for u in UNITS_C]
    return _table(face, names, [*rated, *seen])


def pose(face: Face) -> Iterator[bytes]:
    """Write ``_CLNF_pose.txt``: mm, then radians."""
    values_6F = np.concatenate([face.place_F3, face.turn_F3], axis=1).T
    return _table(face, POSE, [_blank(face, value) for value in values_6F])


def gaze(face: Face, *, ind: bool) -> Iterator[bytes]:
    """Write ``_CLNF_gaze.txt``: both eyes in the camera's frame, then in the head's."""
    lost = np.float32(np.nan if ind else 0)
    vectors = np.concatenate([face.gaze(), face.gaze_head_F6], axis=1).T
    return _table(face, GAZE, [_blank(face, value, lost) for value in vectors])


def features(face: Face, points: Sequence[F32]) -> Iterator[bytes]:
    """Write ``_CLNF_features.txt``: pixels, all x, then all y."""
    return _table(face, _numbered("xy"), [_blank(face, row) for a in project(*points) for row in a])


def features3d(face: Face, points: Sequence[F32]) -> Iterator[bytes]:
    """Write ``_CLNF_features3D.txt``: mm, all X, then all Y, then all Z."""
    return _table(face, _numbered("XYZ"), [_blank(face, row) for axis in points for row in axis])


def hog(face: Face, chance: np.random.Generator) -> Iterator[bytes]:
    """Write ``_CLNF_hog.bin``: for each frame its shape, whether it is valid (1 or -1), values."""
    record = np.dtype([("shape", "<i4", 3), ("valid", "<f4"), ("value", "<f4", np.prod(HOG_SHAPE))])
    for first in range(0, face.time_s.size, HOG_BLOCK):
        success_F = face.success_F[first : first + HOG_BLOCK]
        block = np.zeros(success_F.size, dtype=record)
        block["shape"] = HOG_SHAPE
        block["valid"] = np.where(success_F, 1, -1)
        value = chance.random(block["value"].shape, dtype=np.float32) * np.float32(0.4)
        block["value"] = np.where(success_F[:, None], value, 0)
        yield block.tobytes()


def _table(
    face: Face, names: Sequence[str], columns: Sequence[npt.NDArray[np.generic]]
) -> Iterator[bytes]:
    from .tables import table

    marks: list[npt.NDArray[np.generic]] = [
        np.arange(1, face.time_s.size + 1),
        face.time_s,
        face.confidence_F,
        face.success_F.astype(np.int8),
    ]
    header = ", ".join((*MARKS, *names))
    return table(header, [*marks, *columns], separator=", ", nan=IND)


def _blank(face: Face, value_F: F32 | F64, lost: float | np.float32 = 0.0) -> F32:
    """Put `lost` where the tracker failed."""
    return np.where(face.success_F, value_F, lost).astype(np.float32)


def _numbered(axes: str) -> list[str]:
    return [f"{axis}{point}" for axis in axes for point in range(68)]
