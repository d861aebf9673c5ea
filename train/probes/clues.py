"""What probes read of ``sessions.parquet``: things that say who somebody is or how it was recorded.

None of it is what a model of depression should live on.  The interviewer's prompts alone reach an
F1 of .90 on DAIC-WOZ (Burdisso et al., 2024), and how long a session took follows the label, since
the interviewer asks more of whoever says more.  What is unknown stays NaN, or is a value of its
own.
"""

# S = sessions, C = columns

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...errors import TrainingError
from ...features.types import F64

if TYPE_CHECKING:
    import pandas as pd

GENDER, CORPUS, ORIGIN = "gender", "corpus", "_origin"
TEXT = "interviewer_text"
AMOUNT = ("interviewer_words", "interviewer_s")
UNKNOWN = ""  # the value of whoever has none
MINUTE_S = 60.0


def group(table: "pd.DataFrame", groups: Sequence[str] = ()) -> F64 | str:
    """Lay out who somebody is: one column of 0 | 1 a value of each group, unknown its own.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of ``sessions.parquet``.
    groups : sequence of str
        Its columns to read beside the gender.

    Returns
    -------
    float64 array of shape (S, C), or str
        Why there is nothing to read, if so.

    Raises
    ------
    TrainingError
        If there is no such column.
    """
    for name in groups:
        if name not in table.columns:
            raise TrainingError(
                f"group {name}: sessions.parquet has no such column; add it to the label table, "
                "and align again"
            )
    names = [name for name in dict.fromkeys((GENDER, *groups)) if name in table.columns]
    if not names:
        return f"the labels have no {GENDER}"
    return _varied(table, names)


def duration(table: "pd.DataFrame") -> F64 | str:
    """Lay out how long a session took and how much was said: logarithms, and words a minute.

    Returns
    -------
    float64 array of shape (S, 3), or str
        ln of seconds, ln of 1 + the participant's words, words a minute; NaN where no time is
        known.
    """
    lacking = _lacking(table, ("duration_s", "words"))
    if lacking:
        return lacking
    duration_S = table["duration_s"].to_numpy(dtype=np.float64)
    words_S = table["words"].to_numpy(dtype=np.float64)
    duration_S = np.where(duration_S > 0, duration_S, np.nan)
    return np.column_stack(
        [np.log(duration_S), np.log1p(words_S), words_S / (duration_S / MINUTE_S)]
    )


def interviewer_amount(table: "pd.DataFrame") -> F64 | str:
    """Lay out how much the interviewer said: words and seconds, and their logarithms.

    Returns
    -------
    float64 array of shape (S, 4), or str
    """
    lacking = _no_interviewer(table)
    if lacking:
        return lacking
    figures_SC: F64 = table[[*AMOUNT]].to_numpy(dtype=np.float64)
    return np.hstack([figures_SC, np.log1p(figures_SC)])


def interviewer_text(table: "pd.DataFrame") -> F64 | str:
    """Lay out what the interviewer said: the mean vector of the words.

    It is a probe of its own: beside hundreds of columns under one penalty two counts would drown.

    Returns
    -------
    float64 array of shape (S, width of the text model), or str
        NaN where the interviewer is silent.
    """
    lacking = _no_interviewer(table)
    if lacking:
        return lacking
    if TEXT not in table.columns:
        return "the training set has no text"
    text_SC: F64 = np.stack(table[TEXT].to_list()).astype(np.float64)
    return text_SC


def origin(table: "pd.DataFrame") -> F64 | str:
    """Lay out where the tracks come from: given, computed or absent, and of which corpus."""
    names = [name for name in table.columns if name.endswith(ORIGIN) or name == CORPUS]
    if not names:
        return "the training set does not say where its tracks come from"
    return _varied(table, names)


def _varied(table: "pd.DataFrame", names: Sequence[str]) -> F64 | str:
    """Give a column of 0 | 1 a value of each named column that has more than one."""
    blocks = []
    for name in names:
        known = table[name].notna()
        values = np.where(known, table[name].astype(str), UNKNOWN)
        each = np.unique(values)
        if each.size > 1:
            blocks.append(values[:, None] == each)
    if not blocks:
        return f"{', '.join(names)}: the same in all sessions"
    value_SC: F64 = np.concatenate(blocks, axis=1).astype(np.float64)
    return value_SC


def _no_interviewer(table: "pd.DataFrame") -> str:
    """Say why there is nothing of an interviewer; nothing if there is."""
    lacking = _lacking(table, AMOUNT)
    if not lacking and not (table["interviewer_words"] > 0).any():
        return "no session has a word of an interviewer"
    return lacking


def _lacking(table: "pd.DataFrame", names: Sequence[str]) -> str:
    """Say which columns are not there; nothing if all are."""
    missing = [name for name in names if name not in table.columns]
    return f"sessions.parquet has no {', '.join(missing)}; align again" if missing else ""
