"""All that lies under a source, looked through once for every corpus reader to ask.

Names of files and folders, and which small tables are official label files of which corpus (what
they say is read in `depx.extract.labels`).  What cannot be read is left to whoever needs it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ..labels.registry import recognise
from ..trees import Tree, head_in

DEEPEST = 8  # folders within folders; links may go round
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

    def files(self) -> Iterator[Place]:
        """List all files."""
        for tree, paths in self.folders:
            for path in paths:
                yield tree, path


def survey(source: Tree) -> Survey:
    """Look through a source."""
    folders = tuple(_folders(source, DEEPEST))
    labels: dict[str, list[LabelPlace]] = {}
    for tree, path in ((tree, path) for tree, paths in folders for path in paths):
        if path.suffix.lower() in TABLES:
            place = LabelPlace(tree=tree, path=path, name=path.relative_to(source.path).as_posix())
            corpus = _labels_of(place)
            if corpus is not None:
                labels.setdefault(corpus, []).append(place)
    return Survey(
        source=source,
        folders=folders,
        labels={corpus: tuple(places) for corpus, places in labels.items()},
    )


def _folders(tree: Tree, deep: int) -> Iterator[tuple[Tree, tuple[Path, ...]]]:
    try:
        paths, inside = tuple(tree.files()), tree.folders()
    except OSError:
        return
    yield tree, paths
    for folder in inside if deep else ():
        yield from _folders(folder, deep - 1)


def _labels_of(place: LabelPlace) -> str | None:
    """Say whose label file a table is."""
    try:
        text = head_in(place.tree, place.path).text
    except OSError:
        return None
    form = None if text is None else recognise(text, place.name)
    return None if form is None else form.corpus
