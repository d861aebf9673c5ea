"""The workers of a cluster as a run sees them: who is there, who is fit, which seats are free.

Errands are sent to one worker each, so the run knows whose work is lost with a worker, and a worker
that has other versions or does not see the store is left out, where dask would send it one session
after the other.  A worker has as many seats as threads; workers come and go while the run goes on.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ...errors import ClusterError, DepxError
from ..children import Stopped
from . import office

if TYPE_CHECKING:
    from distributed import Client

LOOK_S = 1.0  # how often the scheduler is asked who is there
ANSWER_S = 20.0  # after that a scheduler that does not answer is lost, an answer that is ready gone
GRACE_S = 10.0  # how long a cluster of unfit workers alone may still get fit ones


class Gone(Exception):  # noqa: N818  (a signal between threads, not an error)
    """A worker was lost, and what it worked on with it."""


@dataclass(eq=False, kw_only=True)
class Worker:
    """One worker process; `Workers` alone changes it, under its lock."""

    address: str
    seats: int
    name: str = ""
    at_work: int = 0
    suspects: int = 0
    """How many of these were at work on a worker that was lost."""
    fit: bool | None = None
    """Whether it can work for the run; None until it has answered."""
    unfit: str = ""
    """Why it cannot."""
    gone: bool = False


class Workers:
    """All workers of a cluster."""

    def __init__(
        self,
        client: "Client",
        scheduler: str,
        commission: office.Commission,
        notice: Callable[[str], None],
    ) -> None:
        self._client, self._scheduler = client, scheduler
        self._commission, self._notice = commission, notice
        self._change = threading.Condition()
        self._there: dict[str, Worker] = {}
        self._over: BaseException | None = None
        self._stopping = threading.Event()
        self._none_since: float | None = None
        self._waiting_told = False
        self._versions = office.versions()
        self._watch = threading.Thread(target=self._watch_them, daemon=True)
        self._watch.start()

    @contextmanager
    def seat(self, *, suspect: bool) -> Iterator[Worker]:
        """Wait for a free seat on a fit worker, and take it for the length of the block.

        Parameters
        ----------
        suspect : bool
            Whether the session was at work on a worker that was lost.  No two of these share a
            worker, so that one that kills workers does not take others with it again and again.

        Raises
        ------
        ClusterError
            If the scheduler is lost, or no worker can be used.
        Stopped
            If the run was stopped meanwhile.
        """
        worker = self._take(suspect)
        try:
            yield worker
        finally:
            with self._change:
                worker.at_work -= 1
                worker.suspects -= suspect
                self._change.notify_all()

    def ask(
        self,
        worker: Worker,
        function: Callable[..., Any],
        *arguments: object,
    ) -> Any:
        """Let a worker call a function in a thread of its own, and wait for what comes of it.

        An argument that is `KEY` becomes the key of the task.  An error that the function raises is
        raised here.

        Raises
        ------
        Gone
            If the worker is lost meanwhile.
        ClusterError
            If the scheduler is.
        """
        key = f"depx-{uuid4().hex}"
        future = self._client.submit(
            function,
            *(key if one is KEY else one for one in arguments),
            key=key,
            workers=[worker.address],
            pure=False,
        )
        future.add_done_callback(self._notify)
        try:
            with self._change:
                self._change.wait_for(lambda: future.done() or worker.gone or self._over)
                if self._over is not None:
                    raise self._over
            if future.cancelled():
                raise ClusterError(self._lost())
            if not future.done():
                raise Gone
            error = future.exception(timeout=ANSWER_S)
            answer = None if error is not None else future.result(timeout=ANSWER_S)
        except (TimeoutError, CancelledError) as died:  # with the answer in its hands
            raise Gone from died
        except OSError as closed:  # not the function's: those are returned
            raise ClusterError(self._lost()) from closed
        finally:
            future.release() if future.done() else future.cancel()
        if error is not None:
            raise error
        return answer

    @contextmanager
    def ended_by_errors(self) -> Iterator[None]:
        """Let an error in the block end the run for all: nobody else waits for a seat."""
        with ExitStack() as failed:
            failed.push(self._failed)
            yield

    def _failed(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            if not isinstance(error, Stopped):
                self._end(error)
            self.stop()

    def leave_out(self, worker: Worker, why: str) -> None:
        """Use a worker no more, and say why."""
        with self._change:
            told, worker.fit, worker.unfit = worker.fit is False, False, why
            self._change.notify_all()
        if not told:
            self._notice(f"worker {worker.name} is left out: it {why}")

    def stop(self) -> None:
        """Let no further errand begin, and the workers give up those that they are at."""
        self._stopping.set()
        with self._change:
            busy = [worker.address for worker in self._there.values() if worker.at_work]
            self._change.notify_all()
        if busy and self._over is None:
            # by a call beside all tasks: every thread of the workers may be at work
            threading.Thread(target=self._dismiss, args=(busy,), daemon=True).start()

    def check(self) -> None:
        """Raise what ends the run, if it is ended or stopped."""
        if self._over is not None:
            raise self._over
        if self._stopping.is_set():
            raise Stopped

    def close(self) -> None:
        """Let go of the cluster; errands that are still waited for are given up."""
        self._end(Stopped())
        self._watch.join()

    def _dismiss(self, busy: list[str]) -> None:
        with suppress(OSError, RuntimeError, CancelledError):  # lost meanwhile: they notice it
            self._client.run(office.dismiss, self._commission.run, workers=busy, on_error="ignore")

    def _take(self, suspect: bool) -> Worker:
        with self._change:
            while True:
                self.check()
                free = [
                    worker
                    for worker in self._there.values()
                    if worker.fit
                    and worker.at_work < worker.seats
                    and not (suspect and worker.suspects)
                ]
                if free:
                    worker = min(free, key=lambda worker: worker.at_work / worker.seats)
                    worker.at_work += 1
                    worker.suspects += suspect
                    return worker
                self._change.wait()

    def _notify(self, _future: object) -> None:
        with self._change:
            self._change.notify_all()

    def _end(self, why: BaseException) -> None:
        with self._change:
            self._over = self._over or why
            self._change.notify_all()

    def _lost(self) -> str:
        return (
            f"--scheduler {self._scheduler}: the scheduler was lost; what is done stays. Start it "
            "again, then run the same command again"
        )

    def _watch_them(self) -> None:
        """Keep the list of workers, until the run is over."""
        while self._over is None:
            try:
                threads = self._client.nthreads(callback_timeout=ANSWER_S)
            except OSError:  # so are its time-outs and closed connections
                self._end(ClusterError(self._lost()))
                return
            self._update(threads)
            with self._change:
                self._change.wait_for(lambda: self._over is not None, timeout=LOOK_S)

    def _update(self, threads: dict[str, int]) -> None:
        with self._change:
            for address in self._there.keys() - threads.keys():
                self._there.pop(address).gone = True
            new = [
                Worker(address=address, seats=seats, name=address)
                for address, seats in threads.items()
                if address not in self._there
            ]
            self._there |= {worker.address: worker for worker in new}
            for address, worker in self._there.items():
                worker.seats = threads[address]
            self._change.notify_all()
        for worker in new:
            threading.Thread(target=self._greet, args=(worker,), daemon=True).start()
        self._look_for_use()

    def _look_for_use(self) -> None:
        """Say once that there is nobody to work, and end the run when that lasts too long."""
        workers = list(self._there.values())
        if any(worker.fit is not False for worker in workers):
            self._none_since, self._waiting_told = None, False
            return
        self._none_since = self._none_since or time.monotonic()
        idle_s = time.monotonic() - self._none_since
        if workers and idle_s > GRACE_S:
            worker = workers[0]
            self._end(
                ClusterError(
                    f"--scheduler {self._scheduler}: none of its {len(workers)} workers can be "
                    f"used; {worker.name} {worker.unfit}"
                )
            )
        elif not workers:
            most_s = _no_workers_timeout_s()
            if most_s is not None and idle_s > most_s:
                self._end(
                    ClusterError(
                        f"--scheduler {self._scheduler}: no worker came in {most_s:g} s "
                        "(distributed.scheduler.no-workers-timeout); start some (dask worker), "
                        "then run the same command again"
                    )
                )
            elif not self._waiting_told:
                self._waiting_told = True
                self._notice(
                    f"no worker at {self._scheduler}; waiting for one (dask worker "
                    f"{self._scheduler}). Ctrl-C ends; what is done stays"
                )

    def _greet(self, worker: Worker) -> None:
        """Ask a new worker who it is, and tell it what the run is about."""
        why: str | None = "could not be asked"
        try:
            host, versions = self.ask(worker, office.introduce)
            worker.name = f"{host} ({worker.address})"
            why = _differing(versions, self._versions) or self.ask(
                worker, office.take_up, self._commission
            )
        except (Gone, Stopped, ClusterError):
            why = None
            return
        except (ImportError, AttributeError) as error:  # no depx there, or an older one
            why = f"cannot load depx ({error}); install the version of the coordinator there"
        except (DepxError, OSError, RuntimeError, TypeError, ValueError) as error:
            why = f"cannot work for this run: {str(error).partition(chr(10))[0]}"
        finally:
            if why is not None:
                self.leave_out(worker, why)
        if why is None:
            with self._change:
                worker.fit = True
                self._change.notify_all()


KEY = object()
"""Stands among the arguments of an errand for the key of its task."""


def _differing(there: dict[str, str], here: dict[str, str]) -> str | None:
    for name, version in here.items():
        if there.get(name) != version:
            return (
                f"has {name} {there.get(name)}, expected {version} as on the coordinator; install "
                "the same there"
            )
    return None


def _no_workers_timeout_s() -> float | None:
    """Say how long dask's own configuration lets work wait for a worker; None is for ever."""
    import dask
    from dask.utils import parse_timedelta

    configured = dask.config.get("distributed.scheduler.no-workers-timeout", None)
    return None if configured is None else float(parse_timedelta(configured))
