"""What a check is: one number of a session, where it begins to be doubtful, and where that shows.

A check says how it is measured and from where on its number is doubtful or bad, so that a page, a
table and an exit code agree.  What could not be measured is `Grade.ABSENT`, with the reason, and
never good.  Nothing here reads a file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from ...features.types import Seconds

DIGITS: Mapping[str, int] = {"count": 0, "s": 2, "share": 3, "/min": 1, "dB": 1}
"""Of a check's number, by its unit."""
FEW = 2  # digits of other units
UNSAID = ("count", "0..1")  # units that are not printed behind a number

Subject = TypeVar("Subject", contravariant=True)


class Grade(StrEnum):
    """How a number stands, best first."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    ABSENT = "absent"
    """Nothing to measure it on."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of a recording in which something is wrong."""

    start_s: Seconds
    stop_s: Seconds
    about: str
    """What, in a few words, without interview content."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a check found."""

    value: float | None
    """In the check's unit; None where there was nothing to measure."""
    about: str = ""
    """Why there was nothing, or what the number alone does not say."""
    side: str = ""
    """Which way a number without a sign goes, where that is known: ``early``, ``late``."""
    stretches: tuple[Stretch, ...] = ()
    """Where it shows, worst first."""


@dataclass(frozen=True, kw_only=True)
class Check(Generic[Subject]):
    """One question about a session."""

    name: str
    """``face.tracked``: subject and what is asked; the name of its threshold, too."""
    title: str
    """As the head of a column."""
    unit: str
    """``share``, ``s``, ``dB``, ``/min``, ``count``, ..."""
    about: str
    """How it is measured, in a sentence or two, and what a bad value does to what is trained."""
    doubtful: float
    bad: float
    """Where the grades begin; with ``bad < doubtful`` low values are the bad ones."""
    measure: Callable[[Subject], Measured]

    def __post_init__(self) -> None:
        if self.bad == self.doubtful:
            raise ValueError(f"{self.name}: which side is bad? {self.bad} is both thresholds")

    def grade(self, value: float | None) -> Grade:
        """Say how a value stands; one that is not finite is as absent as None."""
        if value is None or value != value:
            return Grade.ABSENT
        sign = -1.0 if self.bad < self.doubtful else 1.0
        if sign * value >= sign * self.bad:
            return Grade.BAD
        return Grade.DOUBTFUL if sign * value >= sign * self.doubtful else Grade.GOOD


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check says of one session."""

    check: str
    """Its name."""
    grade: Grade
    measured: Measured


def counted(count: int, what: str, several: str | None = None) -> str:
    """Print ``1 frame``, ``2 frames``; `several` is the plural where no s makes it."""
    return f"{count} {what if count == 1 else several or what + 's'}"


def digits_of(check: Check[Subject]) -> int:
    """Say how many digits a check's number is shown with, in its own unit."""
    return DIGITS.get(check.unit, FEW)


def printed(check: Check[Subject], value: float, side: str = "") -> str:
    """Print a check's number for people: ``78.3 %``, ``4.02 s early``, ``20.0/min``, ``12``.

    A share is a percentage here; thresholds, and tables that show them, keep to the check's unit.
    """
    if check.unit == "share":
        text = f"{100 * value:.3g} %"
    else:
        unit = "" if check.unit in UNSAID else check.unit
        apart = " " if unit and not unit.startswith("/") else ""
        text = f"{value:.{digits_of(check)}f}{apart}{unit}"
    return f"{text} {side}".strip()


def judge(check: Check[Subject], subject: Subject) -> Finding:
    """Measure a subject and grade what came out."""
    measured = check.measure(subject)
    return Finding(check=check.name, grade=check.grade(measured.value), measured=measured)
