"""What a training set will hold, from the small tables of a store: who takes part, which columns.

Words, word times and the schemas of the other tracks are read, no samples.  A session that cannot
be aligned is left out with its reason; one that lacks a track, or whose track failed, takes part
with NaN there: the columns are the union over the sessions, in canonical order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from ..errors import AlignmentError, DamagedError, DepxError
from ..extract.store.key import digest
from ..extract.store.manifest import NAME as RECORD
from ..extract.store.manifest import SESSION
from ..extract.store.reader import StoredSession
from ..extract.store.tables import read_meta
from ..features.columns import FACE_VECTOR, Column, names
from ..features.words import Role, Timing, Turn, words_of
from .dataset import Modality
from .frames import frame_columns
from .rows import Rows, rows_of
from .settings import SPOKEN, AlignSettings
from .timing import AUTO, UNTIMED, Times, choose

FACE = "face"
UNKNOWN = "unknown_role"
NOT_POOLED = frozenset({"vad"})  # a measure of who speaks when, which the words say better
QUALITY = "quality"  # group of columns about the measuring, not about the person


@dataclass(frozen=True, kw_only=True)
class Part:
    """A track that becomes a modality."""

    modality: Modality
    kind: Literal["samples", "turns", "vectors"]


@dataclass(frozen=True, kw_only=True)
class Lack:
    """Why a session is left out, or takes part without one of its tracks."""

    session: str
    reason: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """What will be written."""

    sessions: tuple[StoredSession, ...]
    parts: tuple[Part, ...]
    frame_columns: tuple[Column, ...]
    """Columns of ``frames/``; empty where no session has a face."""
    counts: Mapping[str, Mapping[str, int]]
    """Session -> words by timing method, and under `UNKNOWN` those of an unknown role."""
    exclusions: tuple[Lack, ...]
    incomplete: tuple[Lack, ...]

    @property
    def timing(self) -> dict[str, int]:
        """Count the words of all sessions by timing method."""
        return {how: self._total(how) for how in (*(method.value for method in Timing), UNTIMED)}

    @property
    def unknown(self) -> int:
        """Count the words of an unknown role that are taken for the participant's."""
        return self._total(UNKNOWN)

    def without(self, lacks: Sequence[Lack]) -> "Plan":
        """Take sessions that turned out not to be readable out of the plan."""
        out = {lack.session for lack in lacks}
        return replace(
            self,
            sessions=tuple(stored for stored in self.sessions if stored.id not in out),
            exclusions=tuple(sorted([*self.exclusions, *lacks], key=lambda lack: lack.session)),
            incomplete=tuple(lack for lack in self.incomplete if lack.session not in out),
        )

    def _total(self, what: str) -> int:
        return sum(self.counts[stored.id][what] for stored in self.sessions)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Facts:
    """What the plan keeps of a session."""

    stored: StoredSession
    columns: Mapping[str, tuple[Column, ...]]
    """Track of samples -> its columns."""
    of_turns: Mapping[str, tuple[Column, ...]]
    """Track of numbers a turn -> its columns."""
    widths: Mapping[str, int]
    """Track of vectors -> width."""
    counts: Mapping[str, int]


def plan(
    sessions: Sequence[StoredSession], settings: AlignSettings, reason: Callable[[DepxError], str]
) -> Plan:
    """Find out which sessions can be aligned, and the columns that they share.

    Parameters
    ----------
    sessions : sequence of StoredSession
    settings : AlignSettings
    reason : callable
        Turns an error into a reason that names no place of this machine.
    """
    facts: list[_Facts] = []
    exclusions: list[Lack] = []
    for stored in sessions:
        try:
            facts.append(_look(stored, settings))
        except DepxError as error:
            exclusions.append(Lack(session=stored.id, reason=reason(error)))
    odd = _odd_vectors(facts)
    exclusions += odd
    out = {lack.session for lack in odd}
    facts = [fact for fact in facts if fact.stored.id not in out]
    faces = [fact.columns[FACE] for fact in facts if FACE in fact.columns]
    return Plan(
        sessions=tuple(fact.stored for fact in facts),
        parts=_parts(facts),
        frame_columns=frame_columns(faces),
        counts={fact.stored.id: fact.counts for fact in facts},
        exclusions=tuple(sorted(exclusions, key=lambda lack: lack.session)),
        incomplete=tuple(lack for fact in facts for lack in _incomplete(fact.stored)),
    )


def _incomplete(stored: StoredSession) -> list[Lack]:
    """Name the modalities that a session lacks because they failed; none is no lack."""
    failed = sorted(set(stored.manifest["failures"]) - NOT_POOLED)
    if not failed:
        return []
    reason = f"without {', '.join(failed)}: {_why(stored, failed[0])}"
    return [Lack(session=stored.id, reason=reason)]


def transcript(
    stored: StoredSession, settings: AlignSettings
) -> tuple[tuple[Turn, ...], Rows, Times]:
    """Read the words of a session, choose their times and list its rows.

    Raises
    ------
    AlignmentError
        If there is no word to align, or none has times.
    """
    _refuse_failed(stored)
    for track in ("words", "word_times"):
        if not stored.has(track):
            raise AlignmentError(f"no {track}: {_why(stored, track)}")
    turns = stored.turns()
    words = words_of(turns)
    times = choose(len(words), stored.word_times(), settings.timing)
    rows = rows_of(words, times, SPOKEN[settings.speakers], settings.pauses_s)
    if not rows.words:
        raise AlignmentError(
            f"no word of the {settings.speakers} among {len(words)} words; see --speakers"
        )
    if not any(rows.timing):
        which = "times" if settings.timing == AUTO else f"{settings.timing} times"
        raise AlignmentError(
            f"none of {len(rows.words)} words has {which}; extract word_times, or see --timing"
        )
    return turns, rows, times


def _refuse_failed(stored: StoredSession) -> None:
    """Refuse a session that could not be read this time, whatever an earlier time left of it."""
    if SESSION in stored.manifest["failures"]:
        raise AlignmentError(_why(stored, SESSION))


def _why(stored: StoredSession, track: str) -> str:
    """Point to the record: its reasons may name files of this machine, and stay there."""
    record = f"{stored.folder.name}/{RECORD} says why"
    failures = stored.manifest["failures"]
    for failed in (track, SESSION):
        if failed in failures and failures[failed]["error"] == DamagedError.__name__:
            return str(failures[failed]["reason"])
        if failed in failures:
            return f"extraction failed ({failures[failed]['error']}); {record}"
    if track in stored.manifest["absent"]:
        return f"nothing to make it from; {record}"
    if track in stored.manifest["tracks"]:
        return "it was made from another file than is there now; run depx extract"
    return "not extracted yet; run depx extract"


def _look(stored: StoredSession, settings: AlignSettings) -> _Facts:
    _, rows, times = transcript(stored, settings)
    spoken = [int(w) for w in rows.index_R if w >= 0]
    columns: dict[str, tuple[Column, ...]] = {}
    of_turns: dict[str, tuple[Column, ...]] = {}
    widths: dict[str, int] = {}
    for track in stored.tracks():
        path = stored.folder / f"{track}.parquet"
        if stored.kind(track) == "samples" and track not in NOT_POOLED:
            columns[track] = tuple(Column(**column) for column in read_meta(path)["columns"])
        elif stored.kind(track) == "turns":
            of_turns[track] = tuple(Column(**column) for column in read_meta(path)["columns"])
        elif stored.kind(track) == "vectors":
            widths[track] = _width(path)
    return _Facts(
        stored=stored,
        columns=columns,
        of_turns=of_turns,
        widths=widths,
        counts=times.counts(spoken)
        | {UNKNOWN: sum(word.role is Role.UNKNOWN for word in rows.words)},
    )


def _width(path: Path) -> int:
    read_meta(path)  # says so if the file is damaged
    return int(pq.read_schema(path).field("vector").type.list_size)


def _odd_vectors(facts: Sequence[_Facts]) -> list[Lack]:
    """Find the sessions whose text model is not the one that most sessions have."""
    lacks: dict[str, Lack] = {}
    for track in sorted({track for fact in facts for track in fact.widths}):
        models: dict[str, list[_Facts]] = {}
        for fact in facts:
            if track in fact.widths:
                models.setdefault(_model(fact, track), []).append(fact)
        most = max(models.values(), key=len)  # facts are sorted by id: the first of equals wins
        for others in models.values():
            if others is not most:
                for fact in others:
                    lacks[fact.stored.id] = Lack(
                        session=fact.stored.id,
                        reason=f"{track}: {fact.widths[track]} dimensions of another model or "
                        f"window than the {most[0].widths[track]} of {len(most)} sessions; "
                        "extract all sessions alike",
                    )
    return list(lacks.values())


def _model(fact: _Facts, track: str) -> str:
    source = source_of(fact.stored, track)
    return digest([fact.widths[track], source["models"], source["parameters"]])


def source_of(stored: StoredSession, track: str) -> Mapping[str, Any]:
    """Give the source of a track as the store records it."""
    source: Mapping[str, Any] = stored.manifest["tracks"][track]["source"]
    return source


def _parts(facts: Sequence[_Facts]) -> tuple[Part, ...]:
    """List the modalities: the face, other samples, numbers a turn, vectors a word."""
    parts = []
    samples = sorted(_all(fact.columns for fact in facts), key=lambda track: (track != FACE, track))
    for track in samples:
        if track == FACE:
            columns = FACE_VECTOR
        else:
            columns = _union([fact.columns[track] for fact in facts if track in fact.columns])
        parts.append(Part(modality=_named(track, f"{track}_mean", columns), kind="samples"))
    for track in sorted(_all(fact.of_turns for fact in facts)):
        columns = _union([fact.of_turns[track] for fact in facts if track in fact.of_turns])
        parts.append(Part(modality=_named(track, track, columns), kind="turns"))
    for track in sorted(_all(fact.widths for fact in facts)):
        width = next(fact.widths[track] for fact in facts if track in fact.widths)
        modality = Modality(name=track, column=track, names=(), units=(), width=width)
        parts.append(Part(modality=modality, kind="vectors"))
    return tuple(parts)


def _all(tracks: Iterable[Iterable[str]]) -> set[str]:
    return {track for named in tracks for track in named}


def _named(track: str, column: str, columns: Sequence[Column]) -> Modality:
    return Modality(
        name=track,
        column=column,
        names=names(columns),
        units=tuple(column.unit for column in columns),
        width=len(columns),
    )


def _union(tracks: Sequence[tuple[Column, ...]]) -> tuple[Column, ...]:
    """Unite columns by name: the longest list as it stands, then what others have besides."""
    ordered = sorted(set(tracks), key=lambda columns: (-len(columns), [c.name for c in columns]))
    united = {column.name: column for columns in reversed(ordered) for column in columns}
    names = dict.fromkeys(column.name for columns in ordered for column in columns)
    return tuple(united[name] for name in names if united[name].group != QUALITY)
