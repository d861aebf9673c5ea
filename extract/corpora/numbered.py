"""Sessions that go by a number of three digits, as DAIC-WOZ's and E-DAIC's lie on disks.

``300_P/300_AUDIO.wav``, ``300/300_AUDIO.wav``, nested (``300_P/300_P/...``), below a folder of a
split or of features, files of many sessions in one folder, or ``300_P.zip`` beside each other: the
nearest folder that is named after a session owns what lies in it; elsewhere a file's own name does.

A file that is named after another session than its folder belongs to nobody.  A folder that holds a
video is none of these corpora's, which have none, and is read as a session folder of its own.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ..corrections.table import corrections_of
from ..sessions import Session, unreadable
from ..trees import Tree, head_in
from .base import Corpus, Wishes
from .folder import read
from .parts import VIDEO, session_of
from .survey import Survey

FOLDER = re.compile(r"(\d{3})(?:_P)?(?:\.zip|\.tar|\.tgz|\.tar\.gz)?", re.IGNORECASE)
"""Of a folder or archive that holds one session."""
FILE = re.compile(r"(\d{3})_.+")
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


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place on disk that holds one session."""

    number: str
    tree: Tree
    """The topmost folder that is the session's, or the folder that it shares with others."""
    paths: list[Path] = field(default_factory=list)
    aside: dict[str, str] = field(default_factory=dict)
    """Files there that are not taken, by name, and why."""
    problems: list[str] = field(default_factory=list)
    """Why nothing can be done with the session; one line each."""


def numbered_corpus(layout: Layout) -> Corpus:
    """Make the reader of a corpus whose sessions go by numbers."""
    return Corpus(
        name=layout.corpus,
        label=layout.label,
        language=layout.language,
        recognises=partial(_recognises, layout),
        find=partial(_find, layout),
    )


def _recognises(layout: Layout, surveyed: Survey) -> bool:
    """Tell the corpus by its features and transcripts, or by its labels beside numbered files."""
    labelled = layout.corpus in surveyed.labels
    for tree, paths in surveyed.folders:
        if _is_filmed(paths):
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
    text = head_in(tree, path).text
    return text is not None and layout.matches(text)


def _find(layout: Layout, surveyed: Survey, wishes: Wishes) -> list[Session]:
    filmed: list[Tree] = []
    spots = _one_each(list(_spots(surveyed.source, filmed)))
    _tell_of_missing(spots, layout.expected, wishes)
    return [
        *(_read(layout, spot, wishes) for spot in spots),
        *(read(tree, wishes) for tree in filmed),
    ]


def _read(layout: Layout, spot: Spot, wishes: Wishes) -> Session:
    session = session_of(
        spot.tree,
        spot.paths,
        wishes,
        name=spot.number,
        participant=f"{PARTICIPANTS}-{spot.number}",
        corpus=layout.corpus,
        aside=spot.aside,
    )
    if spot.problems:
        return replace(session, files={}, given={}, problem=spot.problems[0])
    return replace(
        session, corrections=corrections_of(layout.corpus, spot.number, wishes.corrections)
    )


def _one_each(spots: Sequence[Spot]) -> list[Spot]:
    """Keep one place a session: a folder goes before an archive, of two folders neither.

    Returns
    -------
    list of Spot
        By number.
    """
    kept: dict[str, Spot] = {}
    for spot in sorted(spots, key=lambda spot: (spot.number, spot.tree.archive is not None)):
        first = kept.setdefault(spot.number, spot)
        if first is spot:
            continue
        if first.tree.archive is None and spot.tree.archive is not None:
            first.aside[spot.tree.archive.name] = f"{first.tree.path.name} goes before it"
        else:
            first.problems.append(
                f"lies at two places: {first.tree.path} and {spot.tree.path}; give one as SESSIONS"
            )
    return [kept[number] for number in sorted(kept)]


def _tell_of_missing(
    spots: Sequence[Spot], expected: Mapping[str, re.Pattern[str]], wishes: Wishes
) -> None:
    """Say in a line a kind which sessions lack a file that the corpus has of everybody.

    A kind that no session has is one that the user does not keep, and no loss.
    """
    for name, pattern in expected.items():
        lacking = [
            spot.number
            for spot in spots
            if not any(pattern.fullmatch(path.name) for path in spot.paths)
        ]
        if 0 < len(lacking) < len(spots):
            some = ", ".join(lacking[:SHOWN]) + ", ..." * (len(lacking) > SHOWN)
            wishes.notice(f"{len(lacking)} of {len(spots)} sessions have no {name}: {some}")


def _spots(tree: Tree, filmed: list[Tree]) -> Iterator[Spot]:
    """Find the sessions in a folder that belongs to nobody."""
    owner = FOLDER.fullmatch(tree.path.name)
    if owner is not None:
        spot = Spot(number=owner[1], tree=tree)
        below = list(_claim(spot, tree, filmed))
        if spot.paths or spot.aside or spot.problems:
            yield spot
        yield from below
        return
    below = [spot for inside in tree.folders() for spot in _spots(inside, filmed)]
    paths = tree.files()
    if _is_filmed(paths) and not below:
        filmed.append(tree)
        return
    shared: dict[str, Spot] = {}
    for path in paths:
        named = FILE.fullmatch(path.name)
        if named is not None:
            shared.setdefault(named[1], Spot(number=named[1], tree=tree)).paths.append(path)
    yield from shared.values()
    yield from below


def _claim(spot: Spot, tree: Tree, filmed: list[Tree]) -> Iterator[Spot]:
    """Take what is the session's in its folder and those below; yield other sessions' places."""
    try:
        paths = tree.files()
    except OSError as error:
        spot.problems.append(unreadable(error))
        return
    if tree is spot.tree and _is_filmed(paths):
        filmed.append(tree)
        return
    spot.aside.update(tree.left_out())
    for path in paths:
        named = FILE.fullmatch(path.name)
        if named is None or named[1] == spot.number:
            spot.paths.append(path)
        else:
            spot.aside[path.name] = (
                f"named after session {named[1]}, in the folder of {spot.number}; "
                "rename it, or move it there"
            )
    for inside in tree.folders():
        owner = FOLDER.fullmatch(inside.path.name)
        if owner is None or owner[1] == spot.number:
            yield from _claim(spot, inside, filmed)
        else:
            yield from _spots(inside, filmed)


def _is_filmed(paths: Sequence[Path]) -> bool:
    return any(path.suffix.lower() in VIDEO for path in paths)
