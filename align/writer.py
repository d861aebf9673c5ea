"""Parquet shards: a row group a session, rolled over by size, each moved in when it is whole.

zstd-1 and byte-stream split on floats, dictionary on strings only: two thirds of the size of
pyarrow's defaults, written faster.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from ..extract.store.atomic import replacing
from ..extract.store.key import sha256_file
from ..extract.store.tables import encoding

LEVEL = 1  # of zstd: 3 gains nothing on split floats and costs time


@dataclass(frozen=True, kw_only=True)
class Shard:
    """A file as ``dataset.json`` records it."""

    path: str
    """Relative to the training set."""
    rows: int
    bytes: int
    sha256: str
    sessions: tuple[tuple[str, int], ...]
    """Session and rows of each row group, in the order of the file."""


def row_groups(stream: IO[bytes], schema: pa.Schema) -> pq.ParquetWriter:
    """Open the writer of a shard; each table that it is given, whole, is a row group."""
    options = {**encoding(schema), "compression_level": LEVEL}
    return pq.ParquetWriter(stream, schema, **options)


@dataclass(eq=False)
class ShardWriter:
    """Write the tables of sessions into ``part-*.parquet``; use as a context.

    Leaving it with an error leaves the shard at hand unwritten.
    """

    place: Path
    """The training set."""
    folder: str
    """A view: ``words``, ``frames``, ``turns``, ``sessions``."""
    schema: pa.Schema
    shard_bytes: float
    """A shard is closed at the first row group that takes it to this size."""
    shards: list[Shard] = field(default_factory=list)
    """The finished shards; complete after the context was left."""

    def __post_init__(self) -> None:
        self._stack = ExitStack()
        self._open: tuple[str, IO[bytes], pq.ParquetWriter] | None = None  # closed by the stack
        self._sessions: list[tuple[str, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._finish()
        self._stack.__exit__(kind, error, trace)

    def add(self, session: str, table: pa.Table) -> None:
        """Append the rows of a session as one row group; `table` has at least one row."""
        if self._open is None:
            self._open = self._start(f"{self.folder}/part-{len(self.shards):05d}.parquet")
        _, stream, writer = self._open
        writer.write_table(table, row_group_size=table.num_rows)
        self._sessions.append((session, table.num_rows))
        if stream.tell() >= self.shard_bytes:
            self._finish()

    def _start(self, name: str) -> tuple[str, IO[bytes], pq.ParquetWriter]:
        path = self.place / name
        path.parent.mkdir(exist_ok=True)
        written = self._stack.enter_context(replacing(path))
        stream = self._stack.enter_context(written.open("wb"))
        return name, stream, self._stack.enter_context(row_groups(stream, self.schema))

    def _finish(self) -> None:
        if self._open is None:
            return
        name, _, _ = self._open
        self._stack.close()  # ends the file, closes the stream, then moves it in
        path = self.place / name
        self.shards.append(
            Shard(
                path=name,
                rows=sum(rows for _, rows in self._sessions),
                bytes=path.stat().st_size,
                sha256=sha256_file(path),
                sessions=tuple(self._sessions),
            )
        )
        self._open, self._sessions = None, []
