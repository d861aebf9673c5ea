"""What answers at a URL: calls to ``fsspec`` that are tried again, and fail in one line.

Credentials and endpoints are ``fsspec``'s and its libraries' business, from the environment; their
messages, which may quote both, are never passed on.  A connection that is lost is tried again a few
times, for `PATIENCE_S` at most beside what the library itself waits.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from joblib import Parallel, delayed

from ...errors import RemoteError, UsageError
from .url import Url

T = TypeVar("T")

WAITS_S = (0.5, 1.0, 2.0)  # before each further try
PATIENCE_S = 20.0
REQUEST_BYTES = 16 << 20  # a request takes some 30 ms whatever it brings; 20 of these are 5 GB/min
AT_A_TIME = 8  # requests, where the library does not see to it itself
WEB = frozenset({"http", "https"})
SILENCE_S = 60.0  # of a web server, until it counts as gone
FOREIGN: Final[Mapping[str, tuple[str, ...]]] = {
    "aiohttp": ("ClientError",),
    "botocore.exceptions": ("BotoCoreError", "ClientError"),
    "gcsfs.retry": ("HttpError",),
    "google.auth.exceptions": ("GoogleAuthError",),
    "azure.core.exceptions": ("AzureError",),
    "paramiko": ("SSHException",),
}
"""Errors that reach us as they are, of libraries that need not be installed."""
FINAL = (FileNotFoundError, PermissionError, NotImplementedError, ValueError)
"""What another try would not change."""
UNSIGNED = frozenset({"NoCredentialsError", "PartialCredentialsError", "AuthenticationException"})
IDENTITIES = (
    *("ETag", "etag", "Content-MD5", "md5Hash", "checksum", "generation"),
    *("mtime", "LastModified", "last_modified", "Last-Modified", "modified", "updated"),
)
"""What tells that a file is still the same, the surest first, as file systems call it."""

_mutex = threading.Lock()
_shared: dict[Url, tuple[Any, str]] = {}


@dataclass(frozen=True)
class Entry:
    """A file as the listing of its folder has it."""

    key: str
    """What the file system calls it."""
    size: int | None
    """Bytes; None where the server does not say."""
    kind: str
    """``file``, or something else."""
    identity: str | None
    """Differs when the file was written again; None where nothing tells."""


@dataclass(frozen=True)
class Server:
    """A folder at a URL; it can be sent to another process, and connects there anew."""

    url: Url

    @property
    def is_web(self) -> bool:
        """Say whether it is a web server: it lists a folder as a page, and may know no ranges."""
        return self.url.protocol in WEB

    def connect(self) -> tuple[Any, str]:
        """Give the file system, and what it calls the folder.

        Raises
        ------
        UsageError
            If nothing that is installed speaks the protocol.
        """
        with _mutex:
            if self.url in _shared:
                return _shared[self.url]
            made = _connected(self.url)
            if made[0].async_impl:  # one connection for all threads; others make one a thread
                _shared[self.url] = made
            return made

    def tried(self, what: str, call: Callable[[Any], T]) -> T:
        """Ask the file system, and ask again if the connection is lost.

        Parameters
        ----------
        what : str
            What is asked for, as a message names it.
        call : callable
            Takes the file system.

        Raises
        ------
        RemoteError
            If it fails for good.
        """
        began, waits = time.monotonic(), iter(WAITS_S)
        while True:
            try:
                return call(self.connect()[0])
            except failures() as error:
                wait_s = next(waits, None)
                late = time.monotonic() - began > PATIENCE_S
                if wait_s is None or late or is_final(error):
                    raise self.refused(what, error) from None  # the cause may quote secrets
            time.sleep(wait_s)

    def refused(self, what: str, error: BaseException) -> RemoteError:
        """Say in one line what did not work."""
        error = _behind(error)
        got, at = type(error).__name__, "" if what == str(self.url) else f" at {self.url}"
        status = getattr(error, "status", None)
        if isinstance(error, FileNotFoundError) or status == 404:
            return RemoteError(f"{what}: is not there{at}; check the name")
        if isinstance(error, PermissionError) or got in UNSIGNED or status in (401, 403):
            return RemoteError(
                f"{what}: no permission{at} (got {got}); give credentials in the environment"
            )
        return RemoteError(
            f"{what}: cannot be reached{at} (got {got}); see to the connection, then run the same "
            "command again"
        )

    def listed(self) -> Iterator[tuple[str, Entry]]:
        """List all files below: name relative to the folder, and entry.

        Raises
        ------
        RemoteError
            If it cannot be listed.
        """
        root = self.connect()[1].rstrip("/")
        if self.is_web:
            from .web import found, name_of

            entries = found(self, root)
        else:
            entries = self.tried(str(self.url), lambda fs: _find(fs, root))
        for key, info in entries.items():
            name = "" if key == root else key.removeprefix(f"{root}/")
            yield name_of(name) if self.is_web else name, _entry(key, info)

    def entry(self, key: str, name: str) -> Entry:
        """Look at one file as it is now."""

        def info(fs: Any) -> Mapping[str, Any]:
            fs.invalidate_cache()
            found: Mapping[str, Any] = fs.info(key)
            return found

        return _entry(key, self.tried(name, info))

    def beginnings(self, wanted: Sequence[tuple[str, int]]) -> list[bytes | None]:
        """Read the first bytes of several files at once: of each (key, bytes) so many.

        None is what could not be read; asking for it by itself tells why.
        """
        there = [(key, size) for key, size in wanted if size]  # of nothing no range can be asked
        if self.is_web:
            from .web import beginning

            got = dict(zip(there, self.each(lambda one: beginning(self, *one), there), strict=True))
        else:
            got = dict(zip(there, self._ranges(there), strict=True))
        return [got.get(one) if one[1] else b"" for one in wanted]

    def _ranges(self, wanted: Sequence[tuple[str, int]]) -> list[bytes | None]:
        keys, ends = [key for key, _ in wanted], [size for _, size in wanted]
        try:
            got = self.connect()[0].cat_ranges(keys, [0] * len(keys), ends, on_error="return")
        except failures():
            return [None] * len(keys)
        return [data if isinstance(data, bytes) else None for data in got]

    def each(self, ask: Callable[[Any], T], of: Sequence[Any]) -> list[T]:
        """Ask for several things, a few at a time."""
        parallel = Parallel(n_jobs=min(AT_A_TIME, max(1, len(of))), backend="threading")
        return list(parallel(delayed(ask)(one) for one in of))

    def read(self, key: str, name: str) -> bytes:
        """Read a small file."""
        return self.tried(name, lambda fs: bytes(fs.cat_file(key)))

    def make_folder(self, key: str, name: str) -> None:
        """Make a folder, and those around it, where the file system has such."""
        self.tried(name, lambda fs: fs.makedirs(key, exist_ok=True))

    def send(self, path: Path, key: str, name: str) -> None:
        """Write a file from disk, over what is there."""
        self.tried(name, lambda fs: fs.put_file(str(path), key))

    def write(self, data: bytes, key: str, name: str) -> None:
        """Write a small file, over what is there."""
        self.tried(name, lambda fs: fs.pipe_file(key, data))

    def remove(self, key: str, name: str) -> None:
        """Remove a file."""
        self.tried(name, lambda fs: fs.rm_file(key))


def failures() -> tuple[type[BaseException], ...]:
    """List what a file system may raise."""
    foreign = [
        getattr(sys.modules[module], name)
        for module, names in FOREIGN.items()
        if module in sys.modules
        for name in names
    ]
    return (OSError, RuntimeError, ValueError, EOFError, *foreign)


def is_final(error: BaseException) -> bool:
    """Say whether another try would change nothing."""
    error = _behind(error)
    status = getattr(error, "status", None)
    refused = isinstance(status, int) and 400 <= status < 500 and status not in (408, 429)
    return refused or isinstance(error, FINAL) or type(error).__name__ in UNSIGNED


def _behind(error: BaseException) -> BaseException:
    """See what is behind a file that is not there: of the web `fsspec` says so of any failure."""
    cause = error.__cause__
    of_web = isinstance(cause, TimeoutError) or type(cause).__module__.startswith("aiohttp")
    return cause if isinstance(error, FileNotFoundError) and cause and of_web else error


def _connected(url: Url) -> tuple[Any, str]:
    """Make the file system of a URL."""
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(f"{url}: needs fsspec; pip install 'depx[cloud]'") from error
    options: dict[str, Any] = {}
    try:
        if url.protocol in WEB:
            from .web import patient

            options = patient(url.protocol)
        made: tuple[Any, str] = fsspec.url_to_fs(url.text, **options)
    except ImportError as error:
        raise UsageError(
            f"{url}: {url.protocol} needs a package that is not installed ({error.name or error}); "
            "pip install 'depx[cloud]' brings S3's and the web's"
        ) from error
    except ValueError as error:
        raise UsageError(f"{url}: fsspec knows no such protocol, or no such place in it") from error
    except failures() as error:  # some connect at once
        raise Server(url).refused(str(url), error) from None
    return made


def _find(fs: Any, root: str) -> dict[str, Mapping[str, Any]]:
    fs.invalidate_cache()
    found: dict[str, Mapping[str, Any]] = fs.find(root, detail=True)
    return found


def _entry(key: str, info: Mapping[str, Any]) -> Entry:
    told = next((name for name in IDENTITIES if info.get(name) is not None), None)
    return Entry(
        key=key,
        size=info.get("size"),
        kind=str(info.get("type", "file")),
        identity=None if told is None else f"{told}={info[told]}",
    )
