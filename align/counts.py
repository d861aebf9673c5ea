"""What the rows of a session are: how many of which kind, timed how, with what confidence."""

import numpy as np

from ..features.words import Kind, Role
from .rows import Rows
from .timing import Times


def confidence_median(rows: Rows) -> float:
    """Give the median confidence of the chosen words' times; NaN where no method judged."""
    confidence_R = rows.confidence_R[~rows.masked_R & (rows.index_R >= 0)]
    judged_R = confidence_R[~np.isnan(confidence_R)]
    return float(np.median(judged_R.astype(np.float64))) if judged_R.size else float("nan")


def counts(rows: Rows, times: Times) -> dict[str, float | int]:
    """Count the rows of a session; all but the first two figures are of those not masked."""
    chosen = rows.chosen()
    kinds = [word.kind for word in chosen]
    return {
        "rows": len(rows.words),
        "rows_masked": int(rows.masked_R.sum()),
        "words": len(rows.spoken),
        "pauses": kinds.count(Kind.PAUSE),
        "windows": kinds.count(Kind.WINDOW),
        **{f"words_{method}": count for method, count in times.counts(rows.spoken).items()},
        "confidence_median": confidence_median(rows),
        "words_unknown_role": sum(word.role is Role.UNKNOWN for word in chosen),
        "words_events": kinds.count(Kind.EVENT),
    }
