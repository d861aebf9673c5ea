"""The frames of a video from any moment on, as JPEGs with their presentation times.

Every file that depx decodes is shown so, whatever a browser plays: avi, wmv, HEVC.  What is shown
are the frames that were measured, upright as they were (`frames_av`), each with the time that its
row of the facial track has; a browser's own clock starts elsewhere for some containers.
"""

# F = frames of the film

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import MediaError
from ...features.types import F64, Seconds
from ..containers import open_media
from ..frames_av import upright
from ..picture import Film, clock_zero_s, unreadable

if TYPE_CHECKING:
    from av import VideoFrame, VideoStream
    from av.container import InputContainer

LARGEST_PX = 960  # longer side of what is sent: a page shows no more, and 4K would not keep up
QUALITY = 85  # of JPEG, of 100
NEAR_S: Seconds = 3.0  # ahead: decoding on is cheaper than looking for a key frame
MOST_OPEN = 3  # decoders, of some 100 MB each at 4K; further tabs wait their turn
EARLIER_S = (0.0, 2.0, 15.0)  # a container may find a key frame behind what was asked for
SPARSE = frozenset({"mpeg"})
"""Containers that tell the time of a packet here and there: behind a search FFmpeg guesses."""
EPSILON_S: Seconds = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class Still:
    """A frame, seen from its time until the next one's."""

    time_s: Seconds
    jpeg: bytes
    size_px: tuple[int, int]
    """Width and height of the frame, upright; what is sent may be smaller."""


class Reel:
    """A film, opened at some place; one thread at a time.

    Parameters
    ----------
    film : Film
    time_s_F : float64 array of shape (F,) or None
        Times of all frames in the order in which they decode, where they are known.
    """

    def __init__(self, film: Film, time_s_F: F64 | None = None) -> None:
        self.film = film
        self._listed_s = film.listed_s if time_s_F is None else time_s_F
        self._container: InputContainer | None = None
        self._frames: Iterator[tuple[Seconds, VideoFrame]] = iter(())
        self._held: tuple[Seconds, VideoFrame] | None = None
        self._next: tuple[Seconds, VideoFrame] | None = None

    def ready_for(self, start_s: Seconds) -> bool:
        """Say whether it stands just before a time, and need not look for it."""
        at_s = None if self._held is None else self._held[0]
        return at_s is not None and at_s <= start_s + EPSILON_S <= at_s + NEAR_S

    def stills(self, start_s: Seconds, stop_s: Seconds) -> Generator[Still, None, None]:
        """Give the frame that is seen at a time, and all that begin behind it and before another.

        Raises
        ------
        MediaError
            If the file cannot be read any more.
        """
        import av

        try:
            self._go_to(start_s)
            if self._held is not None:
                yield _still(self._held)
            while self._next is not None and self._next[0] < stop_s:
                self._step()
                assert self._held is not None
                yield _still(self._held)
        except (MemoryError, av.error.FFmpegError, OSError) as error:
            self.close()
            raise unreadable(self.film.path, error) from error

    def close(self) -> None:
        """Close the file."""
        self._held = self._next = None
        if self._container is not None:
            self._container.close()
            self._container = None

    def _go_to(self, start_s: Seconds) -> None:
        """Hold the last frame that begins by a time; none where the film begins later."""
        if not self.ready_for(start_s):
            self._search(start_s)
        while self._next is not None and self._next[0] <= start_s + EPSILON_S:
            self._step()

    def _step(self) -> None:
        self._held, self._next = self._next, next(self._frames, None)

    def _search(self, start_s: Seconds) -> None:
        for earlier_s in EARLIER_S:
            asked_s = start_s - earlier_s
            if asked_s <= self.film.start_s or not self._open():
                break
            if self._seek(asked_s):
                self._held, self._next = None, next(self._frames, None)
                if self._next is not None and self._next[0] <= start_s + EPSILON_S:
                    return
        self._open()
        self._frames = self._counted()
        self._held, self._next = None, next(self._frames, None)

    def _open(self) -> bool:
        """Open the file anew; say whether its packets' times lead to its frames."""
        self.close()
        self._container = open_media(self.film.path)
        stream = self._stream()
        stream.thread_type = "AUTO"
        form = self._container.format.name
        if not self.film.listed_s.size or form in SPARSE:
            return False
        # AVI has times of decoding only, which are not those of presentation if frames reorder.
        return not (form == "avi" and stream.codec_context.has_b_frames)

    def _stream(self) -> "VideoStream":
        assert self._container is not None
        return next(s for s in self._container.streams.video if s.index == self.film.stream)

    def _seek(self, asked_s: Seconds) -> bool:
        import av

        assert self._container is not None
        stream = self._stream()
        zero_s = clock_zero_s(self._container)
        base = float(stream.time_base or 1)
        try:
            self._container.seek(round((asked_s + zero_s) / base), stream=stream, backward=True)
        except (av.error.FFmpegError, OSError):  # a bare stream
            return False
        self._frames = (
            (self._snapped(frame.pts * base - zero_s), frame)
            for frame in self._decoded()
            if frame.pts is not None
        )
        return True

    def _counted(self) -> Iterator[tuple[Seconds, "VideoFrame"]]:
        """Decode from the start: frame number i is the i-th that is listed."""
        listed_s, period_s = self._listed_s, 1 / self.film.rate_hz
        for i, frame in enumerate(self._decoded()):
            if i < listed_s.size:
                yield float(listed_s[i]), frame
            else:
                last_s = float(listed_s[-1]) if listed_s.size else self.film.start_s - period_s
                yield last_s + (i - listed_s.size + 1) * period_s, frame

    def _snapped(self, time_s: Seconds) -> Seconds:
        """Give a frame the listed time that it lies at, but for rounding."""
        after = int(np.searchsorted(self._listed_s, time_s))
        near = self._listed_s[max(after - 1, 0) : after + 1]
        if near.size == 0:
            return time_s
        nearest = float(near[np.abs(near - time_s).argmin()])
        return nearest if abs(nearest - time_s) < 0.25 / self.film.rate_hz else time_s

    def _decoded(self) -> Iterator["VideoFrame"]:
        import av

        container = self._container
        assert container is not None
        for packet in container.demux(self._stream()):
            try:
                yield from packet.decode()
            except MemoryError:
                raise
            except av.error.FFmpegError:  # damaged; what lies behind it still decodes
                continue


def _still(held: tuple[Seconds, "VideoFrame"]) -> Still:
    import cv2

    image = upright(held[1])
    height, width = image.shape[:2]
    longest = max(width, height)
    if longest > LARGEST_PX:
        share = LARGEST_PX / longest
        image = np.asarray(
            cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        )
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise MediaError(f"a frame of {width} x {height} px is no JPEG")
    return Still(time_s=held[0], jpeg=jpeg.tobytes(), size_px=(width, height))


class Reels:
    """The open decoders of a film: a viewer each that goes on where it was, and never many."""

    def __init__(self, film: Film, time_s_F: F64 | None = None) -> None:
        self.film, self._time_s_F = film, time_s_F
        self._idle: list[Reel] = []
        self._open = 0
        self._changed = threading.Condition()

    @contextmanager
    def near(self, start_s: Seconds) -> Iterator[Reel]:
        """Lend the decoder that is next to a time, or another; waits where all are at work."""
        reel = self._lent(start_s)
        try:
            yield reel
        finally:
            with self._changed:
                self._idle.append(reel)
                self._changed.notify()

    def _lent(self, start_s: Seconds) -> Reel:
        with self._changed:
            while not self._idle and self._open >= MOST_OPEN:
                self._changed.wait()
            ready = [reel for reel in self._idle if reel.ready_for(start_s)]
            if not ready and self._open < MOST_OPEN:
                self._open += 1
                return Reel(self.film, self._time_s_F)
            reel = (ready or self._idle)[0]
            self._idle.remove(reel)
            return reel
