"""The folder of a training set: what may lie there before it is written, and clearing it."""

import os
from contextlib import suppress
from pathlib import Path

from ..errors import StoreError
from ..extract.store.atomic import sweep
from ..extract.store.log import NAME as LOG
from ..extract.store.place import MARKERS, kind_of
from .dataset import SESSIONS_FILE
from .settings import VIEWS

OURS = frozenset({*VIEWS, SESSIONS_FILE, LOG})  # what a killed run may leave without its marker


def check_place(dataset: Path) -> None:
    """Refuse a folder that holds something else: stale shards are removed there."""
    if dataset.exists() and not dataset.is_dir():
        raise StoreError(f"{dataset}: expected a folder, got a file; choose another -o")
    kind = kind_of(dataset)
    if kind not in (None, "dataset"):
        raise StoreError(f"{dataset}: is a {kind}, expected a training set; choose another -o")
    if kind is None and dataset.is_dir():
        for entry in dataset.iterdir():
            if entry.name not in OURS and not entry.name.startswith("."):
                raise StoreError(
                    f"{dataset}: is neither empty nor a training set; choose another -o"
                )


def clear(dataset: Path) -> None:
    """Unfinish the training set, then remove its shards and what a killed run left."""
    (dataset / MARKERS["dataset"]).unlink(missing_ok=True)
    folder = os.open(dataset, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    sweep(dataset)
    for view in VIEWS:
        sweep(dataset / view)
        for shard in (dataset / view).glob("part-*.parquet"):
            shard.unlink()
        with suppress(OSError):  # not there, or holds something that is not ours
            (dataset / view).rmdir()
