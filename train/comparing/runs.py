"""The runs that are compared: opened, checked against each other, brought to the same cases.

What forbids a comparison is refused: another target, another label of the same case, no case in
common.  What leaves it possible but colours it (other folds, other draws, other training sets,
cases that only one run has) is said, with counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...align.dataset import Target
from ...errors import DamagedError, StoreError, UsageError
from ...extract.store.key import sha256_file
from ...extract.store.place import kind_of, kind_of_unfinished, open_marker
from ..ablation.place import TABLE, arm_path
from ..place import MARKER, PREDICTIONS
from ..said import DRAW, read_predictions, said
from ..table import several
from .held import draws_in

if TYPE_CHECKING:
    import pandas as pd

AGAIN = "run the same depx train again, which mends it"
SAME = {
    "name": "target",
    "kind": "kind of target",
    "min": "least value of the target",
    "max": "greatest value of the target",
    "positive_rule": "rule of who is called positive",
    "positive_by": "label rule",
    "released": "released label",
}
"""What all runs must have in common, as a user calls it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Run:
    """One run, opened."""

    name: str
    """As it is called in the comparison: as much of its path as tells it from the others."""
    path: Path
    about: Mapping[str, Any]
    """``run.json``."""
    target: Target
    table: "pd.DataFrame"
    """Its predictions, as `depx.train.said.read_predictions` gives them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Matched:
    """Runs on the same cases."""

    runs: tuple[Run, ...]
    """The first is what the others are held against."""
    cases: int
    participants: int
    notes: tuple[str, ...]
    """What colours the comparison, a line each."""


def open_runs(places: Sequence[Path], reference: Path | None = None) -> tuple[Run, ...]:
    """Open runs, and the arms of studies.

    Parameters
    ----------
    places : sequence of Path
        Runs and ablation studies.
    reference : Path or None
        Of them, the one to come first; the first as they are given if None.

    Raises
    ------
    StoreError
        If one is neither, or is not finished.
    DamagedError
        If its predictions are not as it recorded them.
    UsageError
        If there are fewer than two, one is given twice, or `reference` is none of them.
    """
    paths = [run for place in places for run in _runs_of(place)]
    if reference is not None:
        first = [path for path in paths if path.resolve() == reference.resolve()]
        if not first:
            raise UsageError(f"--reference {reference}: is none of the runs that are compared")
        paths.sort(key=lambda path: path != first[0])
    seen: dict[Path, Path] = {}
    for path in paths:
        if path.resolve() in seen:
            raise UsageError(f"{path}: is given twice; a run does not differ from itself")
        seen[path.resolve()] = path
    if len(paths) < 2:
        raise UsageError(f"compare: expected at least two runs, got {len(paths)}")
    opened = [_open(path) for path in paths]
    keys: dict[str, Path] = {}
    for run in opened:
        key = str(run.about["key"])
        if key in keys:
            raise UsageError(
                f"{run.path}: is the run of {keys[key]} once more (the same settings and training "
                "set); give one of the two"
            )
        keys[key] = run.path
    names = _names([run.path for run in opened])
    return tuple(replace(run, name=name) for run, name in zip(opened, names, strict=True))


def match(runs: Sequence[Run]) -> Matched:
    """Bring runs to the cases that all of them tested.

    Raises
    ------
    StoreError
        If they learnt different targets, have no case in common, or disagree on whose a case is or
        what its label is.
    """
    first = runs[0]
    for run in runs[1:]:
        for field, called in SAME.items():
            got, expected = getattr(run.target, field), getattr(first.target, field)
            if got != expected:
                raise StoreError(
                    f"{run.path}: another {called} than {first.path}: expected {expected!r}, got "
                    f"{got!r}; compare runs of one target"
                )
    common = _common(runs)
    kept = tuple(
        replace(run, table=run.table[run.table["case"].isin(common)].reset_index(drop=True))
        for run in runs
    )
    for run in kept[1:]:
        _check_labels(kept[0], run)
    return Matched(
        runs=kept,
        cases=len(common),
        participants=int(kept[0].table["participant"].nunique()),
        notes=tuple(_gathered([*_left_out(runs, common), *_colours(kept)])),
    )


def _runs_of(place: Path) -> Iterator[Path]:
    """Give a run, or the arms of a study in the order of its table."""
    kind = kind_of(place) or kind_of_unfinished(place)
    if kind != "study":
        yield place
        return
    marker = open_marker(place, "study")
    import pandas as pd

    table = place / TABLE
    recorded = marker["files"].get(TABLE, {}).get("sha256")
    if not table.is_file() or sha256_file(table) != recorded:
        raise DamagedError(f"{table}: is missing or not as {place} recorded it; {AGAIN}")
    for arm in pd.read_csv(table, usecols=["arm"], dtype=str)["arm"].unique():
        yield arm_path(place, arm)


def _open(path: Path) -> Run:
    if kind_of(path) is None and kind_of_unfinished(path) == "run":
        raise StoreError(f"{path}: is a run that is not finished; run the same depx train again")
    about = open_marker(path, "run")
    file = path / PREDICTIONS
    recorded = about["files"].get(PREDICTIONS, {}).get("sha256")
    if not file.is_file() or sha256_file(file) != recorded:
        raise DamagedError(f"{file}: is missing or not as {path / MARKER} recorded it; {AGAIN}")
    try:
        target = Target(**about["target"])
        table = read_predictions(file)
        table = table.astype({"case": str, "participant": str})
    except (KeyError, TypeError) as error:
        raise DamagedError(
            f"{path}: is a run of another version of depx: it lacks {error}, expected as runs of "
            "this one have it; train it anew with --force"
        ) from error
    of_case = table.groupby("case").size()
    draws = len(table[DRAW].drop_duplicates())
    if table.empty or (of_case != draws).any() or table.duplicated([*DRAW, "case"]).any():
        raise DamagedError(f"{file}: not every case is predicted once by each seed; {AGAIN}")
    return Run(name=path.name, path=path, about=about, target=target, table=table)


def _names(paths: Sequence[Path]) -> list[str]:
    """Name runs by the end of their paths, as short as tells them apart."""
    parts = [path.resolve().parts for path in paths]
    for depth in range(1, max(len(part) for part in parts)):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [str(path.resolve()) for path in paths]


def _common(runs: Sequence[Run]) -> set[str]:
    common = set(runs[0].table["case"])
    for run in runs[1:]:
        common &= set(run.table["case"])
        if not common:
            raise StoreError(
                f"{run.path}: has no case in common with {runs[0].path}; compare runs that were "
                "tested on the same cases"
            )
    return common


def _check_labels(first: Run, run: Run) -> None:
    """Refuse runs that disagree on what they are to predict; no label is told."""
    facts = ["participant", "y", "positive"]
    mine, its = (
        one.table.drop_duplicates("case").set_index("case")[facts].sort_index()
        for one in (run, first)
    )
    for fact, called in zip(facts, ("participant", "label", "class"), strict=True):
        differs = (mine[fact] != its[fact]) & ~(mine[fact].isna() & its[fact].isna())
        if differs.any():
            raise StoreError(
                f"{run.path}: the {called} of {int(differs.sum())} of {len(mine)} common cases "
                f"differs from {first.path} (first: case {differs.idxmax()}); compare runs of the "
                "same labels"
            )


def _left_out(runs: Sequence[Run], common: set[str]) -> Iterator[tuple[str, str]]:
    """Count the cases that are left out, run by run."""
    for run in runs:
        cases = run.table["case"].nunique()
        if cases > len(common):
            yield (
                run.name,
                f"{cases - len(common)} of {several(cases, 'case')} left out, as not every run "
                "tested them; the figures are of the rest",
            )


def _colours(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """Say in what else runs differ than in what is compared; first the name of the run."""
    first = runs[0]
    for run in runs[1:]:
        if run.about["dataset"] != first.about["dataset"]:
            why = "a difference may come from what the models read"
            yield run.name, f"another training set than {first.name}; {why}"
        if run.about["protocol"]["hash"] != first.about["protocol"]["hash"]:
            why = "a difference may come from who was trained on"
            yield run.name, f"other folds than {first.name}; {why}"
        if draws_in(run.table) != draws_in(first.table):
            yield (
                run.name,
                f"other draws (repeat and seed) than {first.name}; they are not paired, and the p "
                "value, which pairs them in turn, is approximate",
            )
    for run in runs:
        if len(draws_in(run.table)) == 1:
            yield run.name, "one seed; nothing here says what another seed would have given"
        called_QK = said(run.table, run.target).called_QK
        if run.target.label_rule and not called_QK.any(axis=1).all():
            yield (
                run.name,
                "some seed calls nobody positive; an F1 of 0 then says nothing of certainty, and "
                "nor does its interval",
            )


def _gathered(notes: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Say once what is said of several runs."""
    of: dict[str, list[str]] = {}
    for name, note in notes:
        of.setdefault(note, []).append(name)
    for note, names in of.items():
        yield f"{', '.join(names)}: {note}"
