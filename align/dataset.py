"""A training set as models read it: ``dataset.json``, its sessions, and vectors a word.

Opening reads ``dataset.json`` alone.  `Dataset.session` gives one session's columns of any view;
`Dataset.words` gives the word vectors of many sessions one after another, as trainers want them.
Nothing here knows a model, and torch is not needed::

    dataset = Dataset.open(Path("DATASET"))
    arrays = dataset.session("300", ["face", "bert", "start_s", "masked"])
    arrays["face"]  # (words, 49) float32, shares memory with what was read
"""

# S = sessions, N = unmasked words of the chosen sessions, D = width of a modality

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from ..errors import DamagedError, UsageError
from ..extract.store.place import MARKERS, open_marker
from ..features.types import F32, F64, I64, Bool
from .arrays import SessionArrays, no_column, to_numpy
from .shards import Shards

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

T = TypeVar("T")

SESSIONS_FILE = "sessions.parquet"
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
    released: str | None = None
    """Column of ``sessions.parquet`` with the class 0 | 1 as the corpus released it, if it has one.
    In E-DAIC it is not the published cut-off."""
    positive_by: Literal["rule", "released"] = "rule"
    """Which of the two says who truly is positive; a predicted score is judged by the rule."""

    @property
    def label_rule(self) -> str:
        """Say who truly is positive: ``phq8>=10``, ``released (phq8_binary)``, or nothing."""
        if self.positive_by == "released":
            return f"released ({self.released})"
        return f"{self.name}{self.positive_rule}" if self.positive_rule else ""

    def truth(self, table: "pd.DataFrame") -> F64 | None:
        """Tell who truly is positive.

        Parameters
        ----------
        table : pandas.DataFrame
            Rows of ``sessions.parquet``.

        Returns
        -------
        float64 array, one element a row, or None
            1 positive, 0 not, NaN where nobody knows; None where no rule is known.
        """
        if self.positive_by == "released":
            return np.asarray(table[self.released].to_numpy(dtype=np.float64))
        if not self.positive_rule:
            return None
        y = table[self.name].to_numpy(dtype=np.float64)
        return np.where(np.isnan(y), np.nan, self.positive(y).astype(np.float64))

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
    """The words of sessions, one after another, without the speakers who were not chosen."""

    sessions: tuple[str, ...]
    offsets_S1: I64
    """(S + 1,) the words of session ``s`` are rows ``offsets[s]:offsets[s + 1]``."""
    vectors: Mapping[str, F32]
    """Modality -> (N, D); NaN where an element was not measured."""
    valid: Mapping[str, F32]
    """Modality -> (N,) share of the word that was measured, 0..1."""
    more: Mapping[str, F32]
    """Vector column that was asked for beside them (``face_std``) -> (N, D); NaN likewise."""


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
    shards: Shards
    """Its files."""

    def __repr__(self) -> str:
        """Say which it is: its manifest would be pages."""
        return f"Dataset({str(self.path)!r}, {len(self.ids())} sessions, {self.key[:12]})"

    @classmethod
    def open(cls, path: Path) -> "Dataset":
        """Open a training set.

        Raises
        ------
        StoreError
            If `path` is none, or is not finished: ``dataset.json`` is written last.
        DamagedError
            If a file is missing, or ``dataset.json`` is of another version of depx.
        """
        manifest = open_marker(path, "dataset")
        try:
            dataset = cls._of(path, manifest)
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedError(
                f"{path / MARKERS['dataset']}: is not as depx align writes it ({error}); "
                "align again"
            ) from error
        for name in dataset.shards.files():
            if not (path / name).is_file():
                raise DamagedError(f"{path / name}: is missing; the same depx align mends it")
        return dataset

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
            shards=Shards(path, manifest["shards"]),
        )

    def ids(self) -> tuple[str, ...]:
        """Name the sessions, in the order of the set."""
        return tuple(self.shards.groups("words"))

    def elements(self, column: str) -> tuple[str, ...]:
        """Name the elements of a vector column (``face_mean``, ``face_std``): ``AU12_r``, ...

        The elements of an embedding have no names and are numbered.

        Raises
        ------
        UsageError
            If no modality has such a column.
        """
        modality = self.modalities[_pick(self.owners(), column, "vector column", self.path)]
        return modality.names or tuple(str(c) for c in range(modality.width))

    def owners(self) -> dict[str, str]:
        """Map every vector column (``face_mean``, ``face_std``, ``bert``) to its modality."""
        return {c: m["name"] for m in self.manifest["modalities"] for c in m["columns"]}

    def table(self, sessions: Sequence[str] | None = None) -> "pa.Table":
        """Read ``sessions.parquet``: a row a session, with labels, counts and shares measured.

        Parameters
        ----------
        sessions : sequence of str or None
            Whose rows are wanted, in the order of the file; None reads all.

        Raises
        ------
        DamagedError
            If the file is missing or no Parquet.
        """
        with self.shards.open(self.shards.table) as file:
            table = file.read()
        if sessions is None:
            return table
        wanted = frozenset(sessions)
        return table.filter([session in wanted for session in table["session"].to_pylist()])

    def sessions(self) -> "pd.DataFrame":
        """Read ``sessions.parquet`` as pandas has it; see `table`."""
        frame: pd.DataFrame = self.table().to_pandas()
        return frame

    def session(
        self, session: str, columns: Sequence[str] | None = None, *, view: str = "words"
    ) -> SessionArrays:
        """Read columns of one session.

        Parameters
        ----------
        session : str
            See `ids`.
        columns : sequence of str or None
            Names of columns (``start_s``, ``text``, ``face_std``) or of modalities (``face``: the
            vector that models read); None reads every column.
        view : str
            ``words`` (every row, also those of speakers who were not chosen: ``masked``),
            ``frames``, ``turns``, ``sessions``, as far as the set has them.

        Returns
        -------
        SessionArrays
            Numbers share memory with what was read; 0 rows where the view has none of the session
            (``frames`` without a face).

        Raises
        ------
        UsageError
            If there is no such session, column or view.
        DamagedError
            If a shard is missing or is not the one that ``dataset.json`` records.
        """
        _pick(self.shards.groups("words"), session, "session", self.path)
        of = {name: modality.column for name, modality in self.modalities.items()}
        wanted = None
        if columns is not None:
            there = self.shards.schema(view).names
            wanted = [name if name in there else of.get(name, name) for name in columns]
            for name, column in zip(columns, wanted, strict=True):
                if column not in there:
                    raise no_column(name, (*of, *there), self.path / view)
        return SessionArrays(session, self.shards.read(view, session, wanted), of, self.path / view)

    def words(
        self,
        modalities: Sequence[str],
        sessions: Sequence[str] | None = None,
        *,
        more: Sequence[str] = (),
    ) -> WordArrays:
        """Read vectors of the words of the chosen speakers.

        Parameters
        ----------
        modalities : sequence of str
            Names in `modalities` of the set.
        sessions : sequence of str or None
            Ids in the order of the result; None reads all, in the order of the set.
        more : sequence of str
            Vector columns to read beside those of the modalities: ``face_std``.

        Raises
        ------
        UsageError
            If the set has no such modality, session or vector column.
        DamagedError
            If a shard is missing or does not hold what ``dataset.json`` says.
        """
        place = self.shards.groups("words")
        wanted = tuple(place) if sessions is None else tuple(sessions)
        chosen = [_pick(self.modalities, name, "modality", self.path) for name in modalities]
        places = [_pick(place, session, "session", self.path) for session in wanted]
        owners = self.owners() if more else {}
        widths = {m.column: m.width for m in chosen}
        for name in more:
            widths[name] = self.modalities[_pick(owners, name, "vector column", self.path)].width
        kept: list[Bool] = [np.zeros(0, dtype=np.bool_)] * len(places)
        for path in dict.fromkeys(where.path for where in places):
            with self.shards.open(path) as file:
                for s, (shard, group, _) in enumerate(places):
                    if shard == path:
                        masked = file.read_row_group(group, columns=["masked"])["masked"]
                        kept[s] = ~to_numpy(masked)
        offsets_S1 = np.cumsum([0, *(int(rows.sum()) for rows in kept)], dtype=np.int64)
        found = {c: np.empty((offsets_S1[-1], width), np.float32) for c, width in widths.items()}
        found |= {f"{m.name}_valid": np.empty(offsets_S1[-1], np.float32) for m in chosen}
        for path in dict.fromkeys(where.path for where in places):
            with self.shards.open(path) as file:
                for s, (shard, group, _) in enumerate(places):
                    if shard != path:
                        continue
                    table = file.read_row_group(group, columns=list(found))
                    to = slice(int(offsets_S1[s]), int(offsets_S1[s + 1]))
                    for column, value in found.items():
                        value[to] = to_numpy(table[column])[kept[s]]
        return WordArrays(
            sessions=wanted,
            offsets_S1=offsets_S1,
            vectors={m.name: found[m.column] for m in chosen},
            valid={m.name: found[f"{m.name}_valid"] for m in chosen},
            more={name: found[name] for name in more},
        )


def _pick(found: Mapping[str, T], name: str, what: str, path: Path) -> T:
    if name not in found:
        some = ", ".join(list(found)[:8])
        raise UsageError(f"{path}: no {what} {name!r}, got {some or 'none'}")
    return found[name]
