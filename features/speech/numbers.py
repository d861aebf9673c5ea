"""Numbers as they are said: "1985" and "$20" to words, so that they can be pronounced.

A transcript writes digits where the speaker said words, and which ones is a guess: a number of four
digits from 1100 to 2099 is taken for a year, one that begins with 0 for digits.
"""

import re
from functools import cache
from typing import Literal

_SIGNS = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen", "%": "percent", "°": "degrees",
          "&": "and", "@": "at", "#": "number", "+": "plus", "=": "equals"}  # fmt: skip
_BEFORE = frozenset("$€£¥")  # written before the number, said behind it
_NUMBER = re.compile(
    r"(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.(\d+))?('?s|st|nd|rd|th)?(?![^\W\d_])", re.I
)
_MONEY = re.compile(r"([$€£])([\d,]*\d)\.(\d\d)(?!\d)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?!\d)")
_DIGITS = 15  # of longer ones each digit is said


def in_words(text: str) -> str:
    """Spell the numbers and signs of a token out; what has none is given back as it is.

    Parameters
    ----------
    text : str
        One token of a transcript, such as ``$3.50``, ``1985``, ``3rd``, ``80s``, ``4:30``.

    Returns
    -------
    str
        English words, with spaces between them.
    """
    if not re.search(rf"[\d{re.escape(''.join(_SIGNS))}]", text):
        return text
    text = _MONEY.sub(_money, text)
    units = [_SIGNS[sign] for sign in text if sign in _BEFORE]
    text = "".join(letter for letter in text if letter not in _BEFORE)
    text = _CLOCK.sub(_clock, text)
    text = _NUMBER.sub(lambda found: f" {_number(found)} ", text)
    text = re.sub(r"\d", lambda digit: f" {_words(int(digit[0]))} ", text)
    for sign, said in _SIGNS.items():
        text = text.replace(sign, f" {said} ")
    return " ".join([*text.split(), *units])


def _money(found: re.Match[str]) -> str:
    """Say "five dollars fifty"."""
    whole, cents = int(found[2].replace(",", "")), int(found[3])
    return f" {_words(whole)} {_SIGNS[found[1]]} {_words(cents) if cents else ''} "


def _clock(found: re.Match[str]) -> str:
    minutes = int(found[2])
    said = "" if minutes == 0 else ("o " if minutes < 10 else "") + _words(minutes)
    return f" {_words(int(found[1]))} {said} "


def _number(found: re.Match[str]) -> str:
    digits, fraction, ending = found[1], found[2], (found[3] or "").lower()
    whole = digits.replace(",", "")
    if len(whole) > _DIGITS or (len(whole) > 1 and whole[0] == "0"):
        said = " ".join(_words(int(digit)) for digit in whole)
    elif ending in ("st", "nd", "rd", "th") and fraction is None:
        return _words(int(whole), "ordinal")
    elif "," not in digits and fraction is None and 1100 <= int(whole) <= 2099:
        said = _words(int(whole), "year")
    else:
        said = _words(int(whole))
    if fraction is not None:
        said += " point " + " ".join(_words(int(digit)) for digit in fraction)
    if ending.endswith("s"):  # the 80s: eighties
        said = said[:-1] + "ies" if said.endswith("y") else said + "s"
    return said


@cache
def _words(number: int, to: Literal["cardinal", "ordinal", "year"] = "cardinal") -> str:
    from num2words import num2words

    return re.sub(r"[-,]", " ", str(num2words(number, lang="en", to=to)))
