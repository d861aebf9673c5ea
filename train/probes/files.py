"""What probes say of each case, as ``probes.parquet``."""

from collections.abc import Sequence
from pathlib import Path

from ...extract.store.atomic import replacing
from ...extract.store.tables import write_parquet
from .probe import Row


def write_probes(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows of the probes, in their order; the schema's metadata explains each column."""
    import pyarrow as pa

    text, number, real = pa.string(), pa.int32(), pa.float64()
    columns = (
        ("probe", text, "which probe; metrics.json says what it reads"),
        ("case", text, "what one label belongs to; sessions of a case are averaged"),
        ("participant", text, "who never crosses a fold"),
        ("repeat", number, "of the folds, dealt anew"),
        ("fold", number, "fold in which the case was tested, counted over all repeats"),
        ("seed", number, "seed of the fit; null: all seeds of the model share the row"),
        ("y", real, "label, in units of the target; of permuted: the label that was dealt"),
        ("positive", pa.bool_(), "truly positive by the label rule; null: nobody knows"),
        ("y_hat", real, "prediction, in units of the target; a class: 0..1"),
    )
    schema = pa.schema(
        [pa.field(name, kind, metadata={"about": about}) for name, kind, about in columns]
    )
    with replacing(path) as written:
        write_parquet(pa.Table.from_pylist(list(rows), schema), written)
