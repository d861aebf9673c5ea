"""How predictions lie beside labels: the scatter, and differences against means.

Bland and Altman (Lancet 1986) plot what two measures differ by against their mean, with the mean
difference and the limits that hold 95 % of differences if these are normal.
"""

# K = cases

from typing import TYPE_CHECKING

import numpy as np

from ...extract.pages.blocks import Figure, Table
from ...extract.pages.drawing import GRID, INK, ONE, SOFT, TWO, draw
from .finished import Cases, Finished, cases_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIMIT = 1.96  # sd on each side that hold 95 % of a normal distribution
MARGIN = 0.04  # of what is drawn


def agreement(run: Finished) -> list[Figure]:
    """Draw the score against its prediction; a class has no score to draw."""
    if run.target.kind == "class":
        return [_by_class(run, cases_of(run))]
    cases = cases_of(run)
    return [_scatter(run, cases), _bland_altman(run, cases)]


def _scatter(run: Finished, cases: Cases) -> Figure:
    name, cut_off = run.target.name, run.cut_off
    known_K = np.isfinite(cases.low_K) & np.isfinite(cases.high_K)

    def paint(axes: "Axes") -> None:
        ends = np.array(
            [cases.y_K.min(), cases.y_K.max(), cases.y_hat_K.min(), cases.y_hat_K.max()]
        )
        scale = [end for end in (run.target.min, run.target.max) if end is not None]
        low, high = min(*ends, *scale), max(*ends, *scale)
        margin = MARGIN * (high - low or 1.0)
        axes.vlines(
            cases.y_K[known_K], cases.low_K[known_K], cases.high_K[known_K], GRID, linewidth=1.2
        )
        axes.plot([low, high], [low, high], "--", color=SOFT, linewidth=1.0)
        if cut_off is not None:
            axes.axhline(cut_off, color=TWO, linestyle=":", linewidth=1.2)
            axes.axvline(cut_off, color=TWO, linestyle=":", linewidth=1.2)
        axes.plot(cases.y_K, cases.y_hat_K, "o", color=ONE, alpha=0.75, markeredgewidth=0)
        axes.set_xlim(low - margin, high + margin)
        if not known_K.any():
            axes.set_ylim(low - margin, high + margin)
        axes.set_xlabel(f"{name}, label")
        axes.set_ylabel(f"{name}, predicted")

    about = "A point a case, mean over draws; dashed: predicted as labelled"
    about += f"; dotted: the cut-off {cut_off:g}" if cut_off is not None else ""
    about += "; bars: conformal intervals" if known_K.any() else ""
    title = f"Predicted and labelled {name}"
    return Figure(
        title=title,
        about=f"{about}.",
        svg=draw(paint, name="scatter", title=title),
        table=Table(
            head=["case", "label", "predicted", "sd over draws", "interval low", "interval high"],
            rows=[
                (case, *(_number(column[k]) for column in columns))
                for columns in [(cases.y_K, cases.y_hat_K, cases.sd_K, cases.low_K, cases.high_K)]
                for k, case in enumerate(cases.case_K)
            ],
            file="scatter.csv",
        ),
    )


def _bland_altman(run: Finished, cases: Cases) -> Figure:
    mean_K, apart_K = (cases.y_K + cases.y_hat_K) / 2, cases.y_hat_K - cases.y_K
    bias = float(apart_K.mean())
    reach = LIMIT * float(apart_K.std(ddof=1)) if apart_K.size > 1 else np.nan

    def paint(axes: "Axes") -> None:
        axes.axhline(0.0, color=GRID, linewidth=1.0)
        axes.axhline(bias, color=INK, linewidth=1.4)
        for limit in (bias - reach, bias + reach):
            axes.axhline(limit, color=TWO, linestyle="--", linewidth=1.2)
        axes.plot(mean_K, apart_K, "o", color=ONE, alpha=0.75, markeredgewidth=0)
        axes.set_xlabel(f"{run.target.name}, mean of label and prediction")
        axes.set_ylabel("predicted - label")

    title = "Differences against means (Bland and Altman)"
    about = (
        f"Solid: mean difference {bias:.2f}; dashed: limits of agreement {bias - reach:.2f} and "
        f"{bias + reach:.2f}, mean and {LIMIT} sd. A slope says that high labels are predicted too "
        "low, and low ones too high."
    )
    return Figure(
        title=title,
        about=about,
        svg=draw(paint, name="bland-altman", title=title),
        table=Table(
            head=["case", "mean of label and prediction", "predicted - label"],
            rows=[
                (case, float(mean_K[k]), float(apart_K[k])) for k, case in enumerate(cases.case_K)
            ],
            file="bland-altman.csv",
        ),
    )


def _by_class(run: Finished, cases: Cases) -> Figure:
    """Draw the probability of each case in the row of its class, points in the order of p."""
    order = np.argsort(cases.y_hat_K, kind="stable")
    beside_K = np.zeros(order.size)  # points of a row lie beside one another, by turns
    beside_K[order] = (np.arange(order.size) % 5 - 2) * 0.06

    def paint(axes: "Axes") -> None:
        axes.axvline(0.5, color=TWO, linestyle=":", linewidth=1.2)
        axes.plot(
            cases.y_hat_K, cases.y_K + beside_K, "o", color=ONE, alpha=0.75, markeredgewidth=0
        )
        axes.set_xlim(-MARGIN, 1 + MARGIN)
        axes.set_ylim(-0.5, 1.5)
        axes.set_yticks([0, 1], ["no", "yes"])
        axes.set_xlabel("probability, predicted")
        axes.set_ylabel(f"{run.target.name}, label")

    title = f"Predicted probability and {run.target.name}"
    return Figure(
        title=title,
        about="A point a case, mean over draws; dotted: positive from 0.5 on.",
        svg=draw(paint, name="classes", title=title, height=2.6),
        table=Table(
            head=["case", "label", "predicted", "sd over draws"],
            rows=[
                (case, float(cases.y_K[k]), float(cases.y_hat_K[k]), _number(cases.sd_K[k]))
                for k, case in enumerate(cases.case_K)
            ],
            file="classes.csv",
        ),
    )


def _number(value: float) -> float | None:
    """Take a number; None where it is not known."""
    return float(value) if np.isfinite(value) else None
