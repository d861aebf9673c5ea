"""Files that depx writes for other programs, into a folder of the user's.

They never land in a place of depx.  A file that is there and differs is replaced only when that is
asked for; one that is the same is left alone, so its date says when its content last changed.
"""

import filecmp
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import StoreError
from .atomic import commit, naming, temporary
from .place import kind_of


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What became of one file."""

    rows: int | None = 0
    """Rows of a table; None where the file is none."""
    kept: bool = False
    """Whether the same file was there already."""
    failure: str | None = None


def check_out(out: Path, place: Path) -> None:
    """Refuse to write where depx keeps things.

    Raises
    ------
    StoreError
        If `out` is a file, a place of depx, or inside one or inside `place`.
    """
    if out.exists() and not out.is_dir():
        raise StoreError(f"{out}: expected a folder, got a file; choose another -o")
    inside = next((at for at in (out, *out.resolve().parents) if kind_of(at) is not None), None)
    if inside is not None or out.resolve().is_relative_to(place.resolve()):
        raise StoreError(f"{out}: lies in a {kind_of(inside or place)}; choose another -o")


def deliver(path: Path, write: Callable[[Path], int | None], *, force: bool) -> Delivered:
    """Write a file beside its place, then move it in.

    Parameters
    ----------
    path : Path
        Where it belongs; its folder is there.
    write : callable
        Takes the path to write to; gives the rows that it wrote, None if it is no table.
    force : bool
        Replace a file that is there and differs.
    """
    written = temporary(path)
    try:
        with naming(path):
            rows = write(written)
        same = path.is_file() and filecmp.cmp(written, path, shallow=False)
        if path.exists() and not same and not force:
            return Delivered(failure=f"{path} is there and differs; --force replaces it")
        if not same:
            with naming(path):
                commit(written, path)
    finally:
        written.unlink(missing_ok=True)
    return Delivered(rows=rows, kept=same)
