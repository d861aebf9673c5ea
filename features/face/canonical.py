"""The neutral head that every mesh is compared with: vertices in millimetres, by mesh index.

Coordinates are those of MediaPipe's canonical face model (``canonical_face_model.obj``, Copyright
The MediaPipe Authors, Apache-2.0), only the vertices that depx uses.  The model is
mirror-symmetric, so one side is written down and the other mirrored.  It came in centimetres, y up,
z towards the camera; here it is in OpenFace's head frame: millimetres, x to the image's right,
y down, z away from the camera, origin at the mean of the 68 landmarks as in OpenFace's shape model.
"""

# V = 478 mesh vertices

import numpy as np

from ..types import F64
from .landmarks import MESH_OF_68

VERTICES = 478
"""Points of the refined mesh: 468 of the face, then 5 of each iris."""

MIDDLE = {  # vertex: y up, z towards the camera, in cm; x is 0
    0: (-3.406404, 5.979507),
    2: (-2.089024, 6.058267),
    4: (-0.463170, 7.586580),
    5: (0.365669, 7.242870),
    6: (2.473255, 5.788627),
    10: (8.261778, 4.481535),
    13: (-3.994436, 5.219482),
    14: (-4.542400, 5.404754),
    17: (-5.365123, 5.535441),
    18: (-6.149624, 5.071372),
    152: (-9.403378, 4.264492),
    168: (3.271027, 5.236015),
    195: (1.059413, 6.774605),
    197: (1.728369, 6.316750),
    200: (-6.991499, 5.153478),
}

SIDES = {  # vertex on the image's left, its mirror: x, y up, z towards the camera, in cm
    (33, 263): (-4.445859, 2.663991, 3.173422),
    (37, 267): (-0.711452, -3.329355, 5.877044),
    (40, 270): (-1.914910, -3.803146, 5.028930),
    (54, 284): (-6.279331, 6.615427, 1.425850),
    (55, 285): (-1.220941, 4.142165, 5.106035),
    (58, 288): (-6.719682, -4.788645, -1.745401),
    (61, 291): (-2.456206, -4.342621, 4.283884),
    (63, 293): (-4.985894, 4.802461, 3.751977),
    (66, 296): (-2.760292, 5.100971, 5.015990),
    (70, 300): (-5.720968, 4.254584, 2.830852),
    (75, 305): (-1.043625, -1.464973, 5.662455),
    (78, 308): (-2.153084, -4.276322, 4.038093),
    (81, 311): (-1.024340, -3.989851, 4.926693),
    (82, 312): (-0.533422, -3.993222, 5.138202),
    (84, 314): (-0.699606, -5.291850, 5.448304),
    (87, 317): (-0.583218, -4.517982, 5.339869),
    (91, 321): (-1.838624, -4.828746, 4.823737),
    (93, 323): (-7.542244, -1.049282, -2.431321),
    (97, 326): (-0.597442, -2.013686, 5.866456),
    (98, 327): (-1.405627, -1.714196, 5.241087),
    (105, 334): (-3.986562, 5.109487, 4.466315),
    (107, 336): (-1.395634, 5.011963, 5.316032),
    (116, 345): (-6.465170, 0.937119, 1.689873),
    (117, 346): (-5.258659, 0.945811, 2.974312),
    (118, 347): (-4.432338, 0.722096, 3.522615),
    (127, 356): (-7.743095, 2.364999, -2.005167),
    (129, 358): (-1.785794, -0.978284, 4.850470),
    (133, 362): (-1.856432, 2.585245, 3.757904),
    (136, 365): (-5.085276, -7.178590, 0.714711),
    (144, 373): (-3.670075, 2.360153, 3.635230),
    (145, 374): (-3.177186, 2.294265, 3.775704),
    (148, 377): (-1.292924, -9.295920, 4.094063),
    (150, 379): (-4.068926, -7.993109, 1.925119),
    (153, 380): (-2.724032, 2.315802, 3.777151),
    (158, 385): (-2.724032, 2.961810, 3.871767),
    (159, 386): (-3.177186, 2.964136, 3.876973),
    (160, 387): (-3.670075, 2.927714, 3.724325),
    (172, 397): (-5.940524, -6.223629, -0.631468),
    (176, 400): (-2.308977, -8.974196, 3.609070),
    (234, 454): (-7.664182, 0.673132, -2.435867),
}


def canonical_head() -> F64:
    """Give the neutral head.

    Returns
    -------
    float64 array of shape (V, 3)
        Millimetres in the head frame (x right, y down, z away); NaN at vertices that depx does not
        use.
    """
    head_V3 = np.full((VERTICES, 3), np.nan)
    for vertex, (y, z) in MIDDLE.items():
        head_V3[vertex] = 0.0, y, z
    for (left, right), (x, y, z) in SIDES.items():
        head_V3[left] = x, y, z
        head_V3[right] = -x, y, z
    head_V3 *= (10.0, -10.0, -10.0)  # cm, y up, z forward -> mm, y down, z away
    centred_V3: F64 = head_V3 - head_V3[list(MESH_OF_68)].mean(axis=0)
    return centred_V3


HEAD = canonical_head()
"""(V, 3) mm: the neutral head in its own frame."""

HEAD_HEIGHT_MM = float(HEAD[152, 1] - HEAD[10, 1])
"""Top of the mesh (under the hair line) to the chin."""
