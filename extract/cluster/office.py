"""depx inside a dask worker: what a run tells it once, and the sessions that it then works on.

A worker has an office for each run that it works for.  A session is worked on as it is locally: in
children of this process, under its lock, published track by track in the shared store.  dask cannot
end a task from outside, so each errand watches whether it is still wanted: it stops when the run is
interrupted, its coordinator is killed, the scheduler is lost, or the worker is asked to close.

Everything here travels by dask's pickle, between processes that trust each other as it is.
"""

import multiprocessing
import os
import platform
import socket
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...features.track import Source
from ..children import Stopped
from ..plan import source_of
from ..session_run import Outcome
from ..sessions import Session
from ..settings import ExtractSettings
from ..store.lock import BEAT_S, STALE_S
from ..store.log import Hashes, now
from ..workplace import Workplace

LOOK_S = 0.5  # how often an errand looks whether it is still wanted
PATIENCE_S = STALE_S + 2 * BEAT_S  # after that the lock of a lost worker on another host is stale
MOST_OFFICES = 8  # runs that a worker process remembers; one that it forgot greets it again
SHAPING = ("depx", "numpy", "pyarrow")
"""Distributions that shape the bytes of every table, beside those that its key names."""


@dataclass(frozen=True, kw_only=True)
class Commission:
    """What a run tells a worker once."""

    run: str
    store: Path
    mark: Path
    """A file that the run left in the store: who sees it sees the same disk."""
    settings: ExtractSettings
    sources: Mapping[str, Source]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of an errand; with neither outcome nor reason it was given up where it stood."""

    outcome: Outcome | None = None
    unfit: str | None = None
    """Why this worker cannot do it; another may."""
    events: tuple[dict[str, Any], ...] = ()


class Notes:
    """Events of the log, kept until an errand takes them home: the coordinator alone writes."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._change = threading.Lock()

    def write(self, event: str, **facts: object) -> None:
        """Keep an event."""
        with self._change:
            self._events.append({"at": now(), "event": event, "host": platform.node(), **facts})

    def tell(self, event: str, **facts: object) -> None:
        """Drop an event that only who watches the run needs: nobody watches a worker."""

    def take(self) -> tuple[dict[str, Any], ...]:
        """Give what was kept."""
        with self._change:
            taken, self._events = tuple(self._events), []
        return taken


class Errand:
    """One session at work, until it is done or no longer wanted."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._over = threading.Event()

    def run(self, session: Session, patience_s: float) -> Outcome:
        """Work on a session; wait so long for one that is locked.

        Raises
        ------
        Stopped
            If it is no longer wanted.
        """
        waited_s = 0.0
        while True:
            outcome = self._workplace.look(session) or self._workplace.work_on(session)
            if outcome.locked is None or waited_s >= patience_s:
                return outcome
            if self._over.wait(1.0):
                raise Stopped
            waited_s += 1.0

    def stop(self) -> None:
        """Give up: children end, the unit at work is rolled back, the lock goes back."""
        self._over.set()
        self._workplace.stop()

    @contextmanager
    def watched(self, key: str) -> Iterator[None]:
        """Stop when dask no longer wants the task `key`, for the length of the block."""
        from distributed import get_worker

        watch = threading.Thread(target=self._watch, args=(get_worker(), key), daemon=True)
        watch.start()
        try:
            yield
        finally:
            self._over.set()
            watch.join()

    def _watch(self, worker: Any, key: str) -> None:
        while not self._over.wait(LOOK_S):
            task = worker.state.tasks.get(key)
            ending = worker.status.name in ("closing", "closed", "failed")
            if ending or task is None or task.state == "cancelled":
                self.stop()


class Office:
    """What a worker process has open for a run."""

    def __init__(self, commission: Commission) -> None:
        self.commission, self.notes = commission, Notes()
        trust = not commission.settings.checksum
        self.hashes = Hashes(self.notes, commission.store, trust=trust)
        self._at_work: set[Errand] = set()
        self._change = threading.Lock()

    @contextmanager
    def errand(self) -> Iterator[Errand]:
        """Begin an errand; each has children of its own, so that it can be stopped alone."""
        told = self.commission
        place = Workplace(told.store, told.settings, told.sources, self.notes, self.hashes)
        errand = Errand(place)
        with self._change:
            self._at_work.add(errand)
        try:
            yield errand
        finally:
            with self._change:
                self._at_work.discard(errand)

    def close(self) -> None:
        """Stop all errands."""
        with self._change:
            for errand in self._at_work:
                errand.stop()


_offices: OrderedDict[str, Office] = OrderedDict()
_change = threading.Lock()


def versions() -> dict[str, str]:
    """Say what would make other bytes of the same numbers, or other numbers."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {
        "python": python,
        "machine": platform.machine(),
        **{name: version(name) for name in SHAPING},
    }


def introduce() -> tuple[str, dict[str, str]]:
    """Say which host a worker is on, and its versions."""
    return socket.gethostname(), versions()


def take_up(commission: Commission) -> str | None:
    """Open an office for a run; say in one line why this worker cannot work for it, if so.

    Raises
    ------
    ModelMissing
        If a model is not where the run has it.
    """
    store, settings = commission.store, commission.settings
    if not commission.mark.is_file():
        return f"does not see the store {store}; mount the shared disk there under the same path"
    if not os.access(store, os.W_OK):
        return f"cannot write in {store}; mend its permissions there"
    office = Office(commission)
    for name, extractor in settings.extractors.items():
        here = source_of(extractor, office.hashes.of)
        if here != commission.sources[name]:
            return f"{_difference(here, commission.sources[name])}; install the same there"
    _allow_children()
    with _change:
        _offices[commission.run] = office
        while len(_offices) > MOST_OFFICES:
            _offices.popitem(last=False)[1].close()
    return None


def work_on(run: str, key: str, session: Session, patience_s: float) -> Reply:
    """Work on a session of a run that was taken up here, as the task `key`."""
    office = _offices.get(run)
    if office is None:  # dismissed, or another process than the one that took it up
        return Reply()
    where = session.archive or session.folder
    if not where.exists():
        return Reply(unfit=f"does not see {where}; mount the shared disk there under the same path")
    try:
        with office.errand() as errand, errand.watched(key):
            outcome = errand.run(session, patience_s)
    except Stopped:
        return Reply(events=office.notes.take())
    return Reply(outcome=outcome, events=office.notes.take())


def dismiss(run: str) -> None:
    """Stop all that is at work for a run, and close its office."""
    with _change:
        office = _offices.pop(run, None)
    if office is not None:
        office.close()


def _allow_children() -> None:
    """Let this process have children, and these begin with no more than they need."""
    # A nanny starts workers as daemons, which may have no children lest these outlive them.  Ours
    # cannot: a child ends when its parent's end of the pipe closes, however that comes about.
    multiprocessing.current_process().daemon = False
    # A child imports its parent's main module first: dask's command, 0.4 s each time for nothing.
    main = sys.modules["__main__"]
    name = main.__spec__.name if main.__spec__ else Path(getattr(main, "__file__", "") or "").name
    if name.startswith(("dask", "distributed")):
        main.__spec__ = main.__file__ = None


def _difference(here: Source, there: Source) -> str:
    """Name the first thing in which two sources of one track differ."""
    for name in sorted(here.libraries.keys() | there.libraries.keys()):
        ours, theirs = here.libraries.get(name, "none"), there.libraries.get(name, "none")
        if ours != theirs:
            return f"has {name} {ours}, expected {theirs} as on the coordinator"
    for name in sorted(here.models.keys() | there.models.keys()):
        if here.models.get(name) != there.models.get(name):
            return f"has another model {name} than the coordinator"
    return f"measures {there.extractor} otherwise than the coordinator"
