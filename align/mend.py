"""A damaged file of a training set, written again from the sessions that it holds.

The content key says that all which shaped it is as it was, so the bytes are too; where they are
not, nothing is put in place, and the training set is to be written anew.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import DepxError
from ..extract.store.atomic import commit, naming, temporary
from ..extract.store.key import sha256_file
from ..extract.store.tables import write_parquet
from .job import Job
from .manifest import about
from .session import align_session
from .shards import TABLE
from .tables import session_row, sessions_table, view_schema
from .writer import row_groups


def mend(job: Job, damaged: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    """Write damaged files again; the lock is held.

    Parameters
    ----------
    job : Job
        Of the same content key as the training set in place.
    damaged : sequence of (str, mapping)
        View, and the file as ``dataset.json`` records it.

    Returns
    -------
    bool
        Whether every one is as recorded; else those that are not are as they were.
    """
    everybody = len(job.plan.sessions)
    costs = sum(everybody if view == TABLE else len(one["sessions"]) for view, one in damaged)
    if costs > everybody:  # written anew all are aligned once, and whole files stay
        return False
    try:
        for view, recorded in damaged:
            with naming(job.dataset / recorded["path"]):
                if not _mended(job, view, recorded):
                    return False
    except DepxError:  # a session cannot be aligned as it was
        return False
    return True


def _mended(job: Job, view: str, recorded: Mapping[str, Any]) -> bool:
    path = job.dataset / recorded["path"]
    path.parent.mkdir(exist_ok=True)
    written = temporary(path)
    described = about(job.plan, job.target, job.settings, job.key)
    try:
        if view == TABLE:
            rows = [
                session_row(known, stored.corpus, align_session(stored, job.plan, job.settings))
                for stored, known in zip(job.plan.sessions, job.known, strict=True)
            ]
            write_parquet(sessions_table(rows, job.numbers, described), written)
        else:
            schema = view_schema(view, job.plan, job.settings, described)
            planned = {stored.id: stored for stored in job.plan.sessions}
            with written.open("wb") as stream, row_groups(stream, schema) as writer:
                for session, _ in recorded["sessions"]:
                    aligned = align_session(planned[session], job.plan, job.settings)
                    table = job.table(view, session, aligned, schema)
                    if table is None:
                        return False
                    writer.write_table(table, row_group_size=table.num_rows)
        if sha256_file(written) != recorded["sha256"]:
            return False
        commit(written, path)
    finally:
        written.unlink(missing_ok=True)
    return True
