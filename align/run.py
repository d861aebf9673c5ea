"""Feature store to training set: plan, pool session by session, write shards, then the marker.

One session is held in memory at a time.  ``dataset.json`` is removed before the first shard is
touched and written when all are whole, so a killed run leaves no training set that looks finished,
and the same command makes the same bytes.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import AlignmentError, DepxError
from ..extract.sessions import Choice
from ..extract.store.atomic import replacing, write_json
from ..extract.store.lock import locked
from ..extract.store.log import Log
from ..extract.store.tables import write_parquet
from .dataset import SESSIONS_FILE, Target
from .figures import figure_names
from .labels import Known, LabelTable, check_columns, gaps, join, label_columns, united
from .leaks import check_leaks, told_of_corpora, with_splits
from .manifest import NAME, about, content_key, document, sessions_record, up_to_date
from .place import check_place, clear
from .plan import Lack, Plan, plan
from .session import align_session
from .settings import VIEWS, AlignSettings
from .stores import Stores, gather, known_of
from .summary import AlignSummary
from .tables import session_row, sessions_table, view_schema, view_table
from .targets import target_of, told_of_rule
from .writer import ShardWriter

MEGABYTE = 1e6


@dataclass(eq=False, kw_only=True)
class _Job:
    """All that a run has found out before it writes."""

    stores: Stores
    dataset: Path
    settings: AlignSettings
    plan: Plan
    known: list[Known]
    target: Target | None
    numbers: frozenset[str]
    report: Callable[[str], None]
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = content_key(self.plan, self.known, self.target, self.settings)


def align(
    stores: Sequence[Path], dataset: Path, settings: AlignSettings, report: Callable[[str], None]
) -> AlignSummary:
    """Make a training set of feature stores.

    Parameters
    ----------
    stores : sequence of Path, at least one
        Made by ``depx extract``; the sessions of several go into one training set.
    dataset : Path
        Folder to write; an earlier training set there is kept if it is up to date, else replaced.
    settings : AlignSettings
    report : callable
        Takes lines for the user; none holds interview content.

    Raises
    ------
    StoreError
        If one of `stores` is no store, or `dataset` holds something else.
    LabelError
        If the labels cannot be used, or a participant is in two splits.
    AlignmentError
        If no session can be aligned.
    LockedError
        If another run writes to `dataset`.
    """
    opened = gather(stores)
    check_place(dataset)
    choice = Choice(only=settings.only, exclude=settings.exclude, limit=settings.limit)
    chosen = choice.apply(opened.sessions())
    tables = opened.labels(settings.labels, report)
    table = united([one for one, _ in tables]) if tables else None
    target = None if table is None else target_of(table, settings)
    planned = plan(chosen, settings, opened.reason)
    joined = _joined(opened, tables, table, settings)
    check_leaks(joined[stored.id] for stored in chosen)
    here = [joined[stored.id] for stored in planned.sessions]
    if table is not None and target is not None:
        check_columns(table, ["corpus", *figure_names(planned.parts)])
        _report_labels(tables, here, target, report)
    _report_plan(planned, report)
    if not planned.sessions:
        raise _nobody(opened, planned.exclusions)
    if not planned.parts:
        raise AlignmentError(
            f"{opened.name}: no session has a track to pool under its words; "
            "extract with --tracks face,egemaps,bert"
        )
    job = _Job(
        stores=opened,
        dataset=dataset,
        settings=settings,
        plan=planned,
        known=here,
        target=target,
        numbers=frozenset() if table is None else _numbers(table),
        report=report,
    )
    if settings.dry_run:
        return _summary(job, planned, rows=planned.total("rows"), frames=0, dry_run=True)
    dataset.mkdir(parents=True, exist_ok=True)
    with locked(dataset):
        return _write(job)


def _write(job: _Job) -> AlignSummary:
    """Write the training set, or find that it is up to date; the lock is held."""
    there = None if job.settings.force else up_to_date(job.dataset, job.key, job.plan)
    if there is not None:
        counts = there["counts"]
        return _summary(
            job, job.plan, rows=counts["rows"], frames=counts["frames"], up_to_date=True
        )
    began = time.monotonic()
    clear(job.dataset)
    described = about(job.plan, job.target, job.settings, job.key)
    shard_bytes = job.settings.shard_mb * MEGABYTE
    writers = {
        view: ShardWriter(
            job.dataset, view, view_schema(view, job.plan, job.settings, described), shard_bytes
        )
        for view in VIEWS
        if view in job.settings.views
    }
    rows: list[dict[str, Any]] = []
    failed: list[Lack] = []
    with ExitStack() as stack:
        for writer in writers.values():
            stack.enter_context(writer)
        for stored, known in zip(job.plan.sessions, job.known, strict=True):
            try:
                aligned = align_session(stored, job.plan, job.settings)
            except DepxError as error:
                failed.append(Lack(session=stored.id, reason=job.stores.reason(error)))
                job.report(_excluded(failed[-1]))
                continue
            for view, writer in writers.items():
                table = view_table(view, stored.id, aligned, writer.schema)
                if table is not None:
                    writer.add(stored.id, table)
            rows.append(session_row(known, stored.corpus, aligned))
    done = job.plan.without(failed)
    if not rows:
        raise _nobody(job.stores, done.exclusions)
    with replacing(job.dataset / SESSIONS_FILE) as written:
        write_parquet(sessions_table(rows, job.numbers, described), written)
    out = {lack.session for lack in failed}
    manifest = document(
        described,
        done,
        [known for known in job.known if known.session not in out],
        {view: writer.shards for view, writer in writers.items()},
        sessions_record(job.dataset, len(rows)),
    )
    write_json(job.dataset / NAME, manifest)
    counts = manifest["counts"]
    Log(job.dataset).write("align", seconds=round(time.monotonic() - began, 3), **counts)
    return _summary(job, done, rows=counts["rows"], frames=counts["frames"])


def _numbers(table: LabelTable) -> frozenset[str]:
    return frozenset(name for name, kind in table.columns.items() if kind == "number")


def _joined(
    stores: Stores,
    tables: Sequence[tuple[LabelTable, Sequence[Known]]],
    whole: LabelTable | None,
    settings: AlignSettings,
) -> dict[str, Known]:
    """Lay labels beside all sessions of the stores: rows are judged against whole stores."""
    joined = {one.session: one for one in known_of(stores.sessions())}
    for table, sessions in tables:
        joined |= join(table, sessions, settings.target)
    columns = label_columns(whole)
    filled = [
        replace(one, labels={name: one.labels.get(name) for name in columns})
        for one in joined.values()
    ]
    split = with_splits(filled, settings.splits, stores.corpora)
    return {one.session: one for one in split}


def _report_labels(
    tables: Sequence[tuple[LabelTable, Sequence[Known]]],
    here: Sequence[Known],
    target: Target,
    report: Callable[[str], None],
) -> None:
    """Say what rows and sessions lack, where two rules differ, and who is in several corpora."""
    for table, sessions in tables:
        theirs = {one.session for one in sessions}
        aligned = [one for one in here if one.session in theirs]
        for line in gaps(table, sessions, aligned, target.name):
            report(line)
    for line in (*told_of_rule(here, target), *told_of_corpora(here)):
        report(line)


def _excluded(lack: Lack) -> str:
    return f"{lack.session}: left out: {lack.reason}"


def _report_plan(planned: Plan, report: Callable[[str], None]) -> None:
    for lack in planned.exclusions:
        report(_excluded(lack))
    for lack in planned.incomplete:
        report(f"{lack.session}: aligned {lack.reason}")
    unknown, windows = planned.total("words_unknown_role"), planned.total("windows")
    if unknown and windows:
        report(f"{unknown} windows of an unknown role are taken for the participant's")
    elif unknown:
        report(
            f"{unknown} words of an unknown role are taken for the participant's; where the "
            "transcript names speakers, say who it is when extracting: --participant NAME"
        )


def _nobody(stores: Stores, exclusions: Sequence[Lack]) -> AlignmentError:
    first = f"; {exclusions[0].session}: {exclusions[0].reason}" if exclusions else ""
    return AlignmentError(
        f"{stores.name}: none of {len(exclusions)} sessions can be aligned{first}"
    )


def _summary(job: _Job, planned: Plan, *, rows: int, frames: int, **how: bool) -> AlignSummary:
    return AlignSummary(
        dataset=job.dataset,
        key=job.key,
        sessions=len(planned.sessions),
        rows=rows,
        rows_masked=planned.total("rows_masked"),
        frames=frames,
        timing=planned.timing,
        by_session={stored.id: _facts(planned.counts[stored.id]) for stored in planned.sessions},
        exclusions=planned.exclusions,
        **how,
    )


def _facts(counts: Mapping[str, float]) -> dict[str, float | None]:
    """Give the counts of a session as JSON can hold them."""
    return {name: None if math.isnan(count) else count for name, count in counts.items()}
