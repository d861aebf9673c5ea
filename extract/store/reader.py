"""A feature store as the later stages read it: sessions, and their tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import DamagedError, StoreError
from ...features.columns import Column
from ...features.track import Track, owned_intervals
from ...features.types import F32, F64, I64
from ...features.words import Turn, WordTime, WordVectors
from . import layout, tables
from .atomic import read_sealed
from .key import sha256_file
from .manifest import NAME, session_folders
from .place import MARKERS, open_marker
from .tables import MENDS

LABELS = "labels.parquet"
AND = "+"
"""Stands between the hashes of the files that a track was made from, where it was more than one."""
WRITTEN = {"session", "case", "participant", "corpus", "inputs", "tracks", "absent", "failures"}
"""What every record has."""
UNREAD = "unread"  # no record has it, but what stands in the place of one that is damaged


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredSamples:
    """A track of samples that stays on disk but for its times: its length costs little memory."""

    path: Path
    time_s_F: F64
    columns: tuple[Column, ...]
    rate_hz: float | None

    def owned(self) -> tuple[F64, F64]:
        """Say which interval each sample owns; see `owned_intervals`."""
        return owned_intervals(self.time_s_F, self.rate_hz)

    def parts(self, names: Sequence[str]) -> Iterator[Track]:
        """Read consecutive rows; each part has those of the named columns that the track has."""
        asked = frozenset(names)
        columns = tuple(column for column in self.columns if column.name in asked)
        wanted = [column.name for column in columns]
        first = 0
        read = ("valid", *layout.fields_read(self.columns, wanted))
        for batch in _batches(self.path, read, rows=layout.ROW_GROUP):
            yield Track(
                time_s=self.time_s_F[first : first + batch.num_rows],
                value_FC=layout.values_of(batch, self.columns, wanted),
                columns=columns,
                valid_F=batch.column(0).to_numpy(zero_copy_only=False),
                rate_hz=self.rate_hz,
            )
            first += batch.num_rows


@dataclass(frozen=True, eq=False, kw_only=True)
class StoredSession:
    """One session of a store."""

    id: str
    case: str
    participant: str
    corpus: str
    folder: Path
    manifest: Mapping[str, Any]
    """``session.json``: inputs, tracks, absent, failures."""

    @property
    def damaged(self) -> bool:
        """Whether its record cannot be read, or is gone: nothing is known of it then."""
        return bool(self.manifest.get(UNREAD))

    @property
    def left_out(self) -> str | None:
        """Why the user had it left out when it was extracted; None if it was not."""
        reason = self.manifest.get("corrections", {}).get("left_out")
        return None if reason is None else str(reason)

    def has(self, track: str) -> bool:
        """Say whether a track may be read; see `tracks`."""
        return track in self.tracks()

    def tracks(self) -> tuple[str, ...]:
        """List the tracks that may be read: made from the inputs as they are now."""
        if self.left_out is not None:
            return ()
        parts = self.manifest
        inputs = {file["sha256"] for file in parts["inputs"].values()}
        return tuple(
            track
            for track, record in parts["tracks"].items()
            if set(record["input"].split(AND) if record["input"] else ()) <= inputs
            and track not in parts["failures"]
            and track not in parts["absent"]
        )

    def check(self, track: str) -> None:
        """Do nothing if the table of a track is the one on record.

        Raises
        ------
        DamagedError
            If it is not.
        """
        self._file(track)

    def key(self, track: str) -> str:
        """Content key of a track."""
        return str(self._record(track)["key"])

    def kind(self, track: str) -> str:
        """Kind of a track's table: ``samples``, ``turns``, ``vectors`` and others."""
        return str(self._record(track)["kind"])

    def samples(self, track: str) -> Track:
        """Read a track of samples (``face``, ``egemaps``, ``vad``)."""
        return tables.read_samples(self._file(track))

    def columns(self, track: str) -> tuple[Column, ...]:
        """List the columns of a track of samples."""
        return layout.columns_of(tables.read_meta(self._file(track)))

    def batches(self, track: str, names: Sequence[str], *, rows: int) -> Iterator[pa.RecordBatch]:
        """Read fields of a track of samples a few rows at a time; its length costs no memory.

        Those of a track of nameless numbers are ``time_s``, ``valid`` and ``vector``.
        """
        yield from _batches(self._file(track), names, rows=rows)

    def open(self, track: str) -> StoredSamples:
        """Open a track of samples to read it in parts."""
        path = self._file(track)
        meta = tables.read_meta(path)
        return StoredSamples(
            path=path,
            time_s_F=tables.read_times(path),
            columns=layout.columns_of(meta),
            rate_hz=meta["rate_hz"],
        )

    def turns(self) -> tuple[Turn, ...]:
        """Read the turns of the transcript."""
        return tables.read_turns(self._file("words"))

    def speakers(self) -> set[str]:
        """Read the names of who speaks in the transcript."""
        return tables.read_speakers(self._file("words"))

    def word_times(self) -> tuple[WordTime, ...]:
        """Read the times of the words, a row a word and method."""
        return tables.read_word_times(self._file("word_times"))

    def turn_values(self, track: str, names: Sequence[str]) -> tuple[I64, F32]:
        """Read a track of numbers a turn: index of each turn (T,), the named columns (T, C)."""
        return tables.read_turn_values(self._file(track), names)

    def vectors(self, track: str) -> WordVectors:
        """Read a track of word vectors (``bert``)."""
        return tables.read_vectors(self._file(track))

    def _record(self, track: str) -> Mapping[str, Any]:
        try:
            record: Mapping[str, Any] = self.manifest["tracks"][track]
        except KeyError:
            raise StoreError(
                f"{self.folder / NAME}: no track {track!r}; extract it with --tracks {track}"
            ) from None
        return record

    def _file(self, track: str) -> Path:
        path, record = self.folder / f"{track}.parquet", self._record(track)
        state = _state(path)
        known = state is not None and self._hashed.get(track) == state
        if state is None or not (known or sha256_file(path) == record["sha256"]):
            raise DamagedError(f"{path}: is not the file that {NAME} records; {MENDS}")
        self._hashed[track] = state
        return path

    @cached_property
    def _hashed(self) -> dict[str, tuple[int, ...]]:
        """Tables that were found to be as recorded, and the state each was in then."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Store:
    """A feature store on disk."""

    path: Path
    corpus: str
    marker: Mapping[str, Any]
    """``depx.json``."""

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open a store.

        Raises
        ------
        StoreError
            If `path` is none, or was written under another schema.
        """
        marker = open_marker(path, "store")
        return cls(path=path, corpus=str(marker["corpus"]), marker=marker)

    def sessions(self) -> list[StoredSession]:
        """Read the ``session.json`` of every session, sorted by id; see `StoredSession.damaged`."""
        found = []
        for folder in session_folders(self.path):
            document = _read(folder)
            found.append(
                StoredSession(
                    id=document["session"],
                    case=document["case"],
                    participant=document["participant"],
                    corpus=document["corpus"],
                    folder=folder,
                    manifest=document,
                )
            )
        return sorted(found, key=lambda session: session.id)

    def labels(self) -> Path | None:
        """Find the label table that the corpus brought, if it did.

        Raises
        ------
        DamagedError
            If it is not the one that the marker records.
        """
        path, record = self.path / LABELS, self.marker.get("labels")
        if record is not None and not (path.is_file() and sha256_file(path) == record["sha256"]):
            raise DamagedError(
                f"{path}: is not the file that {MARKERS['store']} records; the depx extract that "
                "brought the labels mends it"
            )
        return path if path.is_file() else None


def _state(path: Path) -> tuple[int, ...] | None:
    """Tell one state of a file from another without reading it; None where there is none."""
    if not path.is_file():
        return None
    facts = path.stat()
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _batches(path: Path, names: Sequence[str], *, rows: int) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as table:
            for group in range(table.num_row_groups):  # asked for all, it would decode all
                for batch in table.iter_batches(rows, row_groups=[group], columns=list(names)):
                    yield batch.select(list(names))
    except (OSError, pa.ArrowInvalid) as error:
        raise DamagedError(f"{path}: cannot be read; {MENDS}") from error


def _read(folder: Path) -> dict[str, Any]:
    """Read a record; one that is damaged or gone is a session that failed, and no other suffers."""
    manifest, name = folder / NAME, folder.name
    how = "damaged" if manifest.exists() else "gone"
    try:
        document = read_sealed(manifest)
        if document.keys() >= WRITTEN:
            if document["session"] == name:
                return document
            how = "of another session"  # copied, or renamed
        raise DamagedError(f"{manifest}: is {how}")
    except StoreError as error:
        failure = {"error": type(error).__name__, "reason": f"{NAME} is {how}; extract again"}
        return {
            **dict.fromkeys(("session", "case", "participant"), name),
            "corpus": "",
            "inputs": {},
            "tracks": {},
            "absent": {},
            "failures": {"session": failure},
            UNREAD: True,
        }
