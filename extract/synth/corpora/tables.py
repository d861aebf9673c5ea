"""Write wide tables of numbers as text, fast: as C++ streams and MATLAB print them.

Numbers are rounded to a count of significant digits; arrow then prints the shortest text that reads
back as the same float32, which has no more digits than that.  Small numbers stand as 0.00001 where
C++ writes 1e-05.
"""

# C = columns, R = rows

import io
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ....features.types import F32, F64

BLOCK_R = 4096  # rows printed at a time
LARGEST = 9  # numbers have at most so many digits before the point
SCALES = 10.0 ** np.arange(-LARGEST, 16)


def significant(x: F32 | F64, digits: int) -> F32:
    """Round each number to `digits` significant ones (at most 6); NaN and infinity stay."""
    size = np.abs(x)
    ahead = np.zeros(x.shape, dtype=np.int8)  # digits before the point, less one
    for power in range(1, LARGEST):
        if not (size >= 10.0**power).any():
            break
        ahead += size >= 10.0**power
    for power in range(0, -5, -1):
        small = size < 10.0**power
        if not small.any():
            break
        ahead -= small
    scale = SCALES[digits - 1 - ahead + LARGEST]
    return np.asarray(np.rint(x * scale) / scale, dtype=np.float32)


def table(
    header: str,
    columns: Sequence[npt.NDArray[np.generic]],
    *,
    separator: str,
    digits: int = 6,
    nan: str = "nan",
    infinity: str = "Inf",
) -> Iterator[bytes]:
    """Print a table in blocks.

    Parameters
    ----------
    header : str
        The first line without its end; empty for none.
    columns : sequence of arrays of shape (R,)
        Floats are rounded to `digits` significant ones; integers are printed as they are.
    separator : str
        Between columns; may be longer than one character, as OpenFace 1's ``", "``.
    nan, infinity : str
        How NaN and infinity are spelled.
    """
    import pyarrow as pa
    from pyarrow import csv

    if header:
        yield header.encode() + b"\n"
    names = [str(c) for c in range(len(columns))]
    plain = csv.WriteOptions(include_header=False, quoting_style="none", delimiter=separator[0])
    for first in range(0, len(columns[0]), BLOCK_R):
        block = []
        odd = False
        for column in columns:
            value_R = column[first : first + BLOCK_R]
            if np.issubdtype(value_R.dtype, np.floating):
                rounded_R = significant(value_R.astype(np.float64), digits)
                odd |= not np.isfinite(rounded_R).all()
                block.append(pa.array(rounded_R))
            else:
                block.append(pa.array(value_R))
        printed = io.BytesIO()
        csv.write_csv(pa.table(block, names=names), printed, plain)
        text = printed.getvalue()
        if odd:
            text = text.replace(b"nan", nan.encode()).replace(b"inf", infinity.encode())
        if len(separator) > 1:
            text = text.replace(separator[:1].encode(), separator.encode())
        yield text
