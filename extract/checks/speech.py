"""Whether transcript and voice belong together: who is silent in a turn, who speaks in none."""

# N = rows of the voice activity, S = spans, R = runs

from collections.abc import Sequence

import numpy as np

from ...features.types import F64, Bool, Seconds
from ...features.words import Word
from .base import Check, Measured, Stretch
from .seen import Seen, column
from .shift import MOST_S, Shift, best_shift
from .spans import merged, rows_apart, within, worst

LEAST_SHIFT_S: Seconds = 20.0  # of a recording: a shorter one has too few turns
LEAST_DRIFT_S: Seconds = 90.0
WORTH_S: Seconds = 2.0  # of voice: less is a word, or a cough
TIMED = 0.5  # share of words with times of their own from which these say who speaks when


def _nothing(why: str) -> Measured:
    return Measured(value=None, about=why)


class _Voice:
    """Voice activity, and when the transcript says that somebody speaks."""

    def __init__(self, seen: Seen) -> None:
        vad = seen.columns("vad", ("speech",))
        self.time_s_N = vad.time_s
        self.start_s_N, self.stop_s_N = vad.owned()
        self.known_N: Bool = vad.valid_F
        speech = column(vad, "speech")
        self.voiced_N: Bool = vad.valid_F & (
            np.zeros(vad.rows, np.bool_) if speech is None else speech > 0.5
        )
        self.row_s = 1 / (vad.rate_hz or 33.0)
        self.turns = [turn for turn in seen.turns if turn.stop_s > turn.start_s]
        self.said_S2: F64 = merged((turn.start_s, turn.stop_s) for turn in self.turns)
        self.said_N: Bool = within(self.time_s_N, self.said_S2)
        self.words_S2 = _own_times(seen.words)

    def shift(self, first_s: Seconds, stop_s: Seconds) -> Shift | None:
        """Find by how much the transcript is late within a part of the recording."""
        part = slice(*np.searchsorted(self.time_s_N, [first_s, stop_s]).tolist())
        return best_shift(
            self.time_s_N[part],
            self.voiced_N[part],
            self.known_N[part],
            self.said_S2 if self.words_S2 is None else self.words_S2,
        )

    @property
    def length_s(self) -> Seconds:
        """How long the sound is."""
        return float(self.stop_s_N[-1] - self.start_s_N[0]) if self.time_s_N.size else 0.0


def _own_times(words: Sequence[Word]) -> F64 | None:
    """List when words are spoken by the transcript's own times, if most have some."""
    spans = [(word.start_s, word.stop_s) for word in words if word.stop_s > word.start_s]
    return merged(spans) if words and len(spans) >= TIMED * len(words) else None


def _voice(seen: Seen) -> _Voice | str:
    for track in ("vad", "words"):
        if not seen.has(track):
            return seen.lacks(track)
    voice = _Voice(seen)
    return voice if len(voice.said_S2) else "the transcript has no times"


def _covered(seen: Seen) -> Measured:
    voice = _voice(seen)
    if isinstance(voice, str):
        return _nothing(voice)
    if not voice.voiced_N.any():
        return _nothing("no voice")
    alone_N = voice.voiced_N & ~voice.said_N
    return Measured(
        value=float(1 - alone_N.sum() / voice.voiced_N.sum()),
        stretches=_voiced_gaps(voice, alone_N),
    )


def _voiced_gaps(voice: _Voice, alone_N: Bool) -> tuple[Stretch, ...]:
    """Name the gaps between turns that hold the most voice."""
    gaps_R2 = rows_apart(~voice.said_N, voice.start_s_N, voice.stop_s_N)
    voiced = np.concatenate([[0], np.cumsum(alone_N)])
    first_R, stop_R = (np.searchsorted(voice.time_s_N, gaps_R2[:, k]) for k in (0, 1))
    voiced_s_R = (voiced[stop_R] - voiced[first_R]) * voice.row_s
    return worst(
        (s, Stretch(start_s=a, stop_s=b, about=f"{s:.1f} s of voice under no turn"))
        for s, (a, b) in zip(voiced_s_R.tolist(), gaps_R2.tolist(), strict=True)
        if s >= WORTH_S
    )


def _voiced(seen: Seen) -> Measured:
    voice = _voice(seen)
    if isinstance(voice, str):
        return _nothing(voice)
    heard_N = voice.said_N & voice.known_N
    if not heard_N.any():
        return _nothing("no turn lies over sound that was measured")
    voiced = np.concatenate([[0], np.cumsum(voice.voiced_N)])
    found = []
    for turn in voice.turns:
        first, stop = np.searchsorted(voice.time_s_N, [turn.start_s, turn.stop_s])
        mute_s = turn.stop_s - turn.start_s - float(voiced[stop] - voiced[first]) * voice.row_s
        if mute_s >= WORTH_S:
            stretch = Stretch(
                start_s=turn.start_s,
                stop_s=turn.stop_s,
                about=f"a turn with {mute_s:.1f} s without voice",
            )
            found.append((mute_s, stretch))
    return Measured(value=float(voice.voiced_N[heard_N].mean()), stretches=worst(found))


def _shift(seen: Seen) -> Measured:
    voice = _voice(seen)
    if isinstance(voice, str):
        return _nothing(voice)
    if voice.length_s < LEAST_SHIFT_S:
        return _nothing(f"the sound is shorter than {LEAST_SHIFT_S:g} s")
    found = voice.shift(-np.inf, np.inf)
    if found is None:
        return _nothing("no shift lays the turns over the voice")
    about = f"the transcript is {_by(found.late_s)}" if found.late_s else ""
    return Measured(value=abs(found.late_s), about=about, side=_side(found.late_s))


def _side(late_s: Seconds) -> str:
    return "early" if late_s < 0 else "late" if late_s > 0 else ""


def _by(late_s: Seconds) -> str:
    return f"{_side(late_s)} by {abs(late_s):.2f} s" if late_s else "in time"


def _drift(seen: Seen) -> Measured:
    voice = _voice(seen)
    if isinstance(voice, str):
        return _nothing(voice)
    if voice.length_s < LEAST_DRIFT_S:
        return _nothing(f"the sound is shorter than {LEAST_DRIFT_S:g} s")
    third_s = voice.length_s / 3
    start_s, stop_s = float(voice.start_s_N[0]), float(voice.stop_s_N[-1])
    first = voice.shift(start_s, start_s + third_s)
    last = voice.shift(stop_s - third_s, stop_s)
    if first is None or last is None:
        which = "first" if first is None else "last"
        return _nothing(f"in the {which} third no shift lays the turns over the voice")
    return Measured(
        value=abs(last.late_s - first.late_s),
        about=f"{_by(first.late_s)} in the first third, {_by(last.late_s)} in the last",
    )


CHECKS = (
    Check(
        name="speech.covered",
        title="Voice in turns",
        unit="share",
        about="Share of the time with voice that lies in somebody's turn. What lies in none is not "
        "transcribed, or the transcript has another clock.",
        doubtful=0.8,
        bad=0.5,
        measure=_covered,
    ),
    Check(
        name="speech.voiced",
        title="Turns with voice",
        unit="share",
        about="Share of the turns' time in which there is voice; people pause for a tenth to a "
        "third of it. Less says that the turns lie beside what was said.",
        doubtful=0.5,
        bad=0.3,
        measure=_voiced,
    ),
    Check(
        name="speech.shift",
        title="Transcript shifted",
        unit="s",
        about="By how much the transcript would have to be moved to fit the voice best, within "
        f"{MOST_S:g} s; of shifts that fit nearly as well, the least. By .5 s a word lies under "
        "its neighbour.",
        doubtful=0.5,
        bad=2.0,
        measure=_shift,
    ),
    Check(
        name="speech.drift",
        title="Transcript drifts",
        unit="s",
        about="The same in the first third of the recording against the last: a clock that runs "
        "at another speed, or a part that was cut out.",
        doubtful=0.75,
        bad=3.0,
        measure=_drift,
    ),
)
