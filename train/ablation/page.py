"""``ABLATION.md``: the tables of an ablation beside the paper's, and what may be read off them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..comparing.held import Held
from ..inside import DEFINITIONS as INSIDE
from ..intervals import Interval
from ..table import NAMES, several, shown
from .arms import Ablation, Arm, Table
from .compare import over
from .place import TABLE

DETECTED = "f1_positive"  # what the paper reports
ASKED = DETECTED, "ccc"  # and what uses all of a score
LEAST = 0.0005  # a smaller difference is shown as none


def page(
    ablation: Ablation,
    about: Mapping[str, Any],
    found: Sequence[Held],
    metrics: Mapping[str, Mapping[str, Any]],
    left_out: Mapping[str, str],
    picture: str | None,
) -> str:
    """Write the page in Markdown.

    Parameters
    ----------
    ablation : Ablation
    about : mapping
        ``run.json`` of the first arm.
    found : sequence of Compared
    metrics : mapping of arm to ``metrics.json``
    left_out : mapping of arm to why it could not be trained
    picture : str or None
        File name of the representations' picture.
    """
    counts = metrics[ablation.reference.name]["counts"]
    lines = [
        f"# Ablation `{ablation.name}` of {about['model']}",
        "",
        f"`{about['target']['name']}` of {counts['cases']} cases of {counts['participants']} "
        f"participants ({counts['sessions']} sessions, {counts[about['rows']]} {about['rows']}), "
        f"{len(about['protocol']['folds'])} folds by participant, "
        f"{several(counts['seeds'], 'seed')}; "
        "every arm has the same folds, seeds and settings but for what its row says.",
        "",
        _paper(ablation) + "Brackets: 95 % intervals, by the bootstrap over participants and "
        f"seeds. *to {ablation.reference.name}*: how far the arm lies above it, paired by case and "
        "seed, with that interval, then with Student's over seeds alone. None is corrected for the "
        f"number of arms. RMSE stands in `{TABLE}`, what else was measured in the arms' own "
        "`metrics.json`.",
        "",
    ]
    for table in ablation.tables:
        lines += _table(table, ablation.reference, found, left_out)
    lines += _reading(ablation, found, metrics)
    lines += _synthesis(metrics)
    lines += _representations(ablation, metrics, picture)
    return "\n".join(lines)


def _paper(ablation: Ablation) -> str:
    """Say whose figures stand beside ours, or that none do."""
    if any(arm.published is not None for arm in ablation.arms()):
        return (
            f"*paper*: F1 that {ablation.paper} reports, on its own data; figures of other data "
            "are no replication. "
        )
    return f"These are ablations of {ablation.paper}; its own figures are not at hand. "


def _table(
    table: Table, reference: Arm, found: Sequence[Held], left_out: Mapping[str, str]
) -> Iterator[str]:
    metrics = [name for name in ASKED if over(found, reference.name, name) is not None]
    heads = [f"{NAMES[name]} | to {reference.name}" for name in metrics]
    yield from (f"## {table.question}", "")
    published = DETECTED in metrics and any(arm.published is not None for arm in table.arms)
    heads = ["paper", *heads] if published else heads
    yield "| arm | what it is | " + " | ".join(heads) + " |"
    yield "|---" * (2 + len(heads) + len(metrics)) + "|"
    for arm in table.arms:
        paper = "-" if arm.published is None else f"{arm.published:.3f}"
        if arm.name in left_out:
            cells = [f"not trained: {left_out[arm.name]}", *["-"] * (2 * len(metrics) - 1)]
        else:
            cells = [cell for name in metrics for cell in _cells(over(found, arm.name, name))]
        cells = [paper, *cells] if published else cells
        yield f"| {arm.name} | {arm.about} | " + " | ".join(cells) + " |"
    yield ""


def _cells(one: Held | None) -> tuple[str, str]:
    if one is None:
        return "-", "-"
    own = f"{shown(one.own.value)} {_within(one.own.low, one.own.high)}"
    if one.above is None or one.above_draws is None:
        return own, ""
    above = (
        f"{_signed(one.above.value)} {_within(one.above.low, one.above.high)} "
        f"{_within(one.above_draws.low, one.above_draws.high)}"
    )
    return own, above


def _reading(
    ablation: Ablation, found: Sequence[Held], metrics: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Say which differences are more than chance, and what the controls mean."""
    yield from ("## What may be read off it", "")
    for metric in ASKED:
        others = [one for one in found if one.metric == metric and one.above is not None]
        if not others:
            continue
        worse = [one.run for one in others if _beyond(one.above, below=True)]
        better = [one.run for one in others if _beyond(one.above, below=False)]
        seeds = [
            one.run
            for one in others
            if one.run not in (*worse, *better)
            and (_beyond(one.above_draws, below=True) or _beyond(one.above_draws, below=False))
        ]
        apart = [one.run for one in others if one.run not in (*worse, *better, *seeds)]
        first = ablation.reference.name
        said = [
            f"with other people too it is {how} {', '.join(arms)}"
            for how, arms in (("better than", worse), ("worse than", better))
            if arms
        ]
        if seeds:
            said.append(f"with other seeds, but these people, it differs from {', '.join(seeds)}")
        if apart:
            said.append(f"it cannot be told from {', '.join(apart)}")
        if all(one.above_draws is None or one.above_draws.low is None for one in others):
            said.append("of other seeds, one seed says nothing")
        yield f"- {first} by {NAMES[metric]}: {'; '.join(said)}."
    nobody = [arm for arm, of in metrics.items() if _calls_nobody(of)]
    if nobody:
        yield (
            f"- {', '.join(nobody)}: some seed calls nobody positive; an F1 of 0 then says nothing "
            "of certainty, and nor does its interval."
        )
    yield from _orders(ablation, found)
    controls = [arm for arm in ablation.arms() if arm.control]
    held = [
        arm.name
        for arm in controls
        if (one := over(found, arm.name, "ccc")) is not None and not _beyond(one.above, below=True)
    ]
    if held:
        yield (
            f"- {', '.join(held)}: a control that the full model does not beat by CCC, whoever is "
            "drawn. Whatever it gains over no synthesis may be regularisation, and not what is "
            "synthesised."
        )
    yield ""


def _orders(ablation: Ablation, found: Sequence[Held]) -> Iterator[str]:
    """Hold the order of the paper's arms against ours, table by table."""
    for table in ablation.tables:
        by_metric = []
        named = [arm for arm in table.arms if arm.published is not None]
        for metric in ASKED:
            ours = {
                arm.name: one.own.value
                for arm in named
                if (one := over(found, arm.name, metric)) is not None and one.own.value is not None
            }
            if len(ours) == len(named):
                by_metric.append(f"by {NAMES[metric]} {_ordered(ours)}")
        paper = _ordered({arm.name: arm.published or 0.0 for arm in named})
        if by_metric and named:
            yield (
                f"- {table.name}: the paper's order is {paper}; here {', '.join(by_metric)}, told "
                "apart or not."
            )


def _ordered(value: Mapping[str, float]) -> str:
    """List arms from the best on; equals are told as equals."""
    out = ""
    before: float | None = None
    for arm, mine in sorted(value.items(), key=lambda one: -one[1]):
        out += "" if before is None else " = " if mine == before else " > "
        out += arm
        before = mine
    return out


def _synthesis(metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Lay out how real the synthetic face looks, whether or not it helps."""
    made = {arm: of["synthesis"] for arm, of in metrics.items() if of.get("synthesis")}
    if not made:
        return
    yield from ("## How real is what is synthesised?", "")
    yield (
        "Useful and realistic are two things. Of test cases, means over visual columns, folds and "
        "seeds, in sd of the training part; *posterior*: the face rebuilt from itself; *prior*: "
        "imagined from speech. L1 is to be held against that of the mean, which knows nothing; "
        "the autocorrelation from word to word against that of the measured face; diversity, how "
        "far two draws for one word lie apart, against 1, two measured words."
    )
    yield ""
    yield (
        "| arm | source | L1 | L1 of the mean | autocorrelation | of the real | Wasserstein | "
        "diversity | Frechet |"
    )
    yield "|---" * 9 + "|"
    names = (
        *("l1", "l1_of_mean", "autocorrelation", "autocorrelation_real", "wasserstein"),
        *("diversity", "frechet"),
    )
    for arm, sources in made.items():
        for source, of_source in sources.items():
            mean = of_source["mean"]
            cells = [shown(mean.get(name)) for name in names]
            yield f"| {arm} | {source} | " + " | ".join(cells) + " |"
    yield ""


def _representations(
    ablation: Ablation,
    metrics: Mapping[str, Mapping[str, Any]],
    picture: str | None,
) -> Iterator[str]:
    yield from ("## Do cases of like scores lie together?", "")
    yield f"*separation*: {INSIDE['separation']}."
    yield ""
    yield "| arm | separation | sd over seeds |"
    yield "|---|---|---|"
    for arm, of_arm in metrics.items():
        one = of_arm["separation"]
        yield f"| {arm} | {shown(one['mean'])} | {shown(one['sd'])} |"
    yield ""
    if picture is not None:
        drawn = ", ".join(ablation.drawn.values())
        yield f"![Representations of the cases by t-SNE: {drawn}]({picture})"
        yield ""
        yield (
            "*Each dot a case, by t-SNE, as one fit (fold 1, seed 0) represents it; ringed: cases "
            "of the test fold, which it has not seen. Distances between far dots mean nothing.*"
        )
        yield ""


def _calls_nobody(metrics: Mapping[str, Any]) -> bool:
    seeds = metrics["model"]["seeds"]
    return any("precision_positive" in of and of["precision_positive"] is None for of in seeds)


def _beyond(interval: Interval | None, *, below: bool) -> bool:
    """Say whether an interval lies on one side of 0, and its middle is not shown as 0."""
    if interval is None or interval.low is None or interval.high is None:
        return False
    if interval.value is None or abs(interval.value) < LEAST:
        return False
    return bool(interval.high < 0) if below else bool(interval.low > 0)


def _within(low: float | None, high: float | None) -> str:
    return "[-]" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"
