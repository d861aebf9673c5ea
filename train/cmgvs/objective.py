"""Losses of CMG-VS: the conditional ELBO, the task on both streams, and their sums.

L_consis is L1 over measured elements, L_KL the divergence from N(0, I); L_real and L_aug are the
loss of `learning.task`.  The gradient of L_aug reaches the synthesiser: that is the paper's
task-guided joint optimisation.  Where several ranks train, a batch is a rank's share, and every
mean is one over the shares of all.
"""

# B = sessions, W = words, V = visual columns, L = latents, Z = latent width

import torch
from torch import Tensor

from ..learning.task import Task
from ..parallel import summed
from ..tensors import Batch
from .recogniser import Recogniser
from .synthesiser import Synthetic


def consistency(rebuilt_BWV: Tensor, vision_BWV: Tensor, keep_BW: Tensor) -> Tensor:
    """L_consis: mean absolute difference over measured elements of real words; 0 without any."""
    measured_BWV = keep_BW[..., None] & ~vision_BWV.isnan()
    apart_BWV = (rebuilt_BWV - vision_BWV.nan_to_num(nan=0.0)).abs() * measured_BWV
    return summed(apart_BWV.sum()) / summed(measured_BWV.sum()).clamp(min=1)


def divergence(
    mean_BLZ: Tensor, log_variance_BLZ: Tensor, seen_BL: Tensor, *, free_bits: float
) -> Tensor:
    """L_KL from N(0, I): averaged over the latents that have a posterior, summed over their width.

    A dimension below `free_bits` nats costs `free_bits` and has no gradient, so that the latent is
    not emptied before the decoder uses it (Kingma et al., NeurIPS 2016, equation 15).
    """
    kl_BLZ = 0.5 * (mean_BLZ.square() + log_variance_BLZ.exp() - 1.0 - log_variance_BLZ)
    kl_Z = summed((kl_BLZ * seen_BL[..., None]).sum(dim=(0, 1)))
    mean_Z = kl_Z / summed(seen_BL.sum()).clamp(min=1)
    return mean_Z.clamp(min=free_bits).sum()


def elbo_loss(synthetic: Synthetic, batch: Batch, *, beta: float, free_bits: float) -> Tensor:
    """L_consis + beta L_KL."""
    kl = divergence(
        synthetic.mean_BLZ, synthetic.log_variance_BLZ, synthetic.seen_BL, free_bits=free_bits
    )
    l1 = consistency(synthetic.rebuilt_BWV, batch.vectors["vision"], batch.keep_BW)
    return l1 + beta * kl


def recogniser_loss(
    recogniser: Recogniser,
    batch: Batch,
    synthetic_BWV: Tensor | None,
    *,
    aug: float,
    task: Task,
) -> Tensor:
    """L_real + lambda L_aug, text and acoustics heard once; L_real alone without synthesis."""
    heard = recogniser.listen(batch)
    real = recogniser.judge(heard, batch.vectors.get("vision"))
    loss = task(real, batch)
    if synthetic_BWV is None:
        return loss
    synthetic = recogniser.judge(heard, synthetic_BWV)
    return loss + aug * task(synthetic, batch)


def guidance_loss(
    recogniser: Recogniser,
    batch: Batch,
    synthetic_BWV: Tensor,
    *,
    aug: float,
    task: Task,
) -> Tensor:
    """Lambda L_aug as the synthesiser feels it: through vision only."""
    with torch.no_grad():  # what was heard does not depend on the synthesiser
        heard = recogniser.listen(batch)
    synthetic = recogniser.judge(heard, synthetic_BWV)
    return aug * task(synthetic, batch)
