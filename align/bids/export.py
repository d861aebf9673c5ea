"""``depx export STORE -o OUT --as bids``: a feature store as a BIDS dataset.

BIDS 1.10 has no features of a face; what it has, and takes here, are continuous recordings beside
a behavioural task (``beh/*_physio.tsv.gz``) and events.  Vectors a word and numbers a turn have no
place in it and are left out, which is said.

References
----------
bids-specification.readthedocs.io, "Physiological recordings", "Task events", "Behavioral
experiments (with no neural recordings)"
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ...errors import DepxError, UsageError
from ...extract.sessions import Choice
from ...extract.store.foreign import Delivered, check_out
from ...extract.store.reader import StoredSession
from ...features.parameters import configure
from ..delivery import Delivery
from ..labels import Known, join, united
from ..stores import Stores, gather, known_of
from .describe import TASK, description, readme
from .events import NA, events_of, lines_of
from .events import sidecar as of_events
from .grid import grid_of
from .names import Place, labels_of, places_of
from .people import columns_of, described, of_people, participants, visits
from .physio import sidecar, write_physio

PREFIX = "bids"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bids:
    """Parameters of ``--as bids``."""

    text: bool = False
    """Whether events say what was said."""
    labels: str = ""
    """Label table, a file; empty: the one that the corpus brought, if it did."""
    tracks: str = ""
    """Tracks of samples to write, with commas in between; empty: all."""


def export_bids(
    place: Path,
    out: Path,
    choice: Choice,
    values: Mapping[str, str],
    *,
    tell: Callable[[str, Delivered], None],
    note: Callable[[str], None],
    force: bool = False,
) -> Delivery:
    """Write a store as a BIDS dataset.

    Parameters
    ----------
    place : Path
        The store.
    out : Path
        A folder, which may be there.
    choice : Choice
        The sessions that the user wants.
    values : mapping of name to text
        ``bids.text`` and its like; see `Bids`.
    tell, note : callables
        See `Delivery`.
    force : bool
        Replace files that are there and differ.

    Raises
    ------
    StoreError
        If `place` is no store, or `out` is a file, a place of depx, or inside one.
    UsageError
        If a named session, track or parameter does not exist.
    LabelError
        If the labels cannot be used.
    """
    for name in values:
        if not name.startswith(f"{PREFIX}."):
            raise UsageError(f"--set {name}: --as bids has no such parameter")
    settings = configure(Bids, PREFIX, values)
    stores = gather([place])
    check_out(out, place)
    everybody = _known(stores, settings, note)
    places = places_of(everybody)
    sessions = choice.apply(stores.sessions())
    recordings = _recordings(stores.sessions(), settings)
    out.mkdir(parents=True, exist_ok=True)
    delivery = Delivery(out=out, force=force, tell=tell, note=note)
    written = []
    for stored in sessions:
        if _write(stored, places[stored.id], recordings, settings, delivery):
            written.append(stored)
    if written:
        here = {stored.id for stored in written}
        known = [one for one in everybody if one.session in here]
        _labels(known, places, delivery)
        _describe(written, stores.stores[0].corpus, recordings, settings, delivery)
    return delivery


def _known(stores: Stores, settings: Bids, note: Callable[[str], None]) -> list[Known]:
    """Lay labels beside all sessions of the store."""
    known = known_of(stores.sessions())
    given = Path(settings.labels) if settings.labels else None
    tables = stores.labels(given, note, needed=False)
    if not tables:
        note("participants.tsv has no labels: the store has none; --set bids.labels=TABLE")
        return known
    return list(join(united([table for table, _ in tables]), known, "").values())


def _recordings(sessions: Sequence[StoredSession], settings: Bids) -> dict[str, str]:
    """Give each track of samples the label of its recording."""
    there = {
        track for stored in sessions for track in stored.tracks() if stored.kind(track) == "samples"
    }
    wanted = [name.strip() for name in settings.tracks.split(",") if name.strip()]
    for name in wanted:
        if name not in there:
            got = ", ".join(sorted(there)) or "none"
            raise UsageError(f"--set bids.tracks={name}: no session has such samples, got {got}")
    labels = labels_of(there)
    return {track: labels[track] for track in sorted(there) if not wanted or track in wanted}


def _write(
    stored: StoredSession,
    place: Place,
    recordings: Mapping[str, str],
    settings: Bids,
    delivery: Delivery,
) -> bool:
    """Write the files of a session; say whether there is one."""
    failures = stored.manifest["failures"]
    for track, failure in failures.items():
        _fail(delivery, f"{place.stem} {track}", f"extraction failed: {failure['reason']}")
    if stored.left_out is not None:
        delivery.say(f"{place.stem}: left out: {stored.left_out}")
        return False
    there = False
    for track, label in recordings.items():
        if stored.has(track):
            name = f"{place.folder}/{place.stem}_task-interview_recording-{label}_physio"
            there |= _deliver(delivery, name, partial(_recording, stored, track, name, delivery))
    if stored.has("words"):
        name = f"{place.folder}/{place.stem}_task-interview_events"
        there |= _deliver(delivery, name, partial(_events, stored, name, settings, delivery))
    if not there and not failures:
        delivery.say(f"{place.stem}: has no track that BIDS has a place for, and is not written")
    return there


def _deliver(delivery: Delivery, name: str, write: Callable[[], None]) -> bool:
    """Write files of one table; a table that cannot be read is a failure of these alone."""
    try:
        write()
    except DepxError as error:
        _fail(delivery, name, str(error))
        return False
    return True


def _fail(delivery: Delivery, name: str, failure: str) -> None:
    delivery.files[name] = Delivered(failure=failure)
    delivery.tell(name, delivery.files[name])


def _recording(stored: StoredSession, track: str, name: str, delivery: Delivery) -> None:
    samples = stored.open(track)
    if samples.time_s_F.size == 0:
        delivery.say(f"{Path(name).name}: the track has no sample, and is not written")
        return
    grid = grid_of(samples.time_s_F, samples.rate_hz)
    if grid.left_out or grid.repeated or grid.empty:
        delivery.say(
            f"{Path(name).name}: times are not steady; on a grid of {grid.rate_hz:g} Hz "
            f"{grid.left_out} of {samples.time_s_F.size} samples are left out, {grid.repeated} "
            f"rows are repeated, {grid.empty} are empty"
        )
    source = stored.manifest["tracks"][track]["source"]
    delivery.file(f"{name}.tsv.gz", partial(write_physio, samples, grid))
    about = sidecar(track, samples.columns, grid, source, TASK)
    delivery.file(f"{name}.json", partial(_write_json, about))


def _events(stored: StoredSession, name: str, settings: Bids, delivery: Delivery) -> None:
    events = events_of(stored, text=settings.text)
    if events.untimed:
        delivery.say(f"{Path(name).name}: {events.untimed} words without times are left out")
    table = lines_of(events.columns, events.rows)
    delivery.file(f"{name}.tsv", partial(_write_text, table, rows=len(events.rows)))
    about = of_events(text=settings.text, task=TASK)
    delivery.file(f"{name}.json", partial(_write_json, about))


def _labels(known: Sequence[Known], places: Mapping[str, Place], delivery: Delivery) -> None:
    """Write who took part, what the labels say, and which id became which label."""
    columns = columns_of(known)
    several = any(places[one.session].visit for one in known)
    common = of_people(known, columns)
    rows = participants(known, places, common)
    table = lines_of(["participant_id", *common], rows)
    delivery.file("participants.tsv", partial(_write_text, table, rows=len(rows)))
    delivery.file("participants.json", partial(_write_json, described(common)))
    others = [name for name in columns if name not in common]
    if several:
        for subject, of in visits(known, places, others).items():
            name = f"sub-{subject}/sub-{subject}_sessions"
            table = lines_of(["session_id", *others], of)
            delivery.file(f"{name}.tsv", partial(_write_text, table, rows=len(of)))
            delivery.file(f"{name}.json", partial(_write_json, described(others)))
    ids = [
        [one.session, one.participant, f"sub-{place.subject}", _visit(place)]
        for one, place in ((one, places[one.session]) for one in known)
    ]
    table = lines_of(["session", "participant", "participant_id", "session_id"], ids)
    delivery.file("sourcedata/depx_ids.tsv", partial(_write_text, table, rows=len(ids)))


def _visit(place: Place) -> str:
    return f"ses-{place.visit}" if place.visit else NA


def _describe(
    sessions: Sequence[StoredSession],
    corpus: str,
    recordings: Mapping[str, str],
    settings: Bids,
    delivery: Delivery,
) -> None:
    lost = sorted(
        {
            f"`{track}`: BIDS has no place for {what}"
            for stored in sessions
            for track in stored.tracks()
            for kind, what in (("vectors", "a vector a word"), ("turns", "numbers a turn"))
            if stored.kind(track) == kind
        }
    )
    for line in lost:
        delivery.say(f"left out: {line}")
    delivery.file("dataset_description.json", partial(_write_json, description(corpus)))
    text = readme(sessions, text=settings.text, recordings=recordings, left_out=lost)
    delivery.file("README.md", partial(_write_text, text, rows=None))


def _write_json(document: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8", errors="backslashreplace")


def _write_text(text: str, path: Path, *, rows: int | None) -> int | None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return rows
