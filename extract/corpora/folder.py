"""The generic layout: a folder is a session and its name the id.

A folder holds any of a video, a sound file, a transcript and feature files of other programs.
Given a folder without any, each folder inside it is a session.  So it is with an archive, whose own
name is the id where the files lie at its top; a lone folder at its top that holds none is seen
through.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..remote.url import shown
from ..sessions import UNREADABLE, Session, unreadable
from ..trees import Tree, escaped, stem_of
from .base import Corpus, Wishes
from .parts import candidates_in, session_of
from .survey import Survey


def find(surveyed: Survey, wishes: Wishes) -> list[Session]:
    """Find the sessions in a folder."""
    if archives := surveyed.source.archives():
        more = f" and {len(archives) - 1} more" if len(archives) > 1 else ""
        first = "" if surveyed.source.remote is None else "download and "
        wishes.notice(
            f"{shown(surveyed.source.path)}: {archives[0].name}{more} inside it is not opened; "
            f"{first}give archives themselves as SESSIONS"
        )
    return [read(tree, wishes) for tree in _session_folders(surveyed.source, wishes)]


def read(tree: Tree, wishes: Wishes) -> Session:
    """Read one session folder."""
    own = _name(tree)
    try:
        paths = tree.files()
    except OSError as error:
        session = session_of(tree, [], wishes, name=own)
        return replace(session, problem=unreadable(error))
    return session_of(tree, paths, wishes, name=own)


def unopened(archive: Path, why: str) -> Session:
    """Make the session of an archive that cannot be opened."""
    name = stem_of(archive)
    return Session(
        id=escaped(name),
        folder=archive,
        archive=archive,
        case=name,
        participant=name,
        problem=why,
    )


CORPUS = Corpus(
    name="folder",
    label="session folders",
    language="en",
    recognises=lambda _surveyed: True,
    find=find,
    unopened=unopened,
)


def _name(tree: Tree) -> str:
    path = tree.path
    if path == tree.archive:
        return stem_of(path)
    return path.name if path.name not in ("", "..") else path.resolve().name


def _session_folders(source: Tree, wishes: Wishes) -> list[Tree]:
    folders = source.folders()
    lone = folders[0] if len(folders) == 1 and not source.files() else None
    if source.path == source.archive and lone and not _looks_like_session(lone, wishes):
        return _session_folders(lone, wishes)
    inside = [
        tree
        for tree in folders
        if wishes.store is None or not wishes.store.resolve().is_relative_to(tree.path.resolve())
    ]
    loose = _usable(source, wishes)
    if not any(_looks_like_session(tree, wishes) for tree in inside):
        return [source] if loose else inside or [source]
    if loose:
        more = f" and {len(loose) - 1} more" if len(loose) > 1 else ""
        wishes.notice(
            f"{shown(source.path)}: holds session folders, so {loose[0]}{more} beside them is not "
            "read; put a session's files into a folder of their own"
        )
    return inside


def _looks_like_session(tree: Tree, wishes: Wishes) -> bool:
    try:
        return bool(_usable(tree, wishes))
    except OSError:  # it cannot be read, and reading it will say so
        return True


def _usable(tree: Tree, wishes: Wishes) -> list[str]:
    return usable(tree, tree.files(), wishes)


def usable(tree: Tree, paths: Sequence[Path], wishes: Wishes) -> list[str]:
    """Name those among the files of a folder that depx may read."""
    try:
        return [path.name for path in candidates_in(tree, paths, wishes).paths()]
    except UNREADABLE:  # one of them is damaged, and reading the session will say so
        return [path.name for path in paths]
