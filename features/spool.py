"""Rows of numbers that are too many to hold: appended to a nameless file, read back by range."""

# N = rows, C = numbers a row

import weakref
from typing import IO

import numpy as np

from .types import F32

SIZE = np.dtype(np.float32).itemsize


class Spool:
    """A growing table of float32 in a file, which is closed when the table is gone.

    Plain reads and writes, no memory map: mapped pages would count as memory of the process.
    """

    def __init__(self, file: IO[bytes], width: int) -> None:
        self._file, self.width = file, width
        self.rows = 0
        weakref.finalize(self, file.close)

    def append(self, value_NC: F32) -> None:
        """Add rows (N, C) at the end."""
        self._file.seek(self.rows * self.width * SIZE)
        rows_NC = np.ascontiguousarray(value_NC, dtype=np.float32)
        self._file.write(rows_NC.data)
        self.rows += len(value_NC)

    def read(self, first: int, stop: int) -> F32:
        """Read rows `first` up to, not including, `stop`: (N, C)."""
        self._file.seek(first * self.width * SIZE)
        data = self._file.read((stop - first) * self.width * SIZE)
        return np.frombuffer(data, dtype=np.float32).reshape(-1, self.width)
