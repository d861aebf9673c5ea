"""The picture of a video file: upright frames with their presentation times.

The times are the sorted PTS of the video packets, which PyAV reads without decoding; `frame_clock`
gives each decoded frame its own.  OpenCV decodes (`frames_cv`, the cheaper); where it cannot, PyAV
does (`frames_av`), and the facts say which.
"""

# F = listed packets

import errno
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import DepxError, MediaError, NothingToMeasure
from ..features.extractor import Frame, Picture
from ..features.types import F64, Seconds
from .containers import open_media
from .frame_clock import FrameClock
from .frames_av import AvFrames
from .frames_cv import CvFrames

ARBITRARY_ZERO = frozenset({"mpegts", "mpeg", "mp3"})
"""Containers whose clock starts anywhere (an mp3's behind the samples that prime its decoder);
players, and so transcripts, count from their start."""
SHORT_S, SHORT_SHARE = 1.0, 0.02  # a stream may end this much before its file without a word
LOST_SHARE = 0.02  # of the frames may fail to decode, or lie at one time, without a word
DEFAULT_RATE_HZ = 25.0  # where a file names no rate at all; only nominal


@dataclass(eq=False, kw_only=True)
class Film:
    """An opened video: its listed times, and after a pass over the frames, what came of them."""

    path: Path
    listed_s: F64
    """(F,) sorted presentation times on the session's clock; empty where the container has none."""
    start_s: Seconds
    """Start of the stream on the session's clock."""
    rate_hz: float
    stated_s: Seconds | None
    """Where the file says that it ends, on the session's clock."""
    stated_frames: int = 0
    """How many frames its header states; 0 if it does not.  It may be wrong."""
    codec: str = "unknown codec"
    size_px: tuple[int, int] = (0, 0)
    """Width and height as they are coded."""
    stream: int = 0
    """Number of its stream in the file."""
    leads: bool = True
    """Whether it is the first picture of the file, cover pictures counted."""
    beside: int = 0
    """Further moving pictures in the file, which are not taken."""
    warnings: tuple[str, ...] = ()
    facts: dict[str, float | int | str] = field(default_factory=dict)

    def picture(self) -> Picture:
        """Offer the film to extractors."""
        return Picture(frames=self.frames, rate_hz=self.rate_hz, settle=self.settle)

    def settle(self, time_s: F64) -> F64:
        """Correct the times of all frames of a pass: if none is missing, they are those listed.

        Some decoders report wrong positions (H.264 with B-frames in AVI), which shows only when
        the last frame is out.
        """
        if time_s.size != self.listed_s.size:
            return time_s
        self.facts["time_source"] = "pts"
        return self.listed_s.copy()

    def frames(self) -> Iterator[Frame]:
        """Decode from the start; `facts` is complete when the last frame has been taken.

        Raises
        ------
        MediaError
            If no library decodes a frame of it.
        """
        import av

        clock = FrameClock(self.listed_s, self.start_s, self.rate_hz)
        last_s = self.start_s
        try:
            for images in self._ways():
                for position_s, image in images:
                    last_s = clock.time_s(position_s)
                    yield Frame(last_s, image)
                if clock.frames:
                    break
        except MemoryError:  # PyAV's is one of its other errors too
            raise
        except (av.error.FFmpegError, OSError) as error:
            raise unreadable(self.path, error) from error
        if clock.frames == 0:
            raise MediaError(
                f"{self.path}: opened, but no frame decodes (got {self.codec} of "
                f"{self.size_px[0]} x {self.size_px[1]} px); convert it to H.264 mp4 of 8 bits"
            )
        self.warnings = self._oddities(clock.frames, last_s)
        self.facts = {
            "decoder": images.decoder,
            "frames_decoded": clock.frames,
            "frames_listed": int(self.listed_s.size),
            "time_source": clock.source(),
            "video_start_s": round(self.start_s, 6),
            "rotation_deg": images.rotation_deg,
        }

    def _ways(self) -> Iterator[CvFrames | AvFrames]:
        """Offer the decoders in the order in which they are to be tried."""
        if self.leads:  # the one picture that OpenCV takes
            yield CvFrames(self.path, self.listed_s.size)
        yield AvFrames(self.path, self.stream)

    def _oddities(self, frames: int, last_s: Seconds) -> tuple[str, ...]:
        """Say what the user had better look at, after a pass; one line each."""
        lines = [*cut_short("picture", last_s + 1 / self.rate_hz, self.stated_s)]
        listed = int(self.listed_s.size)
        if not lines and self.stated_frames - listed > LOST_SHARE * self.stated_frames:
            lines.append(
                f"the file states {self.stated_frames} frames and holds {listed}; check that it is "
                "whole"
            )
        if frames == 1:
            lines.append("the picture has a single frame; check that the file is a video")
        if listed - frames > LOST_SHARE * listed:
            lines.append(
                f"{listed - frames} of {listed} frames do not decode and are no rows; check that "
                f"the file is whole (got {self.codec})"
            )
        at_once = int((np.diff(self.listed_s) <= 0).sum())
        if at_once > LOST_SHARE * listed:
            lines.append(
                f"{at_once} of {listed} frames lie at the time of another; if the file was joined "
                "from several, convert it to H.264 mp4"
            )
        if self.beside:
            lines.append(
                f"the file holds {self.beside + 1} moving pictures; took the first; to take "
                "another, put it into a file of its own"
            )
        return tuple(lines)


def open_film(path: Path) -> Film:
    """Read the times of a video without decoding it.

    Raises
    ------
    MediaError
        If the file is no media file.
    NothingToMeasure
        If it holds no picture.
    """
    import av

    try:
        with open_media(path) as container:
            moving = [s for s in container.streams.video if not _is_cover(s)]
            if not moving:
                raise nothing_of(path, "picture", instead=bool(container.streams.audio))
            packets: Counter[int] = Counter()
            stamps: dict[int, list[int]] = {s.index: [] for s in moving}
            for packet in container.demux(moving):
                if packet.size and not packet.is_discard:
                    packets[packet.stream_index] += 1
                    if packet.pts is not None:
                        stamps[packet.stream_index].append(packet.pts)
            # A single picture beside one that moves is a cover, whatever the file calls it.
            moving = [s for s in moving if packets[s.index] > 1] or moving
            stream = moving[0]
            if stream.codec_context is None:
                raise MediaError(
                    f"{path}: its picture is in a codec unknown to FFmpeg; convert it to H.264 mp4"
                )
            base = float(stream.time_base or 0)
            zero_s = clock_zero_s(container)
            stamp_F = np.asarray(stamps[stream.index], dtype=np.float64)
            rate = stream.average_rate or stream.guessed_rate or stream.base_rate
            return Film(
                path=path,
                listed_s=np.sort(stamp_F) * base - zero_s,
                start_s=(stream.start_time or 0) * base - zero_s,
                rate_hz=float(rate) if rate else DEFAULT_RATE_HZ,
                stated_s=stated_end_s(container),
                stated_frames=max(int(stream.frames or 0), 0),
                codec=stream.codec_context.codec.canonical_name,
                size_px=(stream.codec_context.width, stream.codec_context.height),
                stream=stream.index,
                leads=stream.index == container.streams.video[0].index,
                beside=len(moving) - 1,
            )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> MediaError:
    """Say in one line that a file is no media file that can be read.

    Raises
    ------
    MemoryError, OSError
        If it was not the file, but memory or descriptors that were wanting.
    """
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        raise MemoryError from error
    if getattr(error, "errno", None) == errno.EMFILE:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE)) from error
    got = type(error).__name__
    return MediaError(f"{path}: no video or sound that can be read (got {got}); replace the file")


def nothing_of(path: Path, what: str, *, instead: bool) -> DepxError:
    """Say that a file holds no picture or no sound: no failure where it holds the other `instead`.

    FFmpeg takes subtitles and even plain text for media; a file with neither is a wrong file.
    """
    if instead:
        return NothingToMeasure(f"{path.name} holds no {what}")
    return MediaError(f"{path}: holds neither picture nor sound; replace the file")


def stated_end_s(container: object) -> Seconds | None:
    """Say where a container says that it ends, on the session's clock; None if it does not."""
    duration, start = (getattr(container, name, None) for name in ("duration", "start_time"))
    if duration is None:
        return None
    return float((start or 0) + duration) / 1e6 - clock_zero_s(container)


def cut_short(what: str, end_s: Seconds, stated_s: Seconds | None) -> tuple[str, ...]:
    """Warn where a picture or a sound ends well before the file that holds it says it does."""
    if stated_s is None or stated_s - end_s <= max(SHORT_S, SHORT_SHARE * stated_s):
        return ()
    return (
        f"the {what} ends at {end_s:.1f} s, but its file says {stated_s:.1f} s; check that it is "
        "whole",
    )


def clock_zero_s(container: object) -> Seconds:
    """Say where a container's own clock has the session's zero, in seconds.

    The session's clock is the container's, except where that one starts anywhere.
    """
    form = getattr(container, "format").name  # noqa: B009  (PyAV has no common type for containers)
    start = getattr(container, "start_time", None)
    arbitrary = any(name in ARBITRARY_ZERO for name in str(form).split(","))
    return start / 1e6 if arbitrary and start is not None else 0.0


def _is_cover(stream: object) -> bool:
    from av.stream import Disposition

    return bool(Disposition.attached_pic & getattr(stream, "disposition", Disposition(0)))
