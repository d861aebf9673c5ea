"""What a training will do, decided before the first fit: data, folds, fits, and the run's key."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from ..align.dataset import Dataset, Target
from ..errors import TrainingError
from ..extract.store.key import digest
from .cases import Corpus
from .folds import deal
from .made import how_made
from .model import Model
from .table import several
from .unit import Unit

LIBRARIES = ("numpy", "torch", "safetensors", "pyarrow", "pandas")
FOLD_SEED = 0  # folds do not vary with --seeds: seeds then differ in training only, case by case
SHOWN = 5  # sessions that a line names


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """All that decides the bytes of a run, and the data that it is made from."""

    corpus: Corpus
    target: Target
    model: Model
    units: tuple[Unit, ...]
    """Every fit, by seed, then fold."""
    about: dict[str, Any]
    """As ``run.json`` has it, without what the fits find."""

    @property
    def key(self) -> str:
        """Content key of the run."""
        return str(self.about["key"])


def plan(
    dataset: Dataset,
    model: Model,
    *,
    folds: int,
    seeds: int,
    device: str,
    ranks: int = 1,
    report: Callable[[str], None],
) -> Plan:
    """Read a training set and decide who is tested when.

    Several `ranks` draw other dropout than one process does, so theirs is another run.

    Raises
    ------
    TrainingError
        If the training set has no labels, too few participants, or not what the model reads or
        learns.
    """
    target = dataset.target
    if target is None:
        raise TrainingError(f"{dataset.path}: has no labels; align again with --labels TABLE")
    model.check(target)
    available = model.available(dataset, target)
    model, line = model.suited(available)
    if line is not None:
        report(line)
    parts = dict(model.modalities(available))
    corpus = model.read(dataset, target, parts)
    for reason, sessions in corpus.left_out.items():
        report(f"{several(len(sessions), 'session')} left out: {reason}: {some(sessions)}")
    if target.kind == "score" and set(corpus.y_S.tolist()) == {0.0, 1.0}:
        report(
            f"{target.name} is 0 or 1 throughout and is learnt as a score; as a class: align with "
            "--set target.kind=class"
        )
    members = deal(corpus.scores(), folds, FOLD_SEED)
    decides: dict[str, Any] = {
        "model": model.name,
        "config": dict(model.settings()),
        "modalities": parts,
        "dataset": dataset.key,
        "target": asdict(target),
        "protocol": {
            "kind": "cv",
            "by": "participant",
            "seed": FOLD_SEED,
            "folds": [list(fold) for fold in members],
            "hash": digest([list(fold) for fold in members]),
        },
        "seeds": list(range(seeds)),
        "device": device,
        "depx": version("depx"),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    if ranks > 1:
        decides["ranks"] = ranks
    key, lengths_S = digest(decides), np.diff(corpus.offsets_S1)
    counts = {
        "participants": len(set(corpus.participants)),
        "cases": len(set(corpus.cases)),
        "sessions": len(corpus.sessions),
        corpus.rows: int(corpus.offsets_S1[-1]),
    }
    return Plan(
        corpus=corpus,
        target=target,
        model=model,
        units=tuple(
            Unit(fold=fold, seed=seed, test=test, device=device, key=key)
            for seed in range(seeds)
            for fold, test in enumerate(members)
        ),
        about={
            **decides,
            "key": key,
            "counts": counts,
            "label_rule": dataset.manifest.get("label_rule"),
            "rows": corpus.rows,
            "rows_a_session": [int(n) for n in (lengths_S.min(), lengths_S.max())],
            "made": how_made(dataset, model.tracks(parts)),
            "licences": _licences(dataset, model.tracks(parts)),
            "sessions_left_out": {why: list(some) for why, some in corpus.left_out.items()},
            "sessions_without": corpus.without(),
            **({} if corpus.items is None else {"items": asdict(corpus.items)}),
        },
    )


def _licences(dataset: Dataset, tracks: Collection[str]) -> dict[str, str]:
    """Collect the licence of every model and library that shaped the features that are read."""
    provenance = dataset.manifest["provenance"]
    found: dict[str, str] = {}
    for made in provenance["tracks"].values():
        for track in tracks:
            if track in made:
                found |= provenance["sources"][made[track]["source"]]["licences"]
    return dict(sorted(found.items()))


def some(sessions: Sequence[str]) -> str:
    """Name the first few sessions."""
    few = ", ".join(sessions[:SHOWN])
    return few if len(sessions) <= SHOWN else f"{few} and {len(sessions) - SHOWN} more"
