"""Sources in, sessions out: which corpus it is, and its reader.

A new corpus is one file of this folder and one line here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import UsageError
from ..sessions import Session
from ..trees import Folder, Tree
from . import avec2014, cmdc, daic_woz, dvlog, edaic, folder
from .base import Corpus, Wishes
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
NAMES = (AUTO, *(corpus.name for corpus in CORPORA))
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
    sessions: list[Session] = []
    labels: list[LabelPlace] = []
    for source in sources:
        surveyed = survey(_opened(source))
        reader = _reader(surveyed, corpus)
        readers.setdefault(reader.name, source)
        if not _only_labels(surveyed):
            sessions += reader.find(surveyed, wishes)
        labels += surveyed.labels.get(reader.name, ())
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


def _opened(source: Path) -> Tree:
    if not source.is_dir():
        got = "a file" if source.exists() else "nothing"
        raise UsageError(f"{source}: expected a session folder, got {got}")
    return Folder(source)


def _reader(surveyed: Survey, corpus: str) -> Corpus:
    if corpus != AUTO:
        return next(reader for reader in CORPORA if reader.name == corpus)
    if _only_labels(surveyed):
        return next(reader for reader in CORPORA if reader.name in surveyed.labels)
    return next(reader for reader in CORPORA if reader.recognises(surveyed))


def _only_labels(surveyed: Survey) -> bool:
    """Say whether a source is nothing but the label files of a corpus, given beside sessions."""
    labels = {place.path for places in surveyed.labels.values() for place in places}
    rest = [path for _, path in surveyed.files() if path not in labels]
    return bool(labels) and not any(path.suffix.lower() not in PAPERS for path in rest)


def _distinct(sessions: Sequence[Session]) -> tuple[Session, ...]:
    """Keep one session an id; of two places that claim it neither is taken."""
    known: dict[str, Session] = {}
    for session in sessions:
        first = known.setdefault(session.id, session)
        if first.folder.resolve() != session.folder.resolve():
            clash = f"two folders have this name: {first.folder} and {session.folder}; rename one"
            known[session.id] = replace(first, files={}, given={}, problem=clash)
    return tuple(sorted(known.values(), key=lambda session: session.id))
