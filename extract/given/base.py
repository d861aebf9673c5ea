"""What every format of given features shares: how it is recognised, and what reading it yields.

A format is one file of this folder with a `Format` in it and one line in `registry.py`.  What is
read becomes a track under its own name and units; nothing is resampled, rescaled or smoothed here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

from ...features.track import LongTrack
from ..heads import Head
from ..picture import Film

Figures: TypeAlias = Mapping[str, object]
Parameters: TypeAlias = Mapping[str, object]

READERS: Mapping[str, str] = {"numpy": "BSD-3-Clause", "pyarrow": "Apache-2.0"}
"""Libraries that read tables, with their licences."""
COVAREP_LICENCE = "COVAREP's code: GPL or LGPL, file by file"


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Reading:
    """A feature file as a track, and what was found while reading it."""

    track: LongTrack
    quality: Figures
    """Counts and figures about the rows, by name; a function of the inputs only."""
    facts: Figures
    """Where the times come from, as for media: ``time_source`` and what belongs to it."""
    warnings: tuple[str, ...] = ()
    """One line each, for the user."""


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Beside:
    """What reading a feature file may take besides the file."""

    scratch: Callable[[], IO[bytes]]
    """Opens a nameless file, in which the values lie while they are used."""
    parameters: Parameters
    """Those of the track's extractor that the format honours."""
    film: Film | None = None
    """The session's video, if it has one and the format is `Format.filmed`."""
    more: tuple[Path, ...] = ()
    """Files that belong to the one that is read; see `GivenFile.more`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A kind of feature file."""

    name: str
    """The extractor of the track's source."""
    label: str
    """As users call it."""
    track: str
    """The track that it becomes."""
    version: str
    """Raised whenever reading the same file gives other numbers."""
    licence: str
    """Of the program that wrote the numbers; stands in the track's source."""
    libraries: Mapping[str, str]
    """Distribution name -> licence, of the libraries that read it."""
    filmed: bool
    """Whether its rows are frames of the session's video, which then tells their times."""
    matches: Callable[[Head, str], bool]
    """Says from the head of a file and its name whether it has this format; a name alone proves
    nothing, but some tables are nothing but numbers."""
    promises: Callable[[str], bool]
    """Says whether a file of this name, lower case, ought to have this format."""
    lacks: Callable[[Head], str]
    """Says in a few words what a head that does not match is not, and what it is instead."""
    honours: tuple[str, ...]
    """Parameters of the track's own extractor that say how the file is read, too."""
    read: Callable[[Path, Beside], Reading]
    """Reads a file."""
    timed_by: str | None = None
    """The track whose given file tells when its rows were shown, where it does not itself; the
    session's file of that track then comes as `Beside.more`."""
    rank: int = 0
    """Where a session has the track in several formats, the lowest goes first."""
    member: Callable[[str], tuple[str, str]] | None = None
    """Says of the name of a file, lower case and without its extension, which set of files it
    belongs to, and as which part; None where each file stands for itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFile:
    """A feature file of a session, with its format."""

    path: Path
    format: Format
    more: tuple[Path, ...] = ()
    """Further files of the same features, where a program spreads them over several (CLNF)."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """All its files."""
        return (self.path, *self.more)


def of_text(matches: Callable[[str, str], bool]) -> Callable[[Head, str], bool]:
    """Make the `Format.matches` of a format that is text, from one that takes it decoded."""
    return partial(_matches_text, matches)


def _matches_text(matches: Callable[[str, str], bool], head: Head, name: str) -> bool:
    return head.text is not None and matches(head.text, name)


def lacking(lacks: Callable[[str], str]) -> Callable[[Head], str]:
    """Make the `Format.lacks` of a format that is text, from one that takes it decoded."""
    return partial(_lacks_text, lacks)


def _lacks_text(lacks: Callable[[str], str], head: Head) -> str:
    return "no text" if head.text is None else lacks(head.text)


def mended(name: str, counts: Mapping[str, int], told: Mapping[str, str]) -> tuple[str, ...]:
    """Say in one line what was found in the rows of a file, and what was made of it.

    Parameters
    ----------
    name : str
        Of the file.
    counts : mapping
        What was found, by name; zeros are not told of.
    told : mapping
        Name of a count -> what was found and done, as in "last row broken off, left out".
    """
    found = [f"{counts[what]} {why}" for what, why in told.items() if counts[what]]
    return (f"{name}: rows mended: {'; '.join(found)}",) if found else ()
