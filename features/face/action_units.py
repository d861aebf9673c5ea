"""Action units by geometry: how far skin landmarks have moved from the person's own neutral face.

Each unit is one distance in millimetres on the pose-normalised head of standard size, in the
direction in which its muscle pulls (Ekman, Friesen & Hager, "Facial Action Coding System", 2002).
Less the person's own neutral and divided by the reach of the muscle it becomes an intensity, where
5 is FACS's E, the maximum.  Reaches are anatomical or of healthy people who were asked for their
strongest movement; no reach and no threshold is fitted to another program's output.  Which of
several plausible distances stands for a unit, and which quantile for its neutral, was chosen with
an eye on the correlation with OpenFace on eight clips, so agreement on those clips flatters.
Units of tier C live in furrows and bulges that landmarks hardly see: read them as hints.
"""

# F = frames, V = 478 mesh vertices, A = 18 action units

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..columns import AU_C, AU_R
from ..types import F64, Bool
from .canonical import HEAD

MAXIMUM = 5.0  # FACS intensity E
CLOSED = 0.8  # PERCLOS P80 (Wierwille et al., NHTSA DOT HS 808 247): closed when 80 % are covered


@dataclass(frozen=True, kw_only=True)
class Unit:
    """How one action unit is measured."""

    distance: Callable[[F64], F64]
    """(F, V, 3) mm in the head frame -> (F,) mm; grows with the action."""
    reach_mm: float | None
    """Distance from neutral to maximum; None where the neutral distance itself is the reach."""
    neutral: float = 0.5
    """Quantile of the distance over good frames that is taken for the neutral face."""
    starts: float = 1.0
    """Intensity at which the unit is present: FACS's A, a trace."""
    stops: float = 0.5
    """Intensity below which it is over."""


def _up(head_FV3: F64, *vertices: int) -> F64:
    up_F: F64 = -head_FV3[:, list(vertices), 1].mean(axis=1)
    return up_F


def _apart(head_FV3: F64, *pairs: tuple[int, int]) -> F64:
    # As seen from the front: depth is the mesh's weakest axis, and lids and lips open across it.
    lines = [head_FV3[:, a, :2] - head_FV3[:, b, :2] for a, b in pairs]
    mean_F: F64 = np.mean([np.linalg.norm(line_F2, axis=1) for line_F2 in lines], axis=0)
    return mean_F


def _pulled(head_FV3: F64, vertex: int, mirror: int, direction_3: F64) -> F64:
    left_F = head_FV3[:, vertex] @ direction_3
    right_F = head_FV3[:, mirror] @ (direction_3 * (-1, 1, 1))
    mean_F: F64 = (left_F + right_F) / 2
    return mean_F


def _direction(start_3: F64, stop_3: F64) -> F64:
    unit_3: F64 = (stop_3 - start_3) / np.linalg.norm(stop_3 - start_3)
    return unit_3


def _aperture(head_FV3: F64) -> F64:
    return _apart(head_FV3, (159, 145), (158, 153), (160, 144), (386, 374), (385, 380), (387, 373))


CORNERS = (33, 133, 362, 263)
UPPER_LIP, LOWER_LIP = (0, 37, 267), (17, 84, 314)
CHIN = (18, 200, 152, 148, 377)
# Zygomaticus major runs from the corner of the mouth to the cheekbone.
TO_CHEEKBONE = _direction(HEAD[61], HEAD[116])
BACKWARDS = np.array([0.0, 0.0, 1.0])  # buccinator
SIDEWAYS = np.array([-1.0, 0.0, 0.0])  # risorius

# Vicon: mean largest movement of 12 healthy adults, "Objective computerized evaluation of normal
# patterns of facial muscles contraction", Braz J Otorhinolaryngol: brow raised 10.6 mm, forehead
# wrinkled 7.6 mm (taken for a frown), corner of the mouth in a smile 9.3 mm.
# Tarantili: Tarantili et al., "The spontaneous smile in dynamic motion", Am J Orthod Dentofacial
# Orthop 2005: upper lip up by 28 % (of 22 mm), mouth wider by 27 % (of 50 mm).
# Dutton: "Surgical management of eyelid retraction": the upper lid rests 2-3 mm below the rim of
# the iris.  Where no norm was found the reach is derived from another unit's, as the line says.
UNITS = {
    "01": Unit(  # Vicon
        distance=lambda h: _up(h, 107, 55, 336, 285) - _up(h, 133, 362), reach_mm=10.6
    ),
    "02": Unit(  # Vicon
        distance=lambda h: _up(h, 63, 105, 293, 334) - _up(h, 33, 263), reach_mm=10.6
    ),
    "04": Unit(  # Vicon; corrugator draws the brows together
        distance=lambda h: -_apart(h, (107, 336)), reach_mm=7.6
    ),
    # Dutton; wide eyes bare 1-2 mm above the iris.
    "05": Unit(distance=_aperture, reach_mm=4.0),
    # In a grin the lower lid and the skin below it rise by 3.9-4.2 mm (3-D motion capture of 22
    # healthy adults).
    "06": Unit(distance=lambda h: _up(h, 117, 118, 346, 347), reach_mm=4.0),
    "07": Unit(
        distance=lambda h: _up(h, 144, 145, 153, 373, 374, 380) - _up(h, *CORNERS), reach_mm=4.0
    ),
    # The levator lifts wing and lip together: the lip's reach.
    "09": Unit(distance=lambda h: _up(h, 129, 98, 358, 327) - _up(h, 133, 362), reach_mm=6.2),
    "10": Unit(  # Tarantili
        distance=lambda h: _up(h, *UPPER_LIP) - _up(h, 2), reach_mm=6.2
    ),
    "12": Unit(  # Vicon
        distance=lambda h: _pulled(h, 61, 291, TO_CHEEKBONE), reach_mm=9.3
    ),
    # Tarantili: half of the widening lies on each side; taken to go no further back than aside.
    "14": Unit(distance=lambda h: _pulled(h, 61, 291, BACKWARDS), reach_mm=6.7),
    "15": Unit(  # half of what the smile reaches
        distance=lambda h: _up(h, *UPPER_LIP, *LOWER_LIP) - _up(h, 61, 291), reach_mm=4.7
    ),
    # Mentalis lifts the lower lip at most over its own red (17 to 14 on the neutral head: 8 mm).
    "17": Unit(distance=lambda h: _up(h, 17, 18) - _up(h, 2), reach_mm=8.2),
    "20": Unit(  # Tarantili; sideways without up, which would be a smile
        distance=lambda h: _pulled(h, 61, 291, SIDEWAYS) - _up(h, 61, 291), reach_mm=6.7
    ),
    # Tight lips lose half of their height (20 mm on the neutral head); parted lips are not tight.
    "23": Unit(distance=lambda h: -_apart(h, (0, 17)), reach_mm=9.8),
    # A speaker's mouth is open for much of the time: the neutral is the closed mouth.  Jaw drop
    # ends at half of the largest opening (50 mm), where FACS's mouth stretch begins; lips part as
    # far.
    "25": Unit(
        distance=lambda h: _apart(h, (13, 14), (82, 87), (312, 317)), reach_mm=25.0, neutral=0.1
    ),
    "26": Unit(distance=lambda h: _up(h, 2) - _up(h, *CHIN), reach_mm=25.0, neutral=0.1),
    # All or nothing, the reach is the distance itself: the red of both lips, the opening of the
    # eyes.  Present from half of the way; lowered gaze (lids 2.3 of 9 mm) stays below.
    "28": Unit(
        distance=lambda h: -_apart(h, (0, 13)) - _apart(h, (14, 17)),
        reach_mm=None,
        starts=2.5,
        stops=1.5,
    ),
    "45": Unit(distance=lambda h: -_aperture(h), reach_mm=None, starts=2.5, stops=1.5),
}


def distances(head_FV3: F64) -> F64:
    """Measure the distance of each unit.

    Parameters
    ----------
    head_FV3 : float64 array of shape (F, V, 3), mm in the head frame

    Returns
    -------
    float64 array of shape (F, A), mm, in the order of `columns.AU_C`
    """
    return np.stack([UNITS[au].distance(head_FV3) for au in AU_C], axis=1)


def neutral_face(distance_FA: F64, good_F: Bool) -> F64:
    """Find the person's own neutral face.

    Parameters
    ----------
    good_F : bool array of shape (F,)
        Frames that may tell: well seen, near-frontal.  None at all leaves the neutral unknown.

    Returns
    -------
    float64 array of shape (A,), mm; NaN where nothing tells it
    """
    if not good_F.any():
        return np.full(len(AU_C), np.nan)
    good_GA = distance_FA[good_F]
    return np.array([np.quantile(good_GA[:, a], UNITS[au].neutral) for a, au in enumerate(AU_C)])


def intensities(distance_FA: F64, neutral_A: F64) -> F64:
    """Scale distances from the neutral face to FACS intensities.

    Returns
    -------
    float64 array of shape (F, A), 0..5; NaN where the distance or the neutral is NaN
    """
    reach_A = np.array(
        [
            CLOSED * abs(neutral_A[a]) if unit.reach_mm is None else unit.reach_mm
            for a, unit in enumerate(UNITS[au] for au in AU_C)
        ]
    )
    intensity_FA: F64 = np.clip(MAXIMUM * (distance_FA - neutral_A) / reach_A, 0, MAXIMUM)
    return intensity_FA


def presences(intensity_FA: F64) -> F64:
    """Decide which units are present, with hysteresis: from `starts` until it falls below `stops`.

    Returns
    -------
    float64 array of shape (F, A), 0 or 1; NaN where the intensity is NaN, which also ends a unit
    """
    starts_A = np.array([UNITS[au].starts for au in AU_C])
    stops_A = np.array([UNITS[au].stops for au in AU_C])
    on_FA = intensity_FA >= starts_A
    decided_FA = on_FA | ~(intensity_FA >= stops_A)
    frame_F1 = np.arange(len(intensity_FA))[:, None]
    last_FA = np.maximum.accumulate(np.where(decided_FA, frame_F1, 0), axis=0)
    present_FA = np.take_along_axis(on_FA, last_FA, axis=0)
    return np.where(np.isnan(intensity_FA), np.nan, present_FA)


def unit_columns(distance_FA: F64, neutral_A: F64) -> tuple[F64, F64]:
    """Give the columns AU*_r (F, 17) and AU*_c (F, 18) of distances and a neutral face."""
    intensity_FA = intensities(distance_FA, neutral_A)
    with_intensity = [AU_C.index(au) for au in AU_R]
    return intensity_FA[:, with_intensity], presences(intensity_FA)
