"""What an align run finds out before it writes: stores, sessions, labels, columns, the content key.

Nothing is written here, so ``depx status`` holds a training set against it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AlignmentError
from ..extract.sessions import Choice
from ..extract.sharing.ids import speakers_of
from ..extract.sharing.pseudonyms import Pseudonyms
from ..extract.store.key import digest
from .dataset import Target
from .figures import figure_names
from .labels import Known, LabelTable, check_columns, gaps, join, label_columns, united
from .leaks import check_leaks, told_of_corpora, with_splits
from .manifest import components
from .plan import Lack, Plan, plan
from .pseudonymous import id_columns, renamed_known, renamed_plan, unsaid, without_columns
from .session import Aligned
from .settings import AlignSettings
from .stores import Stores, gather, known_of
from .tables import view_table
from .targets import target_of, told_of_rule

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(eq=False, kw_only=True)
class Job:
    """All that shapes a training set."""

    stores: Stores
    dataset: Path
    settings: AlignSettings
    plan: Plan
    known: list[Known]
    """What is known of each planned session, labels included."""
    target: Target | None
    numbers: frozenset[str]
    """Label columns that hold numbers."""
    report: Callable[[str], None]
    pseudonyms: Pseudonyms | None = None
    """Under which the sessions go already; None where they have their own names."""
    made_from: dict[str, str] = field(init=False)
    """Component of the content key -> its hash; says what differs from an earlier run."""
    key: str = field(init=False)

    def __post_init__(self) -> None:
        parts = components(self.plan, self.known, self.target, self.settings)
        self.made_from = {name: digest(part) for name, part in parts.items()}
        self.key = digest(parts)

    def table(self, view: str, session: str, aligned: Aligned, schema: "pa.Schema") -> "pa.Table":
        """Lay out the rows of a session in a view, None where it has none; see `view_table`."""
        speaker = str if self.pseudonyms is None else self.pseudonyms.speaker
        no_text = self.settings.no_text
        return view_table(view, session, aligned, schema, no_text=no_text, speaker=speaker)

    def recorded(self, lack: Lack) -> Lack:
        """Give what the training set says of a session that is left out."""
        return lack if self.pseudonyms is None else unsaid(lack)


def job_of(
    stores: Sequence[Path],
    dataset: Path,
    settings: AlignSettings,
    report: Callable[[str], None],
    pseudonyms: Pseudonyms | None = None,
) -> Job:
    """Find out what a training set of `stores` would hold; see `align` for what it raises.

    Lines for the user name sessions as the stores do, also where all that is written will not.
    """
    opened = gather(stores)
    choice = Choice(only=settings.only, exclude=settings.exclude, limit=settings.limit)
    chosen = choice.apply(opened.sessions())
    tables = opened.labels(settings.labels, report, needed=bool(settings.target))
    table = united([one for one, _ in tables]) if tables else None
    target = None if table is None or not settings.target else target_of(table, settings)
    planned = plan(chosen, settings, opened.reason)
    joined = _joined(opened, tables, table, settings)
    check_leaks(joined[stored.id] for stored in chosen)
    here = [joined[stored.id] for stored in planned.sessions]
    if table is not None and target is not None:
        check_columns(table, ["corpus", *figure_names(planned.parts)])
        _report_labels(tables, here, target, report)
    _report_plan(planned, report)
    if not planned.sessions:
        raise nobody(opened, planned.exclusions)
    if not planned.parts:
        raise AlignmentError(
            f"{opened.name}: no session has a track to pool under its words; "
            "extract with --tracks face,egemaps,bert"
        )
    if pseudonyms is not None:
        others = _ids_without_row(tables, joined.values()) | speakers_of(opened.sessions())
        held = _ids_in_labels(list(joined.values()), others, target, report)
        here = without_columns(here, held)
        planned, here = renamed_plan(planned, pseudonyms), renamed_known(here, pseudonyms)
        settings = replace(settings, pseudonyms=pseudonyms.fingerprint)
    return Job(
        stores=opened,
        dataset=dataset,
        settings=settings,
        plan=planned,
        known=here,
        target=target,
        numbers=frozenset() if table is None else _numbers(table),
        report=report,
        pseudonyms=pseudonyms,
    )


def _ids_in_labels(
    known: Sequence[Known],
    others: Iterable[str],
    target: Target | None,
    report: Callable[[str], None],
) -> list[str]:
    """Name the label columns that would tell the ids of anybody in the stores or their tables."""
    kept = () if target is None else (target.name, target.released)
    found = [name for name in id_columns(known, others) if name not in kept]
    if found:
        report(f"label columns that hold ids are left out: {', '.join(found)}")
    return found


def _ids_without_row(
    tables: Sequence[tuple[LabelTable, Sequence[Known]]], known: Iterable[Known]
) -> set[str]:
    """List the ids of label rows whose sessions are elsewhere, and participants as stores say."""
    ids = {name for one in known for name in (one.session, one.case, one.participant)}
    for table, sessions in tables:
        ids |= {one.participant for one in sessions} | set(table.rows)
        ids |= {
            str(cells["participant"]) for cells in table.rows.values() if cells.get("participant")
        }
    return ids


def excluded(lack: Lack) -> str:
    """Say in a line that a session is left out."""
    return f"{lack.session}: left out: {lack.reason}"


def nobody(stores: Stores, exclusions: Sequence[Lack]) -> AlignmentError:
    """Make the error that no session is left."""
    first = f"; {exclusions[0].session}: {exclusions[0].reason}" if exclusions else ""
    return AlignmentError(
        f"{stores.name}: none of {len(exclusions)} sessions can be aligned{first}"
    )


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


def _report_plan(planned: Plan, report: Callable[[str], None]) -> None:
    for lack in planned.exclusions:
        report(excluded(lack))
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
