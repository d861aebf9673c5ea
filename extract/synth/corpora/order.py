"""What is asked of the generator, and what a corpus gives: units of files, and label tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from ....features.types import Seconds
from .signal import LENGTH, Person, draw, stream


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link instead of a file."""

    target: str


Content = Callable[[], Iterable[bytes]] | Link
Files = Mapping[str, Content]
"""Path -> what makes the bytes, a block at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be written; the same order yields the same bytes."""

    corpus: str
    sessions: int
    seed: int
    minutes: float | None
    """Mean length of a session; None: the corpus' own short one."""
    signal: str
    layout: str
    daic_ids: bool
    heavy: bool
    faults: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Give the order as JSON has it."""
        return asdict(self) | {"faults": list(self.faults)}

    def person(self, number: int) -> Person:
        """Draw the participant of a number."""
        return draw(self.seed, number, self.signal)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """What is written in one go: a session, or all that one subject left."""

    id: str
    number: int
    """Of the participant."""
    folder: str
    """Where its files lie below DIR; for archives the folder inside, perhaps empty."""
    archive: str = ""
    """Below DIR; empty: no archive.  Its suffix, ``.zip`` or ``.tar.gz``, says which."""
    junk: bool = False
    """Whether macOS was here: ``__MACOSX/``, ``._*`` and ``.DS_Store``."""
    split: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)
    """Facts of the unit that its corpus needs to write it."""


class Corpus(Protocol):
    """What the module of a corpus gives."""

    def units(self, order: Order) -> list[Unit]:
        """List what is to be written."""

    def files(self, order: Order, unit: Unit) -> tuple[Files, dict[str, Any]]:
        """Make a unit's files, by their names in its folder, and say what is planted in it."""

    def tables(self, order: Order, units: Sequence[Unit]) -> dict[str, bytes]:
        """Make the tables of labels and splits, by their paths below DIR."""


def once(content: bytes) -> Callable[[], Iterable[bytes]]:
    """Make the content of a file whose bytes are known."""
    return lambda: (content,)


def lasting(person: Person, seed: int, low_s: Seconds, high_s: Seconds) -> Seconds:
    """Draw how long a session of a person lasts, uniformly, in whole tenths of a second."""
    return round(float(stream(seed, person.number, LENGTH).uniform(low_s, high_s)), 1)
