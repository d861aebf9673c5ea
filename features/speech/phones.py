"""How many phones a word has: the measure by which words share a time that nothing else divides.

The counts are those of CMUdict as pocketsphinx carries it (its first pronunciation); what it lacks
is counted by rule.  English only: in another language every word goes by its letters.
"""

import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from ...errors import ModelMissing

DICTIONARY = "cmudict-en-us.dict"
LICENCE = "BSD-2-Clause"

PHONES_A_LETTER = 0.85  # slope over CMUdict's 130,000 entries; off by .7 phones a word on average
PHONES_A_DIGIT = 3  # "zero" to "nine": 3.2
PHONES_A_NAMED_LETTER = 2  # "p", "t", "s": a word that cannot be spoken is spelt

_PART = re.compile(r"\d|[^\W\d_']+(?:'[^\W\d_]+)*'?|'[^\W\d_]+")
_VOWEL = re.compile(r"[aeiouyäöü]", flags=re.IGNORECASE)


def dictionary() -> Path:
    """Find CMUdict beside pocketsphinx, without importing it.

    Raises
    ------
    ModelMissing
        If pocketsphinx is not installed, or without its models.
    """
    spec = find_spec("pocketsphinx")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "model" / "en-us" / DICTIONARY
        if path.is_file():
            return path
    raise ModelMissing(f"{DICTIONARY}: not found; reinstall pocketsphinx, whose wheel carries it")


def phone_counts(texts: Iterable[str]) -> dict[str, int]:
    """Count the phones of words; a word of several parts has the phones of all.

    Returns
    -------
    dict of text to int
        At least 1.
    """
    parts = {text: _PART.findall(text.casefold()) for text in texts}
    known = _look_up({part for found in parts.values() for part in found})
    return {
        text: max(1, sum(known.get(part) or by_rule(part) for part in found))
        for text, found in parts.items()
    }


def by_rule(part: str) -> int:
    """Estimate the phones of a digit, or of letters that no dictionary has."""
    if part.isdigit():
        return PHONES_A_DIGIT
    letters = sum(map(str.isalpha, part))
    if part.isascii() and not _VOWEL.search(part):
        return PHONES_A_NAMED_LETTER * letters
    return max(1, round(PHONES_A_LETTER * letters))


def _look_up(wanted: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    with dictionary().open(encoding="utf-8") as lines:
        for line in lines:
            word, _, phones = line.partition(" ")
            if word in wanted:
                found[word] = len(phones.split())
    return found
