"""A comparison as text: a table a metric, at most 100 columns wide, and what may be read off it."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from ..said import DRAW
from ..table import NAMES, several
from .compare import LESS, Compared, Comparison
from .held import draws_in
from .verdict import interval, p_shown, plain, signed, verdict

WIDTH = 100
LONGEST = 19  # of a run's name in the table


def table(comparison: Comparison) -> str:
    """Lay out a comparison for a terminal."""
    return "\n".join(_lines(comparison))


def runs_of(comparison: Comparison) -> Iterator[str]:
    """Say which runs are compared, a line each."""
    for run in comparison.runs:
        model, draws = run.about["model"], len(draws_in(run.table))
        seeds, repeats = (run.table[name].nunique() for name in reversed(DRAW))
        of = f" x {several(repeats, 'repeat')} = {several(draws, 'draw')}" if repeats > 1 else ""
        yield f"{run.name}: {model}, {several(seeds, 'seed')}{of}"


def subject(comparison: Comparison) -> str:
    """Say of what and whom the comparison is."""
    matched, target = comparison.matched, comparison.runs[0].target
    rule = f", positive: {target.label_rule}" if target.label_rule else ""
    return (
        f"{target.name}{rule}; {several(matched.cases, 'case')} of "
        f"{several(matched.participants, 'participant')}"
    )


def titled(metric: str) -> str:
    """Name a metric, and say where less is better."""
    return f"{NAMES.get(metric, metric)}{' (less is better)' if metric in LESS else ''}"


def _lines(comparison: Comparison) -> Iterator[str]:
    compared = len(comparison.runs) - 1
    yield subject(comparison)
    yield from _wrapped(runs_of(comparison), "  ")
    yield from _wrapped(comparison.matched.notes, "note: ", "      ")
    head = (
        f"{'value [95 %]':<23}{'sd draws':>9}{'people':>8}   "
        f"{'- ' + _short(comparison.reference, LONGEST - 4) + ' [95 %]':<27}"
        f"{'p' if compared == 1 else 'p (Holm)':>8}"
    )
    for metric in comparison.metrics:
        rows = comparison.of(metric)
        yield from ("", f"{titled(metric):<22}{head}")
        yield from (_row(row) for row in rows)
        verdicts = [verdict(comparison, row) for row in rows]
        yield from _wrapped([one for one in verdicts if one], "  > ", "    ")
    yield ""
    yield from _wrapped([legend(comparison)], "")


def legend(comparison: Comparison) -> str:
    """Say how to read the figures."""
    compared = len(comparison.runs) - 1
    holm = (
        ""
        if compared == 1
        else f" p is adjusted for {compared} runs compared by a metric (Holm), not for the metrics."
    )
    return (
        "Brackets draw participants and draws (seeds, repeats) anew. sd: over draws, and over "
        "participants drawn anew. p swaps the predictions of two runs participant by participant."
        f"{holm} Better or worse: where the interval, p below .05 and the draws alone agree."
    )


def _row(row: Compared) -> str:
    one = row.held
    own = plain(one.own.value)
    if one.own.low is not None:
        own += f" [{plain(one.own.low)}, {plain(one.own.high)}]"
    line = (
        f"  {_short(one.run):<20}{own:<23}{plain(one.spread.draws):>9}"
        f"{plain(one.spread.participants):>8}"
    )
    if one.above is not None and one.above.value is not None:
        above = f"{signed(one.above.value)} {interval(one.above.low, one.above.high)}"
        line += f"   {above:<27}{p_shown(row.p_holm):>8}"
    return line.rstrip()


def _short(name: str, longest: int = LONGEST) -> str:
    """Shorten a name from its beginning, which several runs share more often than the end."""
    return name if len(name) <= longest else "…" + name[1 - longest :]


def _wrapped(texts: Iterable[str], first: str, then: str = "") -> Iterator[str]:
    for text in texts:
        yield from wrap(
            text, WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False
        )
