"""What is to be done for a session: which tracks are missing or stale, and what can run next.

A track's key is the hash of all that would make it differ: the bytes of its inputs, how they are
read, extractor, version, parameters, versions of the libraries, models, and the keys of the tracks
that it uses.  A track whose key is on record is up to date; nothing else makes it so.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..features.extractor import Extractor
from ..features.parameters import recorded
from ..features.track import Source
from .sessions import Part, Session
from .settings import ExtractSettings
from .store.key import digest

INPUT: Mapping[str, Part] = {"picture": "video", "sound": "audio", "transcript": "transcript"}
"""Which file an extractor that takes something needs."""

AV = "BSD-3-Clause; its wheel bundles FFmpeg (LGPL-3.0-or-later)"
DECODERS: Mapping[str, Mapping[str, str]] = {
    "picture": {
        "opencv-contrib-python": "Apache-2.0",
        "av": AV,
    },
    "sound": {
        "av": AV,
        "soxr": "LGPL-2.1+",
    },
    "transcript": {"pysubs2": "MIT"},
    "tracks": {},
}
"""Libraries that read the inputs, with their licences; they shape the numbers too."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One track of one session, ready to be measured."""

    track: str
    extractor: Extractor
    key: str
    source: Source
    input: str | None
    """sha256 of the file that it is measured on."""
    uses: Mapping[str, str]
    """Tracks of the session that it reads, with their keys."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Tasks of one session that share a decode; what one child process does."""

    session: str
    takes: str
    tasks: tuple[Task, ...]
    folder: Path
    """The session's folder in the store."""
    files: Mapping[Part, Path]
    settings: ExtractSettings


@cache
def library_version(distribution: str) -> str:
    """Version of an installed distribution."""
    return version(distribution)


def source_of(extractor: Extractor, hash_model: Callable[[Path], str]) -> Source:
    """Describe where an extractor's numbers come from."""
    licences = {**DECODERS[extractor.takes], **extractor.libraries}
    models = extractor.models()
    return Source(
        extractor=extractor.name,
        version=extractor.version,
        parameters=recorded(extractor),
        libraries={name: library_version(name) for name in sorted(licences)},
        models={name: hash_model(path) for name, (path, _) in models.items()},
        licences=licences | {name: licence for name, (_, licence) in models.items()},
    )


class SessionPlan:
    """The tracks of one session, each waiting, ready or settled."""

    def __init__(
        self,
        session: Session,
        settings: ExtractSettings,
        sources: Mapping[str, Source],
        inputs: Mapping[Part, Mapping[str, object]],
    ) -> None:
        self.session, self.settings = session, settings
        self.sources, self.inputs = sources, inputs
        self.waiting: list[str] = list(settings.extractors)
        self.keys: dict[str, str | None] = {}
        """Settled tracks: the key, or None where there is none to be had."""
        self.failed: set[str] = set()

    def settle(self, track: str, key: str | None, *, failed: bool = False) -> None:
        """Say that a track is there under `key`, or that it will not be."""
        self.waiting.remove(track)
        self.keys[track] = key
        if failed:
            self.failed.add(track)

    def ready(self) -> list[Task]:
        """List the tasks whose prerequisites are settled."""
        return [
            self._task(track)
            for track in self.waiting
            if all(before in self.keys for before in self._before(track))
        ]

    def obstacle(self, task: Task) -> tuple[str, bool] | None:
        """Say why a task cannot run, and whether that is a failure; None if it can."""
        part = INPUT.get(task.extractor.takes)
        if part is not None and part not in self.session.files:
            return f"the session has no {part}", False
        for before in task.extractor.consumes:
            if before in self.failed:
                return f"needs {before}, which failed", True
            if self.keys[before] is None:
                return f"needs {before}, which the session does not have", False
        return None

    def _before(self, track: str) -> tuple[str, ...]:
        extractor = self.settings.extractors[track]
        return (*extractor.consumes, *extractor.consults)

    def _task(self, track: str) -> Task:
        extractor, source = self.settings.extractors[track], self.sources[track]
        used = {before: self.keys[before] for before in self._before(track)}
        part = INPUT.get(extractor.takes)
        read = self.inputs.get(part) if part is not None else None
        sha256 = None if read is None else str(read["sha256"])
        ingredients: dict[str, Any] = {
            "source": {**asdict(source), "licences": None},
            "reading": self._reading(extractor.takes),
            "input": sha256,
            "uses": used,
        }
        return Task(
            track=track,
            extractor=extractor,
            key=digest(ingredients),
            source=source,
            input=sha256,
            uses={name: key for name, key in used.items() if key is not None},
        )

    def _reading(self, takes: str) -> dict[str, object]:
        return {"channel": self.settings.audio.channel} if takes == "sound" else {}
