"""``depx predict``: a run and recordings of people it may never have seen to a file of predictions.

Every fit of the run predicts every case.  What could not be predicted is named with its reason, and
never keeps the others from it.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...align.dataset import Dataset
from ...errors import DepxError, UsageError
from ...extract.store.place import kind_of
from ..cases import Corpus
from ..run import resolve_device
from ..table import several
from .alike import check_alike
from .cases import Row, labels_of, predict_cases, recorded_as
from .inputs import dataset_of
from .saved import SavedRun, open_run
from .written import check_output, write

if TYPE_CHECKING:
    from ...extract.session_run import Outcome
    from ...extract.store.log import Listener


@dataclass(frozen=True, kw_only=True)
class PredictSettings:
    """Options of ``depx predict``."""

    work: Path | None = None
    """Folder for what is extracted and aligned on the way; None: a temporary one."""
    values: Mapping[str, str] = field(default_factory=dict)
    """``--set`` values of the extraction."""
    jobs: int = 1
    """Sessions at a time, while they are extracted."""
    device: Literal["auto", "cpu", "cuda"] = "auto"


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions:
    """What was predicted."""

    path: Path
    rows: tuple[Row, ...]
    """A row a case; see `depx.train.predicting.written.COLUMNS`."""
    left_out: Mapping[str, str]
    """Session -> why it was not predicted."""
    fits: int
    has_interval: bool
    exit_code: int
    """1 where some sessions failed or could not be predicted."""


def predict(
    run: Path,
    inputs: Sequence[Path],
    out: Path,
    settings: PredictSettings,
    *,
    report: Callable[[str], None],
    tell: "Callable[[Outcome], None]",
    hear: "Listener | None" = None,
) -> Predictions:
    """Predict sessions by all fits of a run, and write the predictions.

    Parameters
    ----------
    run : Path
        Made by ``depx train``.
    inputs : sequence of Path
        One training set, stores, or session folders; labels are not needed.
    out : Path
        ``.parquet`` or ``.csv``.
    settings : PredictSettings
    report, tell, hear
        As those of `depx.train.run.train`.

    Raises
    ------
    StoreError
        If `run` is no finished run, or `out` holds something else.
    DamagedError
        If a file of the run is not as it was written.
    MadeOtherwise
        If the features were made otherwise than those that the run was trained on.
    TrainingError
        If no session can be read.
    """
    check_output(out)
    saved = open_run(run)
    device = resolve_device(settings.device)
    out.parent.mkdir(parents=True, exist_ok=True)
    with _workplace(out, settings.work) as work:
        prepared = dataset_of(
            inputs,
            work,
            saved,
            values=settings.values,
            jobs=settings.jobs,
            report=lambda line: report(line if settings.work else _without(line, work)),
            tell=tell,
            hear=hear,
        )
        dataset = Dataset.open(prepared.dataset)
        present = [p for p, m in saved.parts.items() if m in saved.model.available(dataset, None)]
        for line in check_alike(saved, dataset, present, str(inputs[0])):
            report(line)
        corpus = saved.model.read(dataset, None, {part: saved.parts[part] for part in present})
        labels = labels_of(dataset, saved.target.name)
        lacks = {lack["session"]: lack["reason"] for lack in dataset.manifest["exclusions"]}
    for line in _lacking(saved, corpus):
        report(line)
    if saved.half_width is None:
        report(f"{run}: has no conformal interval: y_hat_low and y_hat_high are empty")
    left_out = {session: why for why, some in corpus.left_out.items() for session in some}
    for session, why in left_out.items():
        report(f"{session}: not predicted: {why}")
    known_as = recorded_as(saved, corpus, dataset)
    for line in _recognised(saved, corpus, known_as):
        report(line)
    rows = predict_cases(saved, corpus, labels, known_as, device=device)
    write(
        out,
        rows,
        {
            "depx": version("depx"),
            "run": saved.about["key"],
            "model": saved.about["model"],
            "target": saved.target.name,
            "dataset": dataset.key,
            "fits": len(saved.fits),
            "half_width": saved.half_width,
            "not_predicted": {**lacks, **left_out},
        },
    )
    return Predictions(
        path=out,
        rows=tuple(rows),
        left_out={**lacks, **left_out},
        fits=len(saved.fits),
        has_interval=saved.half_width is not None,
        exit_code=1 if left_out else prepared.exit_code,
    )


@contextmanager
def _workplace(out: Path, work: Path | None) -> Iterator[Path]:
    """Give the folder in which a store and a training set are made; a temporary one goes again."""
    if work is None:
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
            try:
                yield Path(folder)
            except DepxError as error:
                error.args = (_without(str(error), Path(folder)),)
                raise
        return
    kind = kind_of(work)
    if kind is not None:
        raise UsageError(f"--work {work}: is a {kind}; expected a folder of its own")
    work.mkdir(parents=True, exist_ok=True)
    yield work


def _without(text: str, folder: Path) -> str:
    """Take a folder that is gone when the line is read out of it."""
    return text.replace(f"{folder}{os.sep}", "")


def _recognised(run: SavedRun, corpus: Corpus, known_as: Mapping[str, str]) -> list[str]:
    """Say which sessions are recordings of the run's participants under another name."""
    if not run.about.get("recordings"):
        return [
            f"{run.path}: knows no recording again (an earlier depx made it): who was "
            "seen in training is told by participant id only"
        ]
    lines = []
    for session, participant in zip(corpus.sessions, corpus.participants, strict=True):
        known = known_as.get(session, participant)
        if known != participant:
            how = "trained" if any(known in fit.seen for fit in run.fits) else "tested"
            lines.append(f"{session}: is the recording of {known}, which {how} this run")
    return lines


def _lacking(run: SavedRun, corpus: Corpus) -> list[str]:
    """Say of how many columns that the fits read there is nothing in the input."""
    lines = []
    for part in corpus.vectors:
        read = {name for fit in run.fits for name in fit.columns.get(part, ())}
        there = {
            name
            for c, name in enumerate(corpus.names[part])
            if np.isfinite(corpus.vectors[part][:, c]).any()
        }
        lacking = sorted(read - there)
        if lacking:
            few = ", ".join(lacking[:5]) + (", ..." if len(lacking) > 5 else "")
            lines.append(
                f"{part}: {several(len(lacking), 'column')} were never measured here, and count as "
                f"not measured: {few}"
            )
    return lines
