"""Action units: how far face and skin have moved from the person's own neutral face.

Signs of each unit (`upper`, `lower`) are measured frame by frame, as they stream by, on
the head whose pose is undone and in the texture of the face crop.  When the recording is over each
person's neutral is taken from it and the signs become intensities 0..5, where 5 is FACS's E, the
maximum, and presences (`intensity`).  Constants come from FACS and anatomy; which of several
plausible signs stands for a unit was chosen by leaving out one of eight clips at a time
(``tests/bench/au_choice.py``), with OpenFace's output as the judge, so agreement with OpenFace on
those clips flatters a little.  Units of tier C are hints.
"""

# F = frames, V = 478 mesh vertices, M = measures, T = textures, A = action units, S = sided units

from dataclasses import replace

import numpy as np

from ...columns import ACTION_UNIT_SIDES, ACTION_UNITS_C, ACTION_UNITS_R, AU_C, AU_R, AU_SIDED
from ...types import F32, F64, I64, Bool
from .intensity import faces_of, presence, rated
from .lower import LOWER
from .signs import RIGHT_SHARE, SIDES, distances
from .texture import TEXTURES
from .upper import UPPER

UNITS = {au: (UPPER | LOWER)[au] for au in AU_C}
SIGNS = tuple(sign for unit in UNITS.values() for sign in unit.signs)

MEASURES = (*(name for sign in SIGNS for name in sign.names()), RIGHT_SHARE)
"""What is measured in each frame: mm for distances, natural logarithms for textures."""

INDEX = {name: m for m, name in enumerate(MEASURES)}
UNIT_COLUMNS = (*ACTION_UNITS_R, *ACTION_UNITS_C, *ACTION_UNIT_SIDES)
PLACE = {column.name: u for u, column in enumerate(UNIT_COLUMNS)}


def measures(head_FV3: F64, texture_FT: F32) -> F32:
    """Measure the signs of all units.

    Parameters
    ----------
    head_FV3 : float64 array of shape (F, V, 3), mm
        Meshes of any faces, pose undone (`Heads.in_head_frame`); NaN where there is none.
    texture_FT : float32 array of shape (F, T)
        As `texture` gives it; NaN where a patch could not be read.

    Returns
    -------
    float32 array of shape (F, M), in the order of `MEASURES`
        NaN where the mesh or the texture is.
    """
    measure_FM = np.full((len(head_FV3), len(MEASURES)), np.nan, dtype=np.float32)
    for name, value_F in distances(SIGNS, head_FV3).items():
        measure_FM[:, INDEX[name]] = value_F
    for t, name in enumerate(TEXTURES):
        measure_FM[:, INDEX[name]] = texture_FT[:, t]
    return measure_FM


def unit_columns(
    measure_FM: F32, face_id_F: I64, good_F: Bool, time_s: F64
) -> tuple[F32, dict[str, int]]:
    """Turn the measures of a whole recording into the columns of the action units.

    Parameters
    ----------
    measure_FM : float32 array of shape (F, M)
    face_id_F : int array of shape (F,)
        Whose face it is; negative where there is none.
    good_F : bool array of shape (F,)
        Frames that may tell the neutral face: well seen, near-frontal.
    time_s : float64 array of shape (F,), seconds

    Returns
    -------
    float32 array of shape (F, U)
        In the order of `UNIT_COLUMNS`: AU*_r 0..5, AU*_c 0 or 1, AU*_r_right and AU*_r_left 0..5
        (the person's own sides).  All NaN where the mesh was, and for a face that was seen too
        briefly to know its neutral.
    counts : figures for the quality record; see `Faces.counts`
    """
    faces = faces_of(face_id_F, good_F, time_s, _smiling(measure_FM))
    rows = len(face_id_F)
    unit_FU = np.full((rows, len(UNIT_COLUMNS)), np.nan, dtype=np.float32)

    def column(name: str) -> F64:
        return measure_FM[:, INDEX[name]].astype(np.float64)

    for au, unit in UNITS.items():
        for side in SIDES if au in AU_SIDED else ():
            unit_FU[:, PLACE[f"AU{au}_r_{side}"]] = rated(column, unit, faces, (side,))
        intensity_F = rated(column, unit, faces, SIDES)
        if au in AU_R:
            unit_FU[:, PLACE[f"AU{au}_r"]] = intensity_F
        if unit.brief:
            intensity_F = rated(column, unit, replace(faces, smooth=1), SIDES)
        unit_FU[:, PLACE[f"AU{au}_c"]] = presence(intensity_F, faces, unit)
    return unit_FU, faces.counts()


def _smiling(measure_FM: F32) -> Bool:
    """Say in which frames (F,) the corners of the mouth are pulled beyond any face at rest."""
    sign = UNITS["12"].signs[0]
    corner_F2 = measure_FM[:, [INDEX[name] for name in sign.names()]]
    smiling_F: Bool = corner_F2.mean(axis=1) > sign.most()
    return smiling_F
