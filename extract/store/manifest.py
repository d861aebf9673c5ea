"""``session.json``: what a session's folder in the store holds, and what is wrong with it.

It names the inputs with size and sha256, each track with its content key, source, rows and quality,
each absence and each failure with its reason.  A track is on record if and only if its file is the
one that the record describes: the record goes before the file is replaced and comes back after.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...errors import StoreError
from ...features.registry import EXTRACTORS
from ...features.track import Source
from .atomic import commit, read_sealed, write_sealed
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
    reading: Mapping[str, Any] = field(default_factory=dict)
    """How its input was read, as far as that shapes the numbers."""
    quality: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "warnings": list(self.warnings)}


class Manifest:
    """The ``session.json`` of one session: changed in memory, on disk when `save` returns.

    Only the holder of the session's lock saves; without a lease it is for looking at what a run
    would change.
    """

    def __init__(
        self, folder: Path, identity: Mapping[str, object], lease: Lease | None = None
    ) -> None:
        self.folder, self._lease = folder, lease
        self.path = folder / NAME
        there = _read(self.path)
        self._saved = _text(there) if there else None
        self._doomed: set[str] = set()
        self.document: dict[str, Any] = there
        for part in ("tracks", "absent", "failures"):
            self.document.setdefault(part, {})
        self.document |= {"schema": SCHEMA, **identity}

    @property
    def saved(self) -> dict[str, Any]:
        """What is on disk: the record before anything was changed; empty where there is none."""
        return json.loads(self._saved) if self._saved else {}

    @property
    def lost(self) -> bool:
        """Whether the record is damaged, or gone from beside its tables."""
        return self._saved is None and is_session(self.folder)

    def restore(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the records of tables in place of the lost one."""
        self.document["tracks"] |= records

    @property
    def changed(self) -> bool:
        """Whether there is something to save."""
        return bool(self._doomed) or _text(self.document) != self._saved

    def has(self, track: str, key: str, hash_of: Callable[[Path], str]) -> bool:
        """Say whether the track is there under this key, and its file is the recorded one."""
        record = self.document["tracks"].get(track)
        if record is None or record["key"] != key:
            return False
        path = self.file(track)
        there = path.is_file() and path.stat().st_size == record["bytes"]
        return there and hash_of(path) == record["sha256"]

    def lacks(self, track: str, key: str) -> bool:
        """Say whether it is on record that there is nothing to measure under this key."""
        absence = self.document["absent"].get(track)
        return absence is not None and absence["key"] == key

    def file(self, track: str) -> Path:
        """Where a track's table lies."""
        return self.folder / f"{track}.parquet"

    def publish(self, track: str, written: Path, record: Record) -> tuple[str, ...]:
        """Move a written table into its place and record it; all of it is on disk afterwards.

        Returns
        -------
        tuple of str
            Tracks that were made from another version of it; they are no longer on record.
        """
        stale = self._stale_after(track, record.key)
        if not stale and self._tells(track, record):  # the file was lost or damaged, that is all
            self.keep(track)
            self.save()
            commit(written, self.file(track))
            return ()
        for gone in (track, *stale):
            self.document["tracks"].pop(gone, None)
        self.keep(track)
        self.save()
        commit(written, self.file(track))
        self.document["tracks"][track] = record.document()
        self._doomed |= set(stale)
        self._doomed.discard(track)
        self.save()
        return stale

    def _tells(self, track: str, record: Record) -> bool:
        """Say whether the record of a track is this one already."""
        there = self.document["tracks"].get(track)
        return there is not None and _text(there) == _text(record.document())

    def keep(self, track: str) -> None:
        """Take back that a track failed or was absent: what is on record is what is wanted."""
        self.document["absent"].pop(track, None)
        self.document["failures"].pop(track, None)

    def fail(self, track: str, error: str, reason: str) -> None:
        """Record why a track could not be measured.

        An earlier table stays on record beside the failure, so that taking the cause back costs
        nothing; readers go by the failure.
        """
        self.keep(track)
        self.document["failures"][track] = {"error": error, "reason": reason}

    def lack(self, track: str, reason: str, key: str | None) -> None:
        """Record why a session has nothing to measure a track on, found out under `key`."""
        self.forget(track)
        self.document["absent"][track] = {"reason": reason, "key": key}

    def forget(self, track: str) -> None:
        """Take a track off the record, and its file away."""
        self.document["tracks"].pop(track, None)
        self.keep(track)
        if self.file(track).exists():
            self._doomed.add(track)

    def forget_orphans(self) -> None:
        """Take tables away that no record names: a kill came before they went.

        Where the record itself was lost all tables are such, and the ones that are wanted are
        made anew; the others stay, as nothing says that they are stale.
        """
        if self._saved is not None:
            self._doomed |= orphans(self.folder, self.document["tracks"])

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
        """Bring the record to disk if it differs from what is there, then take doomed files away.

        Raises
        ------
        LockedError
            If another run took the session over.
        """
        if not self.changed:
            return
        if self._lease is None:
            raise StoreError(f"{self.path}: opened for looking, nothing is saved")
        self._lease.check()
        text = _text(self.document)
        if text != self._saved:
            write_sealed(self.path, self.document)
            self._saved = text
        for track in self._doomed:
            self.file(track).unlink(missing_ok=True)
        self._doomed.clear()


def is_session(folder: Path) -> bool:
    """Say whether a session lies in a folder of a store: its record, or its tables without one."""
    return (folder / NAME).exists() or bool(orphans(folder, ()))


def session_folders(store: Path) -> list[Path]:
    """List the folders of a store in which a session lies, by name; see `is_session`."""
    return [
        folder
        for folder in sorted(store.iterdir())
        if folder.is_dir() and not folder.name.startswith(".") and is_session(folder)
    ]


def orphans(folder: Path, recorded: Collection[str]) -> set[str]:
    """Name the tracks of which a table is there and no record; other tables are the user's own."""
    there = {path.stem for path in folder.glob("*.parquet")}
    return (there & EXTRACTORS.keys()) - set(recorded)


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)


def _read(path: Path) -> dict[str, Any]:
    """Read a record; one that is missing or damaged is begun anew, its tracks are made again."""
    try:
        document = read_sealed(path)
    except StoreError:
        return {}
    parts = [document.get(part) for part in ("tracks", "absent", "failures")]
    known = Record.__dataclass_fields__.keys()
    whole = all(isinstance(part, dict) for part in parts) and all(
        isinstance(made, dict) and made.keys() == known for made in document["tracks"].values()
    )
    return document if whole else {}
