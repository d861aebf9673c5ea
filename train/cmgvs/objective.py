"""Losses of CMG-VS: the conditional ELBO, the task on both streams, and their sums.

L_consis is L1 over measured elements, L_KL the divergence from N(0, I); L_real and L_aug are MSE
on the scaled score (1 - CCC on request, cross-entropy for a class), plus what the heads beside it
are asked for.  The gradient of L_aug reaches the synthesiser: that is the paper's task-guided joint
optimisation.  Where several ranks train, a batch is a rank's share, and every mean is one over the
shares of all.
"""

# B = sessions, W = words, V = visual columns, D = width, L = latents, Z = latent width, T = items'
# thresholds

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ..model import Kind
from ..parallel import gathered, summed
from ..tensors import Batch
from .heads import Outputs, thresholds_passed
from .recogniser import Recogniser
from .synthesiser import Synthetic

SMALLEST = 1e-12  # spread below which nothing varies


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


@dataclass(frozen=True)
class Task:
    """What a prediction is compared by; sessions weigh so that cases count alike."""

    kind: Kind
    """``class``: mean cross-entropy of the logit."""
    loss: Literal["mse", "ccc", "mse+ccc"] = "mse"
    """Of a score: mean squared error (the paper), 1 - CCC of the batch, or their sum."""
    class_weight: float = 0.0
    """Of the class beside a score, where there is a head for it."""
    item_weight: float = 0.0
    """Of the items' answers, where there is a head for them."""

    def __call__(self, out: Outputs, batch: Batch) -> Tensor:
        """Compare raw outputs with the labels of a batch."""
        out, weight_B = out.each(gathered), gathered(batch.weight_B)
        loss = self._of_target(out.raw_B, gathered(batch.y_B), weight_B)
        if out.class_B is not None:
            crossed = known_cross_entropy(out.class_B, gathered(batch.positive_B), weight_B)
            loss = loss + self.class_weight * crossed
        if out.above_BIT is not None:
            passed_BIT = thresholds_passed(gathered(batch.level_BI), out.above_BIT.shape[-1])
            crossed = known_cross_entropy(out.above_BIT, passed_BIT, weight_B)
            loss = loss + self.item_weight * crossed
        return loss

    def _of_target(self, out_B: Tensor, y_B: Tensor, weight_B: Tensor) -> Tensor:
        share_B = weight_B / weight_B.sum()
        if self.kind == "class":
            crossed_B = functional.binary_cross_entropy_with_logits(out_B, y_B, reduction="none")
            return (share_B * crossed_B).sum()
        mse = (share_B * (out_B - y_B).square()).sum()
        if self.loss == "mse":
            return mse
        apart = 1.0 - concordance(out_B, y_B, share_B)
        return apart if self.loss == "ccc" else mse + apart


def known_cross_entropy(logit: Tensor, truth: Tensor, weight_B: Tensor) -> Tensor:
    """Mean cross-entropy over the elements whose truth is known, each as heavy as its session.

    Parameters
    ----------
    logit, truth : Tensor of one shape, sessions first
        Truth is 1, 0, or NaN: unknown.  Such an element weighs nothing and has no gradient.
    weight_B : Tensor
        Of each session.

    Returns
    -------
    Tensor
        A scalar; 0 where nothing is known.
    """
    known = ~truth.isnan()
    weight = weight_B.reshape(-1, *[1] * (truth.ndim - 1)) * known
    crossed = functional.binary_cross_entropy_with_logits(
        logit, truth.nan_to_num(nan=0.0), reduction="none"
    )
    return (weight * crossed).sum() / weight.sum().clamp(min=SMALLEST)


def concordance(out_B: Tensor, y_B: Tensor, share_B: Tensor) -> Tensor:
    """CCC of weighted sessions (Lin, 1989); 0, without a gradient, where neither side varies.

    It is one of a batch, so it is noisier the smaller the batch, and nothing with one session.
    """
    mean_out, mean_y = (share_B * out_B).sum(), (share_B * y_B).sum()
    out_B, y_B = out_B - mean_out, y_B - mean_y
    spread = (share_B * (out_B.square() + y_B.square())).sum() + (mean_out - mean_y).square()
    return 2.0 * (share_B * out_B * y_B).sum() / spread.clamp(min=SMALLEST)


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
