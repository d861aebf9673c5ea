"""One writer a folder: a lock file with host, boot, process and a nonce, and a heartbeat.

A lock is stale when its process is gone (same host and boot), or when it has not beaten for
`STALE_S`; then it is taken over.  The beat is the lock file's mtime, set from the file system's own
clock, so hosts with different clocks agree on a shared store.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...errors import LockedError
from .atomic import naming

NAME = ".lock"
BEAT_S = 10.0
STALE_S = 60.0
WAIT_S = STALE_S + BEAT_S  # after that the lock of a dead one is stale
STEP_S = 0.05


class Lease:
    """A lock that is held, as long as nobody took it over."""

    def __init__(self, path: Path, owner: str) -> None:
        self.path, self.owner = path, owner

    def held(self) -> bool:
        """Say whether the lock file is still ours."""
        try:
            return _read(self.path) == self.owner
        except FileNotFoundError:
            return False

    def check(self) -> None:
        """Raise `LockedError` if another run took the lock over while this one slept."""
        if not self.held():
            raise LockedError(
                f"{self.path.parent}: taken over by another run while this one stood still; "
                "run again when that one is done"
            )


@contextmanager
def locked(folder: Path) -> Iterator[Lease]:
    """Hold the lock of `folder` for the length of the block.

    Raises
    ------
    LockedError
        If another live run holds it, or took it over while this one stood still.
    """
    lease = _take(folder / NAME)
    done = threading.Event()
    heart = threading.Thread(target=_beat, args=(lease, done), daemon=True)
    heart.start()
    try:
        yield lease
    except OSError:
        lease.check()  # who took the lock over swept our unfinished files away
        raise
    finally:
        done.set()
        heart.join()
        if lease.held():
            lease.path.unlink(missing_ok=True)


@contextmanager
def waited_for(folder: Path) -> Iterator[Lease]:
    """Hold the lock of `folder` as `locked` does, but wait for a run that holds it for moments.

    Raises
    ------
    LockedError
        If it is held for longer than a dead one can be.
    """
    until = time.monotonic() + WAIT_S
    with ExitStack() as stack:
        while True:
            try:
                lease = stack.enter_context(locked(folder))
                break
            except LockedError:
                if time.monotonic() > until:
                    raise
                time.sleep(STEP_S)
        yield lease


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds a lock, or held it until it was killed."""

    pid: int | None
    host: str
    since: str
    """When it was taken, by the holder's clock; ISO 8601."""
    silent_s: float
    """Seconds since its last beat, by the clock of this machine."""
    live: bool
    """Whether a run has to wait for it; else the next one takes it over."""

    def __str__(self) -> str:
        beat = f"last heard of {self.silent_s:.0f} s ago"
        if self.pid is None:
            return f"somebody whose lock file cannot be read, {beat}"
        return f"process {self.pid} on {self.host}, since {self.since}, {beat}"


def holder(folder: Path) -> Holder | None:
    """Say who holds the lock of a folder, and touch nothing; None where there is no lock."""
    path = folder / NAME
    try:
        owner, beat_s = _parse(_read(path)), path.stat().st_mtime
    except OSError:
        return None
    silent_s = max(0.0, time.time() - beat_s)
    pid = str(owner.get("pid", ""))
    return Holder(
        pid=int(pid) if pid.isdecimal() else None,
        host=str(owner.get("host", "an unknown host")),
        since=str(owner.get("since", "an unknown time")),
        silent_s=silent_s,
        live=silent_s < STALE_S and not _gone(owner),
    )


def _beat(lease: Lease, done: threading.Event) -> None:
    while not done.wait(BEAT_S):
        if not lease.held():
            return
        os.utime(lease.path)


def _owner() -> dict[str, object]:
    return {"host": socket.gethostname(), "boot": _boot_id(), "pids": _pid_namespace()}


def _boot_id() -> str:
    source = Path("/proc/sys/kernel/random/boot_id")  # Linux; elsewhere the heartbeat alone decides
    return source.read_text().strip() if source.exists() else ""


def _pid_namespace() -> str:
    source = Path("/proc/self/ns/pid")  # containers of one host number their processes apart
    return os.readlink(source) if source.is_symlink() else ""


def _take(path: Path) -> Lease:
    owner = json.dumps(
        {
            **_owner(),
            "pid": os.getpid(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "nonce": uuid.uuid4().hex,
        }
    )
    mine = path.with_name(f"{NAME}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        for _ in range(3):  # each step may be overtaken once
            with naming(path.parent):
                mine.write_text(owner)
            try:
                os.link(mine, path)  # atomic, and the lock is never seen without its owner
            except FileExistsError:
                _remove_if_stale(path, mine)
            except FileNotFoundError:  # the holder swept the folder between our two steps
                continue
            else:
                return Lease(path, owner)
        raise LockedError(f"{path.parent}: locked by another run; wait for it, then run again")
    finally:
        mine.unlink(missing_ok=True)


def _remove_if_stale(path: Path, mine: Path) -> None:
    """Remove the lock if its owner is gone; raise `LockedError` if it lives."""
    try:
        text, beat_s = _read(path), path.stat().st_mtime
        mine.touch()  # its mtime is now, by the clock of the file system that holds the lock
        silent_s = mine.stat().st_mtime - beat_s
    except FileNotFoundError:
        return  # given back meanwhile
    owner = _parse(text)
    if silent_s < STALE_S and not _gone(owner):
        who = (
            f"process {owner['pid']} on {owner.get('host')}"
            if "pid" in owner
            else f"a run whose lock file cannot be read, until it is {STALE_S:.0f} s old"
        )
        raise LockedError(f"{path.parent}: locked by {who}; wait for it, then run again")
    taken = mine.with_name(f"{NAME}.{uuid.uuid4().hex}.tmp")
    try:
        os.rename(path, taken)  # of several that see the same stale lock, one succeeds
    except FileNotFoundError:
        return
    if _read(taken) != text:  # somebody healed it between our look and our move: give it back
        with suppress(FileExistsError):
            os.link(taken, path)
        taken.unlink()
        raise LockedError(f"{path.parent}: locked by another run; wait for it, then run again")
    taken.unlink()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")  # a full disk may have damaged it


def _parse(text: str) -> dict[str, object]:
    try:
        owner = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _gone(owner: dict[str, object]) -> bool:
    """Say whether the owner's process has surely ended; elsewhere only its heartbeat tells."""
    here = _owner()
    if owner.get("host") != here["host"]:
        return False
    if owner.get("boot") != here["boot"]:
        return True
    if owner.get("pids") != here["pids"]:
        return False
    try:
        os.kill(int(str(owner.get("pid"))), 0)
    except (ProcessLookupError, ValueError):
        return True
    except PermissionError:
        return False
    return False
