"""Times as transcripts write them, into seconds: numbers, decimal commas, clocks."""

import math
import re

from ...features.types import Seconds
from ...features.words import NO_TIME

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_CLOCK = re.compile(
    r"([+-]?)(?:([0-9]+):(?=[0-5]?[0-9]:))?([0-9]{1,3}):([0-5]?[0-9](?:[.,][0-9]*)?)"
)


def time_of(value: object, per_s: float = 1.0) -> Seconds:
    """Read a time.

    Parameters
    ----------
    value : str, int or float
        ``12.345``, ``12,345``, ``1:02.5`` or ``00:01:02,500``, as text or number.
    per_s : float
        Units of a plain number in a second, 1000 for milliseconds; a clock needs none.

    Returns
    -------
    float
        In seconds; NaN where it is no time.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _finite(value, per_s)
    if not isinstance(value, str):
        return NO_TIME
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return _finite(float(text), per_s)
    if _COMMA.fullmatch(text):
        return _finite(float(text.replace(",", ".")), per_s)
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return NO_TIME
    sign, hours, minutes, seconds = clock.groups()
    time_s = 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds.replace(",", "."))
    return -time_s if sign == "-" else time_s


def _finite(number: float, per_s: float) -> Seconds:
    try:
        time_s = number / per_s
    except OverflowError:  # an integer of hundreds of digits
        return NO_TIME
    return time_s if math.isfinite(time_s) else NO_TIME
