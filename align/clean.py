"""``depx clean`` of a training set: what killed runs left, and shards that are of no view."""

from pathlib import Path

from ..extract.store.leftovers import Cleaned, Left, cleaned, left, remove, temporaries
from ..extract.store.place import read_marker
from .place import stale_shards
from .settings import VIEWS


def clean(path: Path, *, dry_run: bool = False) -> Cleaned:
    """Remove from a training set what is not part of it.

    Of one that is unfinished only half-written files go: the next run puts its shards in place of
    those that are there.
    """

    def find() -> list[Left]:
        found = temporaries(path)
        for view in VIEWS:
            found += temporaries(path / view)
        marker = read_marker(path, "dataset")
        if marker is not None:
            files = {one["path"] for written in marker["shards"].values() for one in written}
            stale = [shard for shard in stale_shards(path, files) if not shard.parent.is_symlink()]
            found += [left(shard, "a shard that dataset.json does not list") for shard in stale]
        return found

    return cleaned(path, path, find, remove, dry_run=dry_run)
