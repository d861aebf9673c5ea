"""The ``vad`` track: where somebody speaks, a row every 30 ms.

WebRTC's Gaussian-mixture detector as pocketsphinx carries it.  It hears voices, not people: the
interviewer's bleed-over counts as speech.  It is no judge of words either; it only says where they
may lie.  Scrubbed spans are neither speech nor silence: their rows are NaN.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...errors import NothingToMeasure, UsageError
from ..acoustic.refusals import refuse_no_numbers, refuse_shorter
from ..acoustic.scrubbed import in_spans, zero_spans
from ..columns import Column
from ..extractor import SOUND_RATE_HZ, Inputs, Measured, Takes
from ..track import Track, window_centres
from ..types import F64

SPEECH = Column("speech", "0|1", "vad")

FRAME_S = 0.030  # the longest that the detector knows, and the steadiest
SLICE_FRAMES = 2_000  # 60 s: what is in memory at a time

# F = frames, N = samples


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceActivity:
    """Speech or not, by pocketsphinx's detector."""

    strictness: int = 3
    """0 takes the most for speech, 3 the least.

    On hand-labelled spontaneous speech and on read sentences (33 s), of the frames without a word
    0 took 53 and 61 % for speech, 3 took 30 and 21 %; of the frames with one 0 missed 1.2 and .2 %,
    3 missed 5.3 and 2.7 %.
    """

    name: ClassVar[str] = "vad"
    version: ClassVar[str] = "2"
    takes: ClassVar[Takes] = "sound"
    consumes: ClassVar[tuple[str, ...]] = ()
    consults: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[Mapping[str, str]] = {"pocketsphinx": "BSD-2-Clause"}

    def __post_init__(self) -> None:
        if self.strictness not in (0, 1, 2, 3):
            raise UsageError(f"vad.strictness: expected 0, 1, 2 or 3, got {self.strictness}")

    def models(self) -> Mapping[str, tuple[Path, str]]:
        """Name no file: the detector's mixtures are compiled in."""
        return {}

    def __call__(self, inputs: Inputs) -> Measured:
        """Tell speech from other sound.

        The detector adapts to what it has heard, so frames are heard in order, from the first, and
        scrubbed ones are not played to it.  The end of the sound that fills no frame has no row.

        Raises
        ------
        NothingToMeasure
            If the session has no sound.
        SignalError
            If it is shorter than one frame, or a sample is not finite.
        """
        from pocketsphinx import Vad

        sound = inputs.sound
        if sound is None:
            raise NothingToMeasure("vad: the session has no sound")
        detector = Vad(self.strictness, SOUND_RATE_HZ, FRAME_S)
        frame_N = detector.frame_bytes // 2
        refuse_shorter(sound, frame_N, self.name)
        count = sound.y_N.size // frame_N
        middle = (frame_N - 1) / 2
        centre_n_F = np.arange(count) * frame_N + middle
        scrubbed_F = in_spans(zero_spans(sound.y_N, SOUND_RATE_HZ), centre_n_F, middle)
        speech_F = np.zeros(count, dtype=np.bool_)
        power_F = np.zeros(count)
        for first in range(0, count, SLICE_FRAMES):
            last = min(first + SLICE_FRAMES, count)
            y_FN = sound.y_N[first * frame_N : last * frame_N].reshape(-1, frame_N)
            refuse_no_numbers(y_FN)
            power_F[first:last] = np.square(y_FN, dtype=np.float64).mean(axis=1)
            pcm_FN = np.clip(np.rint(y_FN * 32_768.0), -32_768, 32_767).astype("<i2")
            for f in np.flatnonzero(~scrubbed_F[first:last]):
                speech_F[first + f] = detector.is_speech(pcm_FN[f].tobytes())
        hop_s = frame_N / SOUND_RATE_HZ
        value_F = np.where(scrubbed_F, np.float32(np.nan), speech_F.astype(np.float32))
        heard = count - int(scrubbed_F.sum())
        return Measured(
            table=Track(
                time_s=window_centres(count, hop_s=hop_s, first_s=sound.start_s + hop_s / 2),
                value_FC=value_F[:, np.newaxis],
                columns=(SPEECH,),
                valid_F=~scrubbed_F,
                rate_hz=1 / hop_s,
            ),
            quality={
                "sound_s": round(sound.y_N.size / SOUND_RATE_HZ, 3),
                "speech_s": round(float(speech_F.sum()) * hop_s, 3),
                "speech_share": round(float(speech_F.sum()) / heard, 4) if heard else None,
                "snr_db": snr_db(power_F[speech_F], power_F[~speech_F & ~scrubbed_F]),
                "rows_scrubbed": count - heard,
                "samples_without_row": sound.y_N.size - count * frame_N,
            },
        )


def snr_db(speech_F: F64, rest_F: F64) -> float | None:
    """Estimate how far speech stands above what else is heard.

    The noise is the median frame without speech: a cough or a missed word is no noise.  Speech
    frames hold it too, so it is taken off their mean.

    Parameters
    ----------
    speech_F, rest_F : float64 arrays
        Mean square of each frame with speech, and without.

    Returns
    -------
    float or None
        In dB; None where there is no speech, nothing else, or no difference.
    """
    if speech_F.size == 0 or rest_F.size == 0:
        return None
    noise = float(np.median(rest_F))
    speech = float(speech_F.mean()) - noise
    return round(10 * float(np.log10(speech / noise)), 2) if speech > 0 and noise > 0 else None
