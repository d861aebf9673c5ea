"""Tables of numbers as other programs write them: perhaps a header line, then a row a frame.

Read in blocks of chosen columns, so that a file of any length costs no more memory than its rows.
Names are stripped of spaces and quotes; the first of two equal names counts.  An empty cell and the
spellings of NaN are NaN; anything else that is no number is an error with its row and column.  Only
a last line that breaks off in the middle is left out, and counted: who wrote it was interrupted.
"""

# R = rows of a block, C = chosen columns

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import TrackError
from ...features.types import F64
from ..transcripts.decoding import HEAD_BYTES, decode_head

if TYPE_CHECKING:
    from pyarrow.csv import InvalidRow

SEPARATORS = (",", ";", "\t")
BLOCK_BYTES = 1 << 20  # text parsed at a time; arrow reads some blocks ahead: 36 MB in all
TAIL_BYTES = 4 * HEAD_BYTES
MOST = float(np.finfo(np.float32).max)
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ODD = tuple(f"{what}{'0' * n}" for what in ("IND", "QNAN", "SNAN", "INF") for n in range(7))
NAN = (
    *("nan", "NaN", "NAN", "-nan", "-NaN", "nan(ind)", "-nan(ind)", "NA"),
    *(f"{sign}1.#{what}" for sign in ("", "-") for what in _ODD),
)
"""The odd ones are of Microsoft's C++, with a ``#`` up to 2013, filled up to the precision."""
EMPTY = tuple(indent + text for indent in ("", " ", "  ") for text in ("", *NAN))
_IS_EMPTY = frozenset(EMPTY)
_BAD_CELL = re.compile(r"column #(\d+): Row #(\d+)")


def header_of(head: str) -> tuple[tuple[str, ...], str]:
    """Split the header line of a table; say also by which of `SEPARATORS`."""
    line = next((line for line in head.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=line.count)
    cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return tuple(cell.strip() for cell in cells), separator


@lru_cache(maxsize=1)  # several formats look at the same beginning, one after the other
def numbers_of(head: str) -> tuple[tuple[float, ...], ...]:
    """Read the rows of a table that has no header; none where a cell is no number.

    Parameters
    ----------
    head : str
        The beginning of a file; its last line may be cut, and does not count then.
    """
    lines = head.splitlines()
    whole = lines if len(lines) == 1 or head.endswith(("\n", "\r")) else lines[:-1]
    separator = header_of(head)[1]
    try:
        return tuple(tuple(map(_number, line.split(separator))) for line in whole if line.strip())
    except ValueError:
        return ()


def told(head: str) -> str:
    """Say in a few words what a file holds, by its head; never a value of it."""
    if not head.strip():
        return "nothing"
    widths = sorted({len(row) for row in numbers_of(head)})
    if widths:
        return f"{' or '.join(map(str, widths))} number{'s' * (widths != [1])} a row"
    columns = len(header_of(head)[0])
    return f"a header of {columns} column{'s' * (columns != 1)}"


def _number(cell: str) -> float:
    return float("nan") if cell in _IS_EMPTY else float(cell)


def _unfinished(cell: str) -> bool:
    """Say whether a cell is the beginning of a number that was not written to its end."""
    cell = cell.strip()
    if is_number(cell):
        return False
    return is_number(cell + "0") or any(word.startswith(cell) for word in (*NAN, "-Inf", "-inf"))


def is_number(cell: str) -> bool:
    """Say whether a cell is a number, empty, or a spelling of NaN."""
    try:
        _number(cell)
    except ValueError:
        return False
    return True


@dataclass(eq=False, kw_only=True)
class NumberTable:
    """A table whose header has been read."""

    path: Path
    header: tuple[str, ...]
    separator: str
    skip: int
    """Lines up to the header, and the header."""
    stop: int
    """Bytes up to the end of the last whole line."""
    cut: int
    """Rows that are left out: the last line where it breaks off in the middle."""
    infinite: dict[str, int] = field(default_factory=dict, init=False)
    """Infinite cells of each column, or beyond float32; Microsoft's ``1.#INF`` is among the NaN."""
    nan: int = field(default=0, init=False)
    """Cells that were read and are empty or NaN."""

    @classmethod
    def open(
        cls, path: Path, *, columns: Sequence[str] = (), separators: Sequence[str] = (",",)
    ) -> "NumberTable":
        """Read the header of a table, and how it ends.

        Parameters
        ----------
        path : Path
        columns : sequence of str
            Of a table that has no header line.
        separators : sequence of str
            Those that may stand between columns.

        Raises
        ------
        TrackError
            If it is no text in UTF-8, or its columns are not separated by one of `separators`.
        """
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            file.seek(-min(size, TAIL_BYTES), 2)  # a row of thousands of numbers fits in
            end = file.read()
        text = None if head.startswith(UTF_16) or b"\0" in head else decode_head(head)
        if text is None:
            raise TrackError(f"{path.name}: is no text in UTF-8; save it as UTF-8")
        header, separator = header_of(text)
        if separator not in separators:
            expected = " or ".join(map(repr, separators))
            raise TrackError(
                f"{path.name}: its columns are separated by {separator!r}, expected {expected}; "
                f"save it with {'commas' if separators == (',',) else expected}"
            )
        blank = next((i for i, line in enumerate(text.splitlines()) if line.strip()), 0)
        skip = 0 if columns else blank + 1
        whole, torn = _ending(end, separator, len(columns or header))
        torn = torn and len(text.splitlines()) > skip  # the header is no row
        return cls(
            path=path,
            header=tuple(columns) or header,
            separator=separator,
            skip=skip,
            stop=size - len(end) + whole if torn else size,
            cut=int(torn),
        )

    def renamed(self, header: tuple[str, ...]) -> "NumberTable":
        """Give the columns other names, by their places."""
        return replace(self, header=header)

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
            If a cell is no number, or a row has too few or too many.
        """
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        odd: list[int | None] = []

        def judge(row: "InvalidRow") -> str:
            if not row.text.strip():
                return "skip"
            odd.append(row.number)
            return "error"

        self.infinite |= dict.fromkeys(names, 0)
        place = {name: str(c) for c, name in reversed(list(enumerate(self.header)))}
        keys = [place[name] for name in names]
        first = 0
        try:
            reader = arrow_csv.open_csv(
                pa.OSFile(str(self.path)).get_stream(0, self.stop),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    skip_rows=self.skip,
                    column_names=[str(c) for c in range(len(self.header))],
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.separator, invalid_row_handler=judge
                ),
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
                value_RC[np.abs(value_RC) > MOST] = np.inf  # in the 32 bits of a track
                self.nan += int(np.isnan(value_RC).sum())
                for c, count in enumerate(np.isinf(value_RC).sum(axis=0)):
                    self.infinite[names[c]] += int(count)
                value_RC[~np.isfinite(value_RC)] = np.nan
                yield first, value_RC
                first += batch.num_rows
        except pa.ArrowInvalid as error:
            raise self._bad(str(error), odd) from error

    def _bad(self, said: str, odd: Sequence[int | None]) -> TrackError:
        """Say which row is wrong; rows count from the file's first, blank lines do not."""
        name, columns = self.path.name, len(self.header)
        if odd:
            row = f"row {odd[0]}" if odd[0] else "a row"
            return TrackError(
                f"{name}: {row} has not the {columns} columns of the "
                f"{'header' if self.skip else 'format'}; mend or write it anew"
            )
        cell = _BAD_CELL.search(said)
        if cell is None:
            return TrackError(f"{name}: holds something that is no table of numbers; write it anew")
        return TrackError(
            f"{name}: {self.header[int(cell[1])]!r} of row {cell[2]} is no number; "
            "mend or write it anew"
        )


def _ending(end: bytes, separator: str, columns: int) -> tuple[int, bool]:
    """Say where the last line of a file's last bytes begins, and whether it breaks off."""
    body = end.rstrip()
    first = max(body.rfind(b"\n"), body.rfind(b"\r")) + 1
    line = body[first:].decode("utf-8", errors="replace")
    cells = next(csv.reader([line], delimiter=separator), [])
    torn = 0 < len(cells) < columns
    torn |= len(cells) == columns and body == end and _unfinished(cells[-1])
    return first, torn
