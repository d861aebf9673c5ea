"""What predictions are compared by in training: the loss of a score or a class, and of more heads.

Squared error of the scaled score, Huber's, 1 - CCC of the batch, cross-entropy of a class; plus
what the heads beside it are asked for.  Where several ranks train, a batch is a rank's share, and
every mean is one over the shares of all.
"""

# B = sessions or cases, I = items, T = items' thresholds

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor
from torch.nn import functional

from ..model import Kind
from ..parallel import gathered
from .heads import Outputs, thresholds_passed
from .settings import Loss

SMALLEST = 1e-12  # spread below which nothing varies
HUBER = 0.2  # share of the scale from which on an error counts linearly: 5 of PHQ-8's 24 points


class Labels(Protocol):
    """What is known of sessions or cases; a `Batch` has it of its crops."""

    @property
    def y_B(self) -> Tensor:  # noqa: N802
        """Scaled score, or 0 | 1."""
        ...

    @property
    def weight_B(self) -> Tensor:  # noqa: N802
        """Weight in the loss."""
        ...

    @property
    def positive_B(self) -> Tensor:  # noqa: N802
        """Whether the case is positive: 1, 0, NaN where nobody knows."""
        ...

    @property
    def level_BI(self) -> Tensor:  # noqa: N802
        """Answers to the items, counted from 0; NaN where unknown."""
        ...


@dataclass(frozen=True)
class Task:
    """What a prediction is compared by; sessions weigh so that cases count alike."""

    kind: Kind
    """``class``: mean cross-entropy of the logit."""
    loss: Loss = "mse"
    """Of a score: mean squared error, 1 - CCC of the batch, their sum, or Huber's loss."""
    class_weight: float = 0.0
    """Of the class beside a score, where there is a head for it."""
    item_weight: float = 0.0
    """Of the items' answers, where there is a head for them."""

    def __call__(self, out: Outputs, batch: Labels) -> Tensor:
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
        if self.loss == "huber":
            apart_B = functional.huber_loss(out_B, y_B, reduction="none", delta=HUBER)
            return (share_B * apart_B).sum()
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
