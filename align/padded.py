"""Sequences of different lengths as one block: padded or cut at the end, gaps filled, masks kept.

For trainers that know no NaN and no length.  What was not measured is filled with a value a column
that was computed on the training part alone; where it was measured stands in the mask.
"""

# N = sequences, T = rows that each is brought to, D = columns

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ..features.types import F32, Bool

Fill: TypeAlias = Literal["mean", "zero", "nan"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Padded:
    """A block of sequences."""

    value_NTD: F32
    """Zeros behind the end of a sequence."""
    mask_NTD: Bool
    """Whether the value was measured; False behind the end."""
    lengths: list[int]
    """Rows of each sequence, at most T; at least 1: trainers that pack sequences take no 0, so a
    sequence without a row is one row that was not measured."""


def fill_of(training: Sequence[F32], width: int, how: Fill) -> F32:
    """Compute what stands where nothing was measured: (D,).

    The mean is that of all measured values of a column in the `training` sequences; a column that
    was never measured there gets 0.
    """
    if how == "nan":
        return np.full(width, np.nan, dtype=np.float32)
    total_D, count_D = np.zeros(width), np.zeros(width)
    for value_TD in training if how == "mean" else ():
        measured_TD = np.isfinite(value_TD)
        total_D += np.where(measured_TD, value_TD, 0).sum(axis=0, dtype=np.float64)
        count_D += measured_TD.sum(axis=0)
    mean_D: F32 = (total_D / np.maximum(count_D, 1)).astype(np.float32)
    return mean_D


def padded(sequences: Sequence[F32], length: int, fill_D: F32) -> Padded:
    """Bring sequences to one length.

    Parameters
    ----------
    sequences : sequence of float32 arrays of shape (any, D)
    length : int > 0
        T; rows behind it are cut.
    fill_D : float32 array of shape (D,)
        See `fill_of`.
    """
    shape = (len(sequences), length, fill_D.size)
    value_NTD, mask_NTD = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    nothing_1D = np.full((1, fill_D.size), np.nan, dtype=np.float32)
    lengths = []
    for n, whole_TD in enumerate(sequences):
        value_TD = whole_TD[:length] if len(whole_TD) else nothing_1D
        mask_NTD[n, : len(value_TD)] = np.isfinite(value_TD)
        value_NTD[n, : len(value_TD)] = np.where(np.isfinite(value_TD), value_TD, fill_D)
        lengths.append(len(value_TD))
    return Padded(value_NTD=value_NTD, mask_NTD=mask_NTD, lengths=lengths)
