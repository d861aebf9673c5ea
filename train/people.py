"""What a label table says of people beside the target: their official split, and their groups.

Groups are what results are judged by, and gender is what folds are dealt by, too; no model reads
either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..align.dataset import Dataset
from ..align.splits import own_splits
from ..errors import UsageError
from .cases import Corpus

if TYPE_CHECKING:
    import pandas as pd

GENDER = "gender"
MIXED = "mixed"
"""A group of a case whose sessions differ in it."""
MOST = 12
"""Values that a group may have: more are a scale, and no table of groups."""


@dataclass(frozen=True, kw_only=True)
class People:
    """Splits and groups of the sessions that take part."""

    splits: Mapping[str | None, tuple[str, ...]]
    """Official split (``train``, ``valid``, ``test``, another, None) -> participants."""
    groups: Mapping[str, Mapping[str, str | None]]
    """Group (``gender``) -> case -> its value; None where nobody knows."""
    gender: Mapping[str, str]
    """Of each participant; ``mixed`` and empty ones too."""


def people_of(dataset: Dataset, corpus: Corpus, groups: Sequence[str] = ()) -> People:
    """Look up the people of a corpus.

    Parameters
    ----------
    groups : sequence of str
        Columns of ``sessions.parquet`` by which results are judged, beside ``gender``, which always
        is one where the training set has it.

    Raises
    ------
    UsageError
        If there is no such column, or it has too many values to be one of groups.
    LabelError
        If a participant is in two official splits.
    """
    table = dataset.sessions().set_index("session").loc[list(corpus.sessions)]
    wanted = dict.fromkeys([GENDER, *groups] if GENDER in table.columns else groups)
    found = {name: _values(dataset, corpus, table, name) for name in wanted}
    splits = {
        split: {*table.loc[sessions, "participant"]}
        for split, sessions in own_splits(dataset, corpus.sessions).items()
    }
    of_case = found.get(GENDER, {})
    gender: dict[str, set[str]] = {}
    for participant, case in zip(corpus.participants, corpus.cases, strict=True):
        gender.setdefault(participant, set()).add(of_case.get(case) or "")
    return People(
        splits={split: tuple(sorted(members)) for split, members in splits.items()},
        groups=found,
        gender={name: _only(values) for name, values in gender.items()},
    )


def _values(
    dataset: Dataset, corpus: Corpus, table: "pd.DataFrame", name: str
) -> dict[str, str | None]:
    """Read the group of each case."""
    if name not in table.columns:
        raise UsageError(
            f"--groups {name}: {dataset.path} has no such column of labels, got "
            f"{', '.join(map(str, table.columns))}"
        )
    seen: dict[str, set[str]] = {}
    for case, value in zip(corpus.cases, table[name], strict=True):
        known = value is not None and value == value  # NaN is not itself
        seen.setdefault(case, set()).update([_text(value)] if known else [])
    values = {case: _only(of_case) or None for case, of_case in seen.items()}
    several = sorted({value for value in values.values() if value is not None})
    if len(several) > MOST:
        raise UsageError(
            f"--groups {name}: has {len(several)} different values, expected {MOST} at most; make "
            "a column of groups in the label table, and align again"
        )
    return values


def _text(value: object) -> str:
    """Write a value as the label table would have it: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _only(values: set[str]) -> str:
    if len(values) > 1:
        return MIXED
    return next(iter(values), "")
