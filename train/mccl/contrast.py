"""InfoNCE between the two views of windows, in one product of matrices.

A window's views are a positive pair; its negatives are the windows of other participants.  Windows
of the same participant are neither: to push them apart would be to unlearn the person's state.
"""

# B = windows, G = windows of all ranks, E = width of a projected view

import torch
from torch import Tensor
from torch.nn import functional


def info_nce(
    one_BE: Tensor, other_BE: Tensor, participant_B: Tensor, usable_B: Tensor, *, tau: float
) -> Tensor:
    """Mean of both directions of InfoNCE (van den Oord et al., 2018) on unit vectors.

    Parameters
    ----------
    one_BE, other_BE : Tensor
        Projected views; of any length.
    participant_B : Tensor
        Number of each window's participant.
    usable_B : bool Tensor
        Windows that take part; the others are neither pairs nor negatives.
    tau : float > 0

    Returns
    -------
    Tensor
        A scalar; 0 where no window has a negative.
    """
    score_BB = functional.normalize(one_BE, dim=-1) @ functional.normalize(other_BE, dim=-1).mT
    itself_BB = torch.eye(len(participant_B), dtype=torch.bool, device=score_BB.device)
    alien_BB = participant_B[:, None] != participant_B
    allowed_BB = (itself_BB | alien_BB) & usable_B & usable_B[:, None] | itself_BB
    score_BB = (score_BB / tau).masked_fill(~allowed_BB, -torch.inf)
    forth_B, back_B = (torch.logsumexp(score_BB, dim=dim) - score_BB.diagonal() for dim in (1, 0))
    share_B = usable_B / usable_B.sum().clamp(min=1)
    return 0.5 * (share_B * (forth_B + back_B)).sum()
