"""What the fits say of themselves beside predictions: representations, and synthetic faces.

Each figure is a mean over the folds of a draw (a seed of a repeat), then mean and sample standard
deviation over draws.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from .metrics import over_seeds

Records: TypeAlias = Sequence[Mapping[str, Any]]

NAMES = ("source", "column")
DEFINITIONS = {
    "separation": "Spearman correlation, over pairs of test cases of a fold, of how far their "
    "representations lie apart with how far their labels do",
    "synthesis": "synthesis.csv averaged over columns: l1 and wasserstein in sd of the training "
    "part, l1_of_mean what the training mean would reach, autocorrelation from word to word beside "
    "that of the measured face, diversity of draws from the prior as a share of that of words, "
    "frechet the distance of normal distributions of all columns",
}


def judge_inside(records: Records) -> dict[str, Any]:
    """Compute what ``metrics.json`` says of representations and of synthesis."""
    draws = sorted({_draw(record) for record in records})
    folds = [[record for record in records if _draw(record) == draw] for draw in draws]
    mean, sd = over_seeds(
        [{"separation": _mean([record["separation"] for record in of_draw])} for of_draw in folds]
    )
    document: dict[str, Any] = {"separation": {"mean": mean["separation"], "sd": sd["separation"]}}
    rows = [[row for record in of_draw for row in record["synthesis"]] for of_draw in folds]
    sources = sorted({str(row["source"]) for of_draw in rows for row in of_draw})
    if sources:
        document["synthesis"] = {source: _of_source(rows, source) for source in sources}
    return document


def _of_source(draws: Sequence[Sequence[Mapping[str, Any]]], source: str) -> dict[str, Any]:
    """Average each figure over columns and folds, for each draw."""
    names = sorted({name for rows in draws for row in rows for name in row} - set(NAMES))
    mean, sd = over_seeds(
        [
            {
                name: _mean([row[name] for row in rows if row["source"] == source and name in row])
                for name in names
            }
            for rows in draws
        ]
    )
    return {"mean": mean, "sd": sd}


def _mean(values: Sequence[float | None]) -> float | None:
    """Average what is defined; None where nothing is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _draw(record: Mapping[str, Any]) -> tuple[int, int]:
    return record["repeat"], record["seed"]
