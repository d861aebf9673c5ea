"""What a report is made of: the files of a run, read once."""

# K = cases

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...align.dataset import Target
from ...extract.pages.blocks import Estimate
from ...extract.store.atomic import read_json, read_sealed
from ...extract.store.place import FITS
from ...features.types import F64
from ..judging.thresholds import cut_off
from ..place import ATTENTION_PICTURE, METRICS, PREDICTIONS, TUNING
from ..said import draws_of, read_predictions
from ..table import NAMES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Finished:
    """A run whose files are all there, but for the report and the marker."""

    about: Mapping[str, Any]
    """As ``run.json`` has it."""
    metrics: Mapping[str, Any]
    """As ``metrics.json`` has them."""
    table: "pd.DataFrame"
    """As ``predictions.parquet`` has them, cases in the same order in every draw."""
    records: Sequence[Mapping[str, Any]]
    """Of the fits that made the predictions, by seed, then fold."""
    tuning: Sequence[Mapping[str, str]]
    """Rows of ``tuning.csv``; none where no settings were chosen."""
    attention: bytes
    """``attention.png``; empty where no model says where it looked."""

    @property
    def target(self) -> Target:
        """Say what was learnt."""
        return Target(**self.about["target"])

    @property
    def counts(self) -> Mapping[str, Any]:
        """Say how many of what there are."""
        return {**self.about["counts"], **self.metrics["counts"]}

    @property
    def primary(self) -> str:
        """Name the metric that stands for the run; another where that is undefined."""
        asked = self.metrics["primary"]
        mean = self.metrics["model"]["mean"]
        return (
            asked if mean.get(asked) is not None else next(name for name in NAMES if name in mean)
        )

    @property
    def cut_off(self) -> float | None:
        """Give the score at which labels and predictions are parted; None of a class."""
        if self.target.kind == "class" or not self.target.positive_rule:
            return None
        rule = cut_off(self.target)
        return None if rule is None else rule[1]


@dataclass(frozen=True, eq=False, kw_only=True)
class Cases:
    """What a run says of its cases, averaged over the draws."""

    case_K: Sequence[str]
    participant_K: Sequence[str]
    y_K: F64
    y_hat_K: F64
    sd_K: F64
    """Over draws; NaN where there is one."""
    low_K: F64
    high_K: F64
    """Conformal interval; NaN where there is none."""


def read_run(place: Path, about: Mapping[str, Any]) -> Finished:
    """Read the files of a run.

    Parameters
    ----------
    place : Path
        Folder of the run; its marker may not be written yet.
    about : mapping
        As ``run.json`` has it, its files among it.

    Raises
    ------
    DamagedError
        If a file is not whole.
    """
    records = [read_sealed(place / name) for name in about["files"] if Path(name).match(FITS[0])]
    picture, tuning = place / ATTENTION_PICTURE, place / TUNING
    return Finished(
        about=json.loads(json.dumps(about, sort_keys=True)),  # as it will be read back
        metrics=read_json(place / METRICS),
        table=read_predictions(place / PREDICTIONS),
        records=sorted(
            (record for record in records if not record["variant"]),
            key=lambda record: (record["seed"], record["fold"]),
        ),
        tuning=_rows(tuning) if tuning.is_file() else [],
        attention=picture.read_bytes() if picture.is_file() else b"",
    )


def fit_name(record: Mapping[str, Any]) -> str:
    """Name a fit as its files are named, without their ending."""
    return f"fold{record['fold']}-seed{record['seed']}"


def estimate(judged: Mapping[str, Any], name: str) -> Estimate:
    """Take a metric's mean over draws and its interval, of a part of ``metrics.json``."""
    low, high = (judged.get(end, {}).get(name) for end in ("low", "high"))
    return Estimate(value=judged["mean"].get(name), low=low, high=high)


def cases_of(run: Finished) -> Cases:
    """Average the predictions of each case over the draws."""
    draws = draws_of(run.table)
    y_hat_QK = np.stack([rows["y_hat"].to_numpy(dtype=np.float64) for rows in draws])
    one = draws[0]
    return Cases(
        case_K=one["case"].tolist(),
        participant_K=one["participant"].tolist(),
        y_K=one["y"].to_numpy(dtype=np.float64),
        y_hat_K=y_hat_QK.mean(axis=0),
        sd_K=np.full(len(one), np.nan) if len(draws) < 2 else y_hat_QK.std(axis=0, ddof=1),
        low_K=_mean_of(draws, "y_hat_low"),
        high_K=_mean_of(draws, "y_hat_high"),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _mean_of(draws: "Sequence[pd.DataFrame]", column: str) -> F64:
    """Average a column over the draws; NaN where any of them has none."""
    if column not in draws[0]:
        return np.full(len(draws[0]), np.nan)
    value_QK = np.stack([rows[column].to_numpy(dtype=np.float64) for rows in draws])
    mean_K: F64 = value_QK.mean(axis=0)
    return mean_K
