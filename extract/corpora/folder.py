"""The generic layout: a folder is a session and its name the id.

A folder holds any of a video, a sound file, a transcript and feature files of other programs.
Given a folder without any, each folder inside it is a session.
"""

from dataclasses import replace

from ..sessions import Session, unreadable
from ..trees import Tree
from .base import Corpus, Wishes
from .parts import candidates_in, session_of
from .survey import Survey


def find(surveyed: Survey, wishes: Wishes) -> list[Session]:
    """Find the sessions in a folder."""
    return [read(tree, wishes) for tree in _session_folders(surveyed.source, wishes)]


def read(tree: Tree, wishes: Wishes) -> Session:
    """Read one session folder."""
    path = tree.path
    own = path.name if path.name not in ("", "..") else path.resolve().name
    try:
        paths = tree.files()
    except OSError as error:
        session = session_of(tree, [], wishes, name=own)
        return replace(session, problem=unreadable(error))
    return session_of(tree, paths, wishes, name=own)


CORPUS = Corpus(
    name="folder",
    label="session folders",
    language="en",
    recognises=lambda _surveyed: True,
    find=find,
)


def _session_folders(source: Tree, wishes: Wishes) -> list[Tree]:
    inside = [
        tree
        for tree in source.folders()
        if wishes.store is None or not wishes.store.resolve().is_relative_to(tree.path.resolve())
    ]
    loose = [path.name for path in candidates_in(source, source.files(), wishes).paths()]
    if not any(_looks_like_session(tree, wishes) for tree in inside):
        return [source] if loose else inside or [source]
    if loose:
        more = f" and {len(loose) - 1} more" if len(loose) > 1 else ""
        wishes.notice(
            f"{source.path}: holds session folders, so {loose[0]}{more} beside them is not read; "
            "put a session's files into a folder of their own"
        )
    return inside


def _looks_like_session(tree: Tree, wishes: Wishes) -> bool:
    try:
        return bool(candidates_in(tree, tree.files(), wishes).paths())
    except OSError:  # it cannot be read, and reading it will say so
        return True
