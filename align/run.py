"""Feature store to training set: plan, pool session by session, write shards, then the marker.

One session is held in memory at a time.  ``dataset.json`` is removed before the first shard is
touched and written when all are whole, so a killed run leaves no training set that looks finished,
and the same command makes the same bytes.  A shard that comes out as it was is left alone.  Where
only single files are damaged, only those are written.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DepxError
from ..extract.sharing.pseudonyms import Pseudonyms
from ..extract.store.atomic import replacing
from ..extract.store.lock import locked
from ..extract.store.log import Hashes, Log, Silent
from ..extract.store.tables import write_parquet
from .cards.texts import RECORDED, finish, renew
from .dataset import SESSIONS_FILE
from .job import Job, excluded, job_of, nobody
from .manifest import about, damaged, document, sessions_record, up_to_date
from .mend import mend
from .place import check_place, check_protection, remove_others, unfinish
from .plan import Lack, Plan
from .session import align_session
from .settings import VIEWS, AlignSettings
from .summary import AlignSummary
from .tables import session_row, sessions_table, view_schema
from .told import tell, tell_of_pseudonyms
from .writer import ShardWriter

MEGABYTE = 1e6


def align(
    stores: Sequence[Path],
    dataset: Path,
    settings: AlignSettings,
    report: Callable[[str], None],
    pseudonyms: Pseudonyms | None = None,
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
    pseudonyms : Pseudonyms or None
        Names that sessions, cases, participants and speakers are to go by.

    Raises
    ------
    StoreError
        If one of `stores` is no store, or `dataset` holds something else.
    LabelError
        If the labels cannot be used, or a participant is in two splits.
    UsageError
        If it would undo what protects the training set that is there.
    AlignmentError
        If no session can be aligned.
    LockedError
        If another run writes to `dataset`.
    """
    check_place(dataset)
    job = job_of(stores, dataset, settings, report, pseudonyms)
    check_protection(dataset, job.settings)
    if settings.dry_run:
        return _summary(job, job.plan, rows=job.plan.total("rows"), frames=0, dry_run=True)
    dataset.mkdir(parents=True, exist_ok=True)
    with locked(dataset):
        log = Log(dataset)
        if pseudonyms is not None:  # a log that remembers hashes names the files they are of
            tell_of_pseudonyms(log, dataset, job.settings)
            return _write(job, log, Hashes(Silent()))
        tell(log, dataset, stores, settings)
        return _write(job, log, Hashes(log, dataset))


def _write(job: Job, log: Log, hashes: Hashes) -> AlignSummary:
    """Write the training set, mend it, or find that it is up to date; the lock is held."""
    there = None if job.settings.force else up_to_date(job.dataset, job.key, job.plan)
    broken = [] if there is None else damaged(job.dataset, there, hashes.of)
    if there is None or (broken and not mend(job, broken)):
        return _write_anew(job, log, hashes)
    if broken:
        files = {one["path"] for of in there["shards"].values() for one in of}
        remove_others(job.dataset, files)
    for _, recorded in broken:
        hashes.note(job.dataset / recorded["path"], recorded["sha256"])
    texts = renew(job.dataset, there, hashes.of)
    mended = (*(recorded["path"] for _, recorded in broken), *texts)
    counts = there["counts"]
    return _summary(
        job,
        job.plan,
        rows=counts["rows"],
        frames=counts["frames"],
        up_to_date=not mended,
        mended=mended,
    )


def _write_anew(job: Job, log: Log, hashes: Hashes) -> AlignSummary:
    began = time.monotonic()
    unfinish(job.dataset)
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
                name = stored.id if job.pseudonyms is None else stored.folder.name
                lack = Lack(session=name, reason=job.stores.reason(error))
                job.report(excluded(lack))
                failed.append(replace(job.recorded(lack), session=stored.id))
                continue
            for view, writer in writers.items():
                table = job.table(view, stored.id, aligned, writer.schema)
                if table is not None:
                    writer.add(stored.id, table)
            rows.append(session_row(known, stored.corpus, aligned))
    done = job.plan.without(failed)
    if not rows:
        raise nobody(job.stores, done.exclusions)
    with replacing(job.dataset / SESSIONS_FILE) as written:
        write_parquet(sessions_table(rows, job.numbers, described), written)
    out = {lack.session for lack in failed}
    shards = {view: writer.shards for view, writer in writers.items()}
    table = sessions_record(job.dataset, len(rows))
    written_now = [table, *(shard for made in shards.values() for shard in made)]
    for shard in written_now:
        hashes.note(job.dataset / shard.path, shard.sha256)
    remove_others(job.dataset, {shard.path for shard in written_now})
    manifest = document(
        described,
        done,
        [known for known in job.known if known.session not in out],
        shards,
        table,
        job.made_from,
    )
    manifest = finish(job.dataset, manifest)
    for text in manifest[RECORDED]:
        hashes.note(job.dataset / text["path"], text["sha256"])
    counts = manifest["counts"]
    log.write("aligned", seconds=round(time.monotonic() - began, 3), **counts)
    return _summary(job, done, rows=counts["rows"], frames=counts["frames"])


def _summary(job: Job, planned: Plan, *, rows: int, frames: int, **how: Any) -> AlignSummary:
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
