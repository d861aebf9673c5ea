"""Tiers of an annotation (TextGrid, ELAN) into utterances: which are speech, of whom, word by word.

What a tier holds is told by its name, as aligners and annotators give it: "words", "phones",
"P01 - words", "P01_notes", "tx@P01".  A tier whose name says nothing of the kind is the speech of
the speaker whom it names; one with a label a word is read as words.  Tiers of phones, notes and
gestures are left out and counted.

Where a speaker has utterances and words, the words lie within the utterances, and the text of the
utterance stays (with its punctuation and its laughter) where it holds the same words.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import accumulate
from statistics import median
from typing import TypeVar

from ...features.types import Seconds
from ...features.words import Utterance
from .faults import Faults
from .grouping import Token, is_silence, utterances_of, without_silences

T = TypeVar("T")
WORD_LONG_S = 1.0  # a tier of single words whose median is longer holds answers, not words


class Holds(Enum):
    """What the labels of a tier are."""

    SPEECH = "utterances"
    WORDS = "words"
    OTHER = "neither"


@dataclass(frozen=True, slots=True)
class Tier:
    """Labelled intervals."""

    speaker: str | None
    holds: Holds
    spans: tuple[Token, ...]
    """Label, start, stop, in the order of the file; NaN where a bound is not known."""


_WORDS = frozenset(
    {"words", "word", "wrd", "tokens", "token", "ort", "wort", "wörter", "mots", "palabras"}
)
_SPEECH = frozenset(
    {"utterances", "utterance", "utt", "utts", "sentences", "sentence", "phrases", "phrase"}
    | {"transcript", "transcripts", "transcription", "transcriptions", "text", "tx", "txt", "trn"}
    | {"orthography", "orthographic", "ortho", "speech", "turns", "turn", "ipu", "ipus", "trans"}
)
_OTHER = frozenset(
    {"phones", "phone", "phonemes", "phoneme", "phon", "phn", "segments", "syllables", "syllable"}
    | {"syl", "syll", "ipa", "mau", "kan", "kas", "notes", "note", "comments", "comment", "gloss"}
    | {"gesture", "gestures", "gaze", "head", "translation", "translations", "ft", "ge", "mb"}
    | {"morph", "morphemes", "ps", "pos", "lemma", "ref", "pitch", "tones", "tone", "breaks"}
    | {"break", "misc", "silences", "silence", "vad", "emotion", "emotions", "topic", "topics"}
    | {"mimik", "gestik", "blick", "kopf", "notizen", "kommentar", "kommentare", "anmerkung"}
    | {"anmerkungen", "silben", "laute", "übersetzung", "glosse", "glossen", "events"}
)
_WHOLE = {"ort-mau": Holds.WORDS, "kan-mau": Holds.OTHER, "ort-mas": Holds.WORDS}  # WebMAUS
_VOICED = frozenset({"silent", "sounding"})  # Praat's "To TextGrid (silences)"
_AT_THE_FRONT = re.compile(r"^\s*([^\W_]+)(?:\s+-\s+|\s*[@/:|_-]\s*)(.*)$")
_AT_THE_BACK = re.compile(r"^(.*?)[\s@/:|_.(\[-]+([^\W_]+)[)\]]?\s*$")


def name_tells(name: str) -> tuple[str | None, Holds | None]:
    """Read the speaker and the kind of labels out of a tier's name; None where it is silent."""
    folded = name.strip().casefold()
    if folded in _WHOLE:
        return None, _WHOLE[folded]
    if (holds := _kind(folded)) is not None:
        return None, holds
    for pattern, kind, rest in ((_AT_THE_BACK, 2, 1), (_AT_THE_FRONT, 1, 2)):
        found = pattern.match(name)
        if found and (holds := _kind(found[kind].casefold())) is not None:
            return found[rest].strip(" \t-@/:|_.()[]") or None, holds
    return name.strip() or None, None


def tier_of(
    name: str, spans: Iterable[Token], speaker: str | None = None, holds: Holds | None = None
) -> Tier:
    """Make a tier from its name and labels; `speaker` and `holds` go before what the name tells."""
    spans = tuple(spans)
    named, told = name_tells(name)
    holds = holds or told
    if holds is None:
        holds = Holds.WORDS if _a_word_each(spans) else Holds.SPEECH
    labels = [label for label, _, _ in spans if not is_silence(label)]
    if all(label.strip().casefold() in _VOICED for label in labels):
        holds = Holds.OTHER
    return Tier(speaker or named, holds, spans)


def utterances_in(tiers: Sequence[Tier], faults: Faults) -> list[Utterance]:
    """Make the utterances of all speakers, in the order in which they start.

    Words of no named speaker are the only named speaker's, or those of who has a turn then.
    """
    spoken = [tier for tier in tiers if tier.holds is not Holds.OTHER]
    faults.add(
        "tiers_left_out",
        times=sum(
            tier.holds is Holds.OTHER and not all(is_silence(label) for label, _, _ in tier.spans)
            for tier in tiers
        ),
    )
    owned = _owned(spoken)
    said: list[list[Utterance]] = []
    for speaker in dict.fromkeys(tier.speaker for tier in owned):
        own = [tier for tier in owned if tier.speaker == speaker]
        words = _merged([tier.spans for tier in own if tier.holds is Holds.WORDS], faults)
        turns = _merged([tier.spans for tier in own if tier.holds is Holds.SPEECH], faults)
        said.append(_with_words(speaker, turns, words))
    return said[0] if len(said) == 1 else _in_order([one for part in said for one in part])


def _kind(word: str) -> Holds | None:
    if word in _WORDS:
        return Holds.WORDS
    if word in _SPEECH:
        return Holds.SPEECH
    return Holds.OTHER if word in _OTHER else None


def _a_word_each(spans: Sequence[Token]) -> bool:
    """Say whether labels are single words, as an aligner writes them."""
    said = [span for span in spans if not is_silence(span[0])]
    single = sum(len(label.split()) == 1 for label, _, _ in said)
    lasts_s = [stop - start for _, start, stop in said if not math.isnan(stop - start)]
    return (
        len(said) >= 5
        and single >= 0.9 * len(said)
        and bool(lasts_s)
        and (median(lasts_s) < WORD_LONG_S)
    )


def _merged(tiers: Sequence[Sequence[Token]], faults: Faults) -> list[Token]:
    """Put the labels of tiers of one kind into one row, without silences."""
    kept = [without_silences(spans, faults) for spans in tiers]
    return kept[0] if len(kept) == 1 else _by_start([span for spans in kept for span in spans])


def _by_start(spans: Sequence[Token]) -> list[Token]:
    return _sorted_by(spans, [start_s for _, start_s, _ in spans])


def _in_order(utterances: Sequence[Utterance]) -> list[Utterance]:
    return _sorted_by(utterances, [utterance.start_s for utterance in utterances])


def _sorted_by(items: Sequence[T], start_s: Sequence[Seconds]) -> list[T]:
    """Sort by start; what has none stays behind what it stood behind."""
    known = list(accumulate(start_s, lambda a, b: a if math.isnan(b) else b, initial=-math.inf))
    return [items[i] for i in sorted(range(len(items)), key=lambda i: known[i + 1])]


def _with_words(
    speaker: str | None, turns: Sequence[Token], words: Sequence[Token]
) -> list[Utterance]:
    """Put each word into the utterance in which its middle lies; the others make their own."""
    inside: list[list[Token]] = [[] for _ in turns]
    outside: list[Token] = []
    for word, home in zip(words, _homes(words, turns), strict=True):
        (outside if home is None else inside[home]).append(word)
    bounded = [
        Utterance(
            start_s=start_s,
            stop_s=stop_s,
            speaker=speaker,
            text=text,
            words=times_of(text, within),
        )
        for (text, start_s, stop_s), within in zip(turns, inside, strict=True)
    ]
    loose = utterances_of([(speaker, word) for word in outside])
    return _in_order([*bounded, *loose]) if bounded and loose else [*bounded, *loose]


def _homes(words: Sequence[Token], turns: Sequence[Token]) -> list[int | None]:
    """Find for each word the first turn in which its middle lies; the last one's is tried first.

    Of one with one time this is its middle, and one without any goes with the word before.
    """
    homes: list[int | None] = []
    last = 0
    for _, start_s, stop_s in words:
        known = [time_s for time_s in (start_s, stop_s) if not math.isnan(time_s)]
        if not known and homes:
            homes.append(homes[-1])
            continue
        middle_s = sum(known) / len(known) if known else math.nan
        near = (*range(last, min(last + 2, len(turns))), *range(len(turns)))
        home = next((t for t in near if turns[t][1] <= middle_s <= turns[t][2]), None)
        homes.append(home)
        last = last if home is None else home
    return homes


def _owned(tiers: Sequence[Tier]) -> list[Tier]:
    """Say whose the words are that name nobody: the only speaker's, or who says them then."""
    named = list(dict.fromkeys(tier.speaker for tier in tiers if tier.speaker is not None))
    if len(named) == 1:
        return [replace(tier, speaker=named[0]) for tier in tiers]
    owned: list[Tier] = []
    turns = [
        (tier.speaker, span)
        for tier in tiers
        if tier.speaker is not None and tier.holds is Holds.SPEECH
        for span in tier.spans
        if not is_silence(span[0])
    ]
    for tier in tiers:
        if tier.speaker is not None or tier.holds is Holds.SPEECH or not turns:
            owned.append(tier)
            continue
        homes = _homes(tier.spans, [span for _, span in turns])
        whose = [turns[home][0] if home is not None else None for home in homes]
        for speaker in dict.fromkeys(whose):
            spans = (span for who, span in zip(whose, tier.spans, strict=True) if who == speaker)
            owned.append(Tier(speaker, Holds.WORDS, tuple(spans)))
    return owned


def times_of(text: str, words: Sequence[Token]) -> tuple[Token, ...]:
    """Give the pieces of a text the times of the same words; what was not timed stays without.

    Where the text does not hold the words in their order, they stand for it.
    """
    if not words:
        return ()
    pieces: list[Token] = []
    waiting = list(words)
    for piece in text.split():
        if waiting and letters_of(piece) == letters_of(waiting[0][0]):
            _, start_s, stop_s = waiting.pop(0)
            pieces.append((piece, start_s, stop_s))
        else:
            pieces.append((piece, math.nan, math.nan))
    return tuple(words) if waiting else tuple(pieces)


def letters_of(word: str) -> str:
    """Give what of a word two ways of writing it have in common."""
    return "".join(sign for sign in word.casefold() if sign.isalnum())
