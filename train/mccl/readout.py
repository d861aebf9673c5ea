"""What reads the embeddings of cases once the network is trained: ridge, or boosted trees.

Both are scikit-learn's; what they learnt is kept as arrays, so that a model's file holds no code
and is read without scikit-learn.
"""

# K = cases, X = width of the embedding, M = trees, N = nodes of the largest tree

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...features.types import F32, F64
from ..learning.start import PROBABILITY
from ..model import Kind

ALPHAS = tuple(10.0 ** np.arange(-1.0, 5.5, 0.5))  # of ridge, chosen by leave-one-out in training
TREES, DEPTH, RATE, SHARE = 100, 3, 0.1, 0.8  # boosting: as gradient boosting is usually set
LEAF = -1  # child of a node that has none
SAVED, OF_TREES = "readout.", "trees."  # before the names of what is saved


@dataclass(frozen=True, eq=False, kw_only=True)
class Readout:
    """A fitted reader: linear, a sum of trees, or both."""

    kind: Kind
    bias: float
    slope_X: F64 | None = None
    trees: "Trees | None" = None

    def __call__(self, case_KX: F32) -> F64:
        """Say the scaled score, or the probability of the class, of each case."""
        out_K = np.full(len(case_KX), self.bias)
        if self.slope_X is not None:
            out_K = out_K + case_KX.astype(np.float64) @ self.slope_X
        if self.trees is not None:
            out_K = out_K + self.trees(case_KX)
        return 1.0 / (1.0 + np.exp(-out_K)) if self.kind == "class" else out_K

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """Give all that was learnt, by name."""
        found: dict[str, npt.NDArray[Any]] = {"bias": np.array([self.bias])}
        if self.slope_X is not None:
            found["slope"] = self.slope_X
        if self.trees is not None:
            found |= {f"{OF_TREES}{name}": array for name, array in self.trees.arrays.items()}
        return {f"{SAVED}{name}": array for name, array in found.items()}


@dataclass(frozen=True, eq=False)
class Trees:
    """Decision trees whose leaves are added up."""

    arrays: Mapping[str, npt.NDArray[Any]]
    """``feature``, ``threshold``, ``left``, ``right`` and ``value``, each (M, N)."""

    def __call__(self, case_KX: F32) -> F64:
        """Add up the leaves that each case comes to."""
        feature, threshold, left, right, value = (
            self.arrays[name] for name in ("feature", "threshold", "left", "right", "value")
        )
        tree_1M = np.arange(len(feature))[None]
        node_KM = np.zeros((len(case_KX), len(feature)), dtype=np.int64)
        for _ in range(DEPTH):
            at = tree_1M, node_KM
            x_KM = np.take_along_axis(case_KX, np.maximum(feature[at], 0), axis=1)
            below_KM = np.where(x_KM <= threshold[at], left[at], right[at])
            node_KM = np.where(below_KM == LEAF, node_KM, below_KM)
        sum_K: F64 = value[tree_1M, node_KM].sum(axis=1)
        return sum_K


def saved_readout(tensors: Mapping[str, npt.NDArray[Any]], kind: Kind) -> Readout | None:
    """Bring back a reader from the arrays of `Readout.tensors`; None where there are none."""
    found = {
        name.removeprefix(SAVED): array for name, array in tensors.items() if name.startswith(SAVED)
    }
    if not found:
        return None
    trees = {name.removeprefix(OF_TREES): a for name, a in found.items() if OF_TREES in name}
    return Readout(
        kind=kind,
        bias=float(found["bias"][0]),
        slope_X=found.get("slope"),
        trees=Trees(trees) if trees else None,
    )


def fit_readout(how: Literal["ridge", "trees"], case_KX: F32, y_K: F64, kind: Kind) -> Readout:
    """Fit a reader on the embeddings and labels of the training cases.

    Parameters
    ----------
    how : ridge or trees
    case_KX : float32 array of shape (K, X)
    y_K : float64 array of shape (K,)
        Scaled score, or 0 | 1.
    kind : score or class
    """
    if kind == "class" and np.ptp(y_K) == 0:  # nothing to tell apart
        share = np.clip(y_K[0], PROBABILITY, 1.0 - PROBABILITY)
        return Readout(kind=kind, bias=float(np.log(share / (1.0 - share))))
    return (_ridge if how == "ridge" else _trees)(case_KX, y_K, kind)


def _ridge(case_KX: F32, y_K: F64, kind: Kind) -> Readout:
    """Fit ridge, or logistic regression with the same penalty, on standardised embeddings."""
    from sklearn.linear_model import LogisticRegression, RidgeCV

    mean_X, sd_X = case_KX.mean(axis=0, dtype=np.float64), case_KX.std(axis=0, dtype=np.float64)
    sd_X = np.where(sd_X > 0, sd_X, 1.0)
    z_KX = (case_KX - mean_X) / sd_X
    ridge = RidgeCV(alphas=ALPHAS).fit(z_KX, y_K)
    slope_X, bias = ridge.coef_, float(ridge.intercept_)
    if kind == "class":
        logistic = LogisticRegression(C=1.0 / ridge.alpha_, max_iter=1000).fit(z_KX, y_K)
        slope_X, bias = logistic.coef_[0], float(logistic.intercept_[0])
    return Readout(kind=kind, bias=bias - float(mean_X / sd_X @ slope_X), slope_X=slope_X / sd_X)


def _trees(case_KX: F32, y_K: F64, kind: Kind) -> Readout:
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    made = GradientBoostingClassifier if kind == "class" else GradientBoostingRegressor
    boosted = made(
        n_estimators=TREES, max_depth=DEPTH, learning_rate=RATE, subsample=SHARE, random_state=0
    ).fit(case_KX, y_K)
    mean = float(np.mean(y_K))
    bias = float(np.log(mean / (1.0 - mean))) if kind == "class" else mean
    return Readout(kind=kind, bias=bias, trees=_arrays(boosted.estimators_[:, 0]))


def _arrays(estimators: Any) -> Trees:
    """Lay fitted trees side by side; nodes that a tree does not have are leaves nobody comes to."""
    trees = [one.tree_ for one in estimators]
    nodes = max(tree.node_count for tree in trees)

    def padded(name: str, blank: float) -> npt.NDArray[Any]:
        rows = [np.asarray(getattr(tree, name)).reshape(-1) for tree in trees]
        return np.stack([np.pad(row, (0, nodes - row.size), constant_values=blank) for row in rows])

    return Trees(
        {
            "feature": padded("feature", LEAF),
            "threshold": padded("threshold", 0.0),
            "left": padded("children_left", LEAF),
            "right": padded("children_right", LEAF),
            "value": RATE * padded("value", 0.0),
        }
    )
