"""Who appears in the demo, what is said, how everybody moves, and the score that follows from it.

`demo_score` is synthetic.  It says how lively a *rendering* is (0 still .. 24 lively): a known
function of what was rendered plus a little noise, there so that a trainer has something to learn.
It is no clinical measure and says nothing about the person in the photograph.
"""

from dataclasses import dataclass

import numpy as np

from ...features.types import Seconds
from .motion import FPS, Manner, Motion
from .speech import INTERVIEWER, PARTICIPANT, Spoken, Voice, speaking
from .transcript import WRITERS

SCRIPTS = (
    ((INTERVIEWER, "0880"), (PARTICIPANT, "0870")),
    ((INTERVIEWER, "0930"), (PARTICIPANT, "0890")),
    ((INTERVIEWER, "0880"), (PARTICIPANT, "0920")),
    ((PARTICIPANT, "0930"), (INTERVIEWER, "0880"), (PARTICIPANT, "0890")),
    ((INTERVIEWER, "0930"), (PARTICIPANT, "0920")),
)
"""Who says which clip; played at 1 to 1.06 times their speed, with the pauses, 8 to 12 s."""

ASKING = Voice(speed=1.06, gain=0.5)  # the interviewer: farther from the microphone

# Ranges from the least to the most lively participant.
SWAY_DEG = (1.5, 5.5)
BLINKS_PER_MIN = (8.0, 30.0)
MOUTH = (0.35, 0.95)
JITTER = 0.1  # by how much of itself a participant's manner differs between sessions, at most

SCORE_MAX = 24.0
# The mouth weighs most: it is what the words of a training set carry best, so there is something
# to learn even from a dozen sessions.
WEIGHTS = {"head_deg": 0.25, "mouth": 0.6, "blinks_per_min": 0.15}
FULL = {"head_deg": 8.0, "mouth": 0.6, "blinks_per_min": 35.0}
"""Where a figure counts in full."""
NOISE = 0.03  # standard deviation, of the whole scale
FORMULA = (
    "demo_score = round(24 * clip(0.25 * min(head_deg / 8, 1) + 0.6 * min(mouth / 0.6, 1)"
    " + 0.15 * min(blinks_per_min / 35, 1) + noise, 0, 1), 1); head_deg: root of the summed"
    " variances of yaw, pitch and roll, in degrees; mouth: mean opening in the participant's turns;"
    " noise: normal, standard deviation 0.03"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One session as it is to be rendered."""

    id: str
    participant: str
    group: str
    """A or B, arbitrary; neither is livelier than the other."""
    script: tuple[tuple[str, str], ...]
    voices: dict[str, Voice]
    pauses_s: tuple[Seconds, ...]
    manner: Manner
    noise: float
    """Added to the score, of the whole scale."""
    sound: str
    """File that holds the sound: ``video.mp4`` itself, or ``audio.wav`` or ``audio.flac``."""
    transcript: str
    """File name; see `transcript.WRITERS`."""
    seed: tuple[int, ...]
    """Of the chance that is left: room noise, sway, blinks."""

    @property
    def files(self) -> tuple[str, ...]:
        """Name the files of the session's folder."""
        return tuple(dict.fromkeys(("video.mp4", self.sound, self.transcript)))


def cast(sessions: int, seed: int) -> tuple[Scene, ...]:
    """Draw who appears.

    There are 8 participants or two thirds of the sessions, whichever is more; the first of them
    come back for the remaining sessions.
    """
    people = min(sessions, max(8, -(-2 * sessions // 3)))
    ranks = np.random.default_rng([seed, 0]).permutation(people)
    return tuple(
        _scene(i, i % people, int(ranks[i % people]), people, seed) for i in range(sessions)
    )


def figures(spoken: Spoken, motion: Motion) -> dict[str, float]:
    """Describe a rendering by what its score is made of."""
    time_s = np.arange(motion.mouth.size) / FPS
    spoke = speaking(spoken.lines, PARTICIPANT, time_s)
    head = np.sqrt(
        sum(np.var(np.rad2deg(a)) for a in (motion.yaw_rad, motion.pitch_rad, motion.roll_rad))
    )
    minutes = time_s.size / FPS / 60
    found = {
        "head_deg": head,
        "mouth": motion.mouth[spoke].mean(),
        "blinks_per_min": len(motion.blinks_s) / minutes,
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def demo_score(described: dict[str, float], noise: float) -> float:
    """Score a rendering between 0 and `SCORE_MAX`; see `FORMULA`."""
    lively = sum(WEIGHTS[name] * min(described[name] / FULL[name], 1) for name in WEIGHTS)
    return round(SCORE_MAX * min(max(lively + noise, 0), 1), 1)


def _scene(index: int, person: int, rank: int, people: int, seed: int) -> Scene:
    """Draw session `index`, of the participant whose liveliness has the `rank` among `people`."""
    liveliness = rank / max(people - 1, 1)
    habit = np.random.default_rng([seed, 1, person])
    voice = Voice(speed=round(habit.uniform(1.0, 1.06), 3), gain=round(habit.uniform(0.75, 1.0), 3))
    chance = np.random.default_rng([seed, 2, index])
    sway_deg, blinks, mouth = (
        (low + liveliness * (high - low)) * chance.uniform(1 - JITTER, 1 + JITTER)
        for low, high in (SWAY_DEG, BLINKS_PER_MIN, MOUTH)
    )
    script = SCRIPTS[index % len(SCRIPTS)]
    between = chance.uniform(0.3, 0.5, size=len(script) - 1)
    before, after = chance.uniform(0.3, 0.4, size=2)
    return Scene(
        id=f"demo-{index + 1:02d}",
        participant=f"p{person + 1:02d}",
        group="ABBA"[rank % 4],
        script=script,
        voices={INTERVIEWER: ASKING, PARTICIPANT: voice},
        pauses_s=tuple(round(float(p), 3) for p in (before, *between, after)),
        manner=Manner(
            sway_rad=float(np.deg2rad(sway_deg)), blinks_per_min=blinks, mouth=min(mouth, 1.0)
        ),
        noise=round(float(chance.normal(0, NOISE)), 4),
        # One session brings its sound as WAV and one as FLAC, beside a silent video.
        sound={1: "audio.wav", 2: "audio.flac"}.get(index, "video.mp4"),
        transcript=tuple(WRITERS)[index % len(WRITERS)],
        seed=(seed, 3, index),
    )
