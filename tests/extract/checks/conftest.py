"""Sessions with planted faults, written as ``extract`` writes them, without extracting anything."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.extract.checks.base import Finding
from depx.extract.checks.run import check_session
from depx.extract.store import tables
from depx.extract.store.key import digest, sha256_file
from depx.extract.store.lock import locked
from depx.extract.store.manifest import Manifest, Record
from depx.extract.store.place import found_store
from depx.extract.store.reader import Store, StoredSession
from depx.features.acoustic.level import COLUMNS as LEVEL
from depx.features.columns import ACTION_UNITS_R, FACE_QUALITY, LANDMARKS_2D, POSE
from depx.features.extractor import Table
from depx.features.speech.activity import SPEECH
from depx.features.track import Source, Track
from depx.features.types import F32, F64, Bool
from depx.features.words import Kind, Role, Timing, Turn, Word, WordTime

Spans = Sequence[tuple[float, float]]


class Room:
    """Makes sessions of a store; the tables are those of a good interview unless told otherwise."""

    def __init__(self, path: Path) -> None:
        self.path = path
        found_store(path, corpus="folder")

    def session(
        self,
        made: Mapping[str, Table],
        *,
        quality: Mapping[str, Mapping[str, Any]] | None = None,
        failures: Mapping[str, str] | None = None,
        name: str = "s",
    ) -> StoredSession:
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        identity = dict.fromkeys(("session", "case", "participant"), name)
        with locked(folder) as lease:
            manifest = Manifest(folder, {**identity, "corpus": "folder", "inputs": {}}, lease)
            for track, table in made.items():
                written = folder / f".{track}"
                rows = tables.write(table, written, {"track": track})
                record = Record(
                    key=digest([name, track]), kind=tables.kind_of(table), rows=rows,
                    bytes=written.stat().st_size, sha256=sha256_file(written),
                    source=Source(extractor=track, version="1"), input=None,
                    quality=dict((quality or {}).get(track, {})),
                )  # fmt: skip
                manifest.publish(track, written, record)
            for track, reason in (failures or {}).items():
                manifest.fail(track, "MediaError", reason)
            manifest.save()
        return next(one for one in Store.open(self.path).sessions() if one.id == name)

    def findings(self, *made: object, **options: Any) -> dict[str, Finding]:
        stored = made[0] if isinstance(made[0], StoredSession) else self.session(*made, **options)
        return {finding.check: finding for finding in check_session(stored)}

    @staticmethod
    def face(
        seconds: float = 60.0,
        *,
        rate_hz: float = 25.0,
        nominal_hz: float | None = None,
        time_s: F64 | None = None,
        lost: Spans = (),
        seed: int = 0,
    ) -> Track:
        """A face that moves a little, always in view."""
        if time_s is None:
            time_s = np.arange(round(seconds * rate_hz)) / rate_hz
        columns = (*FACE_QUALITY, *POSE, *LANDMARKS_2D, *ACTION_UNITS_R)
        chance = np.random.default_rng(seed)
        value_FC = chance.normal(0, 0.05, (time_s.size, len(columns))).astype(np.float32)
        track = Track(
            time_s=time_s,
            value_FC=value_FC,
            columns=columns,
            valid_F=~np.any([(time_s >= a) & (time_s < b) for a, b in lost], axis=0)
            if lost
            else np.ones(time_s.size, np.bool_),
            rate_hz=nominal_hz or rate_hz,
        )
        for name, value in (("face_id", 0), ("n_faces", 1), ("face_px", 200), ("confidence", 1)):
            Room.put(track, name, value)
        value_FC[~track.valid_F] = np.nan
        return track

    @staticmethod
    def put(track: Track, name: str, value: float | F32 | F64, where_F: Bool | None = None) -> None:
        """Write into a column of a track."""
        c = [column.name for column in track.columns].index(name)
        rows = np.ones(track.rows, np.bool_) if where_F is None else where_F
        track.value_FC[rows, c] = value

    @staticmethod
    def level(seconds: float = 60.0, *, dbfs: float = -26.0, start_s: float = 0.0) -> Track:
        rows = round(seconds * 50)
        value_FC = np.tile(np.float32([-0.1, 0.1, dbfs, 0]), (rows, 1))
        return Track(
            time_s=start_s + 0.01 + np.arange(rows) / 50, value_FC=value_FC, columns=LEVEL,
            valid_F=np.ones(rows, np.bool_), rate_hz=50.0,
        )  # fmt: skip

    @staticmethod
    def vad(seconds: float, voiced: Spans) -> Track:
        rows = round(seconds / 0.03)
        time_s = 0.015 + 0.03 * np.arange(rows)
        speech_F = np.zeros(rows, np.float32)
        for start_s, stop_s in voiced:
            speech_F[(time_s >= start_s) & (time_s < stop_s)] = 1
        return Track(
            time_s=time_s, value_FC=speech_F[:, np.newaxis], columns=(SPEECH,),
            valid_F=np.ones(rows, np.bool_), rate_hz=1 / 0.03,
        )  # fmt: skip

    @staticmethod
    def turns(
        spans: Spans,
        *,
        rate: float = 2.5,
        timed: bool = False,
        roles: Sequence[Role] = (Role.INTERVIEWER, Role.PARTICIPANT),
    ) -> tuple[Turn, ...]:
        """Turns of alternating roles, with `rate` words a second."""
        made = []
        for index, (start_s, stop_s) in enumerate(spans):
            role = roles[index % len(roles)]
            speaker = f"{role.value} {index % len(roles)}"
            count = max(1, round(rate * (stop_s - start_s)))
            edges = np.linspace(start_s, stop_s, count + 1).tolist()
            words = tuple(
                Word(
                    text="word", raw="word", kind=Kind.WORD, speaker=speaker, role=role,
                    turn=index, **({"start_s": a, "stop_s": b} if timed else {}),
                )
                for a, b in zip(edges[:-1], edges[1:], strict=True)
            )  # fmt: skip
            made.append(
                Turn(index=index, speaker=speaker, role=role, start_s=start_s, stop_s=stop_s,
                     words=words)
            )  # fmt: skip
        return tuple(made)

    @staticmethod
    def times(turns: Sequence[Turn], methods: Mapping[Timing, float]) -> tuple[WordTime, ...]:
        """Time the words in order: the first share of them by one method, and so on."""
        words = [(turn, k) for turn in turns for k in range(len(turn.words))]
        made, first = [], 0
        for method, share in methods.items():
            stop = first + round(share * len(words))
            for w in range(first, stop):
                turn, k = words[w]
                step_s = (turn.stop_s - turn.start_s) / len(turn.words)
                start_s = turn.start_s + k * step_s
                made.append(
                    WordTime(word=w, method=method, start_s=start_s, stop_s=start_s + step_s,
                             confidence=0.9)
                )  # fmt: skip
            first = stop
        return tuple(made)


def spoken(seconds: float, *, seed: int = 0, longest_s: float = 6.0) -> list[tuple[float, float]]:
    """When somebody speaks in an interview: turns of random length with pauses between."""
    chance = np.random.default_rng(seed)
    spans, at_s = [], 1.0
    while True:
        stop_s = at_s + chance.uniform(1.0, longest_s)
        if stop_s > seconds - 1:
            return spans
        spans.append((float(at_s), float(stop_s)))
        at_s = stop_s + chance.uniform(0.4, 2.5)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """An empty store, and tables to fill it with."""
    return Room(tmp_path / "store")


@pytest.fixture
def speak() -> Callable[..., list[tuple[float, float]]]:
    """Say when somebody speaks."""
    return spoken
