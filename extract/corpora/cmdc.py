"""CMDC: 78 people (26 patients, 52 controls) who answer twelve questions in Mandarin.

A sound and an untimed text an answer, ``HC01/Q1.wav`` and ``HC01/Q1.txt``, below a part or a group
(``CMDC_EULA/part1/HC01``, ``MDD/MDD01``).  Each answer is a session with a clock of its own, and
all of a person are one case, which the PHQ-9 belongs to.  The interviewer was not recorded.  A clip
``Q3-`` goes on with the answer of ``Q3`` and has its text.

Of some people facial features were released.  How these files look is published nowhere: what lies
beside an answer under its name (``Q1.csv``) is read if it is in a format that depx knows, and said
to be unread if not.

References
----------
Zou et al., "Semi-structural interview-based Chinese multimodal depression corpus towards automatic
preliminary screening of depressive disorders", IEEE TAFFC, 2022.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..labels.cmdc import case_of
from ..sessions import Session
from .base import PARTICIPANT, Corpus, Wishes
from .grouped import Group, grouped
from .parts import session_of
from .survey import Survey

NAME = "cmdc"
PERSON = re.compile(r"(HC|MDD)(\d+)", re.IGNORECASE)
"""Of a folder: whose answers lie in it."""
ANSWER = re.compile(r"Q(\d+)(-?)", re.IGNORECASE)
"""Of a file, without its extension; what follows a ``_`` tells features from sound."""


def recognises(surveyed: Survey) -> bool:
    """Tell the corpus by answers in the folder of a person."""
    return bool(grouped(surveyed, _name_of))


def find(surveyed: Survey, wishes: Wishes) -> list[Session]:
    """Find the answers."""
    clips = {clip.name: clip for clip in grouped(surveyed, _name_of)}
    return [
        _read(clip, clips, wishes)
        for clip in clips.values()
        if not _lends_its_text_only(clip, clips)
    ]


CORPUS = Corpus(name=NAME, label="CMDC", language="zh", recognises=recognises, find=find)


def _name_of(path: Path) -> str | None:
    """Name the answer of a file: ``HC01_Q1``, from its folder (``HC1``, too) and its own name."""
    answer = ANSWER.fullmatch(path.name.partition(".")[0].partition("_")[0])
    person = next(filter(None, (PERSON.fullmatch(part) for part in path.parts[-2::-1])), None)
    if answer is None or person is None:
        return None
    return f"{case_of(person[0])}_Q{int(answer[1])}{answer[2]}"


def _texts(clip: Group) -> list[Path]:
    return [path for path in clip.paths if path.suffix.lower() == ".txt"]


def _lends_its_text_only(clip: Group, clips: Mapping[str, Group]) -> bool:
    """Say whether there is nothing but the text of an answer whose sound is called ``Q3-``."""
    return f"{clip.name}-" in clips and len(_texts(clip)) == len(clip.paths)


def _read(clip: Group, clips: Mapping[str, Group], wishes: Wishes) -> Session:
    """Read an answer; a clip that goes on has the text of the answer, if none of its own."""
    person = clip.name.partition("_")[0]
    first = clips.get(clip.name.removesuffix("-"))
    texts, tree, shares = _texts(clip), clip.tree, False
    if first is not None and first is not clip and not texts:
        texts, shares = _texts(first), not _lends_its_text_only(first, clips)
    paths = sorted({*clip.paths, *texts})
    if texts and wishes.choose.get("transcript") is None:  # by its name alone it may be anything
        wishes = replace(wishes, choose={**wishes.choose, "transcript": texts[0].name})
    session = session_of(
        tree,
        paths,
        wishes,
        name=clip.name,
        case=person,
        participant=f"{NAME}-{person}",
        corpus=NAME,
        strange=clip.strange,
        speaker=PARTICIPANT,
    )
    if not shares:
        return session
    line = f"goes on with the answer of {texts[0].name}, so the words of both clips are its"
    return replace(session, warnings=(*session.warnings, line)) if texts else session
