"""The picture of a video file: upright frames with their presentation times.

cv2 decodes (cheaper than PyAV), PyAV reads the times: the sorted PTS of the video packets, without
decoding.  Each decoded frame takes the listed PTS nearest to the position that the decoder reports,
so frames that fail to decode do not shift those behind them.  Where a container has no PTS the
reported position counts, and where there is none either, frame number over rate; which one was used
is recorded.  ``CAP_PROP_FRAME_COUNT`` lies and is not read.
"""

# F = listed packets

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DepxError, MediaError, NothingToMeasure
from ..features.extractor import Frame, Picture
from ..features.types import F64, U8, Seconds

ARBITRARY_ZERO = frozenset({"mpegts", "mpeg", "mp3"})
"""Containers whose clock starts anywhere (an mp3's behind the samples that prime its decoder);
players, and so transcripts, count from their start."""
SHORT_S, SHORT_SHARE = 1.0, 0.02  # a stream may end this much before its file without a word
LOST_SHARE = 0.02  # of the frames may fail to decode, or lie at one time, without a word
FIRST_READS = 4  # that may fail before a film is one that does not decode at all
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
    codec: str = "unknown codec"
    size_px: tuple[int, int] = (0, 0)
    """Width and height as they are coded."""
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
            If the decoder refuses the file, or yields no frame.
        """
        import cv2

        capture = cv2.VideoCapture(os.path.abspath(self.path), cv2.CAP_FFMPEG)
        try:
            if not capture.isOpened():
                raise MediaError(f"{self.path}: the decoder refuses it; convert it to H.264 mp4")
            capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # builds differ in the default
            rotation_deg = int(capture.get(cv2.CAP_PROP_ORIENTATION_META))
            clock, last_s = _Clock(self), self.start_s
            for image in self._images(capture):
                position_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                last_s = clock.time_s(position_s)
                yield Frame(last_s, image)
            if clock.frames == 0:
                raise MediaError(
                    f"{self.path}: opened, but no frame decodes (got {self.codec} of "
                    f"{self.size_px[0]} x {self.size_px[1]} px); convert it to H.264 mp4 of 8 bits"
                )
            self.warnings = self._oddities(clock.frames, last_s)
            self.facts = {
                "frames_decoded": clock.frames,
                "frames_listed": int(self.listed_s.size),
                "time_source": clock.source(),
                "video_start_s": round(self.start_s, 6),
                "rotation_deg": rotation_deg,
            }
        finally:
            capture.release()

    def _images(self, capture: Any) -> Iterator[U8]:
        """Decode picture after picture, past what is damaged."""
        import cv2

        decoded, failed = 0, 0
        while True:
            try:
                succeeded, image = capture.read()
            except cv2.error as error:
                if error.code == cv2.Error.StsNoMem:
                    raise MemoryError from error
                raise
            if succeeded:
                decoded += 1
                yield np.asarray(image, dtype=np.uint8)
                continue
            # A damaged packet fails like the end does; what lies behind it still decodes.
            failed += 1
            if failed >= (self.listed_s.size - decoded if decoded else FIRST_READS):
                break

    def _oddities(self, frames: int, last_s: Seconds) -> tuple[str, ...]:
        """Say what the user had better look at, after a pass; one line each."""
        lines = [*cut_short("picture", last_s + 1 / self.rate_hz, self.stated_s)]
        listed = int(self.listed_s.size)
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


class _Clock:
    """Gives each decoded frame its time."""

    def __init__(self, film: Film) -> None:
        self.film = film
        self.frames = 0
        self.used: set[str] = set()
        self._next = 0  # first listed time that no frame has taken
        self._moves = False  # whether the reported position has ever left zero

    def time_s(self, position_s: float) -> Seconds:
        """Time of the next decoded frame, whose reported position is `position_s`."""
        film, i = self.film, self.frames
        self.frames += 1
        period_s = 1 / film.rate_hz
        self._moves = self._moves or position_s > period_s / 4
        reported_s = film.start_s + position_s
        if self._next < film.listed_s.size:
            k = self._next
            if self._moves:  # listed packets that did not decode are passed over
                k += _nearest(film.listed_s[self._next :], reported_s)
            if abs(film.listed_s[k] - reported_s) > period_s:
                k = self._next  # the reported position is no presentation time: take them in order
            self._next = k + 1
            self.used.add("pts")
            return float(film.listed_s[k])
        if self._moves:
            self.used.add("position")
            return reported_s
        self.used.add("frame_number")
        return film.start_s + i * period_s

    def source(self) -> str:
        """Name where the times came from."""
        return "+".join(sorted(self.used))


def _nearest(sorted_s: F64, wanted_s: Seconds) -> int:
    after = int(np.searchsorted(sorted_s, wanted_s))
    if after == sorted_s.size or (
        after > 0 and wanted_s - sorted_s[after - 1] < sorted_s[after] - wanted_s
    ):
        return after - 1
    return after


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
        with av.open(os.path.abspath(path)) as container:
            moving = [s for s in container.streams.video if not _is_cover(s)]
            if not moving:
                raise nothing_of(path, "picture", instead=bool(container.streams.audio))
            stream = moving[0]
            base = float(stream.time_base or 0)
            zero_s = clock_zero_s(container)
            stamps = [
                packet.pts
                for packet in container.demux(stream)
                if packet.pts is not None and packet.size and not packet.is_discard
            ]
            rate = stream.average_rate or stream.guessed_rate or stream.base_rate
            return Film(
                path=path,
                listed_s=np.sort(np.asarray(stamps, dtype=np.float64)) * base - zero_s,
                start_s=(stream.start_time or 0) * base - zero_s,
                rate_hz=float(rate) if rate else DEFAULT_RATE_HZ,
                stated_s=stated_end_s(container),
                codec=stream.codec_context.codec.canonical_name,
                size_px=(stream.codec_context.width, stream.codec_context.height),
                beside=len(moving) - 1,
            )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> MediaError:
    """Say in one line that a file is no media file that can be read."""
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
