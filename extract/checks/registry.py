"""The checks of a session, in the order in which a page shows them.  A new one is a line here."""

from collections.abc import Mapping

from . import clock, face, numbers, sound, speech, words
from .base import Check
from .seen import Seen

IN_ORDER: tuple[Check[Seen], ...] = (
    *face.CHECKS,
    *clock.CHECKS,
    *sound.CHECKS,
    *speech.CHECKS,
    *words.CHECKS,
    *numbers.CHECKS,
)
CHECKS: Mapping[str, Check[Seen]] = {check.name: check for check in IN_ORDER}
