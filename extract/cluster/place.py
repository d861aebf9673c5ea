"""A cluster as the place where sessions are worked on: each on the worker that has a free seat.

Looks, the log and the summary stay on the coordinator; it alone writes ``log.jsonl``, as lines of
several hosts mix on network disks.  joblib's own dask backend is not used: there one worker that is
killed ends the whole call (measured with joblib 1.6: no further result came, and no end).
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from ...features.track import Source
from ..session_run import Outcome
from ..sessions import Session
from ..settings import ExtractSettings
from ..store.atomic import SUFFIX
from ..store.log import Events, Hashes
from ..workplace import Workplace
from . import office
from .scheduler import connect
from .workers import KEY, Gone, Workers

MOST_LOST = 3  # workers that a session may take with it
CLOSE_S = 5.0
LOOKS = 4  # at a time: they wait for disks, and share one interpreter


class Cluster:
    """The workers behind a dask scheduler."""

    def __init__(
        self,
        scheduler: str,
        store: Path,
        settings: ExtractSettings,
        sources: Mapping[str, Source],
        log: Events,
        hashes: Hashes,
        notice: Callable[[str], None],
    ) -> None:
        """Connect; `close` gives back what is opened.

        Raises
        ------
        ClusterError
            If there is no scheduler at the address.
        """
        self._log, self._notice, self._run = log, notice, uuid4().hex
        self._looking = Workplace(store, settings, sources, log, _Known(hashes))
        self._giving_up = office.Errand(Workplace(store, settings, sources, log, hashes))
        self._looks = threading.Semaphore(LOOKS)
        with ExitStack() as opened:
            client = connect(scheduler)
            opened.callback(client.close, timeout=CLOSE_S)
            mark = store / f".cluster.{self._run}{SUFFIX}"
            mark.touch()
            opened.callback(mark.unlink, missing_ok=True)
            commission = office.Commission(
                run=self._run, store=store, mark=mark, settings=settings, sources=sources
            )
            self._workers = Workers(client, scheduler, commission, notice)
            opened.callback(self._workers.close)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Let the workers go."""
        self._opened.close()

    def look(self, session: Session) -> Outcome | None:
        """Say what became of a session if there is nothing to do; no recording is read for it."""
        with self._looks, suppress(_Unread):
            return self._looking.look(session)
        return None

    def work_on(self, session: Session) -> Outcome:
        """Let a worker do what is to be done for a session; another one if it is lost.

        Raises
        ------
        ClusterError
            If the scheduler is lost, or no worker can be used.
        Stopped
            If the run was stopped meanwhile.
        """
        with self._workers.ended_by_errors():
            return self._work_on(session)

    def _work_on(self, session: Session) -> Outcome:
        lost: list[str] = []
        while len(lost) < MOST_LOST:
            with self._workers.seat(suspect=bool(lost)) as worker:
                self._log.tell("session_begun", session=session.id, worker=worker.name)
                patience_s = office.PATIENCE_S if lost else 0.0
                try:
                    reply: office.Reply = self._workers.ask(
                        worker, office.work_on, self._run, KEY, session, patience_s
                    )
                except Gone:
                    reply = office.Reply()
            for event in reply.events:
                self._log.write(**event)
            if reply.outcome is not None:
                return reply.outcome
            if reply.unfit is not None:
                self._workers.leave_out(worker, reply.unfit)
                continue
            self._workers.check()
            lost.append(worker.name)
            self._log.write("worker_lost", session=session.id, worker=worker.name)
            self._notice(f"{session.id}: worker {worker.name} was lost; another one goes on")
        return self._give_up(session)

    def stop(self) -> None:
        """End all work."""
        self._workers.stop()
        self._giving_up.stop()

    def _give_up(self, session: Session) -> Outcome:
        """Record that a session costs workers their lives; a lock of theirs may still stand."""
        why = (  # the log has their names, which differ from run to run
            f"{MOST_LOST} workers were lost while at work on it; see their own logs, most likely "
            "for want of memory: give them fewer threads, then run again"
        )
        return self._giving_up.run(replace(session, problem=why), office.PATIENCE_S)


class _Unread(Exception):  # noqa: N818  (a signal, not an error)
    """Nobody knows the hash of a file: a worker had better read it."""


class _Known(Hashes):
    """Hashes that are known; no file is read for one, as the coordinator would read a corpus."""

    def __init__(self, hashes: Hashes) -> None:
        self._hashes = hashes

    def of(self, path: Path) -> str:
        """Recall the hash of a file."""
        return self._hashes.of_member(path, path, _unread)

    def of_member(self, path: Path, archive: Path, sha256: Callable[[], str]) -> str:
        """Recall the hash of a file in an archive."""
        return self._hashes.of_member(path, archive, _unread)

    def note(self, path: Path, sha256: str) -> None:
        """Remember the hash of a file."""
        self._hashes.note(path, sha256)


def _unread() -> str:
    raise _Unread
