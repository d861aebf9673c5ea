"""Whether files are as they were recorded: there, of their size and hash, tables that can be read.

What is found damaged is noted in the place's log, so that the next run sees it even where the file
system shows no change: a bit that rotted leaves size and times as they were.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import DamagedError
from .atomic import SEAL, read_json, read_sealed
from .findings import Damage, Verified, short
from .key import sha256_file
from .log import Hashes, Log
from .tables import read_meta

TRIES = 5  # a file may be replaced while it is read, by a run at work


class Checker:
    """Checks the files of a place, and notes what is damaged in its log."""

    def __init__(self, place: Path, remedy: str) -> None:
        """Begin.

        Parameters
        ----------
        place : Path
        remedy : str
            What mends its files.
        """
        self.place, self.remedy = place, remedy
        self._hashes = Hashes(Log(place))

    def file(
        self,
        path: Path,
        recorded: Mapping[str, Any],
        *,
        rows: int | None = None,
        meta: Mapping[str, object] | None = None,
        sessions: int | None = None,
    ) -> Verified:
        """Check one file.

        Parameters
        ----------
        path : Path
        recorded : mapping
            Its ``bytes`` and ``sha256``.
        rows : int or None
            Of a table.
        meta : mapping or None
            What the table says of itself, or some of it.
        sessions : int or None
            Row groups of a shard.
        """
        damage = self._content(path, recorded)
        if damage is None and rows is not None:
            damage = self._table(path, rows, meta or {}, sessions)
        if damage is not None:
            return Verified(place=self.place, damaged=(damage,))
        return Verified(place=self.place, files=1, bytes=int(recorded["bytes"]))

    def sealed(self, path: Path) -> Verified:
        """Check a document that is sealed."""
        try:
            read_sealed(path)
        except DamagedError:
            return Verified(place=self.place, damaged=(self._of_sealed(path),))
        return Verified(place=self.place, files=1, bytes=path.stat().st_size)

    def damage(self, path: Path, got: str, expected: str) -> Damage:
        """Say that a file is not as it should be."""
        if path.exists() and not path.is_file():
            got = "a folder" if path.is_dir() else "a pipe or a device"
            remedy = f"move it away; {self.remedy}"
            return Damage(file=path, got=got, expected=expected, remedy=remedy)
        return Damage(file=path, got=got, expected=expected, remedy=self.remedy)

    def _of_sealed(self, path: Path) -> Damage:
        if not path.is_file():
            return self.damage(path, "no file", "a sealed record")
        try:
            got = "a hash of" if SEAL in read_json(path) else "no hash of"
        except DamagedError:
            return self.damage(path, "no JSON object", "a sealed record")
        return self.damage(path, f"{got} itself that does not fit", "a sealed record")

    def _content(self, path: Path, recorded: Mapping[str, Any]) -> Damage | None:
        if not path.is_file():
            return self.damage(path, "no file", f"{recorded['bytes']} bytes")
        size = path.stat().st_size
        if size != recorded["bytes"]:
            return self.damage(path, f"{size} bytes", f"{recorded['bytes']} bytes")
        sha256 = self._hashed(path)
        if sha256 == recorded["sha256"]:
            return None
        expected = f"sha256 {short(recorded['sha256'])}..."
        return self.damage(path, f"sha256 {short(sha256)}...", expected)

    def _hashed(self, path: Path) -> str:
        """Hash a file that stands still meanwhile."""
        for _ in range(TRIES):
            before = _identity(path)
            sha256 = sha256_file(path)
            if _identity(path) == before:
                break
        return sha256

    def _table(
        self, path: Path, rows: int, meta: Mapping[str, object], sessions: int | None
    ) -> Damage | None:
        """Check a table whose bytes are as recorded; that it cannot be read says who wrote it."""
        try:
            footer, said = pq.read_metadata(path), read_meta(path)
        except (OSError, pa.ArrowInvalid, DamagedError) as error:
            return self.damage(path, f"no table that can be read ({type(error).__name__})", "one")
        if footer.num_rows != rows:
            return self.damage(path, f"{footer.num_rows} rows", f"{rows} rows")
        if sessions is not None and footer.num_row_groups != sessions:
            return self.damage(path, f"{footer.num_row_groups} row groups", f"{sessions}")
        for name, value in meta.items():
            if said.get(name) != value:
                return self.damage(path, f"a table of {name} {said.get(name)}", f"{name} {value}")
        return None

    def note(self, found: Verified) -> None:
        """Remember the true hashes of damaged files, so that the next run does not trust them."""
        for damage in found.damaged:
            if damage.file.is_file():
                self._hashes.note(damage.file, sha256_file(damage.file))


def settled(check: Callable[[], Verified], *records: Path) -> Verified:
    """Check what a run at work may be replacing: again, where a record was written meanwhile.

    A record goes before its file is replaced and comes back after, so damage under a record that
    stood still is damage.  Where it never stands still there is nothing to be said.
    """
    for _ in range(TRIES):
        before = [_stamp(record) for record in records]
        found = check()
        if not found.damaged or [_stamp(record) for record in records] == before:
            return found
    line = f"{records[0]}: is being written again and again; run verify when the run is done"
    return replace(found, damaged=(), unchecked=(*found.unchecked, line), busy=True)


def _stamp(record: Path) -> tuple[int, int, int] | None:
    try:
        return _identity(record)
    except OSError:
        return None


def _identity(path: Path) -> tuple[int, int, int]:
    stat: os.stat_result = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
