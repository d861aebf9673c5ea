"""Names, units and groups of columns, in one place.

Facial columns carry the names, units and order of OpenFace 2.2 (Baltrusaitis et al., FG 2018), so
that a table written here is read by whatever reads OpenFace's.  OpenFace's ``timestamp`` and
``success`` are a track's ``time_s`` and ``valid`` and have no column here.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A named number that is measured at each sample of a track."""

    name: str
    unit: str
    """As OpenFace, COVAREP or openSMILE gives it: ``mm``, ``rad``, ``px``, ``0..5``; or ``1``."""
    group: str = ""
    """What the column is about; consumers choose by it: ``pose``, ``gaze``, ``au_r``, ``au_c``."""
    tier: str = ""
    """How far geometry observes it: ``A`` well, ``B`` partly, ``C`` hardly; else empty."""
    offset_s: float = 0.0
    """Centre of the column's own window, minus the row's ``time_s``."""


LANDMARKS = 68  # points of the iBUG-68 scheme
AU_R = ("01", "02", "04", "05", "06", "07", "09", "10", "12", "14", "15", "17", "20", "23", "25",
        "26", "45")  # fmt: skip
AU_C = (*AU_R[:-1], "28", "45")

# How well landmarks observe an action unit (measured against OpenFace on real clips): 04 07 09 17
# 23 and 28 live in texture, which landmarks do not see.
TIER = {au: "A" for au in ("01", "02", "05", "10", "12", "25", "26", "45")}
TIER |= {au: "B" for au in ("06", "14", "15", "20")}
TIER |= {au: "C" for au in ("04", "07", "09", "17", "23", "28")}

POSE = tuple(Column(f"pose_T{a}", "mm", "pose") for a in "xyz") + tuple(
    Column(f"pose_R{a}", "rad", "pose") for a in "xyz"
)
GAZE = (
    *(Column(f"gaze_{eye}_{a}", "1", "gaze") for eye in (0, 1) for a in "xyz"),
    Column("gaze_angle_x", "rad", "gaze"),
    Column("gaze_angle_y", "rad", "gaze"),
)
ACTION_UNITS_R = tuple(Column(f"AU{au}_r", "0..5", "au_r", TIER[au]) for au in AU_R)
ACTION_UNITS_C = tuple(Column(f"AU{au}_c", "0|1", "au_c", TIER[au]) for au in AU_C)
LANDMARKS_2D = tuple(
    Column(f"{a}_{point}", "px", "landmarks_2d") for a in "xy" for point in range(LANDMARKS)
)
LANDMARKS_3D = tuple(
    Column(f"{a}_{point}", "mm", "landmarks_3d") for a in "XYZ" for point in range(LANDMARKS)
)
FACE_QUALITY = (
    Column("face_id", "id", "quality"),
    Column("confidence", "0..1", "quality"),
    Column("face_px", "px", "quality"),
    Column("eye_px", "px", "quality"),
)

FACE_VECTOR = POSE + GAZE + ACTION_UNITS_R + ACTION_UNITS_C
"""The 49 columns that a training set pools under a word: pose 6, gaze 8, AU_r 17, AU_c 18."""

FACE = FACE_QUALITY + GAZE + POSE + LANDMARKS_2D + LANDMARKS_3D + ACTION_UNITS_R + ACTION_UNITS_C
"""Every column of the facial track, in OpenFace's order (``frame`` is the row's number from 1)."""


def names(columns: Iterable[Column]) -> tuple[str, ...]:
    """List the names of columns."""
    return tuple(column.name for column in columns)
