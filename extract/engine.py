"""The engine: sessions through units, units through child processes, results into the store.

joblib supervises with threads, a session each; a unit runs in a child of a forkserver that has the
heavy libraries loaded, so whatever kills a child costs its unit alone.  A session's lock is held
while it is worked on; tracks are published one by one as they are done.
"""

import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

from joblib import Parallel, delayed

from ..errors import LockedError
from ..features.track import Source
from . import worker
from .local import Local, sweep_local
from .plan import Unit
from .session_run import Outcome, SessionRun
from .sessions import Session
from .settings import ExtractSettings
from .store.atomic import sweep
from .store.lock import locked
from .store.log import Hashes, Log

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
STOP_S = 10.0  # how long an interrupted run waits for its sessions to roll back


class Stopped(Exception):  # noqa: N818  (a signal between threads, not an error)
    """The run was interrupted: a session gives up where it stands."""


class Engine:
    """One run over the sessions of a store."""

    def __init__(
        self,
        store: Path,
        settings: ExtractSettings,
        sources: Mapping[str, Source],
        log: Log,
        hashes: Hashes,
    ) -> None:
        self.store, self.settings, self.sources = store, settings, sources
        self.log, self.hashes = log, hashes
        self._context = _forkserver({e.takes for e in settings.extractors.values()})
        self._children: set[BaseProcess] = set()
        self._change = threading.Condition()
        self._places = threading.Semaphore(settings.jobs)
        self._at_work = 0
        self._stopping = False

    def run(self, sessions: Iterable[Session]) -> Iterator[Outcome]:
        """Work on the sessions, several at a time; yield each outcome as it comes.

        An interrupt ends the children, rolls the current units back and goes on to the caller.
        """
        # One job alone would run in the main thread, where an interrupt may strike anywhere.
        threads = max(2, self.settings.jobs)
        parallel = Parallel(n_jobs=threads, backend="threading", return_as="generator_unordered")
        outcomes = parallel(delayed(self._session)(session) for session in sessions)
        try:
            for outcome in outcomes:
                yield outcome
                if outcome.failures and self.settings.fail_fast:
                    break
        finally:
            with _deaf(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib's, of tasks that an early end leaves
                self._stop()
                outcomes.close()

    def _stop(self) -> None:
        """End the children, and wait until the sessions at work have given their locks back."""
        with self._change:
            self._stopping = True
            for child in self._children:
                child.kill()
            self._change.wait_for(lambda: self._at_work == 0, timeout=STOP_S)

    def _session(self, session: Session) -> Outcome:
        with self._places:
            return self._work_on(session)

    def _work_on(self, session: Session) -> Outcome:
        began = time.monotonic()
        folder = self.store / session.id
        with self._change:
            if self._stopping:
                raise Stopped
            self._at_work += 1
        try:
            folder.mkdir(exist_ok=True)
            with locked(folder) as lease, self._local(session, folder) as local:
                sweep(folder)
                outcome = SessionRun(self, session, folder, lease, local).outcome()
        except LockedError as error:
            return Outcome(session=session.id, locked=str(error))
        except OSError as error:  # the store cannot be written
            return Outcome(session=session.id, failures={"session": str(error)})
        finally:
            with self._change:
                self._at_work -= 1
                self._change.notify_all()
        seconds = time.monotonic() - began
        self.log.write("session", session=session.id, seconds=round(seconds, 3))
        return replace(outcome, seconds=seconds)

    def _local(self, session: Session, folder: Path) -> Local:
        """Make where a session's files are fetched to, on the store's disk; memory is for units."""
        return Local(session.remote, folder, in_memory=0, between=self._go_on)

    def _go_on(self) -> None:
        if self._stopping:
            raise Stopped

    def do(self, unit: Unit) -> Iterator[worker.Told]:
        """Run a unit in a child; yield what it tells, and a failure for each untold task."""
        chatter = unit.folder / f".{unit.takes}.stderr.tmp"
        receive, send = self._context.Pipe(duplex=False)
        child = self._context.Process(target=worker.main, args=(unit, send, chatter), daemon=True)
        with self._change:
            if self._stopping:
                raise Stopped
            child.start()
            self._children.add(child)
        send.close()
        untold = {task.track for task in unit.tasks}
        deadline = time.monotonic() + unit.settings.limits.wall_s
        spent: worker.Spent | None = None
        try:
            while receive.poll(max(0.0, deadline - time.monotonic())):
                try:
                    told = receive.recv()
                except EOFError:
                    break
                if isinstance(told, worker.Spent):
                    spent = told
                    break
                untold.discard(told.track)
                yield told
            child.join(0 if spent is None and time.monotonic() >= deadline else 5)
            if child.is_alive():
                child.kill()
                child.join()
        finally:
            with self._change:
                self._children.discard(child)
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
        self.log.write(
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
    os.environ.update(QUIET)  # the server, and so every child, inherits it
    context = multiprocessing.get_context("forkserver")
    wanted = [module for name in sorted(takes) for module in worker.PRELOADED[name]]
    context.set_forkserver_preload([worker.__name__, *dict.fromkeys(wanted)])
    with _deaf():  # else Ctrl-C would strike the server's imports, with tracebacks
        forkserver.ensure_running()
    return context


@contextmanager
def _deaf() -> Iterator[None]:
    """Ignore Ctrl-C for a while; processes begun meanwhile ignore it for good."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
