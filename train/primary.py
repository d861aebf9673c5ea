"""The metric that stands for a run: by it model, chance and probes are told apart.

CCC of a score, AUROC of a class.  Where participants are tested one by one it is the skill, of
either: whoever leans on the mean of those who train predicts a little less for the one whose label
is a little higher, so that over folds of one person a model that knows nothing is ranked against
the labels, and its pooled correlations and AUROC lie far below chance (Parker, Guenter and Bedo,
BMC Bioinformatics 2007; Airola et al., CSDA 2011).  Squared errors do not suffer from that.
"""

from typing import TYPE_CHECKING

from ..align.dataset import Target

if TYPE_CHECKING:
    import pandas as pd

SKILL = "skill"
CHANCE = {"ccc": 0.0, "auroc": 0.5, SKILL: 0.0}
"""What a model reaches that knows nothing."""
RESOLUTION = 5e-4  # below which figures look alike in print: a ridge that says the mean is at 1e-17


def primary_of(table: "pd.DataFrame", target: Target) -> str:
    """Choose the metric for predictions as `said.table_of` lays them out."""
    if (table.groupby("fold")["participant"].nunique() == 1).all():
        return SKILL
    return "auroc" if target.kind == "class" else "ccc"


def is_above_chance(low: float | None, metric: str) -> bool | None:
    """Say whether an interval that begins at `low` lies above chance; None where it has no end."""
    return None if low is None else low > CHANCE[metric] + RESOLUTION
