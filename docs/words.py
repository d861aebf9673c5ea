"""Draw ``words.png`` for the page on words: a piece of speech by hand, forced and by phones.

Run from a checkout with depx installed, and matplotlib, on speech with a TextGrid of words:
``python docs/words.py WAV TEXTGRID``.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import soundfile

from depx.extract.transcripts.registry import read
from depx.features.extractor import Inputs, Sound
from depx.features.speech.activity import VoiceActivity
from depx.features.speech.forced import Forced
from depx.features.speech.word_times import WordTimes
from depx.features.words import Kind, Role, Timing, Turn, Word

matplotlib.use("Agg")
import matplotlib.pyplot as plt

FROM_S, TO_S = 0.9, 4.9
INK, HAND, FOUND, GUESSED = "#333333", "#777777", "#2a6f97", "#c97b3d"
LANES = (
    ("labelled by hand", HAND),
    ("forced: in the sound", FOUND),
    ("proportional: by phones", GUESSED),
)

Timed = tuple[str, float, float]


def main(wav: Path, textgrid: Path) -> None:
    """Align the words between two pauses and draw them over the sound."""
    y_N, rate_hz = soundfile.read(wav, dtype="float32")
    words = [
        word
        for line in read(textgrid).utterances
        for word in line.words
        if word[1] >= FROM_S and word[2] <= TO_S
    ]
    found = dict(times(y_N, words))
    figure, (sound, lanes) = plt.subplots(
        2, 1, figsize=(11, 3.6), sharex=True, height_ratios=[1, 2.1], layout="constrained"
    )
    first, last = int(FROM_S * rate_hz), int(TO_S * rate_hz)
    sound.plot(np.arange(first, last) / rate_hz, y_N[first:last], color=INK, lw=0.4)
    sound.set_axis_off()
    rows = (words, found[Timing.FORCED], found[Timing.PROPORTIONAL])
    for lane, (row, (_, colour)) in enumerate(zip(rows, LANES, strict=True)):
        for k, (text, start_s, stop_s) in enumerate(row):
            shade = 0.35 if k % 2 else 0.2
            lanes.barh(
                -lane, stop_s - start_s, left=start_s, height=0.72, color=colour, alpha=shade
            )
            lanes.text(
                (start_s + stop_s) / 2,
                -lane,
                text,
                ha="center",
                va="center",
                fontsize=6.5,
                color=INK,
            )
        for _, start_s, stop_s in row:
            lanes.vlines([start_s, stop_s], -lane - 0.36, -lane + 0.36, color=colour, lw=1)
    for _, start_s, stop_s in words:  # where the truth lies, through all lanes
        lanes.vlines([start_s, stop_s], -2.4, -0.36, color=HAND, lw=0.4, linestyles="dotted")
    lanes.set_yticks([0, -1, -2], [name for name, _ in LANES])
    lanes.set_xlabel("seconds")
    lanes.set_xlim(FROM_S, TO_S)
    lanes.spines[["top", "right", "left"]].set_visible(False)
    lanes.tick_params(left=False)
    figure.savefig(Path(__file__).parent / "words.png", dpi=110)


def times(y_N: np.ndarray, words: Sequence[Timed]) -> list[tuple[Timing, list[Timed]]]:
    """Give the words, as one turn, the times of each method."""
    said = tuple(
        Word(text=text, raw=text, kind=Kind.WORD, speaker="", role=Role.UNKNOWN, turn=0)
        for text, _, _ in words
    )
    turn = Turn(
        index=0,
        speaker="",
        role=Role.UNKNOWN,
        start_s=words[0][1],
        stop_s=words[-1][2],
        words=said,
    )
    inputs = Inputs(sound=Sound(y_N, 0.0), turns=(turn,))
    inputs = replace(inputs, tracks={"vad": VoiceActivity()(inputs).table})
    rows = (*Forced()(inputs).table, *WordTimes()(inputs).table)
    return [
        (
            method,
            [(words[row.word][0], row.start_s, row.stop_s) for row in rows if row.method is method],
        )
        for method in (Timing.FORCED, Timing.PROPORTIONAL)
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
