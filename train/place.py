"""The folder of a run: what may lie there, when it is whole, what goes when another run begins."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import StoreError
from ..extract.store.key import sha256_file
from ..extract.store.place import FITS, MARKERS, kind_of, read_marker
from .plan import Plan
from .unit import Unit, done, model_path, record_path

METRICS, PREDICTIONS, CARD = "metrics.json", "predictions.parquet", "MODEL_CARD.md"
CURVES, SYNTHESIS, TUNING = "curves.csv", "synthesis.csv", "tuning.csv"
ATTENTION, ATTENTION_PICTURE = "attention.csv", "attention.png"
PROBES, REPORT = "probes.parquet", "report.html"
MADE = (
    *(METRICS, PREDICTIONS, PROBES, CARD, CURVES, SYNTHESIS, TUNING),
    *(ATTENTION, ATTENTION_PICTURE, REPORT),
)
"""Files that are made of all fits; some only where a model synthesises, or says where it looked."""
OURS = frozenset({"store", "dataset", "log.jsonl", *MADE})
MARKER = MARKERS["run"]
CHECKPOINTS = ".checkpoint-{name}*"
"""Hidden files that a fit keeps while it trains."""


def check_place(place: Path) -> None:
    """Refuse a folder that holds something else.

    Raises
    ------
    StoreError
        If it is a file, a store, a training set, or holds files that no run writes.
    """
    if place.exists() and not place.is_dir():
        raise StoreError(f"{place}: expected a folder, got a file; choose another -o")
    kind = kind_of(place)
    if kind not in (None, "run"):
        raise StoreError(f"{place}: is a {kind}, expected a run; choose another -o")
    if kind is None and place.is_dir():
        for entry in place.iterdir():
            ours = entry.name in OURS or any(entry.match(pattern) for pattern in FITS)
            if not ours and not entry.name.startswith("."):
                raise StoreError(f"{place}: is neither empty nor a run; choose another -o")


def is_whole(place: Path, about: Mapping[str, Any]) -> bool:
    """Say whether this run is there with all its files, whole to the byte."""
    document = read_marker(place, "run")
    return (
        document is not None
        and document.get("key") == about["key"]
        and document["probes"] == about["probes"]
        and document["groups"] == about["groups"]
        and all(
            (place / name).is_file() and sha256_file(place / name) == file["sha256"]
            for name, file in document["files"].items()
        )
    )


def begin(
    place: Path,
    planned: Plan,
    *,
    force: bool,
    report: Callable[[str], None],
) -> None:
    """Unfinish the run, and remove the fits that are not of it (with `force`, all fits).

    A finished run of these settings, of which a file is damaged, keeps its marker and its files:
    those that are made anew take their places.

    Raises
    ------
    StoreError
        If the folder holds a whole run of other settings and `force` is not set.
    """
    about, units = planned.about, (*planned.tuning, *planned.units)
    was = None if force else read_marker(place, "run")
    if was is not None and was.get("key") != about["key"]:
        raise StoreError(
            f"{place}: holds a run that differs in {_difference(was, about)}; "
            "choose another -o, or --force to replace it"
        )
    if was is None:
        (place / MARKER).unlink(missing_ok=True)
    kept = [unit for unit in units if not force and done(place, unit) is not None]
    stay = kept if was is None else units
    keep = {path for unit in stay for path in (record_path(place, unit), model_path(place, unit))}
    stale = [path for pattern in FITS for path in place.glob(pattern) if path not in keep]
    for path in stale:
        path.unlink()
    if kept:
        report(f"{len(kept)} of {len(units)} fits are there already")
    if stale and not force:
        report(f"{len(stale)} files of unfinished fits of another run were removed")


def files_of(place: Path, units: Sequence[Unit]) -> dict[str, dict[str, object]]:
    """List the files of a run with size and sha256."""
    paths = [place / name for name in MADE if (place / name).is_file()]
    for unit in units:
        paths += [
            path for path in (record_path(place, unit), model_path(place, unit)) if path.is_file()
        ]
    return {
        path.name: {"bytes": path.stat().st_size, "sha256": sha256_file(path)} for path in paths
    }


def _difference(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Name the settings that differ, those of the model one by one."""
    parts = (
        *("model", "dataset", "modalities", "target", "protocol"),
        *("seeds", "tune", "device", "ranks"),
    )
    now = json.loads(json.dumps(now))  # as the marker was read: without tuples
    names = [name for name in parts if was.get(name) != now.get(name)]
    before, after = was.get("config", {}), now["config"]
    names += [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return ", ".join(names) or "the versions of depx or its libraries"
