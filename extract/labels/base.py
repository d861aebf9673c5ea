"""What the label files of every corpus share: the sheet that they become, and how a corpus reads.

A corpus is one file of this folder with a `Family` in it and one line in `registry.py`.  Scores are
carried as they were released: no rule is applied here, nothing is corrected, and what does not fit
its scale is left empty and said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..trees import escaped

Cell: TypeAlias = str | float | None
Kind: TypeAlias = Literal["text", "number"]
Unit: TypeAlias = Literal["session", "case"]

TRAIN, DEV, TEST = "train", "dev", "test"
FEMALE, MALE = "female", "male"
PARTICIPANT, SPLIT, GENDER, AGE = "participant", "split", "gender", "age"
TEXTS = (PARTICIPANT, SPLIT, GENDER)
"""Columns of text, which every sheet has; all others hold numbers."""
SHOWN = 5  # ids named in a note


@dataclass(frozen=True, kw_only=True)
class LabelFile:
    """An official file that was read."""

    name: str
    """As it was handed in: relative to the corpus, with ``/``."""
    kind: str
    """What it was recognised as: ``avec2017-split``."""
    sha256: str


@dataclass(frozen=True, kw_only=True)
class LabelSheet:
    """What all official label files of a corpus say, one row a session or case."""

    corpus: str
    unit: Unit
    """What a key of `rows` names."""
    columns: dict[str, Kind]
    """In order, without the one that names the row; those that no file fills are not listed."""
    rows: dict[str, dict[str, Cell]]
    """Id -> a cell for every column, None where nothing is known.  Sorted by id; may be changed
    until the sheet is written (that is where corrections go)."""
    notes: tuple[str, ...]
    """What the user had better know, one line each; no score stands in them."""
    files: tuple[LabelFile, ...]
    """Sorted by name."""
    mended: tuple[Mapping[str, Cell | list[str]], ...] = ()
    """Cells whose known errors were mended: row, column, what it was and is, source."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """What one file was recognised as."""

    kind: str
    corpus: str
    official: bool = False
    """Whether it is a split file as released: where files differ, such a one is believed."""
    split: str | None = None
    """Split of everybody in the file, by its name."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one file says of one session or case."""

    id: str
    cells: dict[str, Cell]
    """Only cells that are filled."""


@dataclass(eq=False)
class Remarks:
    """Collects what the user had better know: a sentence, and the ids of whom it is true."""

    of: dict[str, list[str]] = field(default_factory=dict)

    def add(self, sentence: str, one: str) -> None:
        """Note that `sentence` holds for the session or case `one`."""
        self.of.setdefault(sentence, []).append(one)

    def lines(self, unit: Unit) -> list[str]:
        """Say each in a line, with the count; a file's own names may hold anything."""
        return [
            escaped(
                f"{sentence} ({len(ids)} {unit}{'s' * (len(ids) != 1)}: {some(ids)})"
                if ids
                else sentence
            )
            for sentence, ids in self.of.items()
        ]

    def say(self, sentence: str) -> None:
        """Note what holds of a file as a whole."""
        self.of.setdefault(sentence, [])


@dataclass(frozen=True, kw_only=True)
class Family:
    """How the label files of one corpus are told and read."""

    corpus: str
    unit: Unit
    columns: tuple[str, ...]
    """Columns after participant, split, gender and age, in the order of the sheet."""
    total: str | None = None
    items: tuple[str, ...] = ()
    """Items whose sum should be `total`."""
    recognise: Callable[[str, str], Form | None]
    """Tells from the beginning of a file, decoded, and its name what it is."""
    read: Callable[[Form, str, str, Remarks], list[Entry]]
    """Reads a whole file, decoded, with its name for messages."""
    participant: Callable[[str], str]
    """Who a session or case is of."""
    of_id: Callable[[str], dict[str, Cell]] | None = None
    """What the id alone says, where it says something."""
    split_by: Callable[[Sequence[str]], str | None] | None = None
    """Tells the split by the folders that a recording lies in, where these say it."""


def some(ids: Sequence[str]) -> str:
    """Name the first few ids."""
    few = ", ".join(ids[:SHOWN])
    return few if len(ids) <= SHOWN else f"{few} and {len(ids) - SHOWN} more"
