"""Action units of nose, mouth and chin: what FACS says, and the signs that tell them.

Muscles and appearance changes are those of Ekman, Friesen & Hager, "Facial Action Coding System"
(2002), in our words.  Reaches are anatomical, or of healthy people who were asked for their
strongest movement.  Where no norm was found the reach is derived from another unit's, as the line
says.  No constant is fitted to another program's output.

Vicon: mean largest movement of 12 healthy adults, "Objective computerized evaluation of normal
patterns of facial muscles contraction", Braz J Otorhinolaryngol: corner of the mouth in a smile
9.3 mm.  Tarantili: Tarantili et al., "The spontaneous smile in dynamic motion", Am J Orthod
Dentofacial Orthop 2005: upper lip up by 28 % (of 22 mm), mouth wider by 27 % (of 50 mm).
"""

# F = frames, V = 478 mesh vertices

import numpy as np

from ...types import F64
from .signs import LAID, PLAIN, STEEPER, Sign, Unit, along, apart, backward, outward, up
from .upper import CHEEKBONE, CLOSED

SHUT = 0.1  # quantile: a speaker's mouth is open for much of the time, the neutral is shut
TWICE_AS_DARK = float(np.log(2.0))
SLIGHT, TRACE = 2.0, 1.0
"""FACS's B and A: speech moves lips and chin by a trace in every word, so these units start at a
slight intensity and end with the trace."""
LIPS = ((13, 14), (82, 87), (312, 317), (81, 178), (311, 402), (80, 88), (310, 318))


def nose_wrinkled(head_FV3: F64) -> F64:
    """AU09, nose wrinkler (levator labii superioris alaeque nasi).

    FACS: pulls skin along the nose upwards, wrinkles its root and sides, lowers the inner brow.
    Here: distance between wing of the nose and inner brow, shortened.  The wrinkles are the texture
    ``nose_root_lines``.
    """
    return up(head_FV3, 129, 98, 64) - up(head_FV3, 55, 107, 193)


def nose_wing(head_FV3: F64) -> F64:
    """AU10, upper lip raiser (levator labii superioris).

    FACS: raises the lip, most in its middle third; deepens the nasolabial furrow beside the nose,
    raises and widens the wings of the nose.
    Here: wings outwards, for the lip's own height is mixed with every word that is spoken.  The
    furrow is the texture ``fold_depth``, which counts double.
    """
    return outward(head_FV3, 64, 48, 129, 98)


def corner_pulled(head_FV3: F64) -> F64:
    """AU12, lip corner puller (zygomaticus major).

    FACS: pulls the corners of the lips back and up, deepens the nasolabial furrow, lifts the
    cheek and the furrow under the lower lid.
    Here: corner of the mouth and fold beside it towards the cheekbone.  The texture
    ``cheek_lines`` (level edges on the lifted cheek) counts a quarter as much: it tells a smile
    from a jaw that pushes the corner.
    """
    return along(head_FV3, CHEEKBONE, 61, 186, 92, 216)


def corner_tucked(head_FV3: F64) -> F64:
    """AU14, dimpler (buccinator).

    FACS: tightens the corners, pulls them inwards against the teeth; a dimple or bulge beside them.
    Here: corner and upper lip backwards and outwards.
    """
    lip = (61, 185, 40, 39, 74, 73)
    return backward(head_FV3, *lip) + outward(head_FV3, *lip)


def corner_down(head_FV3: F64) -> F64:
    """AU15, lip corner depressor (depressor anguli oris).

    FACS: pulls the corners down, the mouth turns into a downward arch.
    Here: middle of the lips over their corner.
    """
    return up(head_FV3, 0, 13, 14, 17) - up(head_FV3, 61, 78)


def chin_raised(head_FV3: F64) -> F64:
    """AU17, chin raiser (mentalis).

    FACS: pushes chin boss and lower lip up; the chin wrinkles and is pitted.
    Here: height of the lower lip's edge against the nose.  The pits are the texture ``chin_pits``,
    slopes across the chin against slopes down it.
    """
    return up(head_FV3, 17, 18) - up(head_FV3, 2)


def lip_stretched(head_FV3: F64) -> F64:
    """AU20, lip stretcher (risorius, platysma).

    FACS: pulls the lips back sideways and somewhat down, flattens the skin below the corner.
    Here: skin below the corner of the mouth outwards and down.
    """
    below = (43, 202, 106, 204)
    return outward(head_FV3, *below) - up(head_FV3, *below)


def lips_thin(head_FV3: F64) -> F64:
    """AU23, lip tightener (orbicularis oris).

    FACS: tightens and narrows the lips, less red is seen; fine upright lines above and below them.
    Here: height of both lips, shortened; parted lips are not tight.  The upright lines under the
    lip are the texture ``lip_shadow``, slopes across against slopes down.
    """
    return -apart(head_FV3, (0, 17))


def lips_apart(head_FV3: F64) -> F64:
    """AU25, lips part (depressor labii inferioris, or relaxation of mentalis or orbicularis oris).

    FACS: the lips part, teeth or gums may show.
    Here: distance of the inner edges of the lips at seven places.
    """
    return apart(head_FV3, *LIPS)


def jaw_dropped(head_FV3: F64) -> F64:
    """AU26, jaw drop (relaxation of masseter, temporal and medial pterygoid).

    FACS: the jaw falls, the teeth part.
    Here: lower lip and chin down, against the base of the nose.
    """
    return up(head_FV3, 2) - up(head_FV3, 14, 17, 18, 199, 200)


def red_of_lips(head_FV3: F64) -> F64:
    """AU28, lip suck (orbicularis oris).

    FACS: sucks the lips over the teeth, the red disappears.
    Here: height of the red of both lips, shortened.
    """
    return -apart(head_FV3, (0, 13)) - apart(head_FV3, (14, 17))


LOWER = {
    # The levator lifts wing and lip together, the brow comes down to it: the lip's reach.
    "09": Unit(
        signs=(
            Sign(name="nose_wrinkled", of=nose_wrinkled, on=LAID, sided=False, reach=6.2),
            Sign(name="nose_root_lines", sided=False, reach=STEEPER, weight=2),
        )
    ),
    # No norm for the wing was found: taken for half of what the lip reaches (Tarantili).
    "10": Unit(
        signs=(
            Sign(name="nose_wing", of=nose_wing, on=LAID, reach=3.1),
            Sign(name="fold_depth", reach=STEEPER + TWICE_AS_DARK, weight=2),
        )
    ),
    "12": Unit(
        signs=(
            Sign(
                name="corner_pulled",
                of=corner_pulled,
                on=LAID,
                reach=9.3,  # Vicon
                believed=0.5,  # 22 faces at rest lay within .35 of the neutral head, a grin at .96
                weight=4,
            ),
            Sign(name="cheek_lines", reach=STEEPER),
        )
    ),
    # Tarantili: half of the widening lies on each side; taken to go no further back than aside.
    "14": Unit(signs=(Sign(name="corner_tucked", of=corner_tucked, reach=6.7),)),
    "15": Unit(  # half of what the smile reaches
        signs=(Sign(name="corner_down", of=corner_down, on=LAID, reach=4.7),),
        starts=SLIGHT,
        stops=TRACE,
    ),
    # Mentalis lifts the lower lip at most over its own red (17 to 14 on the neutral head: 8 mm).
    "17": Unit(
        signs=(
            Sign(name="chin_raised", of=chin_raised, on=LAID, sided=False, reach=8.2),
            Sign(name="chin_pits", sided=False, reach=2 * STEEPER, weight=2),
        ),
        starts=SLIGHT,
        stops=TRACE,
    ),
    "20": Unit(  # Tarantili
        signs=(Sign(name="lip_stretched", of=lip_stretched, on=LAID, reach=6.7),),
        starts=SLIGHT,
        stops=TRACE,
    ),
    # Tight lips lose half of their height (20 mm on the neutral head).
    "23": Unit(
        signs=(
            Sign(name="lips_thin", of=lips_thin, sided=False, reach=9.8),
            Sign(name="lip_shadow", sided=False, reach=2 * STEEPER),
        ),
        starts=SLIGHT,
        stops=TRACE,
    ),
    # Jaw drop ends at half of the largest opening (50 mm), where FACS's mouth stretch begins; lips
    # part as far.
    "25": Unit(
        signs=(Sign(name="lips_apart", of=lips_apart, sided=False, reach=25.0, neutral=SHUT),)
    ),
    "26": Unit(
        signs=(
            Sign(
                name="jaw_dropped",
                of=jaw_dropped,
                on=PLAIN,  # laid on the neutral head the chin follows the nose less well
                sided=False,
                reach=25.0,
                neutral=SHUT,
            ),
        )
    ),
    # All or nothing: the reach is the person's own red.
    "28": Unit(
        signs=(
            Sign(
                name="red_of_lips",
                of=red_of_lips,
                sided=False,
                reach=CLOSED,
                yardstick="red_of_lips",
            ),
        ),
        starts=2.5,
        stops=1.5,
    ),
}
