"""The sound of a file as it was recorded: all channels, at its own rate, about a second at a time.

Packets lie where their time stamps put them: a stretch without sound inside the file becomes
zeros of the same length, and is counted, so what follows stays on the clock.  A packet that does
not decode costs its own time and no more.  Samples of every format come within [-1, 1].
"""

# K = channels, N = samples

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import MediaError
from ..features.types import F32, Seconds
from .containers import open_media
from .picture import clock_zero_s, nothing_of, stated_end_s, unreadable

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

GAP_S: Seconds = 0.1  # a jump between time stamps longer than this is a gap; shorter ones, rounding
CLOCK_S: Seconds = 1e-6  # FFmpeg rounds the start of a container to this
JITTER_S: Seconds = 0.005  # what is rounding still where a packet is known to be lost
LONGEST_GAP_S: Seconds = 6 * 3600.0  # no interview pauses so long; a damaged time stamp does
TIMELESS = frozenset({"mp3", "aac"})
"""Containers whose packets have no times: FFmpeg counts them, so what is lost is removed."""
GUESSED_END = frozenset({"aac"})  # containers whose duration FFmpeg guesses from their size
RATES_HZ = (4_000, 768_000)  # what recorders use; beyond, the header is damaged
FULL_SCALE = {"u8": 2**7, "s16": 2**15, "s32": 2**31, "flt": 1, "dbl": 1}
"""What 1 is, by FFmpeg's sample format; 24 bits come as the upper ones of 32."""


class Blocks:
    """The blocks (K, N) of a file's first sound stream; what was found is complete at their end.

    A float file's samples that are no number come as NaN, also the infinite ones.

    Raises
    ------
    MediaError
        If the file is no media file, or its sound cannot be read.
    NothingToMeasure
        If it holds a picture and no sound.
    """

    def __init__(self, path: Path, options: dict[str, str] | None = None) -> None:
        self.path, self.options = path, options or {}
        self.rate_hz = self.size = self.lost = self.gaps = 0
        self.names: tuple[str, ...] = ()
        """Of the channels, as FFmpeg has them (``FL``, ``LFE``); known from the first block on."""
        self.sample_format = self.codec = self.container = ""
        self.start_s: Seconds = 0.0
        """Of the first sample, on the session's clock."""
        self.gaps_s: Seconds = 0.0
        self.first_gap = self.first_lost = 0
        """Samples before the first gap, and before the first packet that does not decode."""
        self.stated_s: Seconds | None = None
        """Where the file says that it ends."""
        self.holes: list[tuple[int, int]] = []
        """First sample and stop of each stretch whose packets did not decode."""
        self.beyond = 0
        """Samples beyond full scale in any channel, which were cut to it."""
        self.largest = 0.0
        """The largest magnitude before that."""

    def __iter__(self) -> Iterator[F32]:
        import av

        try:
            with open_media(self.path, self.options) as container:
                stream = self._stream(container)
                held: list[npt.NDArray[Any]] = []
                held_n = 0
                for planes_KN in self._planes(container, stream):
                    held.append(planes_KN)
                    held_n += planes_KN.shape[1]
                    if held_n >= self.rate_hz:
                        yield self._block(np.concatenate(held, axis=1))
                        held, held_n = [], 0
                if held:
                    yield self._block(np.concatenate(held, axis=1))
        except (av.error.FFmpegError, OSError) as error:
            raise unreadable(self.path, error) from error
        if self.size == 0:
            raise MediaError(
                f"{self.path}: has a sound stream, but no sample of it decodes (got {self.codec} "
                f"in {self.container}, {self.lost} damaged packets); replace the file"
            )

    def _stream(self, container: "InputContainer") -> "AudioStream":
        if not container.streams.audio:
            raise nothing_of(self.path, "sound", instead=bool(container.streams.video))
        stream = container.streams.audio[0]
        self.container = container.format.name
        self.stated_s = None if self.container in GUESSED_END else stated_end_s(container)
        if stream.codec_context is None:
            raise MediaError(
                f"{self.path}: its sound is in a codec unknown to FFmpeg; convert it to 16-bit wav"
            )
        self.codec = stream.codec_context.codec.canonical_name
        return stream

    def _planes(
        self, container: "InputContainer", stream: "AudioStream"
    ) -> Iterator[npt.NDArray[Any]]:
        """Lay frames and what is missing between them one behind the other, in their own format."""
        zero_s = clock_zero_s(container)
        lost = 0
        raw: npt.NDArray[Any] = np.empty(0)
        for frame in self._frames(container, stream):
            if self.size == 0:
                self._open(frame, (frame.time or 0.0) - zero_s)
            self._check(frame)
            if frame.time is not None:
                ahead_s = frame.time - zero_s - self.start_s - self.size / self.rate_hz
                if ahead_s > (GAP_S if self.lost == lost else JITTER_S):
                    yield from self._nothing(ahead_s, raw.dtype, damaged=self.lost > lost)
            lost = self.lost
            raw = frame.to_ndarray()
            planes_KN = raw if frame.format.is_planar else raw.reshape(-1, len(self.names)).T
            self.size += planes_KN.shape[1]
            yield planes_KN

    def _frames(self, container: "InputContainer", stream: "AudioStream") -> Iterator["AudioFrame"]:
        import av

        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.error.MemoryError:  # one of FFmpeg's errors too
                raise
            except av.error.FFmpegError:
                self.first_lost = self.first_lost if self.lost else self.size
                self.lost += 1

    def _open(self, frame: "AudioFrame", start_s: Seconds) -> None:
        self.rate_hz = frame.sample_rate
        self.start_s = start_s if abs(start_s) > CLOCK_S else 0.0
        self.names = tuple(channel.name for channel in frame.layout.channels)
        self.sample_format = frame.format.name.removesuffix("p")
        if self.sample_format not in FULL_SCALE:
            raise MediaError(
                f"{self.path}: its samples are {self.sample_format}; expected one of "
                f"{', '.join(FULL_SCALE)}; convert it to 16-bit wav"
            )
        if not RATES_HZ[0] <= self.rate_hz <= RATES_HZ[1]:
            raise MediaError(
                f"{self.path}: states {self.rate_hz} samples a second; expected {RATES_HZ[0]} to "
                f"{RATES_HZ[1]}; mend its header"
            )

    def _check(self, frame: "AudioFrame") -> None:
        got = (frame.sample_rate, frame.layout.nb_channels, frame.format.name.removesuffix("p"))
        if got != (self.rate_hz, len(self.names), self.sample_format):
            raise MediaError(
                f"{self.path}: its sampling rate, channels or format change midway, at "
                f"{self.start_s + self.size / self.rate_hz:.1f} s (from {self.rate_hz} Hz, "
                f"{len(self.names)}, {self.sample_format} to {got[0]} Hz, {got[1]}, {got[2]}); "
                "convert it to wav"
            )

    def _nothing(
        self, missing_s: Seconds, dtype: np.dtype[Any], *, damaged: bool
    ) -> Iterator[npt.NDArray[Any]]:
        """Fill a gap with what zero is in the file's format."""
        if missing_s > LONGEST_GAP_S:
            raise MediaError(
                f"{self.path}: its time stamps jump by {missing_s / 3600:.0f} h behind "
                f"{self.start_s + self.size / self.rate_hz:.1f} s; convert it to wav"
            )
        missing = round(missing_s * self.rate_hz)
        self.first_gap = self.first_gap if self.gaps else self.size
        self.gaps += 1
        self.gaps_s += missing_s
        if damaged:
            self.holes.append((self.size, self.size + missing))
        zero = FULL_SCALE["u8"] if self.sample_format == "u8" else 0
        while missing:
            length = min(missing, self.rate_hz)
            yield np.full((len(self.names), length), zero, dtype=dtype)
            self.size += length
            missing -= length

    def _block(self, raw_KN: npt.NDArray[Any]) -> F32:
        """Bring samples of any format within [-1, 1]: 8 bits are unsigned, others signed."""
        if raw_KN.dtype.kind == "f":
            return self._within(raw_KN)
        y_KN = raw_KN.astype(np.float32)
        if raw_KN.dtype.kind == "u":
            y_KN -= FULL_SCALE["u8"]
        y_KN *= np.float32(1 / FULL_SCALE[self.sample_format])
        return y_KN

    def _within(self, raw_KN: npt.NDArray[Any]) -> F32:
        magnitude_KN = np.abs(raw_KN)
        largest = float(magnitude_KN.max())
        if not largest <= 1:  # or NaN
            finite_KN = np.isfinite(raw_KN)
            raw_KN = np.where(finite_KN, raw_KN, np.nan)
            largest = float(magnitude_KN.max(initial=0, where=finite_KN))
            self.beyond += int(((magnitude_KN > 1) & finite_KN).any(axis=0).sum())
            raw_KN = np.clip(raw_KN, -1, 1)
        self.largest = max(self.largest, largest)
        return raw_KN.astype(np.float32)
