"""Seconds, bytes and counts as people read them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...features.types import Seconds

MINUTE_S, HOUR_S = 60, 3600
UNITS = ("bytes", "kB", "MB", "GB", "TB")  # of 1,000


def lasting(seconds: "Seconds") -> str:
    """Say how long something takes, to two digits of the larger unit: ``3 h 20 min``."""
    whole = max(0, round(seconds))
    if whole < MINUTE_S:
        return f"{whole} s"
    if whole < HOUR_S:
        minutes, rest = divmod(whole, MINUTE_S)
        return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"
    hours, rest = divmod(whole // MINUTE_S, MINUTE_S)
    return f"{hours} h {rest} min" if hours < 48 and rest else f"{hours} h"


def clock(seconds: "Seconds") -> str:
    """Say where in a recording something is, as players do: ``12:34``, ``1:02:03``."""
    minutes, second = divmod(max(0, int(seconds)), MINUTE_S)
    hours, minute = divmod(minutes, MINUTE_S)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def size(number: int) -> str:
    """Say how much something takes on disk, in units of 1,000: ``12.3 GB``."""
    amount, power = float(number), 0
    while amount >= 1000 and power < len(UNITS) - 1:
        amount, power = amount / 1000, power + 1
    return f"{amount:.3g} {UNITS[power]}"


def several(number: int, noun: str) -> str:
    """Say how many there are of something: ``1 session``, ``2,000 sessions``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def plain(text: str) -> str:
    """Take out what a terminal would obey: names of folders may hold anything."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)
