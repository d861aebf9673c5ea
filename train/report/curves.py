"""How the fits trained: losses and what the validation part says, epoch by epoch."""

from typing import TYPE_CHECKING

from ...extract.pages.blocks import Figure, Table
from ...extract.pages.drawing import ONE, SOFT, TWO, draw
from ..place import CURVES
from .finished import Finished, fit_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SAID = {
    "task": "training loss of the task",
    "elbo": "training loss of the synthesis (negative ELBO)",
    "contrast": "training loss of the contrast",
    "validation_ccc": "validation CCC",
    "validation_mse": "validation MSE (scale 0 to 1)",
    "validation_log_likelihood": "validation log likelihood",
}
"""Columns of ``curves.csv`` -> what they are; others go by their own name."""
DECIDES = ("validation_ccc", "validation_log_likelihood", "validation_mse")
"""Come first, in this order."""
MOST_FITS = 50  # that are drawn; a line each
TASK = "task"  # the stage that chooses an epoch


def curves(run: Finished) -> list[Figure]:
    """Draw each fit's training, and which epoch was kept."""
    rows = [row for record in run.records[:MOST_FITS] for row in record["curve"]]
    found = {
        (row["stage"], name): None
        for row in rows
        for name, value in row.items()
        if name not in ("stage", "epoch") and value is not None
    }
    order = sorted(found, key=lambda one: (one[0] != TASK, _rank(one[1]), one[1]))
    return [_drawn(run, stage, name) for stage, name in order]


def _rank(name: str) -> int:
    return DECIDES.index(name) if name in DECIDES else len(DECIDES) - 1


def _drawn(run: Finished, stage: str, name: str) -> Figure:
    """Draw a column over the epochs of a stage."""
    records = run.records[:MOST_FITS]
    lines = [
        [
            (row["epoch"], row[name])
            for row in record["curve"]
            if row["stage"] == stage and row.get(name) is not None
        ]
        for record in records
    ]
    kept = [record["epoch"] if stage == TASK else None for record in records]
    chosen = [
        point
        for epoch, points in zip(kept, lines, strict=True)
        for point in points
        if point[0] == epoch
    ]

    def paint(axes: "Axes") -> None:
        from matplotlib.ticker import MaxNLocator

        if name == "validation_ccc":
            axes.axhline(0.0, color=SOFT, linestyle="--", linewidth=1.0)
        for points in filter(None, lines):
            axes.plot(*zip(*points, strict=True), color=ONE, linewidth=0.9, alpha=0.75)
        if chosen:
            axes.plot(*zip(*chosen, strict=True), "D", color=TWO, markersize=5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_xlabel("epoch")
        axes.set_ylabel(said)

    said = SAID.get(name, name)
    title = said[0].upper() + said[1:] + ("" if stage == TASK else f", stage {stage}")
    about = "A line a fit"
    if len(run.records) > MOST_FITS:
        about += f", the first {MOST_FITS} of {len(run.records)} ({CURVES} has all)"
    kind = f"{stage}-{name}".replace("_", "-")
    return Figure(
        title=title,
        about=about + ("; diamonds: the epoch that was kept." if chosen else "."),
        svg=draw(paint, name=kind, title=title, height=2.9),
        table=Table(
            head=["fit", "epoch", said, "kept"],
            rows=[
                (fit_name(record), epoch, value, epoch == its)
                for record, its, points in zip(records, kept, lines, strict=True)
                for epoch, value in points
            ],
            file=f"{kind}.csv",
            digits=4,
        ),
    )
