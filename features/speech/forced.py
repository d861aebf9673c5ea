"""The ``forced`` track: each word where the sound has it, by forced alignment, a turn at a time.

A turn is aligned as it stands; failing that with wider beams, then without its fillers; what fails
throughout has no rows here, and its words keep the times that their phones give them
(`word_times`).  Events, and fillers that had to be dropped, lie in the gap that the words around
them leave.  A turn hears itself only, `PAD_S` beyond its bounds: nothing that another speaker says
or does not say moves its words.

An alignment always finds *something*: `trust` says how far to believe a word, `belongs` whether
the transcript is this recording's at all.  A confidence of 0 is a refusal: only who asks for such
times gets them (``align --timing forced``).  English only.
"""

# W = words of a stretch

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...errors import NothingToMeasure
from ..extractor import Inputs, Measured, Sound, Takes
from ..language import code
from ..types import F32, F64, Seconds
from ..words import Kind, Timing, Word, WordTime, words_of
from . import belongs, trust
from .aligner import Aligner, Alignment
from .dictionary import DICTIONARY, LICENCE, models_folder
from .pronounce import LANGUAGE, Phones, phone_count, phones_of
from .sharing import between_neighbours
from .stretches import Stretch, stretches, voiced_runs, voiced_share

PAD_S = 0.2  # heard beyond a turn's bounds on both sides: transcribers are off by a tenth
SPOKEN = (Kind.WORD, Kind.FILLER)
MODEL = ("mdef", "means", "variances", "sendump", "transition_matrices", "noisedict", "feat.params")
TRUST_IN = {"first": 1.0, "wide": trust.WIDE, "without_fillers": trust.WITHOUT_FILLERS}
LONGEST_FIT_S = 120.0  # of longer stretches the score against any phones is not asked for
MANY_LOST = 0.25  # share of turns without an alignment, from which on the user is told


@dataclass(frozen=True, slots=True)
class _Found:
    """A stretch that was aligned."""

    words: tuple[int, ...]
    """Which words of the stretch were looked for."""
    alignment: Alignment
    how: str
    """``first``, ``wide`` or ``without_fillers``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Forced:
    """Times of words by forced alignment with pocketsphinx."""

    language: str = LANGUAGE
    """Language of the speech; there is an acoustic model for ``en`` only."""

    name: ClassVar[str] = "forced"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "sound"
    consumes: ClassVar[tuple[str, ...]] = ("words",)
    consults: ClassVar[tuple[str, ...]] = ("vad",)
    libraries: ClassVar[Mapping[str, str]] = {
        "pocketsphinx": "BSD-2-Clause",
        "num2words": "LGPL-2.1",
    }

    def __post_init__(self) -> None:
        object.__setattr__(self, "language", code(self.language))

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """Name the files of the acoustic model and the dictionary."""
        folder = models_folder()
        files = [folder / DICTIONARY, folder / "en-us-phone.lm.bin"]
        files += [folder / "en-us" / name for name in MODEL]
        return {path.name: (path, LICENCE) for path in files}

    def __call__(self, inputs: Inputs) -> Measured:
        """Align the turns of a session.

        Raises
        ------
        NothingToMeasure
            If the session has no words or no sound, or the language is not English.
        """
        if self.language != LANGUAGE:
            raise NothingToMeasure(
                f"forced alignment knows English only, got --language {self.language}; words keep "
                "the transcript's times, or share their turn's voice by their letters"
            )
        if inputs.turns is None or inputs.sound is None:
            raise NothingToMeasure("forced: the session has no words or no sound")
        sound, words = inputs.sound, words_of(inputs.turns)
        ends = (sound.start_s, sound.start_s + sound.y_N.size / sound.rate_hz)
        lines = stretches(inputs.turns, ends)
        phones = {_name(word): phones_of(word) for word in words if word.kind in SPOKEN}
        aligner = Aligner(phones)
        found = [_align(aligner, line, sound) for line in lines]
        verdict = belongs.compare(
            [_candidate(line, phones) for line in lines if line.timed and _spoken(line)],
            _scorer(aligner, lines, found, sound),
        )
        vad = inputs.tracks.get("vad")
        runs_R2 = None if vad is None else voiced_runs(vad)
        rows: list[WordTime] = []
        for line, one in zip(lines, found, strict=True):
            if one is not None:
                fit = _fit(aligner, line, one, sound)
                begin_s = _heard(line, sound)[1]
                rows += _rows(line, one, phones, fit, runs_R2, begin_s, foreign=verdict.foreign)
        return Measured(
            table=tuple(rows),
            quality=_quality(lines, found, rows, len(words), verdict),
            warnings=_warnings(lines, found, verdict),
        )


def _name(word: Word) -> str:
    """Name a pronunciation: words that are written alike may be cut short in different places."""
    return f"{word.text.casefold()} {' '.join(phones_of(word))}"


def _spoken(line: Stretch) -> tuple[int, ...]:
    return tuple(w for w, word in enumerate(line.words) if word.kind in SPOKEN)


def _align(aligner: Aligner, line: Stretch, sound: Sound) -> _Found | None:
    """Try the ways to align a stretch, the strictest first."""
    all_W = _spoken(line)
    y_N, _ = _heard(line, sound)
    if not all_W or not y_N.size:
        return None
    said_W = tuple(w for w in all_W if line.words[w].kind is Kind.WORD)
    ways = [("first", all_W, False), ("wide", all_W, True)]
    if said_W and said_W != all_W:
        ways.append(("without_fillers", said_W, True))
    for how, chosen_W, wide in ways:
        names = [_name(line.words[w]) for w in chosen_W]
        alignment = aligner.align(y_N, names, wide=wide)
        if alignment is not None:
            return _Found(chosen_W, alignment, how)
    return None


def _heard(line: Stretch, sound: Sound) -> tuple[F32, Seconds]:
    """Cut the sound of a stretch: samples, and the time of the first; none beyond the recording."""
    start_s, stop_s = line.bounds
    if math.isnan(start_s) or math.isnan(stop_s):
        return np.empty(0, dtype=np.float32), 0.0
    first = max(0, round((start_s - PAD_S - sound.start_s) * sound.rate_hz))
    last = min(sound.y_N.size, round((stop_s + PAD_S - sound.start_s) * sound.rate_hz))
    return sound.y_N[first : max(first, last)], sound.start_s + first / sound.rate_hz


def _candidate(line: Stretch, phones: Mapping[str, Phones]) -> belongs.Candidate:
    names = tuple(_name(line.words[w]) for w in _spoken(line))
    length_s = line.bounds[1] - line.bounds[0]
    return belongs.Candidate(
        words=names, phones=sum(len(phones[name]) for name in names), length_s=length_s
    )


def _scorer(
    aligner: Aligner, lines: Sequence[Stretch], found: Sequence[_Found | None], sound: Sound
) -> belongs.Score:
    """Score words against the sound of a turn; its own alignment is there already."""
    timed = [s for s, line in enumerate(lines) if line.timed and _spoken(line)]

    def score(turn: int, words: tuple[str, ...]) -> float | None:
        line, one = lines[timed[turn]], found[timed[turn]]
        if words == tuple(
            _name(line.words[w]) for w in _spoken(line)
        ):  # only the strict way counts
            return one.alignment.score if one is not None and one.how == "first" else None
        y_N, _ = _heard(line, sound)
        other = aligner.align(y_N, words)
        return None if other is None else other.score

    return score


def _fit(aligner: Aligner, line: Stretch, one: _Found, sound: Sound) -> float | None:
    """Say how well the words explain the sound beside any phones; log score a second."""
    y_N, _ = _heard(line, sound)
    if y_N.size > LONGEST_FIT_S * sound.rate_hz:
        return None
    loop = aligner.any_phones(y_N)
    return None if loop is None else (one.alignment.score - loop) * sound.rate_hz / y_N.size


def _rows(
    line: Stretch,
    one: _Found,
    phones: Mapping[str, Phones],
    fit: float | None,
    runs_R2: F64 | None,
    begin_s: Seconds,
    *,
    foreign: bool,
) -> Iterator[WordTime]:
    """Give every word of an aligned stretch its row, in order."""
    start_s_W = begin_s + np.array([word.start_s for word in one.alignment.words])
    stop_s_W = begin_s + np.array([word.stop_s for word in one.alignment.words])
    trusted_W = trust.confidence(
        stop_s_W - start_s_W,
        [len(phones[_name(line.words[w])]) for w in one.words],
        None if runs_R2 is None else voiced_share(runs_R2, start_s_W, stop_s_W),
        fit,
        TRUST_IN[one.how],
    )
    if foreign:
        trusted_W = np.full_like(trusted_W, trust.REFUSED)
    times = dict(zip(one.words, zip(start_s_W, stop_s_W, trusted_W, strict=True), strict=True))
    refused = not trusted_W.any()
    for w, (start_s, stop_s, sure) in enumerate(_filled(line, times)):
        yield WordTime(
            word=line.first + w,
            method=Timing.FORCED,
            start_s=float(start_s),
            stop_s=float(stop_s),
            confidence=trust.REFUSED if refused else float(sure),
        )


def _filled(
    line: Stretch, times: Mapping[int, tuple[float, float, float]]
) -> Iterator[tuple[Seconds, Seconds, float]]:
    """Place what was not looked for in the gaps; where there is no gap, with no length."""
    own = [times[w][:2] if w in times else None for w in range(len(line.words))]
    weight_W = [phone_count(word) for word in line.words]
    begin_s, end_s = line.bounds
    first_s, last_s = times[min(times)][0], times[max(times)][1]
    placed = between_neighbours(own, weight_W, (min(begin_s, first_s), max(end_s, last_s)))
    at_s = first_s
    for w, time in enumerate(placed):
        start_s, stop_s = (at_s, at_s) if time is None else time
        yield start_s, stop_s, times[w][2] if w in times else math.nan
        at_s = stop_s


def _quality(
    lines: Sequence[Stretch],
    found: Sequence[_Found | None],
    rows: Sequence[WordTime],
    words: int,
    verdict: belongs.Verdict,
) -> dict[str, object]:
    """Count turns by the way they were aligned, and say how surely."""
    ways: Counter[str] = Counter()
    for line, one in zip(lines, found, strict=True):
        ways["silent" if not _spoken(line) else one.how if one else "failed"] += line.turns
    sure = [row.confidence for row in rows if not math.isnan(row.confidence)]
    return {
        "words": words,
        "words_forced": len(rows),
        "words_refused": sum(row.confidence == trust.REFUSED for row in rows),
        "turns_aligned": ways["first"],
        "turns_aligned_wide": ways["wide"],
        "turns_aligned_without_fillers": ways["without_fillers"],
        "turns_failed": ways["failed"],
        "turns_without_speech": ways["silent"],
        "confidence_median": round(float(np.median(sure)), 4) if sure else None,
        "transcript_comparisons": verdict.comparisons,
        "transcript_comparisons_won": verdict.won,
        "transcript_foreign": verdict.foreign if verdict.won is not None else None,
    }


def _warnings(
    lines: Sequence[Stretch], found: Sequence[_Found | None], verdict: belongs.Verdict
) -> tuple[str, ...]:
    if verdict.foreign:
        return (
            "transcript: seems to belong to another recording: its turns fit the sound no better "
            f"than each other's words do ({verdict.won:.0%} of {verdict.comparisons} comparisons "
            f"won, expected {belongs.BELONGS:.0%} or more); check the pair, and whether its clock "
            "starts with the recording",
        )
    asked = [one for line, one in zip(lines, found, strict=True) if _spoken(line)]
    lost = sum(one is None for one in asked)
    if asked and lost >= MANY_LOST * len(asked):
        return (
            f"transcript: {lost} of {len(asked)} turns were not found in the sound, so their words "
            "share the turn's voice by their phones; check the transcript's times and words",
        )
    return ()
