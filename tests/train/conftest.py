"""Synthetic word vectors for the tests of training: nothing is extracted."""

# N = words of all sessions, S = sessions, B = sessions of a batch, W = words, C = columns,
# K = cases, I = items

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from depx.align.dataset import Target
from depx.align.settings import AlignSettings
from depx.extract.labels.daic_woz import ITEMS as PHQ8
from depx.extract.store.atomic import write_sealed
from depx.extract.store.key import digest, sha256_file
from depx.extract.store.place import SCHEMA
from depx.features.types import F32
from depx.train.batches import Ragged, whole_batches
from depx.train.cases import Corpus
from depx.train.checkpoint import Keeper
from depx.train.cmgvs.config import CmgVs
from depx.train.items import Items
from depx.train.mccl.config import Mccl
from depx.train.tensors import Batch, Resident

COLUMNS = {"text": 6, "acoustic": 5, "vision": 4}
SCORE = Target(name="demo_score", kind="score", min=0.0, max=24.0, positive_rule=">=10")
CLASS = Target(name="depressed", kind="class", min=0.0, max=1.0, positive_rule="==1")


@pytest.fixture
def columns() -> dict[str, int]:
    return dict(COLUMNS)


@pytest.fixture
def tiny() -> Callable[..., CmgVs]:
    """Make settings small enough to train in a second; without dropout unless it is asked for."""

    def make(**settings: Any) -> CmgVs:
        small: dict[str, Any] = {
            "width": 16,
            "heads": 2,
            "layers": 1,
            "latent_width": 3,
            "dropout": 0.0,
            "epochs": 3,
        }
        return CmgVs(**{**small, **settings})

    return make


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    """Keep a fit that is not to be killed."""
    return Keeper(tmp_path / "checkpoint", {}, every_s=None, tell=print)


@pytest.fixture
def ragged() -> Callable[..., Ragged]:
    """Make standardised sessions of given lengths, a tenth of the elements not measured."""

    def make(*lengths: int, seed: int = 0, nan: float = 0.1) -> Ragged:
        rng = np.random.default_rng(seed)
        count = sum(lengths)
        vectors = {}
        for part, width in COLUMNS.items():
            value_NC = rng.standard_normal((count, width)).astype(np.float32)
            value_NC[rng.random((count, width)) < nan] = np.nan
            vectors[part] = value_NC
        return Ragged(
            vectors=vectors,
            offsets_S1=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            y_S=rng.random(len(lengths)).astype(np.float32),
            case_S=np.arange(len(lengths)),
            participant_S=np.arange(len(lengths)),
            names={p: tuple(f"{p}{c}" for c in range(w)) for p, w in COLUMNS.items()},
        )

    return make


@pytest.fixture
def batch(ragged: Callable[..., Ragged]) -> Callable[..., Batch]:
    """Lay sessions of given lengths side by side, shortest first."""

    def make(*lengths: int, seed: int = 0, nan: float = 0.1) -> Batch:
        sessions = ragged(*sorted(lengths), seed=seed, nan=nan)
        (crops,) = whole_batches(sessions, size=len(lengths))
        return Resident(sessions, torch.device("cpu")).gather(crops)

    return make


@pytest.fixture
def corpus() -> Callable[..., Corpus]:
    """Make labelled participants whose mean acoustics say the score, as far as `signal` goes."""

    def make(
        participants: int = 12,
        *,
        signal: float = 1.0,
        words: tuple[int, int] = (8, 16),
        sessions_a_case: int = 1,
        target: Target = SCORE,
        seed: int = 0,
    ) -> Corpus:
        rng = np.random.default_rng(seed)
        lengths = rng.integers(*words, size=participants * sessions_a_case)
        trait_P = np.linspace(-1.5, 1.5, participants)
        names = [f"p{rng.integers(10**6):06d}{p}" for p in range(participants)]
        owner_S = np.repeat(np.arange(participants), sessions_a_case)
        y_P = np.clip(np.round(12 + 7 * trait_P), target.min, 24)
        if target.kind == "class":
            y_P = (trait_P > 0).astype(np.float64)
        vectors = {}
        for part, width in COLUMNS.items():
            value_NC = rng.standard_normal((int(lengths.sum()), width)).astype(np.float32)
            vectors[part] = 3.0 * value_NC + 5.0
        direction_C = rng.standard_normal(COLUMNS["acoustic"])
        shift_NC = np.outer(np.repeat(trait_P[owner_S], lengths), direction_C)
        vectors["acoustic"] = vectors["acoustic"] + np.float32(signal * 3.0) * shift_NC.astype("f4")
        return Corpus(
            sessions=tuple(f"s{s:03d}" for s in range(len(lengths))),
            cases=tuple(f"case-{names[p]}" for p in owner_S),
            participants=tuple(names[p] for p in owner_S),
            y_S=y_P[owner_S],
            offsets_S1=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            vectors=vectors,
            names={part: tuple(f"{part}{c}" for c in range(w)) for part, w in COLUMNS.items()},
            left_out={},
        )

    return make


@pytest.fixture
def answered() -> Callable[..., Corpus]:
    """Add answers to the items of a PHQ-8 that follow the score; some are unknown."""

    def make(corpus: Corpus, *, lost: float = 0.2, seed: int = 0) -> Corpus:
        rng = np.random.default_rng(seed)
        cases, case_S = np.unique(np.array(corpus.cases), return_inverse=True)
        blur_KI = rng.normal(0.0, 0.5, size=(cases.size, len(PHQ8)))
        mean_S = corpus.y_S * 3.0 / max(corpus.y_S.max(), 1.0)
        answer_SI = np.clip(np.round(mean_S[:, None] + blur_KI[case_S]), 0, 3)
        answer_SI[(rng.random(blur_KI.shape) < lost)[case_S]] = np.nan
        return replace(
            corpus, items=Items(names=PHQ8, low=0, high=3, whole=True), answer_SI=answer_SI
        )

    return make


def _answers(corpus: Corpus) -> dict[str, Sequence[object]]:
    """Columns of the answers to items, where there are any."""
    if corpus.items is None or corpus.answer_SI is None:
        return {}
    return dict(zip(corpus.items.names, corpus.answer_SI.T, strict=True))


def _vector_columns(
    corpus: Corpus, modalities: Mapping[str, str], spreads: Mapping[str, F32]
) -> dict[str, dict[str, F32]]:
    """Part -> its vector columns, that of the means (or the embedding) first."""
    found = {}
    for part, modality in modalities.items():
        first = modality if part == "text" else f"{modality}_mean"
        found[part] = {first: corpus.vectors[part]}
        if part in spreads:
            found[part][f"{modality}_std"] = spreads[part]
    return found


def _shard(place: Path, name: str, rows: list[list[object]]) -> dict[str, object]:
    path = place / name
    return {
        "path": name,
        "rows": pq.read_metadata(path).num_rows,
        "bytes": path.stat().st_size,
        "sha256": sha256_file(path),
        "sessions": rows,
    }


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[..., Path]:
    """Write a corpus as the training set that `depx align` would have made of it.

    Masked rows hold what must not be read.
    """

    def make(
        corpus: Corpus,
        target: Target | None = SCORE,
        *,
        name: str = "dataset",
        masked_rows: int = 0,
        parts: Collection[str] = COLUMNS,
        more: Mapping[str, Sequence[object]] | None = None,
        spreads: Mapping[str, F32] | None = None,
        exclusions: Sequence[Mapping[str, Any]] = (),
    ) -> Path:
        place = tmp_path / name
        (place / "words").mkdir(parents=True)
        modalities = {"text": "bert", "acoustic": "egemaps", "vision": "face"}
        modalities = {part: name for part, name in modalities.items() if part in parts}
        vectors = _vector_columns(corpus, modalities, spreads or {})
        fields = [pa.field("masked", pa.bool_())]
        for part, of_part in vectors.items():
            of_word = pa.list_(pa.float32(), COLUMNS[part])
            fields += [pa.field(column, of_word) for column in of_part]
            fields.append(pa.field(f"{modalities[part]}_valid", pa.float32()))
        shard = pa.schema(fields)
        lengths = np.diff(corpus.offsets_S1)
        with pq.ParquetWriter(place / "words" / "part-0.parquet", shard) as writer:
            for first, count in zip(corpus.offsets_S1[:-1], lengths, strict=True):
                others = masked_rows if count else 0
                columns = {"masked": [True] * others + [False] * int(count)}
                for part, of_part in vectors.items():
                    blank_WC = np.full((others, COLUMNS[part]), 99.0, dtype=np.float32)
                    for column, value_NC in of_part.items():
                        value_WC = np.concatenate([blank_WC, value_NC[first : first + count]])
                        columns[column] = list(value_WC)
                    mean_WC = corpus.vectors[part][first : first + count]
                    share_W = np.isfinite(mean_WC).mean(axis=1)
                    columns[f"{modalities[part]}_valid"] = [1.0] * others + share_W.tolist()
                writer.write_table(pa.table(columns, schema=shard))
        sessions = {
            "session": list(corpus.sessions),
            "case": list(corpus.cases),
            "participant": list(corpus.participants),
            "corpus": ["folder"] * len(corpus.participants),
            "demo_score" if target is None else target.name: corpus.y_S,
            **{
                f"{modality}_share_valid": [float(np.isfinite(corpus.vectors[part]).mean())]
                * len(corpus.sessions)
                for part, modality in modalities.items()
            },
            **_answers(corpus),
            **(more or {}),
        }
        pq.write_table(pa.table(sessions), place / "sessions.parquet")
        rows = [
            [s, int(count) + (masked_rows if count else 0)]
            for s, count in zip(corpus.sessions, lengths, strict=True)
        ]
        write_sealed(
            place / "dataset.json",
            {
                "place": "dataset",
                "schema": SCHEMA,
                "key": digest(
                    [rows, corpus.y_S.tolist(), float(np.nansum(corpus.vectors["text"]))]
                ),
                "target": None if target is None else asdict(target),
                "modalities": [
                    {
                        "name": modality,
                        "column": next(iter(vectors[part])),
                        "columns": list(vectors[part]),
                        "kind": "vectors" if part == "text" else "samples",
                        "names": list(corpus.names[part]),
                        "units": ["1"] * COLUMNS[part],
                        "width": COLUMNS[part],
                    }
                    for part, modality in modalities.items()
                ],
                "settings": AlignSettings().content(),
                "provenance": {"sources": {}, "tracks": {}},
                "counts": {
                    "sessions": len(corpus.sessions),
                    "cases": len(set(corpus.cases)),
                    "participants": len(set(corpus.participants)),
                    "rows": int(corpus.offsets_S1[-1]),
                    "frames": 0,
                },
                "exclusions": list(exclusions),
                "shards": {
                    "words": [_shard(place, "words/part-0.parquet", rows)],
                    "table": [_shard(place, "sessions.parquet", [])],
                },
            },
        )
        return place

    return make


CUE_COLUMNS = {"landmarks": 6, "pose": 6, "gaze": 3, "au": 4}


@pytest.fixture
def filming() -> Callable[..., Ragged]:
    """Make standardised frames of sessions, in whole cells of 2; one in ten was lost."""

    def make(*cells: int, seed: int = 0, lost: float = 0.1, signal: float = 0.0) -> Ragged:
        rng = np.random.default_rng(seed)
        lengths = 2 * np.array(cells)
        y_S = rng.random(lengths.size).astype(np.float32)
        lost_N = rng.random(lengths.sum()) < lost
        vectors = {}
        for cue, width in CUE_COLUMNS.items():
            value_NC = rng.standard_normal((lengths.sum(), width)).astype(np.float32)
            if cue == "au":
                value_NC += np.float32(signal) * np.repeat(y_S - y_S.mean(), lengths)[:, None]
            value_NC[lost_N] = np.nan
            vectors[cue] = value_NC
        return Ragged(
            vectors=vectors,
            offsets_S1=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            y_S=y_S,
            case_S=np.arange(lengths.size),
            participant_S=np.arange(lengths.size),
            names={c: tuple(f"{c}{i}" for i in range(w)) for c, w in CUE_COLUMNS.items()},
            rate_hz=3.0,
            time_s_N=np.concatenate([(np.arange(n) + 0.5) / 3.0 for n in lengths]),
        )

    return make


@pytest.fixture
def small() -> Callable[..., Mccl]:
    """Make settings of MCCL small enough to train in a second; without dropout unless asked for."""

    def make(**settings: Any) -> Mccl:
        few: dict[str, Any] = {
            "patch": 2,
            "width": 8,
            "heads": 2,
            "layers": 1,
            "dropout": 0.0,
            "epochs": 3,
            "window_s": 8.0,  # 24 frames
        }
        return Mccl(**{**few, **settings})

    return make
