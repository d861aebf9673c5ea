"""One training: folds times seeds, each a fit of its own, then predictions, metrics and the run.

RUN holds ``foldF-seedS.json`` and ``model-foldF-seedS.safetensors`` a fit, ``predictions.parquet``,
``curves.csv``, ``synthesis.csv``, ``metrics.json``, ``MODEL_CARD.md``, ``report.html``, and last
``run.json``, the marker: all that repeats the run.
A killed run goes on with the fits that are missing, each from its last checkpoint, to the same
bytes.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..align.dataset import Dataset
from ..errors import UsageError
from ..extract.store.atomic import read_json, sweep
from ..extract.store.lock import locked
from ..extract.store.log import Listener, Log, is_log
from ..extract.store.place import read_marker
from .finish import finish
from .fitting import Fitting
from .inputs import Wanted, prepare
from .model import Model
from .place import METRICS, begin, check_place, is_whole
from .plan import plan
from .protocol import FOLDS, Kind, Protocol
from .ranks import check_device, ranks
from .told import tell as tell_log
from .tuning import INNER

if TYPE_CHECKING:
    from ..extract.session_run import Outcome


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """Options of ``depx train``."""

    model: Model
    protocol: Kind = "cv"
    folds: int = FOLDS
    repeats: int = 1
    seeds: int = 1
    """How many; they are 0, 1, 2, ..."""
    groups: tuple[str, ...] = ()
    """Columns of the labels by which results are judged, beside gender."""
    tune: bool = False
    """Whether inner folds choose settings from the model's grid, fold by fold."""
    inner_folds: int = INNER
    """How many of those there are."""
    probes: bool = True
    """Whether simpler ways to the label are judged beside the model."""
    jobs: int = 1
    """Fits at a time, with one thread each; several have a process each."""
    scheduler: str | None = None
    """Address of the dask scheduler whose workers fit; None: this machine does."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    force: bool = False
    """Fit anew what is whole."""
    checkpoint_s: float | None = None
    """Seconds between checkpoints of a fit at least; None: so many that they take 1 % of it."""
    wanted: Wanted = field(default_factory=Wanted)
    """What the stages before training are asked for."""

    def __post_init__(self) -> None:
        for option, value in (("--seeds", self.seeds), ("--jobs", self.jobs)):
            if value < 1:
                raise UsageError(f"{option} {value}: expected at least 1")
        if self.checkpoint_s is not None and not self.checkpoint_s >= 0:
            raise UsageError(f"--checkpoint-every {self.checkpoint_s:g}: expected at least 0")
        if self.inner_folds < 2:
            raise UsageError(f"--inner-folds {self.inner_folds}: expected at least 2")
        if self.inner_folds != INNER and not self.tune:
            raise UsageError(
                f"--inner-folds {self.inner_folds}: they choose settings with --tune, which is not "
                "there; leave it out"
            )
        for name in self.model.grid if self.tune else ():
            if self.model.settings()[name] != type(self.model)().settings()[name]:
                raise UsageError(f"--set {name}: --tune chooses it, fold by fold; leave it out")
        _ = self.tested_by  # refused here, before anything is read

    @property
    def tested_by(self) -> Protocol:
        """How the model is tested."""
        return Protocol(kind=self.protocol, folds=self.folds, repeats=self.repeats)


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
    if ranks() > 1 and settings.scheduler is not None:
        raise UsageError("--backend dask: not under torchrun; leave one of them out")
    if ranks() > 1 and settings.tune:
        raise UsageError(
            "--tune: not under torchrun; choose with --jobs, then --set what was chosen"
        )
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
            protocol=settings.tested_by,
            seeds=settings.seeds,
            device=device,
            groups=settings.groups,
            inner_folds=settings.inner_folds if settings.tune else None,
            probes=settings.probes,
            ranks=ranks(),
            report=report,
        )
        if there is not None and there.get("key") == planned.key and there["probes"]:
            planned = planned.probed()  # --no-probes takes away none that were judged
        whole = not settings.force and is_whole(place, planned.about)
        if whole:
            report(f"{place}: up to date")
        else:
            begin(place, planned, force=settings.force, report=report)
        # Not before: what was refused is nothing that mends the run.
        tell_log(Log(place), place, inputs, prepared.dataset, planned, settings)
        if not whole:
            fitting = Fitting(
                place=place,
                planned=planned,
                dataset=prepared.dataset,
                jobs=settings.jobs,
                scheduler=settings.scheduler,
                force=settings.force,
                checkpoint_s=settings.checkpoint_s,
                report=report,
                log=Log(place, hear=hear),
            )
            finish(place, planned, fitting(), prepared.dataset, report=report)
        return TrainSummary(
            run=place,
            metrics=read_json(place / METRICS),
            exit_code=prepared.exit_code,
            up_to_date=whole,
        )


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
