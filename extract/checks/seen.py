"""A session as its checks see it: what its store holds, read once and only as far as asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...features.track import Track
from ...features.words import Turn, WordTime
from ..store.reader import StoredSession


@dataclass(frozen=True, eq=False)
class Seen:
    """One session of a store."""

    stored: StoredSession

    def has(self, track: str) -> bool:
        """Say whether a track may be read."""
        return self.stored.has(track)

    def quality(self, track: str) -> dict[str, Any]:
        """Give what `extract` recorded of a track beside its table; empty where there is none."""
        record = self.stored.manifest["tracks"].get(track, {})
        return dict(record.get("quality", {})) if self.has(track) else {}

    def columns(self, track: str, names: Sequence[str]) -> Track:
        """Read some columns of a track of samples; those that it lacks are left out."""
        opened = self.stored.open(track)
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
    def turns(self) -> tuple[Turn, ...]:
        """The turns of the transcript; none where there is no transcript."""
        return self.stored.turns() if self.has("words") else ()

    @cached_property
    def word_times(self) -> tuple[WordTime, ...]:
        """The times of the words, a row a word and method."""
        return self.stored.word_times() if self.has("word_times") else ()
