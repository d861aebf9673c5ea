"""The marker file that says what a folder is: a store, a training set or a run."""

from pathlib import Path
from typing import Any

from ...errors import DamagedError, StoreError
from .atomic import read_json, write_json
from .lock import waited_for

SCHEMA = 1
MARKERS = {"store": "depx.json", "dataset": "dataset.json", "run": "run.json"}
MAKERS = {"store": "extract", "dataset": "align", "run": "train"}


def kind_of(path: Path) -> str | None:
    """Say what a folder is by its marker; None if it is no place of depx."""
    return next((kind for kind, name in MARKERS.items() if (path / name).is_file()), None)


def found_store(path: Path, *, corpus: str) -> None:
    """Make `path` a store, or check that it is one of the same corpus and schema.

    Raises
    ------
    StoreError
        If `path` is a file, a folder that holds other things, or a store of another kind.
    """
    if path.exists() and not path.is_dir():
        raise StoreError(f"{path}: expected a folder for the store, got a file; choose another -o")
    marker = path / MARKERS["store"]
    if _read_or_none(marker) is None:
        _refuse_other_things(path, marker)
        path.mkdir(parents=True, exist_ok=True)
        with waited_for(path):  # of several runs that begin at once, one makes it
            if _read_or_none(marker) is None:
                write_json(marker, {"place": "store", "schema": SCHEMA, "corpus": corpus})
    document = open_marker(path, "store")
    if document.get("corpus") != corpus:
        raise StoreError(
            f"{path}: holds corpus {document.get('corpus')!r}, got {corpus!r}; choose another -o, "
            f"or say --corpus {document.get('corpus')}"
        )


def _refuse_other_things(path: Path, marker: Path) -> None:
    others = path.is_dir() and any(not entry.name.startswith(".") for entry in path.iterdir())
    if not others or any(path.glob("*/session.json")):  # its marker was lost or damaged
        return
    if _read_or_none(marker) is None:  # still: it may have become a store as we looked
        raise StoreError(f"{path}: is neither empty nor a store; choose another -o")


def _read_or_none(marker: Path) -> dict[str, Any] | None:
    try:
        return read_json(marker)
    except DamagedError:
        return None


def open_marker(path: Path, kind: str) -> dict[str, Any]:
    """Read the marker of a place.

    Raises
    ------
    StoreError
        If `path` is not such a place, or was written under another schema.
    """
    marker = path / MARKERS[kind]
    if not marker.is_file():
        got = kind_of(path)
        is_now = f"is a {got}" if got else "has no marker" if path.is_dir() else "is no folder"
        raise StoreError(f"{path}: expected a {kind} ({marker.name} inside), but it {is_now}")
    document = _read_or_none(marker)
    if document is None:
        raise DamagedError(f"{marker}: is damaged; run depx {MAKERS[kind]} again, which mends it")
    if document.get("schema") != SCHEMA:
        raise StoreError(
            f"{marker}: expected schema {SCHEMA}, got {document.get('schema')!r}; "
            "use the depx version that wrote it, or make it anew"
        )
    return document
