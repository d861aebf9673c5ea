"""Given features in, tracks out: the format is told by content, never by name alone.

A new format is one file of this folder and one line here.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO

from ...errors import MediaError, NothingToMeasure
from ..heads import Head
from ..picture import Film, open_film
from . import (
    activations,
    bags,
    clnf,
    covarep,
    deep_spectrum,
    dvlog,
    egemaps,
    formant,
    hog,
    openface,
    opensmile_mfcc,
)
from .base import Beside, Format, GivenFile, Parameters, Reading

FORMATS = (
    clnf.FORMAT,
    openface.FORMAT,
    covarep.FORMAT,
    egemaps.FORMAT,
    opensmile_mfcc.FORMAT,
    formant.FORMAT,
    hog.FORMAT,
    *activations.FORMATS,
    *bags.FORMATS,
    *deep_spectrum.FORMATS,
    *dvlog.FORMATS,
)


def recognise(head: Head, name: str) -> Format | None:
    """Tell the format of a file from its head and name; None where it has none."""
    return next((form for form in FORMATS if form.matches(head, name)), None)


def refused(head: Head, name: str) -> tuple[Format, str] | None:
    """Say why an unrecognised file is not what its name promises; None if it promises nothing.

    Returns
    -------
    Format
        The promised one.
    str
        What the file lacks, in a few words.
    """
    promised = next((form for form in FORMATS if form.promises(name.casefold())), None)
    if promised is None:
        return None
    return promised, promised.lacks(head)


def read(
    file: GivenFile,
    video: Path | None,
    scratch: Callable[[], IO[bytes]],
    parameters: Parameters,
) -> Reading:
    """Read a feature file, with the times of the video if it was made from one.

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
    if video is not None and file.format.filmed:
        try:
            film = open_film(video)
        except NothingToMeasure:  # a sound in a container for video
            film = None
        except MediaError:
            lost = (
                f"{video.name} cannot be opened, so {file.path.name} keeps its own times; "
                "replace or remove the video",
            )
    beside = Beside(scratch=scratch, parameters=parameters, film=film, more=file.more)
    reading = file.format.read(file.path, beside)
    return replace(reading, warnings=(*lost, *reading.warnings))
