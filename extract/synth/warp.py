"""Render a frame: the face with a known expression, its head turned by a known rotation.

The photograph is a surface: every point has a depth (`mesh.depth`).  Points of the head turn
rigidly about a point behind the face and are projected by scaled orthography (the photograph was
taken from afar); the turn fades out around the head, so that the picture's border stays.

Angles follow OpenFace (Baltrusaitis et al., FG 2018): x right, y down, z away from the camera,
R = Rx(pitch) Ry(yaw) Rz(roll), right-handed matrices.  So a positive pitch lowers the nose, a
positive yaw moves it to the picture's left, a positive roll turns the picture clockwise.  They are
measured from the photograph, in which the head is held almost, but not quite, straight.
"""

# G = nodes along a side of the coarse grid

from dataclasses import dataclass
from functools import cache

import numpy as np

from ...features.types import F32, F64, U8
from .expression import SCALE, express
from .mesh import SIDE, depth, head_radius, load_face

FRAME_PX = 384  # rows and columns of a rendered frame
PIVOT = (129.0, 160.0, 41.0)  # what the head turns about, px: below the mouth, at the ears' depth
FADE = 1.5  # the turn fades out between the head's outline (1) and here, in `head_radius`
GRID = 128  # nodes along a side of the grid on which the turn is inverted
STEPS = 8  # fixed-point steps of that; at 12 degrees they leave < 0.001 px at 99 % of the nodes


@dataclass(frozen=True, slots=True)
class Moment:
    """What a frame shows."""

    yaw_rad: float
    pitch_rad: float
    roll_rad: float
    blink: float
    """0 open .. 1 closed."""
    mouth: float
    """0 as in the photograph .. 1 wide open."""


def rotation(yaw_rad: float, pitch_rad: float, roll_rad: float) -> F64:
    """Give OpenFace's R = Rx(pitch) Ry(yaw) Rz(roll), shape (3, 3)."""
    (sx, sy, sz), (cx, cy, cz) = (f([pitch_rad, yaw_rad, roll_rad]) for f in (np.sin, np.cos))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_x @ about_y @ about_z, dtype=np.float64)


def render(moment: Moment) -> U8:
    """Draw one frame.

    Returns
    -------
    uint8 array of shape (FRAME_PX, FRAME_PX, 3)
        Blue, green, red.
    """
    import cv2

    picture = express(moment.blink, moment.mouth)
    shift = _inverse(rotation(moment.yaw_rad, moment.pitch_rad, moment.roll_rad))
    shift = np.asarray(cv2.resize(shift, (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_LINEAR))
    source = (_centres(FRAME_PX) + shift) * np.float32(SCALE) - np.float32(0.5)
    drawn = cv2.remap(
        picture, source[..., 0], source[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(drawn, dtype=np.uint8)


def project(point_N3: F64, turn: F64) -> F64:
    """Say where points of the head come to lie in the photograph's plane after a turn.

    Parameters
    ----------
    point_N3 : float64 array of shape (N, 3)
        Points within the head's outline, px of the photograph.
    turn : float64 array of shape (3, 3)
        Rotation.

    Returns
    -------
    float64 array of shape (N, 2)
        x, y in px of the photograph; times `FRAME_PX` / `SIDE` in px of a frame.
    """
    return np.asarray((point_N3 - PIVOT) @ turn.T[:, :2] + PIVOT[:2], dtype=np.float64)


def _inverse(turn: F64) -> F32:
    """For each node of the grid: from where, relative to itself, its picture comes; (G, G, 2), px.

    Solves source + displacement(source) = node by fixed-point steps; the displacement of a point
    is (R - I) (point - pivot), faded outside the head.
    """
    import cv2

    x, y = _centres(GRID)[..., 0], _centres(GRID)[..., 1]
    depth_fade = _depth_and_fade()
    (xx, xy, xz), (yx, yy, yz) = (turn - np.eye(3))[:2].astype(np.float32)
    middle_x, middle_y, middle_z = np.array(PIVOT, dtype=np.float32)
    per_px, half = np.float32(GRID / SIDE), np.float32(0.5)
    move_x, move_y = np.zeros_like(x), np.zeros_like(y)
    for _ in range(STEPS):
        from_x, from_y = x + move_x, y + move_y
        at_x, at_y = from_x * per_px - half, from_y * per_px - half
        here = cv2.remap(depth_fade, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        right, down, back = from_x - middle_x, from_y - middle_y, here[..., 0] - middle_z
        move_x = -here[..., 1] * (xx * right + xy * down + xz * back)
        move_y = -here[..., 1] * (yx * right + yy * down + yz * back)
    return np.stack([move_x, move_y], axis=-1).astype(np.float32, copy=False)


@cache
def _centres(side: int) -> F32:
    """Centres of the cells of a `side` x `side` grid over the photograph, px: (side, side, 2)."""
    centre = (np.arange(side) + 0.5) * (SIDE / side)
    return np.asarray(np.stack(np.meshgrid(centre, centre), axis=-1), dtype=np.float32)


@cache
def _depth_and_fade() -> F32:
    """Depth in px, and how much of the turn a point takes part in (0..1): (GRID, GRID, 2)."""
    x, y = np.moveaxis(_centres(GRID).astype(np.float64), -1, 0)
    t = np.clip((FADE - head_radius(x, y)) / (FADE - 1), 0, 1)
    depth_fade = np.stack([depth(load_face(), x, y), t * t * (3 - 2 * t)], axis=-1)
    return np.asarray(depth_fade, dtype=np.float32)
