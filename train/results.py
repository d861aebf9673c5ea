"""From the fits' records to the tables of a run: ``predictions.parquet``, ``curves.csv``, and more.

What the predictions are worth is judged in `depx.train.judging`.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from ..align.dataset import Target
from ..extract.store.atomic import replacing
from ..extract.store.tables import write_parquet
from . import besides
from .judging.conformal import LEVEL, around, half_widths
from .judging.groups import GROUP
from .looks import FIRST, laid_out
from .tuning import FIRST as TUNED

Row: TypeAlias = dict[str, Any]

WITHOUT = "y_hat_without_"


def prediction_rows(records: Sequence[Mapping[str, Any]], target: Target) -> list[Row]:
    """List a row a case, fold and seed, in the order seed, fold, case."""
    rows: list[Row] = [
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
            **{f"{GROUP}{name}": value for name, value in one["groups"].items()},
            **{f"{WITHOUT}{part}": y_hat for part, y_hat in one["y_hat_without"].items()},
            **besides.columns(record, one),
        }
        for record in _in_order(records)
        for one in record["predictions"]
    ]
    for row, half in zip(rows, half_widths(rows, records, target), strict=True):
        row["y_hat_low"], row["y_hat_high"] = around(row["y_hat"], half, target)
    return rows


def write_predictions(path: Path, rows: Sequence[Row], target: Target) -> None:
    """Write ``predictions.parquet``, which explains itself in its schema's metadata."""
    import pyarrow as pa

    text, number, real = pa.string(), pa.int32(), pa.float64()
    without = [
        _field(name, real, f"y_hat where {name.removeprefix(WITHOUT)} is not read at prediction")
        for name in dropped(rows)
    ]
    groups = [
        _field(name, text, f"{name.removeprefix(GROUP)} of the participant; null: nobody knows")
        for name in (rows[0] if rows else ())
        if name.startswith(GROUP)
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
            _field("y_hat_low", real, f"lower end of the {LEVEL:.0%} interval, within the scale"),
            _field("y_hat_high", real, "its upper end; null: too few residuals, or a class"),
            _field("p", real, p),
            _field("constant", real, "mean label of the fold's training and validation cases"),
            *without,
            *groups,
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


def dropped(rows: Sequence[Row]) -> list[str]:
    """Name the columns of predictions for which a modality was not read."""
    return sorted({name for row in rows for name in row if name.startswith(WITHOUT)})


def _field(name: str, kind: Any, about: str) -> Any:
    import pyarrow as pa

    return pa.field(name, kind, metadata={"about": about})
