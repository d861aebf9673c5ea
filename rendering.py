"""What ``status``, ``verify`` and ``clean`` found out, as plain text in columns."""

from collections.abc import Iterator

from .extract.store.findings import Grid, Status

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
        yield from _lines(one)


def rows(grid: Grid) -> Iterator[str]:
    """Lay out a table: text to the left, numbers to the right."""
    table = [grid.head, *grid.rows]
    widths = [max(len(row[c]) for row in table) for c in range(len(grid.head))]
    to_right = [all(row[c].isdecimal() or not row[c] for row in grid.rows) for c in range(len(widths))]
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
