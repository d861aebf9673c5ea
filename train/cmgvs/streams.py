"""What vision the second stream of the recogniser reads, in each arm of the ablation.

The paper's arm takes all columns from the synthesiser.  The controls ask whether it matters what
is in them: noise on the real vision, or what was synthesised for another participant.
"""

# B = sessions, W = words, V = visual columns

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import TrainingError
from ..columns import VALID
from ..tensors import Batch
from .config import CmgVs

AU, POSE_GAZE = ("AU",), ("pose_", "gaze_")  # how OpenFace's columns of the two groups begin
GROUPS = {"au": AU, "pose_gaze": POSE_GAZE}


def synthetic_columns(settings: CmgVs, names: Sequence[str]) -> Tensor:
    """Say which visual columns the second stream takes from the synthesiser: (V,) true or false.

    How much of a word was measured is nothing of the face and stays real in every arm; the spread
    of a column (``AU12_r_std``) goes with the column.

    Raises
    ------
    TrainingError
        If none of them belongs to the group that `synth_columns` names.
    """
    if settings.synth_columns == "all":
        return torch.tensor([name != VALID for name in names], dtype=torch.bool)
    chosen = [name.startswith(GROUPS[settings.synth_columns]) for name in names]
    if not any(chosen):
        raise TrainingError(
            f"synth_columns={settings.synth_columns}: none of the {len(names)} visual columns that "
            f"a training fold measured begins with {' or '.join(GROUPS[settings.synth_columns])}"
        )
    return torch.tensor(chosen)


@dataclass(frozen=True, eq=False)
class SecondStream:
    """Vision of the second stream."""

    shuffled: bool
    synthetic_V: Tensor
    """Columns that are the synthesiser's."""

    def __call__(self, batch: Batch, made_BWV: Tensor) -> Tensor:
        """Mix what was made with what is real (B, W, V); gradients go on into what was made."""
        if self.shuffled:
            made_BWV = of_others(batch, made_BWV)
        return torch.where(self.synthetic_V, made_BWV, batch.vectors["vision"])


def of_others(batch: Batch, made_BWV: Tensor) -> Tensor:
    """Give each session what was made for a session of another participant, drawn at random.

    The other's words are repeated where they are fewer.  Who is alone in the batch gets NaN, which
    the networks read as "not measured".  Where several ranks train, partners are drawn among the
    rank's share; one that weighs nothing is a stand-in and nobody's partner.
    """
    apart_BB = batch.participant_B[:, None] != batch.participant_B[None, :]
    apart_BB = apart_BB & (batch.weight_B > 0.0)
    alone_B = ~apart_BB.any(dim=1)
    chance_BB = apart_BB.float() + alone_B[:, None].float()
    other_B = torch.multinomial(chance_BB, 1)[:, 0]
    words_B1 = batch.keep_BW.sum(dim=1)[other_B][:, None]
    place_BW = torch.arange(batch.keep_BW.shape[1], device=made_BWV.device) % words_B1
    taken_BWV = made_BWV[other_B[:, None], place_BW]
    return taken_BWV.masked_fill(alone_B[:, None, None], float("nan"))


@dataclass(frozen=True, eq=False)
class Noise:
    """Real vision plus noise of each column's own variance: what any perturbation would do."""

    scale_V: Tensor
    """Standard deviation of each column over the measured words of the training fold."""

    @classmethod
    def of(cls, vision_NV: Tensor) -> "Noise":
        """Measure the spread of standardised columns (N, V)."""
        measured_NV = ~vision_NV.isnan()
        count_V = measured_NV.sum(dim=0).clamp(min=1)
        value_NV = vision_NV.nan_to_num(nan=0.0)
        mean_V = value_NV.sum(dim=0) / count_V
        apart_NV = (value_NV - mean_V) * measured_NV
        return cls(scale_V=(apart_NV.square().sum(dim=0) / count_V).sqrt())

    def __call__(self, batch: Batch) -> Tensor:
        """Vision of the second stream before columns are mixed (B, W, V); NaN stays NaN."""
        vision_BWV = batch.vectors["vision"]
        return vision_BWV + self.scale_V * torch.randn_like(vision_BWV)
