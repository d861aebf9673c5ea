"""Where sessions lie that go by a number of three digits: DAIC-WOZ's and E-DAIC's.

``300_P/300_AUDIO.wav``, ``300/300_AUDIO.wav``, nested (``300_P/300_P/...``), below a folder of a
split or of features, files of many sessions in one folder, or ``300_P.zip`` beside each other: the
nearest folder that is named after a session owns what lies in it; elsewhere a file's own name does.

A file that is named after another session than its folder belongs to nobody.  A folder that holds a
video is none of these corpora's, which have none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..sessions import unreadable
from ..trees import Tree, stem_of
from .parts import VIDEO
from .survey import SESSION, Survey

FILE = re.compile(r"(\d{3})_.+")


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place on disk that holds one session."""

    number: str
    tree: Tree
    """The topmost folder that is the session's, or the folder that it shares with others."""
    paths: list[Path] = field(default_factory=list)
    aside: dict[str, str] = field(default_factory=dict)
    """Files there that are not taken, by name, and why."""
    misnamed: list[str] = field(default_factory=list)
    """Those of them that are named after another session."""
    problems: list[str] = field(default_factory=list)
    """Why nothing can be done with the session; one line each."""


@dataclass(frozen=True, kw_only=True)
class Spots:
    """The places under a source."""

    numbered: tuple[Spot, ...]
    """By number; each number once."""
    filmed: tuple[Tree, ...]
    """Session folders with a video, which are none of the corpus."""
    broken: Mapping[Path, str]
    """Archives that cannot be opened, of sessions that lie nowhere else, and why."""


def spots_in(surveyed: Survey) -> Spots:
    """Find the places of sessions under a source."""
    search = _Search(surveyed)
    spots = _one_each(list(search.anywhere(surveyed.source)))
    broken = dict(surveyed.broken)
    for spot in spots:  # what lies there unopened is needed no more
        for path in [path for path in broken if spot.number == _number(path)]:
            spot.aside[path.name] = f"{spot.tree.path.name} goes before it; {broken.pop(path)}"
    return Spots(numbered=tuple(spots), filmed=tuple(search.filmed), broken=broken)


def is_filmed(paths: Sequence[Path]) -> bool:
    """Say whether there is a video among the files of a folder."""
    return any(path.suffix.lower() in VIDEO for path in paths)


class _Search:
    """A walk through a source, and the folders with a video that it came by."""

    def __init__(self, surveyed: Survey) -> None:
        self.surveyed = surveyed
        self.filmed: list[Tree] = []

    def anywhere(self, tree: Tree) -> Iterator[Spot]:
        """Find the sessions in a folder that belongs to nobody yet."""
        number = _owner(tree)
        if number is not None:
            spot = Spot(number=number, tree=tree)
            others = list(self.claim(spot, tree))
            if spot.paths or spot.aside or spot.problems:
                yield spot
            yield from others
            return
        below = [spot for inside in self.surveyed.inside(tree) for spot in self.anywhere(inside)]
        paths = tree.files()
        if is_filmed(paths) and not below:
            self.filmed.append(tree)
            return
        shared: dict[str, Spot] = {}
        for path in paths:
            named = FILE.fullmatch(path.name)
            if named is not None and path not in self.surveyed.archives:
                shared.setdefault(named[1], Spot(number=named[1], tree=tree)).paths.append(path)
        yield from shared.values()
        yield from below

    def claim(self, spot: Spot, tree: Tree) -> Iterator[Spot]:
        """Take what is the session's in a folder and those below; yield other sessions' places."""
        try:
            paths = tree.files()
        except OSError as error:
            spot.problems.append(unreadable(error))
            return
        if tree is spot.tree and is_filmed(paths):
            self.filmed.append(tree)
            return
        if tree is spot.tree or tree.archive is None:  # an archive names all at its top
            ahead = tree.path.relative_to(spot.tree.path)
            unsafe = tree.left_out().items()
            spot.aside.update({(ahead / name).as_posix(): why for name, why in unsafe})
        for path in paths:
            named = FILE.fullmatch(path.name)
            if path in self.surveyed.archives:
                continue  # a place of its own
            if named is None or named[1] == spot.number:
                spot.paths.append(path)
            else:
                spot.misnamed.append(path.name)
                spot.aside[path.name] = (
                    f"named after session {named[1]}, in the folder of {spot.number}; "
                    "rename it, or move it there"
                )
        for inside in self.surveyed.inside(tree):
            if inside.archive == tree.archive and _owner(inside) in (None, spot.number):
                yield from self.claim(spot, inside)
            else:
                yield from self.anywhere(inside)


def _owner(tree: Tree) -> str | None:
    """Tell whose folder it is by its name."""
    return _number(tree.path)


def _number(path: Path) -> str | None:
    named = SESSION.fullmatch(stem_of(path))
    return None if named is None else named[1]


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
