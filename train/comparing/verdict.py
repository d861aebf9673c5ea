"""What a comparison says, in plain words: a sentence a run and metric."""

from ..table import several
from .compare import LESS, Compared, Comparison
from .permutation import Tested

SMALLEST = 0.001  # p below it is printed so
DIGITS = (10.0, "z.3f"), (100.0, "z.2f"), (1_000.0, "z.1f")  # of figures below; else none


def verdict(comparison: Comparison, row: Compared) -> str:
    """Say what may be read off one difference; empty for the first run."""
    outcome, above = row.outcome, row.held.above
    first, run = comparison.reference, row.held.run
    people = several(comparison.matched.participants, "participant")
    if outcome is None or above is None:
        return ""
    if above.value is None or above.low is None or above.high is None or row.p_holm is None:
        return f"{run} and {first} cannot be compared: the metric is undefined for one of them"
    within, p = interval(above.low, above.high), f"p {p_shown(row.p_holm)}"
    if outcome in ("better", "worse"):
        by = f"by {plain(abs(above.value))} [{', '.join(_ends(above.low, above.high))}]"
        return f"{run} is {outcome} than {first} {by}, {p}{_alone(row)}"
    if outcome == "unsure":
        better = (above.value > 0) is (row.held.metric not in LESS)
        may = f"{run} may be {'better' if better else 'worse'} than {first}, but"
        alone = row.held.above_draws
        if alone is not None and not row.steady:
            return f"{may} over other seeds it is {interval(alone.low, alone.high)}: not shown"
        return f"{may} the interval {within} and {p} do not agree: not shown{_alone(row)}"
    reach = (above.high - above.low) / 2.0
    if reach == 0.0:
        return f"{run} and {first} are alike in every replicate: nothing tells them apart here"
    return (
        f"{run} and {first} cannot be told apart on these {people} ({p}); a difference below "
        f"about {plain(reach)} would not show"
    )


def interval(low: float | None, high: float | None) -> str:
    """Print an interval of differences; ``[-]`` where it is undefined."""
    return "[-]" if low is None or high is None else f"[{signed(low)}, {signed(high)}]"


def signed(difference: float | None) -> str:
    """Print a difference with its sign; ``-`` where it is undefined."""
    return "-" if difference is None else f"{difference:+{_digits(difference)}}"


def plain(value: float | None) -> str:
    """Print a figure; ``-`` where it is undefined."""
    return "-" if value is None else f"{value:{_digits(value)}}"


def p_shown(p: float | None) -> str:
    """Print a p value; ``-`` where there is none."""
    if p is None:
        return "-"
    return f"< {SMALLEST}" if p < SMALLEST else f"{p:.3f}"


def how_tested(tested: Tested) -> str:
    """Say how a p value was found."""
    return f"all {tested.swaps:,} swaps" if tested.exact else f"{tested.swaps:,} random swaps"


def _digits(value: float) -> str:
    return next((digits for below, digits in DIGITS if abs(value) < below), "z.0f")


def _ends(low: float, high: float) -> tuple[str, str]:
    """Print the ends of an interval that is told as a size, smaller first."""
    near, far = sorted((low, high), key=abs)
    return plain(abs(near)), plain(abs(far))


def _alone(row: Compared) -> str:
    return "; of one seed, which says nothing of other seeds" if row.draws == 1 else ""
