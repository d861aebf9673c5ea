"""The sound of an interview: two voice-like sources and a quiet room, 16 kHz in 16 bits.

A vowel is one period of a harmonic stack shaped by three formants, read off a table at the pitch of
the moment; a consonant without voice is a burst of bright noise.  The agent bleeds over faintly,
as it does into a head-mounted microphone.  Scrubbed spans are exact zeros.
"""

# N = samples, F = frames of 10 ms, P = samples of a frame

import io
import wave
from collections.abc import Iterator
from functools import cache

import numpy as np

from ....features.types import F32, F64
from .prosody import RATE_HZ as FRAMES_HZ
from .prosody import Lane, Voices
from .signal import SOUND, Person, stream

RATE_HZ = 16_000
FRAME_N = RATE_HZ // FRAMES_HZ
LOUD = 0.20  # of full scale, the participant's vowels
BLEED = 0.1  # how loud the agent is, beside the participant
NOISE = 0.25  # how loud a consonant is, beside a vowel
ROOM = 3e-4  # standard deviation of the room's noise: -70 dB
BLOCK_F = 4096  # frames rendered at a time

FORMANTS_HZ = np.array(
    [(730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240)]
)
"""a e i o u of a man's voice (Peterson & Barney, 1952); a woman's lie 15 % higher."""
WIDTHS_HZ = (80.0, 110.0, 160.0)
HIGHER = 1.15
PERIOD = 256  # entries of a table of one period
CONSONANTS = 1 << 17  # samples of consonant noise that is played over and over


def wav(
    samples: Iterator[np.ndarray[tuple[int, ...], np.dtype[np.int16]]],
    rate_hz: int,
    channels: int = 1,
) -> bytes:
    """Pack 16-bit samples as a RIFF file with the usual header of 44 bytes."""
    packed = io.BytesIO()
    with wave.open(packed, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        for block in samples:
            file.writeframesraw(block.astype("<i2", copy=False).tobytes())
    return packed.getvalue()


def sound(
    seed: int, person: Person, voices: Voices
) -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.int16]]]:
    """Render a session's sound in blocks of int16 samples.

    The rest of the duration that fills no 10 ms is left out.
    """
    room = stream(seed, person.number, SOUND, 1)
    phases = [0.0, 0.0]
    lanes = (
        (voices.participant, _periods(person.female, person.f0_hz), LOUD),
        (voices.ellie, _periods(True, 210.0), LOUD * BLEED),
    )
    for first in range(0, voices.frames, BLOCK_F):
        span = slice(first, min(first + BLOCK_F, voices.frames))
        y_FP = room.standard_normal((span.stop - first, FRAME_N), dtype=np.float32)
        y_FP *= np.float32(ROOM)
        for k, (lane, table, gain) in enumerate(lanes):
            phases[k] = _speak(y_FP, lane, span, table, gain, phases[k])
        y_FP[voices.scrubbed_F[span]] = 0.0
        yield np.rint(np.clip(y_FP.reshape(-1), -1, 1) * 32_767).astype(np.int16)


def _speak(y_FP: F32, lane: Lane, span: slice, table: F32, gain: float, phase: float) -> float:
    """Add a lane to a block; give the phase (in periods) at its end."""
    on_F = np.flatnonzero(lane.talking_F[span])
    if on_F.size == 0:
        return phase
    at_F = on_F + span.start
    step_F = lane.f0_F[at_F].astype(np.float64) / RATE_HZ
    ahead_F = phase + np.concatenate([[0.0], np.cumsum(step_F) * FRAME_N])
    phase_FP = ahead_F[:-1, None] + step_F[:, None] * np.arange(FRAME_N)
    place_FP = (phase_FP * PERIOD).astype(np.int32) & (PERIOD - 1)
    vowel_FP = table.reshape(-1)[place_FP + (lane.vowel_F[at_F, None] * PERIOD).astype(np.int32)]
    heard_FP = np.where(
        lane.voiced_F[at_F, None], vowel_FP, _consonants(at_F[0], at_F.size) * np.float32(NOISE)
    )
    nearby = np.minimum(at_F + 1, lane.level_F.size - 1)
    level_F, next_F = lane.level_F[at_F], lane.level_F[nearby]
    ramp_P = np.arange(FRAME_N, dtype=np.float32) / FRAME_N
    heard_FP *= (level_F[:, None] + (next_F - level_F)[:, None] * ramp_P) * np.float32(gain)
    y_FP[on_F] += heard_FP
    return float(ahead_F[-1] % 1.0)


def _consonants(first: int, frames: int) -> F32:
    """Take noise for so many frames, from a place that the first frame's number chooses."""
    pool = _hiss()
    wanted = (np.arange(frames * FRAME_N) + first * 7919) % pool.size
    return np.asarray(pool[wanted].reshape(frames, FRAME_N), dtype=np.float32)


@cache
def _hiss() -> F32:
    """Make bright noise: white, differentiated once."""
    white = np.random.default_rng(7).standard_normal(CONSONANTS + 1, dtype=np.float32)
    return np.asarray(np.diff(white) / np.float32(np.sqrt(2)), dtype=np.float32)


def _periods(female: bool, f0_hz: float) -> F32:
    """Tabulate one period of each vowel, of peak 1: (vowels, PERIOD)."""
    h = np.arange(1, int(4000 / f0_hz) + 1)
    angle = 2 * np.pi * np.arange(PERIOD)[:, None] * h / PERIOD
    shaped = [
        np.sin(angle + h**2 * 0.3) @ (_gain(h * f0_hz, row * (HIGHER if female else 1.0)) / h)
        for row in FORMANTS_HZ
    ]
    scaled = [wave_P / np.abs(wave_P).max() for wave_P in shaped]
    return np.asarray(np.stack(scaled), dtype=np.float32)


def _gain(at_hz: F64, formant_hz: F64) -> F64:
    """Sum the resonances of three formants at given frequencies."""
    return np.asarray(
        sum(
            1 / np.sqrt(1 + ((at_hz - f) / (w / 2)) ** 2)
            for f, w in zip(formant_hz, WIDTHS_HZ, strict=True)
        )
    )
