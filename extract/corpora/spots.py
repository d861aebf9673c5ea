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
from os.path import commonpath
from pathlib import Path

from ..remote.url import shown
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
    misnamed: dict[str, str] = field(default_factory=dict)
    """Those named after another session."""
    passed_over: dict[str, str] = field(default_factory=dict)
    """Loose files and archives of the session that lie elsewhere, by name, and why not them."""
    shared: bool = False
    """Whether the files lie among those of other sessions, and only their names tell."""
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
    spots = _one_each(_joined(surveyed, list(search.anywhere(surveyed.source))))
    broken = dict(surveyed.broken)
    for spot in spots:  # what lies there unopened is needed no more
        for path in [path for path in broken if spot.number == _number(path)]:
            why = f"{spot.tree.path.name} goes before it; {broken.pop(path)}"
            spot.passed_over[path.name] = why
    return Spots(numbered=tuple(spots), filmed=tuple(search.filmed), broken=broken)


def is_filmed(paths: Sequence[Path]) -> bool:
    """Say whether there is a video among the files of a folder."""
    return any(path.suffix.lower() in VIDEO for path in paths)


def is_owned(surveyed: Survey, tree: Tree) -> bool:
    """Say whether a folder, or one around it up to the source, is named after a session."""
    source = surveyed.source.path
    inside = tree.path.relative_to(source).parts if tree.path.is_relative_to(source) else ()
    names = (source.name or source.resolve().name, *inside)
    return any(SESSION.fullmatch(stem_of(Path(name))) for name in names)


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
            is_there = spot.paths or spot.aside or spot.misnamed or spot.problems
            if is_there or not (others or tree in self.filmed):  # an empty folder is told of, too
                yield spot
            yield from others
            return
        if tree.path in self.surveyed.unread:
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
                spot = Spot(number=named[1], tree=tree, shared=True)
                shared.setdefault(named[1], spot).paths.append(path)
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
                spot.misnamed[path.name] = (
                    f"named after session {named[1]}, in the folder of {spot.number}; "
                    "rename it, or move it there"
                )
        for inside in self.surveyed.inside(tree):
            if inside.archive == tree.archive and _owner(inside) in (None, spot.number):
                yield from self.claim(spot, inside)
            else:
                yield from self.anywhere(inside)


def _rank(spot: Spot) -> int:
    return 2 if spot.tree.archive is not None else int(spot.shared)


def _owner(tree: Tree) -> str | None:
    """Tell whose folder it is by its name."""
    return _number(tree.path)


def _number(path: Path) -> str | None:
    named = SESSION.fullmatch(stem_of(path))
    return None if named is None else named[1]


def _joined(surveyed: Survey, spots: Sequence[Spot]) -> list[Spot]:
    """Put together what lies apart by kind: ``audio/300_AUDIO.wav``, ``text/300_...csv``."""
    trees = {tree.path: tree for tree, _ in surveyed.folders}
    whole = [spot for spot in spots if not spot.shared]
    apart: dict[tuple[str, Path | None], list[Spot]] = {}
    for spot in spots:
        if spot.shared:
            apart.setdefault((spot.number, spot.tree.archive), []).append(spot)
    for (number, _), places in apart.items():
        around = Path(commonpath([place.tree.path for place in places]))
        paths = [path for place in places for path in place.paths]
        tree = trees.get(around, places[0].tree)
        whole.append(Spot(number=number, tree=tree, paths=paths, shared=True))
    return whole


def _one_each(spots: Sequence[Spot]) -> list[Spot]:
    """Keep one place a session: its own folder, else loose files, else an archive.

    Of two folders neither is taken.

    Returns
    -------
    list of Spot
        By number.
    """
    kept: dict[str, Spot] = {}
    for spot in sorted(spots, key=lambda spot: (spot.number, _rank(spot))):
        first = kept.setdefault(spot.number, spot)
        if first is spot:
            continue
        if _rank(first) < _rank(spot):
            archive = spot.tree.archive
            names = [path.name for path in spot.paths] if archive is None else [archive.name]
            first.passed_over.update(dict.fromkeys(names, f"{first.tree.path.name} goes before it"))
        else:
            first.problems.append(
                f"lies at two places: {shown(first.tree.path)} and {shown(spot.tree.path)}; "
                "give one as SESSIONS"
            )
    return [kept[number] for number in sorted(kept)]
