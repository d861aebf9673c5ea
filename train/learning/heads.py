"""What the recogniser says of a case: its score or class, and on request its class and its items.

All heads read one representation.  An item's answer is ordinal: one direction an item and a falling
row of thresholds, so that P(answer above k) never rises with k (the rank consistency of CORAL: Cao,
Mirjalili and Raschka, Pattern Recognition Letters 140, 2020).
"""

# B = sessions, D = width, I = items, T = thresholds (levels - 1)

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..model import Kind

STD = 0.02  # of the first weights: predictions begin around what `Start` says
NARROWEST = 1e-2  # gap in logits between two thresholds at the start, where nobody answers between


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Start:
    """What the heads say before they have learnt; which heads there are beside the first."""

    raw: float = 0.0
    """Scaled score, or logit of the class."""
    class_logit: float | None = None
    """Logit of the positive class beside a score; None: no such head."""
    above_IT: Tensor | None = None
    """Logit of an answer above each threshold, not rising along T; None: no head for items."""


@dataclass(frozen=True, eq=False, slots=True)
class Outputs:
    """Raw outputs of the heads."""

    raw_B: Tensor
    """Scaled score, or logit of the class: what is judged."""
    class_B: Tensor | None = None
    """Logit of the positive class, beside a score."""
    above_BIT: Tensor | None = None
    """Logit of an answer above each threshold."""

    def read(self, kind: Kind) -> "Outputs":
        """Turn logits into probabilities; a score is read as it is."""
        return Outputs(
            self.raw_B.sigmoid() if kind == "class" else self.raw_B,
            None if self.class_B is None else self.class_B.sigmoid(),
            None if self.above_BIT is None else self.above_BIT.sigmoid(),
        )

    def each(self, change: Callable[..., Tensor], *others: "Outputs") -> "Outputs":
        """Apply `change` to what each head says here and in `others`, which have the same heads."""

        def changed(head: str) -> Any:
            mine = getattr(self, head)
            return None if mine is None else change(mine, *(getattr(one, head) for one in others))

        return Outputs(changed("raw_B"), changed("class_B"), changed("above_BIT"))


class ItemHead(nn.Module):
    """Cumulative-link head of ordinal answers, its thresholds ordered by construction.

    CORAL's own thresholds are free and ordered at the optimum only; here each lies a positive gap
    below the one before, so that no step of training breaks the order.
    """

    def __init__(self, width: int, start_IT: Tensor) -> None:
        super().__init__()
        self.direction = nn.Linear(width, start_IT.shape[0], bias=False)
        nn.init.normal_(self.direction.weight, std=STD)
        gap_IT = (start_IT[:, :-1] - start_IT[:, 1:]).clamp(min=NARROWEST)
        self.first_I1 = nn.Parameter(start_IT[:, :1].clone())
        self.gap_IT = nn.Parameter(gap_IT.expm1().log())  # softplus backwards

    def thresholds(self) -> Tensor:
        """Logits (I, T) of an answer above each threshold, of a case at the origin; falling."""
        fallen_IT = functional.softplus(self.gap_IT).cumsum(dim=1)
        return torch.cat([self.first_I1, self.first_I1 - fallen_IT], dim=1)

    def forward(self, case_BD: Tensor) -> Tensor:
        """Logits (B, I, T) of an answer above each threshold."""
        return self.direction(case_BD)[..., None] + self.thresholds()  # type: ignore[no-any-return]


class Heads(nn.Module):
    """The heads beside the first one; there are those of which `start` says something."""

    def __init__(self, width: int, start: Start) -> None:
        super().__init__()
        self.positive = self.items = None
        if start.class_logit is not None:
            self.positive = nn.Linear(width, 1)
            nn.init.normal_(self.positive.weight, std=STD)
            nn.init.constant_(self.positive.bias, start.class_logit)
        if start.above_IT is not None:
            self.items = ItemHead(width, start.above_IT)

    def forward(self, raw_B: Tensor, case_BD: Tensor) -> Outputs:
        """Add to the first head's output what the others say of the same cases."""
        return Outputs(
            raw_B,
            None if self.positive is None else self.positive(case_BD)[:, 0],
            None if self.items is None else self.items(case_BD),
        )


def thresholds_passed(level_BI: Tensor, thresholds: int) -> Tensor:
    """Say of each threshold (B, I, T) whether the answer, counted from 0, is above it: 1, 0, NaN.

    NaN stands where the answer is unknown.
    """
    step_T = torch.arange(thresholds, device=level_BI.device)
    passed_BIT = (level_BI[..., None] > step_T).to(level_BI.dtype)
    return passed_BIT.masked_fill(level_BI.isnan()[..., None], float("nan"))
