"""Given features in, tracks out: the format is told by content, never by name.

A new format is one file of this folder and one line here.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

from ...errors import MediaError, NothingToMeasure
from ..picture import Film, open_film
from ..transcripts.base import HEAD_BYTES, decode_head
from . import openface
from .base import Format, GivenFile, Parameters, Reading

FORMATS = (openface.FORMAT,)


def recognise(path: Path) -> Format | None:
    """Tell the format of a file from its first kilobytes; None where it holds no given features."""
    with path.open("rb") as file:
        head = decode_head(file.read(HEAD_BYTES))
    if head is None:
        return None
    return next((format_ for format_ in FORMATS if format_.matches(head)), None)


def read(
    file: GivenFile,
    video: Path | None,
    scratch: Callable[[], IO[bytes]],
    parameters: Parameters,
) -> Reading:
    """Read a feature file, with the times of the video that it was made from.

    Parameters
    ----------
    file : GivenFile
    video : Path or None
        The session's video; only its packets' times are read.  One that cannot be opened costs the
        times, not the features.
    scratch : callable
        Opens a nameless file, in which the values lie while they are used.
    parameters : mapping
        Those of the track's extractor that the format honours.

    Raises
    ------
    TrackError
        If the file cannot be read as what it says that it is.
    """
    film: Film | None = None
    lost: tuple[str, ...] = ()
    if video is not None:
        try:
            film = open_film(video)
        except NothingToMeasure:  # a sound in a container for video
            film = None
        except MediaError:
            lost = (
                f"{video.name} cannot be opened, so {file.path.name} keeps its own times; "
                "replace or remove the video",
            )
    reading = file.format.read(file.path, film, scratch, parameters)
    return replace(reading, warnings=(*lost, *reading.warnings))
