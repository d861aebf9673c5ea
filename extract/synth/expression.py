"""Blinks and speech in the frontal photograph, before the head is turned.

Both work down each column of pixels, with edges that the landmarks give.  A blink draws the skin
between brow and lid down over the eye, lashes rigid at its edge, and hides what it covers.  Opening
the mouth moves the lower lip and the chin down as one, compresses the neck, and shows a dark cavity
below the upper teeth, which stay.  Blink 0 and mouth 0 are the photograph itself (a smile that
shows teeth); the lower lid and the corners of the mouth do not move.
"""

# H, W = rows and columns of the picture at SCALE

from dataclasses import dataclass
from functools import cache

import numpy as np

from ...features.types import F32, F64, U8
from .mesh import SIDE, load_face

SCALE = 2  # the picture that is moved has this many pixels per pixel of the photograph

# FaceMesh indices along an edge, from the picture's left to its right; both lids share their ends.
UPPER_LIDS = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
    (362, 398, 384, 385, 386, 387, 388, 466, 263),
)
LOWER_LIDS = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133),
    (362, 382, 381, 380, 374, 373, 390, 249, 263),
)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
CHIN = 152

LID_SKIN_PX = 9.0  # skin above the open eye that a blink stretches: up to the brow
LID_OVERLAP_PX = 0.7  # how far the closed lid passes the lower one, so that nothing shines through
JAW_DROP_PX = 9.0  # how far the lower lip moves at mouth = 1: 8 % of the face's height
JAW_HALF_PX = 38.0  # half-width of what moves, at the level of the chin
NECK_PX = 32.0  # height of the neck that the chin compresses
CAVITY = (22.0, 16.0, 46.0)  # colour inside the mouth: blue, green, red


@dataclass(frozen=True, eq=False)
class Eye:
    """The part of the picture that one eye's blink changes."""

    rows: slice
    cols: slice
    x: F32
    y: F32
    upper: F32
    """(W,) height of the upper lid's edge in each column, px of the photograph."""
    lower: F32


@dataclass(frozen=True, eq=False)
class Mouth:
    """The part of the picture that the mouth changes."""

    rows: slice
    cols: slice
    x: F32
    y: F32
    lip: F32
    """(W,) height of the lower lip's inner edge in each column, px of the photograph."""
    drop: F32
    """(H, W) how far what fills each pixel at mouth = 1 has come down, px of the photograph."""


@cache
def frontal() -> U8:
    """Give the photograph at `SCALE`."""
    import cv2

    size = (SIDE * SCALE, SIDE * SCALE)
    return np.asarray(cv2.resize(load_face().image, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def express(blink: float, mouth: float) -> U8:
    """Draw the frontal face.

    Parameters
    ----------
    blink : float in [0, 1]
        How far both upper lids have come down; 1 is closed.
    mouth : float in [0, 1]
        How far the jaw has dropped, of `JAW_DROP_PX`.

    Returns
    -------
    uint8 array of shape (SIDE * SCALE, SIDE * SCALE, 3)
        Blue, green, red.
    """
    picture = frontal().copy()
    if blink > 0:
        for eye in _eyes():
            picture[eye.rows, eye.cols] = _closing(eye, blink)
    if mouth > 0:
        where = _mouth()
        picture[where.rows, where.cols] = _opening(where, mouth)
    return picture


def _closing(eye: Eye, blink: float) -> U8:
    edge = eye.upper + np.float32(blink) * (eye.lower - eye.upper)
    brow = eye.upper - np.float32(LID_SKIN_PX)
    t = np.clip((eye.y - brow) / (edge - brow), 0, 1)
    lid = _sample(eye.x, eye.y - (edge - eye.upper) * t * t * (3 - 2 * t))
    covered = np.clip((edge - eye.y) * SCALE + 0.5, 0, 1)[..., None]
    return _rounded(covered * lid + (1 - covered) * frontal()[eye.rows, eye.cols])


def _opening(where: Mouth, mouth: float) -> U8:
    source_y = where.y - np.float32(mouth) * where.drop
    above = np.clip((where.lip - where.y) * SCALE + 0.5, 0, 1)[..., None]
    # What the lip has left: nothing where nothing moves, so that no seam shows beside the mouth.
    cavity = np.clip((where.lip - source_y) * SCALE + 0.5, 0, 1)[..., None] - above
    below = (1 - above - cavity) * _sample(where.x, source_y)
    return _rounded(
        above * frontal()[where.rows, where.cols]
        + cavity * np.array(CAVITY, dtype=np.float32)
        + below
    )


def _sample(x: F32, y: F32) -> F32:
    """Look the frontal picture up at points of the photograph."""
    import cv2

    found = cv2.remap(
        frontal(), x * SCALE - np.float32(0.5), y * SCALE - np.float32(0.5), cv2.INTER_LINEAR
    )
    return np.asarray(found, dtype=np.float32)


def _rounded(picture: F32) -> U8:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


@cache
def _eyes() -> tuple[Eye, ...]:
    landmark_P3 = load_face().landmark_P3
    eyes = []
    for above, below in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
        upper, lower = landmark_P3[list(above)], landmark_P3[list(below)]
        rows, cols, x, y = _patch(
            (upper[0, 0], upper[-1, 0]), (upper[:, 1].min() - LID_SKIN_PX, lower[:, 1].max() + 2)
        )
        open_edge = np.interp(x[0], upper[:, 0], upper[:, 1])
        closed_edge = np.interp(x[0], lower[:, 0], lower[:, 1])
        # Lids meet in the corners: nothing is drawn over them there.
        overlap = LID_OVERLAP_PX * np.clip(closed_edge - open_edge, 0, 1)
        eyes.append(
            Eye(
                rows,
                cols,
                x,
                y,
                open_edge.astype(np.float32),
                (closed_edge + overlap).astype(np.float32),
            )
        )
    return tuple(eyes)


@cache
def _mouth() -> Mouth:
    landmark_P3 = load_face().landmark_P3
    lip_P3 = landmark_P3[list(LOWER_LIP)]
    chin_y = landmark_P3[CHIN, 1] + JAW_DROP_PX
    middle = (lip_P3[0, 0] + lip_P3[-1, 0]) / 2
    half = (lip_P3[-1, 0] - lip_P3[0, 0]) / 2
    corner_y = lip_P3[[0, -1], 1].min()
    rows, cols, x, y = _patch(
        (middle - JAW_HALF_PX, middle + JAW_HALF_PX), (corner_y - 1, chin_y + NECK_PX)
    )
    # The jaw is as wide as the mouth between its corners, so that these stay, and wider below.
    width = half + (JAW_HALF_PX - half) * np.clip((y - corner_y) / (chin_y - corner_y), 0, 1)
    across = (1 - np.clip(np.abs(x - middle) / width, 0, 1) ** 2) ** 1.5
    down = 1 - _smoothstep((y - chin_y) / NECK_PX)
    lip = np.interp(x[0], lip_P3[:, 0], lip_P3[:, 1])
    return Mouth(
        rows, cols, x, y, lip.astype(np.float32), (JAW_DROP_PX * across * down).astype(np.float32)
    )


def _patch(x_px: tuple[float, float], y_px: tuple[float, float]) -> tuple[slice, slice, F32, F32]:
    """Cut a rectangle of the picture; x and y (H, W) are its pixels' centres in the photograph."""
    cols = slice(int(x_px[0] * SCALE), int(np.ceil(x_px[1] * SCALE)))
    rows = slice(int(y_px[0] * SCALE), int(np.ceil(y_px[1] * SCALE)))
    x, y = np.meshgrid(
        (np.arange(cols.start, cols.stop) + 0.5) / SCALE,
        (np.arange(rows.start, rows.stop) + 0.5) / SCALE,
    )
    return rows, cols, x.astype(np.float32), y.astype(np.float32)


def _smoothstep(t: F64) -> F64:
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)
