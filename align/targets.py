"""What models learn: the scale of a target, known by its name, and who counts as positive.

A scale is never read off the labels: those of the tested would then shape the training.  Who is
positive follows from the score by a rule, unless the class that came with the corpus is followed
(``--label-rule released``); where the two differ, that is counted and said: in E-DAIC they do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np

from ..errors import LabelError
from ..extract.labels.scales import CLASSES, RANGES
from .dataset import Target
from .label_file import IDS, is_number
from .labels import Known, LabelTable, some
from .settings import RELEASED, AlignSettings


class Scale(NamedTuple):
    """What is known of a target by its name."""

    kind: Literal["score", "class"]
    low: float
    high: float
    rule: str
    """The published cut-off; empty where there is no agreed one."""


CLASS = Scale("class", 0, 1, "==1")
SCALES = {
    "phq8": Scale("score", *RANGES["phq8"], ">=10"),  # Kroenke et al. (2009)
    "phq9": Scale("score", *RANGES["phq9"], ">=10"),  # Kroenke et al. (2001)
    "bdi2": Scale("score", *RANGES["bdi2"], ">=14"),  # Beck et al. (1996): mild and above
    "hamd17": Scale("score", *RANGES["hamd17"], ""),  # cut-offs differ from 7 to 17
    "ptsd_severity": Scale("score", *RANGES["ptsd_severity"], ""),  # cut-offs from 30 to 50
    **dict.fromkeys(CLASSES, CLASS),
}
ALIASES = {
    **dict.fromkeys(("bdi", "bdi_ii", "bdi-ii", "bdiii"), "bdi2"),
    **dict.fromkeys(("phq8_score", "phq-8", "phq_8", "phq8_total"), "phq8"),
    **dict.fromkeys(("phq9_score", "phq-9", "phq_9", "phq9_total"), "phq9"),
}
CLASS_OF = {"ptsd_severity": "ptsd_binary"}
"""Released class of a score, where it is not the score's name with ``_binary``."""


def target_of(table: LabelTable, settings: AlignSettings) -> Target:
    """Find the scale of the target: what the settings say, else what is known of its name.

    Raises
    ------
    LabelError
        If the table has no such column, a cell is no number or outside the scale, or a released
        class is to be followed and is not there.
    """
    name = settings.target
    if name in (*IDS, "split"):
        raise LabelError(
            f"{table.name}: the target is {name!r}, which names a person, session or split; "
            "expected a column of numbers that is no id; choose one with --target"
        )
    if name not in table.columns:
        raise LabelError(
            f"{table.name}: no column {name!r} for the target, got {', '.join(table.columns)}; "
            + _remedy(table)
        )
    scores = _scores(table, name)
    target = _scaled(name, settings)
    if target.kind == "class" and not set(scores.values()) <= {0.0, 1.0}:
        row = next(row for row, score in scores.items() if score not in (0.0, 1.0))
        mend = (
            "leave out --set target.kind=class"
            if settings.target_kind == "class"
            else "--set target.kind=score"
        )
        raise LabelError(
            f"{table.name}: {name} of {table.unit} {row} is {scores[row]:g}, expected 0 or 1 for a "
            f"class; mend the cell, or {mend}"
        )
    if target.min is not None and target.max is not None:
        for row, score in scores.items():
            if not target.min <= score <= target.max:
                raise LabelError(
                    f"{table.name}: {name} of {table.unit} {row} is {score:g}, expected "
                    f"{target.min:g}..{target.max:g}; mend the cell, or --set target.min= and "
                    "target.max="
                )
    return _with_released(table, target, follow=settings.label_rule == RELEASED)


def differing(known: Iterable[Known], target: Target) -> tuple[list[str], int]:
    """Compare the released class with the rule.

    Returns
    -------
    sessions : list of str
        Where the two differ, in the order of `known`.
    compared : int
        Sessions that have both; 0 where there is no released class or no rule.
    """
    if target.released is None or not target.positive_rule:
        return [], 0
    differ: list[str] = []
    compared = 0
    for one in known:
        score, released = one.labels.get(target.name), one.labels.get(target.released)
        if isinstance(score, float) and isinstance(released, float):
            compared += 1
            if bool(target.positive(np.array([score]))[0]) != (released == 1.0):
                differ.append(one.session)
    return differ, compared


def told_of_rule(known: Iterable[Known], target: Target) -> list[str]:
    """Say in a line where the released class is not what the rule says; no line if nowhere."""
    differ, compared = differing(known, target)
    if not differ:
        return []
    rule = f"{target.name}{target.positive_rule}"
    kept, other = (
        ("the released class says who is positive", f"--label-rule '{rule}' follows the score")
        if target.positive_by == "released"
        else ("the rule says who is positive", "--label-rule released follows the corpus")
    )
    return [
        f"{target.released} as released differs from {rule} in {len(differ)} of {compared} "
        f"sessions: {some(differ)}; {kept}, {other}"
    ]


def _scores(table: LabelTable, name: str) -> dict[str, float]:
    """Give the target's cells that are filled; refuse those that are no numbers."""
    infinite = table.infinite.get(name, {})
    for row, cells in table.rows.items():
        cell = infinite.get(row, cells.get(name))
        if isinstance(cell, str) and not is_number(cell):
            raise LabelError(
                f"{table.name}: {name} of {table.unit} {row} is no number (a "
                "class is 0 or 1); mend or empty the cell"
            )
    filled = {row: cells[name] for row, cells in table.rows.items() if cells.get(name) is not None}
    scores = {row: cell for row, cell in filled.items() if isinstance(cell, float)}
    if not scores and filled:
        raise LabelError(
            f"{table.name}: column {name!r} of the target holds codes that begin with 0, expected "
            "a column of numbers that is no id; choose one with --target, or remove the zeros"
        )
    if not scores:
        raise LabelError(f"{table.name}: column {name!r} of the target is empty; {_remedy(table)}")
    return scores


def _remedy(table: LabelTable) -> str:
    """Name the columns that are known as targets: CMDC has a PHQ-9, not a PHQ-8."""
    known = [
        name
        for name in table.columns
        if _plain(name) in SCALES
        and any(isinstance(cells.get(name), float) for cells in table.rows.values())
    ]
    if not known:
        return "choose one with --target"
    return f"choose one with --target {' or '.join(known)}"


def _scaled(name: str, settings: AlignSettings) -> Target:
    """Give a target the scale that is set, else the one known by its name, else none."""
    known = SCALES.get(_plain(name))
    kind = settings.target_kind or ("score" if known is None else known.kind)
    if kind == "class":
        known = CLASS
    elif known is not None and known.kind == "class":  # said to be a score: of what is not known
        known = None
    low: float | None = None
    high: float | None = None
    rule = ""
    if known is not None:
        _, low, high, rule = known
    low = low if settings.target_min is None else settings.target_min
    high = high if settings.target_max is None else settings.target_max
    if (low is None) != (high is None) or (low is not None and high is not None and low >= high):
        raise LabelError(
            f"target {name}: expected both ends of its scale, min below max, got {low} and {high}; "
            "--set target.min= and target.max="
        )
    given = settings.comparison
    return Target(
        name=name,
        kind=kind,
        min=None if low is None else float(low),
        max=None if high is None else float(high),
        positive_rule=rule if given is None else given,
    )


def _with_released(table: LabelTable, target: Target, *, follow: bool) -> Target:
    """Add the column with the class as released, if the labels have one."""
    if target.kind == "class":  # is itself what was released
        return target
    name = _released(target.name, table.columns)
    cells = [] if name is None else [row.get(name) for row in table.rows.values()]
    whole = any(cell is not None for cell in cells) and {*cells} <= {None, 0.0, 1.0}
    if not follow:
        return replace(target, released=name if whole else None)
    if name is None or not whole:
        raise LabelError(
            f"{table.name}: --label-rule released: expected a column {target.name}_binary with 0 "
            f"and 1, got {'none' if name is None else 'other cells in it'}; leave the option out"
        )
    if not target.positive_rule:
        raise LabelError(
            f"{table.name}: --label-rule released: nobody knows from which {target.name} on a "
            "prediction is positive; --set target.positive_rule='>=N' says it"
        )
    return replace(target, released=name, positive_by="released")


def _released(name: str, columns: Mapping[str, object]) -> str | None:
    plain = _plain(name)
    names = (f"{name}_binary", f"{plain}_binary", CLASS_OF.get(plain, ""))
    return next((column for column in names if column in columns), None)


def _plain(name: str) -> str:
    folded = name.casefold()
    return ALIASES.get(folded, folded)
