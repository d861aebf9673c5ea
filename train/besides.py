"""What is learnt beside a target, in the results: a class by a head of its own, and items.

They have columns of their own in ``predictions.parquet`` and names of their own in
``metrics.json``, so that they are never taken for the score that is judged.
"""

# K = cases, I = items

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..align.dataset import Target
from ..features.types import F64
from .metrics import concordance, errors, over_seeds
from .said import draws_of

if TYPE_CHECKING:
    import pandas as pd

Row: TypeAlias = dict[str, Any]

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
    for name in _items(rows[0] if rows else ()):
        about[f"{ITEM}{name}"] = f"expected answer to {name}"
    for name in _items(rows[0] if rows else ()):
        about[f"{ANSWER}{name}"] = f"answer to {name}; null: unknown"
    if rows and SUM in rows[0]:
        about[SUM] = "sum of the expected answers, which are all of the questionnaire's"
    return about


def judge_items(table: "pd.DataFrame") -> dict[str, Any]:
    """Compare the expected answers with those that are known; nothing where none is learnt.

    Parameters
    ----------
    table : pandas.DataFrame
        As `depx.train.said` lays out predictions.
    """
    names = _items(table.columns)
    if not names:
        return {}
    draws = draws_of(table)
    each = {
        name: {
            "answered": int(draws[0][f"{ANSWER}{name}"].notna().sum()),
            **_summed([_judge_item(rows, name) for rows in draws]),
        }
        for name in names
    }
    total = _summed([_judge_sum(rows, names) for rows in draws]) if SUM in table else None
    return {"items": {"each": each, "sum": total}}


def has_class_head(rows: Sequence[Mapping[str, Any]], target: Target) -> bool:
    """Tell whether a class was learnt beside a score: a score alone has no probability."""
    return target.kind == "score" and any(row["p"] is not None for row in rows)


def _items(columns: Iterable[str]) -> list[str]:
    """Name the items that were learnt, in their order."""
    return [name.removeprefix(ITEM) for name in columns if name.startswith(ITEM)]


def _judge_item(rows: "pd.DataFrame", name: str) -> dict[str, float | None]:
    known = rows[rows[f"{ANSWER}{name}"].notna()]
    return _compared(
        known[f"{ANSWER}{name}"].to_numpy(dtype=np.float64),
        known[f"{ITEM}{name}"].to_numpy(dtype=np.float64),
    )


def _judge_sum(rows: "pd.DataFrame", names: Sequence[str]) -> dict[str, float | None]:
    answer_KI = rows[[f"{ANSWER}{name}" for name in names]].to_numpy(dtype=np.float64)
    whole_K = np.isfinite(answer_KI).all(axis=1)
    return _compared(answer_KI[whole_K].sum(axis=1), rows[SUM].to_numpy(dtype=np.float64)[whole_K])


def _compared(y_K: F64, y_hat_K: F64) -> dict[str, float | None]:
    return {"mae": errors(y_K, y_hat_K)["mae"], "ccc": concordance(y_K, y_hat_K)}


def _summed(runs: list[dict[str, float | None]]) -> dict[str, Any]:
    mean, sd = over_seeds(runs)
    return {"mean": mean, "sd": sd}
