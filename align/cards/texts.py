"""The cards beside the shards of a training set: written with it, recorded, held to the record.

Both are functions of ``dataset.json`` and ``sessions.parquet``, so a card that is damaged, or that
an older version of depx wrote, or did not write, is made again without touching a shard.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...extract.store.atomic import replacing, write_sealed
from ...extract.store.key import sha256_file
from ...extract.store.place import MARKERS
from .card import card
from .croissant import croissant
from .facts import Facts

README, CROISSANT = "README.md", "croissant.json"
TEXTS = (README, CROISSANT)
RECORDED = "texts"
"""Key of ``dataset.json`` under which they stand, with size and hash."""


def with_texts(dataset: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Write the cards of a training set whose shards are whole; record them in its marker.

    Parameters
    ----------
    dataset : Path
    manifest : mapping
        What ``dataset.json`` will hold but for the cards.

    Returns
    -------
    dict
        The manifest with the record of the cards.
    """
    return {**manifest, RECORDED: [_write(dataset / n, t) for n, t in _made(dataset, manifest)]}


def renew(
    dataset: Path, manifest: Mapping[str, Any], hash_of: Callable[[Path], str]
) -> tuple[str, ...]:
    """Make the cards of a finished training set what they should be; the lock is held.

    Whoever reads meanwhile finds a marker that is true: before a card becomes another one its
    record goes.

    Returns
    -------
    tuple of str
        Cards that were damaged.
    """
    broken = tuple(text["path"] for text in damaged_texts(dataset, manifest, hash_of))
    made = dict(_made(dataset, manifest))
    records = {name: _record(name, text) for name, text in made.items()}
    recorded = {text["path"]: text for text in manifest.get(RECORDED, ())}
    if recorded == records:
        for name in broken:
            _write(dataset / name, made[name])
        return broken
    bare = {key: value for key, value in manifest.items() if key != RECORDED}
    if recorded:
        write_sealed(dataset / MARKERS["dataset"], bare)
    write_sealed(dataset / MARKERS["dataset"], with_texts(dataset, bare))
    return broken


def damaged_texts(
    dataset: Path, manifest: Mapping[str, Any], hash_of: Callable[[Path], str]
) -> list[Mapping[str, Any]]:
    """List the cards that are not as the marker records them."""
    return [
        text
        for text in manifest.get(RECORDED, ())
        if not (
            (dataset / text["path"]).is_file()
            and (dataset / text["path"]).stat().st_size == text["bytes"]
            and hash_of(dataset / text["path"]) == text["sha256"]
        )
    ]


def _made(dataset: Path, manifest: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    # as it is read back: what is written first must not hang on the order of a mapping in memory
    facts = Facts.of(dataset, json.loads(json.dumps(manifest, sort_keys=True)))
    described = json.dumps(croissant(facts), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return [(README, _bytes(card(facts))), (CROISSANT, _bytes(described))]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _write(path: Path, text: bytes) -> dict[str, Any]:
    with replacing(path) as written:
        written.write_bytes(text)
    return {"path": path.name, "bytes": len(text), "sha256": sha256_file(path)}


def _record(name: str, text: bytes) -> dict[str, Any]:
    return {"path": name, "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
