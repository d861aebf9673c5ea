"""Units through child processes: forked from a server, supervised, ended, their chatter kept.

A unit runs in a child of a forkserver that has the heavy libraries loaded, so whatever kills a
child costs its unit alone.
"""

import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from . import forks, worker
from .local import sweep_local
from .plan import Unit
from .progress import Progress
from .store.log import Events

CHATTER_BYTES = 8192  # of a unit's stderr, how much goes to the log
WANTED_MEMORY = re.compile(
    r"std::bad_alloc|cannot allocate memory|out of memory|MemoryError", re.IGNORECASE
)
"""What libraries (C++, glibc, Python) print before they end themselves for want of memory."""


class Stopped(Exception):  # noqa: N818  (a signal between threads, not an error)
    """The run was interrupted: a session gives up where it stands."""


class Children:
    """The child processes of a run; each lives as long as its unit."""

    def __init__(self, takes: set[str], log: Events) -> None:
        """Begin.

        Parameters
        ----------
        takes : set of str
            What units may need decoded, so that the server loads the libraries for it.
        log : Events
        """
        self._takes, self._log = takes, log
        self._running: set[BaseProcess] = set()
        self._change = threading.Lock()
        self._stopping = False

    def stop(self) -> None:
        """End all children; no further one begins."""
        with self._change:
            self._stopping = True
            for child in self._running:
                child.kill()

    def go_on(self) -> None:
        """Raise `Stopped` if the children were stopped."""
        if self._stopping:
            raise Stopped

    def do(self, unit: Unit) -> Iterator[worker.Told]:
        """Run a unit; yield what it tells, and a failure for each untold task.

        Raises
        ------
        Stopped
            If the children were stopped meanwhile.
        """
        chatter = unit.folder / f".{unit.takes}.stderr.tmp"
        untold = {task.track for task in unit.tasks}
        about = {"session": unit.session, "takes": unit.takes}
        self._log.tell("unit_begun", **about, tracks=[task.track for task in unit.tasks])
        begun = self._begin(unit, chatter)
        if begun is None:
            for track in sorted(untold):
                yield worker.Told(track=track, error="Died", reason=forks.NO_SERVER)
            return
        child, receive = begun
        deadline = time.monotonic() + unit.settings.limits.wall_s
        spent: worker.Spent | None = None
        try:
            while receive.poll(max(0.0, deadline - time.monotonic())):
                try:
                    told: worker.Message = receive.recv()
                except EOFError:
                    break
                if isinstance(told, worker.Spent):
                    spent = told
                    break
                if isinstance(told, Progress):
                    self._log.tell("progress", **about, **asdict(told))
                    continue
                untold.discard(told.track)
                yield told
            child.join(0 if spent is None and time.monotonic() >= deadline else 5)
            if child.is_alive():
                child.kill()
                child.join()
        finally:
            with self._change:
                self._running.discard(child)
            receive.close()
            sweep_local(unit.folder, child.pid)
            last_words = self._record(unit, child, spent, chatter)
        self.go_on()
        overdue = time.monotonic() >= deadline
        why = _death(child.exitcode, unit, overdue=overdue, last_words=last_words)
        for track in sorted(untold):
            yield worker.Told(track=track, error="Died", reason=why)

    def _begin(self, unit: Unit, chatter: Path) -> tuple[BaseProcess, Connection] | None:
        """Begin a child that a stop finds among the running; None if there is no server."""
        with self._change:
            self.go_on()
            begun = forks.begin(_preloaded(self._takes), worker.main, unit, chatter)
            if begun is not None:
                self._running.add(begun[0])
        return begun

    def _record(
        self, unit: Unit, child: BaseProcess, spent: worker.Spent | None, chatter: Path
    ) -> str:
        """Log what a unit cost, and give what native libraries printed."""
        native = ""
        if chatter.is_file():
            native = chatter.read_bytes()[-CHATTER_BYTES:].decode("utf-8", errors="replace")
            chatter.unlink()
        self._log.write(
            "unit",
            session=unit.session,
            takes=unit.takes,
            tracks=[task.track for task in unit.tasks],
            exitcode=child.exitcode,
            cpu_s=round(spent.cpu_s, 3) if spent else None,
            peak_mb=round(spent.peak_mb, 1) if spent else None,
            stderr=native,
        )
        return native


def _preloaded(takes: set[str]) -> list[str]:
    """List what the server of children imports once: what their units need decoded."""
    wanted = [module for name in sorted(takes) for module in worker.PRELOADED[name]]
    return [worker.__name__, *dict.fromkeys(wanted)]


def _death(exitcode: int | None, unit: Unit, *, overdue: bool, last_words: str) -> str:
    limits = unit.settings.limits
    if overdue:
        return f"took longer than limits.wall_s={limits.wall_s:g}; raise it or shorten the file"
    if exitcode == -signal.SIGXCPU:
        return (
            f"used more CPU time than limits.cpu_s={limits.cpu_s:g}; raise it or shorten the file"
        )
    if exitcode in (-signal.SIGKILL, forks.SERVER_GONE):
        return "was killed, most likely for want of memory; run again with fewer --jobs"
    if WANTED_MEMORY.search(last_words):
        return worker.NO_MEMORY
    name = signal.Signals(-exitcode).name if exitcode and exitcode < 0 else f"exit {exitcode}"
    return f"a library crashed ({name}) on this file; the log has its last words"
