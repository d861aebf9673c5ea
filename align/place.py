"""The folder of a training set: what may lie there before it is written, and what goes then."""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from ..errors import StoreError, UsageError
from ..extract.sharing.told import SHARED
from ..extract.store.atomic import sweep
from ..extract.store.log import NAME as LOG
from ..extract.store.place import MARKERS, REPORT, kind_of, read_marker
from .cards.texts import TEXTS
from .dataset import SESSIONS_FILE
from .settings import VIEWS, AlignSettings

OURS = frozenset({*VIEWS, SESSIONS_FILE, *TEXTS, LOG, REPORT, *SHARED})
"""What a killed run may leave without its marker."""


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


def check_protection(dataset: Path, settings: AlignSettings) -> None:
    """Refuse to write words or names over a training set that was made without them.

    The option that was forgotten would else undo, in a moment, what it protects.

    Raises
    ------
    UsageError
        If text or names would come back, or other names, and nobody said ``--force``.
    """
    there = read_marker(dataset, "dataset")
    if there is None or settings.force:
        return
    was = there.get("settings", {})
    if was.get("no_text") and not settings.no_text:
        raise UsageError(
            f"{dataset}: was made with --no-text, and this would write what was said; say "
            "--no-text, choose another -o, or --force"
        )
    key, now = was.get("pseudonyms"), settings.pseudonyms
    if key is not None and key != now:
        got = "no --pseudonyms" if now is None else f"the key with fingerprint {now}"
        raise UsageError(
            f"{dataset}: goes under pseudonyms of the key with fingerprint {key}, got {got}; give "
            "its key file, choose another -o, or --force"
        )


def unfinish(dataset: Path) -> None:
    """Take away marker, report and pages of a share, and what a killed run left.

    Shards and cards stay: those that come out the same keep their dates.
    """
    for name in (MARKERS["dataset"], REPORT, *SHARED):
        (dataset / name).unlink(missing_ok=True)
    folder = os.open(dataset, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    _sweep(dataset)


def stale_shards(dataset: Path, written: Collection[str]) -> list[Path]:
    """List the shards that are not among those that were written."""
    return [
        shard
        for view in VIEWS
        for shard in sorted((dataset / view).glob("part-*.parquet"))
        if f"{view}/{shard.name}" not in written
    ]


def remove_others(dataset: Path, written: Collection[str]) -> None:
    """Remove shards that are not among those that were written, and what killed runs left."""
    _sweep(dataset)
    for shard in stale_shards(dataset, written):
        shard.unlink()
    for view in VIEWS:
        with suppress(OSError):  # not there, or not empty
            (dataset / view).rmdir()


def _sweep(dataset: Path) -> None:
    for folder in (dataset, *(dataset / view for view in VIEWS)):
        sweep(folder)
