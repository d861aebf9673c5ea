"""Sessions that are told by the names of their files, many in a folder: answers, tasks, clips."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from os.path import commonpath
from pathlib import Path

from ..trees import Tree
from .survey import Survey


@dataclass(frozen=True, kw_only=True)
class Group:
    """The files of one session."""

    name: str
    tree: Tree
    """The deepest folder that holds them all; opens them."""
    paths: tuple[Path, ...]
    strange: Callable[[Path], bool]
    """Says whether a file that `tree` does not open is another session's, by its name."""


def grouped(surveyed: Survey, name_of: Callable[[Path], str | None]) -> list[Group]:
    """Put files together by the session that their names, or their folders', say.

    Parameters
    ----------
    surveyed : Survey
    name_of : callable
        Gives the session of a file; None where it is of none.

    Returns
    -------
    list of Group
        By name.
    """
    trees = {tree.path: tree for tree, _ in surveyed.folders}
    found: dict[str, list[Path]] = {}
    for _, path in surveyed.files():
        name = name_of(path)
        if name is not None:
            found.setdefault(name, []).append(path)

    def is_of_another(own: str, path: Path) -> bool:
        other = name_of(path)
        return other != own and other in found

    return [
        Group(
            name=name,
            tree=trees[Path(commonpath([path.parent for path in paths]))],
            paths=tuple(sorted(paths)),
            strange=partial(is_of_another, name),
        )
        for name, paths in sorted(found.items())
    ]
