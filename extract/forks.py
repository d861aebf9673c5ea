"""Forked processes: the server that they come from, whose signals are whose, and how they end."""

import multiprocessing
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

STARTS = 5  # of a child, if the server that it is forked from is killed
PAUSE_S = 0.2  # longer before each: a server that is killed takes a moment to be gone
NO_SERVER = (
    "could not be begun: the process that forks the workers was killed again and again, most "
    "likely for want of memory; run again with fewer --jobs"
)
SERVER_GONE = 255  # what multiprocessing says of a child whose server died before it

QUIET = {
    "HF_HUB_OFFLINE": "1",  # no look-up of models over a network
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",  # native threads a unit are fixed, never derived from --jobs
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


def server(preloaded: Sequence[str]) -> ForkServerContext:
    """Give the server that children are forked from, with modules imported once for all of them.

    It begins with the first who asks, from any thread; later it stays as it is, and a child imports
    what it lacks.
    """
    os.environ.update(QUIET)  # the server, and so every child, inherits it
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preloaded))
    # Else Ctrl-C would strike the server's imports, with tracebacks: it inherits the mask.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


def begin(
    preloaded: Sequence[str], target: Callable[..., None], *args: Any
) -> tuple[BaseProcess, Connection] | None:
    """Begin a child that tells of itself, from another server if the one there was killed.

    Parameters
    ----------
    preloaded : sequence of str
        As `server` takes them.
    target : callable
        What the child runs: ``target(*args, out)``, where it sends what it tells through `out`.
    *args

    Returns
    -------
    child, receive : process, connection
        None where the servers were all killed.
    """
    for attempt in range(STARTS):
        time.sleep(attempt * PAUSE_S)
        receive, send = multiprocessing.Pipe(duplex=False)
        try:
            child = server(preloaded).Process(target=target, args=(*args, send), daemon=True)
            _start(child)
        except (EOFError, ConnectionError):
            receive.close()  # which ends a child that began all the same
        else:
            return child, receive
        finally:
            send.close()
    return None


def _start(process: BaseProcess) -> None:
    """Fork a process, without the script that depx was started by: it would run anew in each."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main


@contextmanager
def deaf() -> Iterator[None]:
    """Ignore Ctrl-C and the like for a while, if this is the main thread: they come to no other.

    A mask would not do: another thread would take the signal, and the main one act on it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in wanted]
    try:
        yield
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def heard_later() -> Iterator[None]:
    """Put Ctrl-C and the like off until the block ends, if this is the main thread.

    For imports of large libraries, where what a handler raises may be caught and lost.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(one, lambda number, _frame: came.append(number)) for one in wanted]
    try:
        yield
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


def obey_parent(out: Connection) -> None:
    """Become a child: the parent decides about signals, and when it is gone so is the child."""
    for number in (signal.SIGINT, signal.SIGHUP):  # a terminal sends them to the children too
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, args=(out,), daemon=True).start()


def _end_with_parent(out: Connection) -> None:
    """End when the parent closes the pipe (it was killed): nobody would take what we make."""
    poller = select.poll()
    poller.register(out.fileno(), 0)  # errors and hang-ups only
    poller.poll()
    os._exit(1)
