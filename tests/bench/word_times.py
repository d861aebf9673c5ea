"""How well words are timed, what it costs, and whether a foreign transcript is told.

    python tests/bench/word_times.py labelled WAV TEXTGRID     # against hand labels, as a table
    python tests/bench/word_times.py interviews --sessions 20  # spoken by flite, with noise
    python tests/bench/word_times.py foreign --sessions 40     # transcripts of other interviews
    python tests/bench/word_times.py trust                     # does confidence tell wrong words
    python tests/bench/word_times.py letters                   # phones by rule against CMUdict

All but the first need nothing but ``flite`` (``apt install flite``) and CMUdict.  Speed is that of
voice activity and alignment together, in CPU seconds.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
import soundfile
import soxr
from spoken_interviews import RATE_HZ, Interview, SpokenTurn, interview

from depx.extract.transcripts.registry import read as read_transcript
from depx.features.extractor import Inputs, Measured, Sound
from depx.features.speech.activity import VoiceActivity
from depx.features.speech.dictionary import pronunciations
from depx.features.speech.forced import Forced
from depx.features.speech.letters import by_letters
from depx.features.speech.word_times import WordTimes
from depx.features.words import NO_TIME, Kind, Role, Timing, Turn, Word

PAUSE_S = 0.35  # hand-labelled speech is cut into turns here


@click.group()
def main() -> None:
    """Measure word times."""


@main.command()
@click.argument("wav", type=click.Path(exists=True, path_type=Path))
@click.argument("textgrid", type=click.Path(exists=True, path_type=Path))
def labelled(wav: Path, textgrid: Path) -> None:
    """Compare with a TextGrid that has a tier of words."""
    y_N, rate_hz = soundfile.read(wav, dtype="float32", always_2d=True)
    y_N = soxr.resample(y_N.mean(axis=1), rate_hz, RATE_HZ)
    words = [word for line in read_transcript(textgrid).utterances for word in line.words]
    print("| turns | method | median ms | p90 | p99 | words | x real time |\n|" + "---|" * 7)
    for name, turns in (
        (f"cut at pauses of {PAUSE_S} s", at_pauses(words)),
        ("cut every six words", every(words, 6)),
        ("bounds .15 s wide", [wider(turn, 0.15) for turn in at_pauses(words)]),
        ("no times (plain text)", [untimed(every(words, len(words))[0])]),
    ):
        for method in (Timing.FORCED, Timing.PROPORTIONAL):
            report(name, method, [Interview(y_N, tuple(turns))])


@main.command()
@click.option("--sessions", default=20, show_default=True)
def interviews(sessions: int) -> None:
    """Compare with the truth of spoken interviews, clean and in noise."""
    print("| noise | method | median ms | p90 | p99 | words | x real time |\n|" + "---|" * 7)
    for noise_db in (None, 15.0, 8.0):
        spoken = [interview(seed, noise_db) for seed in range(sessions)]
        for method in (Timing.FORCED, Timing.PROPORTIONAL):
            report("none" if noise_db is None else f"{noise_db:.0f} dB below", method, spoken)


@main.command()
@click.option("--sessions", default=40, show_default=True)
def foreign(sessions: int) -> None:
    """Give interviews their own transcripts and those of others; count which are flagged."""
    for noise_db in (None, 15.0):
        spoken = [interview(seed, noise_db) for seed in range(sessions)]
        told = {"own": [flagged(one, one.turns) for one in spoken], "another's": []}
        for k, one in enumerate(spoken):
            for step in (4, 7):
                turns = spoken[(k + step) % sessions].turns
                inside = [turn for turn in turns if turn.stop_s < one.length_s]
                if len(inside) >= 10:
                    told["another's"].append(flagged(one, inside))
        for whose, found in told.items():
            share = np.mean([verdict is True for verdict in found])
            print(f"noise {noise_db}: {whose} transcript: {share:.1%} of {len(found)} flagged")


@main.command()
@click.option("--sessions", default=8, show_default=True)
def trust(sessions: int) -> None:
    """Spoil transcripts, and see how far off words are by their confidence."""
    print("| noise | confidence | words | off by more than .1 s |\n|" + "---|" * 4)
    for noise_db in (None, 15.0):
        off_s: list[float] = []
        sure: list[float] = []
        for seed in range(sessions):
            one = interview(seed, noise_db)
            turns = spoiled(one.turns, random.Random(seed))
            truth = [time_s for turn in turns for time_s in turn.truth]
            for row in measured(one, turns)[0].table:
                true = truth[row.word]
                if true is not None:
                    off_s.append(max(abs(row.start_s - true[0]), abs(row.stop_s - true[1])))
                    sure.append(row.confidence)
        wrong, confidence = np.array(off_s) > 0.1, np.array(sure)
        for low, high in ((0.0, 0.2), (0.2, 0.6), (0.6, 0.8), (0.8, 1.01)):
            chosen = (confidence >= low) & (confidence < high)
            share = f"{wrong[chosen].mean():.0%}" if chosen.any() else "-"
            name = "none" if noise_db is None else f"{noise_db:.0f} dB below"
            print(f"| {name} | {low} .. {min(high, 1.0)} | {chosen.sum()} | {share} |")


def spoiled(turns: Sequence[SpokenTurn], rng: random.Random) -> list[SpokenTurn]:
    """Give 15 % of turns other words, which were said nowhere, and take a word out of 15 %."""
    kept: list[SpokenTurn] = []
    for turn in turns:
        dice = rng.random()
        if dice < 0.15:
            words = rng.choice(turns).words
            kept.append(replace(turn, words=words, truth=((-9.0, -9.0),) * len(words)))
        elif dice < 0.3 and len(turn.words) > 3:
            words, truth = turn.words, turn.truth
            kept.append(replace(turn, words=words[:1] + words[2:], truth=truth[:1] + truth[2:]))
        else:
            kept.append(turn)
    return kept


@main.command()
def letters() -> None:
    """Count the phones that rules get wrong."""
    known = {word: phones for word, phones in pronunciations().items() if word.isalpha()}
    sample = random.Random(0).sample(sorted(known), 3000)
    wrong = sum(distance(by_letters(word), known[word]) for word in sample)
    off = np.mean([abs(len(by_letters(word)) - len(known[word])) for word in sample])
    print(
        f"{wrong / sum(len(known[w]) for w in sample):.3f} of the phones, {off:.2f} phones a word"
    )


def report(name: str, method: Timing, recordings: Sequence[Interview]) -> None:
    """Print a row: how far the boundaries of all words are off."""
    off_s: list[float] = []
    cpu_s = length_s = 0.0
    words = 0
    for one in recordings:
        began = time.process_time()
        forced, inputs = measured(one, one.turns)
        cpu_s += time.process_time() - began
        length_s += one.length_s
        table = forced.table
        if method is Timing.PROPORTIONAL:
            table = WordTimes()(inputs).table
        truth = [time_s for turn in one.turns for time_s in turn.truth]
        words += len(truth)
        for row in table:
            if row.method is method and (true := truth[row.word]) is not None:
                off_s += [abs(row.start_s - true[0]), abs(row.stop_s - true[1])]
    median, most, worst = 1000 * np.percentile(off_s, [50, 90, 99])
    speed = f"{length_s / cpu_s:.0f}" if method is Timing.FORCED else ""
    count = f"{len(off_s) // 2} of {words}"
    print(f"| {name} | {method} | {median:.0f} | {most:.0f} | {worst:.0f} | {count} | {speed} |")


def measured(one: Interview, turns: Sequence[SpokenTurn]) -> tuple[Measured, Inputs]:
    """Align a transcript with a recording."""
    sound = Sound(one.y_N, 0.0)
    inputs = Inputs(sound=sound, turns=tuple(as_turn(t, turn) for t, turn in enumerate(turns)))
    inputs = replace(inputs, tracks={"vad": VoiceActivity()(inputs).table})
    return Forced()(inputs), inputs


def flagged(one: Interview, turns: Sequence[SpokenTurn]) -> object:
    """Say whether a transcript is taken for another recording's."""
    return measured(one, turns)[0].quality["transcript_foreign"]


def as_turn(index: int, turn: SpokenTurn) -> Turn:
    """Give a spoken turn as a transcript has it."""
    role = Role.PARTICIPANT if turn.speaker == "Participant" else Role.INTERVIEWER
    words = tuple(
        Word(
            text=text,
            raw=text,
            kind=Kind.FILLER if text in ("um", "uh") else Kind.WORD,
            speaker=turn.speaker,
            role=role,
            turn=index,
        )
        for text in turn.words
    )
    return Turn(
        index=index,
        speaker=turn.speaker,
        role=role,
        start_s=turn.start_s,
        stop_s=turn.stop_s,
        words=words,
    )


def every(words: Sequence[tuple[str, float, float]], count: int) -> list[SpokenTurn]:
    """Cut labelled words into turns of so many."""
    return [turn_of(words[first : first + count]) for first in range(0, len(words), count)]


def at_pauses(words: Sequence[tuple[str, float, float]]) -> list[SpokenTurn]:
    """Cut labelled words where nobody speaks."""
    groups = [[words[0]]]
    for before, word in pairwise(words):
        if word[1] - before[2] > PAUSE_S:
            groups.append([])
        groups[-1].append(word)
    return [turn_of(group) for group in groups]


def turn_of(words: Sequence[tuple[str, float, float]]) -> SpokenTurn:
    """Make a turn of labelled words."""
    return SpokenTurn(
        speaker="Participant",
        start_s=words[0][1],
        stop_s=words[-1][2],
        words=tuple(text for text, _, _ in words),
        truth=tuple((start_s, stop_s) for _, start_s, stop_s in words),
    )


def wider(turn: SpokenTurn, by_s: float) -> SpokenTurn:
    """Loosen the bounds of a turn."""
    return replace(turn, start_s=turn.start_s - by_s, stop_s=turn.stop_s + by_s)


def untimed(turn: SpokenTurn) -> SpokenTurn:
    """Forget when a turn was said."""
    return replace(turn, start_s=NO_TIME, stop_s=NO_TIME)


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the edits between two pronunciations."""
    row: list[int] = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


if __name__ == "__main__":
    main()
