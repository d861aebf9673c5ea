"""Finished runs whose predictions are drawn at random: nothing is trained."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from depx.extract.store.atomic import write_sealed
from depx.extract.store.key import digest, sha256_file

SCORE = {"name": "phq8", "kind": "score", "min": 0.0, "max": 24.0, "positive_rule": ">=10"}
CLASS = {"name": "depressed", "kind": "class", "min": 0.0, "max": 1.0, "positive_rule": "==1"}


@pytest.fixture
def predictions() -> Callable[..., pd.DataFrame]:
    """Make predictions of a score (or class), the label plus noise, in the order of draw and case.

    `shared` is noise that all draws have alike: of the participants, not of training.
    """

    def make(
        *,
        seed: int = 0,
        participants: int = 12,
        cases: int = 2,
        draws: int = 3,
        noise: float = 3.0,
        shared: float = 0.0,
        drawn: float = 0.0,
        kind: str = "score",
    ) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        count = participants * cases
        y_K = np.arange(count) * 23 % 25.0
        if kind == "class":
            y_K = (y_K >= 10).astype(float)
        shared_K = shared * np.repeat(rng.standard_normal(participants), cases)
        tables = []
        for draw in range(draws):
            y_hat_K = y_K + shared_K + noise * rng.standard_normal(count)
            y_hat_K += drawn * rng.standard_normal()
            if kind == "class":
                y_hat_K = 1.0 / (1.0 + np.exp(-4.0 * (y_hat_K - 0.5)))
            tables.append(
                pd.DataFrame(
                    {
                        "case": [f"c{k:02d}" for k in range(count)],
                        "participant": [f"p{k // cases:02d}" for k in range(count)],
                        "fold": 0,
                        "repeat": 0,
                        "seed": draw,
                        "split": "test",
                        "y": y_K,
                        "positive": y_K >= (1 if kind == "class" else 10),
                        "y_hat": y_hat_K,
                        "p": y_hat_K if kind == "class" else np.nan,
                        "constant": y_K.mean(),
                    }
                )
            )
        return pd.concat(tables, ignore_index=True)

    return make


@pytest.fixture
def simulated(tmp_path: Path, predictions: Callable[..., pd.DataFrame]) -> Callable[..., Path]:
    """Write predictions as a finished run; `change` is made to them before."""

    def make(
        name: str,
        *,
        target: Mapping[str, Any] | None = None,
        change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table,
        folds: str = "folds",
        dataset: str = "dataset",
        **of: Any,
    ) -> Path:
        place = tmp_path / name
        place.mkdir(parents=True)
        table = place / "predictions.parquet"
        learnt = CLASS if of.get("kind") == "class" else SCORE
        change(predictions(**of)).to_parquet(table)
        write_sealed(
            place / "run.json",
            {
                "place": "run",
                "schema": 1,
                "key": digest([name, folds, dataset]),
                "model": "cmg-vs",
                "dataset": dataset,
                "target": {**learnt, "positive_by": "rule", "released": None, **(target or {})},
                "protocol": {"hash": folds},
                "files": {table.name: {"sha256": sha256_file(table)}},
            },
        )
        return place

    return make
