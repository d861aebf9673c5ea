"""Where sessions are worked on: this process, with its children, its lock files and its store.

A session that is up to date is only looked at.  Work is done under the session's lock, and tracks
are published one by one as they are done.
"""

import errno
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import LockedError
from ..features.track import Source
from .children import Children
from .local import Local
from .plan import Unit
from .session_run import NotFetched, Outcome, SessionRun
from .sessions import Session
from .settings import ExtractSettings
from .store.atomic import NO_ROOM, sweep
from .store.lock import Lease, locked
from .store.log import Events, Hashes
from .store.restore import Remembered, remembered
from .worker import Told


class Workplace:
    """One process that works on sessions of a store."""

    def __init__(
        self,
        store: Path,
        settings: ExtractSettings,
        sources: Mapping[str, Source],
        log: Events,
        hashes: Hashes,
    ) -> None:
        self.store, self.settings, self.sources = store, settings, sources
        self.log, self.hashes = log, hashes
        self._remembered: Remembered | None = None
        self._mutex = threading.Lock()
        self._children = Children({e.takes for e in settings.extractors.values()}, log)

    def look(self, session: Session) -> Outcome | None:
        """Say what became of a session if there is nothing to do; nothing is locked or changed."""
        try:
            return SessionRun(self, session, self.store / session.id).outcome_of_look()
        except NotFetched:
            return None
        except OSError as error:
            return _unwritable(session, error)

    def work_on(self, session: Session) -> Outcome:
        """Do what is to be done for a session, under its lock.

        Raises
        ------
        Stopped
            If the children were stopped meanwhile; the unit at work is rolled back.
        """
        began, folder = time.monotonic(), self.store / session.id
        try:
            folder.mkdir(exist_ok=True)
            with locked(folder) as lease, self._local(session, folder) as local:
                sweep(folder)
                self.log.tell("session_begun", session=session.id)
                with ExitStack() as failed:
                    failed.callback(_sweep_ours, folder, lease)
                    outcome = SessionRun(self, session, folder, lease, local).outcome()
                    failed.pop_all()
        except LockedError as error:
            return Outcome(session=session.id, locked=str(error))
        except OSError as error:
            return _unwritable(session, error)
        outcome = replace(outcome, seconds=time.monotonic() - began)
        self.log.write(
            "session",
            session=session.id,
            seconds=round(outcome.seconds, 3),
            made=len(outcome.made),
            failed=sorted(outcome.failures),
        )
        return outcome

    def _local(self, session: Session, folder: Path) -> Local:
        """Make where a session's files are fetched to, on the store's disk; memory is for units."""
        return Local(session.remote, folder, in_memory=0, between=self._children.go_on)

    def do(self, unit: Unit) -> Iterator[Told]:
        """Run a unit in a child; see `Children.do`."""
        return self._children.do(unit)

    def remembered(self, session: str) -> Mapping[str, Mapping[str, Any]]:
        """Say what is known of a session's tables apart from its record, which is damaged."""
        with self._mutex:
            if self._remembered is None:
                self._remembered = remembered(self.store)
        return self._remembered.get(session, {})

    def stop(self) -> None:
        """End all children; sessions at work give up where they stand."""
        self._children.stop()


def _sweep_ours(folder: Path, lease: Lease) -> None:
    """Remove what was measured and could not be kept, unless the folder is another run's now."""
    if lease.held():
        sweep(folder)


def _unwritable(session: Session, error: OSError) -> Outcome:
    """Make the outcome of a session whose folder in the store cannot be written or read."""
    what = error.strerror or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    remedy = "make room" if error.errno in NO_ROOM else "mend it"
    remedy = "move it away" if error.errno == errno.EISDIR else remedy
    return Outcome(
        session=session.id,
        failures={"session": f"{where}{what}; {remedy}, then run the same command again"},
        no_room=error.errno in NO_ROOM,
        recorded=False,
    )
