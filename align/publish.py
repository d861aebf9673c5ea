"""A finished training set on disk in, the same at a URL out; ``dataset.json`` goes last.

Whoever reads at the URL sees a whole training set or none: an older ``dataset.json`` is removed
before a shard is touched.  What was sent is kept in a journal beside it (path -> sha256), so that
a publication that was cut short goes on where it stood; the journal goes when all is there.  Each
file is held against the sha256 that ``dataset.json`` has of it before anything changes at the URL.

Two publications to one URL at the same time are not kept apart: no lock holds everywhere.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import DamagedError, RemoteError, StoreError, UsageError
from ..extract.remote.server import Server
from ..extract.remote.url import Url
from ..extract.sharing.told import SHARED
from ..extract.store.key import sha256_file
from ..extract.store.lock import locked
from ..extract.store.place import MARKERS, SCHEMA, open_marker
from .cards.texts import RECORDED, TEXTS
from .dataset import SESSIONS_FILE
from .settings import VIEWS
from .shards import TABLE

MARKER = MARKERS["dataset"]
JOURNAL = ".depx-publishing.json"
BESIDE = (*TEXTS, *SHARED)
"""What may lie beside the shards, and is compared by reading it."""
SHARD = re.compile(r"part-\d{5}\.parquet")
MEGABYTE = 1e6


@dataclass(frozen=True, kw_only=True)
class Published:
    """What became of a publication."""

    url: str
    sent: int
    """Files that were sent."""
    sent_bytes: int
    kept: int
    """Files that were there already."""
    removed: int
    """Files of an older training set that were removed."""

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return asdict(self)

    def line(self) -> str:
        """Say it to a person."""
        if not self.sent and not self.removed:
            return f"published: {self.kept} files are there already -> {self.url}"
        removed = f", {self.removed} of an older set removed" if self.removed else ""
        return (
            f"published: {self.sent} files, {self.sent_bytes / MEGABYTE:.1f} MB sent, "
            f"{self.kept} there already{removed} -> {self.url}"
        )


@dataclass(frozen=True, kw_only=True)
class _File:
    """A file that is to be at the URL."""

    name: str
    """Relative to the training set."""
    path: Path
    bytes: int
    sha256: str


def check_url(url: Url) -> Url:
    """Refuse a URL that cannot be published to.

    Raises
    ------
    UsageError
        If it is the web's, or nothing that is installed speaks its protocol.
    """
    server = Server(url)
    if server.is_web:
        raise UsageError(f"{url}: a web server takes no files; give a URL such as s3://BUCKET/SET")
    server.connect()
    return url


def publish(dataset: Path, url: Url, report: Callable[[str], None]) -> Published:
    """Copy a finished training set to a URL, as far as it is not there.

    Parameters
    ----------
    dataset : Path
        Made by ``depx align``.
    url : Url
        A folder; not one on disk, where ``align -o`` writes by itself.
    report : callable
        Takes a line a file that is sent.

    Raises
    ------
    StoreError
        If `dataset` is no training set, or what is at the URL is something else.
    DamagedError
        If a file is not the one that ``dataset.json`` records; nothing was changed then.
    RemoteError
        If the URL cannot be reached, or does not take the files; run again to go on.
    LockedError
        If another run writes to `dataset`.
    """
    check_url(url)
    open_marker(dataset, "dataset")
    with locked(dataset):
        return _publish(dataset, url, report)


def _publish(dataset: Path, url: Url, report: Callable[[str], None]) -> Published:
    marker = (dataset / MARKER).read_bytes()
    files = _files(dataset, json.loads(marker))
    there = _There(Server(url))
    missing = [file for file in files if not there.has(file)]
    stale = there.stale({file.name for file in files})
    unfinished = bool(missing or stale or there.marker != marker)
    if unfinished:
        _check(missing)
        folders = {file.name.rpartition("/")[0] for file in missing}
        there.begin([file for file in files if file not in missing], sorted({"", *folders}))
        for name in stale:
            there.remove(name)
        for n, file in enumerate(missing, 1):
            report(f"publishing {file.name}, {file.bytes / MEGABYTE:.1f} MB ({n}/{len(missing)})")
            there.send(file)
        there.finish(marker)
    there.forget_journal()
    return Published(
        url=str(url),
        sent=len(missing) + unfinished,
        sent_bytes=sum(file.bytes for file in missing) + len(marker) * unfinished,
        kept=len(files) - len(missing) + (not unfinished),
        removed=len(stale),
    )


def _files(dataset: Path, manifest: Mapping[str, Any]) -> list[_File]:
    """List what is to be at the URL but the marker, in the order in which it goes there."""
    shards = manifest["shards"]
    recorded = [shard for view in shards if view != TABLE for shard in shards[view]]
    files = [
        _File(
            name=shard["path"],
            path=dataset / shard["path"],
            bytes=shard["bytes"],
            sha256=shard["sha256"],
        )
        for shard in (*recorded, *shards[TABLE])
    ]
    return files + [
        _File(
            name=text["path"],
            path=dataset / text["path"],
            bytes=text["bytes"],
            sha256=text["sha256"],
        )
        for text in manifest.get(RECORDED, ())  # an older set has none
    ]


def _check(files: Sequence[_File]) -> None:
    """Hold files against their hashes."""
    for file in files:
        if not file.path.is_file() or sha256_file(file.path) != file.sha256:
            raise DamagedError(
                f"{file.path}: is not the file that {MARKER} records; nothing was published; "
                "align again with --force"
            )


def _is_table(name: str) -> bool:
    """Say whether a file is one that only a training set has."""
    view, _, shard = name.partition("/")
    return name == SESSIONS_FILE or (view in VIEWS and SHARD.fullmatch(shard) is not None)


class _There:
    """What lies at the URL, and what of it is surely whole."""

    def __init__(self, server: Server) -> None:
        """Look at it.

        Raises
        ------
        StoreError
            If something else lies there.
        """
        self._server = server
        self._root = server.connect()[1].rstrip("/")
        self._sizes = {name: entry.size for name, entry in server.listed() if name}
        self.marker = self._read(MARKER)
        journal = self._read(JOURNAL)
        marked = _object(self.marker)
        self._whole = _recorded(marked) if marked is not None else _object(journal) or {}
        """Name -> sha256.  While there is a marker it is true, else the journal is."""
        strange = [name for name in self._sizes if not (_is_table(name) or name.endswith("/"))]
        begun = marked is not None or journal is not None
        if (strange and not begun) or (marked is not None and marked.get("place") != "dataset"):
            raise StoreError(
                f"{server.url}: holds something else ({strange[0]}); choose another URL"
            )

    def has(self, file: _File) -> bool:
        """Say whether a file is surely there as it should be."""
        if self._sizes.get(file.name) != file.bytes:
            return False
        if file.name in BESIDE:
            there = self._read(file.name)
            return there is not None and hashlib.sha256(there).hexdigest() == file.sha256
        return self._whole.get(file.name) == file.sha256

    def stale(self, wanted: set[str]) -> list[str]:
        """List the files of an older training set that this one does not have."""
        ours = (name for name in self._sizes if _is_table(name) or name in BESIDE)
        return sorted(name for name in ours if name not in wanted)

    def begin(self, kept: Sequence[_File], folders: Sequence[str]) -> None:
        """Unfinish what is there, but remember which of its files stay; make some folders."""
        self._whole = {file.name: file.sha256 for file in kept}
        for folder in folders:
            self._server.make_folder(self._key(folder).rstrip("/"), folder or str(self._server.url))
        self._note()
        if MARKER in self._sizes:
            self.remove(MARKER)

    def send(self, file: _File) -> None:
        """Send a file, and note that it is there."""
        self._server.send(file.path, self._key(file.name), file.name)
        arrived = self._server.entry(self._key(file.name), file.name).size
        if arrived != file.bytes:
            raise RemoteError(
                f"{file.name}: expected {file.bytes} bytes at {self._server.url}, got {arrived}; "
                "run the same command again"
            )
        self._whole[file.name] = file.sha256
        self._note()

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._server.remove(self._key(name), name)
        del self._sizes[name]

    def finish(self, marker: bytes) -> None:
        """Say that all is there."""
        self._server.write(marker, self._key(MARKER), MARKER)

    def forget_journal(self) -> None:
        """Remove the journal, if there is one."""
        if JOURNAL in self._sizes:
            self.remove(JOURNAL)

    def _note(self) -> None:
        data = json.dumps(self._whole, sort_keys=True, indent=1).encode()
        self._server.write(data, self._key(JOURNAL), JOURNAL)
        self._sizes[JOURNAL] = len(data)

    def _read(self, name: str) -> bytes | None:
        return self._server.read(self._key(name), name) if name in self._sizes else None

    def _key(self, name: str) -> str:
        return f"{self._root}/{name}"


def _object(data: bytes | None) -> dict[str, Any] | None:
    """Read a JSON object; None of what is none, as a writer that was killed may leave it."""
    try:
        found = json.loads(data or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _recorded(manifest: Mapping[str, Any]) -> dict[str, str]:
    """List the hashes that an older ``dataset.json`` records."""
    if manifest.get("schema") != SCHEMA:
        return {}
    return {
        shard["path"]: shard["sha256"] for view in manifest["shards"].values() for shard in view
    }
