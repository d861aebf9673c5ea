"""All that lies under a source, looked through once for every corpus reader to ask.

Names of files and folders, and which small tables are official label files of which corpus (what
they say is read in `depx.extract.labels`).  What cannot be read is named, and costs nothing else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from joblib import Parallel, delayed

from ..archives.registry import open_archive
from ..labels.registry import is_called_so, recognise
from ..remote.folder import ARCHIVE
from ..sessions import UNREADABLE, unreadable
from ..trees import Tree, head_in, stem_of

SESSION = re.compile(r"(\d{3})(?:_P)?", re.IGNORECASE)
"""Of a folder or archive that holds one session of DAIC-WOZ or E-DAIC: its number."""
DEEPEST = 8  # folders within folders
AT_A_TIME = 4  # archives
TABLES = frozenset({".csv", ".tsv"})

Place: TypeAlias = tuple[Tree, Path]
"""A file, and the folder to open it by."""


@dataclass(frozen=True, kw_only=True)
class LabelPlace:
    """An official label file."""

    tree: Tree
    """The folder to open it by."""
    path: Path
    name: str
    """Its path from the source on, with ``/``: in some corpora folders tell the split."""

    def content(self) -> bytes:
        """Read it."""
        with self.tree.open(self.path) as file:
            return file.read()


@dataclass(frozen=True, eq=False, kw_only=True)
class Survey:
    """What lies under a source."""

    source: Tree
    folders: tuple[tuple[Tree, tuple[Path, ...]], ...]
    """Each folder with the files right inside; a folder stands before those inside it."""
    labels: Mapping[str, tuple[LabelPlace, ...]]
    """Corpus -> its label files."""
    opened: Mapping[Path, Tree]
    """Archives that are named after a session, as folders."""
    broken: Mapping[Path, str]
    """Those that cannot be opened, and why."""
    unread: Mapping[Path, str]
    """Folders that cannot be listed, tables that cannot be opened to see whether they are label
    files, and label files by name that are none, and why."""

    @cached_property
    def archives(self) -> frozenset[Path]:
        """Archives that are named after a session, whether they can be opened or not."""
        return frozenset((*self.opened, *self.broken))

    def inside(self, tree: Tree) -> list[Tree]:
        """List the folders right inside a folder, and the archives named after sessions."""
        archives = [self.opened[path] for path in tree.archives() if path in self.opened]
        return [*tree.folders(), *archives]

    def files(self) -> Iterator[Place]:
        """List all files."""
        for tree, paths in self.folders:
            for path in paths:
                yield tree, path


def survey(source: Tree) -> Survey:
    """Look through a source."""
    unread: dict[Path, str] = {}
    folders = list(_folders(source, DEEPEST, unread))
    opened, broken = _open_archives(folders)
    for tree in opened.values():
        folders += _folders(tree, DEEPEST, unread)
    labels: dict[str, list[LabelPlace]] = {}
    for tree, path in ((tree, path) for tree, paths in folders for path in paths):
        if path.suffix.lower() in TABLES:
            place = LabelPlace(tree=tree, path=path, name=path.relative_to(source.path).as_posix())
            corpus = _labels_of(place, unread)
            if corpus is not None:
                labels.setdefault(corpus, []).append(place)
    return Survey(
        source=source,
        folders=tuple(folders),
        opened=opened,
        broken=broken,
        unread=unread,
        labels={corpus: tuple(places) for corpus, places in labels.items()},
    )


def _folders(
    tree: Tree, deep: int, unread: dict[Path, str]
) -> Iterator[tuple[Tree, tuple[Path, ...]]]:
    try:
        paths, inside = tuple(tree.files()), tree.folders()
    except OSError as error:
        unread[tree.path] = unreadable(error)
        return
    yield tree, paths
    for folder in inside if deep else ():
        yield from _folders(folder, deep - 1, unread)


def _open_archives(
    folders: Sequence[tuple[Tree, tuple[Path, ...]]],
) -> tuple[dict[Path, Tree], dict[Path, str]]:
    """Open the archives that are named after a session; several at a time, as tar.gz is slow."""
    lying = {
        path: tree
        for tree, _ in folders
        for path in tree.archives()
        if SESSION.fullmatch(stem_of(path)) is not None
    }
    parallel = Parallel(n_jobs=AT_A_TIME, backend="threading")
    tried = parallel(delayed(_try)(path, tree) for path, tree in lying.items())
    found = dict(zip(lying, tried, strict=True))
    opened = {path: tree for path, tree in found.items() if not isinstance(tree, str)}
    return opened, {path: why for path, why in found.items() if isinstance(why, str)}


def _try(path: Path, tree: Tree) -> Tree | str:
    if tree.remote is not None:
        return f"{path.name}: {ARCHIVE}"
    try:
        return open_archive(path)
    except UNREADABLE as error:
        return unreadable(error)


def _labels_of(place: LabelPlace, unread: dict[Path, str]) -> str | None:
    """Say whose label file a table is."""
    try:
        text = head_in(place.tree, place.path).text
    except UNREADABLE as error:
        unread[place.path] = unreadable(error)
        return None
    form = None if text is None else recognise(text, place.name)
    if form is None and is_called_so(place.name):
        unread[place.path] = (
            f"{place.path.name}: is called like an official label file, and is none that depx "
            "knows (empty, or under another header)"
        )
    return None if form is None else form.corpus
