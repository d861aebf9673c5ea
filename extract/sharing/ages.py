"""Ages of 90 and more, which are 90 in what goes out: 45 CFR 164.514(b)(2)(i)(C).

Cell by cell, whatever the others hold: a text is as old as the largest number in it.
"""

import re

from ..labels.base import Cell
from .names import is_age
from .numerals import NUMERAL

OLDEST = 90.0
"""Stands for every age of 90 and more."""
YEARS = re.compile(
    rf"\s*{NUMERAL.pattern}[\s-]*"
    r"(years?|yrs?|yo?|y/o|jahren?|jahre|j|ans?|a|años?|岁|歲)\.?\s*(old|alt|d'âge)?\s*",
    re.IGNORECASE,
)
"""An age with its unit, in the languages of `names`."""


def capped(name: str, cell: Cell) -> Cell:
    """Give an age of 90 and more as 90; everything else as it is."""
    if cell is None or not is_age(name):
        return cell
    if not isinstance(cell, str):
        return OLDEST if cell >= OLDEST else cell
    numbers = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", cell)]
    return f"{OLDEST:g}" if max(numbers, default=0.0) >= OLDEST else cell


def is_years(cell: str) -> bool:
    """Say whether a text is an age and no more: ``34 years``."""
    return YEARS.fullmatch(cell) is not None
