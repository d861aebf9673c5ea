"""From the fits' predictions to ``predictions.parquet`` and ``metrics.json``.

Metrics are of the pooled test predictions of all folds, one value a seed, then mean and sample
standard deviation over the seeds.  The constant that stands beside them predicts, in each fold, the
mean label of that fold's training cases.
"""

# K = cases

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..align.dataset import Target
from ..extract.store.atomic import replacing
from ..extract.store.tables import write_parquet
from . import besides
from .inside import DEFINITIONS as INSIDE
from .inside import judge_inside
from .looks import FIRST, laid_out
from .metrics import over_seeds, score_metrics, skill
from .tuning import FIRST as TUNED

Row: TypeAlias = dict[str, Any]

WITHOUT = "y_hat_without_"
DEFINITIONS = {
    "pooling": "test predictions of all folds pooled; mean and sample sd of one value a seed",
    "constant": "mean label of the fold's training cases",
    "skill": "1 - MSE / MSE of the constant; 0 is no better than the constant",
    "drop_modality": "the same fits, one modality not read when they predict",
    "f1_positive": "F1 of the positive class (binary, not macro)",
    "f1_macro": "mean of the F1 of the positive and of the others",
    "auroc": "area under the ROC curve of y_hat (of p where a class is learnt): no threshold",
    "auprc_positive": "average precision of the positive class, by the same",
    "label_rule": "who truly is positive; a predicted score is judged by positive_rule",
    "null": "undefined: a correlation with a constant, a precision where nobody is called positive",
}


def prediction_rows(records: Sequence[Mapping[str, Any]]) -> list[Row]:
    """List a row a case, fold and seed, in the order seed, fold, case."""
    return [
        {
            "case": one["case"],
            "participant": one["participant"],
            "fold": record["fold"],
            "repeat": record["repeat"],
            "seed": record["seed"],
            "split": "test",
            "y": one["y"],
            "positive": one["positive"],
            "y_hat": one["y_hat"],
            "p": one["p"],
            "constant": record["constant"],
            **{f"{WITHOUT}{part}": y_hat for part, y_hat in one["y_hat_without"].items()},
            **besides.columns(record, one),
        }
        for record in _in_order(records)
        for one in record["predictions"]
    ]


def write_predictions(path: Path, rows: Sequence[Row], target: Target) -> None:
    """Write ``predictions.parquet``, which explains itself in its schema's metadata."""
    import pyarrow as pa

    text, number, real = pa.string(), pa.int32(), pa.float64()
    dropped = [
        _field(name, real, f"y_hat where {name.removeprefix(WITHOUT)} is not read at prediction")
        for name in _dropped(rows)
    ]
    learnt = [_field(name, real, about) for name, about in besides.explained(rows).items()]
    p = "probability of the positive class; null where a score is learnt"
    if besides.has_class_head(rows, target):
        p = "probability of the positive class, by the head beside the score's"
    schema = pa.schema(
        [
            _field("case", text, "what one label belongs to; sessions of a case are averaged"),
            _field("participant", text, "who never crosses a fold"),
            _field("fold", number, "fold in which the case was tested, counted over all repeats"),
            _field("repeat", number, "of the folds, dealt anew: every case is tested in each"),
            _field("seed", number, "seed of the fit"),
            _field("split", text, "test: no fit that made the row saw the participant"),
            _field("y", real, "label, in units of the target"),
            _field("positive", pa.bool_(), "truly positive by the label rule; null: nobody knows"),
            _field("y_hat", real, "prediction, in units of the target, not clipped to its scale"),
            _field("p", real, p),
            _field("constant", real, "mean label of the fold's training cases"),
            *dropped,
            *learnt,
        ]
    )
    with replacing(path) as written:
        write_parquet(pa.Table.from_pylist(list(rows), schema), written)


def write_curves(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write ``curves.csv``: a row an epoch of each fit."""
    write_csv(path, _rows_of_fits(records, "curve"), ("seed", "fold", "stage", "epoch"))


def write_synthesis(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write ``synthesis.csv``: a row a fit, source and visual column; none if nothing was made."""
    rows = _rows_of_fits(records, "synthesis")
    _write_or_remove(path, rows, ("seed", "fold", "source", "column"))


def write_tuning(path: Path, rows: Sequence[Row]) -> None:
    """Write ``tuning.csv``: a row a fold and point of the grid; none where nothing was chosen."""
    _write_or_remove(path, rows, TUNED)


def write_looks(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write ``attention.csv``: a row a fit, window, cue and segment; none if no model says it."""
    rows = [
        {"seed": record["seed"], "fold": record["fold"], **row}
        for record in _in_order(records)
        for look in record["looks"]
        for row in laid_out(look)
    ]
    _write_or_remove(path, rows, FIRST)


def write_csv(path: Path, rows: Sequence[Row], first: Sequence[str]) -> None:
    """Write rows with the columns `first` before the others; what is undefined is an empty cell."""
    others = {name for row in rows for name in row} - set(first)
    with replacing(path) as written, written.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, [*first, *sorted(others)], restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _write_or_remove(path: Path, rows: Sequence[Row], first: Sequence[str]) -> None:
    if rows:
        write_csv(path, rows, first)
    else:
        path.unlink(missing_ok=True)


def _rows_of_fits(records: Sequence[Mapping[str, Any]], name: str) -> list[Row]:
    return [
        {"seed": record["seed"], "fold": record["fold"], **row}
        for record in _in_order(records)
        for row in record[name]
    ]


def _in_order(records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(records, key=lambda record: (record["seed"], record["fold"]))


def judge_run(
    records: Sequence[Mapping[str, Any]], target: Target, counts: Mapping[str, int | None]
) -> dict[str, Any]:
    """Compute ``metrics.json``."""
    rows = prediction_rows(records)
    seeds = sorted({row["seed"] for row in rows})
    judged = {
        name: [
            _judge([row for row in rows if row["seed"] == seed], column, target) for seed in seeds
        ]
        for name, column in (("model", "y_hat"), ("constant", "constant"))
    }
    for model, constant in zip(judged["model"], judged["constant"], strict=True):
        model["skill"] = skill(model, constant)
    document: dict[str, Any] = {}
    for name, runs in judged.items():
        mean, sd = over_seeds(runs)
        document[name] = {"mean": mean, "sd": sd, "seeds": runs}
    document["drop_modality"] = {}
    for name in _dropped(rows):
        of_seeds = [[row for row in rows if row["seed"] == seed] for seed in seeds]
        mean, sd = over_seeds([_judge(of_seed, name, target) for of_seed in of_seeds])
        document["drop_modality"][name.removeprefix(WITHOUT)] = {"mean": mean, "sd": sd}
    learnt, inside = besides.judge(rows, target), judge_inside(records)
    first = [row for row in rows if row["seed"] == seeds[0]]
    known = [row["positive"] for row in first if row["positive"] is not None]
    unknown = (
        {"positives_unknown": len(first) - len(known)} if target.positive_by == "released" else {}
    )
    return {
        "target": target.name,
        "kind": target.kind,
        "positive_rule": target.positive_rule or None,
        "label_rule": target.label_rule or None,
        "counts": {
            **counts,
            "positives": sum(known) if target.positive_rule else None,
            **unknown,
            "seeds": len(seeds),
        },
        "definitions": DEFINITIONS
        | {name: besides.DEFINITIONS[name] for name in learnt}
        | {name: INSIDE[name] for name in inside},
        **document,
        **learnt,
        **inside,
    }


def _dropped(rows: Sequence[Row]) -> list[str]:
    """Name the columns of predictions for which a modality was not read."""
    return sorted({name for row in rows for name in row if name.startswith(WITHOUT)})


def _judge(rows: Sequence[Row], column: str, target: Target) -> dict[str, float | None]:
    y_K = np.array([row["y"] for row in rows], dtype=np.float64)
    y_hat_K = np.array([row[column] for row in rows], dtype=np.float64)
    metrics = score_metrics(y_K, y_hat_K)
    if not target.positive_rule:
        return metrics
    called_K = y_hat_K >= besides.THRESHOLD if target.kind == "class" else target.positive(y_hat_K)
    return metrics | besides.judge_detection(rows, np.asarray(called_K, np.bool_), y_hat_K)


def _field(name: str, kind: Any, about: str) -> Any:
    import pyarrow as pa

    return pa.field(name, kind, metadata={"about": about})
