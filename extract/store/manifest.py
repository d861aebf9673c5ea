"""``session.json``: what a session's folder in the store holds, and what is wrong with it.

It names the inputs with size and sha256, each track with its content key, source, rows and quality,
each absence and each failure with its reason.  A track is on record if and only if its file is the
one that the record describes: the record goes before the file is replaced and comes back after.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...features.track import Source
from .atomic import commit, read_json, write_json
from .place import SCHEMA

NAME = "session.json"


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is known of one track on disk."""

    key: str
    kind: str
    rows: int
    bytes: int
    sha256: str
    source: Source
    quality: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "warnings": list(self.warnings)}


class Manifest:
    """The ``session.json`` of one session; every change is on disk when the call returns.

    Only the holder of the session's lock writes.
    """

    def __init__(self, folder: Path, identity: Mapping[str, object]) -> None:
        self.folder = folder
        self.path = folder / NAME
        self.document: dict[str, Any] = read_json(self.path) if self.path.is_file() else {}
        for part in ("tracks", "absent", "failures"):
            self.document.setdefault(part, {})
        self.document |= {"schema": SCHEMA, **identity}

    def has(self, track: str, key: str) -> bool:
        """Say whether the track is there under this key, with its file of the recorded size."""
        record = self.document["tracks"].get(track)
        if record is None or record["key"] != key:
            return False
        path = self.file(track)
        return path.is_file() and path.stat().st_size == record["bytes"]

    def lacks(self, track: str, key: str) -> bool:
        """Say whether it is on record that there is nothing to measure under this key."""
        absence = self.document["absent"].get(track)
        return absence is not None and absence["key"] == key

    def file(self, track: str) -> Path:
        """Where a track's table lies."""
        return self.folder / f"{track}.parquet"

    def publish(self, track: str, written: Path, record: Record) -> None:
        """Move a written table into its place and record it."""
        self._clear(track)
        commit(written, self.file(track))
        self.document["tracks"][track] = record.document()
        self.save()

    def fail(self, track: str, error: str, reason: str) -> None:
        """Record why a track could not be measured; what was there under another key goes."""
        self._clear(track)
        self.file(track).unlink(missing_ok=True)
        self.document["failures"][track] = {"error": error, "reason": reason}
        self.save()

    def lack(self, track: str, reason: str, key: str | None) -> None:
        """Record why a session has nothing to measure a track on, found out under `key`."""
        self._clear(track)
        self.file(track).unlink(missing_ok=True)
        self.document["absent"][track] = {"reason": reason, "key": key}
        self.save()

    def _clear(self, track: str) -> None:
        was_on_record = self.document["tracks"].pop(track, None) is not None
        self.document["absent"].pop(track, None)
        self.document["failures"].pop(track, None)
        if was_on_record:
            self.save()

    def save(self) -> None:
        """Write the document if it differs from what is on disk."""
        if not self.path.is_file() or read_json(self.path) != self.document:
            write_json(self.path, self.document)
