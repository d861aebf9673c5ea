"""The sound of any media file: 16 kHz mono float32 within [-1, 1], at its own place on the clock.

PyAV decodes (any container, so also the sound of a video), soxr resamples.  Packets lie where their
time stamps put them: a stretch without sound inside the file becomes digital silence of the same
length, and is counted, so what follows stays on the clock.  Samples go to a nameless file that is
mapped into memory: an hour of sound costs no more memory than a minute, and nothing is left behind.
"""

# N = samples, K = channels

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import MediaError, UsageError
from ..features.extractor import SOUND_RATE_HZ, Sound
from ..features.types import F32, Seconds
from .picture import clock_zero_s, cut_short, nothing_of, stated_end_s, unreadable

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

GAP_S = 0.1  # a jump between time stamps longer than this is a gap; shorter ones are rounding
HANDED = 1 << 16  # samples handed to the resampler at a time
SIDES = {"left": 0, "right": 1}


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class OpenedSound:
    """The sound of a file, and what was found while reading it."""

    sound: Sound
    facts: dict[str, float | int | str]
    warnings: tuple[str, ...] = ()


def open_sound(path: Path, scratch: Path, *, channel: str = "mean") -> OpenedSound:
    """Decode the first sound stream of a file.

    Parameters
    ----------
    path : Path
        Any sound or video file.
    scratch : Path
        Folder on whose disk the samples lie while they are used.
    channel : str
        ``mean``, ``left``, ``right`` or the number of a channel, from 0.

    Raises
    ------
    MediaError
        If the file is no media file, or its sound does not decode.
    NothingToMeasure
        If it holds no sound.
    UsageError
        If the channel does not exist.
    """
    with tempfile.TemporaryFile(dir=scratch) as out:
        facts, stated_s = _decode(path, channel, out)
        # The map keeps the nameless file alive; its disk space goes when the last view goes.
        y_N = np.memmap(out, dtype=np.float32, mode="r")
    sound = Sound(y_N=y_N, start_s=float(facts["sound_start_s"]))
    end_s = sound.start_s + y_N.size / SOUND_RATE_HZ
    return OpenedSound(sound=sound, facts=facts, warnings=cut_short("sound", end_s, stated_s))


def _decode(
    path: Path, channel: str, out: IO[bytes]
) -> tuple[dict[str, float | int | str], Seconds | None]:
    """Write the samples of a file to `out` as raw float32; say what was found, and stated."""
    import av
    import soxr

    written = clipped = 0
    square = 0.0
    try:
        with av.open(os.path.abspath(path)) as container:
            if not container.streams.audio:
                raise nothing_of(path, "sound", instead=bool(container.streams.video))
            stream, stated_s = container.streams.audio[0], stated_end_s(container)
            blocks = _Blocks(container.decode(stream), path, channel, clock_zero_s(container))
            for y_N in _resampled(blocks, soxr):
                clipped += int((np.abs(y_N) > 1).sum())
                y_N = np.clip(y_N, -1, 1)
                square += float(np.square(y_N, dtype=np.float64).sum())
                out.write(y_N.tobytes())
                written += y_N.size
    except (av.error.FFmpegError, OSError) as error:
        raise unreadable(path, error) from error
    if written == 0:
        raise MediaError(
            f"{path}: has a sound stream, but no sample of it decodes; replace the file"
        )
    out.flush()
    facts: dict[str, float | int | str] = {
        "channel": channel,
        "file_rate_hz": blocks.rate_hz,
        "file_channels": blocks.channels,
        "sound_start_s": round(blocks.start_s, 6),
        "duration_s": round(written / SOUND_RATE_HZ, 6),
        "gaps": blocks.gaps,
        "gaps_s": round(blocks.gaps_s, 6),
        "clipped": clipped,
        "rms": round(float(np.sqrt(square / written)), 6),
    }
    return facts, stated_s


def _resampled(blocks: "_Blocks", soxr: ModuleType) -> Iterator[F32]:
    resampler = None
    for mono_N in blocks:
        if resampler is None:
            resampler = soxr.ResampleStream(
                blocks.rate_hz, SOUND_RATE_HZ, 1, dtype="float32", quality="HQ"
            )
        for first in range(0, mono_N.size, HANDED):
            yield resampler.resample_chunk(mono_N[first : first + HANDED])
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)


class _Blocks:
    """Mono blocks of a stream at the file's own rate, gaps filled."""

    def __init__(
        self, frames: Iterator["AudioFrame"], path: Path, channel: str, zero_s: float
    ) -> None:
        self.frames, self.path, self.channel, self.zero_s = frames, path, channel, zero_s
        self.rate_hz = self.channels = self.gaps = 0
        self.start_s = self.gaps_s = 0.0

    def __iter__(self) -> Iterator[F32]:
        expected_s: float | None = None
        for frame in self.frames:
            if expected_s is None:
                self.rate_hz = frame.sample_rate
                self.start_s = expected_s = (frame.time or 0.0) - self.zero_s
            elif frame.sample_rate != self.rate_hz:
                raise MediaError(
                    f"{self.path}: its sampling rate changes midway; convert it to wav"
                )
            if frame.time is not None:
                ahead_s = frame.time - self.zero_s - expected_s
                if ahead_s > GAP_S:
                    self.gaps += 1
                    self.gaps_s += ahead_s
                    yield np.zeros(round(ahead_s * self.rate_hz), dtype=np.float32)
                    expected_s += ahead_s
            mono_N = self._mono(frame)
            expected_s += mono_N.size / self.rate_hz
            yield mono_N

    def _mono(self, frame: "AudioFrame") -> F32:
        raw = frame.to_ndarray()
        self.channels = count = frame.layout.nb_channels
        planes_KN = raw if frame.format.is_planar else raw.reshape(-1, count).T
        y_KN = _unit_scale(planes_KN)
        index = SIDES.get(self.channel, self.channel)
        if index == "mean":
            y_N = y_KN.mean(axis=0, dtype=np.float32)
        elif str(index).isdecimal() and int(index) < count:
            y_N = y_KN[int(index)]
        else:
            raise UsageError(
                f"{self.path}: audio.channel={self.channel}, but it has {count} channels (mean, "
                "left, right or a number from 0)"
            )
        if not np.isfinite(y_N).all():  # float files may hold NaN; resampling would spread it
            raise MediaError(
                f"{self.path}: holds samples that are NaN or infinite; repair the file"
            )
        return np.ascontiguousarray(y_N, dtype=np.float32)


def _unit_scale(y_KN: npt.NDArray[Any]) -> F32:
    """Bring samples of any format to [-1, 1]: 8 bit is unsigned, other integers are signed."""
    if y_KN.dtype == np.uint8:
        return (y_KN.astype(np.float32) - np.float32(128)) / np.float32(128)
    full_scale = -float(np.iinfo(y_KN.dtype).min) if y_KN.dtype.kind == "i" else 1.0
    return (y_KN.astype(np.float64) / full_scale).astype(np.float32)
