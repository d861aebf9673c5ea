"""``depx extract`` as a function: sessions found, tracks made, a summary back."""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import StoreError
from ..features.track import Source
from .archives.registry import forget_heads
from .cluster.place import Cluster
from .corpora import folder
from .corpora.base import Wishes
from .corpora.official import sheet_of
from .corpora.registry import AUTO, Discovery, find
from .engine import Engine, Place
from .plan import source_of
from .remote.url import Where
from .session_run import Outcome
from .sessions import Session
from .settings import ExtractSettings
from .store.labels import keep_labels, write_labels
from .store.log import Hashes, Listener, Log
from .store.manifest import NAME
from .store.place import found_store
from .transcripts.columns import columns_of
from .workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class ExtractSummary:
    """What became of a run."""

    store: Path
    found: int
    """Sessions that were to be done."""
    outcomes: tuple[Outcome, ...] = field(default_factory=tuple)
    tracks: tuple[str, ...] = ()
    """All that were wanted, in the order of the registry."""
    sources: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    """See `ExtractSettings.recipe`."""
    seconds: float = 0.0
    """It took, by the clock."""

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Sessions of which something failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.failures)

    @property
    def left_out(self) -> tuple[Outcome, ...]:
        """Sessions that the user asked to leave out."""
        return tuple(outcome for outcome in self.outcomes if outcome.left_out)

    @property
    def locked(self) -> tuple[Outcome, ...]:
        """Sessions that another run was working on."""
        return tuple(outcome for outcome in self.outcomes if outcome.locked)

    @property
    def no_room(self) -> bool:
        """Whether the run stopped as the store's disk is full."""
        return any(outcome.no_room for outcome in self.outcomes)

    @property
    def exit_code(self) -> int:
        """0 all done, 1 something failed, 75 something locked (run again, then see)."""
        return 75 if self.locked else 1 if self.failed else 0

    def record_of(self, outcome: Outcome) -> Path:
        """Find the file that says what is wrong with a session."""
        return self.store / outcome.session / NAME


def discover(
    sources: Sequence[Where],
    store: Path,
    settings: ExtractSettings,
    notice: Callable[[str], None],
) -> Discovery:
    """Find the sessions that the user wants among those under `sources`, and their labels."""
    wishes = Wishes(
        choose=settings.patterns(),
        given=settings.given_patterns(),
        named=settings.named,
        columns=columns_of(settings.transcript.columns),
        corrections=settings.corrections,
        store=store,
        notice=notice,
    )
    found = find(sources, wishes, settings.corpus)
    return replace(found, sessions=tuple(settings.choice.apply(found.sessions)))


def _write_labels(
    found: Discovery, store: Path, settings: ExtractSettings, notice: Callable[[str], None]
) -> None:
    """Leave the corpus's labels in the store, where align finds them."""
    sheet, mended = sheet_of(found, settings.corrections)
    lines = keep_labels(store) if sheet is None else [*write_labels(store, sheet), *mended]
    for line in lines:
        notice(line)


def _tell_of_corrections(
    sessions: Sequence[Session],
    left_out: Sequence[str],
    settings: ExtractSettings,
    notice: Callable[[str], None],
) -> None:
    """Name the sessions that are mended by their number, and those that are left out."""
    if left_out:
        notice(
            f"--corrections {settings.corrections}: {len(left_out)} of {len(sessions)} sessions "
            f"are left out: {', '.join(left_out)}"
        )
    mended = [
        f"{session.id} ({', '.join(kinds)})"
        for session in sessions
        if (kinds := session.corrections.of_this_session()) and session.id not in left_out
    ]
    if mended:
        notice(
            f"known errors mended in the words of {', '.join(mended)}; "
            "--corrections none leaves them"
        )


def extract(
    sources: Sequence[Where],
    store: Path,
    settings: ExtractSettings,
    report: Callable[[Outcome], None],
    notice: Callable[[str], None],
    hear: Listener | None = None,
) -> ExtractSummary:
    """Make the tracks of all sessions under `sources` in the feature store `store`.

    Parameters
    ----------
    sources : sequence of Path or Url
        Session folders, or folders of them.
    store : Path
        A store, or a folder to become one.
    settings : ExtractSettings
    report : callable
        Called with each session's outcome as it comes.
    notice : callable
        Takes lines about what is not read.
    hear : callable or None
        Called with each event of the log, from any thread; what it raises ends the run.

    Raises
    ------
    DepxError
        If nothing can start; what is wrong with one session is in its outcome instead.
    """
    began = time.monotonic()
    if settings.scheduler is not None:  # workers have another working directory
        sources, store = [_absolute(source) for source in sources], store.absolute()
    found = discover(sources, store, settings, notice)
    sessions, settings = found.sessions, settings.speaking(found.corpus.language)
    if found.corpus is not folder.CORPUS and settings.corpus == AUTO:
        notice(f"read as {found.corpus.label}; --corpus folder takes each folder for a session")
    for session in sessions:
        if store.resolve().is_relative_to(session.folder.resolve()):
            raise StoreError(f"{store}: lies inside session {session.id!r}; choose another -o")
    found_store(store, corpus=found.corpus.name)
    if settings.shard is not None:
        sessions = tuple(settings.shard.of(found.sessions))
        notice(
            f"shard {settings.shard.index} of {settings.shard.count}: {len(sessions)} of "
            f"{len(found.sessions)} sessions"
        )
    left_out = [session.id for session in sessions if session.corrections.left_out]
    _tell_of_corrections(sessions, left_out, settings, notice)
    _write_labels(found, store, settings, notice)
    forget_heads()
    log = Log(store, part=settings.shard.name if settings.shard else None, hear=hear)
    log.write(
        "extract",
        depx=version("depx"),
        host=platform.node(),
        sources=[str(_absolute(source)) for source in sources],
        recipe=settings.recipe(),
        jobs=settings.jobs,
        scheduler=settings.scheduler,
        sessions=len(sessions),
        left_out=left_out,
    )
    hashes = Hashes(log, store, trust=not settings.checksum)
    outcomes = []
    with ExitStack() as opened:
        place: Place
        equipment = (store, settings, made_from(settings, hashes), log, hashes)
        if settings.scheduler is None:
            place = Workplace(*equipment)
        else:
            place = opened.enter_context(closing(Cluster(settings.scheduler, *equipment, notice)))
        engine = Engine(place, jobs=settings.jobs, fail_fast=settings.fail_fast)
        for outcome in engine.run(sessions):
            report(outcome)
            outcomes.append(outcome)
    seconds = time.monotonic() - began
    log.write("extracted", seconds=round(seconds, 3), sessions=len(outcomes))
    if log.lost:
        notice(f"{log.path}: {log.lost} events could not be written; no table is missing for it")
    return ExtractSummary(
        store=store,
        found=len(sessions),
        tracks=tuple(settings.extractors),
        sources=tuple(map(str, sources)),
        recipe=settings.recipe(),
        seconds=seconds,
        outcomes=tuple(sorted(outcomes, key=lambda outcome: outcome.session)),
    )


def _absolute(source: Where) -> Where:
    return source.absolute() if isinstance(source, Path) else source


def made_from(settings: ExtractSettings, hashes: Hashes) -> dict[str, Source]:
    """Say for each track where the numbers of its extractor come from."""
    return {
        name: source_of(extractor, hashes.of) for name, extractor in settings.extractors.items()
    }
