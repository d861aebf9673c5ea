"""Sources in, sessions out: which corpus it is, and its reader.

A new corpus is one file of this folder and one line here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import ArchiveError, UsageError
from ..archives.registry import is_archive, open_archive
from ..sessions import Session, unreadable
from ..trees import Folder, Tree, is_called_archive
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
        Session folders, or folders of them, however deep a corpus has them; or archives of such.
    wishes : Wishes
    corpus : str
        Name of a corpus, or ``auto``: the first that recognises a source.

    Raises
    ------
    UsageError
        If a source is no folder and no archive, or the sources hold different corpora.
    """
    readers: dict[str, Path] = {}
    found: list[Found] = []
    broken: dict[Path, str] = {}
    for source in sources:
        try:
            tree = _opened(source)
        except ArchiveError as error:
            broken[source] = str(error)
            continue
        except OSError as error:
            broken[source] = unreadable(error)
            continue
        reader = _reader(tree, corpus)
        readers.setdefault(reader.name, source)
        found.append(reader.find(tree, wishes))
    for source, why in broken.items():
        reader, session = _promised(source, why, next(iter(readers), corpus))
        readers.setdefault(reader.name, source)
        found.append(Found(sessions=(session,)))
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
    if source.is_dir():
        return Folder(source)
    if source.is_file() and (is_called_archive(source) or is_archive(source)):
        return open_archive(source)
    got = "a file that is neither" if source.exists() else "nothing"
    raise UsageError(
        f"{source}: expected a session folder or an archive (zip, tar, tar.gz), got {got}"
    )


def _promised(source: Path, why: str, corpus: str) -> tuple[Corpus, Session]:
    """Make the session that the name of an archive promises which cannot be opened."""
    for reader in CORPORA:
        if corpus in (AUTO, reader.name):
            session = reader.unopened(source, why)
            if session is not None:
                return reader, session
    raise UsageError(why)


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
