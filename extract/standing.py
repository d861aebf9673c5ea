"""How each session of a store stands: looked at as a run would, without a lock and without a trace.

Discovery is repeated as earlier runs were told, and every session goes through its plan, but for
the work.  So it costs reading the records, and hashing the inputs that changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ..errors import DepxError, StoreError
from ..features.track import Source
from .archives.registry import forget_heads
from .corpora.official import sheet_of
from .corpora.registry import Discovery
from .earlier import Earlier, earlier
from .plan import Task, Unit
from .run import discover, made_from
from .session_run import SessionRun
from .sessions import Session
from .settings import ExtractSettings
from .store.atomic import read_sealed
from .store.labels import LABELED, record_of, would_change
from .store.lock import Holder, holder
from .store.log import Events, Hashes, Silent
from .store.manifest import NAME, SESSION, session_folders
from .store.place import read_marker
from .store.reader import LABELS
from .why import why
from .worker import Told

State: TypeAlias = Literal[
    "done", "left out", "failed", "stale", "unfinished", "new", "locked", "gone", "unknown"
]
"""Of a session.  ``gone``: in the store, and among no sources; ``unknown``: its sources are not
there, or nobody knows them."""
TrackIs: TypeAlias = Literal["up to date", "stale", "new", "failed", "absent", "not asked for"]
TO_DO: tuple[State, ...] = ("failed", "stale", "unfinished", "new", "locked")
"""States of sessions that a run would work on, or that one is at work on."""


@dataclass(frozen=True, kw_only=True)
class TrackState:
    """How one track of a session stands, and why."""

    state: TrackIs
    why: tuple[str, ...] = ()


UP_TO_DATE = TrackState(state="up to date")


@dataclass(frozen=True, kw_only=True)
class SessionState:
    """How one session stands."""

    session: str
    state: State
    tracks: Mapping[str, TrackState] = field(default_factory=dict)
    why: tuple[str, ...] = ()
    """What is to be said of it as a whole."""
    holder: Holder | None = None
    """Who is at work on it."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a store stands."""

    sessions: list[SessionState]
    """Sorted by id."""
    runs: list[Earlier]
    """What earlier runs were told, the latest first; empty where the log does not say."""
    lines: list[str]
    """What could not be looked at."""
    stale_labels: bool = False
    """Whether the corpus's label files say something else than the store's table."""

    @property
    def missing(self) -> list[str]:
        """Sources of earlier runs that are not there."""
        return [source for run in self.runs for source in run.missing]


def standing(path: Path, values: Mapping[str, str] | None = None) -> Standing:
    """Look at a store; `values` are as `earlier` takes them.

    Raises
    ------
    StoreError
        If `path` is none.
    """
    runs, lines = earlier(path, values)
    hashes = Hashes(Silent(), path)
    found: dict[str, SessionState] = {}
    stale_labels = False
    unsure = not runs or bool(lines)
    if not runs:
        lines.append("the log does not say what was extracted; from the records alone:")
    for run in runs:
        unsure |= bool(run.missing)
        lines += [f"{source}: is not looked at: {_where(source)}" for source in run.missing]
        try:
            if run.sources:
                discovery = discover(run.sources, path, run.settings, lambda _line: None)
                stands = _looked_at(path, run, discovery, hashes, found)
                found |= {one.session: one for one in stands}
                stale_labels |= _stale_labels(path, run, discovery)
        except (DepxError, OSError) as error:
            unsure = True
            lines.append(str(error))
    forget_heads()
    for folder in session_folders(path):
        if folder.name not in found:
            found[folder.name] = from_record(folder, "unknown" if unsure else "gone")
    return Standing(
        sessions=[found[one] for one in sorted(found)],
        runs=runs,
        lines=lines,
        stale_labels=stale_labels,
    )


def from_record(folder: Path, state: State) -> SessionState:
    """Say what the record of a session tells by itself."""
    try:
        document = read_sealed(folder / NAME)
    except DepxError:
        known: State = "failed" if state == "unknown" else state
        return SessionState(session=folder.name, state=known, why=(_lost(folder),))
    tracks = dict.fromkeys(document.get("tracks", {}), UP_TO_DATE)
    tracks |= _said_before(document)
    of_all = _of(document)
    failed = of_all or any(track.state == "failed" for track in tracks.values())
    if failed and state == "unknown":  # all that is known of it
        state = "failed"
    return SessionState(session=folder.name, state=state, tracks=tracks, why=of_all)


def _looked_at(
    store: Path,
    run: Earlier,
    discovery: Discovery,
    hashes: Hashes,
    known: Mapping[str, SessionState],
) -> Iterator[SessionState]:
    settings = run.settings.speaking(discovery.corpus.language)
    crew = _Onlooker(settings, made_from(settings, hashes), hashes)
    for session in discovery.sessions:
        if session.id not in known:
            yield _stand(crew, session, store / session.id)


def _stale_labels(store: Path, run: Earlier, discovery: Discovery) -> bool:
    """Say whether the next extract would write another label table; a damaged one is told of."""
    recorded = (read_marker(store, "store") or {}).get(LABELED)
    if recorded is not None and record_of(store / LABELS) != recorded:
        return False
    sheet, _ = sheet_of(discovery, run.settings.corrections)
    return sheet is not None and would_change(store, sheet)


def _stand(crew: "_Onlooker", session: Session, folder: Path) -> SessionState:
    run = SessionRun(crew, session, folder)
    before = run.manifest.saved
    lost = run.manifest.lost
    tasks = run.look()
    changed = run.manifest.changed
    if tasks:
        tasks = (*tasks, *run.forecast())
    tracks = _tracks(run, before, tasks)
    held = holder(folder)
    lines: tuple[str, ...] = (_lost(folder),) if lost else _of(before)
    state: State
    if held is not None and held.live:
        state = "locked"
    elif session.corrections.left_out is not None:
        state, lines = "left out", (session.corrections.left_out,)
    elif run.problem is not None:
        state, lines = "failed", (run.problem,)
    elif not before and not lost:
        state = "new"
    elif any(track.state == "failed" for track in tracks.values()):
        state = "failed"
    elif lost or any(track.state == "stale" for track in tracks.values()):
        state = "stale"
    elif tasks:
        state = "unfinished"
    elif changed:
        state, lines = "stale", ("its record is to be written anew: files were renamed, or others",)
    else:
        state = "done"
    return SessionState(
        session=session.id,
        state=state,
        tracks=tracks,
        why=lines,
        holder=held if state == "locked" else None,
    )


def _tracks(
    run: SessionRun, before: Mapping[str, Any], tasks: tuple[Task, ...]
) -> dict[str, TrackState]:
    inputs = run.manifest.document["inputs"]
    found: dict[str, TrackState] = {}
    to_do = {task.track: task for task in tasks}
    said = _said_before(before)
    for track in run.crew.settings.extractors:
        if track in to_do:
            reasons = why(to_do[track], before, inputs, run.manifest.file(track))
            is_new = track not in before.get("tracks", {})
            state: TrackIs = "new" if is_new else "stale"
            found[track] = TrackState(state=state, why=tuple(reasons))
            if said.get(track, UP_TO_DATE).state == "failed":
                found[track] = said[track]
        elif track in run.failures:
            found[track] = TrackState(state="failed", why=(run.failures[track],))
        elif track in run.absent:
            found[track] = TrackState(state="absent", why=(run.absent[track],))
        elif track in run.kept:
            found[track] = UP_TO_DATE
    for track in before.get("tracks", {}):
        found.setdefault(track, TrackState(state="not asked for"))
    return found


def _said_before(document: Mapping[str, Any]) -> dict[str, TrackState]:
    """List what is on record as failed or absent."""
    absent: dict[str, TrackState] = {
        track: TrackState(state="absent", why=(str(said["reason"]),))
        for track, said in document.get("absent", {}).items()
    }
    return absent | {
        track: TrackState(state="failed", why=(str(said["reason"]),))
        for track, said in document.get("failures", {}).items()
        if track != SESSION
    }


def _lost(folder: Path) -> str:
    """Say what became of a record that cannot be read."""
    return f"its {NAME} is {'damaged' if (folder / NAME).exists() else 'gone'}"


def _of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what is on record against a session as a whole."""
    failure = document.get("failures", {}).get(SESSION)
    return () if failure is None else (str(failure["reason"]),)


def _where(source: str) -> str:
    return "it is at a URL" if "://" in source else "it is not there"


class _Onlooker:
    """Stands where the engine would, and does nothing."""

    def __init__(
        self, settings: ExtractSettings, sources: Mapping[str, Source], hashes: Hashes
    ) -> None:
        self.settings, self.sources, self.hashes = settings, sources, hashes
        self.log: Events = Silent()

    def do(self, unit: Unit) -> Iterator[Told]:
        """Do nothing: a look never asks for it."""
        raise StoreError(f"{unit.folder}: opened for looking, nothing is measured")

    def remembered(self, session: str) -> Mapping[str, Mapping[str, Any]]:
        """Tell nothing: a look restores no record."""
        raise StoreError(f"{session}: opened for looking, nothing is mended")
