"""Tables of numbers as other programs write them: a header line, then a row a frame.

Read in blocks of chosen columns, so that a file of any length costs no more memory than its rows.
Names are stripped of spaces and quotes; the first of two equal names counts.  An empty cell and the
spellings of NaN are NaN; anything else that is no number is an error with its row and column.
"""

# R = rows of a block, C = chosen columns

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import TrackError
from ...features.types import F64
from ..transcripts.base import HEAD_BYTES, decode_head

if TYPE_CHECKING:
    from pyarrow.csv import InvalidRow

SEPARATORS = (",", ";", "\t")
BLOCK_BYTES = 1 << 20  # text parsed at a time; arrow reads some blocks ahead: 36 MB in all
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NAN = ("nan", "NaN", "-nan", "-NaN", "nan(ind)", "-nan(ind)", "NA")  # (ind) is Microsoft's C++
EMPTY = tuple(indent + text for indent in ("", " ", "  ") for text in ("", *NAN))
_BAD_CELL = re.compile(r"column #(\d+): Row #(\d+)")


def header_of(head: str) -> tuple[tuple[str, ...], str]:
    """Split the header line of a table; say also by which of `SEPARATORS`."""
    line = next((line for line in head.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=line.count)
    cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return tuple(cell.strip() for cell in cells), separator


@dataclass(eq=False, kw_only=True)
class NumberTable:
    """A table whose header has been read."""

    path: Path
    header: tuple[str, ...]
    skip: int
    """Lines up to the header, and the header."""
    tail: str
    """The last line that is not blank."""
    cut: int = field(default=0, init=False)
    """Rows that the last pass left out: the last line where it breaks off in the middle."""
    infinite: dict[str, int] = field(default_factory=dict, init=False)
    """Infinite cells of each column that was read."""

    @classmethod
    def open(cls, path: Path) -> "NumberTable":
        """Read the header of a table.

        Raises
        ------
        TrackError
            If it is no text in UTF-8, or its columns are not separated by commas.
        """
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            file.seek(-min(path.stat().st_size, HEAD_BYTES), 2)
            end = file.read()
        text = None if head.startswith(UTF_16) else decode_head(head)
        if text is None:
            raise TrackError(f"{path.name}: is no text in UTF-8; save it as UTF-8")
        header, separator = header_of(text)
        if separator != ",":
            raise TrackError(
                f"{path.name}: its columns are separated by {separator!r}, expected ','; "
                "save it with commas"
            )
        blank = next((i for i, line in enumerate(text.splitlines()) if line.strip()), 0)
        last = end.decode("utf-8", errors="replace").rstrip().splitlines()[-1:]
        return cls(path=path, header=header, skip=blank + 1, tail="".join(last))

    def blocks(self, names: Sequence[str]) -> Iterator[tuple[int, F64]]:
        """Read columns from the start, a block of rows at a time.

        Parameters
        ----------
        names : sequence of str
            At least one, all of the header.

        Yields
        ------
        first : int
            Number of the block's first row, from 0.
        value_RC : float64 array of shape (R, C)
            NaN where the cell is empty, NaN or infinite.

        Raises
        ------
        TrackError
            If a cell is no number, or a row other than a broken last one has too few or too many.
        """
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        odd: list[int | None] = []

        def judge(row: "InvalidRow") -> str:
            if row.actual_columns < row.expected_columns and row.text.strip() == self.tail.strip():
                self.cut += 1
                return "skip"
            odd.append(row.number)
            return "error"

        self.cut = 0
        self.infinite |= dict.fromkeys(names, 0)
        keys = [str(self.header.index(name)) for name in names]
        first = 0
        try:
            reader = arrow_csv.open_csv(
                self.path,
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    skip_rows=self.skip,
                    column_names=[str(c) for c in range(len(self.header))],
                ),
                parse_options=arrow_csv.ParseOptions(invalid_row_handler=judge),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=keys,
                    column_types=dict.fromkeys(keys, pa.float64()),
                    null_values=EMPTY,
                ),
            )
            for batch in reader:
                value_RC = np.empty((batch.num_rows, len(keys)))
                for c, column in enumerate(batch.columns):
                    value_RC[:, c] = column.to_numpy(zero_copy_only=False)
                for c, count in enumerate(np.isinf(value_RC).sum(axis=0)):
                    self.infinite[names[c]] += int(count)
                value_RC[~np.isfinite(value_RC)] = np.nan
                yield first, value_RC
                first += batch.num_rows
        except pa.ArrowInvalid as error:
            raise self._bad(str(error), odd) from error

    def _bad(self, said: str, odd: Sequence[int | None]) -> TrackError:
        """Say which row is wrong; rows count from the header's 1, blank lines do not."""
        name, columns = self.path.name, len(self.header)
        if odd:
            row = f"row {odd[0]}" if odd[0] else "a row"
            return TrackError(
                f"{name}: {row} has not the {columns} columns of the header; mend or write it anew"
            )
        cell = _BAD_CELL.search(said)
        if cell is None:
            return TrackError(f"{name}: is no table of numbers below its header; write it anew")
        return TrackError(
            f"{name}: {self.header[int(cell[1])]!r} of row {cell[2]} is no number; "
            "mend or write it anew"
        )
