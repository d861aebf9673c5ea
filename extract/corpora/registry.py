"""Sources in, sessions out: which corpus it is, and its reader.

A new corpus is one file of this folder and one line here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import ArchiveError, UsageError
from ..archives.registry import is_archive, open_archive
from ..remote.folder import open_remote
from ..remote.url import Url, Where, shown
from ..sessions import Session, unreadable
from ..trees import Folder, Tree, is_called_archive
from . import avec2014, cmdc, daic_woz, dvlog, edaic, folder
from .base import Corpus, Wishes
from .parts import SOUND, VIDEO
from .survey import LabelPlace, Survey, survey

CORPORA: tuple[Corpus, ...] = (
    daic_woz.CORPUS,
    edaic.CORPUS,
    cmdc.CORPUS,
    avec2014.CORPUS,
    dvlog.CORPUS,
    folder.CORPUS,
)
"""In the order in which they are tried; the generic layout takes what no other recognises."""
AUTO = "auto"
PAPERS = frozenset({".pdf", ".txt", ".md"})
"""What may lie beside label files and is none."""


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """All that was found under the sources of a run."""

    corpus: Corpus
    sessions: tuple[Session, ...]
    """Sorted by id."""
    labels: tuple[LabelPlace, ...] = ()
    """Official label files of the corpus."""


def find(sources: Sequence[Where], wishes: Wishes, corpus: str = AUTO) -> Discovery:
    """Find the sessions under each source.

    Parameters
    ----------
    sources : sequence of Path or Url
        Session folders, or folders of them, however deep a corpus has them; or archives of such.
    wishes : Wishes
    corpus : str
        Name of a corpus, or ``auto``: the first that recognises a source.

    Raises
    ------
    UsageError
        If a source is no folder and no archive, or the sources hold different corpora.
    ArchiveError
        If an archive cannot be opened, and nothing tells whose sessions it holds.
    RemoteError
        If a URL cannot be listed.
    """
    readers: dict[str, Where] = {}
    sessions: list[Session] = []
    labels: list[LabelPlace] = []
    broken: dict[Path, str] = {}
    for source in sources:
        if isinstance(source, Url):
            tree: Tree = _listed(source, wishes)
        else:
            try:
                tree = _opened(source)
            except (ArchiveError, OSError) as error:
                broken[source] = unreadable(error)
                continue
        surveyed = survey(tree)
        reader = _reader(surveyed, corpus, wishes)
        readers.setdefault(reader.name, source)
        found = reader.find(surveyed, wishes)
        if reader is not folder.CORPUS:  # whose sessions say so themselves
            _tell_of_unread(surveyed, wishes)
            _tell_of_the_rest(surveyed, reader, found, wishes)
        sessions += found
        labels += surveyed.labels.get(reader.name, ())
        if tree.remote is not None:
            tree.remote.forget_heads()
    for archive, why in broken.items():
        reader, session = _promised(archive, why, next(iter(readers), corpus))
        readers.setdefault(reader.name, archive)
        sessions.append(session)
    if len(readers) > 1:
        (one, first), (other, second), *_ = readers.items()
        raise UsageError(
            f"{first} holds {one} and {second} {other}: extract each corpus into a store of its "
            "own; depx align takes several stores"
        )
    name = next(iter(readers))
    return Discovery(
        corpus=next(reader for reader in CORPORA if reader.name == name),
        sessions=_distinct(sessions),
        labels=tuple(labels),
    )


def _tell_of_the_rest(
    surveyed: Survey, reader: Corpus, sessions: Sequence[Session], wishes: Wishes
) -> None:
    """Say in a line how many recordings are of no session of the corpus that was taken for."""
    taken = {path for session in sessions for path in session.files.values()}
    named = {Path(name).name for session in sessions for name in session.others}
    failed = [session.folder for session in sessions if session.problem is not None]
    rest = [
        path
        for _, path in surveyed.files()
        if path.suffix.lower() in VIDEO | SOUND
        and path not in taken
        and path.name not in named
        and not any(path.is_relative_to(place) for place in failed)
    ]
    if rest:
        more = f" and {len(rest) - 1} more" if len(rest) > 1 else ""
        where = rest[0].relative_to(surveyed.source.path)
        wishes.notice(
            f"{shown(surveyed.source.path)}: taken for {reader.label}, of which {where}{more} is "
            "no session's; not read; --corpus folder takes each folder for a session"
        )


def _listed(source: Url, wishes: Wishes) -> Tree:
    """List a folder at a URL, and say what has no place in it."""
    tree = open_remote(source)
    unplaced = tree.remote.unplaced()
    if unplaced is not None:
        wishes.notice(f"{source}: {unplaced}")
    return tree


def _opened(source: Path) -> Tree:
    if source.is_dir():
        return Folder(source)
    if source.is_file() and (is_called_archive(source) or is_archive(source)):
        return open_archive(source)
    if not source.exists():
        raise UsageError(f"{source}: is not there; check the name")
    raise UsageError(
        f"{source}: expected a session folder or an archive (zip, tar, tar.gz), got a file that is "
        "neither"
    )


def _promised(source: Path, why: str, corpus: str) -> tuple[Corpus, Session]:
    """Make the session that the name of an archive promises which cannot be opened.

    Where nothing else tells the corpus, nothing tells what the name means.
    """
    for reader in CORPORA:
        session = reader.unopened(source, why) if reader.name == corpus else None
        if session is not None:
            return reader, session
    raise ArchiveError(why)


def _reader(surveyed: Survey, corpus: str, wishes: Wishes) -> Corpus:
    if corpus != AUTO:
        return next(reader for reader in CORPORA if reader.name == corpus)
    told = next(reader for reader in CORPORA if reader.recognises(surveyed))
    if told is folder.CORPUS and _only_labels(surveyed, wishes):
        return next(reader for reader in CORPORA if reader.name in surveyed.labels)
    return told


def _only_labels(surveyed: Survey, wishes: Wishes) -> bool:
    """Say whether a source is nothing but the label files of a corpus, given beside sessions."""
    labels = {place.path for places in surveyed.labels.values() for place in places}
    rest = [(tree, path) for tree, path in surveyed.files() if path not in labels]
    if not labels or any(path.suffix.lower() not in PAPERS for _, path in rest):
        return False
    return not any(folder.usable(tree, [path], wishes) for tree, path in rest)


def _tell_of_unread(surveyed: Survey, wishes: Wishes) -> None:
    """Say in a line where nobody could look, and which label files are none."""
    if not surveyed.unread:
        return
    path, why = next(iter(surveyed.unread.items()))
    more = (
        f"; {len(surveyed.unread) - 1} more are not read either" if len(surveyed.unread) > 1 else ""
    )
    wishes.notice(f"{shown(path.parent)}: {why}{more}")


def _distinct(sessions: Sequence[Session]) -> tuple[Session, ...]:
    """Keep one session an id; of two places that claim it neither is taken."""
    known: dict[str, Session] = {}
    for session in sessions:
        first = known.setdefault(session.id, session)
        if first is not session and first.folder.resolve() != session.folder.resolve():
            folders = f"{shown(first.folder)} and {shown(session.folder)}"
            clash = f"two folders have this name: {folders}; rename one"
            known[session.id] = replace(first, files={}, given={}, problem=clash)
    return tuple(sorted(known.values(), key=lambda session: session.id))
