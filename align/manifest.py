"""``dataset.json``: what a training set holds and what shaped it; written last, it says "finished".

It is a function of inputs and settings alone: no clock, no host, no path of this machine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..extract.store.key import digest, sha256_file
from ..extract.store.place import MARKERS, SCHEMA, read_marker
from ..extract.store.reader import AND, StoredSession
from .dataset import SESSIONS_FILE, Target
from .labels import Known
from .plan import Part, Plan, source_of
from .settings import FRAMES, WORDS, AlignSettings
from .shards import TABLE
from .tables import vector_columns
from .targets import differing
from .tokens import VAD
from .writer import Shard

NAME = MARKERS["dataset"]
LIBRARIES = (
    "numpy",
    "pyarrow",
    "scipy",
)  # they compute and write; another version may give other bytes


def libraries() -> dict[str, str]:
    """List the versions that shape the bytes of a training set."""
    return {name: version(name) for name in ("depx", *LIBRARIES)}


def components(
    plan: Plan, known: Sequence[Known], target: Target | None, settings: AlignSettings
) -> dict[str, Any]:
    """List all that shapes a training set: settings, labels, and the content keys of the tracks.

    The hash of it all is the training set's content key.
    """
    return {
        "schema": SCHEMA,
        "libraries": libraries(),
        "settings": settings.content(),
        "target": None if target is None else asdict(target),
        "labels": [asdict(one) for one in known],
        "tracks": {stored.id: track_keys(stored, plan) for stored in plan.sessions},
        "corpora": {stored.id: stored.corpus for stored in plan.sessions},
        "exclusions": [asdict(lack) for lack in plan.exclusions],
        "incomplete": [asdict(lack) for lack in plan.incomplete],
    }


def about(plan: Plan, target: Target | None, settings: AlignSettings, key: str) -> dict[str, Any]:
    """Describe columns and provenance: the part that stands in the schema of every shard too."""
    return {
        "schema": SCHEMA,
        "depx": version("depx"),
        "key": key,
        "settings": settings.content(),
        "target": None if target is None else asdict(target),
        "modalities": [_modality(part, settings) for part in plan.parts],
        "frames": {
            "rate_hz": settings.frame_rate_hz,
            "columns": [{"name": c.name, "unit": c.unit} for c in plan.frame_columns],
        },
        "rates_hz": {track: list(rates) for track, rates in plan.rates_hz.items()},
        "timing": plan.timing,
        "sources": _sources(plan),
        "inputs": {stored.id: _inputs(stored, plan) for stored in plan.sessions},
    }


def document(
    about: Mapping[str, Any],
    plan: Plan,
    known: Sequence[Known],
    shards: Mapping[str, Sequence[Shard]],
    sessions: Shard,
    made_from: Mapping[str, str],
) -> dict[str, Any]:
    """Write out the manifest.

    Parameters
    ----------
    about : mapping
        See `about`.
    plan : Plan
        With the sessions that were written and the exclusions of all that were not.
    known : sequence of Known
        The written sessions.
    shards : mapping of view to sequence of Shard
    sessions : Shard
        ``sessions.parquet``.
    made_from : mapping
        Component of the content key -> its hash.
    """
    splits: dict[str, list[str]] = {}
    for one in known:
        if one.split is not None and one.case not in splits.setdefault(one.split, []):
            splits[one.split].append(one.case)
    described = dict(about)
    sources, inputs = described.pop("sources"), described.pop("inputs")
    written = {stored.id for stored in plan.sessions}
    return {
        "place": "dataset",
        **described,
        "made_from": dict(made_from),
        "timing": plan.timing,
        "splits": {"cases": splits, "hash": digest(splits)},
        "label_rule": _label_rule(described["target"], known),
        "counts": {
            "sessions": len(known),
            "cases": len({one.case for one in known}),
            "participants": len({one.participant for one in known}),
            **{
                name: sum(shard.rows for shard in shards.get(view, ()))
                for name, view in (("rows", WORDS), ("frames", FRAMES))
            },
            "rows_masked": plan.total("rows_masked"),
            "words_unknown_role": plan.total("words_unknown_role"),
        },
        "shards": {
            **{view: [asdict(shard) for shard in made] for view, made in shards.items()},
            TABLE: [asdict(sessions)],
        },
        "exclusions": [asdict(lack) for lack in plan.exclusions],
        "incomplete": [asdict(lack) for lack in plan.incomplete],
        "provenance": {
            "libraries": libraries(),
            "sources": sources,
            "inputs": {session: of for session, of in inputs.items() if session in written},
            "tracks": {stored.id: _provenance(stored, plan) for stored in plan.sessions},
        },
    }


def _label_rule(
    target: Mapping[str, Any] | None, known: Sequence[Known]
) -> dict[str, object] | None:
    """Record who counts as positive, and in how many sessions the released class says otherwise."""
    if target is None:
        return None
    differ, compared = differing(known, Target(**target))
    return {
        "positive": Target(**target).label_rule or None,
        "released": target["released"],
        "compared": compared,
        "differ": len(differ),
    }


def up_to_date(place: Path, key: str, plan: Plan) -> dict[str, Any] | None:
    """Return the manifest if the training set is finished, and made from the same content.

    A session that could not be read when it was written may be whole again: exclusions that the
    plan does not know make the training set out of date.
    """
    manifest = read_marker(place, "dataset")
    if manifest is None or manifest.get("key") != key:  # not there, or damaged: to be written
        return None
    return manifest if manifest["exclusions"] == [asdict(x) for x in plan.exclusions] else None


def damaged(
    place: Path, manifest: Mapping[str, Any], hash_of: Callable[[Path], str]
) -> list[tuple[str, Mapping[str, Any]]]:
    """List the files, with their views, that are not as the manifest records them."""
    return [
        (view, shard)
        for view, written in manifest["shards"].items()
        for shard in written
        if not _is_whole(place / shard["path"], shard, hash_of)
    ]


def _is_whole(path: Path, shard: Mapping[str, Any], hash_of: Callable[[Path], str]) -> bool:
    there = path.is_file() and path.stat().st_size == shard["bytes"]
    return there and hash_of(path) == shard["sha256"]


def sessions_record(place: Path, rows: int) -> Shard:
    """Record ``sessions.parquet``."""
    path = place / SESSIONS_FILE
    return Shard(
        path=SESSIONS_FILE,
        rows=rows,
        bytes=path.stat().st_size,
        sha256=sha256_file(path),
        sessions=(),
    )


def _modality(part: Part, settings: AlignSettings) -> dict[str, Any]:
    return {
        **asdict(part.modality),
        "kind": part.kind,
        "columns": vector_columns(part, settings),
    }


def _used(stored: StoredSession, plan: Plan) -> list[str]:
    """List the tracks that shape a session's rows: voice where windows or pauses are heard."""
    parts = [part.modality.name for part in plan.parts]
    return [track for track in ("words", "word_times", VAD, *parts) if stored.has(track)]


def track_keys(stored: StoredSession, plan: Plan) -> dict[str, str]:
    """Give the content keys of the tracks that shape a session's rows."""
    return {track: stored.key(track) for track in _used(stored, plan)}


def _inputs(stored: StoredSession, plan: Plan) -> list[str]:
    """List the sha256 of the files that were measured; their names stay in the store."""
    records = [stored.manifest["tracks"][track] for track in _used(stored, plan)]
    return sorted({sha for record in records for sha in (record["input"] or "").split(AND) if sha})


def _source_id(source: Mapping[str, Any]) -> str:
    return digest(source)[:12]


def _sources(plan: Plan) -> dict[str, Any]:
    """Collect the distinct sources of all tracks by a short hash: most sessions share theirs."""
    sources = (
        source_of(stored, track) for stored in plan.sessions for track in _used(stored, plan)
    )
    return {_source_id(source): source for source in sources}


def _provenance(stored: StoredSession, plan: Plan) -> dict[str, dict[str, str]]:
    return {
        track: {
            "key": stored.key(track),
            "source": _source_id(source_of(stored, track)),
        }
        for track in _used(stored, plan)
    }
