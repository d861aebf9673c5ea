"""One stretch in the sound: what is heard, the ways to align it, and how well its words fit."""

# W = words of a stretch

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..extractor import Sound
from ..types import F32, Seconds
from ..words import Kind, Word
from .aligner import Aligner, Alignment
from .belongs import Candidate
from .pronounce import Phones, phones_of, pronounce
from .stretches import Stretch

PAD_S = 0.2  # heard beyond a turn's bounds on both sides: transcribers are off by a tenth
SPOKEN = (Kind.WORD, Kind.FILLER)
FIRST, WIDE, WITHOUT_FILLERS = "first", "wide", "without_fillers"
TRUST_IN = {FIRST: 1.0, WIDE: 0.8, WITHOUT_FILLERS: 0.8}
"""The ways to align a stretch, the strictest first, and the share of confidence of each."""


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch that was aligned."""

    words: tuple[int, ...]
    """Which words of the stretch were looked for."""
    alignment: Alignment
    how: str
    """One of `TRUST_IN`."""
    begin_s: Seconds
    """Time of the first sample that was heard."""
    fit: float
    """Log score of the words minus that of any phones, a second; NaN where there is none."""


def name_of(word: Word) -> str:
    """Name a pronunciation: words that are written alike may be cut short in different places."""
    text, phones = word.text.casefold(), phones_of(word)
    return text if phones == pronounce(text) else f"{text} {' '.join(phones)}"


def spoken(line: Stretch) -> tuple[int, ...]:
    """List the words of a stretch that can be looked for: no events."""
    return tuple(w for w, word in enumerate(line.words) if word.kind in SPOKEN)


def find(aligner: Aligner, line: Stretch, sound: Sound) -> Found | None:
    """Try the ways to align a stretch, the strictest first; None where all fail."""
    all_W = spoken(line)
    y_N, begin_s = heard(line, sound)
    if not all_W or not y_N.size:
        return None
    said_W = tuple(w for w in all_W if line.words[w].kind is Kind.WORD)
    ways = [(FIRST, all_W), (WIDE, all_W)]
    if said_W and said_W != all_W:
        ways.append((WITHOUT_FILLERS, said_W))
    for how, chosen_W in ways:
        names = [name_of(line.words[w]) for w in chosen_W]
        alignment = aligner.align(y_N, names, wide=how != FIRST)
        if alignment is not None:
            fit = (alignment.score - aligner.any_phones(y_N)) * sound.rate_hz / y_N.size
            return Found(chosen_W, alignment, how, begin_s, fit)
    return None


def heard(line: Stretch, sound: Sound) -> tuple[F32, Seconds]:
    """Cut the sound of a stretch: samples, and the time of the first; none beyond the recording."""
    start_s, stop_s = line.bounds
    if math.isnan(start_s) or math.isnan(stop_s):
        return np.empty(0, dtype=np.float32), 0.0
    first = max(0, round((start_s - PAD_S - sound.start_s) * sound.rate_hz))
    last = min(sound.y_N.size, round((stop_s + PAD_S - sound.start_s) * sound.rate_hz))
    return sound.y_N[first : max(first, last)], sound.start_s + first / sound.rate_hz


def candidate(line: Stretch, phones: Mapping[str, Phones]) -> Candidate:
    """Describe a stretch to whoever compares turns."""
    names = tuple(name_of(line.words[w]) for w in spoken(line))
    length_s = line.bounds[1] - line.bounds[0]
    return Candidate(words=names, phones=sum(len(phones[n]) for n in names), length_s=length_s)
