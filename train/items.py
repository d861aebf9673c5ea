"""The items of a questionnaire that a model may learn beside its score, and their scale.

The names are those of `depx.extract.labels`: ``phq8_sleep`` of DAIC-WOZ and E-DAIC, ``phq9_3`` of
CMDC, ``pclc_upset``; a user's table may spell them as released (``PHQ8_Sleep``).  An answer that is
unknown stays NaN.
"""

# S = sessions, I = items

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..align.targets import ALIASES, CLASS_OF
from ..errors import TrainingError
from ..extract.labels.cells import fold
from ..extract.labels.cmdc import ITEMS as PHQ9
from ..extract.labels.daic_woz import ITEMS as PHQ8
from ..extract.labels.edaic import PCLC

if TYPE_CHECKING:
    import pandas as pd

AUTO = "auto"


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """What is known of a questionnaire whose items corpora release."""

    items: tuple[str, ...]
    low: int
    high: int
    """Lowest and highest answer to an item."""


QUESTIONNAIRES = {
    "phq8": Questionnaire(items=PHQ8, low=0, high=3),  # Kroenke et al. (2009)
    "phq9": Questionnaire(items=PHQ9, low=0, high=3),  # Kroenke et al. (2001)
    "ptsd_severity": Questionnaire(items=PCLC, low=1, high=5),  # PCL-C, Weathers et al. (1993)
}
"""By the target that is the sum of the items."""


@dataclass(frozen=True, kw_only=True)
class Items:
    """Items that a model learns, all on one scale of whole numbers."""

    names: tuple[str, ...]
    """Columns of ``sessions.parquet``."""
    low: int
    high: int
    """Lowest and highest answer."""
    whole: bool
    """Whether they are all of a questionnaire's items, so that their sum is its score."""

    @property
    def thresholds(self) -> int:
        """Count the steps between two answers."""
        return self.high - self.low


def choose_items(table: "pd.DataFrame", target: str, choice: str) -> Items:
    """Choose the columns that are items, and their scale.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``sessions.parquet`` that are trained on.
    target : str
        Name of the target, which tells the questionnaire.
    choice : str
        ``auto``: the items of the target's questionnaire, as far as somebody answered them; else
        names of columns, with commas.  The scale of items that no known questionnaire has is the
        range of the answers, from whole number to whole number.

    Raises
    ------
    TrainingError
        If there is no such column, or an answer is off the scale.
    """
    names = _of_target(table, target) if choice == AUTO else _named(table, choice)
    if target in names:
        raise TrainingError(f"items={choice}: {target} is the target itself; leave it out")
    known = _questionnaire(names)
    low, high = (0, None) if known is None else (known.low, known.high)
    _check_answers(table, names, low, high)
    if known is None:
        answered = table[[*names]].to_numpy(dtype=np.float64)
        low, high = int(np.nanmin(answered)), int(np.nanmax(answered))
        if low == high:
            raise TrainingError(
                f"items={','.join(names)}: every answer is {low}, so there is nothing to learn; "
                "choose other columns, or --set item_weight=0"
            )
        return Items(names=names, low=low, high=high, whole=False)
    return Items(names=names, low=known.low, high=known.high, whole=len(names) == len(known.items))


def _of_target(table: "pd.DataFrame", target: str) -> tuple[str, ...]:
    """Find the columns of the target's questionnaire, in its order."""
    plain = ALIASES.get(target.casefold(), target.casefold())
    score_of = {released: score for score, released in CLASS_OF.items()}
    questionnaire = QUESTIONNAIRES.get(score_of.get(plain, plain.removesuffix("_binary")))
    if questionnaire is None:
        raise TrainingError(
            f"items=auto: nobody knows the items of {target}, expected a target of "
            f"{', '.join(QUESTIONNAIRES)}; name their columns with --set items=A,B,..."
        )
    found = []
    for item in questionnaire.items:
        columns = [c for c in table.columns if fold(c) == fold(item) and table[c].notna().any()]
        if len(columns) > 1:
            raise TrainingError(
                f"items=auto: {' and '.join(columns)} are the same item; remove one from the "
                "labels, or name the columns with --set items=A,B,..."
            )
        found += columns
    if not found:
        raise TrainingError(
            f"items=auto: no session that is trained on has an answer to an item of {target}, "
            f"expected columns {', '.join(questionnaire.items[:3])}, ...; align with labels that "
            "have them, or name others with --set items=A,B,..."
        )
    return tuple(found)


def _named(table: "pd.DataFrame", choice: str) -> tuple[str, ...]:
    """Find the columns that the user names."""
    names = tuple(name.strip() for name in choice.split(","))
    if len(set(names)) < len(names):
        raise TrainingError(f"items={choice}: a column stands there twice; name each once")
    for name in names:
        if name not in table.columns:
            raise TrainingError(
                f"items={choice}: the training set has no column {name!r}, got "
                f"{', '.join(map(str, table.columns))}; align with labels that have it"
            )
        if table[name].dtype.kind not in "biuf":
            raise TrainingError(
                f"items={choice}: column {name} holds text, expected whole numbers; "
                "choose other columns"
            )
        if not table[name].notna().any():
            raise TrainingError(
                f"items={choice}: no session that is trained on has a {name}; leave it out"
            )
    return names


def _questionnaire(names: Sequence[str]) -> Questionnaire | None:
    """Tell whose items all of these columns are."""
    folded = {fold(name) for name in names}
    return next(
        (q for q in QUESTIONNAIRES.values() if folded <= {fold(item) for item in q.items}), None
    )


def _check_answers(table: "pd.DataFrame", names: Sequence[str], low: int, high: int | None) -> None:
    """Refuse answers off the scale; one that is unknown is none."""
    scale = f"a whole number from {low} on" if high is None else f"a whole number {low}..{high}"
    for name in names:
        for session, answer in zip(table["session"], table[name].astype(float), strict=True):
            fits = answer.is_integer() and low <= answer <= (math.inf if high is None else high)
            if not fits and not math.isnan(answer):
                raise TrainingError(
                    f"session {session}: {name} is {answer:g}, expected {scale}; mend the label, "
                    "or choose other columns with --set items=A,B,..."
                )
