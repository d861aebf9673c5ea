"""Sources in, sessions out: which corpus it is, and its reader.

A new corpus is one file of this folder and one line here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import UsageError
from ..sessions import Session
from ..trees import Folder, Tree
from . import folder
from .base import Corpus, Found, Wishes

CORPORA: tuple[Corpus, ...] = (folder.CORPUS,)
"""In the order in which they are tried; the generic layout takes what no other recognises."""
AUTO = "auto"


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """All that was found under the sources of a run."""

    corpus: Corpus
    sessions: tuple[Session, ...]
    """Sorted by id."""
    labels: tuple[tuple[Tree, Path], ...] = ()
    """Official label files, each with the folder to open it by."""


def find(sources: Sequence[Path], wishes: Wishes, corpus: str = AUTO) -> Discovery:
    """Find the sessions under each source.

    Parameters
    ----------
    sources : sequence of Path
        Session folders, or folders of them, however deep a corpus has them.
    wishes : Wishes
    corpus : str
        Name of a corpus, or ``auto``: the first that recognises a source.

    Raises
    ------
    UsageError
        If a source is no folder, or the sources hold different corpora.
    """
    readers: dict[str, Path] = {}
    found: list[Found] = []
    for source in sources:
        tree = _opened(source)
        reader = _reader(tree, corpus)
        readers.setdefault(reader.name, source)
        found.append(reader.find(tree, wishes))
    if len(readers) > 1:
        (one, first), (other, second), *_ = readers.items()
        raise UsageError(
            f"{first} holds {one} and {second} {other}: extract each corpus into a store of its "
            "own; depx align takes several stores"
        )
    name = next(iter(readers))
    return Discovery(
        corpus=next(reader for reader in CORPORA if reader.name == name),
        sessions=_distinct([session for each in found for session in each.sessions]),
        labels=tuple(file for each in found for file in each.labels),
    )


def _opened(source: Path) -> Tree:
    if not source.is_dir():
        got = "a file" if source.exists() else "nothing"
        raise UsageError(f"{source}: expected a session folder, got {got}")
    return Folder(source)


def _reader(tree: Tree, corpus: str) -> Corpus:
    for reader in CORPORA:
        if reader.name == corpus or (corpus == AUTO and reader.recognises(tree)):
            return reader
    names = ", ".join(reader.name for reader in CORPORA)
    raise UsageError(f"--corpus {corpus}: no such corpus; there are: {AUTO}, {names}")


def _distinct(sessions: Sequence[Session]) -> tuple[Session, ...]:
    """Keep one session an id; of two places that claim it neither is taken."""
    known: dict[str, Session] = {}
    for session in sessions:
        first = known.setdefault(session.id, session)
        if first.folder.resolve() != session.folder.resolve():
            clash = f"two folders have this name: {first.folder} and {session.folder}; rename one"
            known[session.id] = replace(first, files={}, given={}, problem=clash)
    return tuple(sorted(known.values(), key=lambda session: session.id))
