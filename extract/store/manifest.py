"""``session.json``: what a session's folder in the store holds, and what is wrong with it.

It names the inputs with size and sha256, each track with its content key, source, rows and quality,
each absence and each failure with its reason.  A track is on record if and only if its file is the
one that the record describes: the record goes before the file is replaced and comes back after.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...errors import StoreError
from ...features.track import Source
from .atomic import commit, read_json, write_json
from .key import sha256_file
from .lock import Lease
from .place import SCHEMA

NAME = "session.json"
SESSION = "session"
"""Name under which a failure of the session as a whole stands."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is known of one track on disk."""

    key: str
    kind: str
    rows: int
    bytes: int
    sha256: str
    source: Source
    input: str | None = None
    """sha256 of the file that it was measured on."""
    uses: Mapping[str, str] = field(default_factory=dict)
    """Keys of the tracks that it was made from."""
    quality: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "warnings": list(self.warnings)}


class Manifest:
    """The ``session.json`` of one session; every change is on disk when the call returns.

    Only the holder of the session's lock writes: a lease that was lost raises `LockedError`.
    """

    def __init__(self, folder: Path, identity: Mapping[str, object], lease: Lease) -> None:
        self.folder, self.lease = folder, lease
        self.path = folder / NAME
        self.document: dict[str, Any] = _read(self.path)
        for part in ("tracks", "absent", "failures"):
            self.document.setdefault(part, {})
        self.document |= {"schema": SCHEMA, **identity}

    def has(self, track: str, key: str, *, checksum: bool = False) -> bool:
        """Say whether the track is there under this key, with its file of the recorded size.

        With `checksum` also of the recorded content.
        """
        record = self.document["tracks"].get(track)
        if record is None or record["key"] != key:
            return False
        path = self.file(track)
        there = path.is_file() and path.stat().st_size == record["bytes"]
        return there and (not checksum or sha256_file(path) == record["sha256"])

    def lacks(self, track: str, key: str) -> bool:
        """Say whether it is on record that there is nothing to measure under this key."""
        absence = self.document["absent"].get(track)
        return absence is not None and absence["key"] == key

    def file(self, track: str) -> Path:
        """Where a track's table lies."""
        return self.folder / f"{track}.parquet"

    def publish(self, track: str, written: Path, record: Record) -> tuple[str, ...]:
        """Move a written table into its place and record it.

        Returns
        -------
        tuple of str
            Tracks that were made from another version of it; they are no longer on record.
        """
        stale = self._stale_after(track, record.key)
        for gone in (track, *stale):
            self.document["tracks"].pop(gone, None)
        self.keep(track)
        commit(written, self.file(track))
        self.document["tracks"][track] = record.document()
        self.save()
        for gone in stale:
            self.file(gone).unlink(missing_ok=True)
        return stale

    def keep(self, track: str) -> None:
        """Take back that a track failed or was absent: what is on record is what is wanted."""
        self.document["absent"].pop(track, None)
        self.document["failures"].pop(track, None)
        self.save()

    def fail(self, track: str, error: str, reason: str) -> None:
        """Record why a track could not be measured.

        An earlier table stays on record beside the failure, so that taking the cause back costs
        nothing; readers go by the failure.
        """
        self.keep(track)
        self.document["failures"][track] = {"error": error, "reason": reason}
        self.save()

    def lack(self, track: str, reason: str, key: str | None) -> None:
        """Record why a session has nothing to measure a track on, found out under `key`."""
        self.forget(track)
        self.document["absent"][track] = {"reason": reason, "key": key}
        self.save()

    def forget(self, track: str) -> None:
        """Take a track off the record, and its file away."""
        self.document["tracks"].pop(track, None)
        self.keep(track)
        self.file(track).unlink(missing_ok=True)

    def _stale_after(self, track: str, key: str) -> tuple[str, ...]:
        """List the tracks on record that were made, at any remove, from another key of `track`."""
        records = self.document["tracks"]
        stale = [name for name, made in records.items() if made["uses"].get(track, key) != key]
        for name in stale:  # grows as it goes: what is made from these goes too
            stale += [
                other
                for other, made in records.items()
                if name in made["uses"] and other not in stale
            ]
        return tuple(sorted(stale))

    def save(self) -> None:
        """Write the document if it differs from what is on disk."""
        self.lease.check()
        if _read(self.path) != self.document:
            write_json(self.path, self.document)


def _read(path: Path) -> dict[str, Any]:
    """Read a record; one that is missing or damaged is begun anew, its tracks are made again."""
    try:
        document = read_json(path)
    except StoreError:
        return {}
    parts = [document.get(part) for part in ("tracks", "absent", "failures")]
    whole = all(isinstance(part, dict) for part in parts) and all(
        isinstance(made, dict) and made.keys() == Record.__dataclass_fields__.keys()
        for made in document["tracks"].values()
    )
    return document if whole else {}
