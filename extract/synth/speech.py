"""The sound of a demo session: public-domain clips in two roles, with pauses between them.

All clips are one LibriVox reader's (``assets/ORIGIN.md``); a speaker is that voice, played a little
faster and softer or louder.  Turns begin and end with the first and last word of a clip, so their
times are exact up to the aligner's; the words' own times are pocketsphinx's and no ground truth.
"""

# N = samples

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ...features.types import F32, F64, Bool, Seconds
from ...features.words import Utterance
from .mesh import ASSETS

RATE_HZ = 16_000
EDGE_S = 0.05  # of the recording before the first and after the last word of a clip
FADE_S = 0.01  # a clip is faded in and out within its edges
ROOM = 3e-4  # standard deviation of the room's noise, of full scale: -70 dB

INTERVIEWER = "Interviewer"
PARTICIPANT = "Participant"


@dataclass(frozen=True, eq=False)
class Clip:
    """A sentence that was read aloud."""

    y_N: F32
    text: str
    words: tuple[tuple[str, Seconds, Seconds, float], ...]
    """Word, start, stop, the aligner's confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How a speaker plays the clips."""

    speed: float
    """1 is the recording; more is faster and higher, as with a tape."""
    gain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A turn of a session."""

    clip: str
    voice: Voice
    said: Utterance
    """Speaker, text, and times on the session's clock."""
    scores: tuple[float, ...]
    """The aligner's confidence in each word."""


@dataclass(frozen=True, eq=False)
class Spoken:
    """The sound of a session."""

    y_N: F32
    """Mono at `RATE_HZ`, within [-1, 1]; the session's clock starts at its first sample."""
    participant_N: F32
    """The participant's voice alone, as long as `y_N`: what moves the mouth."""
    lines: tuple[Line, ...]


@cache
def load_clips() -> dict[str, Clip]:
    """Read the shipped clips by name."""
    import soundfile

    clips = {}
    for name, told in json.loads((ASSETS / "librivox.json").read_text(encoding="utf-8")).items():
        y_N, _ = soundfile.read(ASSETS / f"librivox_{name}.flac", dtype="float32")
        clips[name] = Clip(y_N, told["text"], tuple(tuple(word) for word in told["words"]))
    return clips


def speaking(lines: Sequence[Line], speaker: str, time_s: F64) -> Bool:
    """Tell at each time whether it lies in a turn of `speaker`."""
    found = np.zeros(time_s.shape, dtype=np.bool_)
    for said in (line.said for line in lines if line.said.speaker == speaker):
        found |= (time_s >= said.start_s) & (time_s < said.stop_s)
    return found


def speak(
    script: Sequence[tuple[str, str]],
    voices: dict[str, Voice],
    pauses_s: Sequence[Seconds],
    room: np.random.Generator,
    *,
    frame_s: Seconds,
) -> Spoken:
    """Play clips one after the other.

    Parameters
    ----------
    script : sequence of (speaker, name of clip)
    voices : dict of speaker to Voice
    pauses_s : sequence of float >= 2 * EDGE_S, one more than `script` has turns
        Silence before the first turn, between the turns, after the last; seconds.
    room : Generator
        Draws the noise of the room.
    frame_s : float > 0
        The sound is as long as a whole number of these.
    """
    clips = load_clips()
    lines: list[Line] = []
    placed: list[tuple[int, F32, str]] = []
    clock_s = pauses_s[0]
    for (speaker, name), pause_s in zip(script, pauses_s[1:], strict=True):
        clip, voice = clips[name], voices[speaker]
        y_N, first_s = _played(clip, voice)
        begin = round((clock_s - EDGE_S) * RATE_HZ)
        placed.append((begin, y_N, speaker))
        shift_s, speed = begin / RATE_HZ, voice.speed
        words = tuple(
            (text, shift_s + (start_s - first_s) / speed, shift_s + (stop_s - first_s) / speed)
            for text, start_s, stop_s, _ in clip.words
        )
        said = Utterance(
            start_s=words[0][1], stop_s=words[-1][2], speaker=speaker, text=clip.text, words=words
        )
        scores = tuple(score for *_, score in clip.words)
        lines.append(Line(clip=name, voice=voice, said=said, scores=scores))
        clock_s = said.stop_s + pause_s
    samples = round(np.ceil(clock_s / frame_s) * frame_s * RATE_HZ)
    y_N = (ROOM * room.standard_normal(samples)).astype(np.float32)
    participant_N = np.zeros(samples, dtype=np.float32)
    for begin, voice_N, speaker in placed:
        y_N[begin : begin + voice_N.size] += voice_N
        if speaker == PARTICIPANT:
            participant_N[begin : begin + voice_N.size] += voice_N
    return Spoken(np.clip(y_N, -1, 1), participant_N, tuple(lines))


def _played(clip: Clip, voice: Voice) -> tuple[F32, Seconds]:
    """Cut a clip to its words and play it; also say where in the recording it now begins."""
    import soxr

    first = round((clip.words[0][1] - EDGE_S * voice.speed) * RATE_HZ)
    last = round((clip.words[-1][2] + EDGE_S * voice.speed) * RATE_HZ)
    cut_N = clip.y_N[max(first, 0) : last]
    y_N = np.asarray(soxr.resample(cut_N, RATE_HZ * voice.speed, RATE_HZ), dtype=np.float32)
    fade = round(FADE_S * RATE_HZ)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    y_N[:fade] *= ramp
    y_N[-fade:] *= ramp[::-1]
    return y_N * np.float32(voice.gain), max(first, 0) / RATE_HZ
