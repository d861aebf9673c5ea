"""Residual branches of which a share is dropped, out of one cheap draw of bits.

On the CPU torch's own dropout spends nine tenths of its time on a Bernoulli draw an element, more
than the layer norm and the GELU of the branch take together.  Here 64 random bits serve four
elements, and what is kept is scaled and added in one pass.
"""

import torch
from torch import Tensor, nn

CHANCES = 2**16  # values of the 16 bits that an element has


class Residual(nn.Module):
    """Add a branch to the tokens that it refines; in training a share of it is dropped.

    The share is rounded to 1 / `CHANCES`.  What is kept grows by the inverse of its exact chance,
    so that the branch is added as it is on average.
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.chances_kept = round((1.0 - dropout) * CHANCES)

    def forward(self, token_BWD: Tensor, branch_BWD: Tensor) -> Tensor:
        """Tokens (B, W, D) and the branch (B, W, D) of which some elements are left out."""
        if not self.training or self.chances_kept == CHANCES:
            return token_BWD + branch_BWD
        kept_BWD = self._draw(token_BWD)
        return torch.addcmul(token_BWD, branch_BWD, kept_BWD, value=CHANCES / self.chances_kept)

    def _draw(self, token_BWD: Tensor) -> Tensor:
        """Draw 1 where the branch is kept, else 0, of the tokens' shape, type and device."""
        elements = token_BWD.numel()
        words = torch.empty(-(-elements // 4), dtype=torch.int64, device=token_BWD.device)
        words.random_(torch.iinfo(torch.int64).min, None)  # all 64 bits
        drawn = words.view(torch.int16)[:elements].view(token_BWD.shape)
        # Compared in place: a result of type bool takes ten times as long to make and to convert.
        return drawn.le_(self.chances_kept - CHANCES // 2 - 1).to(token_BWD.dtype)
