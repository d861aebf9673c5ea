"""A session as its checks see it: what its store holds, read once and only as far as asked."""

# F = frames, R = runs, C = columns

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...features.track import Track
from ...features.types import F64, Seconds
from ...features.words import Turn, Word, WordTime, words_of
from ..store.reader import StoredSamples, StoredSession

if TYPE_CHECKING:
    from .numbers import Figures

SOUND = ("level", "vad", "egemaps", "covarep", "forced", "egemaps_turns")
"""Tracks beside which the facts about the sound file may stand, best first."""


class Span(NamedTuple):
    """From when to when something lasts."""

    start_s: Seconds
    stop_s: Seconds


@dataclass(frozen=True, eq=False)
class Seen:
    """One session of a store."""

    stored: StoredSession

    def has(self, track: str) -> bool:
        """Say whether a track may be read."""
        return self.stored.has(track)

    def lacks(self, track: str) -> str:
        """Say in a line why a track cannot be read."""
        for why in ("failures", "absent"):
            record: Mapping[str, Any] = self.stored.manifest.get(why, {}).get(track, {})
            if record:
                return f"no {track}: {record['reason']}"
        left_out = self.stored.left_out
        return f"no {track}" if left_out is None else f"left out: {left_out}"

    def quality(self, track: str) -> dict[str, Any]:
        """Give what `extract` recorded of a track beside its table; empty where there is none."""
        record = self.stored.manifest["tracks"].get(track, {})
        return dict(record.get("quality", {})) if self.has(track) else {}

    def opened(self, track: str) -> StoredSamples:
        """Open a track of samples, once."""
        if track not in self._opened:
            self._opened[track] = self.stored.open(track)
        return self._opened[track]

    def columns(self, track: str, names: Sequence[str]) -> Track:
        """Read some columns of a track of samples, once; those that it lacks are left out."""
        key = (track, tuple(names))
        if key not in self._read:
            self._read[key] = self._columns(track, names)
        return self._read[key]

    def _columns(self, track: str, names: Sequence[str]) -> Track:
        opened = self.opened(track)
        parts = list(opened.parts(names))
        if not parts:
            asked = frozenset(names)
            columns = tuple(one for one in opened.columns if one.name in asked)
            nothing = np.empty((0, len(columns)), np.float32)
            return Track(
                time_s=opened.time_s_F,
                value_FC=nothing,
                columns=columns,
                valid_F=np.empty(0, bool),
                rate_hz=opened.rate_hz,
            )
        return Track(
            time_s=opened.time_s_F,
            value_FC=np.concatenate([part.value_FC for part in parts]),
            columns=parts[0].columns,
            valid_F=np.concatenate([part.valid_F for part in parts]),
            rate_hz=opened.rate_hz,
        )

    @cached_property
    def _opened(self) -> dict[str, StoredSamples]:
        return {}

    @cached_property
    def _read(self) -> dict[tuple[str, tuple[str, ...]], Track]:
        return {}

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the transcript; none where there is no transcript."""
        return self.stored.turns() if self.has("words") else ()

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words of all turns in order."""
        return words_of(self.turns)

    @cached_property
    def word_times(self) -> tuple[WordTime, ...]:
        """The times of the words, a row a word and method."""
        return self.stored.word_times() if self.has("word_times") else ()

    @cached_property
    def scanned(self) -> "dict[str, Figures]":
        """What `numbers` found in each table, when it has looked."""
        return {}

    @property
    def media(self) -> dict[str, Any]:
        """What was found in the sound file; empty where none was heard."""
        found = (self.quality(track).get("media") for track in SOUND)
        return next((dict(facts) for facts in found if facts and "duration_s" in facts), {})

    @cached_property
    def picture(self) -> Span | None:
        """The time that the frames of the picture own."""
        if not self.has("face"):
            return None
        start_s_F, stop_s_F = self.opened("face").owned()
        return Span(float(start_s_F[0]), float(stop_s_F[-1])) if start_s_F.size else None

    @cached_property
    def sound(self) -> Span | None:
        """The time that the sound lasts."""
        media = self.media
        if not media:
            return None
        start_s = float(media["sound_start_s"])
        return Span(start_s, start_s + float(media["duration_s"]))


def column(track: Track, name: str) -> F64 | None:
    """Give a column of a track (F,); None where it has none of that name."""
    names = [one.name for one in track.columns]
    return track.value_FC[:, names.index(name)].astype(np.float64) if name in names else None
