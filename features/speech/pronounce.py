"""How a token of a transcript is pronounced: by CMUdict, else by rule; phones in ARPAbet, English.

=============================  ==============================================================
``1985`` ``$20`` ``3rd``       spelt out (`numbers`), then each word
``p_t_s_d`` ``xyz``            letter by letter, by the dictionary's ``p.``; so is what has no vowel
``mm-hmm`` ``uh-huh`` ``tsk``  sounds that transcribers write in many ways
``people <peop>`` ``peop-``    cut short: the beginning of the word, else its letters
``everybody'll`` ``googling``  a known word and an ending
``self-esteem``                part by part
``Dr`` ``vs`` ``km``           what the abbreviation stands for
anything else                  by its letters (`letters`)
=============================  ==============================================================

So every word has phones: the aligner needs them, and so does whoever divides a turn by its phones.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from ..words import Kind, Word
from .dictionary import pronunciations
from .letters import by_letters
from .numbers import in_words

Phones = tuple[str, ...]

LANGUAGE = "en"
"""The language that is known here; of others only letters are counted."""

EVENT_PHONES = 5  # a laugh or a cough lasts about as long as a word of two syllables
PHONES_A_LETTER = 0.85  # slope over CMUdict's 130,000 entries; off by .7 phones a word on average
PHONES_A_DIGIT = 3  # "zero" to "nine": 3.2

_SOUNDS = (
    (re.compile(r"m+-?h+m+|m+-?m+-?h+m+"), "M HH M"),
    (re.compile(r"m+-m+"), "M M"),
    (re.compile(r"u+h+-?hu+h+"), "AH HH AH"),
    (re.compile(r"u+h+-u+h+|huh-?uh"), "AH AH"),
    (re.compile(r"h+m+"), "HH M"),
    (re.compile(r"m+"), "M"),
    (re.compile(r"u+h*m+|e+h*m+|e+r+m+|ä+h*m+"), "AH M"),
    (re.compile(r"u+h+|e+r+|ä+h*|e+h+"), "AH"),
    (re.compile(r"a+h+"), "AA"),
    (re.compile(r"o+h+"), "OW"),
    (re.compile(r"a+w+"), "AO"),
    (re.compile(r"o{2,}h*"), "UW"),
    (re.compile(r"sh+"), "SH"),
    (re.compile(r"ts+k+"), "T S K"),
    (re.compile(r"p+f+t*"), "P F"),
    (re.compile(r"e+w+"), "Y UW"),
)
_ABBREVIATIONS = {
    **{
        "dr": "doctor",
        "mr": "mister",
        "mrs": "missus",
        "ms": "miss",
        "vs": "versus",
        "st": "saint",
    },
    **{"prof": "professor", "etc": "et cetera", "km": "kilometers", "kg": "kilograms"},
    **{"cm": "centimeters", "lbs": "pounds", "ft": "feet", "hrs": "hours"},
}
"""Written short, said long.  CMUdict has some of them as other words ("dr" as "drive")."""
_ENDINGS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    *(("'s", ("",), "Z"), ("s'", ("",), "Z"), ("'ll", ("",), "AH L"), ("'d", ("",), "D")),
    *(("'ve", ("",), "AH V"), ("'re", ("",), "ER"), ("'m", ("",), "M"), ("n't", ("",), "AH N T")),
    *(
        ("ing", ("", "e"), "IH NG"),
        ("in'", ("ing",), ""),
        ("ies", ("y",), "Z"),
        ("ied", ("y",), "D"),
    ),
    *(("ed", ("", "e"), "D"), ("es", ("", "e"), "IH Z"), ("s", ("",), "Z"), ("ly", ("",), "L IY")),
    *(("ness", ("",), "N AH S"), ("er", ("", "e"), "ER"), ("y", ("",), "IY")),
)
"""Ending as written, what the known word has in its place, and how the ending is said."""

_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*'?|'[^\W\d_]+")
_ELSEWHERE = re.compile(r"\d|[^\W\d_']+(?:'[^\W\d_]+)*'?|'[^\W\d_]+")
_CUT_TO = re.compile(r"[<\[]([^<>\[\]\s]+)[>\]]?")
_BROKEN = ("-", "\u2013", "\u2014", "~")
_VOWEL = re.compile(r"[aeiouyäöü]")
_APOSTROPHES = str.maketrans("\u2018\u2019", "''")


def phones_of(word: Word) -> Phones:
    """Say how a word was pronounced, as far as the transcript tells.

    Parameters
    ----------
    word : Word
        A word or a filler; its raw form tells whether it was cut short.

    Returns
    -------
    tuple of str
        At least one phone.
    """
    cut_to = _CUT_TO.search(word.raw)
    if cut_to is not None and word.text.casefold().startswith(cut_to[1].casefold()):
        whole = pronounce(word.text)
        share = len(cut_to[1]) / len(word.text)
        return whole[: max(1, round(share * len(whole)))]
    if (
        word.raw.rstrip(".,?!;:\"'").endswith(_BROKEN)
        and word.text.casefold() not in pronunciations()
    ):
        return by_letters(word.text, cut=True) or pronounce(word.text)
    return pronounce(word.text)


@lru_cache(maxsize=1 << 16)
def pronounce(text: str) -> Phones:
    """Give a token's phones by the rules above; at least one."""
    text = unicodedata.normalize("NFC", text).casefold().translate(_APOSTROPHES)
    known = pronunciations()
    if text in _ABBREVIATIONS:
        return tuple(p for word in _ABBREVIATIONS[text].split() for p in known[word])
    if len(text) > 1 and text in known:
        return known[text]
    for sound, spoken in _SOUNDS:
        if sound.fullmatch(text):
            return tuple(spoken.split())
    phones = [phone for part in _PART.findall(in_words(text)) for phone in _part(part, known)]
    return tuple(phones) or ("AH",)


def phone_count(word: Word, language: str = LANGUAGE) -> int:
    """Count the phones of a word: by them words share a time that nothing else divides.

    Of an event (laughter) a fixed number is taken; in other languages than English every word goes
    by its letters.
    """
    if word.kind in (Kind.EVENT, Kind.PAUSE):
        return EVENT_PHONES
    if language == LANGUAGE:
        return len(phones_of(word))
    parts = _ELSEWHERE.findall(word.text)
    return max(1, sum(PHONES_A_DIGIT if part.isdigit() else _letters(part) for part in parts))


def _letters(part: str) -> int:
    return max(1, round(PHONES_A_LETTER * sum(map(str.isalpha, part))))


def _part(part: str, known: Mapping[str, Phones]) -> Phones:
    if part in known and (len(part) > 1 or part in ("a", "i", "o")):
        return known[part]
    if f"{part}." in known:
        return known[f"{part}."]
    for ending, stems, spoken in _ENDINGS:
        stem = part.removesuffix(ending)
        if stem == part or len(stem) < 2:
            continue
        for before in (*(f"{stem}{letters}" for letters in stems), *_undoubled(stem, ending)):
            if before in known:
                return _without_g(known[before], ending) + tuple(spoken.split())
    if not _VOWEL.search(part):
        spelt = [phone for letter in part for phone in known.get(f"{letter}.", ())]
        return tuple(spelt)
    return by_letters(part)


def _undoubled(stem: str, ending: str) -> tuple[str, ...]:
    """Give "blog" of "blogg(ing)"."""
    return (stem[:-1],) if ending in ("ing", "ed", "er") and stem[-1:] == stem[-2:-1] else ()


def _without_g(phones: Phones, ending: str) -> Phones:
    """Say "goin'" as "going" without its last sound."""
    return (*phones[:-1], "N") if ending == "in'" else phones
