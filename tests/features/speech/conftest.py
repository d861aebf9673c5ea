"""Real speech whose words are known: read sentences of the demo, and hand-labelled speech."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from depx.features.extractor import Inputs, Measured, Sound
from depx.features.speech.forced import Forced
from depx.features.track import Track
from depx.features.types import F32, F64
from depx.features.words import NO_TIME, Kind, Role, Turn, Word

ASSETS = Path(__file__).resolve().parents[3] / "extract" / "synth" / "assets"

Timed = tuple[str, float, float]


@dataclass(frozen=True, eq=False)
class Speech:
    """Sound, and its words by turn with their true times."""

    y_N: F32
    turns: tuple[tuple[Timed, ...], ...]

    def truth(self) -> list[Timed]:
        return [word for turn in self.turns for word in turn]

    def as_turns(self, loose_s: float = 0.1, *, timed: bool = True) -> tuple[Turn, ...]:
        """Give the turns as a transcript of utterances would, with bounds that are a bit wide."""
        return tuple(
            self.said(
                t,
                [text for text, _, _ in words],
                words[0][1] - loose_s if timed else NO_TIME,
                words[-1][2] + loose_s if timed else NO_TIME,
            )
            for t, words in enumerate(self.turns)
        )

    @staticmethod
    def said(
        index: int,
        texts: Sequence[str],
        start_s: float,
        stop_s: float,
        *,
        kinds: Sequence[Kind] = (),
        role: Role = Role.PARTICIPANT,
    ) -> Turn:
        words = tuple(
            Word(text=text, raw=text, kind=kind, speaker="P", role=role, turn=index)
            for text, kind in zip(texts, kinds or [Kind.WORD] * len(texts), strict=True)
        )
        return Turn(
            index=index, speaker="P", role=role, start_s=start_s, stop_s=stop_s, words=words
        )

    def align(self, turns: Sequence[Turn], vad: Track | None = None) -> Measured:
        """Align turns with the sound; the track that comes of it."""
        tracks = {} if vad is None else {"vad": vad}
        return Forced()(Inputs(sound=Sound(self.y_N, 0.0), turns=tuple(turns), tracks=tracks))

    def errors_s(self, measured: Measured) -> F64:
        """Measure how far the boundaries of all aligned words are off: seconds, absolute."""
        truth = self.truth()
        return np.array(
            [
                abs(found - true)
                for row in measured.table
                for found, true in zip((row.start_s, row.stop_s), truth[row.word][1:], strict=True)
            ]
        )


@pytest.fixture(scope="session")
def read_sentences() -> Speech:
    """Five read clips of 33 s, one after another, cut into turns of six words."""
    clips = json.loads((ASSETS / "librivox.json").read_text())
    sounds: list[F32] = []
    turns: list[tuple[Timed, ...]] = []
    at_s = 0.0
    for name, clip in clips.items():
        y_N, rate_hz = soundfile.read(ASSETS / f"librivox_{name}.flac", dtype="float32")
        assert rate_hz == 16_000
        words = [
            (text, start_s + at_s, stop_s + at_s) for text, start_s, stop_s, _ in clip["words"]
        ]
        turns += [tuple(words[first : first + 6]) for first in range(0, len(words), 6)]
        sounds.append(y_N)
        at_s += y_N.size / rate_hz
    return Speech(np.concatenate(sounds), tuple(turns))


@pytest.fixture(scope="session")
def hand_labelled(real_data: Path) -> Speech:
    """27 s of spontaneous speech with a TextGrid of words, cut into turns at its pauses."""
    y_N, rate_hz = soundfile.read(real_data / "speech" / "acoustic_corpus.wav", dtype="float32")
    assert rate_hz == 16_000
    lines = (real_data / "speech" / "acoustic_corpus.TextGrid").read_text().split("\n")
    first = lines.index('"words"') + 3
    cells = [line.strip() for line in lines[first + 1 : first + 1 + 3 * int(lines[first])]]
    turns: list[list[Timed]] = [[]]
    for start_s, stop_s, label in zip(cells[::3], cells[1::3], cells[2::3], strict=True):
        if label != '""':
            turns[-1].append((label.strip('"'), float(start_s), float(stop_s)))
        elif turns[-1] and float(stop_s) - float(start_s) > 0.35:
            turns.append([])
    return Speech(y_N, tuple(tuple(turn) for turn in turns if turn))
