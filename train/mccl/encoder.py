"""The patch encoder of MCCL: a few frames of a cue are a token, one small Transformer reads them.

This stands where the paper has a ResNet-18 (`resnet`): interviews are few, and what a cue does over
minutes is told by far fewer numbers.  Cues have projections of their own, and share all else.
"""

# B = windows or segments, U = cues, T = frames, P = patches, C = columns, D = width

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..learning.blocks import SelfLayer, positions
from .config import Mccl
from .cues import Cues


class PatchEncoder(nn.Module):
    """Turn each cue of a window into one token."""

    def __init__(self, settings: Mccl, columns: Mapping[str, int]) -> None:
        super().__init__()
        self.patch, self.width = settings.patch, settings.width
        self.project = nn.ModuleDict(
            {cue: nn.Linear(settings.patch * count, self.width) for cue, count in columns.items()}
        )
        shape = (self.width, settings.heads, settings.feed_forward, settings.dropout)
        self.layers = nn.ModuleList(SelfLayer(*shape) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(self.width)

    def forward(self, cues: Cues) -> tuple[Tensor, Tensor]:
        """Encode frames; a multiple of `patch` of them.

        Returns
        -------
        token_BUD, seen_BU
            A token a cue, the mean over the patches that were seen; and whether any was.
        """
        windows, count, frames = cues.seen_BUT.shape
        patches = frames // self.patch
        seen_BUP = cues.seen_BUT.reshape(windows, count, patches, self.patch).any(dim=-1)
        tokens = [
            self.project[cue](value_BTC.reshape(windows, patches, -1))
            for cue, value_BTC in cues.value.items()
        ]
        token_BUPD = torch.stack(tokens, dim=1)
        token_BUPD = token_BUPD + positions(patches, self.width, token_BUPD.device)
        token_XPD, seen_XP = token_BUPD.flatten(0, 1), seen_BUP.flatten(0, 1)
        for layer in self.layers:
            token_XPD = layer(token_XPD, seen_XP)
        token_BUPD = self.norm(token_XPD).unflatten(0, (windows, count))
        share_BUP = seen_BUP / seen_BUP.sum(dim=-1, keepdim=True).clamp(min=1)
        return torch.einsum("bupd,bup->bud", token_BUPD, share_BUP), seen_BUP.any(dim=-1)
