"""All checks of one session; a damaged table costs the checks that read it, and no other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...errors import StoreError, UsageError
from ..store.reader import StoredSession
from .base import Check, Finding, Grade, Measured, judge
from .registry import CHECKS, IN_ORDER
from .seen import Seen

Thresholds = Mapping[str, tuple[float, float]]
"""Name of a check -> where its number begins to be doubtful, and bad."""


def check_session(
    stored: StoredSession, thresholds: Thresholds | None = None
) -> tuple[Finding, ...]:
    """Run every check on a session, in the order of the registry.

    Parameters
    ----------
    stored : StoredSession
    thresholds : mapping of str to (float, float), or None
        Thresholds that take the place of the checks' own; see `parse_thresholds`.

    Raises
    ------
    UsageError
        If a threshold names no check, or turns round which side of it is bad.
    """
    seen = Seen(stored)
    return tuple(_judged(check, seen) for check in checks_with(thresholds or {}))


def checks_with(thresholds: Thresholds) -> tuple[Check[Seen], ...]:
    """Give all checks with other thresholds.

    Raises
    ------
    UsageError
        See `check_session`.
    """
    for name, (doubtful, bad) in thresholds.items():
        check = _named(name)
        if not (bad > doubtful if check.bad > check.doubtful else bad < doubtful):
            worse = "above" if check.bad > check.doubtful else "below"
            raise UsageError(
                f"{name}: doubtful from {doubtful:g} and bad from {bad:g}; expected bad {worse} "
                f"doubtful, as {check.doubtful:g},{check.bad:g}"
            )
    return tuple(
        replace(check, doubtful=thresholds[check.name][0], bad=thresholds[check.name][1])
        if check.name in thresholds
        else check
        for check in IN_ORDER
    )


def parse_thresholds(texts: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Read thresholds as a user writes them: ``face.tracked=0.9,0.7``, doubtful and bad.

    Raises
    ------
    UsageError
        If one is written otherwise, or names no check.
    """
    found = {}
    for text in texts:
        name, _, numbers = text.partition("=")
        check = _named(name.strip())
        try:
            doubtful, bad = (float(number) for number in numbers.split(","))
        except ValueError:
            raise UsageError(
                f"threshold {text!r}: expected two numbers, doubtful and bad, as "
                f"{check.name}={check.doubtful:g},{check.bad:g}"
            ) from None
        found[check.name] = (doubtful, bad)
    return found


def _named(name: str) -> Check[Seen]:
    if name not in CHECKS:
        raise UsageError(f"no check {name!r}; expected one of {', '.join(CHECKS)}")
    return CHECKS[name]


def _judged(check: Check[Seen], seen: Seen) -> Finding:
    try:
        return judge(check, seen)
    except StoreError as error:  # a table that is damaged, or was removed by hand
        measured = Measured(value=None, about=str(error))
        return Finding(check=check.name, grade=Grade.ABSENT, measured=measured)
