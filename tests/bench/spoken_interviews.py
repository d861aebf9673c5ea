"""Interviews spoken by flite, with the true time of every word; not part of the tests.

flite is a small English synthesiser (``apt install flite``).  It prints when each phone ends, and
phones are matched with CMUdict's to know whose they are.  Two voices alternate, answers and
questions are drawn by a seed, turn bounds are up to .15 s wide, and white noise lies 45 to 60 dB
below full scale.
"""

import random
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from depx.features.speech.pronounce import pronounce
from depx.features.types import F32

RATE_HZ = 16_000
VOICES = (("slt", "rms"), ("rms", "slt"), ("awb", "slt"), ("kal16", "awb"))
LINES = [
    "yeah",
    "i don't know",
    "not really",
    "um i guess so",
    "i'm doing okay thanks",
    "it was really hard for me at first but then it got better",
    "i live here in the city with my sister and her two kids",
    "what do you do for fun",
    "how have you been feeling lately",
    "i haven't been sleeping very well",
    "probably four or five hours a night",
    "i think the last time i felt really happy was last summer when we went to the beach",
    "that's a good question",
    "can you tell me more about that",
    "my mother and i used to argue about everything",
    "uh huh",
    "i used to work in a restaurant but i lost my job two years ago",
    "it makes me feel sad sometimes when i think about it",
    "i wish i could go back and do things differently",
    "how close are you to your family",
    "we talk on the phone maybe once a month",
    "she is my best friend and she always listens to what i have to say",
    "i don't like to travel because i get nervous on planes",
    "well it depends on the day",
    "the doctor gave me some pills but they didn't really help",
    "i try to go for a walk every morning",
    "that sounds like a great situation",
    "my friends would describe me as quiet and kind",
    "i'm very proud of my daughter because she just finished school",
    "sometimes i just want to stay in bed all day",
    "how do you cope with stress",
    "i listen to music or watch television",
    "it's been a long time since i felt that way",
    "okay",
    "i really can't remember",
    "i grew up in a small town in the middle of nowhere",
    "the traffic here is terrible and everybody is always in a hurry",
    "there are so many things to do in this city",
    "i studied history in college but i never finished",
    "my brother moved away a few years ago so i don't see him much",
    "to be honest i'm afraid of the future",
    "every day feels the same to me",
]


@dataclass(frozen=True, eq=False)
class SpokenTurn:
    """A turn, and when its words were truly said; None where the phones could not be told."""

    speaker: str
    start_s: float
    stop_s: float
    words: tuple[str, ...]
    truth: tuple[tuple[float, float] | None, ...]


@dataclass(frozen=True, eq=False)
class Interview:
    """16 kHz samples, and what was said."""

    y_N: F32
    turns: tuple[SpokenTurn, ...]

    @property
    def length_s(self) -> float:
        """Length of the recording."""
        return self.y_N.size / RATE_HZ


def interview(seed: int, noise_db: float | None = None) -> Interview:
    """Speak an interview of 10 to 30 turns; `noise_db` adds noise so far below the speech."""
    rng = random.Random(seed)
    sounds: list[F32] = [np.zeros(int(RATE_HZ * rng.uniform(0.5, 2)), np.float32)]
    at_s = sounds[0].size / RATE_HZ
    turns: list[SpokenTurn] = []
    for k in range(rng.randint(10, 30)):
        text, voice = rng.choice(LINES), VOICES[seed % len(VOICES)][k % 2]
        y_N, words, times = speak(text, voice, rng.uniform(0.85, 1.2))
        truth = tuple(t and (t[0] + at_s, t[1] + at_s) for t in times)
        known = [time for time in truth if time]
        turns.append(
            SpokenTurn(
                speaker=("Participant", "Ellie")[k % 2],
                start_s=known[0][0] - rng.uniform(0, 0.15),
                stop_s=known[-1][1] + rng.uniform(0, 0.15),
                words=words,
                truth=truth,
            )
        )
        pause_N = np.zeros(int(RATE_HZ * rng.uniform(0.1, 1.2)), np.float32)
        sounds += [y_N, pause_N]
        at_s += (y_N.size + pause_N.size) / RATE_HZ
    y_N = np.concatenate(sounds)
    draw = np.random.default_rng(seed)
    y_N += np.float32(10 ** (-rng.uniform(45, 60) / 20)) * draw.standard_normal(
        y_N.size, np.float32
    )
    if noise_db is not None:
        noise_N = np.cumsum(draw.standard_normal(y_N.size))
        noise_N -= np.convolve(noise_N, np.ones(400) / 400, "same")  # a rumble, and a hiss
        noise_N = noise_N / noise_N.std() + 0.5 * draw.standard_normal(y_N.size)
        level = y_N[np.abs(y_N) > 0.01].std() / noise_N.std() * 10 ** (-noise_db / 20)
        y_N += (level * noise_N).astype(np.float32)
    return Interview(np.clip(y_N, -1, 1), tuple(turns))


def speak(
    text: str, voice: str, stretch: float
) -> tuple[F32, tuple[str, ...], list[tuple[float, float] | None]]:
    """Say one line: samples, words, and the time of each word."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}", "-psdur"]
        done = subprocess.run(
            [*command, "-t", text, "-o", str(path)], capture_output=True, text=True, check=True
        )
        y_N, rate_hz = soundfile.read(path, dtype="float32")
    spoken: list[tuple[str, float, float]] = []
    before_s = 0.0
    for label in done.stdout.split():
        phone, _, end = label.partition(":")
        if phone != "pau":
            spoken.append((phone.upper(), before_s, float(end)))
        before_s = float(end)
    words = tuple(text.split())
    return soxr.resample(y_N, rate_hz, RATE_HZ), words, _word_times(words, spoken)


def _word_times(
    words: tuple[str, ...], spoken: list[tuple[str, float, float]]
) -> list[tuple[float, float] | None]:
    owner = [w for w, word in enumerate(words) for _ in pronounce(word)]
    wanted = [{"AH": "AX"}.get(p, p) for word in words for p in pronounce(word)]
    of_word: dict[int, list[int]] = {}
    for i, j in _matched(wanted, [phone for phone, _, _ in spoken]):
        of_word.setdefault(owner[i], []).append(j)
    times = [
        (spoken[min(of_word[w])][1], spoken[max(of_word[w])][2]) if w in of_word else None
        for w in range(len(words))
    ]
    for w in range(len(words) - 1):  # a phone that nobody claims goes to the word before it
        here, after = times[w], times[w + 1]
        if here and after and 0 < after[0] - here[1] < 0.1:
            times[w] = (here[0], after[0])
    return times


def _matched(one: list[str], other: list[str]) -> list[tuple[int, int]]:
    """Pair two sequences of phones by edit distance."""
    cost = np.zeros((len(one) + 1, len(other) + 1))
    cost[:, 0], cost[0] = np.arange(len(one) + 1), np.arange(len(other) + 1)
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            changed = cost[i - 1, j - 1] + 1.2 * (one[i - 1] != other[j - 1])
            cost[i, j] = min(changed, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    pairs = []
    i, j = len(one), len(other)
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + 1.2 * (one[i - 1] != other[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]
