"""CMUdict as pocketsphinx carries it: English words to phones; pocketsphinx is not imported.

ARPAbet without stress.  A word's first pronunciation is taken; the aligner knows the others itself.
"""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ...errors import ModelMissing

DICTIONARY = "cmudict-en-us.dict"
LICENCE = "BSD-2-Clause"


def models_folder() -> Path:
    """Find the English models in pocketsphinx's wheel.

    Raises
    ------
    ModelMissing
        If pocketsphinx is not installed, or without its models.
    """
    spec = find_spec("pocketsphinx")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "model" / "en-us"
        if (path / DICTIONARY).is_file():
            return path
    raise ModelMissing(f"{DICTIONARY}: not found; reinstall pocketsphinx, whose wheel carries it")


def dictionary() -> Path:
    """Find the file of the dictionary."""
    return models_folder() / DICTIONARY


@cache
def pronunciations() -> Mapping[str, tuple[str, ...]]:
    """Read the dictionary: a word in lower case -> its phones; letters have a point (``p.``)."""
    found: dict[str, tuple[str, ...]] = {}
    with dictionary().open(encoding="utf-8") as lines:
        for line in lines:
            word, _, phones = line.partition(" ")
            found[word] = tuple(phones.split())
    return found
