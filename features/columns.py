"""Names, units and groups of columns, in one place.

Facial columns carry the names, units and order of OpenFace 2.2 (Baltrusaitis et al., FG 2018), so
that a table written here is read by whatever reads OpenFace's.  OpenFace's ``timestamp`` and
``success`` are a track's ``time_s`` and ``valid`` and have no column here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache


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
    absent: float | None = None
    """Value that stands for "not there" (openSMILE's 0 without voice); not to be averaged."""


LANDMARKS = 68  # points of the iBUG-68 scheme
EYE_POINTS = 56  # 28 an eye: iris 8, lids 12, pupil 8
AU_R = ("01", "02", "04", "05", "06", "07", "09", "10", "12", "14", "15", "17", "20", "23", "25",
        "26", "45")  # fmt: skip
AU_C = (*AU_R[:-1], "28", "45")
AU_SIDED = ("01", "02", "06", "10", "12", "14", "15", "20", "45")
"""Units that are rated on each side of the face as well; asymmetry is a clinical sign."""

# How well an action unit is observed: correlation with OpenFace, median over the clips that were
# left out when its formula was chosen (tests/bench/au_choice.py).  A from .55, B from .4, C less.
TIER = {au: "A" for au in ("01", "06", "10", "12", "25", "26", "45")}
TIER |= {au: "B" for au in ("02", "04", "17", "23")}
TIER |= {au: "C" for au in ("05", "07", "09", "14", "15", "20", "28")}

# Presence is harder to tell, since thresholds differ: by median F1 as well (tests/bench/
# face_agreement.py), A from .5, B from .3; none is of a better tier than its intensity.
TIER_C = dict.fromkeys(AU_C, "C") | dict.fromkeys(("10", "12", "25", "26"), "A")
TIER_C |= dict.fromkeys(("02", "04", "06", "17", "45"), "B")

POSE = tuple(Column(f"pose_T{a}", "mm", "pose") for a in "xyz") + tuple(
    Column(f"pose_R{a}", "rad", "pose") for a in "xyz"
)
GAZE = (
    *(Column(f"gaze_{eye}_{a}", "1", "gaze") for eye in (0, 1) for a in "xyz"),
    Column("gaze_angle_x", "rad", "gaze"),
    Column("gaze_angle_y", "rad", "gaze"),
)
GAZE_HEAD = tuple(Column(f"gaze_h{eye}_{a}", "1", "gaze_head") for eye in (0, 1) for a in "xyz")
"""Gaze of each eye relative to the head, as CLNF (OpenFace's first version) gives it beside that
relative to the camera; only read, never computed."""
GAZE_QUALITY = (Column("gaze_quality", "0..1", "quality"),)
EYE_LANDMARKS = (
    *(Column(f"eye_lmk_{a}_{point}", "px", "eye_lmk") for a in "xy" for point in range(EYE_POINTS)),
    *(
        Column(f"eye_lmk_{a}_{point}", "mm", "eye_lmk")
        for a in "XYZ"
        for point in range(EYE_POINTS)
    ),
)
"""OpenFace 2.2's 280 eye landmarks, between its gaze and its pose; only with ``face.eye_lmk``."""
ACTION_UNITS_R = tuple(Column(f"AU{au}_r", "0..5", "au_r", TIER[au]) for au in AU_R)
ACTION_UNITS_C = tuple(Column(f"AU{au}_c", "0|1", "au_c", TIER_C[au]) for au in AU_C)
ACTION_UNIT_SIDES = tuple(
    Column(f"AU{au}_r_{side}", "0..5", "au_side", TIER[au])
    for au in AU_SIDED
    for side in ("right", "left")
)
"""Sides are the person's own: the right one lies on the image's left."""
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
    Column("n_faces", "1", "quality"),
    Column("blur", "0..1", "quality"),
    Column("brightness", "0..1", "quality"),
    *GAZE_QUALITY,
)

# fmt: off
BLENDSHAPES = tuple(
    Column(f"bs_{name}", "0..1", "blendshapes")
    for name in (
        "neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
        "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft",
        "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight",
        "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft",
        "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen",
        "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft",
        "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
        "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower",
        "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight",
        "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
        "noseSneerLeft", "noseSneerRight",
    )
)
# fmt: on
"""MediaPipe's 52 blendshapes, after its own names; only with ``face.model``."""

FACE_VECTOR = POSE + GAZE + ACTION_UNITS_R + ACTION_UNITS_C
"""The 49 columns that a training set pools under a word: pose 6, gaze 8, AU_r 17, AU_c 18."""

FACE_ALL = (
    *(*FACE_QUALITY, *GAZE, *GAZE_HEAD, *EYE_LANDMARKS, *POSE, *LANDMARKS_2D, *LANDMARKS_3D),
    *(*ACTION_UNITS_R, *ACTION_UNITS_C, *ACTION_UNIT_SIDES, *BLENDSHAPES),
)
"""Every column that the facial track may have, in OpenFace's order (``frame`` is the row's number
from 1); OpenFace has none of ours between."""

OPTIONAL = frozenset({"gaze_head", "eye_lmk", "blendshapes"})
FACE = tuple(column for column in FACE_ALL if column.group not in OPTIONAL)
"""The columns that the facial track has unless more are asked for."""


@cache
def numbered(name: str, count: int, unit: str = "1") -> tuple[Column, ...]:
    """Make columns of numbers that have no names of their own: ``hog_0``, ``hog_1`` and so on."""
    return tuple(Column(f"{name}_{i}", unit, name) for i in range(count))


def names(columns: Iterable[Column]) -> tuple[str, ...]:
    """List the names of columns."""
    return tuple(column.name for column in columns)
