"""Crop: the small upright square that the models see of a face, and the way back to the picture.

MediaPipe's mesh model wants the face upright and centred in 192 x 192 pixels, with half as much
again around its box; the crop of a frame is laid around the landmarks of the frame before.
"""

# V = mesh vertices, or any points

import math
from dataclasses import dataclass

import numpy as np

from ...types import F32, F64, U8

SIDE_PX = 192  # what face_landmark_with_attention.tflite takes
MARGIN = 1.5  # side of the crop over the longer side of the face's box, as in MediaPipe's graph
EYES = (33, 263)  # outer corners, image's left and right
SMALL_PX = 48  # side of the shrunken crop: coarse enough to forgive a mesh that is off a little
PATCH_PX = 24  # side of its middle, brows to mouth, without background and hair


@dataclass(frozen=True, eq=False, slots=True)
class Region:
    """A square in a picture."""

    x_px: float
    y_px: float
    """Its centre."""
    side_px: float
    angle_rad: float
    """By how much it is turned clockwise in the image."""

    def matrix(self, side_px: int = SIDE_PX) -> F64:
        """Give the affine map (2, 3) from the picture to a crop of `side_px` pixels."""
        scale = side_px / self.side_px
        cos, sin = scale * math.cos(self.angle_rad), scale * math.sin(self.angle_rad)
        half = side_px / 2
        return np.array(
            [
                [cos, sin, half - cos * self.x_px - sin * self.y_px],
                [-sin, cos, half + sin * self.x_px - cos * self.y_px],
            ]
        )


def box(mesh_VD: F64) -> tuple[float, float, float, float]:
    """Give left, top, right and bottom of a mesh (V, 2 or 3)."""
    x_V, y_V = mesh_VD[:, 0], mesh_VD[:, 1]
    return float(x_V.min()), float(y_V.min()), float(x_V.max()), float(y_V.max())


def around(mesh_VD: F64) -> Region:
    """Lay the region around a mesh (V, 2 or 3) in picture pixels, upright along its eyes."""
    left, top, right, bottom = box(mesh_VD)
    eyes_2 = mesh_VD[EYES[1], :2] - mesh_VD[EYES[0], :2]
    return Region(
        x_px=(left + right) / 2,
        y_px=(top + bottom) / 2,
        side_px=MARGIN * max(right - left, bottom - top),
        angle_rad=math.atan2(eyes_2[1], eyes_2[0]),
    )


def cut_out(image: U8, region: Region, side_px: int = SIDE_PX) -> U8:
    """Cut a region out of a picture (height, width, 3): (side, side, 3) of the same colours.

    What lies beyond the picture is black.
    """
    import cv2

    crop = cv2.warpAffine(image, region.matrix(side_px), (side_px, side_px))
    return np.asarray(crop, dtype=np.uint8)


def to_picture(crop_V3: F64, region: Region) -> F64:
    """Map points (V, 3) from crop to picture pixels; depth is scaled alike."""
    scale = region.side_px / SIDE_PX
    cos, sin = scale * math.cos(region.angle_rad), scale * math.sin(region.angle_rad)
    turn_33 = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, scale]])
    middle_3 = np.array([SIDE_PX / 2, SIDE_PX / 2, 0.0])
    point_V3: F64 = crop_V3 @ turn_33.T + ((region.x_px, region.y_px, 0.0) - turn_33 @ middle_3)
    return point_V3


def to_crop(mesh_VD: F64, region: Region) -> F64:
    """Map points (V, 2 or 3) from picture to crop pixels: (V, 2)."""
    matrix = region.matrix()
    point_V2: F64 = mesh_VD[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return point_V2


def patch(crop: U8, region: Region, fitting: Region) -> F32:
    """Shrink the middle of a face to a likeness: (PATCH_PX ** 2,) grey values, mean 0, norm 1.

    Two likenesses of one face have an inner product near 1; gain and offset of the light drop out.

    Parameters
    ----------
    crop : uint8 array of shape (192, 192, 3)
    region, fitting : Region
        Where the crop lies, and where it would lie around the mesh that was found in it: a face
        that moved since the frame before is brought back to the middle.
    """
    import cv2

    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (SMALL_PX, SMALL_PX), interpolation=cv2.INTER_AREA)
    back, there = cv2.invertAffineTransform(region.matrix(SMALL_PX)), fitting.matrix(SMALL_PX)
    between = there[:, :2] @ back
    between[:, 2] += there[:, 2] - (SMALL_PX - PATCH_PX) / 2
    middle = cv2.warpAffine(small, between, (PATCH_PX, PATCH_PX), borderMode=cv2.BORDER_REPLICATE)
    grey_P = middle.astype(np.float32).ravel()
    grey_P -= np.float32(cv2.mean(middle)[0])
    norm = float(np.linalg.norm(grey_P))
    likeness_P: F32 = grey_P / norm if norm > 0 else grey_P
    return likeness_P
