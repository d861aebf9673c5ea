"""AVEC 2013 and 2014 (AViD): German speakers before a webcam, and their BDI-II.

A video a recording, ``203_1_Freeform_video.mp4``: person, visit, and in 2014 the task.  The tasks
of a visit are one case, which the BDI-II belongs to; the visits of a person are one participant.
AVEC 2013 has one long video a visit.  Everything is measured by depx, as from anybody's videos.

How the label files and AVEC 2013's videos are called in full is not published: labels are told by
``203_1_Depression.csv``, videos by how their names begin.

References
----------
Valstar et al., "AVEC 2013: the continuous audio/visual emotion and depression recognition
challenge", AVEC 2013.  Valstar et al., "AVEC 2014: 3D dimensional affect and depression recognition
challenge", AVEC 2014.
"""

import re
from pathlib import Path

from ..sessions import Session
from .base import PARTICIPANT, Corpus, Wishes
from .grouped import Group, grouped
from .parts import SOUND, VIDEO, session_of
from .survey import Survey

NAME = "avec2014"
PARTICIPANTS = "avec"
RECORDING = re.compile(r"(\d{3})_(\d)(?:_(Freeform|Northwind))?(?:_\w+)?", re.IGNORECASE)
"""Of a file, without its extension: person, visit, task."""
TASK = re.compile(r"\d{3}_\d_(?:Freeform|Northwind)(?:_\w+)?", re.IGNORECASE)
LABEL = re.compile(r"\d{3}_\d_Depression", re.IGNORECASE)


def recognises(surveyed: Survey) -> bool:
    """Tell the corpus by the tasks in the names of its recordings, or by label files beside them.

    ``203_1_....mp4`` alone may be anybody's.
    """
    recordings = _recordings(surveyed)
    tasks = any(TASK.fullmatch(path.stem) for group in recordings for path in group.paths)
    return tasks or (bool(recordings) and NAME in surveyed.labels)


def find(surveyed: Survey, wishes: Wishes) -> list[Session]:
    """Find the recordings."""
    return [_read(recording, wishes) for recording in _recordings(surveyed)]


CORPUS = Corpus(
    name=NAME, label="AVEC 2013 and 2014", language="de", recognises=recognises, find=find
)


def _recordings(surveyed: Survey) -> list[Group]:
    return [
        group
        for group in grouped(surveyed, _name_of)
        if any(path.suffix.lower() in VIDEO | SOUND for path in group.paths)
    ]


def _name_of(path: Path) -> str | None:
    """Name the recording of a file: ``203_1_Freeform``, or ``203_1`` where there is no task."""
    named = RECORDING.fullmatch(path.stem)
    if named is None or LABEL.fullmatch(path.stem):
        return None
    task = "" if named[3] is None else f"_{named[3].capitalize()}"
    return f"{named[1]}_{named[2]}{task}"


def _read(recording: Group, wishes: Wishes) -> Session:
    person, visit, *_ = recording.name.split("_")
    return session_of(
        recording.tree,
        recording.paths,
        wishes,
        name=recording.name,
        case=f"{person}_{visit}",
        participant=f"{PARTICIPANTS}-{person}",
        corpus=NAME,
        strange=recording.strange,
        speaker=PARTICIPANT,
    )
