"""What ``depx status`` and ``depx verify`` find out about a place, whatever its kind.

Each stage makes these of what it wrote; the commands print them, and know nothing of the stages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHORT = 8  # digits of a sha256 that a person compares


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A small table for people; the first column is text, the others are set to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Status:
    """How a place stands."""

    place: Path
    headline: str
    grids: tuple[Grid, ...] = ()
    lines: tuple[str, ...] = ()
    """What a person should know, most important first."""
    then: str | None = None
    """The next command."""
    exit_code: int = 0
    """0: all is there and up to date; 1: something failed, or is to be done."""
    document: Mapping[str, Any] = field(default_factory=dict)
    """Everything, for scripts."""
    inside: "tuple[Status, ...]" = ()
    """Places inside this one."""


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One file that is not as it was written."""

    file: Path
    got: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: is damaged: got {self.got}, expected {self.expected}; {self.remedy}"


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What became of a check."""

    place: Path
    files: int = 0
    """Files that are as their records say."""
    bytes: int = 0
    damaged: tuple[Damage, ...] = ()
    foreign: tuple[Path, ...] = ()
    """Files of no record, which nothing of depx reads."""
    unchecked: tuple[str, ...] = ()
    """What a live run is writing, or what a killed one left unfinished; a line each."""
    busy: bool = False
    """Whether something could not be checked as a live run is writing it."""

    @property
    def exit_code(self) -> int:
        """4 something is damaged; 75 some of it is being written; 1 unfinished; 0 all is well."""
        if self.damaged:
            return 4
        return 75 if self.busy else 1 if self.unchecked else 0

    def __add__(self, other: "Verified") -> "Verified":
        return Verified(
            place=self.place,
            files=self.files + other.files,
            bytes=self.bytes + other.bytes,
            damaged=self.damaged + other.damaged,
            foreign=self.foreign + other.foreign,
            unchecked=self.unchecked + other.unchecked,
            busy=self.busy or other.busy,
        )


def short(sha256: object) -> str:
    """Give the first digits of a hash, as people compare them."""
    return str(sha256)[:SHORT] if sha256 else "none"
