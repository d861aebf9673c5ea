"""What an action unit is made of: signs, each one number a frame that grows with the action.

A sign is a distance on one side of the head, or a measure of the skin's texture.  It is written for
the side on the image's left, the person's right; the other side is the same sign of the mirrored
head, so both sides are measured alike and a mirrored video swaps them exactly.
"""

# F = frames, V = 478 mesh vertices

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...types import F64
from ..head.canonical import HEAD, MIRROR
from ..head.proportions import in_neutral_proportions

SIDES = ("right", "left")
"""The person's own; the right side lies on the image's left."""

RIGHT_SHARE = "right_share"
"""Measure: share of the distance between the eyes that lies on the right, half from the front."""

FAR, FADING = 0.1, 0.2
"""Shares below which a side's texture is not read, and below which it begins to count less: turned
by 60 and by 52 degrees on the neutral head."""

PLAIN, LAID = "plain", "laid"
"""Head frames: as it is, or laid on the neutral head's proportions (`proportions`)."""

STEEPER = float(np.log(4.0))
"""Reach of lines in the skin: four times as steep or as contrasted as in the neutral face.  FACS
grades furrows in words and no scale of them was found; two doublings are a convention."""


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One visible change."""

    name: str
    of: Callable[[F64], F64] | None = None
    """(F, V, 3) mm -> (F,) mm, of the side on the image's left; None: the texture of that name."""
    on: str = PLAIN
    sided: bool = True
    """False: both sides are averaged before the neutral is taken away, or there is but one."""
    reach: float
    """Change from neutral to FACS's E, the maximum: mm, natural log, or shares of `yardstick`."""
    yardstick: str = ""
    """Sign whose own neutral is the unit of `reach`; the person's own eye or lip."""
    neutral: float = 0.5
    """Quantile over good frames that stands for the neutral face."""
    believed: float = math.inf
    """How far beyond the neutral head's, in reaches, a neutral is believed to lie: a face that
    shows more was never seen without."""
    weight: float = 1.0

    def most(self) -> float:
        """Give the largest value that is believed of a neutral face, mm."""
        if self.of is None or not math.isfinite(self.believed):
            return math.inf
        return float(self.of(HEAD[None])[0]) + self.believed * self.reach

    def names(self, sides: Sequence[str] = SIDES) -> tuple[str, ...]:
        """List the measures that the sign needs: one a side, or one."""
        return tuple(f"{self.name}_{side}" for side in sides) if self.sided else (self.name,)


@dataclass(frozen=True, kw_only=True)
class Unit:
    """How one action unit is told: the weighted mean of the intensities of its signs."""

    signs: tuple[Sign, ...]
    """The first is a distance and decides whether there is a value; a texture that could not be
    read is left out of the mean."""
    starts: float = 1.0
    """Intensity at which the unit is present: FACS's A, a trace."""
    stops: float = 0.5
    """Intensity below which it is over."""
    brief: bool = False
    """Whether it is over within a few frames: its presence is told before frames are averaged."""


def distances(signs: Iterable[Sign], head_FV3: F64) -> dict[str, F64]:
    """Measure the signs that are distances.

    Parameters
    ----------
    head_FV3 : float64 array of shape (F, V, 3), mm
        Meshes of any faces, pose undone.

    Returns
    -------
    mapping of measure to (F,), mm
        NaN where the mesh is.
    """
    right = {PLAIN: head_FV3, LAID: in_neutral_proportions(head_FV3)}
    left = {on: right_FV3[:, MIRROR] * (-1, 1, 1) for on, right_FV3 in right.items()}
    found: dict[str, F64] = {}
    for sign in signs:
        if sign.of is not None:
            sides = sign.of(right[sign.on]), sign.of(left[sign.on])
            values = sides if sign.sided else ((sides[0] + sides[1]) / 2,)
            found.update(zip(sign.names(), values, strict=True))
    return found


def up(head_FV3: F64, *vertices: int) -> F64:
    """Measure the mean height of vertices, mm."""
    up_F: F64 = -head_FV3[:, list(vertices), 1].mean(axis=1)
    return up_F


def outward(head_FV3: F64, *vertices: int) -> F64:
    """Measure how far vertices on the image's left lie from the middle of the face, mm."""
    out_F: F64 = -head_FV3[:, list(vertices), 0].mean(axis=1)
    return out_F


def backward(head_FV3: F64, *vertices: int) -> F64:
    """Measure the mean depth of vertices, mm."""
    back_F: F64 = head_FV3[:, list(vertices), 2].mean(axis=1)
    return back_F


def along(head_FV3: F64, direction_3: F64, *vertices: int) -> F64:
    """Measure the mean place of vertices along a direction, mm."""
    along_F: F64 = head_FV3[:, list(vertices)].mean(axis=1) @ direction_3
    return along_F


def apart(head_FV3: F64, *pairs: tuple[int, int]) -> F64:
    """Measure the mean distance of pairs of vertices as seen from the front, mm.

    Depth is the mesh's weakest axis, and lids and lips open across it.
    """
    lines = [head_FV3[:, a, :2] - head_FV3[:, b, :2] for a, b in pairs]
    mean_F: F64 = np.mean([np.linalg.norm(line_F2, axis=1) for line_F2 in lines], axis=0)
    return mean_F


def direction(start_3: F64, stop_3: F64) -> F64:
    """Point from one place to another, as a unit vector."""
    unit_3: F64 = (stop_3 - start_3) / np.linalg.norm(stop_3 - start_3)
    return unit_3
