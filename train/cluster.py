"""Fits on the workers of a dask cluster that share this machine's disks; handed out from here.

A worker reads the vectors that the run laid beside its fits, and writes model and record as a fit
does anywhere.  One that dies costs its fit alone: dask gives it to another, which goes on from the
checkpoint.  dask cannot end a task from outside, so a fit looks after every epoch whether it is
still wanted.  (joblib's own dask backend is not used: there a worker that dies ends all.)

All here travels by dask's pickle, between processes that trust each other as it is.
"""

import platform
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ..errors import ClusterError, DepxError, FitError
from ..extract.cluster.scheduler import CONNECT_S, connect
from .checkpoint import Epoch
from .fits import Done, Shared, Tell, mapped, on_disk
from .plan import LIBRARIES
from .unit import Unit

if TYPE_CHECKING:
    from distributed import Client, Future

ONE = threading.Lock()  # a fit owns torch's generators: one at a time in a worker's process


def fits_on_cluster(
    shared: Shared, units: Sequence[Unit], scheduler: str, tell: Tell
) -> Generator[Done, None, None]:
    """Do fits on the workers of a scheduler; yield each with its record as it is done.

    Raises
    ------
    ClusterError
        If there is no scheduler, or no worker.
    FitError
        If workers died of a fit several times, or are not like this machine.
    """
    from distributed import as_completed

    with connect(scheduler) as client, on_disk(shared) as lean:
        _wait_for_workers(client, scheduler)
        there = replace(lean, place=shared.place.absolute())
        libraries = {name: version(name) for name in ("depx", *LIBRARIES)}
        waiting: dict[Future, Unit] = {
            client.submit(_fit, there, unit, libraries, key=f"depx-{unit.key}-{unit.name}"): unit
            for unit in units
        }
        try:
            for future in as_completed(waiting, loop=client.loop):
                unit = waiting[future]
                record, lines = _answer(future, unit, scheduler)
                for line in lines:
                    tell(unit, line)
                yield unit, record
        finally:
            client.cancel(list(waiting), force=True)


def _wait_for_workers(client: "Client", scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
    except (TimeoutError, OSError) as error:
        raise ClusterError(
            f"--scheduler {scheduler}: it has no worker; start some (dask worker {scheduler} "
            "--nthreads 1)"
        ) from error


def _answer(future: "Future", unit: Unit, scheduler: str) -> tuple[dict[str, Any], list[str]]:
    from distributed import KilledWorker

    if future.cancelled():
        raise ClusterError(
            f"--scheduler {scheduler}: is gone; fits that are done stay done; run the same command "
            "again"
        )
    error = future.exception()
    if isinstance(error, KilledWorker):
        raise FitError(
            f"{unit.name}: its workers died several times; if memory was short, give them more; "
            "then run the same command again"
        )
    if error is not None:
        raise error
    told = future.result()
    if isinstance(told, DepxError | OSError):
        raise told
    record, lines = told
    return record, lines


def _fit(lean: Shared, unit: Unit, libraries: Mapping[str, str]) -> object:
    """Do one fit; what a worker runs."""
    with ONE:
        lines: list[str] = []
        try:
            _check(lean, libraries)
            shared = replace(lean, corpus=mapped(lean))
            return shared.run(unit, partial(_told, lines)), lines
        except (DepxError, OSError) as error:
            return error


def _check(lean: Shared, libraries: Mapping[str, str]) -> None:
    """Hold that this worker is like the machine that sent the fit."""
    host = platform.node()
    if not lean.place.is_dir():
        raise FitError(f"worker on {host}: sees no {lean.place}; workers must share its disk")
    for name, wanted in libraries.items():
        got = version(name)
        if got != wanted:
            raise FitError(f"worker on {host}: has {name} {got}, expected {wanted}; install it")


def _told(lines: list[str], told: str | Epoch) -> None:
    """Keep a line; after an epoch, look whether the fit is still wanted."""
    if not isinstance(told, Epoch):
        lines.append(told)
        return
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    task = worker.state.tasks.get(key)
    if task is None or task.state == "cancelled":
        raise FitError("the fit is no longer wanted")
