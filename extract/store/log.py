"""``log.jsonl``: all that differs from run to run — clock times, seconds, memory, host, chatter.

Everything else in a place is a function of inputs and settings.  No interview content is logged.
The log also remembers which sha256 a file had, so that an unchanged file is not read again; a lost
log costs that reading and nothing else.
"""

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from .key import sha256_file

NAME = "log.jsonl"
HASHED = "hashed"


class Log:
    """An append-only log of a place; lines of concurrent writers do not mix."""

    def __init__(self, place: Path) -> None:
        self.path = place / NAME

    def write(self, event: str, **facts: object) -> None:
        """Append one event with its facts."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": now, "event": event, **facts}, ensure_ascii=False, default=str)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(descriptor, line.encode("utf-8", "backslashreplace") + b"\n")
        finally:
            os.close(descriptor)


class Hashes:
    """sha256 of input files; one that has not changed since it was last read is trusted.

    Unchanged means: same path, size, mtime_ns, ctime_ns and inode; of a file in an archive, the
    archive's; of one at a URL, what its server tells it by.
    """

    def __init__(self, log: Log, *, trust: bool = True) -> None:
        self._log = log
        self._mutex = threading.Lock()
        self._known: dict[str, tuple[list[object], str]] = {}
        if trust and log.path.is_file():
            self._recall()

    def _recall(self) -> None:
        mark = f'"event": "{HASHED}"'
        with self._log.path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if mark not in line:
                    continue
                try:
                    event = json.loads(line)
                    self._known[event["path"]] = (event["identity"], event["sha256"])
                except (json.JSONDecodeError, KeyError):
                    continue  # a line that a kill cut short

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

    def _of(self, path: Path, on_disk: Path, read: Callable[[], str]) -> str:
        stat = on_disk.stat()
        identity: list[object] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        return self._recalled(str(path.resolve()), identity, read)

    def _recalled(self, name: str, identity: list[object], read: Callable[[], str]) -> str:
        with self._mutex:
            known = self._known.get(name)
        if known is not None and known[0] == identity:
            return known[1]
        sha256 = read()
        with self._mutex:
            self._known[name] = (identity, sha256)
        self._log.write(HASHED, path=name, identity=identity, sha256=sha256)
        return sha256
