"""A training set in, one that may be shared out: fewer columns, other names, the same rows.

What goes out is chosen from allow-lists (see `depx.extract.sharing`); the result is a training set
of its own, which ``depx verify``, ``train`` and ``export`` take.  Nothing is measured again:
vectors, times and labels are those of the training set.  One session is held in memory at a time;
pages go behind all data, and ``dataset.json`` last.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import StoreError
from ..extract.labels.base import SPLIT
from ..extract.sharing.policy import TEXT
from ..extract.sharing.told import MARK, Shared, pages
from ..extract.sharing.wanted import Sharing
from ..extract.store.atomic import replacing
from ..extract.store.foreign import check_out
from ..extract.store.key import digest
from ..extract.store.lock import locked
from ..extract.store.place import read_marker
from ..extract.store.tables import write_parquet
from .cards.texts import TEXTS, finish
from .dataset import SESSIONS_FILE, Dataset
from .manifest import sessions_record
from .place import check_place, remove_others, unfinish
from .settings import FRAMES
from .share_choice import INTERVIEWER, Chosen, choose
from .shared_marker import shared_about, shared_document
from .tables import metadata_of, sessions_table
from .writer import Shard, ShardWriter

if TYPE_CHECKING:
    import pyarrow as pa

MEGABYTE = 1e6
ROWS = frozenset(
    {"session", "index", "turn", "speaker", "role", "kind", "text", "start_s", "stop_s", "timing"}
    | {"confidence", "masked", "words", "time_s", "valid"}
)
"""Columns of the views that stand before the vectors."""


def share_dataset(place: Path, out: Path, sharing: Sharing, note: Callable[[str], None]) -> Shared:
    """Write a training set that may be shared.

    Parameters
    ----------
    place : Path
        A finished training set.
    out : Path
        A folder that is not there, is empty, or holds an earlier share.
    sharing : Sharing
    note : callable
        Takes lines for the user.

    Returns
    -------
    Shared
        As ``SHARED.md`` in `out` tells it.

    Raises
    ------
    StoreError
        If `place` is no training set, or `out` holds something else.
    UsageError
        If a licence forbids it, a name is not known, or there is no key.
    LockedError
        If another run writes to `out`.
    """
    dataset = Dataset.open(place)
    _check_out(out, place, force=sharing.force)
    chosen, shared = choose(dataset, sharing)
    rows = _session_rows(chosen)
    about = shared_about(chosen, rows, shared, sharing.pseudonyms)
    about["key"] = digest([about, [*chosen.sessions.values()], list(chosen.labels)])
    out.mkdir(parents=True, exist_ok=True)
    with locked(out):
        unfinish(out)
        for name in TEXTS:  # of an earlier share: they may tell what is to be left out now
            (out / name).unlink(missing_ok=True)
        shards = {view: _write_view(out, view, chosen, about) for view in dataset.shards.views()}
        with replacing(out / SESSIONS_FILE) as written:
            write_parquet(sessions_table(rows, _numbers(dataset), about), written)
        table = sessions_record(out, len(rows))
        files = {table.path, *(shard.path for made in shards.values() for shard in made)}
        remove_others(out, files)
        document = shared_document(about, chosen, rows, shards, table)
        finish(out, document, pages(out, shared))
    for one in shared.left:
        note(f"left out: {one.what} ({one.count}): {one.why}")
    return shared


def _check_out(out: Path, place: Path, *, force: bool) -> None:
    """Refuse to write over anything but an earlier share, and that only if asked."""
    there = read_marker(out, "dataset") if out.is_dir() else None
    if there is None or MARK not in there:
        check_out(out, place)
        check_place(out)
    elif not force:
        raise StoreError(f"{out}: holds a share already; --force writes it anew")


def _write_view(
    out: Path, view: str, chosen: Chosen, about: Mapping[str, Any]
) -> tuple[Shard, ...]:
    import pyarrow as pa

    was = chosen.dataset.shards.schema(view)
    wanted = [name for name in was.names if _is_in(name, view, chosen)]
    schema = pa.schema([was.field(name) for name in wanted], metadata_of(about))
    shard_bytes = about["settings"]["shard_mb"] * MEGABYTE
    writer = ShardWriter(out, view, schema, shard_bytes)
    with ExitStack() as stack:
        stack.enter_context(writer)
        for session, name in chosen.sessions.items():
            if session not in chosen.dataset.shards.groups(view):
                continue
            table = chosen.dataset.shards.read(view, session, wanted)
            columns = {column: _renamed(table[column], column, name, chosen) for column in wanted}
            writer.add(name, pa.table(columns, schema=schema))
    return tuple(writer.shards)


def _renamed(cells: "pa.ChunkedArray", column: str, name: str, chosen: Chosen) -> Any:
    import pyarrow as pa

    if column == "session":
        return pa.array([name] * len(cells), pa.string())
    if column == "speaker":
        return pa.array([chosen.speakers(one) for one in cells.to_pylist()], pa.string())
    if column == TEXT and not chosen.text:
        return pa.nulls(len(cells), pa.string())
    return cells


def _is_in(column: str, view: str, chosen: Chosen) -> bool:
    if column in ROWS:
        return True
    if view == FRAMES:
        return column in chosen.facial
    owners = chosen.dataset.owners()
    of = {f"{name}_{what}" for name in chosen.modalities for what in ("n_frames", "valid")}
    return owners.get(column) in chosen.modalities or column in of


def _session_rows(chosen: Chosen) -> list[dict[str, Any]]:
    """Lay out the rows of ``sessions.parquet``."""
    table = chosen.dataset.table(list(chosen.sessions))
    rows = []
    for record in table.to_pylist():
        row = {
            "session": chosen.names(record["session"]),
            "case": chosen.names(record["case"]),
            "participant": chosen.names(record["participant"]),
            "corpus": record["corpus"],
            SPLIT: chosen.split[record["session"]],
        }
        for name, cells in chosen.labels.items():
            row[name] = cells[record["session"]]
        for name in chosen.figures:
            row[name] = record[name]
        if INTERVIEWER in chosen.figures:
            row[INTERVIEWER] = np.asarray(record[INTERVIEWER], dtype=np.float32)
        rows.append(row)
    return sorted(rows, key=lambda row: str(row["session"]))


def _numbers(dataset: Dataset) -> frozenset[str]:
    """Name the columns of ``sessions.parquet`` that hold numbers which may be missing."""
    import pyarrow as pa

    schema = dataset.table([]).schema
    return frozenset(field.name for field in schema if pa.types.is_floating(field.type))
