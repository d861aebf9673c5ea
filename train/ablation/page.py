"""``ABLATION.md``: the tables of an ablation beside the paper's, and what may be read off them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..inside import DEFINITIONS as INSIDE
from ..table import NAMES, shown
from .arms import Ablation, Arm, Table
from .compare import Compared, over

ASKED = "f1_positive", "ccc"  # what the paper reports, and what uses all of a score


def page(
    ablation: Ablation,
    about: Mapping[str, Any],
    found: Sequence[Compared],
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
        f"participants ({counts['sessions']} sessions, {counts['words']} words), "
        f"{len(about['protocol']['folds'])} folds by participant, {counts['seeds']} seeds; "
        "every arm has the same folds, seeds and settings but for what its row says.",
        "",
        f"*paper*: F1 that {ablation.published} reports, on its own data; figures of other data "
        "are no replication. Brackets: 95 % bootstrap intervals over participants and seeds. "
        f"*to {ablation.reference.name}*: the difference, paired by case and seed, with its "
        "interval over participants and seeds, then over seeds alone. No interval is corrected "
        "for the number of arms.",
        "",
    ]
    for table in ablation.tables:
        lines += _table(table, ablation.reference, found, left_out)
    lines += _reading(ablation, found)
    lines += _synthesis(metrics)
    lines += _representations(metrics, picture)
    return "\n".join(lines)


def _table(
    table: Table, reference: Arm, found: Sequence[Compared], left_out: Mapping[str, str]
) -> Iterator[str]:
    metrics = [name for name in ASKED if over(found, reference.name, name) is not None]
    heads = [f"{NAMES[name]} | to {reference.name}" for name in metrics]
    yield from (f"## {table.question}", "")
    yield "| arm | what it is | paper | " + " | ".join(heads) + " |"
    yield "|---" * (3 + 2 * len(metrics)) + "|"
    for arm in table.arms:
        paper = "-" if arm.published is None else f"{arm.published:.3f}"
        if arm.name in left_out:
            cells = [f"not trained: {left_out[arm.name]}", *["-"] * (2 * len(metrics) - 1)]
        else:
            cells = [cell for name in metrics for cell in _cells(over(found, arm.name, name))]
        yield f"| {arm.name} | {arm.about} | {paper} | " + " | ".join(cells) + " |"
    yield ""


def _cells(one: Compared | None) -> tuple[str, str]:
    if one is None:
        return "-", "-"
    own = f"{shown(one.own.value)} {_within(one.own.low, one.own.high)}"
    if one.above is None or one.above_seeds is None:
        return own, ""
    above = (
        f"{_signed(one.above.value)} {_within(one.above.low, one.above.high)} "
        f"{_within(one.above_seeds.low, one.above_seeds.high)}"
    )
    return own, above


def _reading(ablation: Ablation, found: Sequence[Compared]) -> Iterator[str]:
    """Say which differences are more than chance, and what the controls mean."""
    yield from ("## What may be read off it", "")
    for metric in ASKED:
        others = [one for one in found if one.metric == metric and one.above is not None]
        if not others:
            continue
        worse = [one.arm for one in others if _beyond(one.above, below=True)]
        better = [one.arm for one in others if _beyond(one.above, below=False)]
        seeds = [
            one.arm
            for one in others
            if one.arm not in (*worse, *better)
            and (_beyond(one.above_seeds, below=True) or _beyond(one.above_seeds, below=False))
        ]
        apart = [one.arm for one in others if one.arm not in (*worse, *better, *seeds)]
        first = ablation.reference.name
        yield (
            f"- {NAMES[metric]}, other people and seeds: {first} is better than {_listed(worse)}, "
            f"worse than {_listed(better)}. On these people, other seeds: it also differs from "
            f"{_listed(seeds)}. It cannot be told from {_listed(apart)}."
        )
    yield from _orders(ablation, found)
    controls = [arm for table in ablation.tables for arm in table.arms if arm.published is None]
    held = [
        arm.name
        for arm in controls
        if (one := over(found, arm.name, "ccc")) is not None and not _beyond(one.above, below=True)
    ]
    if controls and held:
        yield (
            f"- {_listed(held)}: a control that the full model does not beat. What it gains then "
            "may be regularisation, and not what is synthesised."
        )
    yield ""


def _orders(ablation: Ablation, found: Sequence[Compared]) -> Iterator[str]:
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
        if by_metric:
            yield f"- {table.name}: the paper's order is {paper}; here {', '.join(by_metric)}."


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
    metrics: Mapping[str, Mapping[str, Any]], picture: str | None
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
        yield f"![Representations of the cases without and with synthesis, by t-SNE]({picture})"
        yield ""
        yield (
            "*Each dot a case, by t-SNE, as one fit (fold 1, seed 0) represents it; ringed: cases "
            "of the test fold, which it has not seen. Distances between far dots mean nothing.*"
        )
        yield ""


def _beyond(interval: Any, *, below: bool) -> bool:
    """Say whether an interval lies on one side of 0."""
    if interval is None or interval.low is None:
        return False
    return bool(interval.high < 0) if below else bool(interval.low > 0)


def _within(low: float | None, high: float | None) -> str:
    return "[-]" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _listed(arms: Sequence[str]) -> str:
    return ", ".join(arms) if arms else "no arm"
