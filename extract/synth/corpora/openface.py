"""OpenFace 2.1's table as E-DAIC has it: 53 columns, no landmarks, ``", "`` in header and rows.

Decimals are OpenFace's (three of a time, two of a unit), trailing zeros are not printed.  A frame
without a face holds zeros.  CMDC's answers get the same table.
"""

# F = frames

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ....features.columns import ACTION_UNITS_C, ACTION_UNITS_R, AU_C, AU_R, GAZE, POSE, names
from ....features.types import F32, F64
from .face import Face
from .tables import table

MARKS = ("frame", "timestamp", "confidence", "success")
HEADER = ", ".join((*MARKS, *names((*POSE, *GAZE, *ACTION_UNITS_R, *ACTION_UNITS_C))))


def openface(face: Face) -> Iterator[bytes]:
    """Write the table of a session."""
    gaze = face.gaze()
    side, down, ahead = gaze[:, :3].T + gaze[:, 3:].T
    angles = np.arctan2(side, -ahead), np.arctan2(down, -ahead)
    columns: list[npt.NDArray[np.generic]] = [
        np.arange(1, face.time_s.size + 1),
        np.round(face.time_s, 3),
        np.round(face.confidence_F, 2),
        face.success_F.astype(np.int8),
        *(_seen(face, value, 1) for value in face.place_F3.T),
        *(_seen(face, value, 3) for value in face.turn_F3.T),
        *(_seen(face, value, 6) for value in gaze.T),
        *(_seen(face, value, 3) for value in angles),
        *(_seen(face, np.maximum(face.intensity[unit], 0), 2) for unit in AU_R),
        *((face.present[unit] & face.success_F).astype(np.int8) for unit in AU_C),
    ]
    return table(HEADER, columns, separator=", ")


def _seen(face: Face, value_F: F32 | F64, decimals: int) -> F64:
    return np.where(face.success_F, np.round(value_F.astype(np.float64), decimals), 0)
