"""Which feature files belong together: a set is given as one, by its first file and more.

CLNF leaves five files a recording.  They belong to one set if their names differ by nothing but
the word that says what they hold; so two recordings in one folder stay two.  Where a part of a set
is there as ``.txt`` and as ``.csv``, the former is what the program wrote, and is taken.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .base import Format, GivenFile

WRITTEN = ".txt"


def gathered(files: Sequence[GivenFile]) -> tuple[list[GivenFile], dict[str, str]]:
    """Put files together that are parts of one.

    Parameters
    ----------
    files : sequence of GivenFile
        Those of one track.

    Returns
    -------
    list of GivenFile
        A set, or a file that needs no other, each.
    dict of str to str
        Files that are not taken, by name, and why.
    """
    whole: list[GivenFile] = []
    sets: dict[tuple[str, Path, str], dict[str, list[GivenFile]]] = {}
    for file in files:
        member = file.format.member
        if member is None:
            whole.append(file)
            continue
        name, part = member(file.path.stem.casefold())
        of_set = sets.setdefault((file.format.name, file.path.parent, name), {})
        of_set.setdefault(part, []).append(file)
    others: dict[str, str] = {}
    for parts in sets.values():
        taken = []
        for _, twins in sorted(parts.items()):
            first, *rest = sorted(twins, key=_second_hand)
            taken.append(first)
            others |= {twin.path.name: f"{first.path.name} goes before it" for twin in rest}
        whole.append(replace(taken[0], more=tuple(file.path for file in taken[1:])))
    return whole, others


def lacks_part(taken: GivenFile, promised: Format, name: str) -> bool:
    """Say whether a file of this name, which is not what it promises, was to be a part of a set.

    Parameters
    ----------
    taken : GivenFile
        The set; without the file.
    promised : Format
        What the name promises.
    name : str
        Of the file.
    """
    if taken.format is not promised or promised.member is None:
        return False
    parts = {promised.member(path.stem.casefold()) for path in (taken.path, *taken.more)}
    part = promised.member(Path(name).stem.casefold())
    return part not in parts and part[0] in {of_set for of_set, _ in parts}


def split_by_words(stem: str, words: Sequence[str]) -> tuple[str, str]:
    """Take the last of some words out of a name.

    Returns
    -------
    str
        The name without it.
    str
        The word; empty where the name has none.
    """
    ends = [(stem.rfind(word) + len(word), len(word), word) for word in words if word in stem]
    if not ends:
        return stem, ""
    end, length, word = max(ends)
    return stem[: end - length] + stem[end:], word


def _second_hand(file: GivenFile) -> tuple[bool, str]:
    return file.path.suffix.casefold() != WRITTEN, file.path.name
