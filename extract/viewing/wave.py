"""The sound of a session as a WAV file that is nowhere: any range of its bytes, decoded as asked.

It begins at the session's zero (or at what lies before it) and lasts to the session's end, zeros
where nothing was recorded; so a player's clock is the session's.  Of more than two channels a
mixture of two is heard.  The file itself is read a packet at a time, however long it is.
"""

# K = channels, N = samples

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...errors import MediaError
from ...features.types import Seconds
from ..blocks import GAP_S, TIMELESS
from ..containers import open_media
from ..picture import clock_zero_s, nothing_of, stated_end_s, unreadable
from ..riff import data_bytes

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler
    from av.container import InputContainer

HEAD = 44  # bytes of the header
SAMPLE = 2  # bytes
SILENT_HZ = 8_000  # where there is no sound, and its zeros only keep the time
LEAD_S: Seconds = 0.5  # decoded before what is asked for: codecs need what came before
FULL = 0xFFFFFFFF - HEAD  # a header can state no more
BLOCK_S: Seconds = 1.0


@dataclass(frozen=True, kw_only=True)
class Wave:
    """16-bit samples of a session, from `start_s` to `stop_s` on its clock."""

    path: Path | None
    """None is silence."""
    start_s: Seconds
    stop_s: Seconds
    rate_hz: int = SILENT_HZ
    channels: int = 1
    sound_start_s: Seconds = 0.0
    """Where the file's own sound begins."""

    @property
    def samples(self) -> int:
        """N, of each channel."""
        most = FULL // (SAMPLE * self.channels)
        return min(round((self.stop_s - self.start_s) * self.rate_hz), most)

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return HEAD + self.samples * self._step

    @property
    def _step(self) -> int:
        return SAMPLE * self.channels

    def header(self) -> bytes:
        """Write the head of the file (RIFF, PCM)."""
        data = self.size - HEAD
        rate, step = self.rate_hz, self._step
        form = struct.pack("<IHHIIHH", 16, 1, self.channels, rate, rate * step, step, 8 * SAMPLE)
        return (
            b"RIFF"
            + struct.pack("<I", data + 36)
            + b"WAVEfmt "
            + form
            + b"data"
            + struct.pack("<I", data)
        )

    def read(self, first: int, stop: int) -> Iterator[bytes]:
        """Give the bytes from `first` up to `stop`, about a second at a time.

        Raises
        ------
        MediaError
            If the file cannot be read any more.
        """
        stop = min(stop, self.size)
        if first < HEAD:
            yield self.header()[first:stop]
        if stop <= max(first, HEAD):
            return
        from_byte, to_byte = max(first - HEAD, 0), stop - HEAD
        sample, cut = divmod(from_byte, self._step)
        left = to_byte - from_byte
        for block in self._from(sample):
            piece = block[cut : cut + left]
            cut = max(cut - len(block), 0)
            left -= len(piece)
            if piece:
                yield piece
            if left <= 0:
                return

    def _from(self, sample: int) -> Iterator[bytes]:
        """Give all samples from one on, zeros where there are none."""
        at, behind = sample, bytes(round(BLOCK_S * self.rate_hz) * self._step)
        if self.path is not None:
            for first, pcm_NK in self._decoded(sample):
                while at < min(first, self.samples):  # nothing was recorded here
                    zeros = behind[: (min(first, self.samples) - at) * self._step]
                    yield zeros
                    at += len(zeros) // self._step
                fresh_NK = pcm_NK[max(at - first, 0) :]
                if len(fresh_NK):
                    yield fresh_NK.tobytes()
                    at += len(fresh_NK)
                if at >= self.samples:
                    return
        while at < self.samples:
            zeros = behind[: (self.samples - at) * self._step]
            yield zeros
            at += len(zeros) // self._step

    def _decoded(self, sample: int) -> Iterator[tuple[int, npt.NDArray[np.int16]]]:
        """Decode from before a sample on: number of the first sample of each piece, and (N, K)."""
        import av

        assert self.path is not None
        wanted_s = self.start_s + sample / self.rate_hz
        layout = "mono" if self.channels == 1 else "stereo"
        try:
            with open_media(self.path, _options(self.path)) as container:
                zero_s = clock_zero_s(container)
                self._seek(container, wanted_s - LEAD_S + zero_s)
                resampler = av.AudioResampler(format="s16", layout=layout, rate=self.rate_hz)
                following: int | None = None
                for frame in _frames(container):
                    if frame.time is not None or following is None:
                        placed_s = (frame.time or 0.0) - zero_s - self.start_s
                        placed = round(placed_s * self.rate_hz)
                        if following is None or placed - following > GAP_S * self.rate_hz:
                            following = placed
                    for pcm_NK in _pcm(resampler, frame, self.channels):
                        yield following, pcm_NK
                        following += len(pcm_NK)
        except MemoryError:
            raise
        except (av.error.FFmpegError, OSError, ValueError) as error:  # or its format changes
            raise unreadable(self.path, error) from error

    def _seek(self, container: "InputContainer", stamp_s: Seconds) -> None:
        """Go to a time of the container; what it only estimates is counted from the start."""
        import av

        if container.format.name in TIMELESS or stamp_s <= 0:
            return
        stream = container.streams.audio[0]
        try:
            container.seek(int(stamp_s / float(stream.time_base or 1)), stream=stream)
        except (av.error.FFmpegError, OSError):
            return  # it cannot be sought in, and stands where it stood


def open_wave(path: Path | None, start_s: Seconds, stop_s: Seconds | None) -> Wave:
    """Look at a sound file.

    Parameters
    ----------
    path : Path or None
        None makes silence.
    start_s : float
        Where the picture begins on the session's clock.
    stop_s : float or None
        Where what was measured ends; the sound's own end where that is later.

    Raises
    ------
    MediaError
        If it cannot be read.
    NothingToMeasure
        If it holds no sound.
    """
    import av

    if path is None:
        return Wave(path=None, start_s=min(start_s, 0.0), stop_s=stop_s or 0.0)
    try:
        with open_media(path, _options(path)) as container:
            if not container.streams.audio:
                raise nothing_of(path, "sound", instead=bool(container.streams.video))
            frame = next(_frames(container), None)
            if frame is None:
                raise MediaError(f"{path}: no sample of its sound decodes; replace the file")
            sound_s = (frame.time or 0.0) - clock_zero_s(container)
            ends = [end for end in (stop_s, stated_end_s(container)) if end is not None]
            return Wave(
                path=path,
                start_s=min(start_s, sound_s, 0.0),
                stop_s=max(ends, default=0.0),
                rate_hz=frame.sample_rate,
                channels=min(frame.layout.nb_channels, 2),
                sound_start_s=sound_s,
            )
    except MemoryError:
        raise
    except (av.error.FFmpegError, OSError) as error:
        raise unreadable(path, error) from error


def _options(path: Path) -> dict[str, str] | None:
    """Read past the end that a header states where the file goes on, as `hearing` does."""
    held = data_bytes(path)
    return {"ignore_length": "1"} if held is not None and held[0] < held[1] else None


def _frames(container: "InputContainer") -> Iterator["AudioFrame"]:
    import av

    for packet in container.demux(container.streams.audio[0]):
        try:
            yield from packet.decode()
        except MemoryError:
            raise
        except av.error.FFmpegError:  # damaged: its place stays silent
            continue


def _pcm(
    resampler: "AudioResampler", frame: "AudioFrame", channels: int
) -> Iterator[npt.NDArray[np.int16]]:
    """Bring a frame to 16 bits, mixed to the channels that are heard."""
    frame.pts = None  # where it lies is told beside it
    for ready in resampler.resample(frame):
        yield ready.to_ndarray().reshape(-1, channels).astype("<i2", copy=False)
