"""The ends of the questionnaires' scales, and of their items; one place for all stages."""

from collections.abc import Mapping

from .cmdc import ITEMS as PHQ9_ITEMS
from .daic_woz import ITEMS as PHQ8_ITEMS
from .edaic import PCLC

CLASSES = ("phq8_binary", "ptsd_binary", "mdd", "depressed")
RANGES: Mapping[str, tuple[float, float]] = {
    "phq8": (0, 24),  # Kroenke et al., J. Affect. Disord. 114 (2009)
    "phq9": (0, 27),  # Kroenke et al., J. Gen. Intern. Med. 16 (2001)
    "bdi2": (0, 63),  # Beck et al., BDI-II manual (1996)
    "hamd17": (0, 52),  # Hamilton (1960)
    "ptsd_severity": (17, 85),  # PCL-C, 17 items of 1..5
    **dict.fromkeys(CLASSES, (0, 1)),
    **dict.fromkeys((*PHQ8_ITEMS, *PHQ9_ITEMS), (0, 3)),
    **dict.fromkeys(PCLC, (1, 5)),
}
"""Column of a label table -> the least and the greatest number that it may hold."""
SUMS: Mapping[str, tuple[str, ...]] = {
    "phq8": PHQ8_ITEMS,
    "phq9": PHQ9_ITEMS,
    "ptsd_severity": PCLC,
}
"""Total -> the items that it is the sum of."""
