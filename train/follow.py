"""``depx train`` on every rank but the first: the same fits, nothing written and nothing said."""

from collections.abc import Callable
from pathlib import Path

import click

from ..align.dataset import Dataset
from ..errors import DepxError, RankError, TrainingError
from .plan import Plan, plan
from .probes.transforms import altered
from .ranks import GRACE_S, INTERRUPTED, Work, end, join, part, rank, ranks, work_or_end
from .run import TrainSettings
from .unit import Unit
from .unit_run import fit_unit
from .units import PROBES


def follow(settings_of: Callable[[], TrainSettings]) -> int:
    """Train along with the leader; return its exit code.

    What fails on all ranks is told by the leader, what fails on this one alone by this one.
    """
    try:
        return _follow(settings_of())
    except KeyboardInterrupt:
        code = end(within_s=0.0)
        return INTERRUPTED if code is None else code
    except (DepxError, OSError) as error:
        code = end(within_s=GRACE_S)
        if code is None:
            click.echo(f"depx: rank {rank()}: {error}", err=True)
            code = getattr(error, "exit_code", DepxError.exit_code)
        return code


def _follow(settings: TrainSettings) -> int:
    work = work_or_end()
    if isinstance(work, int):
        return work
    join(work.device)
    _fit(work, settings)
    part()
    code = end()
    if code is None:
        raise RankError("the first process of torchrun has ended without a word")
    return code


def _fit(work: Work, settings: TrainSettings) -> None:
    planned = plan(
        Dataset.open(Path(work.dataset)),
        settings.model,
        protocol=settings.tested_by,
        seeds=settings.seeds,
        device=work.device,
        probes=settings.probes,
        ranks=ranks(),
        report=lambda _line: None,
    )
    if planned.key != work.key:
        raise RankError(
            f"{work.dataset}: is not here what it is to the first process (another training set, "
            "or other versions of libraries); all machines of a torchrun must be alike"
        )
    for unit in planned.units:
        if unit.name in work.units:
            _fit_one(planned, unit)


def _fit_one(planned: Plan, unit: Unit) -> None:
    """Fit along; what cannot be fitted fails on all ranks alike, and the leader records it."""
    try:
        fit_unit(
            altered(planned.corpus, unit),
            unit,
            planned.model,
            planned.target,
            Path(),
            tell=lambda _told: None,
            checkpoint_s=None,
        )
    except TrainingError:
        if unit.variant not in PROBES:
            raise
