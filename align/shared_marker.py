"""``dataset.json`` of a training set that is shared: what its readers need, from an allow-list."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..extract.sharing.pseudonyms import Pseudonyms
from ..extract.sharing.sources import safe_source
from ..extract.sharing.told import MARK, Shared
from ..extract.store.key import digest
from .settings import FRAMES, WORDS
from .shards import TABLE
from .share_choice import Chosen
from .writer import Shard

RECORDS = ("words", "word_times", "vad")
"""Tracks that shape the rows."""


def shared_about(
    chosen: Chosen,
    rows: Sequence[Mapping[str, Any]],
    shared: Shared,
    pseudonyms: Pseudonyms | None,
) -> dict[str, Any]:
    """Describe columns and provenance: the part that stands in the schema of every shard too.

    Parameters
    ----------
    chosen : Chosen
        What goes out.
    rows : sequence of mapping
        Of ``sessions.parquet``, as it goes out.
    shared : Shared
        Is told the licences.
    pseudonyms : Pseudonyms or None
    """
    was = chosen.dataset.manifest
    blind = str if pseudonyms is None else pseudonyms.blinded
    sources = _sources(chosen)
    for source in sources.values():
        shared.licences |= source["licences"]
    modalities = chosen.modalities
    return {
        "schema": was["schema"],
        "depx": was["depx"],
        "settings": {
            **was["settings"],
            "no_text": not chosen.text,
            "pseudonyms": shared.fingerprint,
        },
        "target": was["target"],
        "modalities": [one for one in was["modalities"] if one["name"] in modalities],
        FRAMES: {
            "rate_hz": was[FRAMES]["rate_hz"],
            "columns": [one for one in was[FRAMES]["columns"] if one["name"] in chosen.facial],
        },
        "rates_hz": {name: of for name, of in was["rates_hz"].items() if name in modalities},
        "timing": {how: sum(row[f"words_{how}"] for row in rows) for how in was["timing"]},
        "sources": sources,
        MARK: {
            "from": blind(chosen.dataset.key),
            "left_out": [one.what for one in (*shared.before, *shared.left)],
        },
    }


def shared_document(
    about: Mapping[str, Any],
    chosen: Chosen,
    rows: Sequence[Mapping[str, Any]],
    shards: Mapping[str, Sequence[Shard]],
    table: Shard,
) -> dict[str, Any]:
    """Write out the manifest.

    Parameters
    ----------
    about : mapping
        See `shared_about`.
    chosen : Chosen
        What goes out.
    rows : sequence of mapping
        Of ``sessions.parquet``, as it goes out.
    shards : mapping of view to sequence of Shard
    table : Shard
        ``sessions.parquet``.
    """
    was = chosen.dataset.manifest
    splits: dict[str, list[str]] = {}
    for row in rows:
        if row["split"] is not None and row["case"] not in splits.setdefault(row["split"], []):
            splits[row["split"]].append(row["case"])
    described = dict(about)
    sources = described.pop("sources")
    numbers = {
        name: sum(int(row[name]) for row in rows) for name in ("rows_masked", "words_unknown_role")
    }
    return {
        "place": "dataset",
        **described,
        "made_from": {},
        "splits": {"cases": splits, "hash": digest(splits)},
        "label_rule": was["label_rule"],
        "counts": {
            "sessions": len(rows),
            "cases": len({row["case"] for row in rows}),
            "participants": len({row["participant"] for row in rows}),
            "rows": sum(shard.rows for shard in shards.get(WORDS, ())),
            "frames": sum(shard.rows for shard in shards.get(FRAMES, ())),
            **numbers,
        },
        "shards": {
            **{view: [asdict(shard) for shard in made] for view, made in shards.items()},
            TABLE: [asdict(table)],
        },
        "exclusions": [],
        "incomplete": [],
        "provenance": {
            "libraries": was["provenance"]["libraries"],
            "sources": sources,
            "inputs": {name: [] for name in chosen.sessions.values()},
            "tracks": {
                name: {
                    track: {"key": digest([name, track, of]), "source": of}
                    for track, of in _tracks(chosen, session).items()
                }
                for session, name in chosen.sessions.items()
            },
        },
    }


def _sources(chosen: Chosen) -> dict[str, Any]:
    """Collect the sources of the tracks that go out, by a short hash of what is told of them."""
    found = {}
    provenance = chosen.dataset.manifest["provenance"]
    for session in chosen.sessions:
        for track, made in provenance["tracks"][session].items():
            if track in RECORDS or track in chosen.modalities:
                source = safe_source(provenance["sources"][made["source"]])
                found[digest(source)[:12]] = source
    return found


def _tracks(chosen: Chosen, session: str) -> dict[str, str]:
    """Say of which source each track of a session is that goes out."""
    provenance = chosen.dataset.manifest["provenance"]
    return {
        track: digest(safe_source(provenance["sources"][made["source"]]))[:12]
        for track, made in provenance["tracks"][session].items()
        if track in RECORDS or track in chosen.modalities
    }
