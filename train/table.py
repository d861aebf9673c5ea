"""Metrics as people read them: names, digits, and the table at the end of a training."""

from collections.abc import Mapping
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
}


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
