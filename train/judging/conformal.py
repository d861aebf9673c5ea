"""Intervals of predicted scores that hold nine labels in ten, from residuals of other people.

Half the width is the ceil((n + 1) 0.9)-th smallest of n absolute residuals (split conformal: Vovk,
Gammerman and Shafer, 2005; Lei et al., JASA 2018).  If these and the new one are exchangeable, the
new one is among the smallest with a chance of at least 0.9, whatever the model: on average over
people like these, not for each one, nor for each group.

*Out of fold*, the residuals are those of the other participants' test cases in the same draw.
Other fits made them, so the argument holds as far as fits of the folds predict alike (with CV+ of
Barber et al., Annals of Statistics 2021, at least 0.8 would hold without that; it needs predictions
of each test case by the fits of all folds).  *Validation* serves where a run has one fold alone:
the fit's own residuals of the people that chose its epoch, a little too small for that.  Several
cases of one participant are alike, and count as if they were not.  How many labels were held is
measured: ``coverage``.
"""

# Q = draws, K = cases

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ...align.dataset import Target
from ...features.types import F64, Bool
from ..intervals import Interval, Resampling
from ..said import column_of
from ..weighted import over
from .figures import laid_out

if TYPE_CHECKING:
    import pandas as pd

Row: TypeAlias = Mapping[str, Any]

LEVEL = 0.9
OUT_OF_FOLD, VALIDATION = "out-of-fold", "validation"


def half_width(residual_K: F64) -> float | None:
    """Take the quantile that a new residual stays below with a chance of 0.9; None: too few."""
    rank = math.ceil(round((residual_K.size + 1) * LEVEL, 9))
    return float(np.sort(residual_K)[rank - 1]) if rank <= residual_K.size else None


def around(y_hat: float, half: float | None, target: Target) -> tuple[float | None, float | None]:
    """Lay an interval about a prediction, cut at the ends of a known scale: no label lies beyond.

    Within the scale it holds what it would uncut; one that lies off the scale is its nearest end.
    """
    if half is None:
        return None, None
    least = -math.inf if target.min is None else target.min
    most = math.inf if target.max is None else target.max
    return min(max(y_hat - half, least), most), max(min(y_hat + half, most), least)


def source_of(records: Sequence[Row]) -> str:
    """Say whose residuals serve: ``validation`` of a run with one fold, else ``out-of-fold``."""
    single = len({record["fold"] for record in records}) == 1
    return VALIDATION if single and all(record["validation"] for record in records) else OUT_OF_FOLD


def half_widths(rows: Sequence[Row], records: Sequence[Row], target: Target) -> list[float | None]:
    """Give half the width of each test prediction's interval.

    Parameters
    ----------
    rows : sequence of mapping
        ``repeat``, ``seed``, ``participant``, ``y``, ``y_hat``.
    records : sequence of mapping
        Of the fits that made them.
    target : Target

    Returns
    -------
    list of float or None
        In units of the target; None where residuals are too few (fewer than 9), and of a class.
    """
    if target.kind != "score":
        return [None] * len(rows)
    if source_of(records) == VALIDATION:
        widths = {_draw(record): half_width(_residuals(record["validation"])) for record in records}
        return [widths[_draw(row)] for row in rows]
    of_draws = {
        draw: (
            np.array([row["participant"] for row in of_draw]),
            _residuals(of_draw),
        )
        for draw, of_draw in _parted(rows).items()
    }
    widths_of: dict[tuple[tuple[int, int], str], float | None] = {
        (draw, str(who)): half_width(residual_K[who_K != who])
        for draw, (who_K, residual_K) in of_draws.items()
        for who in np.unique(who_K)
    }
    return [widths_of[_draw(row), row["participant"]] for row in rows]


def judge_conformal(
    table: "pd.DataFrame", records: Sequence[Row], target: Target, drawn: Resampling
) -> dict[str, Any]:
    """Say how many labels the intervals hold, how wide they are, and how wide a new one would be.

    Parameters
    ----------
    table : pandas.DataFrame
        As `depx.train.said` lays out predictions, with ``y_hat_low`` and ``y_hat_high``.
    records : sequence of mapping
    target : Target
    drawn : Resampling

    Returns
    -------
    dict
        ``level``, ``from``, ``coverage`` with its interval, ``mean_width``, ``half_width`` of a
        future prediction by one fit (mean over draws of that from all their residuals), and
        ``without``, how many rows have no interval; of a class, why there is none.
    """
    if target.kind != "score":
        return {"left_out": "a class has a probability, not an interval: see calibration"}
    width_QK = column_of(table, "y_hat_high") - column_of(table, "y_hat_low")
    known_QK = np.isfinite(width_QK)
    source = source_of(records)
    if source == VALIDATION:
        new = [half_width(_residuals(record["validation"])) for record in records]
    else:
        new = [half_width(_residuals(rows)) for rows in _parted(table.to_dict("records")).values()]
    whole = [one for one in new if one is not None]
    return {
        "level": LEVEL,
        "from": source,
        "coverage": laid_out(coverage(table, drawn)),
        "mean_width": float(width_QK[known_QK].mean()) if known_QK.any() else None,
        "half_width": float(np.mean(whole)) if len(whole) == len(new) else None,
        "without": int((~known_QK).sum()),
    }


def coverage(table: "pd.DataFrame", drawn: Resampling, within_K: Bool | None = None) -> Interval:
    """Bound the share of labels, of all or of some cases (K,), that their intervals hold."""
    low_QK, high_QK = column_of(table, "y_hat_low"), column_of(table, "y_hat_high")
    y_QK = column_of(table, "y")
    held_QK = (low_QK <= y_QK) & (y_QK <= high_QK)
    known_QK = np.isfinite(low_QK)
    return drawn.pooled(
        lambda mean: over(mean(held_QK.astype(np.float64)), mean(known_QK.astype(np.float64))),
        within_K,
    )


def _residuals(rows: Sequence[Row]) -> F64:
    return np.array([abs(row["y"] - row["y_hat"]) for row in rows], dtype=np.float64)


def _draw(row: Row) -> tuple[int, int]:
    return row["repeat"], row["seed"]


def _parted(rows: Sequence[Row]) -> dict[tuple[int, int], list[Row]]:
    """Part rows by draw, in order."""
    parted: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        parted.setdefault(_draw(row), []).append(row)
    return parted
