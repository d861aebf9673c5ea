"""A training set as ``align`` writes one, made of odd values without a store."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from depx.align.manifest import sessions_record
from depx.align.writer import ShardWriter
from depx.extract.store.atomic import write_sealed
from depx.extract.store.tables import META, write_parquet

WIDTHS = {"face": 5, "covarep": 4, "bert": 6}
NAMES = {
    "face": ("pose_Rx", "gaze_angle_x", "AU12_r", "AU45_r", "AU12_c"),
    "covarep": ("F0", "VUV", "NAQ", "MCEP_0"),
}
TEXTS = ("well", 'so-called "fine"', "no, never", "null", "NA", "mañana", "two\nlines", "", "i")
PARTICIPANTS = {"a1": "A", "a2": "A", "b": "B", "c": "C", "d": "D", "e": "E", "f": "F"}
LABELS = {"a1": 3.0, "a2": 3.0, "b": 17.0, "c": 10.0, "d": 0.0, "e": np.nan, "f": 12.0}
SPLITS = {"a1": "train", "a2": "train", "b": "train", "c": "dev", "d": "test", "e": "dev"}
FACELESS = "b"


def vector(value: np.ndarray, kind: pa.DataType) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(value.reshape(-1), kind), value.shape[1])


class Made:
    """A training set, and what went into it."""

    def __init__(
        self,
        path: Path,
        *,
        dtype: str = "float32",
        splits: Mapping[str, str] = SPLITS,
        rule: str = ">=10",
        target: bool = True,
        shard_mb: float = 1e-3,
        words: int = 9,
        never: str = "",
    ) -> None:
        self.path = path
        self.never = never  # a modality that nobody measured
        self.kind = pa.float16() if dtype == "float16" else pa.float32()
        self.chance = np.random.default_rng(5)
        path.mkdir()
        self.words = {s: self._words(s, words + 2 * n) for n, s in enumerate(PARTICIPANTS)}
        self.turns = {s: self._pooled(s, "turn", 3) for s in PARTICIPANTS}
        self.pooled = {s: self._pooled(s, "words", 1) for s in PARTICIPANTS}
        self.frames = {s: self._frames(s, 12) for s in PARTICIPANTS if s != FACELESS}
        shards: dict[str, Any] = {
            view: self._write(view, tables, shard_mb)
            for view, tables in (
                ("words", self.words), ("frames", self.frames),
                ("turns", self.turns), ("sessions", self.pooled),
            )
        }  # fmt: skip
        table = pa.table(
            {
                "session": list(PARTICIPANTS),
                "case": list(PARTICIPANTS),
                "participant": list(PARTICIPANTS.values()),
                "split": pa.array([splits.get(s) for s in PARTICIPANTS], pa.string()),
                "phq8": pa.array([LABELS[s] for s in PARTICIPANTS], pa.float64()),
                "interviewer_text": vector(self.chance.normal(size=(7, 6)), pa.float32()),
            }
        )
        write_parquet(table, path / "sessions.parquet")
        shards["table"] = [asdict(sessions_record(path, len(PARTICIPANTS)))]
        scale = {"name": "phq8", "kind": "score", "min": 0, "max": 24, "positive_rule": rule}
        manifest = {
            "place": "dataset",
            "schema": 1,
            "key": "made",
            "target": scale if target else None,
            "modalities": [self._modality(name) for name in WIDTHS],
            "shards": shards,
        }
        write_sealed(path / "dataset.json", manifest)

    def _modality(self, name: str) -> dict[str, Any]:
        plain = name == "bert"
        return {
            "name": name,
            "column": name if plain else f"{name}_mean",
            "columns": [name] if plain else [f"{name}_mean", f"{name}_std"],
            "names": NAMES.get(name, ()),
            "units": ["1"] * len(NAMES.get(name, ())),
            "width": WIDTHS[name],
            "kind": "vectors" if plain else "samples",
        }

    def _vectors(self, session: str, masked: np.ndarray) -> dict[str, Any]:
        """Odd numbers over many powers of ten; NaN where masked, and here and there."""
        columns: dict[str, Any] = {}
        for name, width in WIDTHS.items():
            for column in self._modality(name)["columns"]:
                value = self.chance.normal(size=(len(masked), width))
                value *= 10.0 ** self.chance.integers(-3, 3, value.shape)
                value = value.astype(self.kind.to_pandas_dtype())
                value[self.chance.random(value.shape) < 0.1] = np.nan
                value[masked] = np.nan
                if name == self.never or (name == "face" and session == FACELESS):
                    value[:] = np.nan
                columns[column] = vector(value, self.kind)
            if name != "bert":
                columns[f"{name}_n_frames"] = pa.array(np.where(masked, 0, 7), pa.int32())
            columns[f"{name}_valid"] = pa.array(np.where(masked, 0, 0.9), pa.float32())
        return columns

    def _words(self, session: str, rows: int) -> pa.Table:
        masked = np.arange(rows) % 3 == 0
        role = np.where(masked, "interviewer", "participant")
        timing = [None if r % 4 == 2 else "forced" for r in range(rows)]
        start_s = np.where(np.arange(rows) % 4 == 2, np.nan, np.arange(rows) / 3)
        return pa.table(
            {
                "session": [session] * rows,
                "index": pa.array(range(rows), pa.int32()),
                "turn": pa.array(np.arange(rows) // 3, pa.int32()),
                "speaker": list(role),
                "role": list(role),
                "kind": ["event" if r % 7 == 5 else "word" for r in range(rows)],
                "text": [TEXTS[r % len(TEXTS)] for r in range(rows)],
                "start_s": start_s,
                "stop_s": start_s + 0.25,
                "timing": pa.array(timing, pa.string()),
                "confidence": pa.array(np.linspace(0, 1, rows), pa.float32()),
                "masked": masked,
                **self._vectors(session, masked),
            }
        )

    def _pooled(self, session: str, first: str, rows: int) -> pa.Table:
        masked = np.arange(rows) % 2 == 1
        return pa.table(
            {
                "session": [session] * rows,
                first: pa.array(range(rows), pa.int32()),
                "masked": masked,
                **self._vectors(session, masked),
            }
        )

    def _frames(self, session: str, rows: int) -> pa.Table:
        rows += PARTICIPANTS[session] == "C"
        valid = np.arange(rows) % 5 != 1
        columns = (*NAMES["face"], "x_0")
        value = self.chance.normal(size=(rows, len(columns))).astype(np.float32)
        value[~valid] = np.nan
        return pa.table(
            {
                "session": [session] * rows,
                "time_s": (np.arange(rows) + 0.5) / 3,
                "valid": valid,
                "role": ["participant"] * rows,
                **{name: np.ascontiguousarray(value[:, c]) for c, name in enumerate(columns)},
            }
        )

    def _write(self, view: str, tables: Mapping[str, pa.Table], mb: float) -> list[Any]:
        schema = next(iter(tables.values())).schema.with_metadata({META: b"{}"})
        with ShardWriter(self.path, view, schema, mb * 1e6) as writer:
            for session, table in tables.items():
                writer.add(session, table.cast(schema))
        return [asdict(shard) for shard in writer.shards]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Seven sessions of six participants in several shards, splits given; never changed."""
    return Made(tmp_path_factory.mktemp("made") / "D")


@pytest.fixture(scope="session")
def half(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same in float16."""
    return Made(tmp_path_factory.mktemp("half") / "D", dtype="float16")


@pytest.fixture(scope="session")
def make() -> type[Made]:
    """Make another one."""
    return Made
