"""``depx clean`` of an ablation study: what killed runs left in it and in its arms."""

from pathlib import Path

from ...extract.store.leftovers import Cleaned, cleaned, remove, temporaries
from ...extract.store.place import kind_of, kind_of_unfinished
from ..clean import INSIDE
from ..clean import clean as clean_run


def clean(path: Path, *, checkpoints: bool = False, dry_run: bool = False) -> Cleaned:
    """Remove from a study, its arms and the places inside it what is not part of them.

    Parameters
    ----------
    path : Path
    checkpoints : bool
        Whether those of fits that are not done go too: they then begin anew.
    dry_run : bool
        List what would go, and leave it.
    """
    done = cleaned(path, path, lambda: temporaries(path), remove, dry_run=dry_run)
    for run in sorted(path.glob("arms/*")):
        if not run.is_symlink() and (kind_of(run) or kind_of_unfinished(run)) == "run":
            done += clean_run(run, checkpoints=checkpoints, dry_run=dry_run)
    for name, of_place in INSIDE.items():
        place = path / name
        if not place.is_symlink() and (kind_of(place) or kind_of_unfinished(place)) == name:
            done += of_place(place, dry_run=dry_run)
    return done
