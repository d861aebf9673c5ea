"""Ridge regression of cases, fold by fold: what a probe makes of what it reads.

What is unknown becomes the median of the training cases, columns are standardised by them, and the
penalty is chosen by leave-one-out within them (Allen's PRESS; Golub, Heath & Wahba, Technometrics
1979).  A class is learnt as 0 | 1 by the same least squares and cut to 0..1, not by logistic
regression: only here is leave-one-out in closed form, and probes of scores and classes then differ
in nothing but the target.
"""

# K = cases, C = columns

from collections.abc import Iterator, Sequence

import numpy as np

from ...features.types import F64, I64
from ..model import Kind
from ..protocol import Split

ALPHAS = tuple(10.0 ** np.arange(-2.0, 6.5, 0.5))
"""Penalties to choose from; with the largest only the mean of the labels is left."""


def predict(
    case_KC: F64, y_K: F64, participants: Sequence[str], splits: Sequence[Split], kind: Kind
) -> Iterator[tuple[Split, I64, F64]]:
    """Predict the test cases of each split from its other participants' cases.

    Parameters
    ----------
    case_KC : float64 array of shape (K, C)
        NaN = unknown.
    y_K : float64 array of shape (K,)
        In units of the target.
    participants : sequence of str
        Of each case.
    splits : sequence of Split
        Those that train and those that choose both train here: a probe has no epoch to choose.
    kind : score or class

    Yields
    ------
    split, which_K, y_hat_K
        Indices of the cases that it tests, and what is predicted, in units of the target.
    """
    from threadpoolctl import threadpool_limits

    for split in splits:
        training = frozenset(split.training) | frozenset(split.validation or ())
        test = frozenset(split.test)
        train_K = np.array(
            [k for k, p in enumerate(participants) if p in training - test], np.int64
        )
        test_K = np.array([k for k, p in enumerate(participants) if p in test], np.int64)
        if not test_K.size:
            continue
        with threadpool_limits(1):  # the bytes must not depend on how many cores there are
            y_hat_K = fit_predict(case_KC[train_K], y_K[train_K], case_KC[test_K])
        yield split, test_K, np.clip(y_hat_K, 0.0, 1.0) if kind == "class" else y_hat_K


def fit_predict(train_KC: F64, y_K: F64, test_KC: F64) -> F64:
    """Fit on the training cases alone, and predict the others; see the module.

    A column that is unknown in all of the training is not read; without any, the mean is said.
    """
    kept_C = np.isfinite(train_KC).any(axis=0)
    if not kept_C.any():
        return np.full(len(test_KC), y_K.mean())
    from sklearn.linear_model import RidgeCV

    known_KC = np.where(np.isfinite(train_KC), train_KC, np.nan)[:, kept_C]
    middle_C = np.nanmedian(known_KC, axis=0)
    filled_KC = np.where(np.isnan(known_KC), middle_C, known_KC)
    asked_KC = np.where(np.isfinite(test_KC[:, kept_C]), test_KC[:, kept_C], middle_C)
    mean_C, sd_C = filled_KC.mean(axis=0), filled_KC.std(axis=0)
    sd_C = np.where(sd_C > 0, sd_C, 1.0)
    ridge = RidgeCV(alphas=ALPHAS).fit((filled_KC - mean_C) / sd_C, y_K)
    y_hat_K: F64 = ridge.predict((asked_KC - mean_C) / sd_C)
    return y_hat_K
