"""The child process that does one unit: decode once, measure each track, write its table.

It is forked from a server that has the heavy libraries loaded, lives under limits, and tells its
parent of each track as it is done; whatever becomes of it, the tracks told of are safe.  Here
stands the one broad ``except`` of depx, where a failure becomes a record.
"""

import errno
import importlib
import math
import os
import resource
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeAlias

from ..errors import DepxError, NothingToMeasure
from ..features.extractor import Inputs, Measured, Sound
from ..features.track import Track
from ..features.words import Turn, WordTime
from .corrections.words import corrected
from .forks import obey_parent
from .given.base import Reading
from .given.registry import read as read_given
from .local import Local
from .picture import open_film
from .plan import GIVEN, Task, Unit
from .progress import Cost, Meter, Place, Progress, peak_mb
from .sound import OpenedSound, open_original, open_sound
from .store import tables
from .store.atomic import NO_ROOM, temporary
from .store.key import sha256_file
from .store.manifest import Record
from .transcripts.columns import columns_of
from .transcripts.names import spoken_by
from .transcripts.registry import read as read_transcript

GIB = 1 << 30
GRACE_S = 5  # of CPU time, for a library that ignores its signal

WRITING = ("pandas", "pyarrow.compute", "pyarrow.pandas_compat", "pyarrow.parquet", "threadpoolctl")
"""What every unit needs to write its table; pyarrow looks at each array with pandas's eyes."""
NO_MEMORY = (
    "more memory is needed than limits.memory_gb allows; raise it with --set limits.memory_gb="
)

PRELOADED: Mapping[str, tuple[str, ...]] = {
    "picture": (*WRITING, "mediapipe", "cv2", "av"),
    "sound": (
        *(*WRITING, "av", "soxr", "opensmile", "pocketsphinx"),
        *("scipy.fft", "scipy.linalg", "scipy.signal"),  # bring a BLAS of their own
    ),
    "transcript": WRITING,
    "tracks": (*WRITING, "torch", "transformers"),
    "given": (*WRITING, "av", "pyarrow.csv"),
}
"""Modules that the forkserver imports once, so that a child starts in 0.05 s instead of 3 s."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a child tells of one track: a table written, nothing to measure, or a failure."""

    track: str
    written: Path | None = None
    record: Record | None = None
    absent: str | None = None
    error: str | None = None
    reason: str = ""
    traceback: str = ""
    no_room: bool = False
    """Whether it failed as the store's disk is full."""
    cost: Cost | None = None
    """None where the child died, or never came to it."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a unit cost; goes to the log."""

    cpu_s: float
    """User and system, with the loading of libraries."""
    peak_mb: float
    """Most resident memory, in MiB."""


Message: TypeAlias = Told | Progress | Spent
"""What a child tells: of each track in its turn, meanwhile how far it is, and last what it took."""


def main(unit: Unit, chatter: Path, out: Connection) -> None:
    """Run a unit; the entry point of the child process."""
    obey_parent(out)
    _become_a_worker(unit, chatter)  # afterwards there may be no room for a thread
    most_mb = peak_mb()
    for told in run(unit, out.send):
        out.send(told)
        most_mb = max(most_mb, told.cost.peak_mb if told.cost else 0.0)
    used = resource.getrusage(resource.RUSAGE_SELF)
    out.send(Spent(cpu_s=used.ru_utime + used.ru_stime, peak_mb=most_mb))
    out.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # native libraries may hang or crash in their destructors; all is on disk


def run(unit: Unit, tell: Callable[[Progress], None]) -> Iterator[Told]:
    """Measure the tracks of a unit one after the other; `tell` hears how far it is."""
    with Local(unit.archive, unit.folder) as local:
        place = Place(tell)
        desk = _Desk(unit, local, place)
        for task in unit.tasks:
            meter = Meter()
            place.begin(task.track)
            told = _told(desk, task, local)
            yield replace(told, cost=meter.cost())


def _told(desk: "_Desk", task: Task, local: Local) -> Told:
    """Measure a track, whatever comes of it."""
    try:
        return desk.measure(task)
    except NothingToMeasure as nothing:
        return Told(track=task.track, absent=str(nothing))
    except Exception as error:  # the unit's boundary: the one broad except of depx
        return Told(
            track=task.track,
            error=type(error).__name__,
            reason=local.told(_reason(error)),
            traceback="".join(traceback.format_tb(error.__traceback__)),
            no_room=getattr(error, "errno", None) in NO_ROOM,
        )


class _Desk:
    """The opened inputs of a unit; each is opened when the first extractor wants it."""

    def __init__(self, unit: Unit, local: Local, place: Place) -> None:
        self.unit, self.local, self.place = unit, local, place
        self._opened: tuple[Inputs, Any] | None = None
        self._original: OpenedSound | None = None

    def measure(self, task: Task) -> Told:
        given = self._given(task)
        if given is not None and task.takes == GIVEN:
            measured = Measured(table=given.track, quality=given.quality, warnings=_idle(task))
            return self._write(task, measured, given)
        inputs, media = self._inputs()
        inputs = self._with_tracks(inputs, task)
        self._original = None
        if given is not None:
            inputs = replace(inputs, given=given.track)
        measured = task.extractor(inputs)
        if given is not None:
            figures = {**measured.quality, "given": {**given.quality, **given.facts}}
            warnings = (*measured.warnings, *given.warnings)
            measured = replace(measured, quality=figures, warnings=warnings)
        return self._write(task, measured, self._original or media)

    def _given(self, task: Task) -> Reading | None:
        """Read the file that another program left, if the task wants it."""
        if task.given is None:
            return None
        honoured = {name: getattr(task.extractor, name) for name in task.given.format.honours}
        video = self.unit.files.get("video") if task.given.format.filmed else None
        path, *more = self.local.paths([*task.given.paths, *([video] if video else [])])
        filmed = more.pop() if video else None
        given = replace(task.given, path=path, more=tuple(more))
        return read_given(given, filmed, self._scratch, honoured)

    def _scratch(self) -> IO[bytes]:
        """Open a nameless file on the store's disk."""
        return TemporaryFile(dir=self.unit.folder)

    def _inputs(self) -> tuple[Inputs, Any]:
        """Open what the unit takes, once."""
        unit, takes, local = self.unit, self.unit.takes, self.local
        if self._opened is None:
            if takes == "picture":
                film = open_film(local.path(unit.files["video"]))
                end_s = float(film.listed_s[-1]) if film.listed_s.size else film.stated_s
                inputs = Inputs(picture=film.picture(), scratch=self._scratch)
                self._opened = self.place.watch(inputs, end_s), film
            elif takes == "sound":
                self._opened = self._sound()
            elif takes == "transcript":
                columns = columns_of(unit.settings.transcript.columns)
                said = read_transcript(local.path(unit.files["transcript"]), columns)
                said = spoken_by(corrected(said, unit.corrections), unit.speaker)
                self._opened = Inputs(utterances=said.utterances, reading=said.reading), None
            else:
                self._opened = Inputs(scratch=self._scratch), None
        return self._opened

    def _sound(self) -> tuple[Inputs, OpenedSound]:
        audio = self.unit.settings.audio
        opened = open_sound(
            self.local.path(self.unit.files["audio"]),
            self.unit.folder,
            channel=audio.channel,
            loudness_target=audio.loudness_target,
            remove_dc=audio.remove_dc,
        )
        inputs = Inputs(sound=opened.sound, original=self._original_sound, scratch=self._scratch)
        return self.place.watch(inputs), opened

    def _original_sound(self) -> Sound:
        """Open the sound as it was recorded; what was found then stands with the track."""
        channel = self.unit.settings.audio.channel
        path, folder = self.local.path(self.unit.files["audio"]), self.unit.folder
        self._original = open_original(path, folder, channel=channel)
        return self._original.sound

    def _with_tracks(self, inputs: Inputs, task: Task) -> Inputs:
        """Lay the tracks beside it that the extractor consumes or consults."""
        turns: tuple[Turn, ...] | None = None
        times: tuple[WordTime, ...] = ()
        samples: dict[str, Track] = {}
        for name in task.uses:
            path = self.unit.folder / f"{name}.parquet"
            match tables.read_meta(path)["kind"]:
                case "words":
                    turns = tables.read_turns(path)
                case "word_times":
                    times = tables.read_word_times(path)
                case _:
                    samples[name] = tables.read_samples(path)
        return replace(inputs, turns=turns, word_times=times, tracks=samples)

    def _write(self, task: Task, measured: Measured, media: Any) -> Told:
        written = temporary(self.unit.folder / f"{task.track}.parquet")
        meta = {"track": task.track, "key": task.key, "source": asdict(task.source)}
        rows = tables.write(measured.table, written, meta)
        record = Record(
            key=task.key,
            kind=tables.kind_of(measured.table),
            rows=rows,
            bytes=written.stat().st_size,
            sha256=sha256_file(written),
            source=task.source,
            input=task.input,
            uses=task.uses,
            reading=task.reading,
            quality={**measured.quality, **({"media": media.facts} if media else {})},
            warnings=(*measured.warnings, *(media.warnings if media else ())),
        )
        return Told(track=task.track, written=written, record=record)


def _idle(task: Task) -> tuple[str, ...]:
    """Say which of the user's parameters do nothing, as the track is read from a given file."""
    if task.given is None or not task.idle:
        return ()
    names = ", ".join(f"{task.track}.{name}" for name in task.idle)
    return (
        f"{task.given.path.name} holds the {task.track} as {task.given.format.label} measured it, "
        f"so {names} {'does' if len(task.idle) == 1 else 'do'} nothing; "
        "--given ignore measures the recording instead",
    )


def _reason(error: Exception) -> str:
    """Tell a failure in one line; messages of other libraries may quote content and stay out."""
    if isinstance(error, DepxError):
        return str(error)
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return NO_MEMORY
    if getattr(error, "errno", None) == errno.EMFILE:
        return (
            "more files are open than limits.open_files allows; raise it with --set "
            "limits.open_files="
        )
    if isinstance(error, OSError) and error.errno is not None:  # no space, no permission
        return f"{os.strerror(error.errno)}; mend it, then run the same command again"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}"
    return f"{type(error).__name__} at {where}; the log has the traceback: please report it"


def _become_a_worker(unit: Unit, chatter: Path) -> None:
    limits = unit.settings.limits
    descriptor = os.open(chatter, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    for module in PRELOADED.get(unit.takes, ()):
        importlib.import_module(module)  # at once where the forkserver has it; it counts as loaded
    _limit(resource.RLIMIT_CPU, math.ceil(limits.cpu_s), grace=GRACE_S)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _wake_blas()
    _one_thread()
    most = _most_memory(unit)
    if most is not None:  # last: what is above needs memory too
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + most)


def _most_memory(unit: Unit) -> int | None:
    """Say how many bytes of address space a unit may add; None is no limit.

    CUDA reserves far more of it than it uses.
    """
    on_cuda = any(getattr(task.extractor, "device", None) == "cuda" for task in unit.tasks)
    memory_gb = unit.settings.limits.memory_gb
    return None if on_cuda or not memory_gb or sys.platform != "linux" else int(memory_gb * GIB)


def _limit(what: int, value: int, grace: int | None = None) -> None:
    """Set a limit; so much beyond it the kernel ends the process, whatever it does about it."""
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    if grace is not None and (hard == resource.RLIM_INFINITY or value + grace < hard):
        hard = value + grace
    resource.setrlimit(what, (value, hard))


def _wake_blas() -> None:
    """Let OpenBLAS take its buffers before memory is limited; later it would wait for ever."""
    import numpy as np

    square_NN = np.ones((512, 512), np.float32)
    square_NN @ square_NN @ square_NN[0]


def _one_thread() -> None:
    """Fix the native threads: results must not depend on how many units run beside each other."""
    import threadpoolctl

    threadpoolctl.threadpool_limits(1)
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
