"""``depx status`` of a training set: finished or not, and whether its stores still make it so."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import DepxError
from ..extract.sharing.told import MARK
from ..extract.store.findings import Grid, Status
from ..extract.store.lock import Holder, holder
from ..extract.store.log import Hashes, Silent
from ..extract.store.place import MARKERS, kind_of
from .cards.texts import damaged_texts
from .dataset import Dataset
from .differences import differences
from .job import excluded, job_of
from .manifest import damaged
from .plan import Lack
from .told import Told, last_told

SHOWN = 5  # of each kind of line
UNKNOWN = "the log does not say which stores it was made from, so nothing is compared"
SHARED = "it is a share: SHARED.md says what it holds; there is no store to compare it with"
RENAMED = (
    "it goes under pseudonyms, so its log names no stores and nothing is compared; the same depx "
    "align says whether it is up to date"
)


def status(path: Path, *, verbose: bool = False) -> Status:
    """Look at a training set; nothing is written.

    Parameters
    ----------
    path : Path
        A training set, or what a killed run left of one.
    verbose : bool
        Whether every line is shown.
    """
    told, held = last_told(path), holder(path)
    again = "run the same depx align again" if told is None else told.command
    at_work = [f"locked by {held}"] if held is not None and held.live else []
    try:
        dataset = Dataset.open(path)
    except DepxError as error:
        how = "damaged" if kind_of(path) == "dataset" else "unfinished"
        waits = "wait for the run at work" if at_work else again
        why = [*at_work, *([] if how == "unfinished" else [str(error)])]
        return _status(path, how, why, waits, held=held)
    found, lines = _compared(dataset, told)
    hash_of = Hashes(Silent(), path).of
    files = [one for _, one in damaged(path, dataset.manifest, hash_of)]
    files += damaged_texts(path, dataset.manifest, hash_of)
    broken = [f"damaged: {path / one['path']}" for one in files]
    lacks = [Lack(**one) for one in dataset.manifest["exclusions"]]
    left_out = [lack for lack in lacks if not lack.on_request]
    how = "damaged" if broken else "stale" if found else "up to date" if told else "finished"
    stale = [f"stale: {one['what']}" for one in found]
    notes = [*map(excluded, lacks)]
    most = len(lacks) if verbose else SHOWN
    more = [f"... and {len(lacks) - most} more sessions left out; -v shows all"]
    return _status(
        path,
        how,
        [*at_work, *broken, *stale, *lines, *notes[:most], *(more if len(lacks) > most else [])],
        again if broken or found else f"depx train cmg-vs {shlex.quote(str(path))} -o RUN",
        counts=dataset.manifest["counts"],
        exit_code=1 if broken or found or left_out else 0,
        differences=found,
        exclusions=[lack.session for lack in lacks],
        held=held,
    )


def stale(path: Path) -> tuple[list[str], str]:
    """Say what its stores would make otherwise now, and which command does; nothing is written."""
    told = last_told(path)
    found, _ = _compared(Dataset.open(path), told)
    return [str(one["what"]) for one in found], "" if told is None else told.command


def _compared(dataset: Dataset, told: Told | None) -> tuple[list[dict[str, Any]], list[str]]:
    """Hold a training set against its stores; say what could not be held."""
    if MARK in dataset.manifest:
        return [], [SHARED]
    if told is None:
        return [], [UNKNOWN if dataset.manifest["settings"].get("pseudonyms") is None else RENAMED]
    try:
        job = job_of(told.stores, dataset.path, told.settings, lambda _line: None)
    except (DepxError, OSError) as error:
        return [], [f"cannot be compared with what it was made from: {error}"]
    return differences(dataset, job), []


def _status(
    path: Path,
    how: str,
    lines: Sequence[str],
    then: str,
    *,
    held: Holder | None,
    counts: dict[str, int] | None = None,
    exit_code: int = 1,
    **more: Any,
) -> Status:
    shown = ("sessions", "cases", "participants", "rows", "frames")
    grid = Grid(head=shown, rows=(tuple(str(counts[name]) for name in shown),)) if counts else None
    return Status(
        place=path,
        headline=f"{path}: a training set, {how}",
        grids=() if grid is None else (grid,),
        lines=tuple(lines),
        then=then,
        exit_code=exit_code,
        document={
            "place": str(path),
            "kind": "dataset",
            "marker": MARKERS["dataset"],
            "state": how,
            "exit_code": exit_code,
            "locked": held is not None and held.live,
            "counts": counts,
            "notes": list(lines),
            "next": then,
            **more,
        },
    )
