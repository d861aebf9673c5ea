"""The ``word_times`` track: for each word, the times that each method can give it.

* ``given``: as the transcript has them.  Of times that run backwards the later word's go, an
  overlap ends where the next word starts.  A word that lacks them between words that have them
  (WhisperX leaves numerals out) takes its share of the gap.
* ``proportional``: the words of a turn share its voiced time by their phones, or all of its time
  where nothing is known of voice.

Within a method the words of a turn keep their order and do not overlap.  Which method counts is
chosen later; forced alignment is a method beside these.  Measured on read sentences (66 words,
bounds half a second too wide), the median error of a boundary is 276 ms without voice activity,
122 ms from the first to the last voiced frame, 113 ms with pauses left out.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeAlias

import numpy as np

from ...errors import NothingToMeasure
from ..extractor import Inputs, Measured, Takes
from ..track import Track
from ..types import F64, Seconds
from ..words import NO_TIME, Kind, Timing, Turn, WordTime, words_of
from .phones import DICTIONARY, LICENCE, dictionary, phone_counts

Interval: TypeAlias = tuple[Seconds, Seconds]

EVENT_PHONES = 5  # a laugh or a cough lasts about as long as a word of two syllables
SHORTEST_WORD_S = 0.001  # less is no room for a word
SHORTEST_PHONE_S = 0.030  # nobody speaks 33 phones a second: the detector missed the voice
RESOLUTION_S = 0.015  # half a frame of the detector: what it cannot tell from a pause's edge
AS_TRANSCRIBED = 1.0  # confidence; of what is computed here nothing is known, hence NaN

# W = words of a turn, R = voiced runs


@dataclass(frozen=True, kw_only=True, slots=True)
class WordTimes:
    """Given and proportional times of words."""

    name: ClassVar[str] = "word_times"
    version: ClassVar[str] = "1"
    takes: ClassVar[Takes] = "tracks"
    consumes: ClassVar[tuple[str, ...]] = ("words",)
    consults: ClassVar[tuple[str, ...]] = ("vad",)
    libraries: ClassVar[Mapping[str, str]] = {}

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
        phones = phone_counts({word.text for word in words_of(inputs.turns)})
        rows: list[WordTime] = []
        lost = unvoiced = first = 0
        for turn in inputs.turns:
            weight_W = [
                EVENT_PHONES if w.kind is Kind.EVENT else phones[w.text] for w in turn.words
            ]
            own = in_order([(word.start_s, word.stop_s) for word in turn.words])
            bounds = _bounds(turn, own)
            inside_R2 = _voiced_inside(bounds, runs_R2, weight_W)
            given = between_neighbours(own, weight_W, bounds)
            shared = share(weight_W, inside_R2 if inside_R2.size else np.array([bounds]))
            rows += _rows(first, own, given, shared)
            first += len(turn.words)
            lost += sum(
                time is None and not math.isnan(word.stop_s - word.start_s)
                for word, time in zip(turn.words, own, strict=True)
            )
            unvoiced += vad is not None and not math.isnan(bounds[0]) and not inside_R2.size
        end_s = math.inf if vad is None or vad.rows == 0 else float(vad.owned()[1][-1])
        return Measured(
            table=tuple(rows),
            quality=_quality(rows, first, lost, unvoiced),
            warnings=_warnings(inputs.turns, end_s, rows, first),
        )


def _warnings(
    turns: Sequence[Turn], end_s: float, rows: Sequence[WordTime], words: int
) -> tuple[str, ...]:
    warnings = []
    beyond = sum(turn.start_s > end_s for turn in turns)
    if beyond:
        warnings.append(
            f"transcript: {beyond} of {len(turns)} turns begin after the sound's end at "
            f"{end_s:.1f} s; check that it belongs to this recording and counts in seconds"
        )
    untimed = words - len({row.word for row in rows})
    if untimed:
        warnings.append(
            f"transcript: {untimed} of {words} words have no times: their turns have none, run "
            "backwards or are too short"
        )
    return tuple(warnings)


def voiced_runs(vad: Track) -> F64:
    """List the stretches of voice: start and stop in seconds, float64 of shape (R, 2)."""
    voiced_F = vad.valid_F & (vad.value_FC[:, vad.group("vad")[0]] > 0.5)
    start_s, stop_s = (edge_s[voiced_F] for edge_s in vad.owned())
    if start_s.size == 0:
        return np.empty((0, 2))
    apart = start_s[1:] - stop_s[:-1] > SHORTEST_WORD_S
    return np.stack([start_s[np.r_[True, apart]], stop_s[np.r_[apart, True]]], axis=1)


def in_order(times: Sequence[Interval]) -> list[Interval | None]:
    """Keep given times that advance; None for words without times or whose times run backwards."""
    kept: list[Interval | None] = []
    last: int | None = None
    for start_s, stop_s in times:
        before = kept[last] if last is not None else None
        if not stop_s > start_s or (before is not None and start_s <= before[0]):
            kept.append(None)  # NaN compares false, so it is here too
            continue
        if last is not None and before is not None:
            kept[last] = (before[0], min(before[1], start_s))
        last = len(kept)
        kept.append((start_s, stop_s))
    return kept


def between_neighbours(
    own: Sequence[Interval | None], weight_W: Sequence[int], bounds: Interval
) -> list[Interval | None]:
    """Place words without times in the gap between those that have them.

    The first and last words of a turn reach to its bounds.  Where no word has times, or the gap
    has no room, a word stays without.
    """
    filled = list(own)
    if not any(own):
        return filled
    w = 0
    while w < len(own):
        if own[w] is not None:
            w += 1
            continue
        end = next((v for v in range(w, len(own)) if own[v] is not None), len(own))
        before = own[w - 1] if w else None
        after = own[end] if end < len(own) else None
        gap = (before[1] if before else bounds[0], after[0] if after else bounds[1])
        filled[w:end] = share(weight_W[w:end], np.array([gap]))
        w = end
    return filled


def share(weight_W: Sequence[int], runs_R2: F64) -> list[Interval | None]:
    """Divide stretches of time among words by weight; a pause between stretches is nobody's.

    Parameters
    ----------
    weight_W : sequence of int > 0
        Phones of each word.
    runs_R2 : float64 array of shape (R, 2), R > 0
        Start and stop of each stretch in seconds, increasing; NaN where unknown.

    Returns
    -------
    list of W times
        All None if the stretches are unknown or too short to hold the words.
    """
    length_R = runs_R2[:, 1] - runs_R2[:, 0]
    reached_s = np.concatenate([[0.0], np.cumsum(length_R)])
    if not reached_s[-1] >= SHORTEST_WORD_S * len(weight_W):
        return [None] * len(weight_W)
    share_s = np.concatenate([[0.0], np.cumsum(weight_W) / sum(weight_W)]) * reached_s[-1]
    _snap(share_s, reached_s[1:-1])
    last = length_R.size - 1
    # A word that starts where a stretch ends starts in the next one; one that stops there, stops.
    start_run = np.minimum(np.searchsorted(reached_s, share_s[:-1], side="right") - 1, last)
    stop_run = np.clip(np.searchsorted(reached_s, share_s[1:], side="left") - 1, 0, last)
    start_s = runs_R2[start_run, 0] + (share_s[:-1] - reached_s[start_run])
    stop_s = runs_R2[stop_run, 0] + (share_s[1:] - reached_s[stop_run])
    stop_s = np.minimum(stop_s, runs_R2[stop_run, 1])  # rounding, here and below
    start_s[1:] = np.maximum(start_s[1:], stop_s[:-1])
    return list(zip(start_s.tolist(), stop_s.tolist(), strict=True))


def _snap(share_s: F64, pause_s: F64) -> None:
    """Move borders of words that lie at a pause onto it, so that no sliver drags a word across."""
    if pause_s.size == 0:
        return
    reach_s = min(RESOLUTION_S, np.diff(share_s).min() / 2)  # so that no two borders meet
    inner_s = share_s[1:-1]
    nearest_s = pause_s[np.abs(inner_s[:, np.newaxis] - pause_s).argmin(axis=1)]
    inner_s[:] = np.where(np.abs(inner_s - nearest_s) < reach_s, nearest_s, inner_s)


def _bounds(turn: Turn, own: Sequence[Interval | None]) -> Interval:
    """Bound a turn: by its own times, else by its words', else not."""
    if turn.stop_s > turn.start_s:
        return turn.start_s, turn.stop_s
    timed = [time for time in own if time is not None]
    return (timed[0][0], timed[-1][1]) if timed else (NO_TIME, NO_TIME)


def _voiced_inside(bounds: Interval, runs_R2: F64, weight_W: Sequence[int]) -> F64:
    """Cut the stretches of voice to a turn; none where they are too short for what was said."""
    inside_R2 = np.clip(runs_R2, *bounds) if bounds[1] > bounds[0] else np.empty((0, 2))
    inside_R2 = inside_R2[inside_R2[:, 1] > inside_R2[:, 0]]
    voiced_s = float((inside_R2[:, 1] - inside_R2[:, 0]).sum())
    return inside_R2 if voiced_s >= SHORTEST_PHONE_S * sum(weight_W) else np.empty((0, 2))


def _rows(
    first: int,
    own: Sequence[Interval | None],
    given: Sequence[Interval | None],
    shared: Sequence[Interval | None],
) -> Iterator[WordTime]:
    for w, methods in enumerate(zip(own, given, shared, strict=True)):
        transcribed, filled, proportional = methods
        confidence = AS_TRANSCRIBED if transcribed is not None else math.nan
        if filled is not None:
            yield WordTime(
                word=first + w,
                method=Timing.GIVEN,
                start_s=filled[0],
                stop_s=filled[1],
                confidence=confidence,
            )
        if proportional is not None:
            yield WordTime(
                word=first + w,
                method=Timing.PROPORTIONAL,
                start_s=proportional[0],
                stop_s=proportional[1],
                confidence=math.nan,
            )


def _quality(rows: Sequence[WordTime], words: int, lost: int, unvoiced: int) -> dict[str, int]:
    given = [row for row in rows if row.method is Timing.GIVEN]
    return {
        "words": words,
        "words_given": sum(not math.isnan(row.confidence) for row in given),
        "words_interpolated": sum(math.isnan(row.confidence) for row in given),
        "words_proportional": len(rows) - len(given),
        "words_untimed": words - len({row.word for row in rows}),
        "words_given_out_of_order": lost,
        "turns_without_voice": unvoiced,
    }
