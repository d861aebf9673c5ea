"""What is told of a training set: its marker, its label table, the columns of its shards.

No word of an interview is read: of the text column only whether it holds any, from the footers.
"""

# S = sessions

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..dataset import SESSIONS_FILE, Target
from ..differences import FIRST_FIGURE
from ..settings import FRAMES, WORDS
from ..shards import TABLE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

IDS = ("session", "case", "participant", "corpus", "split")
GENDERS, AGES = ("gender", "sex"), ("age",)
OTHER_GROUPS = 12  # a column with more values than this is no group


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """What a card is written from."""

    manifest: Mapping[str, Any]
    """``dataset.json``."""
    table: "pd.DataFrame"
    """``sessions.parquet``."""
    schemas: Mapping[str, "pa.Schema"]
    """View (and `TABLE`) -> its columns."""
    has_text: bool
    """Whether ``words/`` says what was said."""

    @classmethod
    def of(cls, dataset: Path, manifest: Mapping[str, Any]) -> "Facts":
        """Gather them from a training set whose shards are whole."""
        import pyarrow.parquet as pq

        shards: Mapping[str, Sequence[Mapping[str, Any]]] = manifest["shards"]
        schemas = {
            view: pq.read_schema(dataset / written[0]["path"])
            for view, written in shards.items()
            if written
        }
        return cls(
            manifest=manifest,
            table=pq.read_table(dataset / SESSIONS_FILE, partitioning=None).to_pandas(),
            schemas=schemas,
            has_text=any(_says(dataset / shard["path"]) for shard in shards[WORDS]),
        )

    @property
    def views(self) -> tuple[str, ...]:
        """Name the views that hold rows, ``words`` first."""
        there = [view for view in self.schemas if view != TABLE]
        return tuple(sorted(there, key=lambda view: view != WORDS))

    @property
    def target(self) -> Target | None:
        """What models learn."""
        target = self.manifest["target"]
        return None if target is None else Target(**target)

    @property
    def label_columns(self) -> list[str]:
        """Name the columns that came with the labels."""
        names = list(self.table.columns)
        return [name for name in names[: names.index(FIRST_FIGURE)] if name not in IDS]

    @property
    def seconds(self) -> float:
        """Length of all sessions together."""
        return float(self.table[FIRST_FIGURE].sum())

    @property
    def corpora(self) -> tuple[str, ...]:
        """Name the corpora."""
        return tuple(sorted(set(self.table["corpus"])))

    @property
    def pseudonyms(self) -> str | None:
        """Give the fingerprint of the key under whose pseudonyms ids go; None: their own names."""
        found: str | None = self.manifest["settings"].get("pseudonyms")
        return found

    @property
    def facial(self) -> frozenset[str]:
        """Name the columns of the face that are in the set: those of its vectors, and of frames."""
        faces = (part["names"] for part in self.manifest["modalities"] if part["name"] == "face")
        of_frames = self.manifest[FRAMES]["columns"] if FRAMES in self.views else ()
        return frozenset(name for names in faces for name in names) | {
            column["name"] for column in of_frames
        }

    @property
    def windows(self) -> bool:
        """Whether rows are windows, not words."""
        return str(self.manifest["settings"]["tokens"]) != WORDS

    @property
    def sources(self) -> dict[str, Mapping[str, Any]]:
        """Map the short hash of each source to it, by extractor."""
        found: dict[str, Mapping[str, Any]] = self.manifest["provenance"]["sources"]
        return dict(sorted(found.items(), key=lambda one: (one[1]["extractor"], one[0])))

    @property
    def licences(self) -> dict[str, str]:
        """Map every library and model that shaped the numbers to its licence."""
        pairs = {pair for source in self.sources.values() for pair in source["licences"].items()}
        return dict(sorted(pairs))

    @property
    def bound(self) -> dict[str, str]:
        """Map the tracks that are not free for commercial use to the licence that binds them."""
        return {
            track: licence
            for key, source in self.sources.items()
            for licence in source["licences"].values()
            if "non-commercial" in licence
            for track in self.tracks_of(key)
        }

    @property
    def languages(self) -> list[str]:
        """Name the languages that the transcripts were read as."""
        found = (source["parameters"].get("language") for source in self.sources.values())
        return sorted({str(language) for language in found if language})

    def tracks_of(self, source: str) -> dict[str, int]:
        """Count the sessions of each track that is of a source."""
        tracks: Mapping[str, Mapping[str, Mapping[str, str]]] = self.manifest["provenance"][
            "tracks"
        ]
        return dict(
            Counter(
                name
                for of in tracks.values()
                for name, track in of.items()
                if track["source"] == source
            )
        )

    def origins_of(self, modality: str) -> set[str]:
        """Say whether a modality was computed, given, or both."""
        return set(self.table[f"{modality}_origin"].dropna())

    def cases(self) -> "pd.DataFrame":
        """Give a row a case: its first session's."""
        return self.table.drop_duplicates("case")

    def people(self) -> "pd.DataFrame":
        """Give a row a participant: the first session's."""
        return self.table.drop_duplicates("participant")

    def groups(self) -> dict[str, dict[str, int]]:
        """Count participants by gender, and by other columns of labels that hold few texts."""
        found: dict[str, dict[str, int]] = {}
        people = self.people()
        for name in self.label_columns:
            column = people[name]
            texts = column.dtype == object or str(column.dtype).startswith("str")
            few = column.nunique() <= min(OTHER_GROUPS, max(2, len(people) // 2))
            if name.casefold() in GENDERS or (texts and few and column.notna().any()):
                counted = Counter("not known" if _empty(cell) else _cell(cell) for cell in column)
                found[name] = dict(sorted(counted.items()))
        return found

    def ages(self) -> str:
        """Say how old the participants are; nothing where the labels do not."""
        name = next((name for name in self.label_columns if name.casefold() in AGES), None)
        if name is None:
            return ""
        age_S = _numbers(self.people()[name])
        known_S = age_S[~np.isnan(age_S)]
        if not known_S.size:
            return ""
        return (
            f"{known_S.min():g} to {known_S.max():g}, median {np.median(known_S):g}; "
            f"known of {known_S.size} of {age_S.size}"
        )

    def left_out(self) -> dict[str, int]:
        """Count the sessions that are not in the set, by reason."""
        reasons = Counter(
            lack["reason"].replace(lack["session"], "SESSION")
            for lack in self.manifest["exclusions"]
        )
        return dict(sorted(reasons.items()))

    def incomplete(self) -> dict[str, int]:
        """Count the sessions that are there without a track, by reason."""
        reasons = Counter(
            lack["reason"].replace(lack["session"], "SESSION")
            for lack in self.manifest["incomplete"]
        )
        return dict(sorted(reasons.items()))


def _says(path: Path) -> bool:
    """Say whether a shard holds a text that is not empty, from its footer."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(path)
    names = [footer.schema.column(c).path for c in range(footer.num_columns)]
    if "text" not in names:
        return False
    c = names.index("text")
    for group in range(footer.num_row_groups):
        known = footer.row_group(group).column(c).statistics
        if known is None or not known.has_min_max:
            if known is None or known.null_count < footer.row_group(group).num_rows:
                return True
        elif known.max:
            return True
    return False


def _numbers(column: "pd.Series") -> "np.ndarray[Any, np.dtype[np.float64]]":
    import pandas as pd

    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)


def _empty(cell: object) -> bool:
    return cell is None or cell != cell


def _cell(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)
