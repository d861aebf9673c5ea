"""The engine: sessions of a run, several at a time, each an outcome whatever happens to it.

joblib supervises with threads, a session each; where a session is worked on is a `Place`: this
machine, or a cluster.  A session that is up to date is only looked at.
"""

import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from joblib import Parallel, delayed

from .children import Stopped
from .forks import deaf
from .session_run import Outcome
from .sessions import Session

STOP_S = 10.0  # how long an interrupted run waits for its sessions to roll back


class Place(Protocol):
    """Where sessions are worked on."""

    def look(self, session: Session) -> Outcome | None:
        """Say what became of a session if there is nothing to do."""
        ...

    def work_on(self, session: Session) -> Outcome:
        """Do what is to be done for a session."""
        ...

    def stop(self) -> None:
        """End all work; sessions at work give up where they stand."""
        ...


class Engine:
    """One run over sessions."""

    def __init__(self, place: Place, *, jobs: int, fail_fast: bool = False) -> None:
        """Begin.

        Parameters
        ----------
        place : Place
        jobs : int >= 1
            Sessions at a time.
        fail_fast : bool
            Stop after the first session that fails.
        """
        self._place, self._jobs, self._fail_fast = place, jobs, fail_fast
        self._change = threading.Condition()
        self._places = threading.Semaphore(jobs)
        self._at_work = 0
        self._stopping = False

    def run(self, sessions: Iterable[Session]) -> Iterator[Outcome]:
        """Work on the sessions; yield each outcome as it comes.

        An interrupt ends all work, rolls the current units back and goes on to the caller.  A full
        disk ends the run after the sessions at work: what is measured could not be kept.
        """
        # One job alone would run in the main thread, where an interrupt may strike anywhere.
        threads = max(2, self._jobs)
        parallel = Parallel(n_jobs=threads, backend="threading", return_as="generator_unordered")
        outcomes = parallel(delayed(self._session)(session) for session in sessions)
        try:
            for outcome in outcomes:
                yield outcome
                if outcome.no_room or (outcome.failures and self._fail_fast):
                    break
        finally:
            with deaf(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # joblib's, of tasks that an early end leaves
                self._stop()
                outcomes.close()

    def _stop(self) -> None:
        """End all work, and wait until the sessions at work have given their locks back."""
        with self._change:
            self._stopping = True
        self._place.stop()
        with self._change:
            self._change.wait_for(lambda: self._at_work == 0, timeout=STOP_S)

    def _session(self, session: Session) -> Outcome:
        with self._places, self._at_work_on():
            return self._place.look(session) or self._place.work_on(session)

    @contextmanager
    def _at_work_on(self) -> Iterator[None]:
        with self._change:
            if self._stopping:
                raise Stopped
            self._at_work += 1
        try:
            yield
        finally:
            with self._change:
                self._at_work -= 1
                self._change.notify_all()
