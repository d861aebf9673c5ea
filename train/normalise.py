"""Standardise columns by what the training fold shows, and by nothing else.

A column that was never measured in the training fold cannot be standardised and is left out; the
run names it.  NaN stays NaN: what it means to the model is the model's business.
"""

# N = words, C = columns, K = columns that are kept

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..features.types import F32, F64, I64

BOUND = 10.0  # scales from the centre; tracking glitches of a head pose in mm reach hundreds
IQR_OF_NORMAL = 1.3489795003921634  # interquartile range of N(0, 1): robust and standard then agree
FLAT = 1e-6  # a spread below this share of the centre is rounding, not variation


@dataclass(frozen=True, eq=False, kw_only=True)
class Normaliser:
    """Centre and scale of the columns that are kept."""

    kept_K: I64
    """Indices of the kept columns, ascending."""
    centre_K: F32
    scale_K: F32

    def __call__(self, value_NC: F32) -> F32:
        """Standardise and bound the kept columns; NaN and infinite elements become NaN.

        Returns
        -------
        float32 array of shape (N, K)
            In -`BOUND`..`BOUND`, or NaN: not measured.
        """
        value_NK = (value_NC[:, self.kept_K] - self.centre_K) / self.scale_K
        value_NK[~np.isfinite(value_NC[:, self.kept_K])] = np.nan
        np.clip(value_NK, -BOUND, BOUND, out=value_NK)
        return value_NK.astype(np.float32, copy=False)


def fit_normaliser(
    value_NC: F32, how: Literal["standard", "robust"], *, one_scale: bool = False
) -> Normaliser:
    """Measure centre and scale of each column over its measured words.

    A column that never varies keeps its own unit (scale 1).

    Parameters
    ----------
    value_NC : float32 array of shape (N, C)
        Words of the training fold; NaN = not measured.
    how : standard or robust
        Mean and standard deviation; or median and interquartile range, and the standard deviation
        where more than half of the words share one value (action units that are present or not).
    one_scale : bool
        Divide all columns by one number, the root mean square of their scales: columns of one unit,
        such as the coordinates of landmarks, then keep their proportions.
    """
    kept, centres, scales = [], [], []
    for c in range(value_NC.shape[1]):  # a column at a time: float64 copies of all would be large
        column_M = value_NC[:, c].astype(np.float64)
        column_M = column_M[np.isfinite(column_M)]
        if column_M.size:
            centre, scale = _measure(column_M, how)
            kept.append(c)
            centres.append(centre)
            scales.append(scale)
    if one_scale and scales:
        scales = [float(np.sqrt(np.mean(np.square(scales))))] * len(scales)
    return Normaliser(
        kept_K=np.array(kept, dtype=np.int64),
        centre_K=np.array(centres, dtype=np.float32),
        scale_K=np.array(scales, dtype=np.float32),
    )


def _measure(column_M: F64, how: Literal["standard", "robust"]) -> tuple[float, float]:
    centre, scale = float(column_M.mean()), float(column_M.std())
    if how == "robust":
        low, middle, high = np.quantile(column_M, [0.25, 0.5, 0.75])
        centre = float(middle)
        scale = float(high - low) / IQR_OF_NORMAL if high > low else scale
    flat = scale <= FLAT * max(abs(centre), FLAT)
    return centre, 1.0 if flat else scale
