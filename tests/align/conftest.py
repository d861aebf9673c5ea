"""A small feature store, written as ``extract`` writes one, without extracting anything."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depx.align.run import align
from depx.align.settings import AlignSettings
from depx.align.summary import AlignSummary
from depx.extract.store import tables
from depx.extract.store.key import digest, sha256_file
from depx.extract.store.lock import locked
from depx.extract.store.manifest import Manifest, Record
from depx.extract.store.place import found_store
from depx.features.columns import FACE, FACE_VECTOR, Column
from depx.features.extractor import Table
from depx.features.track import Source, Track
from depx.features.words import Kind, Role, Timing, Turn, TurnTable, Word, WordTime, WordVectors

EGEMAPS = tuple(Column(f"lld_{c}", "1", "lld") for c in range(25))
WIDTH = 8


def dialogue(
    words: int = 12, *, timed: bool = True, role: Role = Role.PARTICIPANT
) -> dict[str, Table]:
    """Alternate turns of three words; the interviewer asks first; a word takes 0.3 s of 0.5 s."""
    turns: list[Turn] = []
    times: list[WordTime] = []
    for index in range(words // 3):
        mine = index % 2 == 1
        who, speaker = (role, "P") if mine else (Role.INTERVIEWER, "Ellie")
        start_s = index * 2.0
        spoken = tuple(
            Word(
                text=f"w{index}{k}",
                raw=f"w{index}{k}",
                kind=Kind.EVENT if k == 2 and mine else Kind.WORD,
                speaker=speaker,
                role=who,
                turn=index,
            )
            for k in range(3)
        )
        for k in range(3 if timed else 0):
            begin_s = start_s + 0.5 * k
            method = Timing.FORCED if k else Timing.PROPORTIONAL
            times.append(
                WordTime(
                    word=3 * index + k,
                    method=method,
                    start_s=begin_s,
                    stop_s=begin_s + 0.3,
                    confidence=0.9,
                )
            )
        turns.append(
            Turn(
                index=index,
                speaker=speaker,
                role=who,
                start_s=start_s,
                stop_s=start_s + 1.3,
                words=spoken,
            )
        )
    return {"words": tuple(turns), "word_times": tuple(times)}


def face(seconds: float = 8.0, *, seed: int = 0, lost: slice = slice(30, 45)) -> Track:
    """A face at 30 Hz without landmarks, lost for half a second."""
    columns = tuple(c for c in FACE if c in FACE_VECTOR or c.group == "quality")
    rows = int(seconds * 30)
    value_FC = np.random.default_rng(seed).normal(size=(rows, len(columns))).astype(np.float32)
    value_FC[:, 0] = 0.9  # confidence
    value_FC[lost] = np.nan
    valid_F = np.ones(rows, dtype=np.bool_)
    valid_F[lost] = False
    return Track(
        time_s=np.arange(rows) / 30,
        value_FC=value_FC,
        columns=columns,
        valid_F=valid_F,
        rate_hz=30.0,
    )


def sound(seconds: float = 8.0, *, seed: int = 1, columns: Sequence[Column] = EGEMAPS) -> Track:
    """A track of descriptors at 100 Hz."""
    rows = int(seconds * 100)
    value_FC = np.random.default_rng(seed).normal(size=(rows, len(columns))).astype(np.float32)
    return Track(
        time_s=0.005 + np.arange(rows) / 100,
        value_FC=value_FC,
        columns=tuple(columns),
        valid_F=np.ones(rows, dtype=np.bool_),
        rate_hz=100.0,
    )


def vectors(words: int = 12, *, width: int = WIDTH, seed: int = 2) -> WordVectors:
    """A vector a word; the events (every sixth word) have none."""
    value_WD = np.random.default_rng(seed).normal(size=(words, width)).astype(np.float32)
    valid_W = np.arange(words) % 6 != 5
    value_WD[~valid_W] = np.nan
    return WordVectors(value_WD=value_WD, valid_W=valid_W)


def functionals(*, columns: Sequence[Column] = EGEMAPS[:3]) -> TurnTable:
    """Numbers a turn of the dialogue; the last turn was not measured."""
    turns = tuple(turn for turn in dialogue()["words"] if isinstance(turn, Turn))
    value_TC = np.arange(len(turns) * len(columns), dtype=np.float32).reshape(len(turns), -1)
    value_TC[-1] = np.nan
    valid_T = np.isfinite(value_TC).all(axis=1)
    return TurnTable(turns=turns, value_TC=value_TC, columns=tuple(columns), valid_T=valid_T)


def whole(*, seed: int = 0) -> dict[str, Table]:
    """All tracks of a session."""
    return {
        **dialogue(),
        "face": face(seed=seed),
        "egemaps": sound(seed=seed + 1),
        "bert": vectors(seed=seed + 2),
        "vad": sound(columns=(Column("speech", "0|1", "vad"),)),
    }


class Shelf:
    """A store under construction: `session` adds one, made of the tables that the others make."""

    dialogue = staticmethod(dialogue)
    face = staticmethod(face)
    sound = staticmethod(sound)
    vectors = staticmethod(vectors)
    functionals = staticmethod(functionals)
    whole = staticmethod(whole)

    def __init__(self, path: Path, corpus: str = "folder") -> None:
        self.path, self.corpus = path, corpus
        found_store(path, corpus=corpus)

    def session(
        self,
        name: str,
        made: Mapping[str, Table],
        *,
        failures: Sequence[str] = (),
        absent: Sequence[str] = (),
        case: str = "",
        participant: str = "",
        recording: str = "",
    ) -> None:
        """Write a session; `recording` is the sha256 of the file that its tracks were made of."""
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        case = case or name
        inputs = {"Eve Smith.wav": {"sha256": recording, "size": 9}} if recording else {}
        identity = {
            "session": name, "case": case, "participant": participant or case,
            "corpus": self.corpus, "inputs": inputs,
        }  # fmt: skip
        with locked(folder) as lease:
            manifest = Manifest(folder, identity, lease)
            manifest.save()
            for track, table in made.items():
                _publish(manifest, track, table, digest([name, track, str(table)]), recording)
            for track in absent:
                manifest.lack(track, f"{track}: the session has no such file", key=None)
            for track in failures:
                manifest.fail(track, "MediaError", f"/secret/{name}.mp4: is cut short")
            manifest.save()


def _publish(manifest: Manifest, track: str, table: Table, key: str, recording: str) -> None:
    written = manifest.folder / f".{track}"
    rows = tables.write(table, written, {"track": track})
    record = Record(
        key=key,
        kind=tables.kind_of(table),
        rows=rows,
        bytes=written.stat().st_size,
        sha256=sha256_file(written),
        source=Source(extractor=track, version="1", parameters={"model": "m"}),
        input=recording or None,
    )
    manifest.publish(track, written, record)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty store."""
    return Shelf(tmp_path / "store")


@pytest.fixture
def shelves(tmp_path: Path) -> Callable[[str], Shelf]:
    """Start the store of a corpus."""
    return lambda corpus: Shelf(tmp_path / corpus, corpus)


@pytest.fixture
def labels(tmp_path: Path) -> Callable[[str], Path]:
    """Write a CSV table of labels."""

    def write(text: str, name: str = "labels.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def run() -> Callable[..., tuple[AlignSummary, list[str]]]:
    """Align a store into a folder; give the summary and the lines that were reported."""

    def run(
        store: Path | Sequence[Path], dataset: Path, **options: Any
    ) -> tuple[AlignSummary, list[str]]:
        lines: list[str] = []
        stores = [store] if isinstance(store, Path) else store
        return align(stores, dataset, AlignSettings(**options), lines.append), lines

    return run


@pytest.fixture
def filled(shelf: Shelf) -> Path:
    """Four sessions: two whole, one without a face, one whose words have no times."""
    shelf.session("s1", shelf.whole(seed=1))
    shelf.session("s2", {k: v for k, v in shelf.whole(seed=2).items() if k != "face"})
    shelf.session("s3", shelf.whole(seed=3))
    shelf.session("untimed", shelf.dialogue(timed=False))
    return shelf.path
