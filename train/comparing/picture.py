"""``comparison.png``: a forest plot; runs with their intervals left, differences right.

Small grey dots are single draws.  What is shown to differ is filled and says so; what is not is
hollow: the picture says the same without colour.
"""

# Q = draws

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...extract.store.atomic import replacing
from ...features.types import F64
from ..intervals import STATISTICS, Interval
from ..said import said
from .compare import Compared, Comparison
from .table import subject, titled
from .verdict import p_shown, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI, PAPER, INK, FAINT = 130, "white", "#222222", "#9a9a9a"
BLUE, ORANGE = "#0072b2", "#d55e00"  # Okabe & Ito's, told apart by the colour-blind
LOOKS = {"better": (BLUE, BLUE), "worse": (ORANGE, ORANGE)}
"""Outcome -> line and filling; all others are hollow."""
WIDTH, ROW, BETWEEN, ENDS = 11.0, 0.34, 0.62, 1.15  # inches; of a run, a metric's frame, the rest
COLUMNS = 14, 62, 116  # points from the panel to what is written beside it
LONGEST = 28  # of a run's name


def draw(path: Path, comparison: Comparison) -> None:
    """Draw the picture: a row of panels a metric."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    metrics, runs = comparison.metrics, comparison.runs
    of_row = ROW * len(runs) + BETWEEN
    figure = Figure(
        figsize=(WIDTH, of_row * len(metrics) + ENDS),
        dpi=DPI,
        facecolor=PAPER,
        layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.06, wspace=0.03),
    )
    canvas = FigureCanvasAgg(figure)
    figure.suptitle(subject(comparison), fontsize=10, color=INK)
    panels = figure.subplots(len(metrics), 2, squeeze=False, width_ratios=(1.0, 1.0))
    for metric, (left, right) in zip(metrics, panels, strict=True):
        _metric(left, right, comparison, metric)
    panels[-1][0].set_xlabel("the run", fontsize=9, color=INK)
    panels[-1][1].set_xlabel(f"how far above {_short(comparison.reference)}", fontsize=9, color=INK)
    figure.supxlabel(
        "lines: 95 % over participants and draws; small dots: single draws; right, filled: shown "
        "to differ, hollow: not shown",
        fontsize=8,
        color="#555555",
    )
    with replacing(path) as written, written.open("wb") as stream:
        canvas.print_png(stream, metadata={"Software": None})  # type: ignore[no-untyped-call]


def _metric(left: "Axes", right: "Axes", comparison: Comparison, metric: str) -> None:
    rows = comparison.of(metric)
    drawn = [_draws(comparison, which, metric) for which in range(len(rows))]
    for at, (row, of_draws_Q) in enumerate(zip(rows, drawn, strict=True)):
        _line(left, at, row.held.own, of_draws_Q, (INK, INK))
        above = row.held.above
        if above is None:
            right.plot(0.0, at, marker="D", color=INK, markersize=5)
            continue
        apart_Q = of_draws_Q - drawn[0] if row.held.paired else None
        _line(right, at, above, apart_Q, LOOKS.get(row.outcome or "", (INK, PAPER)))
        _beside(right, at, row)
    first = rows[0].held.own.value
    if first is not None:
        left.axvline(first, color=INK, linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    right.axvline(0.0, color=INK, linewidth=0.9, zorder=1)
    _frame(left, [_short(row.held.run) for row in rows])
    _frame(right, [""] * len(rows))
    left.set_title(titled(metric), loc="left", fontsize=10, fontweight="bold", color=INK)


def _line(
    axis: "Axes", at: int, one: Interval, of_draws_Q: F64 | None, looks: tuple[str, str]
) -> None:
    """Draw an interval, its middle, and the single draws below it."""
    if of_draws_Q is not None and of_draws_Q.size > 1:
        below = np.full(of_draws_Q.size, at + 0.26)
        axis.plot(of_draws_Q, below, ".", color=FAINT, markersize=4, zorder=1)
    if one.low is not None and one.high is not None:
        axis.plot([one.low, one.high], [at, at], color=looks[0], linewidth=1.8, zorder=2)
        axis.plot([one.low, one.high], [at, at], "|", color=looks[0], markersize=6, zorder=2)
    if one.value is not None:
        axis.plot(
            one.value, at, "o", markersize=6.5, zorder=3,
            markerfacecolor=looks[1], markeredgecolor=looks[0], markeredgewidth=1.5,
        )  # fmt: skip


def _beside(axis: "Axes", at: int, row: Compared) -> None:
    """Write the difference, its p value and what it comes to, at the right of the panel."""
    above = row.held.above
    if above is None or above.value is None:
        cells = ["undefined", "", ""]
    else:
        said_so = row.outcome or "" if row.outcome in LOOKS else ""
        cells = [signed(above.value), f"p {p_shown(row.p_holm)}", said_so]
    for text, reach in zip(cells, COLUMNS, strict=True):
        axis.annotate(
            text, (1.0, at), xytext=(reach, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", fontsize=8.5, color=INK,
            annotation_clip=False,
        )  # fmt: skip


def _draws(comparison: Comparison, which: int, metric: str) -> F64:
    run = said(comparison.runs[which].table, comparison.runs[0].target)
    of_draws_Q: F64 = STATISTICS[metric](run, np.ones((1, run.y_K.size)))[0]
    return of_draws_Q


def _frame(axis: "Axes", names: list[str]) -> None:
    axis.set_yticks(range(len(names)), names, fontsize=9, color=INK)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.tick_params(axis="x", labelsize=8, color=FAINT, labelcolor=INK)
    axis.grid(axis="x", color="#e6e6e6", linewidth=0.7)
    axis.set_axisbelow(True)
    for side in ("top", "left", "right"):
        axis.spines[side].set_visible(False)
    axis.spines["bottom"].set_color(FAINT)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else "..." + name[3 - LONGEST :]
