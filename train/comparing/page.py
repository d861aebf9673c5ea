"""``COMPARE.md``: a comparison for the record, with how each figure was found."""

from collections.abc import Iterator

from ..intervals import REPLICATES
from .compare import Compared, Comparison
from .table import legend, runs_of, subject, titled
from .verdict import how_tested, interval, p_shown, plain, signed, verdict

HEADS = (
    *("run", "value", "95 %", "sd draws", "sd participants", "share of draws"),
    *("difference", "95 %", "draws alone", "p", "p (Holm)"),
)


def page(comparison: Comparison, *, table: str, picture: str) -> str:
    """Write the page in Markdown.

    Parameters
    ----------
    comparison : Comparison
    table, picture : str
        File names beside the page.
    """
    return "\n".join([*_lines(comparison, table, picture), ""])


def _lines(comparison: Comparison, table: str, picture: str) -> Iterator[str]:
    yield from (f"# Runs held against {comparison.reference}", "", f"{subject(comparison)}.", "")
    yield from (f"- {line}" for line in runs_of(comparison))
    if comparison.matched.notes:
        yield from ("", "What colours the comparison:", "")
        yield from (f"- {note}" for note in comparison.matched.notes)
    yield from ("", f"![Intervals of the runs, and of their differences]({picture})", "")
    for metric in comparison.metrics:
        rows = comparison.of(metric)
        yield from (f"## {titled(metric)}", "")
        yield from ("| " + " | ".join(HEADS) + " |", "|---" * len(HEADS) + "|")
        yield from ("| " + " | ".join(_cells(row)) + " |" for row in rows)
        yield ""
        yield from (f"- {said}." for row in rows if (said := verdict(comparison, row)))
        yield ""
    yield from ("## How to read it", "", legend(comparison), "")
    yield from (f"- {line}" for line in _how(comparison))
    yield from ("", f"The same figures, in full digits: `{table}`.")


def _cells(row: Compared) -> Iterator[str]:
    one, above, alone = row.held, row.held.above, row.held.above_draws
    share = one.spread.share_draws
    yield from (one.run, plain(one.own.value))
    yield "[-]" if one.own.low is None else f"[{plain(one.own.low)}, {plain(one.own.high)}]"
    yield from (plain(one.spread.draws), plain(one.spread.participants))
    yield "-" if share is None else f"{100 * share:.0f} %"
    if above is None:
        yield from [""] * 5
        return
    yield signed(above.value)
    yield interval(above.low, above.high)
    yield "[-]" if alone is None else interval(alone.low, alone.high)
    yield from (p_shown(None if row.tested is None else row.tested.p), p_shown(row.p_holm))


def _how(comparison: Comparison) -> Iterator[str]:
    yield (
        f"*95 %*: {REPLICATES:,} bootstrap replicates of participants, with all their cases and "
        "in all runs alike, and of draws (a draw: one seed of one repeat of the folds). With one "
        "draw, of participants alone; with several, they hold the truth rather more often."
    )
    yield (
        "*sd draws*: of one draw's figure, these participants staying; *sd participants*: of the "
        "mean over these draws, participants drawn anew; *share of draws*: of the sum of the two "
        "variances."
    )
    yield (
        "*difference*: the run minus the first, draws paired where both runs have the same; *draws "
        "alone*: these participants staying, Student's interval of the paired differences, Welch's "
        "where draws are not paired."
    )
    tested = next((row.tested for row in comparison.rows if row.tested is not None), None)
    if tested is not None:
        yield (
            f"*p*: {how_tested(tested)} of the two runs' predictions, participant by participant, "
            "all cases and draws of one together; two-sided. It is of these predictions; what "
            "other seeds would have given is in the intervals."
        )
    yield (
        "Nothing is adjusted for the number of metrics: name the one that decides before looking."
    )
