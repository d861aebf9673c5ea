"""Why a track is to be made anew, in words: what differs between its record and what is wanted."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .plan import Task
from .store.findings import short
from .store.key import sha256_file
from .store.reader import AND

READ_BY = {"sound": "audio", "transcript": "transcript"}
"""What a task takes -> prefix of the parameters that say how it is read."""
NOTHING = "none"


def why(task: Task, before: Mapping[str, Any], inputs: Mapping[str, Any], table: Path) -> list[str]:
    """Say why a task is to be done.

    Parameters
    ----------
    task : Task
        What is wanted.
    before : mapping
        The session's record as it is on disk; empty where there is none.
    inputs : mapping
        The session's files as they are now, as the record would have them.
    table : Path
        Where the track's table lies.

    Returns
    -------
    list of str
        A line a difference, at least one.
    """
    record = before.get("tracks", {}).get(task.track)
    if record is None:
        absent = before.get("absent", {}).get(task.track)
        return ["never made" if absent is None else f"was absent: {absent['reason']}"]
    if record["key"] == task.key:
        return [_of_table(record, table)]
    lines = [
        *_of_files(task, record, before.get("inputs", {}), inputs),
        *_of_source(record["source"], _plain(asdict(task.source)), task.track),
        *_of_reading(record["reading"], _plain(task.reading), task),
        *_of_uses(record["uses"], task.uses),
    ]
    return lines or ["its key differs"]


def _plain(document: object) -> Any:
    return json.loads(json.dumps(document))


def _of_table(record: Mapping[str, Any], table: Path) -> str:
    if table.is_dir():
        return "a folder stands where its table goes; move it away"
    if not table.is_file():
        return "its table is missing"
    size, wanted = table.stat().st_size, record["bytes"]
    if size != wanted:
        return f"its table is damaged: {size} bytes, recorded {wanted}"
    got, wanted = sha256_file(table), record["sha256"]
    if got == wanted:  # a damaged one was put right meanwhile
        return "its table was damaged, and is whole again"
    return f"its table is damaged: sha256 {short(got)}, recorded {short(wanted)}"


def _of_files(
    task: Task, record: Mapping[str, Any], was: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[str]:
    """Name the files that are others than those that the track was made from."""
    read = str(record["input"] or "").split(AND)
    wanted = str(task.input or "").split(AND)
    if read == wanted:
        return
    for part, file in now.items():
        if file["sha256"] in wanted and file["sha256"] not in read:
            before = was.get(part, {}).get("sha256")
            old = before if before in read else (read[0] if len(read) == 1 else None)
            yield f"{part} {file['file']} changed: {short(old)} -> {short(file['sha256'])}"
    for part, file in was.items():
        if file["sha256"] in read and part not in now:
            yield f"{part} {file['file']} is gone"


def _of_source(was: Mapping[str, Any], now: Mapping[str, Any], track: str) -> Iterator[str]:
    for name in ("origin", "extractor", "version"):
        if was.get(name) != now[name]:
            yield f"{name}: {was.get(name)} -> {now[name]}"
    if was.get("extractor") == now["extractor"]:
        for name, old, new in _differences(was.get("parameters", {}), now["parameters"]):
            yield f"{track}.{name}: {old} -> {new}"
    for name, old, new in _differences(was.get("libraries", {}), now["libraries"]):
        yield f"library {name}: {old} -> {new}"
    for name, old, new in _differences(was.get("models", {}), now["models"]):
        yield f"model {name}: {short(old)} -> {short(new)}"


def _of_reading(was: Mapping[str, Any], now: Mapping[str, Any], task: Task) -> Iterator[str]:
    prefix = READ_BY.get(task.takes, "reading")
    for name, old, new in _differences(was, now):
        is_version = name.endswith("version")
        yield f"{f'way of reading {prefix}' if is_version else f'{prefix}.{name}'}: {old} -> {new}"


def _of_uses(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for track, old, new in _differences(was, now):
        if old == NOTHING:
            yield f"{track} is there now, and is read too"
        elif new == NOTHING:
            yield f"{track}, which it was made from, is gone"
        else:
            yield f"{track}, which it is made from, is another: {short(old)} -> {short(new)}"


def _differences(
    was: Mapping[str, Any], now: Mapping[str, Any], before: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Name what differs, with both values; nested facts by their path."""
    for name in sorted({*was, *now}):
        old, new = was.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{before}{name}.")
        elif old != new:
            yield before + name, _said(old), _said(new)


def _said(value: object) -> str:
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value)
