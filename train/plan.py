"""What a training will do, decided before the first fit: data, folds, fits, and the run's key."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from ..align.dataset import Dataset, Target
from ..errors import TrainingError
from ..extract.store.key import digest
from .cases import Corpus
from .guard import check_splits, check_twins, owners_of_files
from .made import how_made
from .model import Model
from .parts import sides_of
from .people import People, people_of
from .probes.transforms import visual_parts
from .protocol import Protocol, Split
from .table import several
from .tuning import tuning_units
from .unit import Unit
from .units import own_units, probe_units

LIBRARIES = ("numpy", "torch", "safetensors", "pyarrow", "pandas")
SHOWN = 5  # sessions that a line names


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """All that decides the bytes of a run, and the data that it is made from."""

    corpus: Corpus
    people: People
    target: Target
    model: Model
    splits: tuple[Split, ...]
    units: tuple[Unit, ...]
    """Every fit but those that choose settings: the run's own first, by seed, then fold."""
    tuning: tuple[Unit, ...]
    """The fits that choose the settings of the others, fold by fold."""
    about: dict[str, Any]
    """As ``run.json`` has it, without what the fits find."""

    @property
    def key(self) -> str:
        """Content key of the run."""
        return str(self.about["key"])

    def probed(self) -> "Plan":
        """Add the fits of probes, if they are not planned."""
        if self.about["probes"]:
            return self
        sees = bool(visual_parts(self.corpus))
        device = self.units[0].device
        more = probe_units(self.splits, sees=sees, device=device, key=self.key)
        return replace(self, units=(*self.units, *more), about={**self.about, "probes": True})


def plan(
    dataset: Dataset,
    model: Model,
    *,
    protocol: Protocol,
    seeds: int,
    device: str,
    groups: Sequence[str] = (),
    inner_folds: int | None = None,
    probes: bool = False,
    ranks: int = 1,
    report: Callable[[str], None],
) -> Plan:
    """Read a training set and decide who is tested when.

    Parameters
    ----------
    dataset : Dataset
    model : Model
    protocol : Protocol
    seeds : int
        How many.
    device : cpu or cuda
    groups : sequence of str
        Columns of the labels by which results are judged; see `people_of`.
    inner_folds : int or None
        How many choose settings from the model's grid; None: the settings stay as they are.
    probes : bool
        Whether the fits of probes are planned, too.
    ranks : int
        How many processes train each fit; several draw other dropout than one does, so theirs is
        another run.
    report : callable
        Takes lines for the user.

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
    recordings = {**owners_of_files(dataset, corpus), **check_twins(corpus)}
    for reason, sessions in corpus.left_out.items():
        report(f"{several(len(sessions), 'session')} left out: {reason}: {some(sessions)}")
    if target.kind == "score" and set(corpus.y_S.tolist()) == {0.0, 1.0}:
        report(
            f"{target.name} is 0 or 1 throughout and is learnt as a score; as a class: align with "
            "--set target.kind=class"
        )
    if len(set(corpus.y_S.tolist())) == 1:
        raise TrainingError(
            f"{dataset.path}: every {target.name} is {corpus.y_S[0]:g}, so there is nothing to "
            "learn; align with other labels"
        )
    people = people_of(dataset, corpus, groups)
    splits = protocol.splits(corpus, people, report=report)
    check_splits(splits, None if protocol.kind == "official" else set(corpus.participants))
    decides: dict[str, Any] = {
        "model": model.name,
        "config": dict(model.settings()),
        "modalities": parts,
        "dataset": dataset.key,
        "target": asdict(target),
        "protocol": protocol.about(splits),
        "seeds": list(range(seeds)),
        "device": device,
        "depx": version("depx"),
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    if ranks > 1:
        decides["ranks"] = ranks
    if inner_folds is not None:
        decides["tune"] = {"inner_folds": inner_folds, "grid": dict(model.grid)}
    key = digest(decides)
    tuning = [
        unit
        for split in (splits if inner_folds is not None else ())
        for unit in tuning_units(
            split, corpus, people, model.grid, inner_folds or 0, device=device, key=key
        )
    ]
    units = own_units(splits, seeds, device=device, key=key)
    scores = corpus.scores()
    for unit in (*tuning, *units):
        sides_of(scores, unit, model.varied(unit.changes))  # too few is said before the first fit
    tested = {participant for split in splits for participant in split.test}
    lengths_S = np.diff(corpus.offsets_S1)
    counts = {
        "participants": len(set(corpus.participants)),
        "cases": len(set(corpus.cases)),
        "tested": len({corpus.cases[s] for s in corpus.of(sorted(tested))}),
        "sessions": len(corpus.sessions),
        corpus.rows: int(corpus.offsets_S1[-1]),
    }
    planned = Plan(
        corpus=corpus,
        people=people,
        target=target,
        model=model,
        splits=splits,
        units=tuple(units),
        tuning=tuple(tuning),
        about={
            **decides,
            "key": key,
            "counts": counts,
            "groups": list(people.groups),
            "probes": False,
            "label_rule": dataset.manifest.get("label_rule"),
            "rows": corpus.rows,
            "rows_a_session": [int(n) for n in (lengths_S.min(), lengths_S.max())],
            "made": how_made(dataset, model.tracks(parts)),
            "licences": _licences(dataset, model.tracks(parts)),
            "sessions_left_out": {
                **_lost(dataset),
                **{why: list(some) for why, some in corpus.left_out.items()},
            },
            "sessions_without": corpus.without(),
            "corpora": corpora(dataset, corpus.sessions),
            "recordings": recordings,
            **({} if corpus.items is None else {"items": asdict(corpus.items)}),
        },
    )
    return planned.probed() if probes else planned


def _lost(dataset: Dataset) -> dict[str, list[str]]:
    """List, by reason, the sessions that the training set was made without."""
    found: dict[str, list[str]] = {}
    for lack in dataset.manifest["exclusions"]:
        found.setdefault(f"not in the training set: {lack['reason']}", []).append(lack["session"])
    return found


def corpora(dataset: Dataset, sessions: Sequence[str]) -> dict[str, int]:
    """Count the sessions of each corpus, by name."""
    table = dataset.sessions()
    of_session = dict(zip(table["session"], table["corpus"], strict=True))
    counts = Counter(str(of_session[session]) for session in sessions)
    return dict(sorted(counts.items()))


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
