"""The folder of an ablation: what may lie there, and what its marker says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import StoreError
from ...extract.store.key import digest, sha256_file
from ...extract.store.log import is_log
from ...extract.store.place import HOLDS, MARKERS, SCHEMA, kind_of, read_marker
from .arms import Ablation

KIND = "study"
MARKER = MARKERS[KIND]
PAGE, TABLE, PICTURE = "ABLATION.md", "ablation.csv", "representations.png"
MADE = (PAGE, TABLE, PICTURE)
"""Files that are made of all arms; the last only where there are cases enough."""


def arm_path(place: Path, arm: str) -> Path:
    """Where the run of an arm lies."""
    return place / "arms" / arm


def check_place(place: Path) -> None:
    """Refuse a folder that holds something else.

    Raises
    ------
    StoreError
        If it is a file, another kind of place, or holds what no ablation writes.
    """
    if place.exists() and not place.is_dir():
        raise StoreError(f"{place}: expected a folder, got a file; choose another -o")
    kind = kind_of(place)
    if kind not in (None, KIND):
        raise StoreError(f"{place}: is a {kind}, expected an ablation study; choose another -o")
    if kind is None and place.is_dir():
        for entry in place.iterdir():
            ours = any(entry.match(pattern) for pattern in HOLDS[KIND]) or is_log(entry)
            if not ours and not entry.name.startswith("."):
                raise StoreError(
                    f"{place}: is neither empty nor an ablation study; choose another -o"
                )


def marker_of(
    place: Path,
    ablation: Ablation,
    about: Mapping[str, Any],
    keys: Mapping[str, str],
    left_out: Mapping[str, str],
) -> dict[str, Any]:
    """Say what a finished ablation is.

    Parameters
    ----------
    place : Path
    ablation : Ablation
    about : mapping
        ``run.json`` of the first arm.
    keys : mapping of arm to the key of its run
    left_out : mapping of arm to why it could not be trained
    """
    files = [place / name for name in MADE if (place / name).is_file()]
    return {
        "place": KIND,
        "schema": SCHEMA,
        "key": _key(ablation, keys, left_out),
        "ablation": ablation.name,
        "model": about["model"],
        "dataset": about["dataset"],
        "seeds": about["seeds"],
        "arms": dict(keys),
        "left_out": dict(left_out),
        "files": {
            path.name: {"bytes": path.stat().st_size, "sha256": sha256_file(path)} for path in files
        },
    }


def is_whole(
    place: Path, ablation: Ablation, keys: Mapping[str, str], left_out: Mapping[str, str]
) -> bool:
    """Say whether what is made of these runs is there, whole to the byte."""
    document = read_marker(place, KIND)
    return (
        document is not None
        and document.get("key") == _key(ablation, keys, left_out)
        and not broken(place, document)
    )


def _key(ablation: Ablation, keys: Mapping[str, str], left_out: Mapping[str, str]) -> str:
    return digest([ablation.name, dict(keys), dict(left_out)])


def broken(place: Path, marker: Mapping[str, Any]) -> list[Path]:
    """List the files that are not as the marker records them."""
    return [
        place / name
        for name, file in marker["files"].items()
        if not (place / name).is_file() or sha256_file(place / name) != file["sha256"]
    ]
