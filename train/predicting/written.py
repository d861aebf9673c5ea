"""The file of predictions, Parquet or CSV, a row a case; it explains itself.

That it is no diagnosis stands in a column, `note`, as well as in Parquet's metadata: a column
outlives every conversion, and a comment before the header of a CSV breaks those who read it.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import StoreError, UsageError
from ...extract.store.atomic import check_plain, replacing
from ...extract.store.place import kind_of
from ...extract.store.tables import META, write_parquet
from ..besides import ITEM
from .cases import MEASURED, NOTE, Row

KIND = "predictions of depx predict"
PARQUET, CSV = ".parquet", ".csv"
BEGINS = ("case", "participant", "sessions", "y_hat")
"""First columns, by which a CSV is known again."""
TEXT, WHOLE, REAL, TRUTH = "text", "whole", "real", "truth"
COLUMNS: Mapping[str, tuple[str, str]] = {
    "case": (TEXT, "what one prediction belongs to; sessions of a case are averaged"),
    "participant": (TEXT, "whose case it is"),
    "sessions": (TEXT, "the case's sessions, with ; between them"),
    "y_hat": (REAL, "mean prediction of all fits of the run, in units of the target, not clipped"),
    "y_hat_sd": (REAL, "sample sd of the fits' predictions; null for one fit"),
    "y_hat_min": (REAL, "lowest of the fits' predictions"),
    "y_hat_max": (REAL, "highest of the fits' predictions"),
    "models": (WHOLE, "fits that were used"),
    "seen_in_training": (
        TRUTH,
        "whether any fit was trained or chosen with the participant, known by id or by recording",
    ),
    "y_hat_unseen": (
        REAL,
        "mean prediction of the fits that have not seen the participant, the one to read: y_hat "
        "where none has; null: all have",
    ),
    "y_hat_unseen_sd": (REAL, "sample sd of those fits' predictions; null for fewer than two"),
    "models_unseen": (WHOLE, "how many those are"),
    "y_hat_low": (REAL, "low end of the interval around y_hat_unseen; null: unknown"),
    "y_hat_high": (REAL, "high end of it; null: unknown"),
    "p": (
        REAL,
        "mean probability of the positive class, of the fits of y_hat_unseen; null where no class "
        "is learnt",
    ),
    "positive": (
        TRUTH,
        "called positive: y_hat_unseen by the run's rule; null: there is none, or all fits have "
        "seen the participant",
    ),
    "y": (REAL, "label, where the input has one"),
    "off_scale": (
        TRUTH,
        "y_hat_unseen lies outside of the target's scale; null: all fits have seen the participant",
    ),
    "out_of_range": (
        REAL,
        "share of measured elements beyond 5 sd of the training's, mean of fits",
    ),
    "rows": (WHOLE, "words or frames that were read"),
    "out_of_length": (TRUTH, "a session has fewer or more rows than any that was trained on"),
}


def check_output(path: Path) -> None:
    """Refuse a place that is not to be written.

    Raises
    ------
    UsageError
        If the name ends neither in .parquet nor in .csv.
    StoreError
        If what is there was not written by ``depx predict``, or the folder is a place of depx.
    """
    if path.suffix not in (PARQUET, CSV):
        raise UsageError(f"-o {path}: expected a name that ends in {PARQUET} or {CSV}")
    kind = kind_of(path.parent)
    if kind is not None:
        raise StoreError(f"{path}: lies in a {kind}, whose files are its own; choose another -o")
    check_plain(path)
    if path.exists() and not (_is_ours_parquet if path.suffix == PARQUET else _is_ours_csv)(path):
        raise StoreError(f"{path}: was not written by depx predict; choose another -o, or move it")


def write(path: Path, rows: Sequence[Row], about: Mapping[str, Any]) -> None:
    """Write predictions in the format that the name ends in; `about` goes into the metadata."""
    if path.suffix == CSV:
        with replacing(path) as written, written.open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, list(rows[0]), restval="", lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        return
    import pyarrow as pa

    kinds = {TEXT: pa.string(), WHOLE: pa.int64(), REAL: pa.float64(), TRUTH: pa.bool_()}
    fields = []
    for name in rows[0]:
        kind, meaning = _meaning(name)
        fields.append(pa.field(name, kinds[kind], metadata={"about": meaning}))
    document = {"kind": KIND, "note": NOTE, **about}
    schema = pa.schema(fields, metadata={META: json.dumps(document, sort_keys=True).encode()})
    with replacing(path) as written:
        write_parquet(pa.Table.from_pylist(list(rows), schema), written)


def _meaning(name: str) -> tuple[str, str]:
    if name in COLUMNS:
        return COLUMNS[name]
    if name.startswith(MEASURED):
        return REAL, f"share of the elements of {name.removeprefix(MEASURED)} that was measured"
    if name.startswith(ITEM):
        return REAL, f"expected answer to {name.removeprefix(ITEM)}, mean of fits"
    return TEXT, "what a prediction is for"


def _is_ours_parquet(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        return bool(json.loads(metadata.get(META, b"{}")).get("kind") == KIND)
    except (pa.ArrowInvalid, ValueError):
        return False


def _is_ours_csv(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream), [])
    except (UnicodeDecodeError, csv.Error):
        return False
    return tuple(header[: len(BEGINS)]) == BEGINS and header[-1] == "note"
