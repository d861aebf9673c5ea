"""The marker file that says what a folder is: a store, a training set, a run or a study.

A marker is sealed.  A training set, a run and a study of runs get theirs last, so a folder that a
killed run left has none yet; what it is to become is told by what lies there.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import DamagedError, StoreError
from .atomic import read_sealed, write_sealed
from .lock import waited_for

SCHEMA = 1
MARKERS = {
    "store": "depx.json",
    "dataset": "dataset.json",
    "run": "run.json",
    "study": "study.json",
}
REPORT = "report.html"
"""The page of a place of any kind."""
MAKERS = {"store": "extract", "dataset": "align", "run": "train", "study": "train"}
TRACES = {
    "store": ("*/session.json",),
    "dataset": ("words/part-*.parquet", "words/.part-*.tmp"),
    "study": ("arms",),
    "run": ("fold*-seed*.json", "model-fold*.safetensors", "store/depx.json", "dataset/log.jsonl"),
}
"""What lies in a place whose marker is lost, or is not written yet: one of these at least."""
FITS = ("fold*-seed*.json", "model-fold*-seed*.safetensors")
HOLDS: Mapping[str, tuple[str, ...]] = {
    "store": ("*",),
    "dataset": (
        *("words", "frames", "turns", "sessions", "sessions.parquet", "log.jsonl", REPORT),
        *("README.md", "croissant.json", "SHARED.md", "SHARED.json"),
    ),
    "study": (
        *("arms", "store", "dataset", "log.jsonl"),
        *("ablation.csv", "representations.png", "*.md"),
    ),
    "run": (
        *(*FITS, "store", "dataset", "log.jsonl"),
        *("metrics.json", "predictions.parquet", "probes.parquet", REPORT, "*.md"),
        *("curves.csv", "synthesis.csv", "tuning.csv", "attention.csv", "attention.png"),
    ),
}
"""And nothing else: a folder of the user's own is none."""


def kind_of(path: Path) -> str | None:
    """Say what a folder is by its marker; None if it is no place of depx."""
    return next((kind for kind, name in MARKERS.items() if (path / name).is_file()), None)


def kind_of_unfinished(path: Path) -> str | None:
    """Say what a folder without a marker is to become; None if nothing tells."""
    return next(
        (
            kind
            for kind, patterns in TRACES.items()
            if any(next(path.glob(pattern), None) is not None for pattern in patterns)
            and all(
                any(entry.match(pattern) for pattern in HOLDS[kind])
                for entry in path.iterdir()
                if not entry.name.startswith(".")
            )
        ),
        None,
    )


def known_kind(path: Path) -> str:
    """Say what a place is, also one that a killed run left unfinished.

    Raises
    ------
    StoreError
        If it is no place of depx.
    """
    kind = kind_of(path) or kind_of_unfinished(path)
    if kind is None:
        got = "a folder of something else" if path.is_dir() else "no folder"
        raise StoreError(f"{path}: expected a store, a training set, a run or a study, got {got}")
    return kind


def found_store(path: Path, *, corpus: str) -> None:
    """Make `path` a store, or check that it is one of the same corpus and schema.

    Raises
    ------
    StoreError
        If `path` is a file, a folder that holds other things, or a store of another kind.
    """
    if path.exists() and not path.is_dir():
        raise StoreError(f"{path}: expected a folder for the store, got a file; choose another -o")
    if read_marker(path, "store") is None:
        _refuse_other_things(path)
        path.mkdir(parents=True, exist_ok=True)
        with waited_for(path):  # of several runs that begin at once, one makes it
            if read_marker(path, "store") is None:
                marker = {"place": "store", "schema": SCHEMA, "corpus": corpus}
                write_sealed(path / MARKERS["store"], marker)
    document = open_marker(path, "store")
    if document.get("corpus") != corpus:
        raise StoreError(
            f"{path}: holds corpus {document.get('corpus')!r}, got {corpus!r}; choose another -o, "
            f"or say --corpus {document.get('corpus')}"
        )


def _refuse_other_things(path: Path) -> None:
    others = path.is_dir() and any(not entry.name.startswith(".") for entry in path.iterdir())
    if not others or any(path.glob("*/session.json")):  # its marker was lost or damaged
        return
    if read_marker(path, "store") is None:  # still: it may have become a store as we looked
        raise StoreError(f"{path}: is neither empty nor a store; choose another -o")


def read_marker(path: Path, kind: str) -> dict[str, Any] | None:
    """Read the marker of a place; None where there is none that is whole."""
    try:
        return read_sealed(path / MARKERS[kind])
    except DamagedError:
        return None


def amend_store(path: Path, change: Mapping[str, Any]) -> None:
    """Put facts into the marker of a store; None takes one out.  The caller holds its lock."""
    before = open_marker(path, "store")
    after = {name: fact for name, fact in {**before, **change}.items() if fact is not None}
    if after != before:
        write_sealed(path / MARKERS["store"], after)


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
    document = read_marker(path, kind)
    if document is None:
        raise DamagedError(f"{marker}: is damaged; run depx {MAKERS[kind]} again, which mends it")
    if document.get("schema") != SCHEMA:
        raise StoreError(
            f"{marker}: expected schema {SCHEMA}, got {document.get('schema')!r}; "
            "use the depx version that wrote it, or make it anew"
        )
    return document
