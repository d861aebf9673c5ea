"""What is planted: a latent severity, and how weakly face, voice and words follow it.

Nobody here exists.  A person is a number and a seed, the same in every corpus: the severity is
standard normal, and the questionnaire follows it with noise (`labels`).  Three habits are standard
normal, too: how lively the face is, how lively the voice, how bright the words.  A planted habit
correlates with severity by -`LOADING`; one that is not planted is independent of it.

What the habits move (a step of one standard deviation of the habit):

* face: mean of AU12_r +0.22 (around 0.9), of AU06_r +0.13; sway of the head +15 %;
* voice: standard deviation of F0 +0.45 semitones (around 2.2); pauses within a turn 22 % shorter
  (around 0.75 s);
* words: odds of a gloomy sentence 45 % lower (around 1 of 3), those of a bright one higher.

With ``face-from-speech`` voice and words follow the severity, and the face follows them: its habit
is the voice's (r = `FOLLOWS`), and AU12_r also rises with each bright sentence and each rise in
pitch, so that what the face tells can be told from voice and words, moment by moment.  With ``all``
each of the three follows the severity by itself, with ``face-only``, ``speech-only`` and
``text-only`` that one, with ``none`` none.

The score correlates with the severity by 0.9, so a session's mean of AU12_r correlates with the
score by about -0.45, the standard deviation of F0 and the share of gloomy sentences likewise, and
no reader of one of them can do better.  This is a test signal and says nothing about depression.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

PLANTED: Mapping[str, tuple[str, ...]] = {
    "face-from-speech": ("voice", "words"),  # and through the voice the face
    "all": ("face", "voice", "words"),
    "face-only": ("face",),
    "speech-only": ("voice",),
    "text-only": ("words",),
    "none": (),
}
"""Signal (`menu.SIGNALS`) -> the habits that follow the severity."""
LOADING = 0.55
"""Correlation of a planted habit with severity, its sign turned."""
HABITS = ("face", "voice", "words")
FOLLOWS = 0.95  # correlation of the face's habit with the voice's where one follows the other

SALT = 156
"""With it nothing correlates by chance, at seed 0, among the first 30, 60, 107 and 189 sessions of
a corpus without a signal (all |r| < 0.1); other seeds have the chance that they have."""
PERSON, ANSWERS, TALK, SOUND, FACE, FILES, LENGTH = range(7)
"""Streams of chance: what is drawn for one does not move what is drawn for another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """An invented participant."""

    number: int
    severity: float
    """Standard normal; unknown to every reader but `truth.json`'s."""
    female: bool
    age: int
    face: float
    """Liveliness of the face, the habit itself: standard normal."""
    au12: float
    """Mean of AU12_r while nothing is said."""
    au06: float
    sway_rad: float
    """Standard deviation of the head's yaw."""
    f0_hz: float
    f0_sd_semitones: float
    pause_s: float
    """Mean pause between two sentences of a turn."""
    gloomy: float
    """Probability of a gloomy sentence; that of a bright one is what is left of 2/3."""
    follows: bool
    """Whether AU12_r follows the sentence and the pitch."""

    def planted(self) -> dict[str, float | bool]:
        """Give what `truth.json` says of a person."""
        return {
            "severity": round(self.severity, 4),
            "face": round(self.face, 4),
            "au12": round(self.au12, 4),
            "sway_rad": round(self.sway_rad, 4),
            "f0_sd_semitones": round(self.f0_sd_semitones, 4),
            "pause_s": round(self.pause_s, 4),
            "gloomy": round(self.gloomy, 4),
            "face_follows_speech": self.follows,
        }


def stream(seed: int, number: int, purpose: int, part: int = 0) -> np.random.Generator:
    """Give the chance of one person for one purpose, or one part of it."""
    return np.random.default_rng([SALT, seed, number, purpose, part])


def draw(seed: int, number: int, signal: str) -> Person:
    """Draw a person; with the same seed and number always the same severity, sex and age.

    Parameters
    ----------
    seed, number : int >= 0
    signal : str
        One of `PLANTED`.
    """
    chance = stream(seed, number, PERSON)
    severity = float(chance.standard_normal())
    noise = dict(zip(HABITS, chance.standard_normal(len(HABITS)), strict=True))
    female, age = bool(chance.random() < 0.46), int(chance.integers(18, 70))
    pitch = float(chance.standard_normal())
    rest = np.sqrt(1 - LOADING**2)
    habit = {
        name: float(rest * noise[name] - LOADING * severity)
        if name in PLANTED[signal]
        else float(noise[name])
        for name in HABITS
    }
    follows = signal == "face-from-speech"
    if follows:
        habit["face"] = float(FOLLOWS * habit["voice"] + np.sqrt(1 - FOLLOWS**2) * noise["face"])
    odds = 0.5 * np.exp(-0.6 * habit["words"])
    return Person(
        number=number,
        severity=severity,
        female=female,
        age=age,
        face=habit["face"],
        au12=max(0.1, 0.9 + 0.22 * habit["face"]),
        au06=max(0.1, 0.6 + 0.13 * habit["face"]),
        sway_rad=float(0.09 * np.exp(0.15 * habit["face"])),
        f0_hz=float((205 if female else 115) * 2 ** (pitch / 8)),
        f0_sd_semitones=max(0.6, 2.2 + 0.45 * habit["voice"]),
        pause_s=float(0.75 * np.exp(-0.25 * habit["voice"])),
        gloomy=float(min(odds / (1 + odds), 0.66)),
        follows=follows,
    )
