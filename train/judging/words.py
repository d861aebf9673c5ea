"""What the judge found, in Markdown for ``MODEL_CARD.md``."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..table import NAMES, bounds, bracketed, several, shown


def metrics_table(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Lay out every metric with its interval, its spread and the constant's."""
    model, constant = metrics["model"], metrics["constant"]["mean"]
    yield "| metric | model | 95 % interval | sd over draws | constant |"
    yield "|---|---|---|---|---|"
    for name, title in NAMES.items():
        if name in model["mean"]:
            yield (
                f"| {title} | {shown(model['mean'][name])} | {bounds(model, name)} | "
                f"{shown(model['sd'][name])} | {shown(constant.get(name))} |"
            )
    yield ""


def chance_line(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Say how often predictions that know nothing come as close."""
    tested = [
        f"{NAMES[name]} p {one['p']:.3f}"
        for name, one in metrics["chance"].items()
        if one["p"] is not None
    ]
    if tested:
        yield (
            "How often shuffled labels agree with the predictions at least as well (one-sided "
            f"permutation test): {', '.join(tested)}."
        )
        yield ""


def calibration_lines(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Say whether predictions mean what they say."""
    of_scores = metrics["calibration"].get("y_hat")
    if of_scores is not None:
        yield (
            f"Calibration of the score: bias {_figure(of_scores['bias'])} (prediction less label), "
            f"slope {_figure(of_scores['slope'])} of label on prediction (1: calibrated)."
        )
        yield ""
    of_class = metrics["calibration"].get("p")
    if of_class is not None:
        yield (
            f"Calibration of the probability: Brier score {_figure(of_class['brier'])}, its skill "
            f"against the base rate of the {of_class['base_rate']} "
            f"{_figure(of_class['brier_skill'])}, expected calibration error "
            f"{shown(of_class['ece'])} ({several(len(of_class['bins']), 'bin')} of equal mass)."
        )
        yield ""


def conformal_lines(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Say how wide an interval must be, and how many labels it held."""
    found = metrics["conformal"]
    if "left_out" in found:
        return
    if found["half_width"] is None:
        yield (
            f"Of so few cases no interval of a prediction holds {found['level']:.0%} of labels by "
            "their residuals."
        )
    else:
        yield (
            f"Conformal intervals for {found['level']:.0%} of labels ({found['from']} residuals) "
            f"reach {found['half_width']:.1f} to each side of a prediction; they held "
            f"{_figure(found['coverage'])} of the test labels."
        )
    yield ""


def threshold_lines(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Lay out detection at the thresholds that validation cases chose."""
    found = metrics["thresholds"]
    if found is None or "left_out" in found:
        return
    yield "| detection | at the fixed rule | at thresholds chosen on validation cases |"
    yield "|---|---|---|"
    fixed = metrics["model"]
    for name in found["mean"]:
        yield (
            f"| {NAMES[name]} | {shown(fixed['mean'][name])} {bounds(fixed, name)} | "
            f"{shown(found['mean'][name])} {bounds(found, name)} |"
        )
    yield ""


def group_table(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Lay out the first metric of scores and of detection, bias and coverage by group."""
    names = [name for name in ("ccc", "mae", "f1_positive") if name in metrics["model"]["mean"]]
    for grouping, values in metrics["groups"].items():
        heads = [*(NAMES[name] for name in names), "bias", "intervals hold"]
        yield f"| {grouping} | participants | positives | {' | '.join(heads)} |"
        yield "|---" * (3 + len(heads)) + "|"
        for value, one in values.items():
            cells = [f"{shown(one['mean'][name])} {bounds(one, name)}" for name in names]
            cells += [_figure(one["bias"]), _figure(one["coverage"])]
            few = " (few)" if one["few"] else ""
            positives = "-" if one["positives"] is None else one["positives"]
            yield (
                f"| {_cell(value)}{few} | {one['participants']} | {positives} | "
                f"{' | '.join(cells)} |"
            )
        yield ""
        apart = metrics["group_differences"].get(grouping)
        if apart is not None:
            one, other = map(_cell, apart["of"])
            yield f"{NAMES[apart['metric']]} of {one} less that of {other}: {_figure(apart)}."
            yield ""


def _figure(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "-"
    return f"{shown(found['value'])} {bracketed(found)}".rstrip()


def _cell(text: str) -> str:
    """Keep what a label says inside its cell."""
    return text.replace("|", "/").replace("\n", " ")
