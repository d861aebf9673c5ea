"""Losses of CMG-VS: the conditional ELBO, the task on both streams, and their sums.

L_consis is L1 over measured elements, L_KL the divergence from N(0, I); L_real and L_aug are MSE
on the scaled score (cross-entropy for a class).  The gradient of L_aug reaches the synthesiser:
that is the paper's task-guided joint optimisation.
"""

# B = sessions, W = words, V = visual columns, D = width, L = latents, Z = latent width

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ..tensors import Batch
from .recogniser import Recogniser
from .synthesiser import Synthetic


def consistency(rebuilt_BWV: Tensor, vision_BWV: Tensor, keep_BW: Tensor) -> Tensor:
    """L_consis: mean absolute difference over measured elements of real words; 0 without any."""
    measured_BWV = keep_BW[..., None] & ~vision_BWV.isnan()
    apart_BWV = (rebuilt_BWV - vision_BWV.nan_to_num(nan=0.0)).abs() * measured_BWV
    return apart_BWV.sum() / measured_BWV.sum().clamp(min=1)


def divergence(
    mean_BLZ: Tensor, log_variance_BLZ: Tensor, seen_BL: Tensor, *, free_bits: float
) -> Tensor:
    """L_KL from N(0, I): averaged over the latents that have a posterior, summed over their width.

    A dimension below `free_bits` nats costs `free_bits` and has no gradient, so that the latent is
    not emptied before the decoder uses it (Kingma et al., NeurIPS 2016, equation 15).
    """
    kl_BLZ = 0.5 * (mean_BLZ.square() + log_variance_BLZ.exp() - 1.0 - log_variance_BLZ)
    mean_Z = (kl_BLZ * seen_BL[..., None]).sum(dim=(0, 1)) / seen_BL.sum().clamp(min=1)
    return mean_Z.clamp(min=free_bits).sum()


def elbo_loss(synthetic: Synthetic, batch: Batch, *, beta: float, free_bits: float) -> Tensor:
    """L_consis + beta L_KL."""
    kl = divergence(
        synthetic.mean_BLZ, synthetic.log_variance_BLZ, synthetic.seen_BL, free_bits=free_bits
    )
    l1 = consistency(synthetic.rebuilt_BWV, batch.vectors["vision"], batch.keep_BW)
    return l1 + beta * kl


def task_loss(out_B: Tensor, batch: Batch, kind: Literal["score", "class"]) -> Tensor:
    """Weighted mean over the sessions: squared error of the score, cross-entropy of the class."""
    if kind == "score":
        loss_B = (out_B - batch.y_B).square()
    else:
        loss_B = functional.binary_cross_entropy_with_logits(out_B, batch.y_B, reduction="none")
    return (loss_B * batch.weight_B).sum() / batch.weight_B.sum()


def recogniser_loss(
    recogniser: Recogniser,
    batch: Batch,
    synthetic_BWV: Tensor | None,
    *,
    aug: float,
    kind: Literal["score", "class"],
) -> Tensor:
    """L_real + lambda L_aug, text and acoustics heard once; L_real alone without synthesis."""
    heard_B1D = recogniser.listen(batch)
    real_B = recogniser.judge(heard_B1D, batch.vectors.get("vision"), batch.keep_BW)
    loss = task_loss(real_B, batch, kind)
    if synthetic_BWV is None:
        return loss
    synthetic_B = recogniser.judge(heard_B1D, synthetic_BWV, batch.keep_BW)
    return loss + aug * task_loss(synthetic_B, batch, kind)


def guidance_loss(
    recogniser: Recogniser,
    batch: Batch,
    synthetic_BWV: Tensor,
    *,
    aug: float,
    kind: Literal["score", "class"],
) -> Tensor:
    """Lambda L_aug as the synthesiser feels it: through vision only."""
    with torch.no_grad():  # what was heard does not depend on the synthesiser
        heard_B1D = recogniser.listen(batch)
    synthetic_B = recogniser.judge(heard_B1D, synthetic_BWV, batch.keep_BW)
    return aug * task_loss(synthetic_B, batch, kind)
