"""``--fail-under``: what a store must reach, for scripts.

``NAME=VALUE`` holds a check's number of every session against a value, on the side on which the
check's bad values lie; a bare share is the share of sessions that must have no bad check.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import UsageError
from ..checks.base import Check, Grade, printed
from ..checks.registry import CHECKS
from ..checks.seen import Seen
from .judged import Judged


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One thing that is asked."""

    check: Check[Seen] | None
    """None: the share of sessions without a bad check."""
    value: float


def parse(given: Sequence[str]) -> tuple[Limit, ...]:
    """Read what the command line has.

    Raises
    ------
    UsageError
        If there is no such check, or a value is none.
    """
    return tuple(_parse(one) for one in given)


def _parse(given: str) -> Limit:
    name, named, text = given.rpartition("=")
    if named and name not in CHECKS:
        raise UsageError(f"--fail-under {given}: no check {name!r}; there are: {', '.join(CHECKS)}")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (not named and not 0 <= value <= 1):
        expected = "NAME=NUMBER, or a share of sessions from 0 to 1"
        raise UsageError(f"--fail-under {given}: expected {expected}")
    return Limit(check=CHECKS[name] if named else None, value=value)


@dataclass(frozen=True, kw_only=True)
class Missed:
    """A limit, and who is beyond it."""

    line: str
    failed: bool
    """False where it only says that something could not be measured."""


def held_against(sessions: Sequence[Judged], limits: Sequence[Limit]) -> tuple[Missed, ...]:
    """Hold sessions against limits; those that the user had left out are not asked.

    Where a check could not be measured, a session that failed or is damaged is beyond its limit;
    one that only lacks what the check reads is not.
    """
    asked = [one for one in sessions if one.state != "left out"]
    found: list[Missed] = []
    for limit in limits:
        if limit.check is None:
            found += _share(asked, limit.value)
        else:
            found += _check(asked, limit.check, limit.value)
    return tuple(found)


def _share(sessions: Sequence[Judged], least: float) -> list[Missed]:
    fine = sum(one.grade is not Grade.BAD for one in sessions)
    share = fine / len(sessions) if sessions else 0.0
    if sessions and share >= least:
        return []
    line = f"{fine} of {len(sessions)} sessions ({share:.2f}) have no bad check, expected {least:g}"
    return [Missed(line=line, failed=True)]


def _check(sessions: Sequence[Judged], check: Check[Seen], limit: float) -> list[Missed]:
    sign = -1.0 if check.bad < check.doubtful else 1.0
    beyond, broken, unknown = [], [], []
    for one in sessions:
        measured = [found.measured for found in one.findings if found.check == check.name]
        value = measured[0].value if measured else None
        if value is None or value != value:
            if one.state == "ok":
                unknown.append(one.id)
            else:
                broken.append(f"{one.id} ({one.state})")
        elif sign * value > sign * limit:
            beyond.append(f"{one.id} ({printed(check, value, measured[0].side)})")
    side = "at least" if sign < 0 else "at most"
    found = []
    if beyond:
        line = f"{check.name}={limit:g}: expected {side} {printed(check, limit)}, not so in "
        found.append(Missed(line=line + ", ".join(beyond), failed=True))
    if broken:
        line = f"{check.name}: could not be measured in {', '.join(broken)}"
        found.append(Missed(line=line, failed=True))
    if unknown:
        line = f"{check.name}: could not be measured in {', '.join(unknown)}"
        found.append(Missed(line=line, failed=False))
    return found
