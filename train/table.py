"""Metrics as people read them: names, digits, and the table at the end of a training."""

from collections.abc import Mapping, Sequence
from typing import Any

NAMES = {
    "ccc": "CCC",
    "pearson": "Pearson",
    "rmse": "RMSE",
    "mae": "MAE",
    "skill": "skill",
    "f1_positive": "F1 (positive)",
    "precision_positive": "precision (positive)",
    "recall_positive": "recall (positive)",
    "specificity": "specificity",
    "f1_macro": "F1 (macro)",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "MCC",
    "auroc": "AUROC",
    "auprc_positive": "AUPRC (positive)",
}


def several(count: int, what: str) -> str:
    """Count things: ``1 seed``, ``5 seeds``."""
    return f"{count} {what}{'s' * (count != 1)}"


def shown(value: float | None) -> str:
    """Print a metric; ``-`` where it is undefined."""
    return "-" if value is None else f"{value:z.3f}"


def table(metrics: Mapping[str, Any]) -> str:
    """Lay out metric, model (mean, 95 % interval, sd over draws) and constant."""
    model, constant = metrics["model"], metrics["constant"]["mean"]
    several = metrics["counts"]["draws"] > 1
    spread = f"{'sd':>8}" if several else ""
    lines = [f"{'metric':<22}{'model':>9} {'95 % interval':<18}{spread}{'constant':>10}"]
    for name, title in NAMES.items():
        if name in model["mean"]:
            own = f"{shown(model['mean'][name]):>9} {bounds(model, name):<18}"
            spread = f"{shown(model['sd'][name]):>8}" if several else ""
            its = shown(constant[name]) if name in constant else ""
            lines.append(f"{title:<22}{own}{spread}{its:>10}".rstrip())
    return "\n".join(lines)


def bounds(figures: Mapping[str, Any], name: str) -> str:
    """Print the interval of a metric; nothing where it is undefined."""
    return bracketed({"low": figures["low"][name], "high": figures["high"][name]})


def bracketed(interval: Mapping[str, Any]) -> str:
    """Print an interval; nothing where it is undefined."""
    low, high = interval["low"], interval["high"]
    return "" if low is None or high is None else f"[{low:z.3f}, {high:z.3f}]"


def arms_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Lay out the arms of an ablation: each metric, and how far it lies above the first arm's."""
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    lines = []
    for metric in metrics:
        title = f"{NAMES[metric]} (less is better)" if metric == "rmse" else NAMES[metric]
        lines.append(f"{title:<22}{'mean':>8}{'arm - first, 95 %':>30}{'over seeds':>20}")
        for row in rows:
            if row["metric"] == metric:
                difference = row["difference"]
                above = "" if difference is None else f"{difference:+z.3f} {within(row, '')}"
                seeds = "" if difference is None else within(row, "seeds_")
                line = f"  {row['arm']:<20}{shown(row['value']):>8}{above:>30}{seeds:>20}"
                lines.append(line.rstrip())
    return "\n".join(lines)


def within(row: Mapping[str, Any], of: str) -> str:
    """Print the interval of a difference; ``-`` where it is undefined."""
    low, high = row[f"difference_{of}low"], row[f"difference_{of}high"]
    return "-" if low is None else f"{low:+z.3f} to {high:+z.3f}"
