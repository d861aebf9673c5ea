"""Settings chosen by inner folds: a small grid, each point tried on those who train, fold by fold.

A fold's training participants are dealt to inner folds; every point of the model's grid is fitted
on all but one of them and predicts that one.  The point whose predictions, all inner folds
together, are best (CCC, then less squared error; log-likelihood of a class) trains the fold, with
every seed.
Nobody who is tested has a say.  Inner fits have the first seed.
"""

# K = cases

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from ..align.dataset import Target
from .cases import Corpus
from .folds import deal
from .metrics import concordance
from .people import People
from .protocol import FOLD_SEED, Split
from .unit import Record, Unit

Grid: TypeAlias = Mapping[str, tuple[Any, ...]]
Point: TypeAlias = dict[str, Any]

INNER = 3
SMALLEST = 1e-6  # probability in a logarithm
FIRST = ("fold", "point", "inner_folds", "chosen")


def points(grid: Grid) -> list[Point]:
    """List the points of a grid, the last name varying fastest."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def tuning_units(
    split: Split,
    corpus: Corpus,
    people: People,
    grid: Grid,
    inner: int,
    *,
    device: str,
    key: str,
) -> list[Unit]:
    """List the fits that choose the settings of a fold: by point, then inner fold."""
    scores = {name: y for name, y in corpus.scores().items() if name in split.training}
    members = deal(scores, inner, FOLD_SEED + split.fold, people.gender)
    return [
        Unit(
            fold=split.fold,
            repeat=split.repeat,
            seed=0,
            training=tuple(sorted(set(scores) - set(test))),
            validation=split.validation,
            test=test,
            variant=f"point{number}-inner{i}",
            inner=i,
            changes=point,
            device=device,
            key=key,
        )
        for number, point in enumerate(points(grid))
        for i, test in enumerate(members)
    ]


def chosen(records: Sequence[Record], target: Target) -> tuple[Point, list[dict[str, Any]]]:
    """Choose the point of a fold.

    Parameters
    ----------
    records : sequence of Record
        Of its tuning fits, by point, then inner fold.

    Returns
    -------
    changes, rows
        The settings of the best point, the first of those alike; and a row a point for a table.
    """
    of_points: dict[str, list[Record]] = {}
    for record in records:
        of_points.setdefault(record["variant"].partition("-")[0], []).append(record)
    judged = [_judge(of, target) for of in of_points.values()]
    ranked = [
        tuple(-np.inf if value is None else value for value in one.values()) for one in judged
    ]
    best = max(range(len(ranked)), key=lambda number: ranked[number])
    rows = [
        {
            "fold": of[0]["fold"],
            "point": number,
            "inner_folds": len(of),
            "chosen": number == best,
            **{f"set_{name}": value for name, value in of[0]["changes"].items()},
            **said,
        }
        for number, (of, said) in enumerate(zip(of_points.values(), judged, strict=True))
    ]
    return dict(list(of_points.values())[best][0]["changes"]), rows


def _judge(records: Sequence[Record], target: Target) -> dict[str, float | None]:
    """Judge the predictions of all inner folds together; more is better, the first counts most."""
    cases = [case for record in records for case in record["predictions"]]
    y_K = np.array([case["y"] for case in cases], dtype=np.float64)
    y_hat_K = np.array([case["y_hat"] for case in cases], dtype=np.float64)
    if target.kind == "class":
        p_K = np.clip(y_hat_K, SMALLEST, 1.0 - SMALLEST)
        likely_K = np.where(y_K > 0.5, np.log(p_K), np.log(1.0 - p_K))
        return {"log_likelihood": float(likely_K.mean())}
    return {
        "ccc": concordance(y_K, y_hat_K),
        "minus_mse": -float(np.mean((y_hat_K - y_K) ** 2)),
    }
