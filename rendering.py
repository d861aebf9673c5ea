"""What ``status``, ``verify`` and ``clean`` found out, as plain text in columns."""

from collections.abc import Iterator
from dataclasses import replace

from .extract.store.findings import Grid, Status, Verified
from .extract.store.leftovers import Cleaned

GAP = "  "
SCALE = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def of_status(found: Status) -> str:
    """Lay out how a place stands, and the places inside it."""
    return "\n".join(_lines(found))


def _lines(found: Status) -> Iterator[str]:
    yield found.headline
    for grid in found.grids:
        yield ""
        yield from rows(grid)
    if found.lines:
        yield ""
        yield from found.lines
    if found.then is not None:
        yield ""
        yield f"next: {found.then}"
    for one in found.inside:
        yield ""
        yield from _lines(one if one.exit_code else replace(one, then=None))  # the outer goes on


def of_verified(found: Verified) -> str:
    """Lay out what is damaged, what could not be checked, and how much is whole."""
    lines = [str(damage) for damage in found.damaged]
    lines += found.unchecked
    lines += [f"{path}: is of no record, and nothing of depx reads it" for path in found.foreign]
    damaged = f"{len(found.damaged)} damaged" if found.damaged else "none damaged"
    whole = f"{found.files} files as recorded ({size(found.bytes)})"
    return "\n".join([*lines, f"{found.place}: {whole}, {damaged}"])


def of_cleaned(found: Cleaned, *, dry_run: bool) -> str:
    """Lay out what went, what is locked, and what stays."""
    lines = [f"{one.path}  {size(one.bytes)}  {one.why}" for one in found.gone]
    lines += [*found.locked, *found.notes]
    went = "would go" if dry_run else "removed"
    total = size(sum(one.bytes for one in found.gone))
    many = f"{len(found.gone)} file{'s' * (len(found.gone) != 1)}"
    return "\n".join([*lines, f"{found.place}: {many} {went}, {total}"])


def rows(grid: Grid) -> Iterator[str]:
    """Lay out a table: text to the left, numbers to the right."""
    table = [grid.head, *grid.rows]
    widths = [max(len(row[c]) for row in table) for c in range(len(grid.head))]
    columns = range(len(widths))
    to_right = [all(row[c].isdecimal() or not row[c] for row in grid.rows) for c in columns]
    for row in table:
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, to_right, strict=True)
        ]
        yield GAP.join(cells).rstrip()


def size(count: int) -> str:
    """Say how many bytes."""
    for unit, name in SCALE:
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} bytes"
