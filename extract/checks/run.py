"""All checks of a session, none of which fails for a damaged table."""

from collections.abc import Mapping

from ...errors import DepxError
from ..store.reader import StoredSession
from .base import Finding, Grade, Measured, judge
from .registry import IN_ORDER
from .seen import Seen


def check_session(
    stored: StoredSession, thresholds: Mapping[str, float] | None = None
) -> tuple[Finding, ...]:
    """Ask every check; one whose table is damaged is absent, with the reason."""
    seen, findings = Seen(stored), []
    for check in IN_ORDER:
        try:
            findings.append(judge(check, seen))
        except DepxError as error:
            nothing = Measured(value=None, about=str(error))
            findings.append(Finding(check=check.name, grade=Grade.ABSENT, measured=nothing))
    return tuple(findings)
