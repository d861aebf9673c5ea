"""The columns of one session as numpy arrays that share memory with what was read.

A column of numbers is (rows,), of vectors (rows, width): float16, float32, float64 or int32 as the
file has it.  Nothing is copied after the file was decoded, and the arrays may be written to, so
``torch.from_numpy`` takes them as they are; what is changed there changes no file and no other
session.  Three kinds of columns have no numpy form of their own and are made when asked for: texts
(objects, None where there is none), 0 | 1 (Arrow packs eight in a byte), and numbers with gaps
(float64, NaN in the gaps).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

Array: TypeAlias = npt.NDArray[Any]

SHOWN = 12  # names in a message


class SessionArrays:
    """What was asked for of one session: ``arrays["start_s"]``, ``arrays["face"]``.

    A column goes by its name; a modality by its own, which means the vector that models read.
    """

    def __init__(
        self, session: str, table: "pa.Table", modalities: Mapping[str, str], where: Path
    ) -> None:
        """Take the columns as read.

        Parameters
        ----------
        session : str
        table : pa.Table
        modalities : mapping of modality to the column that models read
        where : Path
            The view, for messages.
        """
        self.session = session
        self.rows: int = table.num_rows
        self.columns: tuple[str, ...] = tuple(table.schema.names)
        self._table = table
        self._column = {m: column for m, column in modalities.items() if column in self.columns}
        self._where = where

    def __getitem__(self, name: str) -> Array:
        """Give a column by its name or its modality's."""
        column = self._column.get(name, name)
        if column not in self.columns:
            raise no_column(name, (*self._column, *self.columns), self._where)
        return to_numpy(self._table[column])

    def __contains__(self, name: object) -> bool:
        """Whether a column, or the vector of a modality, was read."""
        return name in self._column or name in self.columns

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the columns."""
        return iter(self.columns)


def no_column(name: str, there: tuple[str, ...], where: Path) -> UsageError:
    """Say which columns there are instead."""
    names = tuple(dict.fromkeys(there))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return UsageError(f"{where}: no column {name!r}, got {', '.join(names[:SHOWN])}{more}")


def to_numpy(column: "pa.ChunkedArray") -> Array:
    """Turn a column of Arrow into numpy; see the head of the module for when it is a copy."""
    import pyarrow as pa

    chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if pa.types.is_fixed_size_list(chunk.type):
        return _shared(chunk.flatten()).reshape(len(chunk), chunk.type.list_size)
    is_number = pa.types.is_floating(chunk.type) or pa.types.is_integer(chunk.type)
    if is_number and chunk.null_count == 0:
        return _shared(chunk)
    if is_number:
        chunk = chunk.cast(pa.float64())
    made: Array = chunk.to_numpy(zero_copy_only=False)
    return made


def _shared(values: "pa.Array") -> Array:
    """Lay an array over Arrow's own memory: unlike `to_numpy` it may be written to."""
    kind = np.dtype(values.type.to_pandas_dtype())
    if len(values) == 0:
        return np.empty(0, kind)
    return np.frombuffer(
        values.buffers()[1], kind, count=len(values), offset=values.offset * kind.itemsize
    )
