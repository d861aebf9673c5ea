"""Units through child processes: forked from a server, supervised, ended, their chatter kept.

A unit runs in a child of a forkserver that has the heavy libraries loaded, so whatever kills a
child costs its unit alone.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

from . import worker
from .local import sweep_local
from .plan import Unit
from .progress import Progress
from .store.log import Events

QUIET = {
    "HF_HUB_OFFLINE": "1",  # no look-up of models over a network
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",  # native threads a unit are fixed, never derived from --jobs
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
CHATTER_BYTES = 8192  # of a unit's stderr, how much goes to the log


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

    def do(self, unit: Unit) -> Iterator[worker.Told]:
        """Run a unit; yield what it tells, and a failure for each untold task.

        Raises
        ------
        Stopped
            If the children were stopped meanwhile.
        """
        chatter = unit.folder / f".{unit.takes}.stderr.tmp"
        receive, send = multiprocessing.Pipe(duplex=False)
        with self._change:
            if self._stopping:
                raise Stopped
            child = _forkserver(self._takes).Process(
                target=worker.main, args=(unit, send, chatter), daemon=True
            )
            child.start()
            self._running.add(child)
        send.close()
        untold = {task.track for task in unit.tasks}
        about = {"session": unit.session, "takes": unit.takes}
        self._log.tell("unit_begun", **about, tracks=[task.track for task in unit.tasks])
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
            self._record(unit, child, spent, chatter)
        if self._stopping:
            raise Stopped
        why = _death(child.exitcode, unit, overdue=time.monotonic() >= deadline)
        for track in sorted(untold):
            yield worker.Told(track=track, error="Died", reason=why)

    def _record(
        self, unit: Unit, child: BaseProcess, spent: worker.Spent | None, chatter: Path
    ) -> None:
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


def _forkserver(takes: set[str]) -> multiprocessing.context.ForkServerContext:
    """Give the server that children are forked from; it begins with the first of them."""
    os.environ.update(QUIET)  # the server, and so every child, inherits it
    context = multiprocessing.get_context("forkserver")
    wanted = [module for name in sorted(takes) for module in worker.PRELOADED[name]]
    context.set_forkserver_preload([worker.__name__, *dict.fromkeys(wanted)])
    with _unheard():  # else Ctrl-C would strike the server's imports, with tracebacks
        forkserver.ensure_running()
    return context


@contextmanager
def _unheard() -> Iterator[None]:
    """Hold Ctrl-C back for a while; processes begun meanwhile never hear it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _death(exitcode: int | None, unit: Unit, *, overdue: bool) -> str:
    limits = unit.settings.limits
    if overdue:
        return f"took longer than limits.wall_s={limits.wall_s:g}; raise it or shorten the file"
    if exitcode == -signal.SIGXCPU:
        return (
            f"used more CPU time than limits.cpu_s={limits.cpu_s:g}; raise it or shorten the file"
        )
    if exitcode == -signal.SIGKILL:
        return "was killed, most likely for want of memory; run again with fewer --jobs"
    name = signal.Signals(-exitcode).name if exitcode and exitcode < 0 else f"exit {exitcode}"
    return f"a library crashed ({name}) on this file; the log has its last words"
