"""The folder of a comparison: a page, a table and a figure, and nothing else."""

from pathlib import Path

from ...errors import StoreError
from ...extract.store.atomic import SUFFIX, replacing
from ..results import write_csv
from .compare import Comparison
from .page import page
from .picture import draw

PAGE, TABLE, PICTURE = "COMPARE.md", "comparison.csv", "comparison.png"
MADE = (PAGE, TABLE, PICTURE)


def check_place(place: Path) -> None:
    """Refuse a folder that holds something else than a comparison.

    Raises
    ------
    StoreError
        If it is a file, or holds files that no comparison writes.
    """
    if place.exists() and not place.is_dir():
        raise StoreError(f"{place}: expected a folder, got a file; choose another -o")
    for entry in sorted(place.iterdir()) if place.is_dir() else ():
        left_over = entry.name.startswith(".") and entry.name.endswith(SUFFIX)
        if entry.name not in MADE and not left_over:
            raise StoreError(
                f"{place}: holds {entry.name}, which is of no comparison; choose another -o"
            )


def write(place: Path, comparison: Comparison) -> None:
    """Write a comparison, in place of one that is there."""
    place.mkdir(parents=True, exist_ok=True)
    rows = [row.row() for row in comparison.rows]
    write_csv(place / TABLE, rows, tuple(rows[0]))
    draw(place / PICTURE, comparison)
    with replacing(place / PAGE) as written:
        text = page(comparison, table=TABLE, picture=PICTURE)
        written.write_text(text, encoding="utf-8", newline="\n")
