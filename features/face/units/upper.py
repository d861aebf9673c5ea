"""Action units of brows, lids and upper cheeks: what FACS says, and the signs that tell them.

Muscles and appearance changes are those of Ekman, Friesen & Hager, "Facial Action Coding System"
(2002), in our words.  Reaches are anatomical, or of healthy people who were asked for their
strongest movement.  No constant is fitted to another program's output.

Vicon: mean largest movement of 12 healthy adults, "Objective computerized evaluation of normal
patterns of facial muscles contraction", Braz J Otorhinolaryngol: brow raised 10.6 mm, forehead
wrinkled 7.6 mm (taken for a frown).
"""

# F = frames, V = 478 mesh vertices

import numpy as np

from ...types import F64
from ..head.canonical import HEAD
from .signs import LAID, STEEPER, Sign, Unit, along, apart, direction, up

CLOSED = 0.8  # PERCLOS P80 (Wierwille et al., NHTSA DOT HS 808 247): closed when 80 % are covered
BLINKLESS = 0.3  # quantile: eyes are shut or lowered for less than a third of the time
CHEEKBONE = direction(HEAD[61], HEAD[116])
"""Zygomaticus major runs from the corner of the mouth to the cheekbone."""
TURNED_EDGE = float(2 * np.log(np.tan(np.radians(40)) / np.tan(np.radians(12))))
"""A brow's inner edge that turns from 12 degrees, about level, to 40: ``slant`` is 2 log tan."""


def inner_brow(head_FV3: F64) -> F64:
    """AU01, inner brow raiser (frontalis, pars medialis).

    FACS: pulls the inner brow up, makes the brow oblique, wrinkles the middle of the forehead.
    Here: height of the inner end of the brow over the inner corner of the eye.  The texture
    ``brow_slant`` sees the oblique edge itself.
    """
    return up(head_FV3, 107, 55) - up(head_FV3, 133)


def outer_brow(head_FV3: F64) -> F64:
    """AU02, outer brow raiser (frontalis, pars lateralis).

    FACS: pulls the lateral brow up, arches it, stretches the lid fold.
    Here: height of the brow from its arch outwards over both corners of the eye.  The inner third
    takes part through its last points only, for the arch rises with it.
    """
    return up(head_FV3, 63, 105, 52, 53, 70, 46, 66, 65) - up(head_FV3, 33, 133)


def lowered_brow(head_FV3: F64) -> F64:
    """AU04, brow lowerer (corrugator, depressor supercilii, procerus).

    FACS: lowers the brow and draws the brows together; wrinkles and bulges between them.
    Here: how low the inner half of the brow stands over the corners of the eye.  The wrinkles are
    the texture ``glabella_lines``, which counts double: landmarks sit on hair, not on the bulge.
    """
    return up(head_FV3, 33, 133) - up(head_FV3, 55, 107, 65, 66)


def eye_opening(head_FV3: F64) -> F64:
    """AU05, upper lid raiser (levator palpebrae superioris).

    FACS: widens the opening, bares more of the iris and white above it.
    Here: distance of the lids at three places.
    """
    return apart(head_FV3, (159, 145), (158, 153), (160, 144))


def cheek_raised(head_FV3: F64) -> F64:
    """AU06, cheek raiser (orbicularis oculi, pars orbitalis).

    FACS: draws skin towards the eye, lifts the cheeks, deepens the furrow under the lower lid.
    Here: cheek along the line from the corner of the mouth to the cheekbone.  The furrow and the
    pouch above it are the texture ``malar_lines``.
    """
    return along(head_FV3, CHEEKBONE, 123, 147, 187, 50, 205)


def lower_lid(head_FV3: F64) -> F64:
    """AU07, lid tightener (orbicularis oculi, pars palpebralis).

    FACS: tightens the lids, raises the lower lid so that it straightens, narrows the opening.
    Here: height of the lower lid over the corners of the eye.  No texture told more.
    """
    return up(head_FV3, 144, 145, 153) - up(head_FV3, 33, 133)


def lowered_lid(head_FV3: F64) -> F64:
    """AU45, blink (relaxation of levator palpebrae; orbicularis oculi, pars palpebralis).

    FACS: the eye closes and opens again quickly.
    Here: how low the upper lid stands against the corners of the eye.  The lower lid takes no part:
    in a blink it hardly moves, in a smile or squint (6, 7) it does.
    """
    return up(head_FV3, 33, 133) - up(head_FV3, 158, 159, 160)


UPPER = {
    "01": Unit(
        signs=(
            Sign(name="inner_brow", of=inner_brow, on=LAID, reach=10.6),  # Vicon
            Sign(name="brow_slant", reach=TURNED_EDGE),
        )
    ),
    "02": Unit(signs=(Sign(name="outer_brow", of=outer_brow, reach=10.6),)),  # Vicon
    "04": Unit(
        signs=(
            Sign(name="lowered_brow", of=lowered_brow, sided=False, reach=7.6),  # Vicon
            Sign(name="glabella_lines", sided=False, reach=STEEPER, weight=2),
        )
    ),
    # Dutton, "Surgical management of eyelid retraction": the upper lid rests 2-3 mm below the rim
    # of the iris, wide eyes bare 1-2 mm above it.
    "05": Unit(
        signs=(
            Sign(name="eye_opening", of=eye_opening, sided=False, reach=4.0, neutral=1 - BLINKLESS),
        )
    ),
    # In a grin the lower lid and the skin below it rise by 3.9-4.2 mm (3-D motion capture of 22
    # healthy adults).
    "06": Unit(
        signs=(
            Sign(name="cheek_raised", of=cheek_raised, on=LAID, reach=4.0),
            Sign(name="malar_lines", reach=STEEPER),
        )
    ),
    "07": Unit(signs=(Sign(name="lower_lid", of=lower_lid, sided=False, reach=4.0),)),
    # All or nothing: the reach is the person's own opening.  Present from half of the way; lowered
    # gaze (lids 2.3 of 9 mm) stays below.
    "45": Unit(
        signs=(
            Sign(
                name="lowered_lid",
                of=lowered_lid,
                reach=CLOSED,
                yardstick="eye_opening",
                neutral=BLINKLESS,
            ),
        ),
        starts=2.5,
        stops=1.5,
        brief=True,
    ),
}
