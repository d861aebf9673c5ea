"""Letters to phones by rule, for English words that no dictionary has.

Longest match from the left over a table of spellings, a final silent "e", and the long vowel
before it.  Good enough to place a name or a new word between its neighbours, and no more is wanted:
against 3,000 seeded entries of CMUdict 23 % of the phones differ, and the number of phones is off
by .28 a word (``tests/bench/word_times.py letters``).  ARPAbet without stress.
"""

import unicodedata

_SPELLINGS = {
    **{"tion": "SH AH N", "sion": "ZH AH N", "cious": "SH AH S", "tious": "SH AH S"},
    **{"ough": "AO", "augh": "AO", "eigh": "EY", "igh": "AY", "tch": "CH", "dge": "JH"},
    **{"sch": "S K", "ck": "K", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W"},
    **{"qu": "K W", "ng": "NG", "nk": "NG K", "gh": "G", "cqu": "K W", "sc": "S K"},
    **{"ee": "IY", "ea": "IY", "ie": "IY", "ei": "AY", "ai": "EY", "ay": "EY", "ey": "IY"},
    **{"oa": "OW", "oo": "UW", "ou": "AW", "ow": "OW", "oi": "OY", "oy": "OY", "au": "AO"},
    **{"aw": "AO", "ew": "UW", "ue": "UW", "ui": "UW", "ia": "IY AH", "io": "IY OW"},
    **{"er": "ER", "ir": "ER", "ur": "ER", "ar": "AA R", "or": "AO R", "yr": "IH R"},
    **{"all": "AO L", "ous": "AH S", "le": "L", "x": "K S", "j": "JH", "y": "IH"},
    **{"a": "AE", "e": "EH", "i": "IH", "o": "AA", "u": "AH"},
    **{letter: letter.upper() for letter in "bdfhklmnprstvwz"},
    **{"h": "HH", "c": "K", "g": "G", "q": "K"},
}
_AT_START = {"kn": "N", "gn": "N", "wr": "R", "ps": "S", "mc": "M AH K", "x": "Z", "y": "Y"}
_AT_END = {"y": "IY", "e": "", "es": "Z", "ed": "D", "a": "AH", "o": "OW", "i": "IY", "mb": "M"}
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}
_SOFT = {"c": "S", "sc": "S", "g": "JH"}
_VOWELS = frozenset("aeiouy")
_LONGEST = max(map(len, _SPELLINGS))


def by_letters(word: str, *, cut: bool = False) -> tuple[str, ...]:
    """Guess how a word is pronounced.

    Parameters
    ----------
    word : str
        Letters; accents are dropped, other characters are silent.
    cut : bool
        Whether the word was broken off: then its last letters are no ending.

    Returns
    -------
    tuple of str
        Phones; empty where the word has no Latin letter.
    """
    plain = unicodedata.normalize("NFKD", word.casefold())
    letters = "".join(letter for letter in plain if "a" <= letter <= "z")
    phones: list[str] = []
    at = 0
    while at < len(letters):
        size, spoken = _next(letters, at, cut=cut)
        phones += spoken.split()
        at += size
    return tuple(phones)


def _next(letters: str, at: int, *, cut: bool) -> tuple[int, str]:
    """Read one spelling: how many letters it takes, and its phones."""
    rest = letters[at:]
    if at == 0:
        for spelling, spoken in _AT_START.items():
            if rest.startswith(spelling):
                return len(spelling), spoken
    if rest in _AT_END and not cut and _VOWELS & set(letters[:at]):
        return len(rest), _AT_END[rest]
    if rest[:1] in _LONG and not cut and _is_long(rest):
        return 1, _LONG[rest[0]]
    for size in range(min(_LONGEST, len(rest)), 0, -1):
        spelling = rest[:size]
        if spelling in _SOFT and rest[size : size + 1] in tuple("eiy"):
            return size, _SOFT[spelling]
        if spelling in _SPELLINGS:
            double = size == 1 and rest[1:2] == spelling and spelling not in _VOWELS
            return size + double, _SPELLINGS[spelling]
    return 1, ""


def _is_long(rest: str) -> bool:
    """Tell "a" of "make": a vowel, one consonant, and "e" at the word's end."""
    return len(rest) == 3 and rest[1] not in _VOWELS | {"x"} and rest[2] == "e"
