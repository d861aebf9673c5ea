"""Furrows and folds of a face crop: what action units change in the skin between the landmarks.

FACS (Ekman, Friesen & Hager, "Facial Action Coding System", 2002) describes many units by lines,
folds and bulges that landmarks hardly follow.  Each measure here is a logarithm of a ratio within
a patch of the upright face crop that the mesh model saw: of slopes to brightness, of slopes across
to slopes along, of brightness to the face's.  So a brighter lamp, a higher gain or a larger face
cancel; a constant offset or a blur shifts all frames of a recording alike and falls away with the
person's own neutral.  What a measure means in a unit is written in `upper` and `lower`.

A patch that leaves the crop, is narrower than `LEAST_PX`, or lies on the far cheek of a face that
is turned away cannot be read: NaN.  So does a face without any contrast.  How sharp the video was
before it became a crop is not known here.
"""

# V = 478 mesh vertices, P = places (a sided patch has two), T = textures

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...types import F32, F64, I64, U8
from ..head.canonical import MIRROR
from .signs import FAR, RIGHT_SHARE, SIDES

SCALE_PX = 1.2
"""Standard deviation of the blur before slopes are taken: 1.7 mm on a face of usual size, coarser
than compression noise and finer than a fold."""
BLUR_PX = 7  # width of its kernel, 5 standard deviations
BLUR = np.exp(-((np.arange(BLUR_PX) - BLUR_PX // 2) ** 2) / (2 * SCALE_PX**2))
BLUR /= BLUR.sum()
LEAST_PX = 3  # sides of the smallest patch that holds a slope and its surroundings
FLAT = 0.05  # slope of a surface without contrast, grey levels a pixel
DARK = 2.0  # grey levels that are noise: no brightness below them is believed
NOISE = 0.02  # squared slopes below this share of the face's mean are noise
MARGIN_PX = 16  # around the outline, 2 cm on a usual face: so far a patch may overlap it
OUTLINE = (10, 54, 284, 127, 356, 93, 323, 136, 365, 152)  # vertices that bound the face


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A rectangle of skin, upright in the crop."""

    vertices: tuple[int, ...]
    """Its centre is their mean; of a sided patch, those on the image's left."""
    width: float
    height: float
    """Sides in distances of the outer corners of the eyes."""
    sided: bool = False


# fmt: off
PATCHES = {
    "brow": Patch(vertices=(107, 55, 66), width=0.20, height=0.14, sided=True),
    "malar": Patch(vertices=(117, 118, 101), width=0.30, height=0.16, sided=True),
    "cheek": Patch(vertices=(50, 205, 101), width=0.25, height=0.20, sided=True),
    "fold": Patch(vertices=(203, 206), width=0.16, height=0.20, sided=True),
    "glabella": Patch(vertices=(9, 8, 55, 285), width=0.26, height=0.20),
    "root": Patch(vertices=(168, 6), width=0.20, height=0.14),
    "bridge": Patch(vertices=(197, 195), width=0.22, height=0.20),
    "chin": Patch(vertices=(199, 200), width=0.36, height=0.26),
    "under_lip": Patch(vertices=(18, 200), width=0.36, height=0.12),
}
# fmt: on


def _sided(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_{side}" for name in names for side in SIDES)


TEXTURES = (
    *_sided("brow_slant", "malar_lines", "cheek_lines", "fold_depth"),
    "glabella_lines",
    "nose_root_lines",
    "chin_pits",
    "lip_shadow",
    RIGHT_SHARE,
)
"""Names of the measures; right and left are the person's own, right is on the image's left."""


class Statistic(NamedTuple):
    """What is averaged over a patch."""

    across: float
    """Squared slope along x, (grey levels a pixel) ** 2."""
    down: float
    """Squared slope along y."""
    brightness: float
    """Grey levels."""


UNREAD = Statistic(math.nan, math.nan, math.nan)


class Places(NamedTuple):
    """Patches laid out for reading; a sided one has two places, ``_right`` and ``_left``."""

    names: tuple[str, ...]
    size_P2: tuple[tuple[float, float], ...]
    """Width and height in distances of the outer corners of the eyes."""
    vertex_PN: I64
    """Vertices whose mean is the centre, repeated to twelve, which counts them evenly."""
    outline_N: I64


def laid_out(patches: Mapping[str, Patch]) -> Places:
    """Lay patches out for reading."""
    names, sizes, rows = [], [], []
    for name, patch in patches.items():
        for side in SIDES if patch.sided else ("",):
            vertices = np.array(patch.vertices)
            rows.append(np.resize(MIRROR[vertices] if side == "left" else vertices, 12))
            names.append(f"{name}_{side}" if side else name)
            sizes.append((patch.width, patch.height))
    return Places(tuple(names), tuple(sizes), np.stack(rows), np.array(OUTLINE))


PLACES = laid_out(PATCHES)


def texture(crop: U8, mesh_V2: F64) -> F32:
    """Measure furrows and folds of one face.

    Parameters
    ----------
    crop : uint8 array of shape (192, 192, 3), BGR
        Upright, the face in its middle.
    mesh_V2 : float64 array of shape (V, 2), px of the crop

    Returns
    -------
    float32 array of shape (T,), in the order of `TEXTURES`
        Natural logarithms of ratios; NaN where the patch cannot be read.  The last is how much of
        the face the right side takes up, 0..1; NaN without a mesh.
    """
    face, found = patch_statistics(crop, mesh_V2, PLACES)
    values = (
        *(slant(place, face) for place in (found["brow_right"], found["brow_left"])),
        *(lines(place) for place in (found["malar_right"], found["malar_left"])),
        *(level_lines(place, face) for place in (found["cheek_right"], found["cheek_left"])),
        *(
            lines(place) + darkness(place, face)
            for place in (found["fold_right"], found["fold_left"])
        ),
        lines(found["glabella"]),
        (lines(found["root"]) + lines(found["bridge"])) / 2,
        slant(found["chin"], face),
        slant(found["under_lip"], face),
        right_share(mesh_V2),
    )
    return np.array(values, dtype=np.float32)


def right_share(mesh_V2: F64) -> float:
    """Measure how much of the distance between the eyes lies on the person's right, 0..1."""
    x_33, x_263, x_168 = (float(x) for x in mesh_V2[[33, 263, 168], 0])
    share = (x_168 - x_33) / max(x_263 - x_33, 1.0)
    return share if math.isnan(share) else min(max(share, 0.0), 1.0)


def lines(place: Statistic) -> float:
    """Measure how rough the skin looks: root mean square slope over brightness."""
    slope = math.sqrt(place.across + place.down)
    return math.log((slope + FLAT) / (place.brightness + DARK))


def slant(place: Statistic, face: Statistic) -> float:
    """Measure how far edges stand up: squared slopes across over down, 2 log tan of their angle."""
    noise = NOISE * (face.across + face.down)
    return math.log((place.across + noise) / (place.down + noise))


def level_lines(place: Statistic, face: Statistic) -> float:
    """Measure edges that lie level: squared slopes down the patch over those of the face."""
    whole = face.across + face.down
    return math.log(place.down / whole + NOISE)


def darkness(place: Statistic, face: Statistic) -> float:
    """Measure how much darker than the face a patch is."""
    return math.log((face.brightness + DARK) / (place.brightness + DARK))


def patch_statistics(
    crop: U8, mesh_V2: F64, places: Places
) -> tuple[Statistic, dict[str, Statistic]]:
    """Average squared slopes and brightness over the face and over places of it.

    Returns
    -------
    statistics of the face's surroundings
    mapping of the name of a place to its statistics
        NaN where it cannot be read.
    """
    import cv2

    unread = dict.fromkeys(places.names, UNREAD)
    point_P2 = mesh_V2[places.vertex_PN].mean(axis=1)
    outline_N2 = mesh_V2[places.outline_N]
    if not math.isfinite(float(point_P2.sum() + outline_N2.sum())):
        return UNREAD, unread
    left, right, top, bottom = _bounds(outline_N2, crop.shape[1], crop.shape[0])
    if min(right - left, bottom - top) < LEAST_PX:
        return UNREAD, unread
    grey = cv2.cvtColor(crop[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
    smooth = cv2.sepFilter2D(grey, cv2.CV_32F, BLUR, BLUR)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    maps = across * across, down * down, smooth
    face = Statistic(*(cv2.mean(one)[0] for one in maps))
    if face.across + face.down < FLAT**2:
        return UNREAD, unread

    (x_33, y_33), (x_263, y_263) = mesh_V2[[33, 263]].tolist()
    eyes_px = math.hypot(x_263 - x_33, y_263 - y_33)
    share = right_share(mesh_V2)
    hidden = "_right" if share <= FAR else "_left" if share >= 1 - FAR else "-"
    found, stacked = {}, cv2.merge(maps)
    for name, (width, height), (x, y) in zip(
        places.names, places.size_P2, point_P2.tolist(), strict=True
    ):
        w, h = round(width * eyes_px), round(height * eyes_px)
        x, y = x - left, y - top
        inside = w / 2 <= x <= right - left - w / 2 and h / 2 <= y <= bottom - top - h / 2
        if not inside or min(w, h) < LEAST_PX or name.endswith(hidden):
            found[name] = UNREAD
        else:
            mean = cv2.mean(cv2.getRectSubPix(stacked, (w, h), (x, y)))
            found[name] = Statistic(*mean[:3])
    return face, found


def _bounds(outline_N2: F64, width: int, height: int) -> tuple[int, int, int, int]:
    """Bound the face with a margin, inside the crop: left, right, top, bottom in whole px."""
    x, y = outline_N2.T.tolist()
    return (
        max(int(min(x)) - MARGIN_PX, 0),
        min(int(max(x)) + MARGIN_PX, width),
        max(int(min(y)) - MARGIN_PX, 0),
        min(int(max(y)) + MARGIN_PX, height),
    )
