"""What is learnt beside a target, in the results: a class by a head of its own, and items.

They have columns of their own in ``predictions.parquet`` and names of their own in
``metrics.json``, so that they are never taken for the score that is judged.
"""

# K = cases

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..align.dataset import Target
from ..features.types import F64, Bool
from .metrics import concordance, detection, errors, over_seeds, ranking

Row: TypeAlias = dict[str, Any]

THRESHOLD = 0.5  # probability from which a case is called positive; fixed, fitted on nothing
ITEM, ANSWER, SUM = "item_", "answer_", "y_hat_items"
DEFINITIONS = {
    "class_head": "the class by a head of its own, learnt beside the score: positive from p 0.5 on",
    "items": "expected answers against those that are known; the sum over cases that gave all",
}


def columns(record: Mapping[str, Any], one: Mapping[str, Any]) -> Row:
    """Lay out the items of a test case; nothing where none is learnt."""
    if "items" not in record:
        return {}
    names = record["items"]["names"]
    row: Row = {f"{ITEM}{n}": y_hat for n, y_hat in zip(names, one["answers_hat"], strict=True)}
    row |= {f"{ANSWER}{n}": y for n, y in zip(names, one["answers"], strict=True)}
    return row | ({SUM: sum(one["answers_hat"])} if record["items"]["whole"] else {})


def explained(rows: Sequence[Row]) -> dict[str, str]:
    """Name the columns of items, each with what it says, in their order."""
    about = {}
    for name in _items(rows):
        about[f"{ITEM}{name}"] = f"expected answer to {name}"
    for name in _items(rows):
        about[f"{ANSWER}{name}"] = f"answer to {name}; null: unknown"
    if rows and SUM in rows[0]:
        about[SUM] = "sum of the expected answers, which are all of the questionnaire's"
    return about


def judge(rows: Sequence[Row], target: Target) -> dict[str, Any]:
    """Compute the parts of ``metrics.json``, with their definitions; nothing where none is learnt.

    Parameters
    ----------
    rows : sequence of dict
        Of ``predictions.parquet``, all seeds.
    target : Target
    """
    of_seeds = [
        [row for row in rows if row["seed"] == seed] for seed in sorted({r["seed"] for r in rows})
    ]
    found: dict[str, Any] = {}
    if has_class_head(rows, target):
        runs = [_judge_class(of_seed) for of_seed in of_seeds]
        found["class_head"] = {**_summed(runs), "seeds": runs}
    if _items(rows):
        found["items"] = {
            "each": {
                name: {
                    "answered": sum(row[f"{ANSWER}{name}"] is not None for row in of_seeds[0]),
                    **_summed([_judge_item(of_seed, name) for of_seed in of_seeds]),
                }
                for name in _items(rows)
            },
            "sum": _summed([_judge_sum(of_seed) for of_seed in of_seeds])
            if SUM in rows[0]
            else None,
        }
    return found


def has_class_head(rows: Sequence[Row], target: Target) -> bool:
    """Tell whether a class was learnt beside a score: a score alone has no probability."""
    return target.kind == "score" and any(row["p"] is not None for row in rows)


def judge_detection(rows: Sequence[Row], called_K: Bool, said_K: F64) -> dict[str, float | None]:
    """Compare who is called positive, and how high, with who is, where that is known."""
    known_K = np.array([row["positive"] is not None for row in rows], dtype=np.bool_)
    positive_K = np.array([row["positive"] is True for row in rows], dtype=np.bool_)
    known = positive_K[known_K]
    return detection(known, called_K[known_K]) | ranking(known, said_K[known_K])


def _items(rows: Sequence[Row]) -> list[str]:
    """Name the items that were learnt, in their order."""
    return [name.removeprefix(ITEM) for name in (rows[0] if rows else ()) if name.startswith(ITEM)]


def _judge_class(rows: Sequence[Row]) -> dict[str, float | None]:
    p_K = np.array([row["p"] for row in rows], dtype=np.float64)
    return judge_detection(rows, p_K >= THRESHOLD, p_K)


def _judge_item(rows: Sequence[Row], name: str) -> dict[str, float | None]:
    known = [row for row in rows if row[f"{ANSWER}{name}"] is not None]
    return _compared(
        np.array([row[f"{ANSWER}{name}"] for row in known], dtype=np.float64),
        np.array([row[f"{ITEM}{name}"] for row in known], dtype=np.float64),
    )


def _judge_sum(rows: Sequence[Row]) -> dict[str, float | None]:
    answers = [f"{ANSWER}{name}" for name in _items(rows)]
    whole = [row for row in rows if all(row[answer] is not None for answer in answers)]
    return _compared(
        np.array([sum(row[answer] for answer in answers) for row in whole], dtype=np.float64),
        np.array([row[SUM] for row in whole], dtype=np.float64),
    )


def _compared(y_K: F64, y_hat_K: F64) -> dict[str, float | None]:
    return {"mae": errors(y_K, y_hat_K)["mae"], "ccc": concordance(y_K, y_hat_K)}


def _summed(runs: list[dict[str, float | None]]) -> dict[str, Any]:
    mean, sd = over_seeds(runs)
    return {"mean": mean, "sd": sd}
