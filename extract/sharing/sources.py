"""What may be told of a recording's records: how its numbers came about, and nothing that names it.

Everything here is an allow-list.  A record of ``session.json`` names files, hashes of files (who
has the file knows whose it is), the participant as the user named them, and reasons in free text.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...features.registry import EXTRACTORS
from ..store.manifest import SESSION
from ..store.reader import StoredSession
from .pseudonyms import Pseudonyms

OPTIONS = frozenset(
    {"device", "dtype", "language", "pooling", "window", "mask_unvoiced", "stats_from", "au_tier"}
    | {"aus_from", "choose", "channel"}
)
"""Parameters whose text is one of a few words, and no name or path."""
FIGURES = ("share_valid", "speech_share", "snr_db", "frames", "frames_valid", "rows", "gaps")
"""Figures of a track's quality that say nothing of whose it is."""
UNSAID = "the reason may name files or people; whoever made this has it on record"


def safe_source(source: Mapping[str, Any]) -> dict[str, Any]:
    """Tell of a source what would make its numbers differ, without paths and names."""
    parameters = {
        name: value
        for name, value in source["parameters"].items()
        if value is None or isinstance(value, bool | int | float) or _is_option(name, value)
    }
    told = ("extractor", "version", "origin", "libraries", "models", "licences")
    return {**{name: source[name] for name in told}, "parameters": parameters}


def safe_record(record: Mapping[str, Any], pseudonyms: Pseudonyms) -> dict[str, Any]:
    """Tell of a track what its readers need; the file's own size and hash stay true."""
    quality = record.get("quality", {})
    kept = ("kind", "rows", "bytes", "sha256")
    return {
        **{name: record[name] for name in kept},
        "key": pseudonyms.blinded(record["key"]),
        "source": safe_source(record["source"]),
        "input": None,
        "uses": {track: pseudonyms.blinded(key) for track, key in record["uses"].items()},
        "reading": {},
        "quality": {name: quality[name] for name in FIGURES if name in quality},
        "warnings": [],
    }


def safe_session(stored: StoredSession, pseudonyms: Pseudonyms) -> StoredSession:
    """Give a session its pseudonyms, and a record in memory that names nothing.

    The folder and the tables are those on disk: who reads them must leave out what they say.
    """
    was = stored.manifest
    tracks = {name: safe_record(was["tracks"][name], pseudonyms) for name in stored.tracks()}
    named = {
        "session": pseudonyms.of(stored.id),
        "case": pseudonyms.of(stored.case),
        "participant": pseudonyms.of(stored.participant),
    }
    manifest = {
        **named,
        "corpus": stored.corpus,
        "inputs": {},
        "tracks": tracks,
        "absent": {name: {"reason": UNSAID, "key": None} for name in _known(was["absent"])},
        "failures": {
            name: {"error": was["failures"][name]["error"], "reason": UNSAID}
            for name in _known(was["failures"])
        },
    }
    return replace(
        stored,
        id=named["session"],
        case=named["case"],
        participant=named["participant"],
        manifest=manifest,
    )


def _is_option(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    return name in OPTIONS or (name == "model" and value.replace("-", "").isalnum())


def _known(named: Mapping[str, Any]) -> list[str]:
    return [name for name in named if name in EXTRACTORS or name == SESSION]
