"""The ``forced`` track: each word where the sound has it, by forced alignment, a turn at a time.

A turn is aligned as it stands; failing that with wider beams, then without its fillers; what fails
throughout has no rows here, and its words keep the times that their phones give them
(`word_times`).  Events, and fillers that had to be dropped, lie in the gap that the words around
them leave.  A turn hears itself only, and .2 s beyond its bounds; nothing that another speaker says
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
from ..types import F64, Seconds
from ..words import Role, Timing, WordTime, words_of
from . import belongs, trust
from .aligner import Aligner
from .dictionary import DICTIONARY, LICENCE, models_folder
from .finding import (
    FIRST,
    SPOKEN,
    TRUST_IN,
    WIDE,
    WITHOUT_FILLERS,
    Found,
    candidate,
    find,
    heard,
    name_of,
    spoken,
)
from .pronounce import LANGUAGE, Phones, phone_count, phones_of
from .sharing import between_neighbours
from .stretches import Stretch, stretches, voiced_runs, voiced_share

MODEL = ("mdef", "means", "variances", "sendump", "transition_matrices", "noisedict", "feat.params")
MANY_LOST = 0.25  # share of turns without an alignment, from which on the user is told
VOICELESS = 0.1  # share of the turns' time that is voiced, below which nobody speaks there


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
        "numpy": "BSD-3-Clause",
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
        phones = {name_of(word): phones_of(word) for word in words if word.kind in SPOKEN}
        vad = inputs.tracks.get("vad")
        runs_R2 = None if vad is None else voiced_runs(vad)
        aligner = Aligner(phones)
        found = [find(aligner, line, sound) for line in lines]
        sides = {
            other: _compared(aligner, lines, found, phones, sound, interviewer=other)
            for other in (False, True)
        }
        rows: list[WordTime] = []
        for line, one in zip(lines, found, strict=True):
            if one is not None:
                foreign = sides[_by_interviewer(line)].foreign or _strange(line, one)
                rows += _rows(line, one, phones, runs_R2, foreign=foreign)
        verdict = sides[False].with_other(sides[True])
        return Measured(
            table=tuple(rows),
            quality=_quality(lines, found, rows, verdict),
            warnings=_warnings(lines, found, verdict, runs_R2),
        )


def _by_interviewer(line: Stretch) -> bool:
    return all(word.role is Role.INTERVIEWER for word in line.words)


def _strange(line: Stretch, one: Found) -> bool:
    """Tell a text without times that is not what was said: it has no turns to compare."""
    return not line.timed and trust.belief(one.fit) < trust.STRANGE


def _compared(
    aligner: Aligner,
    lines: Sequence[Stretch],
    found: Sequence[Found | None],
    phones: Mapping[str, Phones],
    sound: Sound,
    *,
    interviewer: bool,
) -> belongs.Verdict:
    """Compare the turns of one side with each other: what the other says moves no word of it."""
    side = [
        s
        for s, line in enumerate(lines)
        if line.timed and spoken(line) and _by_interviewer(line) is interviewer
    ]
    candidates = [candidate(lines[s], phones) for s in side]

    def score(turn: int, words: tuple[str, ...]) -> float | None:
        own = found[side[turn]]
        if words == candidates[turn].words:  # aligned already; only the strict way is comparable
            return own.alignment.score if own is not None and own.how == FIRST else None
        other = aligner.align(heard(lines[side[turn]], sound)[0], words)
        return None if other is None else other.score

    return belongs.compare(candidates, score)


def _rows(
    line: Stretch,
    one: Found,
    phones: Mapping[str, Phones],
    runs_R2: F64 | None,
    *,
    foreign: bool,
) -> Iterator[WordTime]:
    """Give every word of an aligned stretch its row, in order."""
    start_s_W = one.begin_s + np.array([word.start_s for word in one.alignment.words])
    stop_s_W = one.begin_s + np.array([word.stop_s for word in one.alignment.words])
    trusted_W = trust.confidence(
        stop_s_W - start_s_W,
        [len(phones[name_of(line.words[w])]) for w in one.words],
        None if runs_R2 is None else voiced_share(runs_R2, start_s_W, stop_s_W),
        one.fit,
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
    found: Sequence[Found | None],
    rows: Sequence[WordTime],
    verdict: belongs.Verdict,
) -> dict[str, object]:
    """Count turns by the way they were aligned, and say how surely."""
    ways: Counter[str] = Counter()
    for line, one in zip(lines, found, strict=True):
        ways["silent" if not spoken(line) else one.how if one else "failed"] += line.turns
    sure = [row.confidence for row in rows if not math.isnan(row.confidence)]
    return {
        "words": sum(len(line.words) for line in lines),
        "words_forced": len(rows),
        "words_refused": sum(row.confidence == trust.REFUSED for row in rows),
        "turns_aligned": ways[FIRST],
        "turns_aligned_wide": ways[WIDE],
        "turns_aligned_without_fillers": ways[WITHOUT_FILLERS],
        "turns_failed": ways["failed"],
        "turns_without_speech": ways["silent"],
        "confidence_median": round(float(np.median(sure)), 4) if sure else None,
        "transcript_comparisons": verdict.comparisons,
        "transcript_comparisons_won": verdict.won,
        "transcript_foreign": _foreign(lines, found, verdict),
    }


def _foreign(
    lines: Sequence[Stretch], found: Sequence[Found | None], verdict: belongs.Verdict
) -> bool | None:
    """Say whether the transcript seems to be another's; None where nothing tells."""
    if verdict.judged:
        return verdict.foreign
    untimed = [
        one is None or _strange(line, one)
        for line, one in zip(lines, found, strict=True)
        if not line.timed and line.turns >= belongs.LEAST_TURNS
    ]
    return all(untimed) if untimed else None


def _warnings(
    lines: Sequence[Stretch],
    found: Sequence[Found | None],
    verdict: belongs.Verdict,
    runs_R2: F64 | None,
) -> tuple[str, ...]:
    bounds_L2 = np.array([line.bounds for line in lines if line.timed]).reshape(-1, 2)
    if runs_R2 is not None and bounds_L2.size:
        length_s = bounds_L2[:, 1] - bounds_L2[:, 0]
        voiced = float(voiced_share(runs_R2, *bounds_L2.T) @ length_s / length_s.sum())
        if voiced < VOICELESS:
            return (
                f"transcript: its turns are voiced for {voiced:.0%} of their time, so words cannot "
                "be found in the sound; check the recording, and whether the transcript is its own",
            )
    if _foreign(lines, found, verdict):
        why = (
            f"its turns fit the sound no better than each other's words do ({verdict.won:.0%} of "
            f"{verdict.comparisons} comparisons won, expected {belongs.BELONGS:.0%} or more)"
            if verdict.judged
            else "its words explain the sound worse than any phones do"
        )
        return (
            f"transcript: seems to belong to another recording: {why}; check the pair, and whether "
            "its clock starts with the recording",
        )
    asked = [(line.turns, one) for line, one in zip(lines, found, strict=True) if spoken(line)]
    lost = sum(turns for turns, one in asked if one is None)
    count = sum(turns for turns, _ in asked)
    if lost and lost >= MANY_LOST * count:
        return (
            f"transcript: {lost} of {count} turns were not found in the sound, so their words "
            "share the turn's voice by their phones; check the transcript's times and words",
        )
    return ()
