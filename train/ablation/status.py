"""``depx status`` of an ablation study: which arms are done, and whether its table is of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...align.status import status as of_dataset
from ...extract.status import status as of_store
from ...extract.store.findings import Grid, Status
from ...extract.store.lock import holder
from ...extract.store.log import events
from ...extract.store.place import kind_of, kind_of_unfinished, read_marker
from ..status import status as of_run
from ..told import here
from .place import KIND, MARKER, PAGE, arm_path, broken


def status(path: Path, *, verbose: bool = False) -> Status:
    """Look at a study; nothing is written.

    Parameters
    ----------
    path : Path
        A study, or what a killed one left of it.
    verbose : bool
        Passed on to the places inside it.
    """
    told, marker, held = last_told(path), read_marker(path, KIND), holder(path)
    names = _arms(path, told, marker)
    runs = {name: of_run(arm_path(path, name), alone=True) for name in names if _is_run(path, name)}
    arms = {
        name: str(runs[name].document["state"]) if name in runs else "missing" for name in names
    }
    left_out = {} if marker is None else dict(marker["left_out"])
    for name, why in left_out.items():
        if name not in runs:
            arms[name] = f"left out: {why}"
    damaged = [] if marker is None else [str(file) for file in broken(path, marker)]
    if marker is None and kind_of(path) == KIND:
        damaged = [str(path / MARKER)]
    lines = [f"locked by {held}"] if held is not None and held.live else []
    lines += [f"damaged: {file}" for file in damaged]
    lines += [
        f"{name}: {line}" for name, run in runs.items() if run.exit_code for line in run.lines
    ]
    how = _how(marker, damaged, arms.values())
    again = "run the same depx train again" if told is None else str(told["command"])
    inside = tuple(_inside(path, told, verbose=verbose))
    to_do = how != "finished"
    exit_code = 1 if to_do else max((one.exit_code for one in inside), default=0)
    done = sum(state == "finished" for state in arms.values())
    then = again if to_do else f"see {path / PAGE}"
    return Status(
        place=path,
        headline=f"{path}: an ablation study, {how}: {done} of {len(arms)} arms done",
        grids=(Grid(head=("arm", "is"), rows=tuple(arms.items())),) if arms else (),
        lines=tuple(lines),
        then=then,
        exit_code=exit_code,
        document={
            "place": str(path),
            "kind": KIND,
            "state": how,
            "exit_code": exit_code,
            "locked": held is not None and held.live,
            "arms": {name: runs[name].document if name in runs else arms[name] for name in names},
            "damaged": damaged,
            "notes": lines,
            "next": then,
        },
        inside=inside,
    )


def last_told(path: Path) -> Mapping[str, Any] | None:
    """Read what the last run on the study was told; None where its log does not say."""
    for event in reversed(events(path, KIND)):
        try:
            return {
                "arms": list(event["arms"]),
                "dataset": Path(event["dataset"]),
                "command": here(event["command"], path),
            }
        except (KeyError, TypeError, ValueError):  # of another version, or half a line
            continue
    return None


def _arms(
    path: Path, told: Mapping[str, Any] | None, marker: Mapping[str, Any] | None
) -> list[str]:
    if told is not None:
        return list(told["arms"])
    if marker is not None:
        return list(marker["arms"])
    return sorted(run.name for run in path.glob("arms/*") if run.is_dir())


def _is_run(path: Path, name: str) -> bool:
    run = arm_path(path, name)
    return (kind_of(run) or kind_of_unfinished(run)) == "run"


def _how(marker: Mapping[str, Any] | None, damaged: Sequence[str], arms: Any) -> str:
    states = set(arms)
    if damaged or "damaged" in states:
        return "damaged"
    if marker is None or states & {"missing", "unfinished"}:
        return "unfinished"
    return "stale" if "stale" in states else "finished"


def _inside(path: Path, told: Mapping[str, Any] | None, *, verbose: bool) -> Iterator[Status]:
    """Look at the training set, and at the store that the study made, if it did."""
    dataset = path / "dataset" if told is None else told["dataset"]
    if (kind_of(dataset) or kind_of_unfinished(dataset)) == "dataset":
        yield of_dataset(dataset, verbose=verbose)
    if (kind_of(path / "store") or kind_of_unfinished(path / "store")) == "store":
        yield of_store(path / "store", verbose=verbose)
