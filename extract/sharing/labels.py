"""Which columns of a label table may go out, and which of their cells: not who somebody is.

A column goes out if its name passes (see `names`), and its values: numbers on a questionnaire's
scale, and texts.  Of these the rule is that at least two participants have a text, else its cells
go out empty and are counted; a column of texts that is left with fewer than two values stays out.
Women and men are told, however few they are, and so are splits, by the usual words.  Exact ages
above 89 become 90.  Ids are looked for in `ids`.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..labels.base import SPLIT, Cell
from ..labels.cells import GENDERS, SPLITS
from ..telling.amounts import several
from .ages import capped, is_years
from .ids import WHY as OF_IDS
from .names import is_age, is_gender, is_legible, is_only_age, points_to_a_person
from .numerals import is_empty, number_of
from .told import Left

SCALE = 200.0
"""Numbers beyond it are on no questionnaire's scale: zip codes, record numbers, dates, incomes."""
FEW_VALUES = 10
"""Distinct texts that a column of groups may have."""
FEW_PEOPLE = 25
"""With so many people, whole numbers that are all different count people."""
SEVERAL = 2
"""Participants that have a text which goes out, and values of a column of texts."""
WORDS_OF_GENDER = frozenset(
    {*GENDERS, "women", "men", "frau", "weiblich", "mann", "männlich", "maennlich"}
    | {"femme", "féminin", "homme", "masculin", "h", "mujer", "femenino", "hombre", "masculino"}
)
"""Words for women and men, who are never rare; anything else is a text like others."""
OF_ONE = "a text that one participant alone has"


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What of a label table goes out, and what does not."""

    columns: dict[str, list[Cell]] = field(default_factory=dict)
    """Name -> cells as they go out."""
    let_in: set[str] = field(default_factory=set)
    """Columns of which something goes out only because ``--keep`` names them."""
    left: list[Left] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """What was made coarser."""


def labels_that_go(
    columns: Mapping[str, Sequence[Cell]],
    people: Sequence[str],
    *,
    keep: Collection[str],
    of_ids: Collection[str],
    target: Collection[str] = (),
) -> Labels:
    """Choose what of a label table goes out.

    Parameters
    ----------
    columns : mapping of name to cells
        Label columns and split, a cell a session or case.
    people : sequence of str
        The participant of each.
    keep : collection of str
        Columns that are let in, whatever they hold; ages are capped all the same.
    of_ids : collection of str
        Columns that hold ids; see `columns_of_ids`.
    target : collection of str
        Columns that models learn from; they always go out.
    """
    found = Labels()
    for name, before in columns.items():
        cells = [capped(name, cell) for cell in before]
        going = cells if name in target else without_own(name, cells, people)
        is_of_ids = name in of_ids and name not in target
        why = OF_IDS if is_of_ids else may_go(name, cells, people, target=target)
        lost = _differing(cells, going)
        if name in keep:
            found.let_in.update({name} if why is not None or lost else ())
            going = cells
        elif why is not None:
            found.left.append(Left(what=name, count="1 column of labels", why=why, keep=name))
            continue
        elif lost:
            count = f"{several(lost, 'cell')} of labels"
            found.left.append(Left(what=name, count=count, why=OF_ONE, keep=name))
        found.columns[name] = going
        coarser = _differing(before, cells)
        if coarser:
            found.changed.append(f"{name}: 90 stands for 90 and more ({several(coarser, 'cell')})")
    return found


def may_go(
    name: str, cells: Sequence[Cell], people: Sequence[str], *, target: Collection[str] = ()
) -> str | None:
    """Say why a label column is left out; None if it may go out.

    Parameters
    ----------
    name : str
    cells : sequence of str, float or None
        One a session or case.
    people : sequence of str
        The participant of each.
    target : collection of str
        Columns that models learn from; they always go out.
    """
    if name in target or name == SPLIT:
        return None
    if points_to_a_person(name):
        return "its name points to a person (HIPAA Safe Harbor)"
    if not is_legible(name):
        return "its name is in letters that no list knows, so it is left out like free text"
    return _of_texts(name, cells, people) or _of_numbers(name, cells, people)


def without_own(name: str, cells: Sequence[Cell], people: Sequence[str]) -> list[Cell]:
    """Empty the cells whose text one participant alone has; numbers stay, in texts too."""
    whose: dict[Cell, set[str]] = {}
    for cell, person in zip(cells, people, strict=True):
        whose.setdefault(cell, set()).add(person)
    return [None if _is_open(name, cell) and len(whose[cell]) < SEVERAL else cell for cell in cells]


def singled_out(
    columns: Mapping[str, Sequence[Cell]], people: Sequence[str], *, target: Collection[str] = ()
) -> str | None:
    """Say how many people are the only one with what others may know of them: groups and age.

    Parameters
    ----------
    columns : mapping of name to cells
        Labels that go out, a cell a session.
    people : sequence of str
        The participant of each session.
    target : collection of str
        Columns that models learn from, which nobody is known by.

    Returns
    -------
    str or None
        A line; None where no such column goes out.
    """
    known = [
        name
        for name, cells in columns.items()
        if name not in target and (is_age(name) or any(isinstance(cell, str) for cell in cells))
    ]
    if not known:
        return None
    of: dict[str, tuple[Cell, ...]] = {}
    for s, person in enumerate(people):
        of.setdefault(person, tuple(columns[name][s] for name in known))
    count = Counter(map(str, of.values()))
    alone = sum(number == 1 for number in count.values())
    return (
        f"{', '.join(known)}: {alone} of {len(of)} participants are the only one with theirs, "
        f"{min(count.values())} share the rarest"
    )


def _of_texts(name: str, cells: Sequence[Cell], people: Sequence[str]) -> str | None:
    """Say why a column that holds texts is left out."""
    texts = {cell for cell in cells if _is_open(name, cell)}
    if len(texts) > FEW_VALUES:
        return f"{len(texts)} different texts"
    stays = {cell for cell in without_own(name, cells, people) if not is_empty(cell)}
    if texts and len(stays) < SEVERAL and not (is_gender(name) or is_age(name)):
        return "fewer than two texts that several participants have"
    return None


def _of_numbers(name: str, cells: Sequence[Cell], people: Sequence[str]) -> str | None:
    """Say why a column that holds numbers is left out."""
    if is_only_age(name):
        return None
    pairs = zip(cells, people, strict=True)
    of = {(number, who) for cell, who in pairs if (number := number_of(cell)) is not None}
    numbers = {number for number, _ in of}
    if any(abs(number) > SCALE for number in numbers):
        return f"numbers beyond {SCALE:g}, which are on no scale of a questionnaire"
    whole = all(number.is_integer() for number in numbers)
    if whole and len(numbers) == len({who for _, who in of}) >= FEW_PEOPLE:
        return "a number of everybody's own"
    return None


def _is_open(name: str, cell: Cell) -> bool:
    """Say whether a cell is a text that may say anything: no number, age, or usual word."""
    if not isinstance(cell, str) or number_of(cell) is not None:
        return False
    plain = cell.strip().casefold()
    if name == SPLIT:
        return plain not in SPLITS
    if is_gender(name):
        return plain not in WORDS_OF_GENDER
    return not (is_age(name) and is_years(cell))


def _differing(before: Sequence[Cell], after: Sequence[Cell]) -> int:
    pairs = zip(before, after, strict=True)
    return sum(a != b for a, b in pairs if not (is_empty(a) and is_empty(b)))
