"""A damaged or deleted ``session.json`` from what else is known: the log, and the whole tables.

To measure a session anew takes hours, so the log remembers the record of each table that was
published, without its source, which the table's own schema holds.  A table whose bytes are not the
ones that were published is not put on record, and is measured again.  So is everything where the
log is lost.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ...errors import DamagedError
from .key import digest, sha256_file
from .log import Events, events
from .tables import read_meta

RECORDED = "recorded"

Remembered: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Session -> track -> its record, without the source."""


def remember(log: Events, session: str, track: str, record: Mapping[str, Any]) -> None:
    """Tell the log what was published."""
    facts = {name: fact for name, fact in record.items() if name != "source"}
    log.write(RECORDED, session=session, track=track, record=facts, seal=digest(facts))


def remembered(store: Path) -> Remembered:
    """Read what the logs of a store say was published last."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for event in events(store, RECORDED):
        facts = event.get("record")
        if isinstance(facts, dict) and event.get("seal") == digest(facts):  # no byte has changed
            found.setdefault(str(event.get("session")), {})[str(event.get("track"))] = facts
    return found


def restored(folder: Path, known: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Make the records of the tables of a session that are as they were published."""
    found = {}
    for track, facts in known.items():
        path = folder / f"{track}.parquet"
        if path.is_file() and sha256_file(path) == facts["sha256"]:
            try:
                meta = read_meta(path)
            except DamagedError:  # written by another program
                continue
            if meta.get("key") == facts["key"] and "source" in meta:
                found[track] = {**facts, "source": meta["source"]}
    return found
