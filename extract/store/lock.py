"""One writer a folder: a lock file with host, pid, boot id, and a heartbeat.

A lock is stale when its process is gone (same host and boot), or when it has not beaten for
`STALE_S`; then it is taken over.  The beat is the lock file's mtime, set from the file system's own
clock, so hosts with different clocks agree on a shared store.
"""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import LockedError

NAME = ".lock"
BEAT_S = 10.0
STALE_S = 60.0


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder` for the length of the block.

    Raises
    ------
    LockedError
        If another live run holds it.
    """
    path = folder / NAME
    _take(path)
    done = threading.Event()
    heart = threading.Thread(target=_beat, args=(path, done), daemon=True)
    heart.start()
    try:
        yield
    finally:
        done.set()
        heart.join()
        path.unlink(missing_ok=True)


def _beat(path: Path, done: threading.Event) -> None:
    while not done.wait(BEAT_S):
        try:
            os.utime(path)
        except FileNotFoundError:  # the place was removed under us; the next write will say so
            return


def _owner() -> str:
    return json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "boot": _boot_id()})


def _boot_id() -> str:
    source = Path("/proc/sys/kernel/random/boot_id")  # Linux; elsewhere the heartbeat alone decides
    return source.read_text().strip() if source.exists() else ""


def _take(path: Path) -> None:
    mine = path.with_name(f"{NAME}.{os.getpid()}.{threading.get_ident()}")
    try:
        mine.write_text(_owner())
        for _ in range(2):
            try:
                os.link(mine, path)  # atomic, and the lock is never seen without its owner
            except FileExistsError:
                _remove_if_stale(path, mine)
            else:
                return
        raise LockedError(f"{path.parent}: locked by another run; wait for it, then run again")
    finally:
        mine.unlink(missing_ok=True)


def _remove_if_stale(path: Path, mine: Path) -> None:
    """Remove the lock if its owner is gone; raise `LockedError` if it lives."""
    try:
        text, beat_s = path.read_text(), path.stat().st_mtime
        os.utime(mine)
        silent_s = mine.stat().st_mtime - beat_s
    except FileNotFoundError:
        return  # given back meanwhile
    owner = _parse(text)
    if silent_s < STALE_S and not _gone(owner):
        raise LockedError(
            f"{path.parent}: locked by process {owner.get('pid')} on {owner.get('host')}; "
            "wait for it, then run again"
        )
    taken = mine.with_name(mine.name + ".stale")
    try:
        os.rename(path, taken)  # of several that see the same stale lock, one succeeds
    except FileNotFoundError:
        return
    if taken.read_text() != text:  # somebody healed it between our look and our move: give it back
        os.rename(taken, path)
        raise LockedError(f"{path.parent}: locked by another run; wait for it, then run again")
    taken.unlink()


def _parse(text: str) -> dict[str, object]:
    try:
        owner = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return owner if isinstance(owner, dict) else {}


def _gone(owner: dict[str, object]) -> bool:
    if owner.get("host") != socket.gethostname():
        return False
    if owner.get("boot") != _boot_id():
        return True
    try:
        os.kill(int(str(owner.get("pid"))), 0)
    except (ProcessLookupError, ValueError):
        return True
    except PermissionError:
        return False
    return False
