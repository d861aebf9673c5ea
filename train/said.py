"""What runs say of their cases, laid out for judging: a row a draw, a column a case.

A draw is one whole set of test predictions, every case once: one seed of one repeat of the folds.
"""

# Q = draws, K = cases

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..align.dataset import Target
from ..features.types import F64, Bool
from .intervals import Predictions

if TYPE_CHECKING:
    import pandas as pd

DRAW = ["repeat", "seed"]
THRESHOLD = 0.5  # probability from which a case is called positive; fixed, fitted on nothing


def read_predictions(path: Path) -> "pd.DataFrame":
    """Read ``predictions.parquet``, cases in the same order in every draw."""
    import pandas as pd

    return _in_order(pd.read_parquet(path))


def table_of(rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """Lay out rows of predictions as `read_predictions` reads them."""
    import pandas as pd

    return _in_order(pd.DataFrame(list(rows)))


def draws_of(table: "pd.DataFrame") -> "list[pd.DataFrame]":
    """Part rows of predictions by draw, in order."""
    return [rows for _, rows in table.groupby(DRAW, sort=True)]


def said(table: "pd.DataFrame", target: Target, column: str = "y_hat") -> Predictions:
    """Lay out the predictions in a column.

    Parameters
    ----------
    table : pandas.DataFrame
        As `read_predictions` gives it; each draw has the same cases.  Without a column
        ``constant`` there is no skill.
    target : Target
    column : str
        ``y_hat``, ``constant``, ``y_hat_without_text``: in units of the target; ``p``: what a head
        for the class says.
    """
    of_draws = draws_of(table)
    y_hat_QK = column_of(table, column)
    return Predictions(
        y_K=of_draws[0]["y"].to_numpy(dtype=np.float64),
        y_hat_QK=y_hat_QK,
        positive_K=of_draws[0]["positive"].astype("float64").to_numpy(),
        called_QK=y_hat_QK >= THRESHOLD if column == "p" else called(y_hat_QK, target),
        constant_QK=column_of(table, "constant") if "constant" in table else None,
        rising=column == "p" or not target.positive_rule.startswith("<"),
    )


def column_of(table: "pd.DataFrame", column: str) -> F64:
    """Lay out a column of numbers, (Q, K); NaN where it holds none."""
    out_QK: F64 = np.stack([rows[column].to_numpy(dtype=np.float64) for rows in draws_of(table)])
    return out_QK


def called(y_hat: F64, target: Target) -> Bool:
    """Say who is called positive: from the target's rule on, a class from p 0.5 on."""
    if target.kind == "class":
        return np.asarray(y_hat >= THRESHOLD, np.bool_)
    if target.positive_rule:
        return target.positive(y_hat)
    return np.zeros(y_hat.shape, dtype=np.bool_)


def _in_order(table: "pd.DataFrame") -> "pd.DataFrame":
    return table.sort_values([*DRAW, "case"], kind="stable", ignore_index=True)
