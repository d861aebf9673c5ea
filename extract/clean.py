"""``depx clean`` of a store: what killed runs left; tracks and sessions where they are named.

What is costly to make again goes only when it is asked for.  The record goes first, then the file,
so a kill in between leaves nothing that looks like a track.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import DamagedError
from ..features.registry import EXTRACTORS
from .earlier import earlier
from .standing import standing
from .store.atomic import read_sealed
from .store.leftovers import Cleaned, Left, cleaned, left, remove, temporaries
from .store.lock import Lease
from .store.manifest import NAME, Manifest, orphans

TABLE = ".parquet"


def clean(
    path: Path,
    *,
    tracks: Collection[str] = (),
    gone: bool = False,
    dry_run: bool = False,
) -> Cleaned:
    """Remove from a store what is not wanted.

    Parameters
    ----------
    path : Path
    tracks : collection of str
        Tracks to remove from every session.
    gone : bool
        Whether sessions go that are among the sources of no run.
    dry_run : bool
        List what would go, and leave it.
    """
    found = cleaned(path, path, lambda: temporaries(path), remove, dry_run=dry_run)
    going: set[str] = set()
    if gone:
        going, notes = _gone(path)
        found += Cleaned(place=path, notes=notes)
    for folder in sorted(path.iterdir()):
        if not folder.is_dir() or folder.name.startswith("."):
            continue
        if folder.is_symlink():
            found += Cleaned(place=path, notes=(f"{folder}: is a link, and is not followed",))
        elif folder.name in going:
            found += _without_session(path, folder, dry_run=dry_run)
        else:
            found += _without_tracks(path, folder, tracks, dry_run=dry_run)
    return found + Cleaned(place=path, notes=tuple(_unwanted(path, {*tracks}, going)))


def _gone(path: Path) -> tuple[set[str], tuple[str, ...]]:
    """Name the sessions that are surely of no source; say where that is not sure."""
    stand = standing(path)
    going = {one.session for one in stand.sessions if one.state == "gone"}
    unsure = [one.session for one in stand.sessions if one.state == "unknown"]
    if not unsure:
        return going, ()
    why = f"{stand.missing[0]} is not there" if stand.missing else "the log does not tell"
    note = f"{len(unsure)} sessions stay: nothing says that they are gone ({why})"
    return going, (note,)


def _without_tracks(path: Path, folder: Path, tracks: Collection[str], *, dry_run: bool) -> Cleaned:
    def find() -> list[Left]:
        return [*temporaries(folder), *_tables(folder, tracks)]

    def take(found: Sequence[Left], lease: Lease) -> None:
        manifest = Manifest(folder, {}, lease)
        for track in tracks:
            if track in manifest.document["tracks"]:
                manifest.forget(track)
        if manifest.saved:
            manifest.save()
        remove(found, lease)

    return cleaned(path, folder, find, take, dry_run=dry_run)


def _tables(folder: Path, tracks: Collection[str]) -> Iterator[Left]:
    """List the tables that are to go, and those of tracks that no record names."""
    document = _record(folder)
    if document is None:  # nothing is sure
        return
    lost = orphans(folder, document["tracks"])
    for table in sorted(folder.glob(f"*{TABLE}")):
        if table.stem in lost:
            yield left(table, "a table that no record names: a run was killed")
        elif table.stem in document["tracks"] and table.stem in tracks:
            yield left(table, f"track {table.stem}, as asked")


def _record(folder: Path) -> dict[str, Any] | None:
    try:
        return read_sealed(folder / NAME)
    except DamagedError:
        return None


def _without_session(path: Path, folder: Path, *, dry_run: bool) -> Cleaned:
    def find() -> list[Left]:
        """List the record first: without it no table is read, and the next clean goes on."""
        ours = {*EXTRACTORS, *(_record(folder) or {"tracks": ()})["tracks"]}
        tables = (table for table in sorted(folder.glob(f"*{TABLE}")) if table.stem in ours)
        files = [folder / NAME, *tables]
        why = "its session is among no sources"
        return [*(left(file, why) for file in files if file.is_file()), *temporaries(folder)]

    done = cleaned(path, folder, find, remove, dry_run=dry_run)
    if dry_run or done.locked:
        return done
    others = sorted(folder.iterdir())
    if others:
        return done + Cleaned(place=path, notes=(f"{others[0]}: is not depx's, and stays",))
    folder.rmdir()
    return done


def _unwanted(path: Path, going: set[str], sessions: set[str]) -> Iterator[str]:
    """Name the tracks that no run wanted last, and what they take."""
    runs, _ = earlier(path)
    if not runs:
        return
    wanted = {track for run in runs for track in run.settings.extractors}
    sizes: dict[str, list[int]] = {}
    for folder in path.iterdir():
        if folder.name not in sessions and (folder / NAME).is_file():
            recorded: Mapping[str, Any] = (_record(folder) or {"tracks": {}})["tracks"]
            for track in recorded.keys() - wanted - going:
                sizes.setdefault(track, []).append(int(recorded[track]["bytes"]))
    for track, of in sorted(sizes.items()):
        yield (
            f"{track}: not asked for by the last extract, {sum(of):,} bytes in {len(of)} sessions; "
            f"--tracks {track} removes it"
        )
