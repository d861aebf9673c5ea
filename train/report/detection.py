"""How positive cases are told from the others: curves at every threshold, counts at one.

Each curve is the mean over draws, taken so that the area under it is the mean of the draws' areas,
which is the figure in ``metrics.json``: the true positive rate is averaged at each false positive
rate, the precision at each recall.
"""

# Q = draws, K = cases whose class is known, P = positives, N = others

from typing import TYPE_CHECKING

import numpy as np

from ...extract.pages.blocks import Block, Cell, Figure, Table
from ...extract.pages.drawing import GRID, ONE, SOFT, draw
from ...features.types import F64, Bool
from ..said import said
from ..weighted import evidence
from .finished import Finished, estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWS = 25  # that are drawn one by one, behind the mean


def detection(run: Finished) -> list[Block]:
    """Draw the two curves and count; nothing where nobody knows who is positive."""
    told = said(run.table, run.target)
    known_K = np.isfinite(told.positive_K)
    positive_K = told.positive_K[known_K] == 1.0
    if not 0 < positive_K.sum() < positive_K.size:
        return []
    said_QK, called_QK = evidence(told)[:, known_K], told.called_QK[:, known_K]
    return [
        _roc(run, positive_K, said_QK),
        _precision_recall(run, positive_K, said_QK),
        _counts(run, positive_K, called_QK),
    ]


def roc(positive_K: Bool, said_K: F64) -> tuple[F64, F64]:
    """Trace the ROC curve of one draw over the counts of others that are called positive.

    Returns
    -------
    two float64 arrays of shape (N + 1,)
        Share of positives found where so many others are called, as the curve comes to that count
        and as it leaves it; straight between: cases that are told alike count by half.
    """
    hits_T, false_T = _counted(positive_K, said_K)
    others = int((~positive_K).sum())
    at, first = np.unique(false_T.astype(np.int64), return_index=True)
    last = np.append(first[1:], false_T.size) - 1
    every = np.arange(others + 1)
    # In pairs: where two knots share a count, numpy takes the later one between counts.
    between = np.interp(every, np.repeat(at, 2), np.stack([hits_T[first], hits_T[last]], 1).ravel())
    coming, leaving = between.copy(), between.copy()
    coming[at], leaving[at] = hits_T[first], hits_T[last]
    return coming / positive_K.sum(), leaving / positive_K.sum()


def precision(positive_K: Bool, said_K: F64) -> F64:
    """Give the precision of one draw where each positive is found, in their order: (P,)."""
    hits_T, false_T = _counted(positive_K, said_K)
    reached = np.searchsorted(hits_T, np.arange(1, int(positive_K.sum()) + 1))
    out_P: F64 = hits_T[reached] / (hits_T[reached] + false_T[reached])
    return out_P


def _counted(positive_K: Bool, said_K: F64) -> tuple[F64, F64]:
    """Count hits and false alarms from none called to all, those told alike at once."""
    order = np.argsort(-said_K, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(said_K[order])), order.size - 1)
    hits_T = np.append(0.0, np.cumsum(positive_K[order])[ends])
    return hits_T, np.append(0.0, ends + 1.0) - hits_T


def _roc(run: Finished, positive_K: Bool, said_QK: F64) -> Figure:
    others = int((~positive_K).sum())
    rate = np.repeat(np.arange(others + 1) / others, 2)
    found_Q2N = np.stack([np.stack(roc(positive_K, one_K), axis=1).ravel() for one_K in said_QK])
    mean = found_Q2N.mean(axis=0)

    def paint(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], "--", color=SOFT, linewidth=1.0)
        for one in found_Q2N[:MOST_DRAWS] if len(found_Q2N) > 1 else ():
            axes.plot(rate, one, color=GRID, linewidth=0.8)
        axes.plot(rate, mean, color=ONE, linewidth=2.0)
        axes.set_xlabel("false positive rate (1 - specificity)")
        axes.set_ylabel("true positive rate (recall)")

    return Figure(
        title="ROC curve",
        about=f"AUROC {estimate(run.metrics['model'], 'auroc').shown()}; "
        f"dashed: chance, 0.5{_behind(len(said_QK))}.",
        svg=draw(paint, name="roc", title="ROC curve"),
        table=Table(
            head=["false positive rate", "true positive rate"],
            rows=[(float(x), float(y)) for x, y in zip(rate, mean, strict=True)],
            file="roc.csv",
        ),
    )


def _precision_recall(run: Finished, positive_K: Bool, said_QK: F64) -> Figure:
    share = float(positive_K.mean())
    recall = np.arange(1, int(positive_K.sum()) + 1) / positive_K.sum()
    precision_QP = np.stack([precision(positive_K, one_K) for one_K in said_QK])
    mean = precision_QP.mean(axis=0)

    def paint(axes: "Axes") -> None:
        axes.axhline(share, color=SOFT, linestyle="--", linewidth=1.0)
        edges = np.append(0.0, recall)
        for one in precision_QP[:MOST_DRAWS] if len(precision_QP) > 1 else ():
            axes.stairs(one, edges, color=GRID, linewidth=0.8, baseline=None)
        axes.stairs(mean, edges, color=ONE, linewidth=2.0, baseline=None)
        axes.set_xlim(-0.04, 1.04)
        axes.set_ylim(-0.04, 1.04)
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")

    return Figure(
        title="Precision and recall",
        about=f"AUPRC {estimate(run.metrics['model'], 'auprc_positive').shown()}; dashed: chance, "
        f"the share of positives {share:.3f}{_behind(len(said_QK))}.",
        svg=draw(paint, name="precision", title="Precision and recall"),
        table=Table(
            head=["recall", "precision"],
            rows=[(float(x), float(y)) for x, y in zip(recall, mean, strict=True)],
            file="precision-recall.csv",
        ),
    )


def _counts(run: Finished, positive_K: Bool, called_QK: Bool) -> Table:
    """Count who is called positive, mean over draws."""
    rows: list[tuple[Cell, ...]] = [
        (name, *(float((called & of_K).sum(axis=1).mean()) for called in (called_QK, ~called_QK)))
        for name, of_K in (("positive", positive_K), ("not positive", ~positive_K))
    ]
    rule = run.metrics["label_rule"] or run.metrics["positive_rule"]
    called = "p 0.5 or more" if run.target.kind == "class" else run.metrics["positive_rule"]
    return Table(
        head=["truly", "called positive", "not called"],
        rows=rows,
        file="confusion.csv",
        about=f"Cases, mean over draws; truly positive: {rule}; called so: predicted {called}.",
        digits=1,
    )


def _behind(draws: int) -> str:
    if draws < 2:
        return ""
    return f"; pale: {'each draw' if draws <= MOST_DRAWS else f'the first {MOST_DRAWS} draws'}"
