"""One session through its plan: settle what is up to date, run what is not.

A look needs no lock and changes nothing, so a session that is up to date costs reading its record.
Work is done under the session's lock.  Failures and absences become records in ``session.json``;
nothing is raised for them.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..errors import SessionError
from ..features.registry import OPTIONAL
from ..features.track import Source
from .archives.base import Holder, name_in, sha256_of
from .archives.registry import listed
from .corpora.parts import UNREAD
from .fetching import fetched
from .local import Local
from .plan import SessionPlan, Task, Unit, given_parts
from .progress import Cost
from .sessions import INPUT, UNREADABLE, Session, unreadable
from .settings import ExtractSettings
from .store.key import sha256_file
from .store.lock import Lease
from .store.log import Events, Hashes
from .store.manifest import SESSION, Manifest
from .store.restore import remember, restored
from .worker import Told


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one session in this run."""

    session: str
    made: Mapping[str, int] = field(default_factory=dict)
    """Tracks measured in this run, with their rows."""
    kept: tuple[str, ...] = ()
    """Tracks that were up to date."""
    left_out: str | None = None
    """Why nothing was done, as the user asked."""
    absent: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    locked: str | None = None
    no_room: bool = False
    """Whether something failed as the store's disk is full; the run then stops."""
    seconds: float = 0.0
    """Spent at work; 0 where it was only looked at."""
    costs: Mapping[str, Cost] = field(default_factory=dict)
    """What each track cost that was tried, but where a child died."""
    recorded: bool = True
    """Whether its record has the failures."""
    on_record: tuple[str, ...] = ()
    """Its tracks, with those of earlier runs that this one was not asked for."""
    bytes: int = 0
    """Size of its tables on record."""


class NotFetched(Exception):  # noqa: N818  (tells a look that it is not enough)
    """A file at a URL would have to be fetched to say what is to be done."""


class Crew(Protocol):
    """What a session needs of the engine."""

    settings: ExtractSettings
    sources: Mapping[str, Source]
    log: Events
    hashes: Hashes

    def do(self, unit: Unit) -> Iterator[Told]:
        """Run a unit; yield one message for each of its tasks."""
        ...

    def remembered(self, session: str) -> Mapping[str, Mapping[str, Any]]:
        """Say what is known of a session's tables apart from its record."""
        ...


class SessionRun:
    """One session through its plan; without a lease only to look at it."""

    def __init__(
        self,
        crew: Crew,
        session: Session,
        folder: Path,
        lease: Lease | None = None,
        local: Local | None = None,
    ) -> None:
        self.crew, self.session, self.local = crew, session, local
        left_out = session.corrections.left_out
        self.problem = None if left_out else session.problem
        self.archive: Holder | None = None
        identity = {
            "session": session.id,
            "case": session.case,
            "participant": session.participant,
            "corpus": session.corpus,
            "archive": session.archive.name if session.archive else None,
            "url": str(session.remote.url) if session.remote else None,
            "others": dict(session.others),
            "corrections": session.corrections.record(session.transcript_format),
        }
        self.manifest = Manifest(folder, identity, lease)
        inputs = self.manifest.document["inputs"] = {} if left_out else self._inputs()
        self.plan = SessionPlan(session, crew.settings, crew.sources, inputs)
        self.made: dict[str, int] = {}
        self.kept: list[str] = []
        self.absent: dict[str, str] = {}
        self.failures: dict[str, str] = {}
        self.warnings: list[str] = list(session.warnings)
        self.costs: dict[str, Cost] = {}
        self.no_room = False

    def look(self) -> tuple[Task, ...]:
        """Settle what needs no work; list what does, but for what waits for it."""
        return tuple(self._to_do()) if self._begin() else ()

    def forecast(self) -> tuple[Task, ...]:
        """List all that a run would do, as if each track came of it; after `look` only."""
        found, tasks = [], self._to_do()
        while tasks:
            found += tasks
            for task in tasks:
                self.plan.settle(task.track, task.key)
            tasks = self._to_do()
        return tuple(found)

    def _to_do(self) -> list[Task]:
        """Settle what needs no work until nothing changes; list the rest that could start."""
        while True:
            waiting = len(self.plan.waiting)
            tasks = self._startable()
            if len(self.plan.waiting) == waiting:
                return tasks

    def outcome_of_look(self) -> Outcome | None:
        """Say what became of the session if there is nothing to do, and nothing to record."""
        return None if self.look() or self.manifest.changed else self._outcome()

    def outcome(self) -> Outcome:
        """Do what is to be done."""
        if self.manifest.lost:
            self.manifest.restore(
                restored(self.manifest.folder, self.crew.remembered(self.session.id))
            )
        self.manifest.forget_orphans()
        if self._begin():
            self.manifest.save()  # what was made from other inputs is not read from now on
            while self.plan.waiting:
                for unit in self._units(self._startable()):
                    for told in self._done(unit):
                        self._settle(unit, told)
        self.manifest.save()
        return self._outcome()

    def _begin(self) -> bool:
        """Settle the session as a whole; say whether its tracks are to be looked at."""
        if self.session.corrections.left_out is not None:  # earlier tables stay, and are not read
            self.manifest.keep(SESSION)
            return False
        self._warn_of_unread()
        if self.problem is not None:
            self.failures[SESSION] = self.problem
            self.manifest.fail(SESSION, SessionError.__name__, self.problem)
            return False
        self.manifest.keep(SESSION)
        for track in self.crew.settings.extractors.keys() - self.plan.waiting:
            self.manifest.forget(track)  # its file may have been there before
        return True

    def _outcome(self) -> Outcome:
        left_out = self.session.corrections.left_out
        if left_out is not None:
            return Outcome(session=self.session.id, left_out=left_out)
        return Outcome(
            session=self.session.id,
            made=self.made,
            kept=tuple(self.kept),
            absent=self.absent,
            failures=self.failures,
            warnings=tuple(self.warnings),
            no_room=self.no_room,
            costs=self.costs,
            on_record=tuple(self.manifest.document["tracks"]),
            bytes=sum(track["bytes"] for track in self.manifest.document["tracks"].values()),
        )

    def _warn_of_unread(self) -> None:
        """Say which file was not taken for the transcript, where none was."""
        if "transcript" in self.session.files or "words" not in self.crew.settings.extractors:
            return
        for name, why in self.session.others.items():
            if why in UNREAD:
                self.warnings.append(f"no transcript taken; {name} is {why}")
                return

    def _inputs(self) -> dict[str, dict[str, object]]:
        paths: dict[str, Path] = {part: path for part, path in self.session.files.items()}
        wanted = self.crew.settings.extractors.keys() | self.manifest.document["tracks"].keys()
        for track, file in self.session.given.items():
            if track in wanted or track not in OPTIONAL:  # to hash 350 MB of HOG takes a second
                paths |= given_parts(track, file)
        try:
            if self.session.archive is not None and paths:
                self.archive = listed(self.session.archive)
            return {
                part: {
                    "file": path.relative_to(self.session.folder).as_posix(),
                    **self._content(path),
                }
                for part, path in paths.items()
            }
        except UNREADABLE as error:
            self.problem = unreadable(error)
            return {}

    def _content(self, path: Path) -> dict[str, object]:
        """Say what a file holds, in an archive, at a URL or on disk."""
        archive, remote, hashes = self.archive, self.session.remote, self.crew.hashes
        if remote is not None:
            name = name_in(remote, path)
            return {
                "bytes": remote.contents.members[name].size,
                "sha256": hashes.of_remote(
                    remote.url_of(name),
                    remote.identity(name),
                    lambda: sha256_file(self._local().path(path)),
                ),
            }
        if archive is None:
            return {"bytes": path.stat().st_size, "sha256": hashes.of(path)}
        name = name_in(archive, path)
        return {
            "bytes": archive.contents.members[name].size,
            "sha256": hashes.of_member(path, archive.path, lambda: sha256_of(archive, name)),
        }

    def _local(self) -> Local:
        if self.local is None:
            raise NotFetched
        return self.local

    def _startable(self) -> list[Task]:
        """Settle what needs no work, and list what does."""
        tasks = []
        for task in self.plan.ready():
            obstacle = self.plan.obstacle(task)
            if obstacle is not None:
                reason, is_failure = obstacle
                if is_failure:
                    self._fail(task.track, "PrerequisiteFailed", reason)
                else:
                    self._lack(task.track, reason, None)
            elif self._up_to_date(task):
                self.kept.append(task.track)
                self.manifest.keep(task.track)
                self.plan.settle(task.track, task.key)
            elif self.manifest.lacks(task.track, task.key) and not self.crew.settings.force:
                self._lack(
                    task.track, self.manifest.document["absent"][task.track]["reason"], task.key
                )
            else:
                tasks.append(task)
        return tasks

    def _up_to_date(self, task: Task) -> bool:
        hash_of = self.crew.hashes.of
        return not self.crew.settings.force and self.manifest.has(task.track, task.key, hash_of)

    def _units(self, tasks: list[Task]) -> list[Unit]:
        """Put tasks that share a decode into one unit; those that share none get one each."""
        groups: dict[str, list[Task]] = {}
        for task in tasks:
            groups.setdefault(task.takes if task.takes in INPUT else task.track, []).append(task)
        return [
            Unit(
                session=self.session.id,
                takes=group[0].takes,
                tasks=tuple(group),
                folder=self.manifest.folder,
                files=self.session.files,
                settings=self.crew.settings,
                archive=self.archive,
                corrections=self.session.corrections,
                speaker=self.session.speaker,
            )
            for group in groups.values()
        ]

    def _done(self, unit: Unit) -> Iterator[Told]:
        """Have a unit run; from a URL its files are fetched first."""
        if self.session.remote is not None:
            try:
                unit = fetched(unit, self._local())
            except UNREADABLE as error:
                for task in unit.tasks:
                    yield Told(
                        track=task.track, error=type(error).__name__, reason=unreadable(error)
                    )
                return
        yield from self.crew.do(unit)

    def _settle(self, unit: Unit, told: Told) -> None:
        task = next(task for task in unit.tasks if task.track == told.track)
        if told.record is not None and told.written is not None:
            stale = self.manifest.publish(told.track, told.written, told.record)
            self.crew.hashes.note(self.manifest.file(told.track), told.record.sha256)
            remember(self.crew.log, self.session.id, told.track, told.record.document())
            gone = [track for track in stale if track not in self.plan.waiting]
            if gone:
                self.warnings.append(
                    f"{', '.join(gone)}: made from another {told.track}, so no longer on record; "
                    "run extract for all tracks"
                )
            self.made[told.track] = told.record.rows
            self.warnings += [text for text in told.record.warnings if text not in self.warnings]
            self.plan.settle(told.track, task.key)
        elif told.absent is not None:
            self._lack(told.track, told.absent, task.key)
        else:
            self._fail(told.track, told.error or "Died", told.reason)
            self.no_room |= told.no_room
        self.manifest.save()
        self._note(told)

    def _note(self, told: Told) -> None:
        """Write down what a track cost, and why it failed."""
        of_track = {"session": self.session.id, "track": told.track}
        made, failed = told.track in self.made, told.track in self.failures
        if told.cost is not None:
            self.costs[told.track] = told.cost
        self.crew.log.write(
            "track",
            **of_track,
            state="made" if made else "failed" if failed else "absent",
            rows=self.made.get(told.track),
            **(told.cost.rounded() if told.cost else {}),
        )
        if failed:
            self.crew.log.write(
                "failure",
                **of_track,
                error=told.error,
                reason=self.failures[told.track],
                traceback=told.traceback,
            )

    def _fail(self, track: str, error: str, reason: str) -> None:
        reason = reason if self.local is None else self.local.told(reason)
        reason = reason.replace(f"{self.session.folder}{os.sep}", "")  # the record may be moved
        self.failures[track] = reason
        self.manifest.fail(track, error, reason)
        self.plan.settle(track, None, failed=True)

    def _lack(self, track: str, reason: str, key: str | None) -> None:
        self.absent[track] = reason
        self.manifest.lack(track, reason, key)
        self.plan.settle(track, None)
