"""The cards beside the shards of a training set: written with it, recorded, held to the record.

Both are functions of ``dataset.json`` and ``sessions.parquet``, so a card that is damaged, or that
an older version of depx wrote, or did not write, is made again without touching a shard.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...extract.store.atomic import canonical, sealed, write_sealed, write_together
from ...extract.store.place import MARKERS
from .card import card
from .croissant import croissant
from .facts import Facts

README, CROISSANT = "README.md", "croissant.json"
TEXTS = (README, CROISSANT)
RECORDED = "texts"
"""Key of ``dataset.json`` under which they stand, with size and hash."""


def finish(
    dataset: Path, manifest: Mapping[str, Any], beside: Mapping[Path, bytes] | None = None
) -> dict[str, Any]:
    """Write what describes a training set whose shards are whole: cards, then its marker.

    Nothing of it is there before all of it is written, so no page tells of a set without a marker.

    Parameters
    ----------
    dataset : Path
    manifest : mapping
        What ``dataset.json`` holds but for the cards.
    beside : mapping of path to content, optional
        Further pages.

    Returns
    -------
    dict
        The manifest with the record of the cards.
    """
    made = _made(dataset, manifest)
    recorded = {**manifest, RECORDED: [_record(name, text) for name, text in made]}
    cards = {dataset / name: text for name, text in made}
    marker = {dataset / MARKERS["dataset"]: canonical(sealed(recorded))}
    write_together({**(beside or {}), **cards, **marker})
    return recorded


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
        write_together({dataset / name: made[name] for name in broken})
        return broken
    bare = {key: value for key, value in manifest.items() if key != RECORDED}
    if recorded:
        write_sealed(dataset / MARKERS["dataset"], bare)
    finish(dataset, bare)
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


def _record(name: str, text: bytes) -> dict[str, Any]:
    return {"path": name, "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
