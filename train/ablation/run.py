"""One ablation: every arm a run of its own, then one table of all of them.

OUT holds ``arms/ARM``, each a run like any other, ``ABLATION.md``, ``ablation.csv``,
``representations.png``, and last ``study.json``, the marker.  A killed ablation goes on where it
was; arms that are whole are not trained again.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...align.dataset import Dataset
from ...errors import StoreError, TrainingError, UsageError
from ...extract.store.atomic import read_json, replacing, sweep, write_sealed
from ...extract.store.lock import locked
from ...extract.store.log import Listener, Log, is_log
from ...extract.store.place import kind_of, open_marker, read_marker
from ..inputs import Wanted, prepare
from ..model import Model
from ..place import METRICS
from ..ranks import ranks
from ..results import write_csv
from ..run import TrainSettings, train
from ..told import command, write_once
from .arms import Ablation, Arm
from .compare import compare, row
from .page import page
from .picture import draw, represented_by
from .place import (
    KIND,
    MARKER,
    PAGE,
    PICTURE,
    TABLE,
    arm_path,
    check_place,
    is_whole,
    marker_of,
)

if TYPE_CHECKING:
    from ...extract.session_run import Outcome


@dataclass(frozen=True, kw_only=True)
class AblationSummary:
    """What was done."""

    place: Path
    rows: list[dict[str, Any]]
    """As ``ablation.csv`` has them."""
    left_out: dict[str, str]
    """Arm -> why it could not be trained."""
    exit_code: int
    """1 where sessions failed on the way to the training set, or an arm could not be trained."""


def ablate(
    inputs: Sequence[Path],
    place: Path,
    settings: TrainSettings,
    name: str,
    *,
    report: Callable[[str], None],
    tell: "Callable[[Outcome], None]",
    hear: Listener | None = None,
) -> AblationSummary:
    """Train every arm of an ablation and compare them.

    Parameters
    ----------
    inputs : sequence of Path
        As `depx.train.run.train` takes them.
    place : Path
        Folder of the ablation.
    settings : TrainSettings
        Of every arm, but for what it changes.
    name : str
        See the model's `ablations`.
    report, tell, hear : callables
        As `depx.train.run.train` takes them.

    Raises
    ------
    UsageError
        If the model has no such ablation, or a setting is given that its arms change.
    TrainingError
        If the first arm, with which all are compared, cannot be trained.
    """
    if ranks() > 1:
        raise UsageError("--ablation: not under torchrun; leave torchrun out and use --jobs")
    ablation = ablation_of(settings.model, name)
    check_place(place)
    is_new = not place.exists()
    place.mkdir(parents=True, exist_ok=True)
    try:
        with locked(place):
            sweep(place)
            return _ablate(inputs, place, settings, ablation, report, tell, hear)
    finally:
        if is_new and all(is_log(path) for path in place.iterdir()):
            shutil.rmtree(place)  # refused before anything was made


def ablation_of(model: Model, name: str) -> Ablation:
    """Find an ablation; refuse settings that its arms would overwrite."""
    if name not in model.ablations:
        known = ", ".join(model.ablations) or "none"
        raise UsageError(
            f"--ablation {name}: {model.name} has no such ablation; there are: {known}"
        )
    ablation = model.ablations[name]
    usual = type(model)().settings()
    for one in sorted(ablation.changed()):
        if model.settings()[one] != usual[one]:
            raise UsageError(f"--set {one}: --ablation {name} sets it arm by arm; leave it out")
    for arm in ablation.arms():  # before hours of training: can it be, with what else is set?
        try:
            model.varied(arm.settings)
        except UsageError as error:
            raise UsageError(f"--ablation {name}: its arm {arm.name} cannot be: {error}") from error
    return ablation


def _ablate(
    inputs: Sequence[Path],
    place: Path,
    settings: TrainSettings,
    ablation: Ablation,
    report: Callable[[str], None],
    tell: "Callable[[Outcome], None]",
    hear: Listener | None,
) -> AblationSummary:
    wanted = settings.wanted
    there = None if settings.force else read_marker(place, KIND)
    if there is not None and there["ablation"] != ablation.name:
        raise StoreError(
            f"{place}: holds the ablation {there['ablation']}, not {ablation.name}; choose another "
            "-o, or --force to replace it"
        )
    if settings.force:
        _remove_others(place, ablation)
    if there is not None:
        wanted = replace(wanted, run_reads=there["dataset"])
    prepared = prepare(inputs, place, wanted, report=report, tell=tell, hear=hear)
    told = {
        "ablation": ablation.name,
        "arms": [arm.name for arm in ablation.arms()],
        "dataset": str(prepared.dataset.absolute()),
        "command": command(inputs, place, settings, ablation=ablation.name),
    }
    write_once(Log(place), place, KIND, told)
    runs, left_out = _train_arms(place, prepared.dataset, settings, ablation, report, hear)
    keys = {arm: str(open_marker(run, "run")["key"]) for arm, run in runs.items()}
    dataset = Dataset.open(prepared.dataset)
    assert dataset.target is not None  # the first arm was trained
    found = compare(runs, dataset.target)
    rows = [row(one) for one in found]
    if is_whole(place, ablation, keys, left_out):
        report(f"{place}: up to date")
    else:
        about = open_marker(runs[ablation.reference.name], "run")
        write_csv(place / TABLE, rows, ("arm", "metric"))
        picture = _draw(place, dataset, settings, ablation, runs)
        metrics = {arm: read_json(run / METRICS) for arm, run in runs.items()}
        with replacing(place / PAGE) as written:
            text = page(ablation, about, found, metrics, left_out, picture)
            written.write_text(text, encoding="utf-8", newline="\n")
        write_sealed(place / MARKER, marker_of(place, ablation, about, keys, left_out))
    return AblationSummary(
        place=place,
        rows=rows,
        left_out=left_out,
        exit_code=max(prepared.exit_code, 1 if left_out else 0),
    )


def _remove_others(place: Path, ablation: Ablation) -> None:
    """Remove the arms of another ablation, which is to be replaced."""
    known = {arm.name for arm in ablation.arms()}
    for run in place.glob("arms/*"):
        if run.name not in known and kind_of(run) == "run" and not run.is_symlink():
            shutil.rmtree(run)


def _train_arms(
    place: Path,
    dataset: Path,
    settings: TrainSettings,
    ablation: Ablation,
    report: Callable[[str], None],
    hear: Listener | None,
) -> tuple[dict[str, Path], dict[str, str]]:
    """Train arm after arm; give the runs, and why the others are none."""
    arms = list(ablation.arms())
    runs: dict[str, Path] = {}
    left_out: dict[str, str] = {}
    of_dataset: set[str] = set()

    def once(line: str) -> None:
        if line not in of_dataset:
            report(line)
        if line.startswith(f"{dataset}: "):  # said of every arm alike
            of_dataset.add(line)

    for number, arm in enumerate(arms, 1):
        report(f"arm {number} of {len(arms)}: {arm.name}")
        run = arm_path(place, arm.name)
        of_arm = replace(
            settings,
            probes=False,  # they are of the data, or of the first arm: a run of its own has them
            model=settings.model.varied(arm.settings),
            wanted=Wanted(jobs=settings.jobs, participants=settings.tested_by.least),
        )
        try:
            _check(arm, dataset, of_arm.model)
            train([dataset], run, of_arm, report=once, tell=lambda _outcome: None, hear=hear)
        except TrainingError as error:
            if arm is ablation.reference:
                raise
            left_out[arm.name] = str(error)
            report(f"arm {arm.name} is left out: {error}")
            continue
        runs[arm.name] = run
    return runs, left_out


def _check(arm: Arm, dataset: Path, model: Model) -> None:
    """Refuse an arm that would silently be another one, as the training set lacks a modality."""
    opened = Dataset.open(dataset)
    if opened.target is None:
        return  # the trainer says so
    available = model.available(opened, opened.target)
    suited, _ = model.suited(available)
    parts = suited.modalities(available)
    lacking = [part for part in arm.needs if part not in parts]
    if lacking:
        raise TrainingError(f"the training set has no {' and no '.join(lacking)}")


def _draw(
    place: Path,
    dataset: Dataset,
    settings: TrainSettings,
    ablation: Ablation,
    runs: dict[str, Path],
) -> str | None:
    """Draw the representations of two arms, where the ablation has both."""
    path = place / PICTURE
    path.unlink(missing_ok=True)  # of other arms, if this one is not drawn
    drawn = ablation.drawn
    if not drawn or not set(drawn) <= set(runs) or dataset.target is None:
        return None
    arms = {arm.name: arm for arm in ablation.arms()}
    about = open_marker(runs[ablation.reference.name], "run")
    panels = {
        title: represented_by(
            runs[name],
            dataset,
            settings.model.varied(arms[name].settings),
            protocol=settings.tested_by,
            seeds=settings.seeds,
            device=about["device"],
        )
        for name, title in drawn.items()
    }
    return PICTURE if draw(path, panels, dataset.target.name) else None
