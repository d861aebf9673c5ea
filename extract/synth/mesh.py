"""The photograph that the demo moves: its picture, its landmarks, a depth for every point of it.

The landmarks were measured once, on the unmoved photograph (``assets/ORIGIN.md``), and are shipped:
what is rendered here is therefore exact, and independent of the tracker that it serves to test.

Coordinates are pixels of the photograph, x right, y down, z away from the camera; the centre of
the top left pixel is (0.5, 0.5).
"""

# H, W = rows and columns of a picture; P = landmarks; N = any points

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ...features.types import F64, U8

ASSETS = Path(__file__).parent / "assets"
SIDE = 256  # rows and columns of the photograph, px

# The head's outline in the photograph, hair included, as an ellipse; read off the picture.
HEAD_CENTRE = (131.0, 97.0)
HEAD_RADII = (76.0, 84.0)
RIM_PX = 35.0
"""Depth of the head's outline: a little before the ears, where the landmarks end (41 and 40 px)."""
STEEP_PX = 20.0
"""Landmarks behind this depth are left out of the surface: the cheek turns away there, and so steep
a surface would fold over itself when the head turns by 15 degrees."""


@dataclass(frozen=True, eq=False)
class Face:
    """A photograph of a face and its landmarks."""

    image: U8
    """(SIDE, SIDE, 3) blue, green, red."""
    landmark_P3: F64
    """(478, 3) px, in the order of MediaPipe's FaceMesh; z is 0 near the middle of the face."""


@cache
def load_face() -> Face:
    """Read the shipped photograph and its landmarks."""
    import cv2

    image = np.asarray(cv2.imread(str(ASSETS / "astronaut.png")), dtype=np.uint8)
    landmark_P3 = np.loadtxt(ASSETS / "astronaut_mesh.csv", delimiter=",", skiprows=1)
    return Face(image, landmark_P3)


def head_radius(x_N: F64, y_N: F64) -> F64:
    """Distance from the middle of the head: 1 on its outline, less inside, more outside."""
    return np.hypot((x_N - HEAD_CENTRE[0]) / HEAD_RADII[0], (y_N - HEAD_CENTRE[1]) / HEAD_RADII[1])


def depth(face: Face, x_N: F64, y_N: F64) -> F64:
    """Interpolate the depth of the head at points of the photograph.

    A thin-plate spline through the landmarks that face the camera and through the head's outline;
    kept within the depths that it was given.

    Parameters
    ----------
    x_N, y_N : float64 arrays of one shape
        Points of the photograph, px.

    Returns
    -------
    float64 array of that shape
        Depth, px.

    References
    ----------
    Duchon 1977; Bookstein, IEEE TPAMI 11(6), 1989: kernel r^2 log r.
    """
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = np.column_stack(
        [
            HEAD_CENTRE[0] + 1.1 * HEAD_RADII[0] * np.cos(angle),
            HEAD_CENTRE[1] + 1.1 * HEAD_RADII[1] * np.sin(angle),
            np.full(angle.size, RIM_PX),
        ]
    )
    front = face.landmark_P3[:, 2] < STEEP_PX
    knot_K3 = np.vstack([face.landmark_P3[front], rim])
    plane_K3 = np.column_stack([np.ones(len(knot_K3)), knot_K3[:, :2]])
    system = np.block(
        [[_kernel(knot_K3[:, :2], knot_K3[:, :2]), plane_K3], [plane_K3.T, np.zeros((3, 3))]]
    )
    weight = np.linalg.solve(system, np.concatenate([knot_K3[:, 2], np.zeros(3)]))
    point_N2 = np.column_stack([x_N.ravel(), y_N.ravel()])
    plane_N3 = np.column_stack([np.ones(len(point_N2)), point_N2])
    z_N = _kernel(point_N2, knot_K3[:, :2]) @ weight[:-3] + plane_N3 @ weight[-3:]
    z_N = np.clip(z_N, knot_K3[:, 2].min(), knot_K3[:, 2].max())
    # Rounded, so that the last bits of a linear solver do not show in what is rendered.
    return np.asarray(np.round(z_N, 2).reshape(x_N.shape), dtype=np.float64)


def _kernel(a_N2: F64, b_K2: F64) -> F64:
    square_NK = ((a_N2[:, None, :] - b_K2[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(0.5 * square_NK * np.log(np.maximum(square_NK, 1e-12)), dtype=np.float64)
