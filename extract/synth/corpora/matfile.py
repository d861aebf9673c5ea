"""Write a matrix as MATLAB's ``.mat`` (version 5), compressed, a column at a time.

scipy's writer puts the clock into the header and wants the whole matrix in memory.

References
----------
"MAT-File Format", The MathWorks, chapter on level 5.
"""

# F = rows, C = columns

import struct
import zlib
from collections.abc import Iterator

from ....features.types import F32

HEADER = (
    b"MATLAB 5.0 MAT-file, synthetic".ljust(116) + bytes(8) + struct.pack("<HH", 0x0100, 0x4D49)
)
INT8, INT32, UINT32, SINGLE, MATRIX, COMPRESSED = 1, 5, 6, 7, 14, 15
CLASS_SINGLE = 7


def matrix(name: str, rows: int, columns: int, column: Iterator[F32]) -> Iterator[bytes]:
    """Write one float32 matrix.

    Parameters
    ----------
    name : str
        Of the variable.
    rows, columns : int
    column : iterator of float32 arrays of shape (rows,)
        One for each column.
    """
    size = 4 * rows * columns
    head = struct.pack("<IIII", UINT32, 8, CLASS_SINGLE, 0)
    head += struct.pack("<IIii", INT32, 8, rows, columns)
    head += struct.pack("<II", INT8, len(name)) + _padded(name.encode())
    head += struct.pack("<II", SINGLE, size)
    padding = bytes(-size % 8)
    packer = zlib.compressobj(1)
    packed = [packer.compress(struct.pack("<II", MATRIX, len(head) + size + len(padding)) + head)]
    packed += [packer.compress(value_F.astype("<f4", copy=False).tobytes()) for value_F in column]
    packed.append(packer.compress(padding) + packer.flush())
    yield HEADER
    yield struct.pack("<II", COMPRESSED, sum(map(len, packed)))
    yield from packed


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 8)
