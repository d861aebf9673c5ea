"""The ``word_times`` track: for each word, the times that each method can give it.

* ``given``: as the transcript has them.  Of times that run backwards the later word's go, an
  overlap ends where the next word starts.  A word that lacks them between words that have them
  (WhisperX leaves numerals out) takes its share of the gap.
* ``forced``: where the sound has it, from the `forced` track.
* ``proportional``: the words of a turn share its voiced time by their phones, or all of its time
  where nothing is known of voice.  Turns without times share what lies between others that have
  some.

Within a method the words of a turn keep their order and do not overlap.  Which method counts is
chosen later.  Measured on read sentences (66 words, bounds half a second too wide), the median
error of a boundary by phones is 276 ms without voice activity, 122 ms from the first to the last
voiced frame, 113 ms with pauses left out.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...errors import NothingToMeasure
from ..extractor import Inputs, Measured, Takes
from ..language import code
from ..types import F64
from ..words import Timing, WordTime
from .dictionary import DICTIONARY, LICENCE, dictionary
from .pronounce import LANGUAGE, phone_count
from .sharing import between_neighbours, in_order, share
from .stretches import UNBOUNDED, Interval, Stretch, stretches, voiced_runs

SHORTEST_PHONE_S = 0.030  # nobody speaks 33 phones a second: the detector missed the voice
AS_TRANSCRIBED = 1.0  # confidence; of what is computed here nothing is known, hence NaN

# W = words of a stretch, R = voiced runs


@dataclass(frozen=True, kw_only=True, slots=True)
class WordTimes:
    """Given, forced and proportional times of words."""

    language: str = LANGUAGE
    """Language of the words: those of ``en`` count by their phones, of others by their letters."""

    name: ClassVar[str] = "word_times"
    version: ClassVar[str] = "2"
    takes: ClassVar[Takes] = "tracks"
    consumes: ClassVar[tuple[str, ...]] = ("words",)
    consults: ClassVar[tuple[str, ...]] = ("vad", "forced")
    libraries: ClassVar[Mapping[str, str]] = {"num2words": "LGPL-2.1", "numpy": "BSD-3-Clause"}

    def __post_init__(self) -> None:
        object.__setattr__(self, "language", code(self.language))

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """CMUdict, which says how many phones share a turn."""
        return {DICTIONARY: (dictionary(), LICENCE)}

    def __call__(self, inputs: Inputs) -> Measured:
        """Time the words of a session.

        Raises
        ------
        NothingToMeasure
            If the session has no words.
        """
        if inputs.turns is None:
            raise NothingToMeasure("word_times: the session has no words")
        vad = inputs.tracks.get("vad")
        runs_R2 = np.empty((0, 2)) if vad is None else voiced_runs(vad)
        ends = UNBOUNDED if vad is None or vad.rows == 0 else _ends(vad.owned())
        rows: list[WordTime] = []
        lost = unvoiced = words = 0
        for line in stretches(inputs.turns, ends):
            weight_W = [phone_count(word, self.language) for word in line.words]
            own = in_order([(word.start_s, word.stop_s) for word in line.words])
            inside_R2 = _voiced_inside(line.bounds, runs_R2, weight_W)
            given = between_neighbours(own, weight_W, line.bounds)
            shared = share(weight_W, inside_R2 if inside_R2.size else np.array([line.bounds]))
            rows += _rows(line, own, given, shared)
            words += len(line.words)
            lost += sum(
                time is None and not math.isnan(word.stop_s - word.start_s)
                for word, time in zip(line.words, own, strict=True)
            )
            unvoiced += vad is not None and not math.isnan(line.bounds[0]) and not inside_R2.size
        rows = sorted([*rows, *inputs.word_times], key=lambda row: (row.word, _RANK[row.method]))
        beyond = sum(turn.start_s > ends[1] for turn in inputs.turns)  # of no known end none is
        return Measured(
            table=tuple(rows),
            quality={**_quality(rows, words, lost, unvoiced), "turns_beyond_sound": beyond},
            warnings=_warnings(len(inputs.turns), beyond, ends[1], rows, words),
        )


_RANK = {method: rank for rank, method in enumerate(Timing)}


def _ends(owned: tuple[F64, F64]) -> Interval:
    return float(owned[0][0]), float(owned[1][-1])


def _warnings(
    turns: int, beyond: int, end_s: float, rows: Sequence[WordTime], words: int
) -> tuple[str, ...]:
    warnings = []
    if beyond:
        warnings.append(
            f"transcript: {beyond} of {turns} turns begin after the sound's end at "
            f"{end_s:.1f} s; check that it belongs to this recording and counts in seconds"
        )
    untimed = words - len({row.word for row in rows})
    if untimed:
        warnings.append(
            f"transcript: {untimed} of {words} words have no times: their turns have none, run "
            "backwards or are too short"
        )
    return tuple(warnings)


def _voiced_inside(bounds: Interval, runs_R2: F64, weight_W: Sequence[int]) -> F64:
    """Cut the stretches of voice to a turn; none where they are too short for what was said."""
    inside_R2 = np.clip(runs_R2, *bounds) if bounds[1] > bounds[0] else np.empty((0, 2))
    inside_R2 = inside_R2[inside_R2[:, 1] > inside_R2[:, 0]]
    voiced_s = float((inside_R2[:, 1] - inside_R2[:, 0]).sum())
    return inside_R2 if voiced_s >= SHORTEST_PHONE_S * sum(weight_W) else np.empty((0, 2))


def _rows(
    line: Stretch,
    own: Sequence[Interval | None],
    given: Sequence[Interval | None],
    shared: Sequence[Interval | None],
) -> Iterator[WordTime]:
    for w, (transcribed, filled, proportional) in enumerate(zip(own, given, shared, strict=True)):
        confidence = AS_TRANSCRIBED if transcribed is not None else math.nan
        for method, time, sure in (
            (Timing.GIVEN, filled, confidence),
            (Timing.PROPORTIONAL, proportional, math.nan),
        ):
            if time is not None:
                yield WordTime(
                    word=line.first + w,
                    method=method,
                    start_s=time[0],
                    stop_s=time[1],
                    confidence=sure,
                )


def _quality(rows: Sequence[WordTime], words: int, lost: int, unvoiced: int) -> dict[str, int]:
    given = [row for row in rows if row.method is Timing.GIVEN]
    return {
        "words": words,
        "words_given": sum(not math.isnan(row.confidence) for row in given),
        "words_interpolated": sum(math.isnan(row.confidence) for row in given),
        "words_forced": sum(row.method is Timing.FORCED for row in rows),
        "words_proportional": sum(row.method is Timing.PROPORTIONAL for row in rows),
        "words_untimed": words - len({row.word for row in rows}),
        "words_given_out_of_order": lost,
        "turns_without_voice": unvoiced,
    }
