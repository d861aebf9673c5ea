"""Array aliases and the unit of time that every signature in depx uses.

Axes stand in the names of variables (``x_FC``); each file opens with their legend.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

F32: TypeAlias = npt.NDArray[np.float32]
F64: TypeAlias = npt.NDArray[np.float64]
C128: TypeAlias = npt.NDArray[np.complex128]
I64: TypeAlias = npt.NDArray[np.int64]
U8: TypeAlias = npt.NDArray[np.uint8]
Bool: TypeAlias = npt.NDArray[np.bool_]

Seconds: TypeAlias = float
"""A time or a duration on the session's clock, in seconds."""
