"""Do predictions mean what they say: scores, probabilities, and intervals of scores."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...extract.pages.blocks import Block, Cell, Estimate, Figure, Table, Text
from ...extract.pages.drawing import ONE, SOFT, draw
from .finished import Finished

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def calibration(run: Finished) -> list[Block]:
    """Draw what is true beside what was said, and lay out its figures; nothing if none is stored.

    Bins are those of ``metrics.json``.
    """
    found = run.metrics.get("calibration", {})
    blocks: list[Block] = []
    if "y_hat" in found:
        score = run.target.name
        axes = (f"{score}, predicted (mean of bin)", f"{score}, label (mean of bin)")
        blocks.append(_reliability(found["y_hat"]["bins"], ("y_hat", "y"), "the score", axes))
    if "p" in found:
        axes = ("probability, predicted (mean of bin)", "share that is positive")
        said = "the probability"
        blocks.append(_reliability(found["p"]["bins"], ("p", "positive"), said, axes))
    rows = [row for name in ("y_hat", "p") if name in found for row in _figures(found[name])]
    if rows:
        about = "Of the predictions of all draws."
        if "y_hat" in found:
            about += (
                " A slope below 1 says that predictions are too extreme; bias is the mean of "
                "predicted less labelled."
            )
        head = ["calibration", "value"]
        blocks.append(Table(head=head, rows=rows, file="calibration.csv", about=about))
    return blocks + _conformal(run)


def _figures(one: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    """Name what is stored of scores, or of probabilities."""
    names = {
        "slope": "slope of label on prediction",
        "intercept": "intercept",
        "bias": "bias",
        "brier": "Brier score",
        "brier_skill": f"Brier skill (base rate: {one.get('base_rate')})",
    }
    rows: list[tuple[Cell, ...]] = [
        (said, Estimate(**one[name])) for name, said in names.items() if name in one
    ]
    if "ece" in one:
        rows.append(("expected calibration error, bins of equal mass", Estimate(value=one["ece"])))
    return rows


def _reliability(
    bins: Sequence[Mapping[str, Any]], names: tuple[str, str], what: str, axes: tuple[str, str]
) -> Figure:
    said = [one[names[0]] for one in bins]
    true = [one[names[1]] for one in bins]

    def paint(plot: "Axes") -> None:
        ends = (0.0, 1.0) if names[0] == "p" else (min(*said, *true), max(*said, *true))
        plot.plot(ends, ends, "--", color=SOFT, linewidth=1.0)
        plot.plot(said, true, "o", color=ONE, markersize=5.5)
        plot.set_xlabel(axes[0])
        plot.set_ylabel(axes[1])

    title = f"Reliability of {what}"
    return Figure(
        title=title,
        about="A point a bin of like predictions; dashed: what is said is so.",
        svg=draw(paint, name=f"reliability-{names[0].replace('_', '-')}", title=title),
        table=Table(
            head=["bin", *axes, "rows"],
            rows=[
                (str(b), one[names[0]], one[names[1]], one["rows"]) for b, one in enumerate(bins, 1)
            ],
            file=f"reliability-{names[0].replace('_', '-')}.csv",
        ),
    )


def _conformal(run: Finished) -> list[Block]:
    """Say how many labels the intervals hold."""
    found = run.metrics.get("conformal", {})
    if not found or "left_out" in found:
        return []
    if found["mean_width"] is None:
        few = f"There are too few residuals for conformal intervals of level {found['level']:g}."
        return [Text(text=few)]
    coverage, width = Estimate(**found["coverage"]), Estimate(value=found["mean_width"])
    text = (
        f"Conformal intervals of level {found['level']:g}, from {found['from']} residuals of other "
        f"participants, hold {coverage.shown()} of the labels; they are {width.shown(2)} wide in "
        "the mean."
    )
    if found["half_width"] is not None:
        text += f" A new prediction is to be read as plus or minus {found['half_width']:.2f}."
    without = found["without"]
    return [
        Text(
            text=text + (f" {without} predictions have none: too few residuals." if without else "")
        )
    ]
