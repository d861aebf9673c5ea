"""What every format of given features shares: how it is recognised, and what reading it yields.

A format is one file of this folder with a `Format` in it and one line in `registry.py`.  What is
read becomes a track under its own name and units; nothing is resampled, rescaled or smoothed here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

from ...features.track import LongTrack
from ..picture import Film

Figures: TypeAlias = Mapping[str, object]
Parameters: TypeAlias = Mapping[str, object]


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
    matches: Callable[[str], bool]
    """Says from the first kilobytes of a file, decoded, whether it has this format."""
    honours: tuple[str, ...]
    """Parameters of the track's own extractor that say how the file is read, too."""
    read: Callable[[Path, Film | None, Callable[[], IO[bytes]], Parameters], Reading]
    """Reads a file; takes the video of the session, if there is one, for its times, what opens a
    nameless file for the values, and the parameters that it honours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFile:
    """A feature file of a session, with its format."""

    path: Path
    format: Format
