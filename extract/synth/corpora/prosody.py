"""The two voices of an interview on a grid of 10 ms: who is voiced, how high, how loud.

From here both the sound (`voice`) and the tables that describe it (`covarep`, `opensmile`) are
made, so a table's F0 is the pitch that is heard.
"""

# F = frames of 10 ms

from dataclasses import dataclass

import numpy as np

from ....features.types import F32, F64, I64, Bool
from .interview import ELLIE, PARTICIPANT, SCRUBBED, SYNC, Interview
from .signal import SOUND, Person, stream

RATE_HZ = 100  # frames a second
VOWELS = 5
SYLLABLE_F = (14, 22)  # length of a syllable in frames
CONSONANT = 0.25  # of a syllable, its beginning
UNVOICED = 0.55  # share of syllables that begin without voice
DECLINATION = -0.8  # semitones a second, within a row
ELLIE_HZ, ELLIE_SD = 210.0, 1.5


@dataclass(frozen=True, eq=False)
class Lane:
    """One speaker's voice."""

    talking_F: Bool
    voiced_F: Bool
    f0_F: F32
    """Hz; what the pitch would be, voiced or not."""
    level_F: F32
    """0 silent .. 1."""
    vowel_F: I64
    rise_F: F32
    """Pitch above the speaker's own line, in standard deviations."""


@dataclass(frozen=True, eq=False)
class Voices:
    """Both speakers of a session."""

    participant: Lane
    ellie: Lane
    scrubbed_F: Bool
    mood_F: F32
    """-1 .. 1, of the participant's sentence; 0 where none is said."""

    @property
    def frames(self) -> int:
        """Count the frames."""
        return int(self.scrubbed_F.size)

    def heard(self) -> Lane:
        """Merge both lanes as one microphone hears them: the participant's goes first."""
        own = self.participant.talking_F
        a, b = self.participant, self.ellie
        return Lane(
            talking_F=a.talking_F | b.talking_F,
            voiced_F=np.where(own, a.voiced_F, b.voiced_F),
            f0_F=np.where(own, a.f0_F, b.f0_F),
            level_F=np.where(own, a.level_F, b.level_F),
            vowel_F=np.where(own, a.vowel_F, b.vowel_F),
            rise_F=np.where(own, a.rise_F, b.rise_F),
        )


def voices(seed: int, person: Person, interview: Interview) -> Voices:
    """Lay out both voices of an interview."""
    chance = stream(seed, person.number, SOUND)
    frames = int(np.floor(interview.duration_s * RATE_HZ))
    mood_F = np.zeros(frames, dtype=np.float32)
    scrubbed_F = np.zeros(frames, dtype=np.bool_)
    since: dict[str, I64] = {
        name: np.full(frames, -1, dtype=np.int64) for name in (PARTICIPANT, ELLIE)
    }
    for row in interview.rows:
        if row.event == SYNC:
            continue
        span = slice(round(row.start_s * RATE_HZ), round(row.stop_s * RATE_HZ))
        since[row.speaker][span] = np.arange(since[row.speaker][span].size)
        if row.speaker == PARTICIPANT:
            mood_F[span] = row.mood
        if row.event == SCRUBBED:
            scrubbed_F[span] = True
    return Voices(
        participant=_lane(chance, since[PARTICIPANT], person.f0_hz, person.f0_sd_semitones),
        ellie=_lane(chance, since[ELLIE], ELLIE_HZ, ELLIE_SD),
        scrubbed_F=scrubbed_F,
        mood_F=mood_F,
    )


def smooth(chance: np.random.Generator, shape: tuple[int, ...], keep: float) -> F64:
    """Draw standard normal noise that keeps the share `keep` of itself from sample to sample."""
    from scipy.signal import lfilter

    white = chance.standard_normal(shape)
    white[..., 0] /= np.sqrt(1 - keep**2)  # as if it had always run
    return np.asarray(lfilter([np.sqrt(1 - keep**2)], [1, -keep], white, axis=-1))


def _lane(chance: np.random.Generator, since_F: I64, f0_hz: float, sd_semitones: float) -> Lane:
    frames = since_F.size
    talking_F = since_F >= 0
    lengths = chance.integers(*SYLLABLE_F, size=frames // SYLLABLE_F[0] + 2)
    syllable_F = np.repeat(np.arange(lengths.size), lengths)[:frames]
    starts = np.cumsum(lengths) - lengths
    part_F = (np.arange(frames) - starts[syllable_F] + 0.5) / lengths[syllable_F]
    dull_F = (chance.random(lengths.size) < UNVOICED)[syllable_F] & (part_F < CONSONANT)
    rise_F = smooth(chance, (frames,), 0.96)
    slope = DECLINATION * np.minimum(np.maximum(since_F, 0) / RATE_HZ, 2.5)
    pitch_F = f0_hz * 2 ** ((slope + sd_semitones * rise_F) / 12)
    loud_F = (0.35 + 0.65 * np.sin(np.pi * part_F)) * np.exp(0.1 * rise_F)
    return Lane(
        talking_F=talking_F,
        voiced_F=talking_F & ~dull_F,
        f0_F=np.clip(pitch_F, 60, 480).astype(np.float32),
        level_F=np.where(talking_F, np.clip(loud_F, 0, 1.4), 0).astype(np.float32),
        vowel_F=chance.integers(0, VOWELS, size=lengths.size)[syllable_F],
        rise_F=rise_F.astype(np.float32),
    )
