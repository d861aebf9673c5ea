"""How the rendered face moves: seeded, smooth, at human rates.

The head sways as a sum of slow sines; the lids blink at intervals; the mouth follows the loudness
of the participant's own voice, and rests while others speak.  Every number is rounded before it is
rendered, so that what `truth.json` says is what was drawn.
"""

# F = frames, N = samples

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...features.types import F32, F64, Bool, Seconds
from .speech import PARTICIPANT, RATE_HZ, Spoken, speaking
from .warp import Moment

FPS = 25
DECIMALS = 5  # of every rendered number: 0.0006 degrees

SWAY_HZ = (0.08, 0.7)  # frequencies of the sines: a nod or shake takes 1.4 s or more
SINES = 4
PITCH_TO_YAW = 0.6  # heads turn further than they nod or tilt
ROLL_TO_YAW = 0.5

# Blinks (Schiffman 2001; Bentivoglio et al. 1997): 100-400 ms long, some 10-30 a minute in talk.
CLOSING_S, CLOSED_S, OPENING_S = 0.10, 0.04, 0.16
BLINK_SHAPE = 6.0  # of the gamma law of the intervals: more regular than chance

LOUDNESS_S = 0.06  # window in which the voice's power moves the mouth
LOUD_QUANTILE = 0.95  # of the frames in which the participant speaks: this loud opens it fully
COMPRESSION = 0.7  # exponent from amplitude to opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How lively somebody moves."""

    sway_rad: float
    """Standard deviation of yaw."""
    blinks_per_min: float
    mouth: float
    """Opening in the loudest moments, 0..1."""


@dataclass(frozen=True, eq=False)
class Motion:
    """What is rendered, frame by frame; frame `i` is shown at `i` / `FPS`."""

    yaw_rad: F64
    pitch_rad: F64
    roll_rad: F64
    blink: F64
    mouth: F64
    blinks_s: tuple[Seconds, ...]
    """When each blink begins."""

    def moments(self) -> list[Moment]:
        """List the frames to render."""
        rows = zip(self.yaw_rad, self.pitch_rad, self.roll_rad, self.blink, self.mouth, strict=True)
        return [Moment(*map(float, row)) for row in rows]


def move(spoken: Spoken, manner: Manner, chance: np.random.Generator) -> Motion:
    """Draw how the participant's head and lids move; derive from the voice how the mouth does."""
    frames = round(spoken.y_N.size / RATE_HZ * FPS)
    time_s = np.arange(frames) / FPS
    sway = [
        _sway(time_s, manner.sway_rad * share, chance) for share in (1.0, PITCH_TO_YAW, ROLL_TO_YAW)
    ]
    blinks_s = _blink_times(frames / FPS, manner.blinks_per_min, chance)
    spoke = speaking(spoken.lines, PARTICIPANT, time_s)
    mouth = manner.mouth * opening(spoken.participant_N, time_s, spoke)
    yaw, pitch, roll, blink, mouth = (
        np.round(track, DECIMALS) for track in (*sway, lids(time_s, blinks_s), mouth)
    )
    return Motion(yaw, pitch, roll, blink, mouth, blinks_s)


def lids(time_s: F64, blinks_s: Sequence[Seconds]) -> F64:
    """Say how far the lids are closed (0..1) at each time, given when blinks begin."""
    closed = np.zeros_like(time_s)
    for begin_s in blinks_s:
        since_s = time_s - begin_s
        down = np.clip(since_s / CLOSING_S, 0, 1)
        up = np.clip((since_s - CLOSING_S - CLOSED_S) / OPENING_S, 0, 1)
        closed = np.maximum(closed, (np.cos(np.pi * up) - np.cos(np.pi * down)) / 2)
    return closed


def opening(voice_N: F32, time_s: F64, spoke_F: Bool) -> F64:
    """Open the mouth (0..1) as loud as the voice is around each time; closed between turns."""
    edge = np.concatenate([[0.0], np.cumsum(voice_N.astype(np.float64) ** 2)])
    first, last = (
        np.clip(np.round((time_s + side) * RATE_HZ), 0, voice_N.size).astype(np.int64)
        for side in (-LOUDNESS_S / 2, LOUDNESS_S / 2)
    )
    amplitude = np.sqrt(np.maximum(edge[last] - edge[first], 0) / np.maximum(last - first, 1))
    loud = np.quantile(amplitude[spoke_F], LOUD_QUANTILE)
    shape = np.clip(amplitude / loud, 0, 1) ** COMPRESSION
    smooth = np.convolve(np.pad(shape, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    return np.where(spoke_F, smooth, 0.0)


def _sway(time_s: F64, deviation_rad: float, chance: np.random.Generator) -> F64:
    """Add slow sines of random frequency and phase; slower ones move further."""
    slow_hz, fast_hz = SWAY_HZ
    rate_hz = slow_hz * (fast_hz / slow_hz) ** chance.uniform(size=SINES)
    phase = chance.uniform(0, 2 * np.pi, size=SINES)
    weight = rate_hz**-0.5
    weight *= deviation_rad * np.sqrt(2 / (weight**2).sum())
    angle = 2 * np.pi * rate_hz[:, None] * time_s + phase[:, None]
    return np.asarray(weight @ np.sin(angle), dtype=np.float64)


def _blink_times(
    duration_s: Seconds, per_min: float, chance: np.random.Generator
) -> tuple[Seconds, ...]:
    """Draw blinks at gamma intervals, the first soon; the last ends within the recording."""
    length_s = CLOSING_S + CLOSED_S + OPENING_S
    mean_s = 60 / per_min
    begin_s = chance.uniform(0.2, max(0.4, mean_s))
    found = []
    while begin_s + length_s < duration_s:
        found.append(round(float(begin_s), DECIMALS))
        begin_s += max(length_s, chance.gamma(BLINK_SHAPE, mean_s / BLINK_SHAPE))
    return tuple(found)
