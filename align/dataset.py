"""A training set as models read it: ``dataset.json``, its sessions, and vectors a word.

Opening reads ``dataset.json`` alone; `Dataset.words` reads the row groups of the sessions that are
asked for, a session at a time.  Nothing here knows a model, and torch is not needed.
"""

# S = sessions, N = words of the chosen sessions, D = width of a modality

import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from ..errors import DamagedError, UsageError
from ..extract.store.key import sha256_file
from ..extract.store.place import MARKERS, open_marker
from ..features.types import F32, F64, I64, Bool

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.parquet as pq

T = TypeVar("T")

SESSIONS = "sessions.parquet"
EMPTY: F32 = np.empty(0, np.float32)
COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """What models learn, and on which scale."""

    name: str
    kind: Literal["score", "class"]
    min: float | None
    max: float | None
    """Ends of the scale (PHQ-8: 0..24; a class: 0..1); None where nobody knows them: a trainer then
    takes those of its training part."""
    positive_rule: str
    """``>=10``; empty where none is known: then there are no class metrics."""

    def positive(self, y: F64) -> Bool:
        """Apply the rule to scores; NaN is not positive.

        Raises
        ------
        UsageError
            If no rule is known for the target.
        """
        for sign in COMPARE:  # two-letter signs stand first
            if self.positive_rule.startswith(sign):
                threshold = float(self.positive_rule.removeprefix(sign))
                return np.asarray(COMPARE[sign](y, threshold), dtype=np.bool_)
        raise UsageError(
            f"target {self.name}: nobody knows who is positive; "
            "align with --set target.positive_rule='>=10'"
        )


@dataclass(frozen=True, kw_only=True)
class Modality:
    """A vector a word."""

    name: str
    column: str
    """Column of ``words/`` that models read: ``face_mean``, ``bert``."""
    names: tuple[str, ...]
    """Name of each element; empty for embeddings."""
    units: tuple[str, ...]
    width: int


@dataclass(frozen=True, eq=False)
class WordArrays:
    """The words of sessions that are not masked, one after another."""

    sessions: tuple[str, ...]
    offsets_S1: I64
    """(S + 1,) the words of session ``s`` are rows ``offsets[s]:offsets[s + 1]``."""
    vectors: Mapping[str, F32]
    """Modality -> (N, D); NaN where an element was not measured."""
    valid: Mapping[str, F32]
    """Modality -> (N,) share of the word that was measured, 0..1."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A finished training set on disk."""

    path: Path
    manifest: Mapping[str, Any]
    target: Target | None
    """None where it was aligned without labels."""
    modalities: Mapping[str, Modality]
    key: str
    """Content hash of all that shaped it."""

    @classmethod
    def open(cls, path: Path) -> "Dataset":
        """Open a training set.

        Raises
        ------
        StoreError
            If `path` is none, or is not finished: ``dataset.json`` is written last.
        """
        manifest = open_marker(path, "dataset")
        try:
            for written in manifest["shards"].values():
                for shard in written:
                    if not (path / shard["path"]).is_file():
                        raise DamagedError(
                            f"{path / shard['path']}: is missing; align again with --force"
                        )
            return cls._of(path, manifest)
        except (KeyError, TypeError) as error:
            raise DamagedError(
                f"{path / MARKERS['dataset']}: is not as depx align writes it ({error}); "
                "align again with --force"
            ) from error

    @classmethod
    def _of(cls, path: Path, manifest: Mapping[str, Any]) -> "Dataset":
        target = manifest["target"]
        modalities = {}
        for described in manifest["modalities"]:
            modalities[described["name"]] = Modality(
                name=described["name"],
                column=described["column"],
                names=tuple(described["names"]),
                units=tuple(described["units"]),
                width=described["width"],
            )
        return cls(
            path=path,
            manifest=manifest,
            target=None if target is None else Target(**target),
            modalities=modalities,
            key=manifest["key"],
        )

    def sessions(self) -> "pd.DataFrame":
        """Read ``sessions.parquet``: a row a session, with labels, counts and shares measured.

        Raises
        ------
        DamagedError
            If the file is missing or no Parquet.
        """
        self._check(SESSIONS)
        with self._open(SESSIONS) as file:
            frame: pd.DataFrame = file.read().to_pandas()
            return frame

    def words(self, modalities: Sequence[str], sessions: Sequence[str] | None = None) -> WordArrays:
        """Read vectors of words.

        Parameters
        ----------
        modalities : sequence of str
            Names in `modalities` of the set.
        sessions : sequence of str or None
            Ids in the order of the result; None reads all, in the order of the set.

        Raises
        ------
        UsageError
            If the set has no such modality or session.
        DamagedError
            If a shard is missing or does not hold what ``dataset.json`` says.
        """
        place: dict[str, tuple[str, int, int]] = {}  # session -> shard, row group, rows
        for shard in self.manifest["shards"]["words"]:
            for group, (session, rows) in enumerate(shard["sessions"]):
                place[session] = (shard["path"], group, rows)
        wanted = tuple(place) if sessions is None else tuple(sessions)
        chosen = [_pick(self.modalities, name, "modality", self.path) for name in modalities]
        places = [_pick(place, session, "session", self.path) for session in wanted]
        vectors: dict[str, list[F32]] = {m.name: [EMPTY] * len(places) for m in chosen}
        valid: dict[str, list[F32]] = {m.name: [EMPTY] * len(places) for m in chosen}
        kept = [0] * len(places)
        columns = ["masked", *(c for m in chosen for c in (m.column, f"{m.name}_valid"))]
        for path in dict.fromkeys(path for path, _, _ in places):
            self._check(path)
            with self._open(path) as file:
                for s, (shard, group, rows) in enumerate(places):
                    if shard != path:
                        continue
                    table = file.read_row_group(group, columns=columns)
                    is_kept = ~table["masked"].to_numpy()
                    kept[s] = int(is_kept.sum())
                    for m in chosen:
                        flat = table[m.column].combine_chunks().flatten()
                        flat_ND = flat.to_numpy(zero_copy_only=False).reshape(rows, m.width)
                        vectors[m.name][s] = flat_ND[is_kept].astype(np.float32)
                        valid[m.name][s] = table[f"{m.name}_valid"].to_numpy()[is_kept]
        return WordArrays(
            wanted,
            np.cumsum([0, *kept], dtype=np.int64),
            {
                m.name: np.concatenate([np.empty((0, m.width), "f4"), *vectors[m.name]])
                for m in chosen
            },
            {m.name: np.concatenate([EMPTY, *valid[m.name]]) for m in chosen},
        )

    def _check(self, name: str) -> None:
        """Hold a file against the hash that the marker has of it."""
        recorded = {
            shard["path"]: shard["sha256"]
            for written in self.manifest["shards"].values()
            for shard in written
        }
        path = self.path / name
        if not path.is_file() or sha256_file(path) != recorded.get(name):
            raise DamagedError(
                f"{path}: is not the file that {MARKERS['dataset']} records; "
                "align again with --force"
            )

    @contextmanager
    def _open(self, name: str) -> "Iterator[pq.ParquetFile]":
        """Open a Parquet file of the set; whatever does not fit in it is damage."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.path / name
        try:
            with pq.ParquetFile(path) as file:
                yield file
        except (OSError, pa.ArrowInvalid, KeyError, IndexError, ValueError) as error:
            raise DamagedError(
                f"{path}: expected what {MARKERS['dataset']} says, got {type(error).__name__}; "
                "align again with --force"
            ) from error


def _pick(found: Mapping[str, T], name: str, what: str, path: Path) -> T:
    if name not in found:
        some = ", ".join(list(found)[:8])
        raise UsageError(f"{path}: no {what} {name!r}, got {some or 'none'}")
    return found[name]
