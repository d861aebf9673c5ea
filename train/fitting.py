"""Do the fits of a run that are missing: those that choose settings first, then all others."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..extract.store.log import Log
from .checkpoint import Epoch, sweep_checkpoints
from .cluster import fits_on_cluster
from .fits import Shared, fits
from .plan import Plan
from .ranks import part, share_out
from .tuning import Point, chosen
from .unit import Record, Unit, done


@dataclass(frozen=True, eq=False, kw_only=True)
class Fits:
    """What came of the fits of a run."""

    units: tuple[Unit, ...]
    """All of them, as they were done: with the settings that were chosen."""
    records: dict[str, Record]
    """By the name of the fit."""
    tuned: list[dict[str, Any]]
    """A row a fold and point of the grid; empty where nothing was chosen."""

    @property
    def own(self) -> list[Record]:
        """Records of the fits that make the run's predictions."""
        return self.of("")

    def of(self, variant: str) -> list[Record]:
        """Give the records of the fits of a variant."""
        return [self.records[unit.name] for unit in self.units if unit.variant == variant]


@dataclass(frozen=True, eq=False, kw_only=True)
class Fitting:
    """The fits of one run; the lock of its place is held."""

    place: Path
    planned: Plan
    dataset: Path
    jobs: int
    scheduler: str | None
    """Address of the dask scheduler whose workers fit; None: this machine does."""
    force: bool
    checkpoint_s: float | None
    report: Callable[[str], None]
    log: Log

    def __call__(self) -> Fits:
        """Do all fits that are missing."""
        tuning, others = self.planned.tuning, self.planned.units
        keep = {unit.name for unit in (*tuning, *others) if done(self.place, unit) is None}
        sweep_checkpoints(self.place, keep=() if self.force else keep)
        records = self._do(tuning) if tuning else {}
        changes: dict[int, Point] = {}
        tuned: list[dict[str, Any]] = []
        for split in self.planned.splits if tuning else ():
            of_fold = [records[unit.name] for unit in tuning if unit.fold == split.fold]
            changes[split.fold], rows = chosen(of_fold, self.planned.target)
            tuned += rows
            settings = " ".join(f"{name}={value}" for name, value in changes[split.fold].items())
            self.report(f"fold {split.fold + 1}: chosen by inner folds: {settings}")
        units = [replace(unit, changes=changes.get(unit.fold, {})) for unit in others]
        records |= self._do(units)
        return Fits(units=(*tuning, *units), records=records, tuned=tuned)

    def _do(self, units: Sequence[Unit]) -> dict[str, Record]:
        """Do those of some fits that are not done; give the records of all."""
        began = time.monotonic()
        records = {unit.name: done(self.place, unit) for unit in units}
        missing = [unit for unit in units if records[unit.name] is None]
        shared = Shared(
            corpus=self.planned.corpus,
            model=self.planned.model,
            target=self.planned.target,
            place=self.place,
            checkpoint_s=self.checkpoint_s,
        )
        if missing:
            names = [unit.name for unit in missing]
            share_out(self.dataset, self.planned.key, missing[0].device, names)
        self.log.tell("fits_begun", fits=len(missing), jobs=self.jobs)
        if self.scheduler is None or not missing:
            doing = fits(shared, missing, self.jobs, self._tell)
        else:
            doing = fits_on_cluster(shared, missing, self.scheduler, self._tell)
        with closing(doing) as running:
            for unit, record in running:
                records[unit.name] = record
                self._tell(unit, outcome(record))
                self.log.write(
                    "fit",
                    unit=unit.name,
                    fit=self._title(unit),
                    seconds=round(time.monotonic() - began, 3),
                )
        if missing:
            part()
        self.log.tell("fitted", fits=len(missing))
        return {name: record for name, record in records.items() if record is not None}

    def _tell(self, unit: Unit, told: str | Epoch) -> None:
        title = self._title(unit)
        if isinstance(told, Epoch):
            self.log.tell("epoch", fit=title, of=told.of, **told.row)
            return
        self.report(f"{title}: {told}")
        self.log.write("told", unit=unit.name, line=told)

    def _title(self, unit: Unit) -> str:
        """Name a fit as a user counts."""
        repeats = 1 + max(split.repeat for split in self.planned.splits)
        folds = len(self.planned.splits) // repeats
        of_repeats = f"repeat {unit.repeat + 1}/{repeats} " if repeats > 1 else ""
        title = f"{of_repeats}fold {unit.fold % folds + 1}/{folds} seed {unit.seed}"
        return f"{title} ({unit.variant.replace('-', ' ')})" if unit.variant else title


def outcome(record: Record) -> str:
    """Say what became of a fit."""
    if "failed" in record:
        return f"cannot be fitted: {record['failed']}"
    line = f"epoch {record['epoch']}"
    kept = next(
        row for row in record["curve"] if row["stage"] == "task" and row["epoch"] == record["epoch"]
    )
    for name in ("validation_ccc", "validation_log_likelihood"):
        if kept.get(name) is not None:
            line += f", {name.replace('_', ' ', 1)} {kept[name]:.3f}"
    left_out = sum(len(names) for names in record["columns_left_out"].values())
    return line + (f", {left_out} columns never measured" if left_out else "")
