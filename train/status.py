"""``depx status`` of a run: which fits are done, and whether its training set is still the same."""

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..align.status import status as of_dataset
from ..errors import DamagedError
from ..extract.status import status as of_store
from ..extract.store.atomic import read_sealed
from ..extract.store.findings import Grid, Status, short
from ..extract.store.key import sha256_file
from ..extract.store.lock import holder
from ..extract.store.place import kind_of, kind_of_unfinished, read_marker
from .place import CHECKPOINTS, MARKER
from .told import Told, last_told

UNKNOWN = "the log does not say which training set it was made from, so nothing is compared"


def status(path: Path, *, verbose: bool = False, alone: bool = False) -> Status:
    """Look at a run; nothing is written.

    Parameters
    ----------
    path : Path
        A run, or what a killed one left of it.
    verbose : bool
        Passed on to the places inside it.
    alone : bool
        Leave out the training set and the store: who asks looks at them itself.
    """
    told, marker, held = last_told(path), read_marker(path, "run"), holder(path)
    about, key = _about(told, marker)
    names = _names(path, told, marker)
    fits = {name: _fit(path, name, key) for name in names}
    done = sum(state == "done" for state in fits.values())
    lines = [f"locked by {held}"] if held is not None and held.live else []
    broken = _broken(path, marker)
    lines += [f"damaged: {line}" for line in broken]
    differ = [] if told is None else list(_differences(told.dataset, about))
    lines += [f"stale: {line}" for line in differ]
    if told is None:
        lines.append(UNKNOWN)
    how = "unfinished" if marker is None else "stale" if differ else "finished"
    how = "damaged" if broken else how
    to_do = how != "finished"
    again = "run the same depx train again" if told is None else told.command
    if differ and marker is not None:
        again = f"choose another -o, or {again} --force"
    inside = () if alone else tuple(_inside(path, told, verbose=verbose))
    then = again if to_do else f"see {path}/MODEL_CARD.md"
    return Status(
        place=path,
        headline=f"{path}: a run of {about.get('model', 'a model')}, {how}: "
        f"{done} of {len(fits)} fits done",
        grids=(_grid(fits),) if fits and done < len(fits) else (),
        lines=tuple(lines),
        then=then,
        exit_code=1 if to_do else max((one.exit_code for one in inside), default=0),
        document={
            "place": str(path),
            "kind": "run",
            "state": how,
            "exit_code": 1 if to_do else max((one.exit_code for one in inside), default=0),
            "locked": held is not None and held.live,
            "fits": fits,
            "damaged": broken,
            "differences": differ,
            "notes": lines,
            "next": then,
        },
        inside=inside,
    )


def _about(
    told: Told | None, marker: Mapping[str, Any] | None
) -> tuple[Mapping[str, Any], str | None]:
    """Say what a run is of, by its marker, or while it has none by its log."""
    if marker is not None:
        return marker, str(marker["key"])
    return ({}, None) if told is None else (told.about, told.key)


def _names(path: Path, told: Told | None, marker: Mapping[str, Any] | None) -> list[str]:
    """Name the fits of a run."""
    if marker is not None:
        names = [Path(name).stem for name in marker["files"] if name.startswith("fold")]
        return sorted(names)
    if told is not None:
        return list(told.units)
    return sorted(record.stem for record in path.glob("fold*-seed*.json"))


def _fit(path: Path, name: str, key: str | None) -> str:
    """Say how a fit stands: done, damaged, of another run, at a checkpoint, or missing."""
    try:
        record = read_sealed(path / f"{name}.json")
    except DamagedError:
        if (path / f"{name}.json").is_file():
            return "damaged"
        return "checkpoint" if any(path.glob(CHECKPOINTS.format(name=name))) else "missing"
    if key is not None and record["key"] != key:
        return "of another run"
    weights = record["model"]
    if weights is None:
        return "done"
    model = path / weights["file"]
    whole = model.is_file() and sha256_file(model) == weights["sha256"]
    return "done" if whole else "damaged"


def _broken(path: Path, marker: Mapping[str, Any] | None) -> list[str]:
    """Name the files that are not as the marker records them."""
    if marker is None:
        return [str(path / MARKER)] if kind_of(path) == "run" else []
    return [
        str(path / name)
        for name, file in marker["files"].items()
        if not (path / name).is_file() or sha256_file(path / name) != file["sha256"]
    ]


def _differences(dataset: Path, about: Mapping[str, Any]) -> Iterator[str]:
    """Say in which way a run would be another one now."""
    marker = read_marker(dataset, "dataset")
    if marker is not None and marker["key"] != about.get("dataset"):
        yield (
            f"{dataset}: is another training set than the one that it was made from: "
            f"{short(about.get('dataset'))} -> {short(marker['key'])}"
        )
    for name, was in {"depx": about.get("depx"), **about.get("libraries", {})}.items():
        try:
            now = version(name)
        except PackageNotFoundError:
            now = "none"
        if was != now:
            yield f"library {name}: {was} -> {now}"


def _inside(path: Path, told: Told | None, *, verbose: bool) -> Iterator[Status]:
    """Look at the training set, and at the store that the run made, if it did."""
    dataset = path / "dataset" if told is None else told.dataset
    if (kind_of(dataset) or kind_of_unfinished(dataset)) == "dataset":
        yield of_dataset(dataset, verbose=verbose)
    if (kind_of(path / "store") or kind_of_unfinished(path / "store")) == "store":
        yield of_store(path / "store", verbose=verbose)


def _grid(fits: Mapping[str, str]) -> Grid:
    return Grid(head=("fit", "is"), rows=tuple(fits.items()))
