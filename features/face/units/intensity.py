"""Measures of a recording into intensities and presences, each person against their own neutral.

The neutral of a measure is a quantile (each sign says which) over the good frames of one
``face_id``: well seen and near-frontal.  A whole recording serves rather than a running window: a
person who smiles for a minute would become neutral.  A face with less than `ENOUGH_S` or
`ENOUGH_FRAMES` of good frames takes all its frames; one that was seen for less altogether has no
neutral and no units.  Two people in one video never share a neutral.
"""

# F = frames, G = frames of one face

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...types import F64, I64, Bool
from .signs import FADING, FAR, RIGHT_SHARE, SIDES, Sign, Unit

MAXIMUM = 5.0  # FACS intensity E
SMOOTH_S = 0.12  # three frames at 25 Hz, and at least three, as OpenFace; a blink lasts 0.1-0.4 s
ENOUGH_S = 0.5  # longer than a blink, so that a blink is no neutral face
ENOUGH_FRAMES = 3  # and no fewer, whatever time they span: one or two frames are their own neutral


@dataclass(frozen=True, eq=False, kw_only=True)
class Faces:
    """Which frames belong to whom."""

    run_F: I64
    """Number of the uninterrupted run of one face that a frame lies in; -1 without a face."""
    frame_G: tuple[I64, ...]
    """Of each face that has a neutral, its frames."""
    neutral_G: tuple[Bool, ...]
    """Of each face that has a neutral, which of its frames tell it."""
    smooth: int
    """Frames that are averaged, odd."""
    smiling: int
    """Faces that were hardly ever seen without a smile, which their neutral holds too."""
    guessed: int
    """Faces whose neutral comes from all their frames, good or not."""
    brief: int
    """Faces that were seen too briefly to have a neutral."""
    brief_frames: int

    def counts(self) -> dict[str, int]:
        """Give the figures of the quality record."""
        return {
            "neutral_frames": sum(int(neutral_G.sum()) for neutral_G in self.neutral_G),
            "faces_that_always_smile": self.smiling,
            "faces_without_good_frames": self.guessed,
            "faces_too_brief_for_units": self.brief,
            "frames_too_brief_for_units": self.brief_frames,
        }


def faces_of(face_id_F: I64, good_F: Bool, time_s: F64, smiling_F: Bool | None = None) -> Faces:
    """Sort frames by face.

    Parameters
    ----------
    face_id_F : int array of shape (F,)
        Negative where there is no face.
    good_F : bool array of shape (F,)
    time_s : float64 array of shape (F,), seconds, increasing
    smiling_F : bool array of shape (F,)
        Good frames that tell no neutral face where there are others.
    """
    calm_F = good_F if smiling_F is None else good_F & ~smiling_F
    face_id_F = np.asarray(face_id_F).astype(np.int64)
    step_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else ENOUGH_S
    half = max(1, int(SMOOTH_S / step_s / 2)) if step_s < SMOOTH_S else 0
    changes_F = np.diff(face_id_F, prepend=-1) != 0
    enough = max(ENOUGH_FRAMES, ENOUGH_S / step_s * (1 - 1e-6))  # frames
    frames, neutrals = [], []
    smiling = guessed = brief = brief_frames = 0
    for face_id in np.unique(face_id_F[face_id_F >= 0]):
        frame_G = np.flatnonzero(face_id_F == face_id)
        if len(frame_G) < enough:
            brief, brief_frames = brief + 1, brief_frames + len(frame_G)
            continue
        good_G = calm_F[frame_G]
        if good_G.sum() < enough and good_F[frame_G].sum() >= enough:
            smiling, good_G = smiling + 1, good_F[frame_G]
        if good_G.sum() < enough:
            guessed, good_G = guessed + 1, np.ones(len(frame_G), dtype=np.bool_)
        frames.append(frame_G)
        neutrals.append(good_G)
    return Faces(
        run_F=np.where(face_id_F >= 0, np.cumsum(changes_F), -1),
        frame_G=tuple(frames),
        neutral_G=tuple(neutrals),
        smooth=2 * half + 1,
        smiling=smiling,
        guessed=guessed,
        brief=brief,
        brief_frames=brief_frames,
    )


def rated(column: Callable[[str], F64], unit: Unit, faces: Faces, sides: Sequence[str]) -> F64:
    """Rate a unit: of each sign the mean of its sides, of these the weighted mean.

    The mesh knows the far side as well as the near one, so distances count evenly.  A texture
    counts less as its side turns away, so that it fades out before it is lost; one that only
    one side shows stands for both, one that none shows is left out.

    Parameters
    ----------
    column : callable
        Gives the measure (F,) of a name.
    sides : sequence of str
        Sides of the person that count; a sign without sides counts for either.

    Returns
    -------
    float64 array of shape (F,), 0..5
        NaN where the unit's first sign is.
    """
    rows = len(faces.run_F)
    total_F, weight_F = np.zeros(rows), np.zeros(rows)
    for sign in unit.signs:
        sum_F, count_F = np.zeros(rows), np.zeros(rows)
        for name in sign.names(sides):
            yardstick_F = column(sign.yardstick) if sign.yardstick else None
            side_F = intensity(column(name), faces, sign, yardstick_F)
            known_F = np.isfinite(side_F)
            seen_F = _seen(column, sign, name)[known_F]
            sum_F[known_F] += seen_F * side_F[known_F]
            count_F[known_F] += seen_F
        if sign is unit.signs[0]:
            weight_F[count_F == 0] = np.nan  # no mesh, no value
        known_F = count_F > 0
        total_F[known_F] += sign.weight * sum_F[known_F] / count_F[known_F]
        weight_F[known_F] += sign.weight
    return total_F / weight_F


def _seen(column: Callable[[str], F64], sign: Sign, name: str) -> F64:
    """Say how well a side is seen (F,), 0..1, for signs that depend on it."""
    share_F = column(RIGHT_SHARE)
    if sign.of is not None or not sign.sided:
        return np.ones(len(share_F))
    of_side_F = share_F if name.endswith(SIDES[0]) else 1 - share_F
    return np.clip((of_side_F - FAR) / (FADING - FAR), 0, 1)


def intensity(measure_F: F64, faces: Faces, sign: Sign, yardstick_F: F64 | None = None) -> F64:
    """Rate a sign against each person's own neutral.

    Parameters
    ----------
    measure_F : float64 array of shape (F,)
    yardstick_F : float64 array of shape (F,)
        Measure whose neutral is the unit of the sign's reach, where it has one.

    Returns
    -------
    float64 array of shape (F,), 0..5
        NaN where the measure is, or the neutral of the face is not known.
    """
    smooth_F = smoothed(measure_F, faces)
    intensity_F = np.full(len(measure_F), np.nan)
    for frame_G, neutral_G in zip(faces.frame_G, faces.neutral_G, strict=True):
        neutral = min(_quantile(smooth_F[frame_G[neutral_G]], sign.neutral), sign.most())
        reach = sign.reach
        if yardstick_F is not None:
            reach *= abs(_quantile(yardstick_F[frame_G[neutral_G]], 0.5))
        intensity_F[frame_G] = MAXIMUM * (smooth_F[frame_G] - neutral) / max(reach, 1e-9)
    return np.clip(intensity_F, 0, MAXIMUM)


def smoothed(measure_F: F64, faces: Faces) -> F64:
    """Average over neighbouring frames of the same uninterrupted face; NaN counts nothing.

    Returns
    -------
    float64 array of shape (F,)
        NaN where the measure is.
    """
    known_F = np.isfinite(measure_F)
    total_F, count_F = np.where(known_F, measure_F, 0.0), known_F.astype(np.float64)
    half = faces.smooth // 2
    sum_F, weight_F = total_F.copy(), count_F.copy()
    for shift in range(1, min(half, len(measure_F) - 1) + 1):
        same = faces.run_F[shift:] == faces.run_F[:-shift]
        sum_F[shift:] += np.where(same, total_F[:-shift], 0)
        weight_F[shift:] += np.where(same, count_F[:-shift], 0)
        sum_F[:-shift] += np.where(same, total_F[shift:], 0)
        weight_F[:-shift] += np.where(same, count_F[shift:], 0)
    weight_F[~known_F] = np.nan
    return sum_F / weight_F


def presence(intensity_F: F64, faces: Faces, unit: Unit) -> F64:
    """Decide where a unit is present: from `starts` until it falls below `stops`.

    A lost frame or another face ends it.

    Returns
    -------
    float64 array of shape (F,), 0 or 1; NaN where the intensity is NaN
    """
    on_F = intensity_F >= unit.starts
    decided_F = on_F | ~(intensity_F >= unit.stops) | (np.diff(faces.run_F, prepend=-2) != 0)
    last_F = np.maximum.accumulate(np.where(decided_F, np.arange(len(on_F)), 0))
    return np.where(np.isnan(intensity_F), np.nan, on_F[last_F])


def _quantile(value_G: F64, share: float) -> float:
    known_G = value_G[np.isfinite(value_G)]
    return float(np.quantile(known_G, share)) if known_G.size else np.nan
