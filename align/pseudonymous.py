"""A training set under pseudonyms: its plan and labels renamed before anything is written.

Sessions go in the order of their pseudonyms, since the order of ids tells who came first; reasons
of what is left out stay with whoever ran it, as they may name files.  Everything that is written
afterwards knows the pseudonyms only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..extract.sharing.ids import columns_of_ids
from ..extract.sharing.pseudonyms import Pseudonyms
from ..extract.sharing.sources import UNSAID, safe_session
from .labels import Known
from .plan import Lack, Plan

WITHOUT = "without "


def renamed_plan(plan: Plan, pseudonyms: Pseudonyms) -> Plan:
    """Give the sessions of a plan their pseudonyms.

    Raises
    ------
    UsageError
        If two of them have one.
    """
    lacks = (*plan.exclusions, *plan.incomplete)
    ids = {stored.id for stored in plan.sessions} | {lack.session for lack in lacks}
    pseudonyms.named(ids)
    sessions = [safe_session(stored, pseudonyms) for stored in plan.sessions]
    return replace(
        plan,
        sessions=tuple(sorted(sessions, key=lambda stored: stored.id)),
        counts={pseudonyms.of(name): counts for name, counts in plan.counts.items()},
        exclusions=_renamed_lacks(plan.exclusions, pseudonyms),
        incomplete=_renamed_lacks(plan.incomplete, pseudonyms),
    )


def renamed_known(known: Sequence[Known], pseudonyms: Pseudonyms) -> list[Known]:
    """Give sessions, cases and participants their pseudonyms, in the order of these."""
    pseudonyms.named([name for one in known for name in (one.case, one.participant)])
    renamed = [
        replace(
            one,
            session=pseudonyms.of(one.session),
            case=pseudonyms.of(one.case),
            participant=pseudonyms.of(one.participant),
        )
        for one in known
    ]
    return sorted(renamed, key=lambda one: one.session)


def id_columns(known: Sequence[Known], others: Iterable[str]) -> list[str]:
    """Name the label columns that hold ids, of the row or of anybody; `others` have no row."""
    names = dict.fromkeys(name for one in known for name in one.labels)
    columns = {name: [one.labels.get(name) for one in known] for name in names}
    own = [(one.session, one.case, one.participant) for one in known]
    return columns_of_ids(columns, own, others)


def without_columns(known: Sequence[Known], columns: Sequence[str]) -> list[Known]:
    """Take label columns away."""
    return [
        replace(one, labels={n: cell for n, cell in one.labels.items() if n not in columns})
        for one in known
    ]


def unsaid(lack: Lack) -> Lack:
    """Keep which tracks a session lacks, or that it is left out, and not why."""
    tracks = lack.reason.partition(":")[0] if lack.reason.startswith(WITHOUT) else ""
    return replace(lack, reason=f"{tracks}: {UNSAID}" if tracks else UNSAID)


def _renamed_lacks(lacks: Sequence[Lack], pseudonyms: Pseudonyms) -> tuple[Lack, ...]:
    renamed = [replace(unsaid(lack), session=pseudonyms.of(lack.session)) for lack in lacks]
    return tuple(sorted(renamed, key=lambda lack: lack.session))
