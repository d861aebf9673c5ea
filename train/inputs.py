"""From whatever the user points at to a training set: what is missing is extracted and aligned.

Session folders become ``RUN/store`` and ``RUN/dataset``; stores become ``RUN/dataset``; a training
set is taken as it is.  Both stages do only what is missing or stale.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import LockedError, StoreError, UsageError
from ..extract.store.place import kind_of
from ..features.parameters import configure
from .folds import enough

if TYPE_CHECKING:
    from ..align.settings import AlignSettings
    from ..extract.session_run import Outcome
    from ..extract.store.log import Listener

TARGET = "target."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Options that the stages before training take."""

    labels: Path | None = None
    target: str | None = None
    """Column of the label table; None takes align's default."""
    label_rule: str | None = None
    """Who is positive: ``released``, or a comparison; None takes the published cut-off."""
    splits: str | None = None
    """Whose splits count; None takes the labels' own."""
    values: Mapping[str, str] | None = None
    """``--set`` values with a prefix: ``target.min``, ``face.choose``."""
    jobs: int = 1
    participants: int = 2
    """How many there must be at least."""
    pool: tuple[str, ...] = ("mean",)
    """Statistics of a word's samples that the model reads."""
    run_reads: str | None = None
    """Key of the training set that the finished run in place was made from, if it is to stay."""
    tracks: tuple[str, ...] = ()
    """What is extracted of session folders; empty: all that they allow."""
    prefer_given: bool = True
    """Take features that came with a session, instead of measuring them."""
    aligned: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `AlignSettings` that are to be as they were elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A training set, and whether all sessions reached it."""

    dataset: Path
    exit_code: int
    """0, or 1 where some sessions failed or could not be aligned."""


def prepare(
    inputs: Sequence[Path],
    place: Path,
    wanted: Wanted,
    *,
    report: Callable[[str], None],
    tell: "Callable[[Outcome], None]",
    hear: "Listener | None" = None,
) -> Prepared:
    """Find or make the training set.

    Parameters
    ----------
    inputs : sequence of Path
        One training set, one or several stores, or session folders (or folders of them).
    place : Path
        The run, under which a store and a training set are made.
    report, tell : callables
        Take lines for the user, and each session's outcome as it is extracted.
    hear : callable or None
        Takes each event of the extraction, from any thread.

    Raises
    ------
    UsageError
        If an option has no effect on the kind of input that was given.
    LockedError
        If some sessions are being extracted by another run.
    """
    kinds = [kind_of(path) for path in inputs]
    if len(inputs) == 1 and kinds[0] == "dataset":
        _refuse_align_options(inputs[0], wanted)
        _tell_of_stale(inputs[0], report)
        return Prepared(dataset=inputs[0], exit_code=0)
    if kinds and set(kinds) == {"store"}:
        for name in _values(wanted):
            if not name.startswith(TARGET):
                raise UsageError(f"--set {name}: {inputs[0]} is a store; set it in depx extract")
        return _align(inputs, place, wanted, report, 0)
    for path, kind in zip(inputs, kinds, strict=True):
        if kind is None and any(path.glob("words/part-*.parquet")):
            raise StoreError(f"{path}: is an unfinished training set; run depx align again")
        if kind is not None:
            raise UsageError(f"{path}: is a {kind}; expected one DATASET, STORE... or SESSIONS...")
    return _extract(inputs, place, wanted, report, tell, hear)


def _extract(
    sources: Sequence[Path],
    place: Path,
    wanted: Wanted,
    report: Callable[[str], None],
    tell: "Callable[[Outcome], None]",
    hear: "Listener | None",
) -> Prepared:
    from ..align.official import label_table
    from ..align.targets import target_of
    from ..extract.run import discover, extract
    from ..extract.settings import parse

    of_extract = {
        name: text for name, text in _values(wanted).items() if not name.startswith(TARGET)
    }
    settings = _align_settings(wanted)
    store = place / "store"
    settings_of_extract = parse(
        wanted.tracks, of_extract, jobs=wanted.jobs, prefer_given=wanted.prefer_given
    )
    if settings.labels is not None:  # what cannot end well must not cost the hours of extraction
        target_of(label_table(settings.labels, lambda _line: None), settings)
    found = discover(sources, store, settings_of_extract, lambda _line: None)
    there = len({session.participant for session in found.sessions})
    enough(there, wanted.participants, "participant")
    extracted = extract(sources, store, settings_of_extract, tell, report, hear)
    if extracted.locked:
        raise LockedError(
            f"{store}: {len(extracted.locked)} sessions are locked by another run; "
            "wait for it, then run again"
        )
    return _align([store], place, wanted, report, extracted.exit_code)


def _align(
    stores: Sequence[Path],
    place: Path,
    wanted: Wanted,
    report: Callable[[str], None],
    exit_code: int,
) -> Prepared:
    from ..align.run import align

    settings = _align_settings(wanted)
    dataset = place / "dataset"
    if wanted.run_reads is not None:  # a finished run keeps the training set that it was made from
        preview = align(stores, dataset, replace(settings, dry_run=True), lambda _line: None)
        if preview.key != wanted.run_reads:
            raise StoreError(
                f"{place}: holds a run on another training set (other labels, target, inputs or "
                "settings); choose another -o, or --force to replace it"
            )
    aligned = align(stores, dataset, settings, report)
    return Prepared(dataset=aligned.dataset, exit_code=max(exit_code, aligned.exit_code))


def _align_settings(wanted: Wanted) -> "AlignSettings":
    from ..align.settings import AlignSettings

    of_target = {
        name.replace(".", "_", 1): text
        for name, text in _values(wanted).items()
        if name.startswith(TARGET)
    }
    if wanted.target is not None:
        of_target["target"] = wanted.target
    settings = configure(AlignSettings, "", of_target)
    return replace(
        settings,
        labels=wanted.labels,
        label_rule=wanted.label_rule,
        splits=wanted.splits or settings.splits,
        **{"pool": wanted.pool, **wanted.aligned},
    )


def _tell_of_stale(dataset: Path, report: Callable[[str], None]) -> None:
    """Say that a training set is not what its stores would make now; it is taken as it is."""
    from ..align.status import stale

    differ, again = stale(dataset)
    if differ:
        more = f" and {len(differ) - 1} more" if len(differ) > 1 else ""
        report(f"{dataset}: is stale: {differ[0]}{more}; trained on as it is; mended by: {again}")


def _refuse_align_options(dataset: Path, wanted: Wanted) -> None:
    """Refuse options that a finished training set, which has its labels, cannot follow."""
    from ..align.dataset import Dataset

    for option, value in (
        ("--labels", wanted.labels),
        ("--label-rule", wanted.label_rule),
        ("--splits", wanted.splits),
    ):
        if value is not None:
            raise UsageError(f"{dataset}: is a training set, {option} is read by depx align")
    if _values(wanted):
        first = next(iter(_values(wanted)))
        raise UsageError(f"--set {first}: {dataset} is a training set; set it where that was made")
    target = Dataset.open(dataset).target
    if wanted.target is not None and (target is None or target.name != wanted.target):
        got = "no target" if target is None else f"target {target.name}"
        raise UsageError(
            f"{dataset}: has {got}, not {wanted.target}; align again with --target {wanted.target}"
        )


def _values(wanted: Wanted) -> Mapping[str, str]:
    return wanted.values or {}
