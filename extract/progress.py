"""How far a unit is in its recording, and what each of its tracks costs.

Extractors know nothing of it: what they are handed is wrapped, and tells where it is read.  A
picture is at the time of its last frame, a sound at the beginning of the last stretch: what lies
before has been measured.  Who goes over a recording twice is told of twice.  Words and tables have
no place in time; there only the track is told.
"""

# N = samples

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from ..features.extractor import Frame, Inputs, Picture, Samples, Sound
from ..features.types import F32, Seconds

EVERY_S: Seconds = 0.5  # a unit tells at most so often
CLEAR_REFS, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
RESET_PEAK = "5"  # of clear_refs: the peak becomes what is resident now (Linux 4.0)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A unit is at work on a track, so far in its recording."""

    track: str
    done_s: Seconds | None = None
    """Seconds of the recording; None where that is not known, as at the beginning."""
    of_s: Seconds | None = None
    """How many seconds it has."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a track cost; the first that needs an input pays for opening it."""

    seconds: Seconds
    """By the clock."""
    cpu_s: Seconds
    """User and system, of all threads."""
    peak_mb: float
    """Most resident memory of the process meanwhile, its loaded libraries among it, in MiB.  Where
    the system cannot forget an earlier peak (not Linux), the most since the unit began."""

    def rounded(self) -> dict[str, float]:
        """As the log has it."""
        return {
            "seconds": round(self.seconds, 3),
            "cpu_s": round(self.cpu_s, 3),
            "peak_mb": round(self.peak_mb, 1),
        }


class Meter:
    """Measures what happens from its making on."""

    def __init__(self) -> None:
        _forget_peak()
        self._began, self._cpu_began = time.monotonic(), time.process_time()

    def cost(self) -> Cost:
        """Say what it cost so far."""
        return Cost(
            seconds=time.monotonic() - self._began,
            cpu_s=time.process_time() - self._cpu_began,
            peak_mb=peak_mb(),
        )


def peak_mb() -> float:
    """Most resident memory since it was last forgotten, in MiB."""
    try:
        lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _forget_peak() -> None:
    try:
        CLEAR_REFS.write_text(RESET_PEAK)
    except OSError:  # no Linux, or it is not allowed: the peak is one of the whole unit then
        return


Tell: TypeAlias = Callable[[Progress], None]


class Place:
    """Where a unit is in its recording; tells it at most every `EVERY_S` seconds."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._track = tell, ""
        self._next = 0.0

    def begin(self, track: str) -> None:
        """Tell that a track is begun."""
        self._track, self._next = track, time.monotonic() + EVERY_S
        self._tell(Progress(track=track))

    def at(self, done_s: Seconds, of_s: Seconds) -> None:
        """Tell how far it is, if it is time."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY_S
            self._tell(Progress(track=self._track, done_s=min(done_s, of_s), of_s=of_s))

    def watch(self, inputs: Inputs, end_s: Seconds | None = None) -> Inputs:
        """Wrap the picture and the sounds of a unit; `end_s` is where the picture ends."""
        picture, sound, original = inputs.picture, inputs.sound, inputs.original
        return replace(
            inputs,
            picture=picture and self._picture(picture, end_s),
            sound=sound and self._sound(sound),
            original=original and (lambda: self._sound(original())),
        )

    def _picture(self, picture: Picture, end_s: Seconds | None) -> Picture:
        def frames() -> Iterator[Frame]:
            first_s: Seconds | None = None
            for frame in picture.frames():
                first_s = frame.time_s if first_s is None else first_s
                if end_s is not None and end_s > first_s:
                    self.at(frame.time_s - first_s, end_s - first_s)
                yield frame

        return replace(picture, frames=frames)

    def _sound(self, sound: Sound) -> Sound:
        return replace(sound, y_N=_WatchedSamples(sound.y_N, sound.rate_hz, self))


class _WatchedSamples:
    """Samples that tell where they are read."""

    def __init__(self, y_N: Samples, rate_hz: int, place: Place) -> None:
        self._y_N, self._rate_hz, self._place = y_N, rate_hz, place

    @property
    def size(self) -> int:
        """N, the number of samples."""
        return self._y_N.size

    def __getitem__(self, stretch: slice, /) -> F32:
        """Read a stretch."""
        y_N = self._y_N[stretch]
        first = stretch.indices(self.size)[0]
        self._place.at(first / self._rate_hz, self.size / self._rate_hz)
        return y_N
