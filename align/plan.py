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

from ..errors import DepxError
from ..extract.store.key import digest
from ..extract.store.layout import columns_of, is_vector
from ..extract.store.reader import StoredSession
from ..extract.store.tables import read_meta
from ..features.columns import FACE_VECTOR, Column, names
from ..features.words import Timing
from .counts import counts
from .dataset import Modality
from .frames import frame_columns
from .settings import FRAMES, AlignSettings
from .timing import UNTIMED
from .tokens import VAD, tokens_of, why

FACE = "face"
SHAPING = ("model", "window", "pooling", "dtype")  # parameters of a text model that shape vectors
NOT_POOLED = frozenset({VAD, "level"})
"""Who speaks when, which the words say better; and how loud it is, which checks look at."""
QUALITY = "quality"  # group of columns about the measuring, not about the person


@dataclass(frozen=True, kw_only=True)
class Part:
    """A track that becomes a modality."""

    modality: Modality
    kind: Literal["samples", "turns", "vectors"]
    columns: tuple[str, ...] = ()
    """Columns of the store's track, in the order of the vector; none of an embedding a word."""


@dataclass(frozen=True, kw_only=True)
class Lack:
    """Why a session is left out, or takes part without one of its tracks."""

    session: str
    reason: str
    on_request: bool = False
    """Whether the user had it left out when it was extracted."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """What will be written."""

    sessions: tuple[StoredSession, ...]
    parts: tuple[Part, ...]
    frame_columns: tuple[Column, ...]
    """Columns of ``frames/``; empty where no session has a face."""
    rates_hz: Mapping[str, tuple[float, ...]]
    """Track of samples -> the nominal rates that it has in the sessions, ascending."""
    counts: Mapping[str, Mapping[str, float]]
    """Session -> its counts and its confidence; see `depx.align.counts`."""
    exclusions: tuple[Lack, ...]
    incomplete: tuple[Lack, ...]

    @property
    def timing(self) -> dict[str, int]:
        """Count the words of all sessions by timing method."""
        methods = (*(method.value for method in Timing), UNTIMED)
        return {how: self.total(f"words_{how}") for how in methods}

    @property
    def samples(self) -> tuple[str, ...]:
        """Name the tracks of samples that are pooled."""
        return tuple(part.modality.name for part in self.parts if part.kind == "samples")

    def without(self, lacks: Sequence[Lack]) -> "Plan":
        """Take sessions that turned out not to be readable out of the plan."""
        out = {lack.session for lack in lacks}
        return replace(
            self,
            sessions=tuple(stored for stored in self.sessions if stored.id not in out),
            exclusions=tuple(sorted([*self.exclusions, *lacks], key=lambda lack: lack.session)),
            incomplete=tuple(lack for lack in self.incomplete if lack.session not in out),
        )

    def total(self, what: str) -> int:
        """Sum a count over the sessions."""
        return sum(int(self.counts[stored.id][what]) for stored in self.sessions)


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
    rates_hz: Mapping[str, float]
    """Track of samples -> nominal rate, where it has one."""
    counts: Mapping[str, float]


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
        if stored.left_out is not None:
            exclusions.append(Lack(session=stored.id, reason=stored.left_out, on_request=True))
            continue
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
        frame_columns=frame_columns(faces) if FRAMES in settings.views else (),
        rates_hz=_rates(facts),
        counts={fact.stored.id: fact.counts for fact in facts},
        exclusions=tuple(sorted(exclusions, key=lambda lack: lack.session)),
        incomplete=tuple(lack for fact in facts for lack in _incomplete(fact.stored)),
    )


def _rates(facts: Sequence[_Facts]) -> dict[str, tuple[float, ...]]:
    found: dict[str, set[float]] = {}
    for fact in facts:
        for track, rate_hz in fact.rates_hz.items():
            found.setdefault(track, set()).add(rate_hz)
    return {track: tuple(sorted(rates)) for track, rates in sorted(found.items())}


def _incomplete(stored: StoredSession) -> list[Lack]:
    """Name the modalities that a session lacks because they failed; none is no lack."""
    failed = sorted(set(stored.manifest["failures"]) - NOT_POOLED)
    if not failed:
        return []
    reason = f"without {', '.join(failed)}: {why(stored, failed[0])}"
    return [Lack(session=stored.id, reason=reason)]


def _look(stored: StoredSession, settings: AlignSettings) -> _Facts:
    tokens = tokens_of(stored, settings)
    columns: dict[str, tuple[Column, ...]] = {}
    of_turns: dict[str, tuple[Column, ...]] = {}
    widths: dict[str, int] = {}
    rates_hz: dict[str, float] = {}
    for track in stored.tracks():
        path = stored.folder / f"{track}.parquet"
        if stored.kind(track) == "samples" and track not in NOT_POOLED:
            meta = read_meta(path)
            columns[track] = columns_of(meta)
            if meta["rate_hz"] is not None:
                rates_hz[track] = float(meta["rate_hz"])
        elif stored.kind(track) == "turns":
            of_turns[track] = columns_of(read_meta(path))
        elif stored.kind(track) == "vectors":
            widths[track] = _width(path)
    return _Facts(
        stored=stored,
        columns=columns,
        of_turns=of_turns,
        widths=widths,
        rates_hz=rates_hz,
        counts=counts(tokens.rows, tokens.times),
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
    shaping = {name: source["parameters"].get(name) for name in SHAPING}
    return digest([fact.widths[track], source["models"], shaping])


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
        # numbers without names tell no more than their place does
        named = () if is_vector(columns) else columns
        modality = replace(_named(track, f"{track}_mean", named), width=len(columns))
        parts.append(Part(modality=modality, kind="samples", columns=names(columns)))
    for track in sorted(_all(fact.of_turns for fact in facts)):
        columns = _union([fact.of_turns[track] for fact in facts if track in fact.of_turns])
        modality = _named(track, track, columns)
        parts.append(Part(modality=modality, kind="turns", columns=names(columns)))
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
