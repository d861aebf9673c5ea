"""One training: folds times seeds, each a fit of its own, then predictions, metrics and the run.

RUN holds ``foldF-seedS.json`` and ``model-foldF-seedS.safetensors`` a fit, ``predictions.parquet``,
``curves.csv``, ``synthesis.csv``, ``metrics.json``, ``MODEL_CARD.md``, and last ``run.json``, the
marker: all that repeats the run.
A killed run goes on with the fits that are missing, each from its last checkpoint, to the same
bytes.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..align.dataset import Dataset
from ..errors import UsageError
from ..extract.store.atomic import read_json, replacing, sweep, write_json, write_sealed
from ..extract.store.lock import locked
from ..extract.store.log import Listener, Log, is_log
from ..extract.store.place import SCHEMA, read_marker
from .card import card
from .checkpoint import Epoch, sweep_checkpoints
from .fits import Shared, fits
from .inputs import Wanted, prepare
from .looks_picture import draw as draw_looks
from .model import Model
from .place import (
    ATTENTION,
    ATTENTION_PICTURE,
    CARD,
    CURVES,
    MARKER,
    METRICS,
    PREDICTIONS,
    SYNTHESIS,
    begin,
    check_place,
    files_of,
    is_whole,
)
from .plan import Plan, plan
from .ranks import check_device, part, ranks, share_out
from .results import (
    judge_run,
    prediction_rows,
    write_curves,
    write_looks,
    write_predictions,
    write_synthesis,
)
from .told import tell as tell_log
from .unit import Record, Unit, done

if TYPE_CHECKING:
    from ..extract.session_run import Outcome


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """Options of ``depx train``."""

    model: Model
    folds: int = 5
    seeds: int = 1
    """How many; they are 0, 1, 2, ..."""
    jobs: int = 1
    """Fits at a time, with one thread each; several have a process each."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    force: bool = False
    """Fit anew what is whole."""
    checkpoint_s: float | None = None
    """Seconds between checkpoints of a fit at least; None: so many that they take 1 % of it."""
    wanted: Wanted = field(default_factory=Wanted)
    """What the stages before training are asked for."""

    def __post_init__(self) -> None:
        for option, value, least in (
            ("--folds", self.folds, 2),
            ("--seeds", self.seeds, 1),
            ("--jobs", self.jobs, 1),
        ):
            if value < least:
                raise UsageError(f"{option} {value}: expected at least {least}")
        if self.checkpoint_s is not None and not self.checkpoint_s >= 0:
            raise UsageError(f"--checkpoint-every {self.checkpoint_s:g}: expected at least 0")


@dataclass(frozen=True, kw_only=True)
class TrainSummary:
    """What was done."""

    run: Path
    metrics: dict[str, Any]
    """As ``metrics.json`` has them."""
    exit_code: int
    """1 where some sessions failed on the way to the training set."""
    up_to_date: bool = False
    """Nothing was fitted: the run was whole and made from the same content."""


def train(
    inputs: Sequence[Path],
    place: Path,
    settings: TrainSettings,
    *,
    report: Callable[[str], None],
    tell: "Callable[[Outcome], None]",
    hear: Listener | None = None,
) -> TrainSummary:
    """Train and judge a model.

    Parameters
    ----------
    inputs : sequence of Path
        One training set, stores, or session folders; what is missing is extracted and aligned.
    place : Path
        Folder of the run.
    settings : TrainSettings
    report : callable
        Takes lines for the user; none holds interview content.
    tell : callable
        Takes each session's outcome as it is extracted.
    hear : callable or None
        Takes each event of the extraction and of the fits, from any thread.

    Raises
    ------
    TrainingError
        If the training set does not allow what is asked.
    StoreError
        If `place` holds something else, or a whole run of other settings.
    LockedError
        If another run writes to `place`.
    """
    if ranks() > 1 and settings.jobs > 1:
        raise UsageError(
            f"--jobs {settings.jobs}: torchrun trains each fit on all of its {ranks()} processes, "
            "one fit at a time; leave --jobs out"
        )
    check_place(place)
    device = resolve_device(settings.device)
    check_device(device)
    is_new = not place.exists()
    place.mkdir(parents=True, exist_ok=True)
    try:
        return _train(inputs, place, settings, device, report=report, tell=tell, hear=hear)
    finally:
        if is_new and all(is_log(path) for path in place.iterdir()):
            shutil.rmtree(place)  # refused before anything was made


def _train(
    inputs: Sequence[Path],
    place: Path,
    settings: TrainSettings,
    device: str,
    *,
    report: Callable[[str], None],
    tell: "Callable[[Outcome], None]",
    hear: Listener | None = None,
) -> TrainSummary:
    with locked(place):
        sweep(place)
        wanted = settings.wanted
        there = None if settings.force else read_marker(place, "run")
        if there is not None:
            wanted = replace(wanted, run_reads=there["dataset"])
        prepared = prepare(inputs, place, wanted, report=report, tell=tell, hear=hear)
        planned = plan(
            Dataset.open(prepared.dataset),
            settings.model,
            folds=settings.folds,
            seeds=settings.seeds,
            device=device,
            ranks=ranks(),
            report=report,
        )
        whole = not settings.force and is_whole(place, planned.key)
        if whole:
            report(f"{place}: up to date")
        else:
            begin(place, planned.about, planned.units, force=settings.force, report=report)
        # Not before: what was refused is nothing that mends the run.
        tell_log(Log(place), place, inputs, prepared.dataset, planned, settings)
        if not whole:
            _fit_all(place, planned, prepared.dataset, settings, report, hear)
        return TrainSummary(
            run=place,
            metrics=read_json(place / METRICS),
            exit_code=prepared.exit_code,
            up_to_date=whole,
        )


def _fit_all(
    place: Path,
    planned: Plan,
    dataset: Path,
    settings: TrainSettings,
    report: Callable[[str], None],
    hear: Listener | None,
) -> None:
    """Fit what is missing, write what is made of all fits, the marker last; the lock is held."""
    log, began = Log(place, hear=hear), time.monotonic()
    records = {unit: done(place, unit) for unit in planned.units}
    missing = [unit for unit, record in records.items() if record is None]
    sweep_checkpoints(place, keep=() if settings.force else [unit.name for unit in missing])
    shared = Shared(
        corpus=planned.corpus,
        model=planned.model,
        target=planned.target,
        place=place,
        checkpoint_s=settings.checkpoint_s,
    )

    def tell(unit: Unit, told: str | Epoch) -> None:
        if isinstance(told, Epoch):
            log.tell("epoch", fit=_title(unit, planned), of=told.of, **told.row)
            return
        report(f"{_title(unit, planned)}: {told}")
        log.write("told", unit=unit.name, line=told)

    if missing:
        share_out(dataset, planned.key, missing[0].device, [unit.name for unit in missing])
    log.tell("fits_begun", fits=len(missing), jobs=settings.jobs)
    with closing(fits(shared, missing, settings.jobs, tell)) as running:
        for unit, record in running:
            records[unit] = record
            tell(unit, _outcome(record))
            log.write(
                "fit",
                unit=unit.name,
                fit=_title(unit, planned),
                seconds=round(time.monotonic() - began, 3),
            )
    if missing:
        part()
    log.tell("fitted", fits=len(missing))
    whole = {unit.name: record for unit, record in records.items() if record is not None}
    made = list(whole.values())
    metrics = judge_run(made, planned.target, planned.about["counts"])
    write_predictions(place / PREDICTIONS, prediction_rows(made), planned.target)
    write_curves(place / CURVES, made)
    write_synthesis(place / SYNTHESIS, made)
    write_looks(place / ATTENTION, made)
    draw_looks(place / ATTENTION_PICTURE, made)
    write_json(place / METRICS, metrics)
    left_out = {name: record["columns_left_out"] for name, record in whole.items()}
    about = {
        **planned.about,
        "columns_left_out": left_out,
        "says_looks": any(record["looks"] for record in made),
    }
    with replacing(place / CARD) as written:
        written.write_text(card(about, metrics), encoding="utf-8", newline="\n")
    document = {
        "place": "run",
        "schema": SCHEMA,
        **about,
        "files": files_of(place, planned.units),
    }
    write_sealed(place / MARKER, document)


def resolve_device(asked: Literal["auto", "cpu", "cuda"]) -> str:
    """Resolve the device: cuda where torch has it and it was not refused."""
    if asked == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if asked == "cuda":
        raise UsageError("--device cuda: torch sees no GPU; use --device cpu")
    return "cpu"


def _title(unit: Unit, planned: Plan) -> str:
    """Name a fit as a user counts."""
    folds = len(planned.about["protocol"]["folds"])
    return f"fold {unit.fold + 1}/{folds} seed {unit.seed}"


def _outcome(record: Record) -> str:
    """Say what became of a fit."""
    line = f"epoch {record['epoch']}"
    chosen = next(
        row for row in record["curve"] if row["stage"] == "task" and row["epoch"] == record["epoch"]
    )
    for name in ("validation_ccc", "validation_log_likelihood"):
        if chosen.get(name) is not None:
            line += f", {name.replace('_', ' ', 1)} {chosen[name]:.3f}"
    left_out = sum(len(names) for names in record["columns_left_out"].values())
    return line + (f", {left_out} columns never measured" if left_out else "")
