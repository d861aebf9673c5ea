"""DAIC-WOZ and E-DAIC, whose sessions go by the same numbers: what both readers share.

Where sessions lie is told in `spots.py`.  A folder that holds a video is read as a session folder
of its own, whatever its name.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..corrections.table import corrections_of
from ..sessions import UNREADABLE, Session
from ..trees import Tree, head_in, stem_of
from .base import Corpus, Wishes
from .folder import read
from .parts import not_read, session_of
from .spots import FILE, Spot, is_filmed, is_owned, spots_in
from .survey import SESSION, Survey

PARTICIPANTS = "daic"
"""Namespace of participants: those of DAIC-WOZ are E-DAIC's too, under the same numbers."""
SHOWN = 5  # sessions that a line names


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the files of a corpus are called."""

    corpus: str
    label: str
    language: str
    own: re.Pattern[str]
    """Files that no other corpus has, by name."""
    transcript: re.Pattern[str]
    """Its transcripts, which others may call the same."""
    matches: Callable[[str], bool]
    """Says whether the beginning of a transcript is that of this corpus's."""
    expected: Mapping[str, re.Pattern[str]]
    """What there is of every session and is read unasked, by how its name ends."""


def numbered_corpus(layout: Layout) -> Corpus:
    """Make the reader of a corpus whose sessions go by numbers."""
    return Corpus(
        name=layout.corpus,
        label=layout.label,
        language=layout.language,
        recognises=partial(_recognises, layout),
        find=partial(_find, layout),
        unopened=partial(_unopened, layout),
    )


def _recognises(layout: Layout, surveyed: Survey) -> bool:
    """Tell the corpus by its features and transcripts, or by its labels beside numbered files.

    A folder of another name with files of one number is a session of its own.
    """
    labelled = layout.corpus in surveyed.labels
    for tree, paths in surveyed.folders:
        numbers = {named[1] for path in paths if (named := FILE.fullmatch(path.name))}
        its_own = labelled or len(numbers) > 1 or is_owned(surveyed, tree)
        if is_filmed(paths) or not its_own:
            continue
        for path in paths:
            if (labelled and FILE.fullmatch(path.name)) or _tells(layout, tree, path):
                return True
    return False


def _tells(layout: Layout, tree: Tree, path: Path) -> bool:
    if layout.own.fullmatch(path.name):
        return True
    if not layout.transcript.fullmatch(path.name):
        return False
    try:
        text = head_in(tree, path).text
    except UNREADABLE:
        return False
    return text is not None and layout.matches(text)


def _find(layout: Layout, surveyed: Survey, wishes: Wishes) -> list[Session]:
    spots = spots_in(surveyed)
    _tell_of_missing(spots.numbered, layout.expected, wishes)
    _tell_of_passed_over(spots.numbered, wishes)
    unopened = (_unopened(layout, archive, why) for archive, why in spots.broken.items())
    return [
        *(_read(layout, spot, wishes) for spot in spots.numbered),
        *(session for session in unopened if session is not None),
        *(read(tree, wishes) for tree in spots.filmed),
    ]


def _unopened(layout: Layout, archive: Path, why: str) -> Session | None:
    """Make the session of an archive that cannot be opened, if its name tells which."""
    named = SESSION.fullmatch(stem_of(archive))
    if named is None:
        return None
    return Session(
        id=named[1],
        folder=archive,
        archive=archive,
        case=named[1],
        participant=f"{PARTICIPANTS}-{named[1]}",
        corpus=layout.corpus,
        problem=why,
    )


def _read(layout: Layout, spot: Spot, wishes: Wishes) -> Session:
    session = session_of(
        spot.tree,
        spot.paths,
        wishes,
        name=spot.number,
        participant=f"{PARTICIPANTS}-{spot.number}",
        corpus=layout.corpus,
        aside={**spot.aside, **spot.misnamed, **spot.passed_over},
    )
    session = replace(session, warnings=(*session.warnings, *not_read(spot.misnamed)))
    if spot.misnamed and not spot.paths:
        return replace(session, problem="holds files of other sessions only")
    if spot.problems:
        return replace(session, files={}, given={}, problem=spot.problems[0])
    return replace(
        session, corrections=corrections_of(layout.corpus, spot.number, wishes.corrections)
    )


def _tell_of_missing(
    spots: Sequence[Spot], expected: Mapping[str, re.Pattern[str]], wishes: Wishes
) -> None:
    """Say in a line a kind which sessions lack a file that the corpus has of everybody.

    A session without any file is told of by itself.
    A kind that no session has is one that the user does not keep, and no loss.
    """
    spots = [spot for spot in spots if spot.paths]
    for name, pattern in expected.items():
        lacking = [
            spot.number
            for spot in spots
            if not any(pattern.fullmatch(path.name) for path in spot.paths)
        ]
        if 0 < len(lacking) < len(spots):
            some = ", ".join(lacking[:SHOWN]) + ", ..." * (len(lacking) > SHOWN)
            wishes.notice(f"{len(lacking)} of {len(spots)} sessions have no {name}: {some}")


def _tell_of_passed_over(spots: Sequence[Spot], wishes: Wishes) -> None:
    """Say in a line what is not read of sessions that have a folder of their own."""
    names = [name for spot in spots for name in spot.passed_over]
    if names:
        some = ", ".join(names[:SHOWN]) + ", ..." * (len(names) > SHOWN)
        wishes.notice(
            f"{len(names)} loose files or archives are not read, as their sessions have folders of "
            f"their own: {some}; give them alone as SESSIONS to have them read"
        )
