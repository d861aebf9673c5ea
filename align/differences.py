"""What differs between a training set on disk and the one that its stores and labels would make."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import DepxError
from .dataset import Dataset
from .job import Job
from .labels import some
from .manifest import libraries, track_keys

FIRST_FIGURE = "duration_s"
"""First column of ``sessions.parquet`` behind the labels."""
IDS = ("case", "participant", "split")


def differences(dataset: Dataset, job: Job) -> list[dict[str, Any]]:
    """List what differs, each with its kind, what it is, and the sessions that it concerns.

    Parameters
    ----------
    dataset : Dataset
        As it is on disk.
    job : Job
        What a run would make now.

    Returns
    -------
    list of dict
        ``what``: a line for people; ``kind``: ``library``, ``setting``, ``target``, ``added``,
        ``gone``, ``track``, ``label``, ``other``; ``sessions``: ids, empty where it is for all.
    """
    manifest = dataset.manifest
    was = manifest.get("made_from", {})
    other = {name for name, of in job.made_from.items() if was.get(name) != of}
    found = list(_found(dataset, job, other))
    if other and not found:
        named = ", ".join(sorted(other))
        found.append(_difference("other", f"{named} differ from what it was made from", ()))
    return found


def _found(dataset: Dataset, job: Job, other: set[str]) -> Iterator[dict[str, Any]]:
    manifest = dataset.manifest
    provenance = manifest["provenance"]
    if "libraries" in other:
        yield from _mapped("library", provenance["libraries"], libraries())
    if "settings" in other:
        yield from _mapped("setting", manifest["settings"], job.settings.content())
    if "target" in other:
        target = None if job.target is None else job.target.name
        before = None if manifest["target"] is None else manifest["target"]["name"]
        yield _difference("target", f"target {before} -> {target}, or how it is judged", ())
    tracks = {stored.id: track_keys(stored, job.plan) for stored in job.plan.sessions}
    yield from _of_sessions(provenance["tracks"], tracks, job)
    if "labels" in other:
        yield from _of_labels(dataset, job)


def _mapped(kind: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            yield _difference(kind, f"{kind} {name}: {was.get(name)} -> {now.get(name)}", ())


def _of_sessions(
    was: Mapping[str, Mapping[str, Mapping[str, str]]],
    now: Mapping[str, Mapping[str, str]],
    job: Job,
) -> Iterator[dict[str, Any]]:
    added = [session for session in now if session not in was]
    if added:
        yield _difference("added", f"{len(added)} sessions are new: {some(added)}", added)
    reasons = {lack.session: lack.reason for lack in job.plan.exclusions}
    gone = [session for session in was if session not in now]
    if gone:
        first = f" ({reasons[gone[0]]})" if gone[0] in reasons else ""
        yield _difference("gone", f"{len(gone)} sessions are gone: {some(gone)}{first}", gone)
    changed: dict[tuple[str, str], list[str]] = {}
    for session in now:
        if session in was:
            keys = {track: made["key"] for track, made in was[session].items()}
            for track in sorted({*keys, *now[session]}):
                how = _how(keys.get(track), now[session].get(track))
                if how is not None:
                    changed.setdefault((track, how), []).append(session)
    for (track, how), sessions in changed.items():
        yield _difference(
            "track", f"track {track} {how} in {len(sessions)} sessions: {some(sessions)}", sessions
        )


def _how(was: str | None, now: str | None) -> str | None:
    if was == now:
        return None
    return "is new" if was is None else "is gone" if now is None else "was made anew"


def _of_labels(dataset: Dataset, job: Job) -> Iterator[dict[str, Any]]:
    try:
        table = dataset.table()
    except DepxError:  # damaged: that is said elsewhere
        return
    names = table.column_names
    last = names.index(FIRST_FIGURE) if FIRST_FIGURE in names else len(names)
    before = [name for name in names[:last] if name not in ("session", "corpus", *IDS)]
    rows = {row["session"]: row for row in table.select(names[:last]).to_pylist()}
    changed: dict[str, list[str]] = {}
    for one in job.known:
        row = rows.get(one.session)
        if row is None:
            continue
        cells = {"case": one.case, "participant": one.participant, "split": one.split, **one.labels}
        for name in (*IDS, *dict.fromkeys([*before, *one.labels])):
            if name not in row or name not in cells or _cell(row[name]) != _cell(cells[name]):
                changed.setdefault(name, []).append(one.session)
    for name, sessions in changed.items():
        what = f"labels: {name} changed in {len(sessions)} sessions: {some(sessions)}"
        yield _difference("label", what, sessions)


def _cell(value: object) -> object:
    """Compare as ``sessions.parquet`` holds it: an empty number is NaN there."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return None if math.isnan(value) else float(value)
    return value


def _difference(kind: str, what: str, sessions: Sequence[str]) -> dict[str, Any]:
    return {"kind": kind, "what": what, "sessions": list(sessions)}
