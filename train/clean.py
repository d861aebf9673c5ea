"""``depx clean`` of a run: what killed runs left, and the checkpoints of fits that are done."""

from pathlib import Path

from ..align.clean import clean as clean_dataset
from ..errors import DamagedError
from ..extract.clean import clean as clean_store
from ..extract.store.atomic import read_sealed
from ..extract.store.leftovers import Cleaned, Left, cleaned, left, remove, temporaries
from ..extract.store.place import kind_of, kind_of_unfinished
from .place import CHECKPOINTS

INSIDE = {"store": clean_store, "dataset": clean_dataset}


def clean(path: Path, *, checkpoints: bool = False, dry_run: bool = False) -> Cleaned:
    """Remove from a run, and from the places inside it, what is not part of them.

    Parameters
    ----------
    path : Path
    checkpoints : bool
        Whether those of fits that are not done go too: they then begin anew.
    dry_run : bool
        List what would go, and leave it.
    """
    notes: list[str] = []

    def find() -> list[Left]:
        found = temporaries(path)
        notes.clear()
        for file in sorted(path.glob(CHECKPOINTS.format(name=""))):
            if file in [one.path for one in found]:
                continue
            if _is_done(path, file):
                found.append(left(file, "the checkpoint of a fit that is done"))
            elif checkpoints:
                found.append(left(file, "a checkpoint, as asked: its fit begins anew"))
            else:
                notes.append(f"{file}: its fit goes on from there; --checkpoints removes it")
        return found

    done = cleaned(path, path, find, remove, dry_run=dry_run)
    done += Cleaned(place=path, notes=tuple(notes))
    for name, of_place in INSIDE.items():
        place = path / name
        if not place.is_symlink() and (kind_of(place) or kind_of_unfinished(place)) == name:
            done += of_place(place, dry_run=dry_run)
    return done


def _is_done(path: Path, checkpoint: Path) -> bool:
    name = checkpoint.name.removeprefix(CHECKPOINTS.format(name="").rstrip("*")).partition(".")[0]
    try:
        return bool(read_sealed(path / f"{name}.json"))
    except DamagedError:
        return False
