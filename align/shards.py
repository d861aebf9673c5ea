"""The files of a training set as they are read: row groups by session, each file checked once.

A row group is a session, so whoever wants one session reads no other.  The first read of a file
holds it against the hash that ``dataset.json`` has of it, and keeps its footer, which takes longer
to parse than a session to read; nothing is read before it is asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import DamagedError, UsageError
from ..extract.store.key import sha256_file
from ..extract.store.place import MARKERS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

TABLE = "table"
"""Key of ``sessions.parquet`` beside the views: it has no row groups by session."""
ROWS = 1024  # of a batch: some 5 MB of word vectors


class RowGroup(NamedTuple):
    """Where the rows of a session lie."""

    path: str
    """Relative to the training set."""
    group: int
    rows: int


class Shards:
    """The shards of a training set, by view and session."""

    def __init__(self, path: Path, written: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Take the folder, and ``shards`` of its ``dataset.json``; open nothing."""
        self.path = path
        self._sha256 = {shard["path"]: shard["sha256"] for of in written.values() for shard in of}
        self._paths = {view: [shard["path"] for shard in of] for view, of in written.items()}
        (self.table,) = self._paths.pop(TABLE)
        self._groups = {
            view: {
                session: RowGroup(shard["path"], group, rows)
                for shard in written[view]
                for group, (session, rows) in enumerate(shard["sessions"])
            }
            for view in self._paths
        }
        self._footers: dict[str, Any] = {}  # of the files that were held against their hash

    def files(self) -> tuple[str, ...]:
        """List every file, relative to the training set."""
        return tuple(self._sha256)

    def views(self) -> tuple[str, ...]:
        """Name the views that hold rows, ``words`` first."""
        there = (view for view, groups in self._groups.items() if groups)
        return tuple(sorted(there, key=lambda view: (view != "words", view)))

    def groups(self, view: str) -> Mapping[str, RowGroup]:
        """Find the rows of each session that has some, in the order of the files.

        Raises
        ------
        UsageError
            If the training set has no such view.
        """
        if view not in self.views():
            raise UsageError(
                f"{self.path}: no view {view!r}, got {', '.join(self.views())}; "
                "depx align --views chooses"
            )
        return self._groups[view]

    def schema(self, view: str) -> "pa.Schema":
        """Read the columns of a view from its first file."""
        self.groups(view)
        with self.open(self._paths[view][0]) as file:
            return file.schema_arrow

    def batches(
        self,
        view: str,
        session: str,
        columns: Sequence[str] | None = None,
        *,
        rows: int = ROWS,
    ) -> "Iterator[pa.RecordBatch]":
        """Read the rows of a session so many at a time; a session without rows gives nothing."""
        where = self.groups(view).get(session)
        if where is not None:
            with self.open(where.path) as file:
                yield from file.iter_batches(rows, row_groups=[where.group], columns=columns)

    def read(self, view: str, session: str, columns: Sequence[str] | None = None) -> "pa.Table":
        """Read all rows of a session; a session without rows gives a table of none."""
        where = self.groups(view).get(session)
        with self.open(self._paths[view][0] if where is None else where.path) as file:
            if where is not None:
                return file.read_row_group(where.group, columns=columns)
            empty = file.schema_arrow.empty_table()
            return empty if columns is None else empty.select(columns)

    @contextmanager
    def open(self, name: str) -> "Iterator[pq.ParquetFile]":
        """Open a file that is as it was written.

        Raises
        ------
        DamagedError
            If it is missing, is not the file that the marker records, or whatever is asked of it
            inside the block does not fit what the marker says.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.path / name
        if name not in self._footers and not self._is_as_written(name):
            raise DamagedError(
                f"{path}: is not the file that {MARKERS['dataset']} records; depx verify names "
                "all that is damaged, and the same depx align then mends it"
            )
        try:
            with pq.ParquetFile(path, metadata=self._footers.get(name)) as file:
                self._footers[name] = file.metadata
                yield file
        except (OSError, pa.ArrowInvalid, KeyError, IndexError, ValueError) as error:
            raise DamagedError(
                f"{path}: expected what {MARKERS['dataset']} says, got {type(error).__name__}; "
                "align again"
            ) from error

    def _is_as_written(self, name: str) -> bool:
        path = self.path / name
        return path.is_file() and sha256_file(path) == self._sha256[name]
