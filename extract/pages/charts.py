"""Small charts of how values are spread: a histogram, or a bar for each value."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeGuard

from .blocks import Figure, Table, whole
from .drawing import GRID, ONE, THREE, TWO, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (ONE, TWO, THREE)
FEW = 12  # distinct values that have a bar each
HEIGHT = 2.3  # inches
GROUPS = ("split", "gender", "corpus", "site", "age_band")
MOST_GROUPS = 6


def is_known(value: object) -> bool:
    """Say whether a cell of a table holds something."""
    return value is not None and value == value and value != ""


def is_group(name: str, values: Iterable[object]) -> bool:
    """Say whether a column parts sessions into groups: it is known for that, or holds few texts."""
    known = {value for value in values if is_known(value)}
    few = len(known) <= MOST_GROUPS and all(isinstance(value, str) for value in known)
    return len(known) > 1 and (name in GROUPS or few)


def plain(name: str) -> str:
    """Keep letters, digits and dashes: for an id, or the name of a file."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name)


def spread(
    name: str, known: Sequence[tuple[str, object]], *, about: str, unit: str = "", of: str = "row"
) -> Figure:
    """Draw how values are spread: numbers of many values in bins, all else counted one by one.

    Parameters
    ----------
    name : str
        Of what is drawn.
    known : sequence of (str, object)
        Who has which value.
    about : str
        Behind the title.
    unit : str
        Under the axis; the name where there is none.
    of : str
        What a row of the data is called.
    """
    numbers = [(who, float(value)) for who, value in known if _is_number(value)]
    distinct = {value for _, value in numbers}
    countable = all(value.is_integer() for value in distinct) and len(distinct) <= FEW
    if len(numbers) == len(known) and not countable:
        return _histogram(name, numbers, about, unit or name, of)
    if len(numbers) == len(known):
        counts = dict(Counter(f"{value:g}" for value in sorted(value for _, value in numbers)))
    else:
        counts = dict(Counter(str(value) for _, value in known).most_common(FEW))
        rest = len(known) - sum(counts.values())
        about += f" {rest} of other values." if rest else ""

    def paint(axes: "Axes") -> None:
        axes.bar(list(counts), list(counts.values()), color=ONE, width=0.7)
        _counted(axes, unit or name, of)

    return Figure(
        title=name,
        about=about,
        svg=draw(paint, name=f"spread-{plain(name)}", title=name, height=HEIGHT),
        table=Table(
            head=[name, f"{of}s"],
            rows=[[value, count] for value, count in counts.items()],
            file=f"{plain(name)}.csv",
        ),
    )


def by_group(
    name: str, group: str, values: Mapping[str, Sequence[float]], *, about: str, of: str
) -> Figure:
    """Draw how a number is spread in each of up to three groups, one bar upon the other."""

    def paint(axes: "Axes") -> None:
        axes.hist(
            [list(numbers) for numbers in values.values()],
            bins=FEW,
            stacked=True,
            color=COLOURS[: len(values)],
            edgecolor=GRID,
            linewidth=0.5,
            label=list(values),
        )
        axes.legend()
        _counted(axes, name, of)

    title = f"{name} by {group}"
    who = [one for one, numbers in values.items() for _ in numbers]
    cells = whole([number for numbers in values.values() for number in numbers])
    return Figure(
        title=title,
        about=about,
        svg=draw(paint, name=f"by-{plain(title)}", title=title, height=HEIGHT),
        table=Table(
            head=[group, name],
            rows=[[one, number] for one, number in zip(who, cells, strict=True)],
            file=f"{plain(title)}.csv",
        ),
    )


def _histogram(
    name: str, numbers: Sequence[tuple[str, float]], about: str, unit: str, of: str
) -> Figure:
    values = [value for _, value in numbers]

    def paint(axes: "Axes") -> None:
        axes.hist(values, bins=FEW, color=ONE, edgecolor=GRID, linewidth=0.5)
        _counted(axes, unit, of)

    return Figure(
        title=name,
        about=about,
        svg=draw(paint, name=f"spread-{plain(name)}", title=name, height=HEIGHT),
        table=Table(
            head=[of, unit],
            rows=[[who, cell] for (who, _), cell in zip(numbers, whole(values), strict=True)],
            file=f"{plain(name)}.csv",
        ),
    )


def _counted(axes: "Axes", across: str, of: str) -> None:
    """Name the axes; counts are whole."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(across)
    axes.set_ylabel(f"{of}s")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
