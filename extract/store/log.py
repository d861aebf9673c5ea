"""``log.jsonl``: all that differs from run to run — clock times, seconds, memory, host, chatter.

Everything else in a place is a function of inputs and settings.  No interview content is logged.
The log also remembers which sha256 a file had, so that an unchanged file is not read again; a lost
log costs that reading and nothing else.  So does an event that cannot be written: no run ends for
it.  Runs that share a store from several hosts write a file each (``log-2of8.jsonl``), as lines of
several hosts in one file mix on network disks.
"""

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from .atomic import check_plain
from .key import sha256_file

NAME = "log.jsonl"
HASHED = "hashed"

Listener: TypeAlias = Callable[[Mapping[str, Any]], None]


class Events(Protocol):
    """Takes the events of a run."""

    def write(self, event: str, **facts: object) -> None:
        """Take an event that stays on record."""
        ...

    def tell(self, event: str, **facts: object) -> None:
        """Take an event that only who watches the run needs, such as progress."""
        ...


class Log:
    """An append-only log of a place; lines of concurrent writers do not mix."""

    def __init__(
        self, place: Path, *, part: str | None = None, hear: Listener | None = None
    ) -> None:
        """Begin.

        Parameters
        ----------
        place : Path
        part : str or None
            Which of several runs on one store this is, as in ``2of8``; each writes its own file.
        hear : callable or None
            Called with each event, from any thread.

        Raises
        ------
        StoreError
            If something else has its name.
        """
        self.place = place
        self.path = place / (NAME if part is None else f"log-{part}.jsonl")
        check_plain(self.path)
        self.lost = 0
        """Events that could not be written: no space, no permission."""
        self._hear = hear

    def write(self, event: str, **facts: object) -> None:
        """Append one event with its facts, and tell it."""
        stamped = {"at": now(), "event": event, **facts}
        line = json.dumps(stamped, ensure_ascii=False, default=str) + "\n"
        try:
            self._append(line.encode("utf-8", "backslashreplace"))
        except OSError:
            self.lost += 1
        if self._hear is not None:
            self._hear(stamped)

    def tell(self, event: str, **facts: object) -> None:
        """Tell an event that is not written."""
        if self._hear is not None:
            self._hear({"at": now(), "event": event, **facts})

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            if os.write(descriptor, line) < len(line):  # the disk is full: end the line at least
                self.lost += 1
                os.write(descriptor, b"\n")
        finally:
            os.close(descriptor)


class Silent:
    """Takes events that nobody wants: who only looks leaves no trace."""

    def write(self, event: str, **facts: object) -> None:
        """Take an event."""

    def tell(self, event: str, **facts: object) -> None:
        """Take an event."""


def is_log(path: Path) -> bool:
    """Say whether a file of a place is one of its logs."""
    return path.match("log.jsonl") or path.match("log-*.jsonl")


def events(place: Path, event: str) -> list[dict[str, Any]]:
    """Read all events of one name from the logs of a place, the oldest first."""
    found: list[dict[str, Any]] = []
    for path in sorted(place.glob("log*.jsonl")):
        if is_log(path):
            _read(path, event, found.append)
    return sorted(found, key=lambda one: str(one.get("at", "")))


def _read(path: Path, event: str, take: Callable[[dict[str, Any]], None]) -> None:
    mark = f'"event": "{event}"'
    check_plain(path)
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if mark in line:
                try:
                    found = json.loads(line)
                except (ValueError, RecursionError):
                    continue  # a line that a kill cut short
                if isinstance(found, dict) and found.get("event") == event:
                    take(found)


def now() -> str:
    """Give the time as the log has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Hashes:
    """sha256 of files; one that has not changed since it was last read is trusted.

    Unchanged means: same path, size, mtime_ns, ctime_ns and inode; of a file in an archive, the
    archive's; of one at a URL, what its server tells it by.
    """

    def __init__(self, log: Events, place: Path | None = None, *, trust: bool = True) -> None:
        """Begin.

        Parameters
        ----------
        log : Events
            Remembers what is hashed.
        place : Path or None
            The place whose logs say what was hashed before.
        trust : bool
            Whether what they say counts; else each file is hashed once.
        """
        self._log = log
        self._mutex = threading.Lock()
        self._known: dict[bytes, bytes] = {}  # short: a store has a hundred thousand files
        if trust and place is not None:
            for path in sorted(place.glob("log*.jsonl")):
                if is_log(path):
                    _read(path, HASHED, self._recall)

    def _recall(self, event: Mapping[str, Any]) -> None:
        try:
            told = _told(event["identity"])
            self._known[_short(event["path"])] = told + bytes.fromhex(event["sha256"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return  # no event of ours

    def of(self, path: Path) -> str:
        """Hash a file, or recall its hash."""
        return self._of(path, path, lambda: sha256_file(path))

    def of_member(self, path: Path, archive: Path, sha256: Callable[[], str]) -> str:
        """Hash a file in an archive, which `sha256` reads, or recall its hash."""
        return self._of(path, archive, sha256)

    def of_remote(self, url: str, identity: list[object] | None, sha256: Callable[[], str]) -> str:
        """Hash a file at a URL, which `sha256` fetches, or recall its hash.

        Without an identity it is fetched every time.
        """
        return sha256() if identity is None else self._recalled(url, identity, sha256)

    def note(self, path: Path, sha256: str) -> None:
        """Remember the hash of a file that has just been read or written."""
        self._note(str(path.resolve()), _identity(path), sha256)

    def _of(self, path: Path, on_disk: Path, read: Callable[[], str]) -> str:
        return self._recalled(str(path.resolve()), _identity(on_disk), read)

    def _recalled(self, name: str, identity: Sequence[object], read: Callable[[], str]) -> str:
        told = _told(identity)
        with self._mutex:
            known = self._known.get(_short(name))
        if known is not None and known.startswith(told):
            return known[len(told) :].hex()
        sha256 = read()
        self._note(name, identity, sha256)
        return sha256

    def _note(self, name: str, identity: Sequence[object], sha256: str) -> None:
        with self._mutex:
            self._known[_short(name)] = _told(identity) + bytes.fromhex(sha256)
        self._log.write(HASHED, path=name, identity=identity, sha256=sha256)


def _identity(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _told(identity: Sequence[object]) -> bytes:
    return _short(json.dumps(identity))


def _short(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()
