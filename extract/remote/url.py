"""What the user calls a source: a path on disk, or the URL of a folder.

A URL is told by its ``NAME://``.  It names a folder and nothing else: no password, which belongs
into the environment and not into histories and logs, no query, and no chain of file systems.

Inside depx a file at a URL goes by a `Path` that nothing on disk has, ``s3:/bucket/300/a.wav``, so
that whoever asks for names and folders need not know where it lies; `shown` writes it as a URL.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ...errors import UsageError

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
CHAIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*::")
ON_DISK = frozenset({"file", "local"})
WRAPPING = frozenset(
    {"archive", "asyncwrapper", "blockcache", "cached", "dask", "data", "dir", "filecache"}
    | {"generic", "libarchive", "reference", "simplecache", "tar", "zip"}
)
"""Protocols of ``fsspec`` that are no place of their own."""
PASSWORD = re.compile(r"[^/@]*:(?!\d+(?:/|$))[^@]*@")
"""Of what follows ``://``: a user and a password, which may hold a slash; a port is none."""
_INSIDE = re.compile(r"([a-z][a-z0-9+.-]*):/(?!/)")


@dataclass(frozen=True)
class Url:
    """The URL of a folder, without a slash at its end; safe to be shown."""

    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def protocol(self) -> str:
        """What stands before ``://``."""
        return self.text.partition("://")[0]

    @property
    def path(self) -> Path:
        """What the folder goes by inside depx."""
        return Path(f"{self.protocol}:") / self.text.partition("://")[2].strip("/")


Where: TypeAlias = Path | Url


def where_of(text: str) -> Where:
    """Tell a path from a URL.

    Raises
    ------
    UsageError
        If it is a URL that names no folder, or says more than that.
    """
    if CHAIN.match(text):
        chain = text.partition("::")[0]
        raise UsageError(f"{chain}::...: file systems are not chained; give the URL of a folder")
    return url_of(text) if SCHEME.match(text) else Path(text)


def url_of(text: str) -> Url:
    """Check the URL of a folder; see `where_of`."""
    scheme = SCHEME.match(text)
    if scheme is None:
        raise UsageError(f"{_safe(text)}: expected the URL of a folder, as in s3://BUCKET/FOLDER")
    protocol, rest = scheme[1].lower(), text[scheme.end() :].rstrip("/")
    told = _safe(f"{protocol}://{rest}")
    if protocol in ON_DISK:
        raise UsageError(f"{told}: is on disk; give the path, without {protocol}://")
    if protocol in WRAPPING:
        raise UsageError(f"{told}: {protocol} is no place of its own; give the URL of a folder")
    if PASSWORD.match(rest):
        raise UsageError(
            f"{told}: a password in a URL ends in histories and logs; put it into the environment "
            f"(FSSPEC_{protocol.upper()}_PASSWORD, AWS_SECRET_ACCESS_KEY, or what {protocol} reads)"
        )
    if "?" in rest or "#" in rest:
        raise UsageError(f"{told}: expected the URL of a folder, got one with a query or fragment")
    if not rest.strip("/") or {"", ".", ".."} & set(rest.strip("/").split("/")):
        raise UsageError(f"{told}: expected {protocol}://PLACE/FOLDER; no part empty or of dots")
    return Url(f"{protocol}://{rest}")


def shown(path: Where) -> str:
    """Write a path as the user knows it."""
    return _INSIDE.sub(r"\1://", str(path), count=1) if isinstance(path, Path) else str(path)


def _safe(text: str) -> str:
    """Leave out of a URL what may be secret: user and password, and a query."""
    protocol, slashes, rest = text.partition("://")
    rest = PASSWORD.sub("", rest, count=1) if PASSWORD.match(rest) else rest
    return f"{protocol}{slashes}{rest.partition('?')[0].partition('#')[0]}"
