"""The 74 columns in COVAREP's order, and what becomes of them where nobody's voice sounds.

COVAREP itself masks nothing: without voice F0 is a guess, and what is measured at glottal closures
is drawn straight across the gap.
"""

# F = rows, C = columns

from typing import Literal

import numpy as np

from ...columns import Column, names
from ...types import F32, Bool

GROUP = "covarep"
MCEPS, MEANS, DEVIATIONS = 25, 25, 13

_UNITS = {
    "F0": "Hz",
    "VUV": "0|1",
    "NAQ": "1",
    "QOQ": "1",
    "H1H2": "dB",
    "PSP": "1",
    "MDQ": "1",
    "peakSlope": "1",
    "Rd": "1",
    "Rd_conf": "0..1",
    "creak": "0..1",
}

COLUMNS = (
    *(Column(name, unit, GROUP) for name, unit in _UNITS.items()),
    *(Column(f"MCEP_{i}", "Np", GROUP) for i in range(MCEPS)),
    *(Column(f"HMPDM_{i}", "rad", GROUP) for i in range(MEANS)),
    *(Column(f"HMPDD_{i}", "1", GROUP) for i in range(DEVIATIONS)),
)
"""Order of COVAREP and of DAIC-WOZ's ``_COVAREP.csv``."""

MASKED = frozenset(_UNITS) - {"VUV"}
"""Columns that mean nothing where VUV is 0; the envelope and the phases are kept."""

Mask = Literal["nan", "zero", "keep"]


def index(name: str) -> int:
    """Find a column."""
    return names(COLUMNS).index(name)


def masked(value_FC: F32, voiced_F: Bool, how: Mask) -> F32:
    """Mark what was not voiced.

    Parameters
    ----------
    value_FC : float32 array of shape (F, 74)
    voiced_F : bool array of shape (F,)
    how : "nan", "zero" or "keep"
        NaN, 0, or the numbers as they are.

    Returns
    -------
    float32 array of shape (F, 74)
        A copy.
    """
    marked_FC = value_FC.copy()
    if how != "keep":
        marked_C = np.array([column.name in MASKED for column in COLUMNS])
        marked_FC[np.ix_(~voiced_F, marked_C)] = np.nan if how == "nan" else 0.0
    return marked_FC
