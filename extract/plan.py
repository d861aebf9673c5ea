"""What is to be done for a session: which tracks are missing or stale, and what can run next.

A track's key is the hash of all that would make it differ: the bytes of its inputs, how they are
read, extractor, version, parameters, versions of the libraries, models, and the keys of the tracks
that it uses.  A track whose key is on record is up to date; nothing else makes it so.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..features.extractor import Extractor
from ..features.parameters import recorded
from ..features.track import Source
from .archives.base import Holder
from .corrections.base import Corrections
from .corrections.words import VERSION as CORRECTING
from .given.base import Format, GivenFile
from .sessions import INPUT, Part, Session
from .settings import ExtractSettings, adds_given
from .sound import READING
from .store.key import digest
from .store.reader import AND
from .transcripts.registry import READING as READING_TRANSCRIPTS

GIVEN = "given"
"""What a task takes that reads its track from a file of another program."""
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
    "transcript": {},
    "tracks": {},
    "given": {},
}
"""Libraries that read the inputs, with their licences; they shape the numbers too."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One track of one session, ready to be measured."""

    track: str
    takes: str
    """What it needs decoded; `GIVEN` is the given file in place of the extractor."""
    extractor: Extractor
    key: str
    source: Source
    input: str | None
    """sha256 of the file that it is measured on; of several, with `AND` between them."""
    uses: Mapping[str, str]
    """Tracks of the session that it reads, with their keys."""
    reading: Mapping[str, Any]
    """How the input is read, as far as that shapes the numbers."""
    given: GivenFile | None = None
    """The file of another program that it reads, or that the extractor takes columns from."""
    idle: tuple[str, ...] = ()
    """Parameters that the user set and that do nothing, as the track is read from `given`."""


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
    archive: Holder | None = None
    """The archive that its files lie in."""
    corrections: Corrections = field(default_factory=Corrections)
    """Of the session's transcript."""
    speaker: str | None = None
    """Who speaks where the transcript names nobody."""


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


def source_of_given(form: Format, extractor: Extractor, *, timed: bool) -> Source:
    """Describe where the numbers of a given file come from.

    Parameters
    ----------
    form : Format
    extractor : Extractor
        Of the same track; some of its parameters hold for the file too.
    timed : bool
        Whether a video tells its times.
    """
    of_extractor = recorded(extractor)
    licences = {**form.libraries, **({"av": AV} if timed else {})}
    return Source(
        extractor=form.name,
        version=form.version,
        origin="given",
        parameters={name: of_extractor[name] for name in form.honours},
        libraries={name: library_version(name) for name in sorted(licences)},
        licences={**licences, form.label: form.licence},
    )


def idle_parameters(form: Format, extractor: Extractor) -> tuple[str, ...]:
    """List the parameters that differ from their default and do not hold for a given file."""
    return tuple(
        field.name
        for field in fields(extractor)  # type: ignore[arg-type]
        if field.name not in form.honours
        and field.name in recorded(extractor)
        and getattr(extractor, field.name) != field.default
    )


def given_parts(track: str, file: GivenFile) -> dict[str, Path]:
    """Name the given files of a track among the inputs of a session.

    The first is called as the option that chooses it is; further ones are numbered.
    """
    first = f"given.{track}"
    return {f"{first}.{n}" if n > 1 else first: path for n, path in enumerate(file.paths, 1)}


class SessionPlan:
    """The tracks of one session, each waiting, ready or settled."""

    def __init__(
        self,
        session: Session,
        settings: ExtractSettings,
        sources: Mapping[str, Source],
        inputs: Mapping[str, Mapping[str, object]],
    ) -> None:
        self.session, self.settings = session, settings
        self.sources, self.inputs = sources, inputs
        self.waiting: list[str] = [
            track for track in settings.extractors if not self._nothing_to_say_of(track)
        ]
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
        if task.takes == GIVEN:
            return None if task.given is not None else (self._no_file(), False)
        part = INPUT.get(task.takes)
        if part is not None and part not in self.session.files:
            return f"the session has no {part}", False
        for before in task.extractor.consumes:
            if before in self.failed:
                return f"needs {before}, which failed", True
            if self.keys[before] is None:
                return f"needs {before}, which the session does not have", False
        return None

    def _nothing_to_say_of(self, track: str) -> bool:
        """Say whether only a file could hold a track, the session has none, and nobody asked."""
        only_given = self.settings.extractors[track].takes == GIVEN
        return only_given and not self._is_given(track) and track not in self.settings.named

    def _no_file(self) -> str:
        """Say why there is none of a track that only a file of another program could hold."""
        if not self.settings.prefer_given:
            return "comes from files of other programs only, and --given ignore leaves them aside"
        return "comes from files of other programs only, and the session has none"

    def _before(self, track: str) -> tuple[str, ...]:
        extractor = self.settings.extractors[track]
        if self._is_given(track):
            return ()
        return (*extractor.consumes, *extractor.consults)

    def _is_given(self, track: str) -> bool:
        """Say whether a track is read from a given file, and not measured."""
        return (
            self.settings.prefer_given
            and track in self.session.given
            and not adds_given(self.settings.extractors[track])
        )

    def _task(self, track: str) -> Task:
        extractor, source = self.settings.extractors[track], self.sources[track]
        used = {before: self.keys[before] for before in self._before(track)}
        takes: str = extractor.takes
        parts: list[str] = [INPUT[takes]] if takes in INPUT else []
        given: GivenFile | None = None
        idle: tuple[str, ...] = ()
        if self._is_given(track):
            given = self.session.given[track]
            filmed = given.format.filmed and "video" in self.inputs  # its times may be taken
            takes, parts = GIVEN, [*given_parts(track, given), *(["video"] if filmed else [])]
            source = source_of_given(given.format, extractor, timed=filmed)
            idle = idle_parameters(given.format, extractor)
        elif adds_given(extractor):
            given = self.session.given.get(track)
            parts += given_parts(track, given) if given is not None else ()
        read = [str(self.inputs[part]["sha256"]) for part in parts if part in self.inputs]
        sha256 = AND.join(read) or None
        reading = self._reading(takes)
        key_source = {**asdict(source), "licences": None}
        if takes != GIVEN and given is not None:  # its columns are those of two programs
            other = source_of_given(given.format, extractor, timed="video" in self.inputs)
            reading["given"] = {**asdict(other), "licences": None}
            source = replace(source, licences={**source.licences, **other.licences})
        if idle:  # the record names them, so who sets another reads of it anew
            reading["idle"] = list(idle)
        ingredients = {"source": key_source, "reading": reading, "input": sha256, "uses": used}
        return Task(
            track=track,
            takes=takes,
            given=given,
            idle=idle,
            extractor=extractor,
            key=digest(ingredients),
            source=source,
            input=sha256,
            uses={name: key for name, key in used.items() if key is not None},
            reading=reading,
        )

    def _reading(self, takes: str) -> dict[str, object]:
        if takes == "transcript":
            mended, speaker = self.session.corrections.of_transcript(), self.session.speaker
            return {
                "columns": self.settings.transcript.columns,
                "version": READING_TRANSCRIPTS,
                **({"corrections": {**mended, "version": CORRECTING}} if mended else {}),
                **({"speaker": speaker} if speaker else {}),
            }
        if takes != "sound":
            return {}
        audio = self.settings.audio
        return {
            "channel": audio.channel,
            "loudness_target": audio.loudness_target,
            "remove_dc": audio.remove_dc,
            "version": READING,
        }
