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
    return "-" if value is None else f"{value:.3f}"


def table(metrics: Mapping[str, Any]) -> str:
    """Lay out metric, model (mean and sd over seeds) and constant."""
    mean, sd = metrics["model"]["mean"], metrics["model"]["sd"]
    constant = metrics["constant"]["mean"]
    several = metrics["counts"]["seeds"] > 1
    lines = [f"{'metric':<22}{'model':>16}{'constant':>12}"]
    for name, title in NAMES.items():
        if name in mean:
            spread = f" +- {shown(sd[name])}" if several else ""
            its = shown(constant[name]) if name in constant else ""
            lines.append(f"{title:<22}{shown(mean[name]) + spread:>16}{its:>12}".rstrip())
    return "\n".join(lines)


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
                above = "" if difference is None else f"{difference:+.3f} {within(row, '')}"
                seeds = "" if difference is None else within(row, "seeds_")
                line = f"  {row['arm']:<20}{shown(row['value']):>8}{above:>30}{seeds:>20}"
                lines.append(line.rstrip())
    return "\n".join(lines)


def within(row: Mapping[str, Any], of: str) -> str:
    """Print the interval of a difference; ``-`` where it is undefined."""
    low, high = row[f"difference_{of}low"], row[f"difference_{of}high"]
    return "-" if low is None else f"{low:+.3f} to {high:+.3f}"
