"""One comparison: finished runs in, every metric held against the first run, tested, judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ..intervals import LEVEL, STATISTICS, Interval
from .held import Held, draws_in, hold
from .permutation import SWAPS, Swapping, Tested, holm
from .runs import Matched, Run, match, open_runs

MAIN = "ccc", "rmse", "f1_positive", "auroc"
"""Metrics that are compared unless others are asked for."""
LESS = frozenset({"rmse", "mae"})
"""Metrics of which less is better."""
ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One metric of one run, against the first."""

    held: Held
    draws: int
    tested: Tested | None
    """None for the first run, and where the difference is undefined."""
    p_holm: float | None
    """Adjusted for the runs that are compared by this metric."""

    @property
    def outcome(self) -> str | None:
        """Say how the run does beside the first one; None for that one.

        Returns
        -------
        str or None
            ``better`` or ``worse`` where the interval over participants and draws, the test, and
            with several draws the interval over draws alone all say so; ``alike`` where neither of
            the first two does; ``unsure`` between; ``undefined`` where there is no difference.
        """
        above = self.held.above
        if above is None:
            return None
        if above.value is None or above.low is None or above.high is None or self.p_holm is None:
            return "undefined"
        beyond = above.low > 0 or above.high < 0
        small = self.p_holm < 1.0 - LEVEL
        if beyond and small and self.steady:
            return "better" if (above.value > 0) is (self.held.metric not in LESS) else "worse"
        return "unsure" if beyond or small else "alike"

    @property
    def steady(self) -> bool:
        """Whether other draws would say the same, as far as these draws tell."""
        alone = self.held.above_draws
        if alone is None or alone.low is None or alone.high is None:
            return True
        return alone.low > 0 or alone.high < 0

    def row(self) -> dict[str, Any]:
        """Lay it out for tables of files."""
        nothing = Interval(value=None, low=None, high=None)
        one, tested = self.held, self.tested
        above, alone = one.above or nothing, one.above_draws or nothing
        return {
            "run": one.run,
            "metric": one.metric,
            "value": one.own.value,
            "low": one.own.low,
            "high": one.own.high,
            "draws": self.draws,
            "sd_draws": one.spread.draws,
            "sd_participants": one.spread.participants,
            "share_draws": one.spread.share_draws,
            "difference": above.value,
            "difference_low": above.low,
            "difference_high": above.high,
            "difference_draws_low": alone.low,
            "difference_draws_high": alone.high,
            "p": None if tested is None else tested.p,
            "p_holm": self.p_holm,
            "swaps": None if tested is None else tested.swaps,
            "exact": None if tested is None else tested.exact,
            "outcome": self.outcome,
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """Runs compared."""

    matched: Matched
    metrics: tuple[str, ...]
    rows: tuple[Compared, ...]
    """By metric, then run."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs; the first is what the others are held against."""
        return self.matched.runs

    @property
    def reference(self) -> str:
        """Name the run that the others are held against."""
        return self.runs[0].name

    def of(self, metric: str) -> list[Compared]:
        """List all runs by one metric."""
        return [row for row in self.rows if row.held.metric == metric]


def compare(
    places: Sequence[Path], *, reference: Path | None = None, metrics: Sequence[str] = ()
) -> Comparison:
    """Compare runs.

    Parameters
    ----------
    places : sequence of Path
        Finished runs and ablation studies.
    reference : Path or None
        The run that all are held against; the first if None.
    metrics : sequence of str
        Names in `depx.train.intervals.STATISTICS`, or ``all``; a few if empty.

    Raises
    ------
    UsageError
        If there is no such metric, or there are not two runs.
    StoreError, DamagedError
        See `depx.train.comparing.runs`.
    """
    asked = _metrics(metrics)
    matched = match(open_runs(places, reference))
    first, *others = matched.runs
    held = hold({run.name: run.table for run in matched.runs}, first.target, asked)
    if not first.target.label_rule:  # nobody knows who is positive
        known = {one.metric for one in held if one.own.value is not None}
        asked = [metric for metric in asked if metric in known]
    tests: dict[tuple[str, str], Tested | None] = {}
    for run in others:  # one at a time: each lays out its own swaps
        swapping = Swapping(run.table, first.table, first.target)
        for metric in asked:
            tests[run.name, metric] = swapping.test(STATISTICS[metric])
    draws = {run.name: len(draws_in(run.table)) for run in matched.runs}
    by_name = {(one.run, one.metric): one for one in held}
    rows = []
    for metric in asked:
        tested = [tests.get((run.name, metric)) for run in matched.runs]
        adjusted = holm([None if one is None else one.p for one in tested])
        rows += [
            Compared(
                held=by_name[run.name, metric], draws=draws[run.name], tested=test, p_holm=p_holm
            )
            for run, test, p_holm in zip(matched.runs, tested, adjusted, strict=True)
        ]
    return Comparison(matched=matched, metrics=tuple(asked), rows=tuple(rows))


def document(comparison: Comparison) -> dict[str, Any]:
    """Lay out a comparison for scripts."""
    matched, target = comparison.matched, comparison.runs[0].target
    return {
        "target": target.name,
        "label_rule": target.label_rule or None,
        "cases": matched.cases,
        "participants": matched.participants,
        "reference": comparison.reference,
        "runs": {run.name: str(run.path) for run in comparison.runs},
        "notes": list(matched.notes),
        "level": LEVEL,
        "most_swaps": SWAPS,
        "rows": [row.row() for row in comparison.rows],
    }


def _metrics(asked: Sequence[str]) -> list[str]:
    if ALL in asked:
        return list(STATISTICS)
    for name in asked:
        if name not in STATISTICS:
            known = ", ".join([*STATISTICS, ALL])
            raise UsageError(f"--metric {name}: there is no such metric; there are: {known}")
    return list(dict.fromkeys(asked)) or [name for name in MAIN if name in STATISTICS]
