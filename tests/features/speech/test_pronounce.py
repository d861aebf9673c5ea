"""Pronunciations: the dictionary's, and by rule where it has none; numbers as they are said."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depx.features.speech.dictionary import pronunciations
from depx.features.speech.letters import by_letters
from depx.features.speech.numbers import in_words
from depx.features.speech.pronounce import EVENT_PHONES, phone_count, phones_of, pronounce
from depx.features.words import Kind, Role, Word

ARPABET = {phone for phones in pronunciations().values() for phone in phones}


def word(text: str, raw: str | None = None, kind: Kind = Kind.WORD) -> Word:
    return Word(text=text, raw=raw or text, kind=kind, speaker="P", role=Role.PARTICIPANT, turn=0)


def distance(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1985", "nineteen eighty five"),
        ("2003", "two thousand and three"),
        ("$20", "twenty dollars"),
        ("$3.50", "three dollars fifty"),
        ("$1,000.00", "one thousand dollars"),
        ("3.5", "three point five"),
        ("1,000", "one thousand"),
        ("3rd", "third"),
        ("80s", "eighties"),
        ("90's", "nineties"),
        ("1990s", "nineteen nineties"),
        ("4:30", "four thirty"),
        ("4:05", "four o five"),
        ("4:00", "four"),
        ("50%", "fifty percent"),
        ("007", "zero zero seven"),
        ("mp3", "mp three"),
        ("r&b", "r and b"),
        ("white", "white"),
    ],
)
def test_a_number_is_spelt_as_it_is_said(text: str, said: str) -> None:
    assert in_words(text) == said


def test_a_number_sounds_like_its_words() -> None:
    known = pronunciations()
    assert pronounce("25") == known["twenty"] + known["five"]
    assert pronounce("7") == pronounce("seven")


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("Again", "AH G EH N"),
        ("i\u2019m", "AY M"),
        ("b", "B IY"),
        ("ptsd", "P IY T IY EH S D IY"),
        ("ktm", "K EY T IY EH M"),
        ("Dr", "D AA K T ER"),
        ("vs", "V ER S AH S"),
        ("mm-hmm", "M HH M"),
        ("mmhm", "M HH M"),
        ("uh-huh", "AH HH AH"),
        ("uh-uh", "AH AH"),
        ("ummm", "AH M"),
        ("everybody'll", "EH V R IY B AA D IY AH L"),
        ("googling", "G UW G L IH NG"),
        ("blogging", "B L AO G IH NG"),
        ("self-esteem", "S EH L F AH S T IY M"),
    ],
)
def test_words_letters_and_sounds_have_their_phones(text: str, phones: str) -> None:
    assert pronounce(text) == tuple(phones.split())


def test_a_word_cut_short_is_its_beginning() -> None:
    whole = pronounce("people")
    assert phones_of(word("people", "people <peop>")) == whole[: len(whole) * 4 // 6]
    assert phones_of(word("depre", "depre-")) == ("D", "EH", "P", "R", "EH")  # the "e" is no ending
    assert phones_of(word("well", "well-")) == pronounce("well")
    assert phones_of(word("people", "people [laughter]")) == whole


@given(st.text(max_size=20))
def test_whatever_is_written_has_phones_of_the_model(text: str) -> None:
    phones = pronounce(text)
    assert phones
    assert set(phones) <= ARPABET


def test_letters_give_the_phones_of_the_dictionary_to_a_quarter() -> None:
    known = {w: p for w, p in pronunciations().items() if w.isalpha()}
    sample = random.Random(0).sample(sorted(known), 1000)
    wrong = sum(distance(by_letters(w), known[w]) for w in sample)
    assert wrong / sum(len(known[w]) for w in sample) < 0.27
    length = sum(abs(len(by_letters(w)) - len(known[w])) for w in sample)
    assert length / len(sample) < 0.35


def test_words_count_by_phones_in_english_and_by_letters_elsewhere() -> None:
    assert phone_count(word("white")) == 3
    assert phone_count(word("white"), "de") == 4  # .85 of five letters
    assert phone_count(word("1985"), "de") == 12
    assert phone_count(word("laughter", kind=Kind.EVENT)) == EVENT_PHONES
    assert phone_count(word("...")) == phone_count(word("..."), "de") == 1
